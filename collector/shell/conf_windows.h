/* conf_windows - maintenance of collector.yaml: windows that are known beforehand
 * Room: collector/shell.
 *
 * They are a part of the configuration, with the rules of their zones as the machine knew
 * them when it was read: newer ones hold after the next start or reload. */
#ifndef COLLECTOR_SHELL_CONF_WINDOWS_H
#define COLLECTOR_SHELL_CONF_WINDOWS_H

#include "collector/core/collector_conf.h"
#include "collector/shell/conf_raw.h"
#include "common/core/arena.h"
#include "common/shell/settings.h"

/* Bytes of arena that conf_windows_read() takes. */
size_t conf_windows_bytes(const struct raw_collector *raw);

void conf_windows_read(struct settings *settings, const struct raw_collector *raw,
    struct arena *arena, struct collector_conf *conf);

/* The zone `key` of the present scope, from ZONE_FILE_FROM_S on; says what is wrong. NULL:
 * UTC. */
void conf_windows_zone(const struct settings *settings, const char *key,
    const char *name, struct zone *out);

#endif
