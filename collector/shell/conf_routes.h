/* conf_routes - routes of collector.yaml, reminders, and what alerts need beside
 * Room: collector/shell.
 *
 * The last route must take what the others left: an incident that nobody is told of is not
 * what anybody wants. Without routes every channel is told. */
#ifndef COLLECTOR_SHELL_CONF_ROUTES_H
#define COLLECTOR_SHELL_CONF_ROUTES_H

#include "collector/core/collector_conf.h"
#include "collector/shell/conf_raw.h"
#include "common/core/arena.h"
#include "common/shell/settings.h"

/* Bytes of arena that conf_routes_read() takes. */
size_t conf_routes_bytes(const struct raw_collector *raw);

/* After the channels: reads `routes` and the keys of `policy` that concern telling. `base_ns`
 * is the interval of the fastest probe. */
void conf_routes_read(struct settings *settings, const struct raw_collector *raw,
    int64_t base_ns, struct arena *arena, struct collector_conf *conf);

#endif
