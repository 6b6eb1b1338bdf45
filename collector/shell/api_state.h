/* api_state - the present state as JSON documents
 * Room: collector/shell.
 *
 * Pure functions of a view; fields are documented in http.h. Each returns a new reference,
 * or NULL when memory is out. */
#ifndef COLLECTOR_SHELL_API_STATE_H
#define COLLECTOR_SHELL_API_STATE_H

#include "collector/core/view.h"

#include <jansson.h>

json_t *api_state_status(const struct view *view);
json_t *api_state_targets(const struct view *view);
json_t *api_state_regions(const struct view *view);
json_t *api_state_agents(const struct view *view);
json_t *api_state_sources(const struct view *view);

/* "", or why the collector should not be relied on now, in one line. */
const char *api_state_unready(const struct view *view);

/* "unknown" "clear" "incident": what a source says. */
const char *api_state_external_name(enum external_state state);

#endif
