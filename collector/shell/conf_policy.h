/* conf_policy - who judges by which rule, and how many false pages are allowed
 * Room: collector/shell.
 *
 * Reads `policy` and `tiers` but for what concerns alerts alone, and refuses rules that could
 * never come true with the fleet and the schedule there are. */
#ifndef COLLECTOR_SHELL_CONF_POLICY_H
#define COLLECTOR_SHELL_CONF_POLICY_H

#include "collector/core/collector_conf.h"
#include "collector/shell/conf_raw.h"
#include "common/shell/settings.h"

/* After fleet and probes: fills conf->judge, and the budget and flapping of
 * conf->correlate. */
void conf_policy_read(struct settings *settings, const struct raw_collector *raw,
    struct collector_conf *conf);

#endif
