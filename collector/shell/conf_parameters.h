/* conf_parameters - the JSON object that joins the request of a probe
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_CONF_PARAMETERS_H
#define COLLECTOR_SHELL_CONF_PARAMETERS_H

#include "common/core/plan.h"
#include "common/shell/settings.h"

enum {
	CONF_PARAMETERS_BYTES = 1000
};

/* Is `text` a JSON object of at most CONF_PARAMETERS_BYTES that has none of the members
 * which probes of `kind` write themselves? False after a remark. */
bool conf_parameters_check(
    const struct settings *settings, const char *text, enum probe_kind kind);

#endif
