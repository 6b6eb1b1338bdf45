/* conf_advice - deployments that run, but answer worse than they could
 * Room: collector/shell.
 *
 * A cause can only be named when the fleet can tell it from its neighbours: two agents in a
 * region, two keys, controls of several operators. What is missing is a warning, with what
 * will be mixed up because of it. */
#ifndef COLLECTOR_SHELL_CONF_ADVICE_H
#define COLLECTOR_SHELL_CONF_ADVICE_H

#include "collector/core/collector_conf.h"
#include "common/shell/settings.h"

/* Adds warnings about `conf`, which has no errors. */
void conf_advice_add(struct settings *settings, const struct collector_conf *conf);

#endif
