#include "collector/shell/api_state.h"

#include "collector/core/render.h"
#include "collector/shell/api_external.h"
#include "collector/shell/api_json.h"
#include "collector/shell/api_money.h"
#include "collector/shell/api_story.h"

#include <stdio.h>

static json_t *
list(const struct view *view, size_t len, json_t *(*item)(const struct view *, size_t))
{
	json_t *array = json_array();

	for (size_t i = 0; array != NULL && i < len; i++) {
		if (json_array_append_new(array, item(view, i)) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *
target_item(const struct view *view, size_t i)
{
	const struct view_target *target = &view->target[i];

	return json_pack("{so so so ss ss ss so so so}", "name",
	    api_json_text(target->name), "group", api_json_name(target->group),
	    "provider", api_json_name(target->provider), "tier",
	    tier_name(target->tier), "state", cell_state_name(target->state), "verdict",
	    verdict_name(target->verdict), "incident", api_json_some(target->incident),
	    "counts", api_json_counts(&target->counts), "figures",
	    api_external_figures(view, i));
}

static json_t *
region_item(const struct view *view, size_t i)
{
	const struct view_region *region = &view->region[i];

	return json_pack("{so so ss ss so si si so so}", "name",
	    api_json_text(region->name), "domain", api_json_name(region->domain),
	    "state", cell_state_name(region->state), "verdict",
	    verdict_name(region->verdict), "incident", api_json_some(region->incident),
	    "agents", (int)region->agents, "agents_reporting",
	    (int)region->agents_reporting, "counts", api_json_counts(&region->counts),
	    "controls", api_json_counts(&region->controls));
}

static json_t *
agent_clock(const struct view_agent *agent)
{
	bool known = agent->clock_error_ns >= 0;

	return json_pack("{so so sb}", "offset_us",
	    known ? json_integer(agent->clock_offset_ns / CLOCK_NS_PER_US)
		  : json_null(),
	    "error_us",
	    known ? json_integer(agent->clock_error_ns / CLOCK_NS_PER_US) : json_null(),
	    "bad", (int)agent->clock_bad);
}

/* Over the last two hours; `missing` neither came nor was dropped. */
static json_t *
agent_hours(const struct view_agent *agent)
{
	const struct view_tally *hours = &agent->hours;
	uint64_t known = hours->came + hours->late + hours->dropped;

	return json_pack("{sI sI sI sI sI}", "due", (json_int_t)hours->due, "came",
	    (json_int_t)hours->came, "late", (json_int_t)hours->late, "dropped",
	    (json_int_t)hours->dropped, "missing",
	    (json_int_t)(hours->due > known ? hours->due - known : 0));
}

static json_t *
agent_item(const struct view *view, size_t i)
{
	const struct view_agent *agent = &view->agent[i];

	/* Numbers of 64 bits without an order: as texts they survive every reader. */
	char incarnation[24];
	char plan[24];

	(void)snprintf(
	    plan, sizeof(plan), "%llx", (unsigned long long)agent->plan_version);
	(void)snprintf(incarnation, sizeof(incarnation), "%016llx",
	    (unsigned long long)agent->incarnation);
	return json_pack("{so so so sb sb ss ss sI sI sI sI sI so so so so so}", "name",
	    api_json_text(agent->name), "region", api_json_name(agent->region), "build",
	    api_json_name(agent->build), "connected", (int)agent->connected, "silent",
	    (int)agent->silent, "incarnation", incarnation, "plan_version", plan,
	    "received", (json_int_t)agent->received, "duplicates",
	    (json_int_t)agent->duplicates, "gaps", (json_int_t)agent->gaps, "late",
	    (json_int_t)agent->late, "due", (json_int_t)agent->due, "coverage",
	    api_json_coverage(agent->window_due, agent->window_came), "last_2h",
	    agent_hours(agent), "last_heard_at", api_json_time(agent->last_heard_at),
	    "last_result_at", api_json_time(agent->last_result_at), "clock",
	    agent_clock(agent));
}

const char *
api_state_external_name(enum external_state state)
{
	switch (state) {
	case EXTERNAL_CLEAR:
		return "clear";
	case EXTERNAL_INCIDENT:
		return "incident";
	case EXTERNAL_UNKNOWN:
		break;
	}
	return "unknown";
}

static json_t *
cell_item(const struct view *view, size_t i)
{
	return json_pack("{so so ss so}", "region",
	    api_json_text(view->region[i / view->target_len].name), "target",
	    api_json_text(view->target[i % view->target_len].name), "state",
	    cell_state_name(view->cell_state[i]), "counts",
	    api_json_counts(&view->cell[i]));
}

static json_t *
open_incidents(const struct view *view)
{
	json_t *array = json_array();

	for (size_t i = 0; array != NULL && i < view->incident_len; i++) {
		if (view->incident[i].state != INCIDENT_OPEN) {
			continue;
		}
		if (json_array_append_new(array, api_story_short(&view->incident[i])) !=
		    0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* The open incident the headline is about: the one the view's verdict comes from, or the
 * most severe of the newest. */
static const struct incident *
worst(const struct view *view)
{
	const struct incident *found = NULL;

	for (size_t i = 0; i < view->incident_len; i++) {
		const struct incident *incident = &view->incident[i];

		if (incident->state != INCIDENT_OPEN) {
			continue;
		}
		if (incident->verdict == view->verdict) {
			return incident;
		}
		if (found == NULL || incident->level > found->level) {
			found = incident;
		}
	}
	return found;
}

static const char *
quiet_next(enum cell_state overall)
{
	switch (overall) {
	case CELL_OK:
		return "Nothing to do.";
	case CELL_UNKNOWN:
		return "See that agents run and reach the collector: parallax agents";
	case CELL_DEGRADED:
	case CELL_DOWN:
		break;
	}
	return "Look at the failures: parallax results --last 15m";
}

static void
quiet_headline(const struct view *view, char out[RENDER_HEADLINE_BYTES])
{
	switch (view->overall) {
	case CELL_OK:
		(void)snprintf(out, RENDER_HEADLINE_BYTES,
		    "Healthy: %u target%s from %u region%s", (unsigned)view->target_len,
		    view->target_len == 1 ? " works" : "s work",
		    (unsigned)view->region_len, view->region_len == 1 ? "" : "s");
		return;
	case CELL_UNKNOWN:
		(void)snprintf(out, RENDER_HEADLINE_BYTES,
		    "No data: no fresh results, neither good nor bad");
		return;
	case CELL_DEGRADED:
	case CELL_DOWN:
		break;
	}
	(void)snprintf(out, RENDER_HEADLINE_BYTES,
	    "Some checks fail, too few so far to name a cause");
}

static json_t *
agents_summary(const struct view *view)
{
	json_t *silent = json_array();
	int total = 0;
	int reporting = 0;

	for (size_t i = 0; i < view->region_len; i++) {
		total += view->region[i].agents;
		reporting += view->region[i].agents_reporting;
	}
	for (size_t i = 0; silent != NULL && i < view->agent_len; i++) {
		if (view->agent[i].silent &&
		    json_array_append_new(silent, api_json_text(view->agent[i].name)) !=
			0) {
			json_decref(silent);
			silent = NULL;
		}
	}
	return json_pack(
	    "{si si so}", "total", total, "reporting", reporting, "silent", silent);
}

static json_t *
collector_summary(const struct view *view)
{
	return json_pack("{so sI sI sI sI sI sI so}", "started_at",
	    api_json_time(view->started_at), "config_version",
	    (json_int_t)view->config_version, "journal_seq",
	    (json_int_t)view->journal_seq, "results", (json_int_t)view->results_total,
	    "batches", (json_int_t)view->batches_total, "refused",
	    (json_int_t)view->refused_total, "store_bytes",
	    (json_int_t)view->store_bytes, "store_error",
	    api_json_name(view->store_error));
}

static json_t *
alerts_summary(const struct view *view)
{
	return json_pack("{sI sI sI sI sI sI}", "queued",
	    (json_int_t)view->alerts.queued, "leased", (json_int_t)view->alerts.leased,
	    "delivered", (json_int_t)view->alerts.delivered, "rejected",
	    (json_int_t)view->alerts.rejected, "unknown",
	    (json_int_t)view->alerts.unknown, "dead", (json_int_t)view->alerts.dead);
}

json_t *
api_state_status(const struct view *view)
{
	const struct incident *incident = worst(view);
	enum verdict verdict = incident != NULL ? incident->verdict : view->verdict;
	char headline[RENDER_HEADLINE_BYTES];
	char next[RENDER_NEXT_BYTES];

	if (incident != NULL) {
		(void)render_headline(incident, headline, sizeof(headline));
		(void)render_next(incident, next, sizeof(next));
	} else {
		quiet_headline(view, headline);
		(void)snprintf(next, sizeof(next), "%s", quiet_next(view->overall));
	}
	return json_pack("{so ss ss ss ss so so so so so so so so so so so so}", "at",
	    api_json_time(view->at), "state", cell_state_name(view->overall), "verdict",
	    verdict_name(verdict), "title", verdict_title(verdict), "blame",
	    blame_name(verdict_blame(verdict)), "headline", api_json_text(headline),
	    "next", api_json_split(next, '\n'), "incident",
	    api_json_some(incident != NULL ? incident->id : 0), "agents",
	    agents_summary(view), "targets", list(view, view->target_len, target_item),
	    "regions", list(view, view->region_len, region_item), "cells",
	    list(view, (size_t)view->region_len * view->target_len, cell_item),
	    "incidents", open_incidents(view), "sources",
	    list(view, view->source_len, api_external_source), "alerts",
	    alerts_summary(view), "budgets", api_money_budgets(view), "collector",
	    collector_summary(view));
}

json_t *
api_state_targets(const struct view *view)
{
	return json_pack("{so so}", "at", api_json_time(view->at), "targets",
	    list(view, view->target_len, target_item));
}

json_t *
api_state_regions(const struct view *view)
{
	return json_pack("{so so}", "at", api_json_time(view->at), "regions",
	    list(view, view->region_len, region_item));
}

json_t *
api_state_agents(const struct view *view)
{
	return json_pack("{so so}", "at", api_json_time(view->at), "agents",
	    list(view, view->agent_len, agent_item));
}

json_t *
api_state_sources(const struct view *view)
{
	return json_pack("{so so}", "at", api_json_time(view->at), "sources",
	    list(view, view->source_len, api_external_source));
}

const char *
api_state_unready(const struct view *view)
{
	if (view->at.ns == 0) {
		return "no state has been published yet";
	}
	if (view->store_error[0] != '\0') {
		return "the store takes nothing now";
	}
	return "";
}
