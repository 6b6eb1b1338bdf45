/* api_channels - the ways messages go, and trying one
 * Room: collector/shell.
 *
 *   GET  /api/v1/channels             at channels[]
 *   POST /api/v1/channels/{name}/test {}: queues a message that says it is a test
 *
 *   channel  name kind level_min language fallback live busy waits_ns
 *
 * `live` messages are not yet delivered; `waits_ns` is the pause that the channel asked for.
 * The POST answers {"text", "id"}, the number of the message among /api/v1/alerts; what
 * became of it is an event of kind alert without an incident. 404: no such channel; 503: a
 * test of it is on its way already. */
#ifndef COLLECTOR_SHELL_API_CHANNELS_H
#define COLLECTOR_SHELL_API_CHANNELS_H

#include "collector/shell/api.h"

#include <jansson.h>

/* The list, to be released; NULL without memory. */
json_t *api_channels_list(const struct view *view);

/* Blocks until the engine has it. */
void api_channels_test(struct api_source *source, const struct api_route *route,
    const struct api_post *post, struct api_reply *out_reply);

#endif
