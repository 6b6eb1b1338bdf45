#include "collector/shell/api_metrics.h"

#include "collector/core/coverage.h"
#include "collector/shell/api_json.h"
#include "collector/shell/api_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Writes into a memory stream: its sticky error is looked at once, when it is closed. */

static void
family(FILE *out, const char *name, const char *type, const char *help)
{
	(void)fprintf(out, "# TYPE parallax_%s %s\n# HELP parallax_%s %s\n", name, type,
	    name, help);
}

/* A label value: backslash, quote and line feed are escaped, the rest is UTF-8 as is. */
static void
escaped(FILE *out, const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '\\' || *at == '"') {
			(void)fputc('\\', out);
		}
		if (*at == '\n') {
			(void)fputs("\\n", out);
		} else {
			(void)fputc(*at, out);
		}
	}
}

/* The name and labels of a sample; `pairs` alternates names and values up to a NULL. */
static void
sample(FILE *out, const char *name, const char *const *pairs)
{
	(void)fprintf(out, "parallax_%s", name);
	for (size_t i = 0; pairs[i] != NULL; i += 2) {
		(void)fprintf(out, "%s%s=\"", i == 0 ? "{" : ",", pairs[i]);
		escaped(out, pairs[i + 1]);
		(void)fputc('"', out);
	}
	(void)fputs(pairs[0] != NULL ? "} " : " ", out);
}

#define LABELS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_LABELS   ((const char *const[]){NULL})

static void
whole(FILE *out, const char *name, const char *const *pairs, uint64_t value)
{
	sample(out, name, pairs);
	(void)fprintf(out, "%" PRIu64 "\n", value);
}

/* `value` divided by a power of ten, exact and without a locale's decimal comma. */
static void
scaled(
    FILE *out, const char *name, const char *const *pairs, int64_t value, uint64_t unit)
{
	uint64_t size = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
	int digits = 0;

	for (uint64_t rest = unit; rest > 1; rest /= 10) {
		digits++;
	}
	sample(out, name, pairs);
	(void)fprintf(out, "%s%" PRIu64 ".%0*" PRIu64 "\n", value < 0 ? "-" : "",
	    size / unit, digits, size % unit);
}

static void
instant(FILE *out, const char *name, const char *const *pairs, struct wall at)
{
	if (at.ns != 0) {
		scaled(out, name, pairs, at.ns / CLOCK_NS_PER_MS, 1000);
	}
}

static void
gauge(FILE *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "gauge", help);
	whole(out, name, NO_LABELS, value);
}

static void
counter(FILE *out, const char *name, const char *help, uint64_t value)
{
	char total[64];

	family(out, name, "counter", help);
	(void)snprintf(total, sizeof(total), "%s_total", name);
	whole(out, total, NO_LABELS, value);
}

static void
collector_families(FILE *out, const struct view *view)
{
	family(out, "build", "info", "Version of the collector.");
	whole(out, "build_info", LABELS("version", PARALLAX_VERSION), 1);
	family(out, "start_time_seconds", "gauge", "When the collector was started.");
	instant(out, "start_time_seconds", NO_LABELS, view->started_at);
	family(
	    out, "view_timestamp_seconds", "gauge", "When this state was published.");
	instant(out, "view_timestamp_seconds", NO_LABELS, view->at);
	gauge(out, "state", "Overall: 0 unknown, 1 ok, 2 degraded, 3 down.",
	    (uint64_t)view->overall);
	gauge(out, "config_version", "Version of the configuration in use.",
	    view->config_version);
	gauge(out, "journal_sequence", "Last input that was journalled.",
	    view->journal_seq);
	counter(out, "results", "Results stored.", view->results_total);
	counter(out, "batches", "Batches stored.", view->batches_total);
	counter(
	    out, "refused", "Hellos and messages turned away.", view->refused_total);
	counter(out, "asks", "Runs asked for beyond the schedule.", view->asks_total);
	counter(out, "asks_answered", "Results of runs on demand.",
	    view->asks_answered_total);
	counter(out, "asks_refused", "Runs not asked for: no money left.",
	    view->asks_refused_total);
	gauge(out, "store_bytes", "Size of the store's data file.", view->store_bytes);
	gauge(out, "store_failing", "1 while the store takes nothing.",
	    view->store_error[0] != '\0' ? 1 : 0);
}

static void
alert_families(FILE *out, const struct view *view)
{
	gauge(
	    out, "alerts_queued", "Messages waiting to be sent.", view->alerts.queued);
	gauge(out, "alerts_leased", "Messages being sent.", view->alerts.leased);
	family(out, "alerts", "counter", "Answers of channels, by what they meant.");
	whole(
	    out, "alerts_total", LABELS("result", "delivered"), view->alerts.delivered);
	whole(out, "alerts_total", LABELS("result", "rejected"), view->alerts.rejected);
	whole(out, "alerts_total", LABELS("result", "unknown"), view->alerts.unknown);
	whole(out, "alerts_total", LABELS("result", "dead"), view->alerts.dead);
}

static void
incident_family(FILE *out, const struct view *view)
{
	uint64_t open[VERDICT_COUNT] = {0};

	for (size_t i = 0; i < view->incident_len; i++) {
		const struct incident *incident = &view->incident[i];

		if (incident->state == INCIDENT_OPEN &&
		    incident->verdict < VERDICT_COUNT) {
			open[incident->verdict]++;
		}
	}
	family(out, "incidents_open", "gauge", "Open incidents by verdict.");
	for (int i = VERDICT_HEALTHY + 1; i < VERDICT_COUNT; i++) {
		whole(out, "incidents_open",
		    LABELS("verdict", verdict_name((enum verdict)i)), open[i]);
	}
}

/* In US dollars, exact. */
static void
money(FILE *out, const char *name, const char *const *pairs, uint64_t microusd)
{
	sample(out, name, pairs);
	(void)fprintf(
	    out, "%" PRIu64 ".%06" PRIu64 "\n", microusd / 1000000, microusd % 1000000);
}

static void
money_families(FILE *out, const struct view *view)
{
	family(out, "cost_dollars", "counter", "What results of a target cost.");
	for (size_t i = 0; i < view->target_len; i++) {
		money(out, "cost_dollars_total", LABELS("target", view->target[i].name),
		    view->target[i].cost_microusd);
	}
	family(out, "key_cost_dollars", "counter", "What results cost, by key.");
	for (size_t i = 0; i < view->budget_len; i++) {
		money(out, "key_cost_dollars_total", LABELS("key", view->budget[i].key),
		    view->budget[i].total);
	}
	family(out, "budget_dollars", "gauge",
	    "Budget of a key: its limits, and what was spent of them.");
	for (size_t i = 0; i < view->budget_len; i++) {
		const struct view_budget *budget = &view->budget[i];

		money(out, "budget_dollars",
		    LABELS("key", budget->key, "period", "day", "what", "limit"),
		    budget->day_microusd);
		money(out, "budget_dollars",
		    LABELS("key", budget->key, "period", "day", "what", "spent"),
		    budget->day_spent);
		money(out, "budget_dollars",
		    LABELS("key", budget->key, "period", "month", "what", "limit"),
		    budget->month_microusd);
		money(out, "budget_dollars",
		    LABELS("key", budget->key, "period", "month", "what", "spent"),
		    budget->month_spent);
	}
}

static void
target_families(FILE *out, const struct view *view)
{
	family(out, "target_state", "gauge",
	    "Target over all regions: 0 unknown, 1 ok, 2 degraded, 3 down.");
	for (size_t i = 0; i < view->target_len; i++) {
		const struct view_target *target = &view->target[i];

		whole(out, "target_state",
		    LABELS("target", target->name, "tier", tier_name(target->tier)),
		    (uint64_t)target->state);
	}
	family(out, "target_window_results", "gauge",
	    "Results in the current window by class; rate_limited is part of neutral.");
	for (size_t i = 0; i < view->target_len; i++) {
		const char *name = view->target[i].name;
		const struct view_counts *counts = &view->target[i].counts;

		whole(out, "target_window_results",
		    LABELS("target", name, "class", "ok"), counts->ok);
		whole(out, "target_window_results",
		    LABELS("target", name, "class", "failed"), counts->failed);
		whole(out, "target_window_results",
		    LABELS("target", name, "class", "rate_limited"),
		    counts->rate_limited);
		whole(out, "target_window_results",
		    LABELS("target", name, "class", "neutral"), counts->neutral);
	}
	family(out, "target_latency_seconds", "gauge",
	    "Duration of good image runs in the current window; absent without any.");
	for (size_t i = 0; i < view->target_len; i++) {
		const char *name = view->target[i].name;
		const struct view_counts *counts = &view->target[i].counts;

		if (counts->p50_us > 0) {
			scaled(out, "target_latency_seconds",
			    LABELS("target", name, "quantile", "0.5"), counts->p50_us,
			    1000000);
			scaled(out, "target_latency_seconds",
			    LABELS("target", name, "quantile", "0.95"), counts->p95_us,
			    1000000);
		}
	}
}

static void
cell_families(FILE *out, const struct view *view)
{
	family(out, "cell_state", "gauge",
	    "Target as one region sees it: 0 unknown, 1 ok, 2 degraded, 3 down.");
	for (size_t i = 0; i < (size_t)view->region_len * view->target_len; i++) {
		whole(out, "cell_state",
		    LABELS("region", view->region[i / view->target_len].name, "target",
			view->target[i % view->target_len].name),
		    (uint64_t)view->cell_state[i]);
	}
	family(out, "cell_error_ratio", "gauge",
	    "Failed of good and failed results in the current window; absent without "
	    "any.");
	for (size_t i = 0; i < (size_t)view->region_len * view->target_len; i++) {
		int32_t error_ppm = api_json_error_ppm(&view->cell[i]);

		if (error_ppm >= 0) {
			scaled(out, "cell_error_ratio",
			    LABELS("region", view->region[i / view->target_len].name,
				"target", view->target[i % view->target_len].name),
			    error_ppm, 1000000);
		}
	}
}

static void
region_families(FILE *out, const struct view *view)
{
	family(out, "region_state", "gauge",
	    "Region over all targets: 0 unknown, 1 ok, 2 degraded, 3 down.");
	for (size_t i = 0; i < view->region_len; i++) {
		whole(out, "region_state", LABELS("region", view->region[i].name),
		    (uint64_t)view->region[i].state);
	}
	family(out, "region_agents", "gauge", "Agents configured in the region.");
	for (size_t i = 0; i < view->region_len; i++) {
		whole(out, "region_agents", LABELS("region", view->region[i].name),
		    view->region[i].agents);
	}
	family(out, "region_agents_reporting", "gauge", "Of these, how many report.");
	for (size_t i = 0; i < view->region_len; i++) {
		whole(out, "region_agents_reporting",
		    LABELS("region", view->region[i].name),
		    view->region[i].agents_reporting);
	}
	family(out, "region_control_error_ratio", "gauge",
	    "Failed of good and failed control results; absent without any.");
	for (size_t i = 0; i < view->region_len; i++) {
		int32_t error_ppm = api_json_error_ppm(&view->region[i].controls);

		if (error_ppm >= 0) {
			scaled(out, "region_control_error_ratio",
			    LABELS("region", view->region[i].name), error_ppm, 1000000);
		}
	}
}

/* One counter or flag of every agent. */
static void
agent_family(FILE *out, const struct view *view, const char *name, const char *type,
    const char *help, uint64_t (*read)(const struct view_agent *))
{
	char suffixed[64];

	family(out, name, type, help);
	(void)snprintf(
	    suffixed, sizeof(suffixed), "%s%s", name, type[0] == 'c' ? "_total" : "");
	for (size_t i = 0; i < view->agent_len; i++) {
		whole(out, suffixed,
		    LABELS(
			"agent", view->agent[i].name, "region", view->agent[i].region),
		    read(&view->agent[i]));
	}
}

static uint64_t
read_connected(const struct view_agent *agent)
{
	return agent->connected ? 1 : 0;
}

static uint64_t
read_silent(const struct view_agent *agent)
{
	return agent->silent ? 1 : 0;
}

static uint64_t
read_clock_bad(const struct view_agent *agent)
{
	return agent->clock_bad ? 1 : 0;
}

static uint64_t
read_received(const struct view_agent *agent)
{
	return agent->received;
}

static uint64_t
read_duplicates(const struct view_agent *agent)
{
	return agent->duplicates;
}

static uint64_t
read_gaps(const struct view_agent *agent)
{
	return agent->gaps;
}

static uint64_t
read_late(const struct view_agent *agent)
{
	return agent->late;
}

static uint64_t
read_due(const struct view_agent *agent)
{
	return agent->due;
}

static void
agent_coverage_family(FILE *out, const struct view *view)
{
	family(out, "agent_coverage_ratio", "gauge",
	    "Results that came of those due in the last five minutes; absent when none "
	    "was.");
	for (size_t i = 0; i < view->agent_len; i++) {
		const struct view_agent *agent = &view->agent[i];
		int32_t ppm = coverage_ppm(agent->window_due, agent->window_came);

		if (ppm >= 0) {
			scaled(out, "agent_coverage_ratio",
			    LABELS("agent", agent->name, "region", agent->region), ppm,
			    1000000);
		}
	}
}

static void
agent_clock_families(FILE *out, const struct view *view)
{
	family(out, "agent_last_heard_timestamp_seconds", "gauge",
	    "Last message of any kind; absent when there was none.");
	for (size_t i = 0; i < view->agent_len; i++) {
		instant(out, "agent_last_heard_timestamp_seconds",
		    LABELS(
			"agent", view->agent[i].name, "region", view->agent[i].region),
		    view->agent[i].last_heard_at);
	}
	family(out, "agent_clock_offset_seconds", "gauge",
	    "Its clock minus the collector's; absent when not known.");
	for (size_t i = 0; i < view->agent_len; i++) {
		const struct view_agent *agent = &view->agent[i];

		if (agent->clock_error_ns >= 0) {
			scaled(out, "agent_clock_offset_seconds",
			    LABELS("agent", agent->name, "region", agent->region),
			    agent->clock_offset_ns / CLOCK_NS_PER_US, 1000000);
		}
	}
}

static void
agent_families(FILE *out, const struct view *view)
{
	agent_family(out, view, "agent_connected", "gauge", "1 while it has a session.",
	    read_connected);
	agent_family(
	    out, view, "agent_silent", "gauge", "1 while nothing comes.", read_silent);
	agent_family(out, view, "agent_clock_bad", "gauge",
	    "1 while its clock is beyond the bound.", read_clock_bad);
	agent_family(out, view, "agent_results", "counter", "Results stored from it.",
	    read_received);
	agent_family(out, view, "agent_duplicates", "counter",
	    "Results that were sent again and dropped.", read_duplicates);
	agent_family(out, view, "agent_gaps", "counter",
	    "Results it says it had to drop.", read_gaps);
	agent_family(out, view, "agent_late", "counter",
	    "Results that came after their window.", read_late);
	agent_family(out, view, "agent_expected", "counter",
	    "Results that were due, since the agent was first heard.", read_due);
	agent_coverage_family(out, view);
	agent_clock_families(out, view);
}

static void
source_families(FILE *out, const struct view *view)
{
	static const enum external_state states[] = {
	    EXTERNAL_UNKNOWN, EXTERNAL_CLEAR, EXTERNAL_INCIDENT};

	family(out, "source_state", "gauge", "1 for what the source says now.");
	for (size_t i = 0; i < view->source_len; i++) {
		for (size_t k = 0; k < sizeof(states) / sizeof(states[0]); k++) {
			whole(out, "source_state",
			    LABELS("source", view->source[i].series, "state",
				api_state_external_name(states[k])),
			    view->source[i].state == states[k] ? 1 : 0);
		}
	}
	family(out, "source_read_timestamp_seconds", "gauge",
	    "Last good read; absent when there was none.");
	for (size_t i = 0; i < view->source_len; i++) {
		instant(out, "source_read_timestamp_seconds",
		    LABELS("source", view->source[i].series), view->source[i].read_at);
	}
}

static void
http_families(FILE *out, const struct api_metrics_http *http)
{
	static const char *const classes[] = {"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"};

	family(out, "http_requests", "counter", "Requests answered, by status class.");
	for (size_t i = 2; i < sizeof(classes) / sizeof(classes[0]); i++) {
		whole(out, "http_requests_total", LABELS("code", classes[i]),
		    http->answered[i]);
	}
	gauge(out, "http_long_polls", "Requests waiting for an event.", http->waiting);
}

char *
api_metrics_text(
    const struct view *view, const struct api_metrics_http *http, size_t *out_len)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool failed;

	if (out == NULL) {
		return NULL;
	}
	collector_families(out, view);
	alert_families(out, view);
	incident_family(out, view);
	target_families(out, view);
	money_families(out, view);
	cell_families(out, view);
	region_families(out, view);
	agent_families(out, view);
	source_families(out, view);
	http_families(out, http);
	(void)fputs("# EOF\n", out);
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(text);
		return NULL;
	}
	*out_len = len;
	return text;
}
