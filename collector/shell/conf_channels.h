/* conf_channels - channels and heartbeat of collector.yaml
 * Room: collector/shell.
 *
 * Which settings a kind has stands in the table of channel_kind.h; what is missing, or means
 * nothing, is said with its line. Secrets are references: nothing here knows one. */
#ifndef COLLECTOR_SHELL_CONF_CHANNELS_H
#define COLLECTOR_SHELL_CONF_CHANNELS_H

#include "collector/core/collector_conf.h"
#include "collector/shell/conf_raw.h"
#include "common/core/arena.h"
#include "common/shell/settings.h"

/* Bytes of arena that conf_channels_read() takes. */
size_t conf_channels_bytes(const struct raw_collector *raw);

/* Reads `channels:` and `heartbeat:` into `conf`. */
void conf_channels_read(struct settings *settings, const struct raw_collector *raw,
    struct arena *arena, struct collector_conf *conf);

/* For --check: can the references be resolved, the files be read, and the commands be
 * run, here and by this user? */
void conf_channels_try(struct settings *settings, const struct collector_conf *conf);

#endif
