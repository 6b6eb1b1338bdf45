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

/* True when the probe's URL stays on this machine. */
bool conf_probes_is_loopback(const struct plan_probe *probe);

/* ---- for the readers of controls and sources ---- */

/* Says so when a control or source of that name came before. */
void conf_probes_name(
    const struct conf_fleet *fleet, const char *prefix, const char *name);

/* A probe that asks for nothing but an address, run by all agents. */
struct probe_conf conf_probes_free(
    enum probe_kind kind, enum probe_role role, const char *url);

uint32_t conf_probes_interval_ms(
    const struct settings *settings, const char *text, int64_t fallback_ns);

/* Reads `timeout` and `connect_timeout`, NULL where the file has none. */
void conf_probes_timeouts(const struct settings *settings, const char *timeout,
    const char *connect_timeout, int64_t fallback_ns, struct plan_probe *probe);

/* Appends a probe whose plan is complete but for its series. */
void conf_probes_add(struct conf_fleet *fleet, const char *prefix, const char *name,
    const struct probe_conf *conf, uint16_t target, uint64_t target_mask);

#endif
