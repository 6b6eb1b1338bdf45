/* conf_parameters - the JSON object that joins the request of a probe
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_CONF_PARAMETERS_H
#define COLLECTOR_SHELL_CONF_PARAMETERS_H

#include "common/core/plan.h"
#include "common/shell/settings.h"

enum {
	CONF_PARAMETERS_BYTES = 1000
};

/* Do probes of `kind` post a request that members can join? They join what the API has for
 * them: generationConfig, Imagen's parameters, else the body itself. */
bool conf_parameters_allowed(enum probe_kind kind);

/* Is `text` a JSON object of at most CONF_PARAMETERS_BYTES that has none of the members
 * which `probe` (of an allowed kind, with its size) writes itself? False after a remark. */
bool conf_parameters_check(
    const struct settings *settings, const char *text, const struct plan_probe *probe);

#endif
