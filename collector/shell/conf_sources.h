/* conf_sources - what an entry of `sources:` may say, by its kind
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_CONF_SOURCES_H
#define COLLECTOR_SHELL_CONF_SOURCES_H

#include "collector/shell/conf_fleet.h"

#include <stdbool.h>
#include <stddef.h>

/* True for kinds that read somebody else's statement. */
bool conf_sources_is_kind(enum probe_kind kind);

/* Bytes of arena that conf_sources_filter() takes for `raw`. */
size_t conf_sources_bytes(const struct raw_source *raw);

/* The name of the key the page is asked with, "" = none. */
const char *conf_sources_key(
    const struct conf_fleet *fleet, const struct raw_source *raw, enum probe_kind kind);

/* What of the page concerns us, in the form of plan_probe.products, in the fleet's arena.
 * Says what is wrong with the lists it is made of. */
const char *conf_sources_filter(
    const struct conf_fleet *fleet, const struct raw_source *raw, enum probe_kind kind);

#endif
