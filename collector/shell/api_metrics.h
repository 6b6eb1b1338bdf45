/* api_metrics - the present state as OpenMetrics text
 * Room: collector/shell.
 *
 * OpenMetrics 1.0 exposition: families with TYPE and HELP, counters ending in _total, base
 * units, "# EOF" at the end. Labels are names out of the configuration and of our closed
 * enums only, so the number of series is bounded by it: 2 a region and target, at most 9 a
 * target, 8 a region, 11 an agent, 4 a source. */
#ifndef COLLECTOR_SHELL_API_METRICS_H
#define COLLECTOR_SHELL_API_METRICS_H

#include "collector/core/view.h"

#include <stddef.h>

#define API_METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* What the HTTP side counts about itself. */
struct api_metrics_http {
	uint64_t answered[6]; /* by hundreds of the status: [2] = 2xx */
	uint32_t waiting;     /* long polls at this moment */
};

/* The whole text, NUL-terminated, on the heap and given to the caller; NULL when memory is
 * out. `out_len` excludes the NUL. */
char *api_metrics_text(
    const struct view *view, const struct api_metrics_http *http, size_t *out_len);

#endif
