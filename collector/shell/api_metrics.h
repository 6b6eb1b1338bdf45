/* api_metrics - the present state as OpenMetrics text
 * Room: collector/shell.
 *
 * OpenMetrics 1.0 exposition: families with TYPE and HELP, counters ending in _total, base
 * units, "# EOF" at the end. Labels are names out of the configuration and of our closed
 * enums only, so the number of series is bounded by it: 2 a region and target, at most 9 a
 * target, 8 a region, 11 an agent, 4 a source, 5 a key. All begin with "parallax_"; those
 * with "of" have that label. States are 0 unknown, 1 ok, 2 degraded, 3 down.
 *
 *   build_info (of version), start_time_seconds, view_timestamp_seconds, state,
 *   config_version, journal_sequence, results_total, batches_total, refused_total,
 *   store_bytes, store_failing
 *   alerts_queued, alerts_leased, alerts_total (of result), incidents_open (of verdict)
 *   target_state (of target, tier), target_window_results (of target, class),
 *   target_latency_seconds (of target, quantile), cost_dollars_total (of target)
 *   key_cost_dollars_total (of key), budget_dollars (of key, period: day or month, what:
 *   limit or spent)
 *   cell_state, cell_error_ratio (of region, target)
 *   region_state, region_agents, region_agents_reporting, region_control_error_ratio (of
 *   region)
 *   agent_connected, agent_silent, agent_clock_bad, agent_results_total,
 *   agent_duplicates_total, agent_gaps_total, agent_late_total, agent_expected_total, agent_coverage_ratio,
 *   agent_last_heard_timestamp_seconds, agent_clock_offset_seconds (of agent, region)
 *   source_state (of source, state: 1 for what it says now),
 *   source_read_timestamp_seconds (of source)
 *   http_requests_total (of code: 2xx and its like), http_long_polls */
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
