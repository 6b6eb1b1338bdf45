/* conf_probes - the probes of collector.yaml: targets', controls', sources'
 * Room: collector/shell.
 *
 * Fills topology.probe and probe_conf side by side, in that order: probes of the targets as
 * written, then controls, then sources. */
#ifndef COLLECTOR_SHELL_CONF_PROBES_H
#define COLLECTOR_SHELL_CONF_PROBES_H

#include "collector/shell/conf_fleet.h"

/* Reads all probes, after conf_fleet_read(). */
void conf_probes_read(struct conf_fleet *fleet);

/* The interval of the fastest probe of any target, billed or free; a minute when there is
 * none. The time constants of the correlation are multiples of it. */
int64_t conf_probes_base_ns(const struct conf_fleet *fleet);

/* True for the kinds that cost money a call. */
bool conf_probes_is_billed(enum probe_kind kind);

/* True when the probe's URL stays on this machine. */
bool conf_probes_is_loopback(const struct plan_probe *probe);

#endif
