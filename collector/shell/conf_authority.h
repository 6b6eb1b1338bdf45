/* conf_authority - the fleet's own certificates, as collector.yaml asks for them
 * Room: collector/shell.
 *
 * With `authority` the collector signs certificates itself: its own, whose files then stand
 * for `tls`, and those of agents that enrol at `http.listen`. */
#ifndef COLLECTOR_SHELL_CONF_AUTHORITY_H
#define COLLECTOR_SHELL_CONF_AUTHORITY_H

#include "collector/core/collector_conf.h"
#include "collector/shell/conf_raw.h"
#include "common/core/arena.h"
#include "common/shell/settings.h"

/* Bytes of the texts that are made here. */
size_t conf_authority_bytes(const struct raw_collector *raw);

/* Reads `authority` and `http.listen`, and completes `conf->tls_*` from them; before those
 * are checked. */
void conf_authority_read(struct settings *settings, const struct raw_collector *raw,
    struct arena *arena, struct collector_conf *conf);

#endif
