/* conf_controls - endpoints that tell what our own network is worth
 * Room: collector/shell.
 *
 * A file without `controls:` gets a set of well-known ones, because without any a fault of
 * our network looks like one of the provider. They are written out in the sample
 * configuration, which says why these. */
#ifndef COLLECTOR_SHELL_CONF_CONTROLS_H
#define COLLECTOR_SHELL_CONF_CONTROLS_H

#include "collector/shell/conf_fleet.h"

/* How many controls `raw` can have at most, with those it does not write itself. */
uint32_t conf_controls_len(const struct raw_collector *raw);

/* Reads the controls, after the probes of the targets. */
void conf_controls_read(struct conf_fleet *fleet);

/* Is it one of those that are used because the file has none of its own? */
bool conf_controls_is_ours(const struct plan_probe *probe);

#endif
