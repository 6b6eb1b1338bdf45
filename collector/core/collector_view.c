#include "collector/core/collector.h"
#include "collector/core/collector_internal.h"

#include <stdio.h>
#include <string.h>

enum {
	VIEW_INCIDENTS = 32
};

const char *
cell_state_name(enum cell_state state)
{
	switch (state) {
	case CELL_UNKNOWN:
		return "unknown";
	case CELL_OK:
		return "ok";
	case CELL_DEGRADED:
		return "degraded";
	case CELL_DOWN:
		return "down";
	}
	return "unknown";
}

size_t
collector_view_bytes(const struct collector *collector)
{
	const struct topology *topology = collector->topology;
	size_t cells = (size_t)topology->region_len * topology->target_len;

	return arena_bytes(1, sizeof(struct view)) +
	       arena_bytes(topology->target_len, sizeof(struct view_target)) +
	       arena_bytes(topology->region_len, sizeof(struct view_region)) +
	       arena_bytes(topology->agent_len, sizeof(struct view_agent)) +
	       sources_view_bytes(topology) +
	       arena_bytes(topology->key_len, sizeof(struct view_budget)) +
	       arena_bytes(VIEW_INCIDENTS, sizeof(struct incident)) +
	       arena_bytes(2 * MUTES_MAX, sizeof(struct mute)) +
	       arena_bytes(ACKS_MAX, sizeof(struct ack)) +
	       arena_bytes(REVIEWS_MAX, sizeof(struct review)) +
	       arena_bytes(cells, sizeof(struct view_counts)) +
	       arena_bytes(cells, sizeof(enum cell_state)) + 64;
}

static void
copy_name(char out[LIMIT_NAME_BYTES], const char *name)
{
	(void)snprintf(out, LIMIT_NAME_BYTES, "%s", name);
}

/* What the numbers alone say. Below a twentieth a failure is everyday life. */
static enum cell_state
state_of_counts(const struct view_counts *counts)
{
	uint32_t judged = counts->ok + counts->failed;

	if (judged == 0) {
		return counts->rate_limited > 0 ? CELL_DEGRADED : CELL_UNKNOWN;
	}
	if (counts->failed * 2 >= judged) {
		return CELL_DOWN;
	}
	return counts->failed * 20 > judged ? CELL_DEGRADED : CELL_OK;
}

/* True when `name` is one of the comma-separated `list`. */
static bool
is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at != NULL; at = strchr(at, ',')) {
		at += *at == ',' ? 1 : 0;
		at += *at == ' ' ? 1 : 0;
		if (strncmp(at, name, len) == 0 &&
		    (at[len] == ',' || at[len] == '\0')) {
			return true;
		}
	}
	return false;
}

static bool
touches_region(const struct incident *incident, const char *region)
{
	if (incident->scope_kind == SCOPE_REGION) {
		return strcmp(incident->scope_name, region) == 0;
	}
	if (incident->scope_kind == SCOPE_FLEET) {
		return true;
	}
	return is_listed(incident->regions_bad, region);
}

static bool
touches_target(const struct incident *incident, const char *target)
{
	if (incident->scope_kind == SCOPE_PROVIDER) {
		return is_listed(incident->targets, target);
	}
	return incident->target[0] == '\0' || strcmp(incident->target, target) == 0;
}

static enum cell_state
state_of_incident(const struct incident *incident)
{
	if (incident->verdict == VERDICT_NO_DATA) {
		return CELL_UNKNOWN;
	}
	if (incident->level == LEVEL_CRITICAL ||
	    incident->verdict == VERDICT_REGION_NETWORK) {
		return CELL_DOWN;
	}
	return CELL_DEGRADED;
}

/* The open incident that matters most for the place; NULL when nothing open touches it. */
static const struct incident *
worst_incident(
    const struct collector *collector, const char *region, const char *target)
{
	const struct incident *worst = NULL;
	const struct incident *each;

	for (size_t i = 0; (each = incidents_at(collector->incidents, i)) != NULL;
	     i++) {
		if (each->state != INCIDENT_OPEN ||
		    each->verdict == VERDICT_BUDGET || /* of our money, not of them */
		    (region != NULL && !touches_region(each, region)) ||
		    (target != NULL && !touches_target(each, target))) {
			continue;
		}
		if (worst == NULL || each->level > worst->level ||
		    (each->level == worst->level &&
			state_of_incident(each) > state_of_incident(worst))) {
			worst = each;
		}
	}
	return worst;
}

/* An open incident that names the place overrides numbers that look back five minutes; once
 * it is resolved, what it left in them is history, not the present. */
static enum cell_state
state_of_place(const struct view_counts *counts, const struct incident *incident)
{
	enum cell_state state = state_of_counts(counts);

	if (incident != NULL) {
		enum cell_state named = state_of_incident(incident);

		return named == CELL_UNKNOWN || named > state ? named : state;
	}
	if (state > CELL_OK && counts->last_outcome == OUTCOME_OK) {
		return counts->failed > 0 ? CELL_DEGRADED : CELL_OK;
	}
	return state;
}

static void
fill_cells(const struct collector *collector, struct view *view,
    struct view_counts *cell, enum cell_state *cell_state, struct mono now)
{
	const struct topology *topology = collector->topology;

	for (uint16_t region = 0; region < topology->region_len; region++) {
		for (uint16_t target = 0; target < topology->target_len; target++) {
			size_t i = (size_t)region * topology->target_len + target;
			struct window_filter filter = {
			    .agent = TOPOLOGY_NONE, .region = region, .target = target};

			cell[i] = windows_sum(collector->windows, &filter, now);
			cell_state[i] = state_of_place(&cell[i],
			    worst_incident(collector, topology->region[region].name,
				topology->target[target].name));
		}
	}
	view->cell = cell;
	view->cell_state = cell_state;
}

static void
fill_targets(
    const struct collector *collector, struct view_target *out, struct mono now)
{
	const struct topology *topology = collector->topology;

	for (uint16_t i = 0; i < topology->target_len; i++) {
		const struct topology_target *target = &topology->target[i];
		struct window_filter filter = {
		    .agent = TOPOLOGY_NONE, .region = TOPOLOGY_NONE, .target = i};
		const struct incident *incident =
		    worst_incident(collector, NULL, target->name);

		/* A fault of one of our regions is not the target's. */
		if (incident != NULL && incident->target[0] == '\0' &&
		    incident->scope_kind != SCOPE_PROVIDER) {
			incident = NULL;
		}
		copy_name(out[i].name, target->name);
		copy_name(out[i].group, target->group);
		copy_name(out[i].provider, target->provider);
		out[i].tier = target->tier;
		out[i].counts = windows_sum(collector->windows, &filter, now);
		out[i].state = state_of_place(&out[i].counts, incident);
		out[i].verdict = incident != NULL ? incident->verdict : VERDICT_HEALTHY;
		out[i].incident = incident != NULL ? incident->id : 0;
		out[i].cost_microusd = budgets_target_spent(collector->budgets, i);
	}
}

static void
fill_regions(
    const struct collector *collector, struct view_region *out, struct mono now)
{
	const struct topology *topology = collector->topology;

	for (uint16_t i = 0; i < topology->region_len; i++) {
		const struct topology_region *region = &topology->region[i];
		struct window_filter filter = {
		    .agent = TOPOLOGY_NONE, .region = i, .target = TOPOLOGY_NONE};
		const struct incident *incident =
		    worst_incident(collector, region->name, NULL);

		copy_name(out[i].name, region->name);
		copy_name(out[i].domain, region->domain == TOPOLOGY_NONE
					     ? ""
					     : topology->domain[region->domain].name);
		out[i].counts = windows_sum(collector->windows, &filter, now);
		filter.controls = true;
		out[i].controls = windows_sum(collector->windows, &filter, now);
		out[i].state = state_of_place(&out[i].counts, incident);
		out[i].verdict = incident != NULL ? incident->verdict : VERDICT_HEALTHY;
		out[i].incident = incident != NULL ? incident->id : 0;
	}
	for (uint16_t i = 0; i < topology->agent_len; i++) {
		struct view_region *home = &out[topology->agent[i].region];

		home->agents++;
		if (session_peek(collector->sessions, i)->last_wall.ns != 0 &&
		    !judge_is_silent(collector->judge, i)) {
			home->agents_reporting++;
		}
	}
}

static void
fill_agents(const struct collector *collector, struct view_agent *out)
{
	const struct topology *topology = collector->topology;

	for (uint16_t i = 0; i < topology->agent_len; i++) {
		const struct ingest_agent *mark = ingest_agent(collector->ingest, i);
		const struct session_agent *session =
		    session_peek(collector->sessions, i);
		int64_t offset_ns = mark->clock.offset_ns;

		copy_name(out[i].name, topology->agent[i].name);
		copy_name(
		    out[i].region, topology->region[topology->agent[i].region].name);
		copy_name(out[i].build, session->build);
		out[i].connected = session->id != 0;
		out[i].silent = judge_is_silent(collector->judge, i);
		out[i].incarnation = mark->incarnation;
		out[i].plan_version = session->plan_version;
		out[i].received = mark->received;
		out[i].duplicates = mark->duplicates + mark->repeats;
		out[i].gaps = mark->gaps;
		out[i].last_heard_at = session->last_wall;
		out[i].last_result_at = mark->last_result_at;
		out[i].clock_offset_ns = offset_ns;
		out[i].clock_error_ns = mark->clock.error_ns;
		out[i].clock_bad = mark->clock.measured_at.ns != 0 &&
				   (offset_ns > INGEST_CLOCK_BAD_NS ||
				       offset_ns < -INGEST_CLOCK_BAD_NS);
	}
}

static void
add_coverage(struct view_counts *counts, const struct coverage_tally *tally)
{
	counts->due += (uint32_t)tally->due;
	counts->came += (uint32_t)(tally->came + tally->late);
}

/* All figures that a series is part of. */
struct figures {
	struct view_target *target;
	struct view_region *region;
	struct view_counts *cell;
};

static void
cover_series(const struct collector *collector, const struct figures *figures,
    uint16_t agent, uint16_t probe, struct mono now)
{
	const struct topology *topology = collector->topology;
	const struct topology_probe *each = &topology->probe[probe];
	uint16_t region = topology->agent[agent].region;
	struct coverage_tally tally;

	if (each->role == ROLE_SOURCE) {
		return;
	}
	tally = coverage_series(
	    collector->coverage, agent, probe, VIEW_COVERAGE_MINUTES, now);
	if (each->role == ROLE_CONTROL) {
		add_coverage(&figures->region[region].controls, &tally);
		return;
	}
	add_coverage(&figures->region[region].counts, &tally);
	add_coverage(&figures->target[each->target].counts, &tally);
	add_coverage(
	    &figures->cell[(size_t)region * topology->target_len + each->target],
	    &tally);
}

static void
cover_agent(const struct collector *collector, struct view_agent *out, uint16_t agent,
    struct mono now)
{
	struct coverage_tally window =
	    coverage_agent(collector->coverage, agent, VIEW_COVERAGE_MINUTES, now);
	struct coverage_tally hours =
	    coverage_agent(collector->coverage, agent, COVERAGE_MINUTES, now);
	struct coverage_tally ever = coverage_ever(collector->coverage, agent);

	out->due = ever.due;
	out->late = ever.late;
	out->window_due = (uint32_t)window.due;
	out->window_came = (uint32_t)(window.came + window.late);
	out->hours =
	    (struct view_tally){hours.due, hours.came, hours.late, hours.dropped};
}

static void
fill_coverage(const struct collector *collector, const struct figures *figures,
    struct view_agent *out, struct mono now)
{
	const struct topology *topology = collector->topology;

	for (uint16_t agent = 0; agent < topology->agent_len; agent++) {
		cover_agent(collector, &out[agent], agent, now);
		for (uint16_t probe = 0; probe < topology->probe_len; probe++) {
			cover_series(collector, figures, agent, probe, now);
		}
	}
}

static uint16_t
fill_incidents(const struct collector *collector, struct incident *out)
{
	const struct incident *each;
	uint16_t len = 0;

	for (size_t i = 0; len < VIEW_INCIDENTS &&
			   (each = incidents_at(collector->incidents, i)) != NULL;
	     i++) {
		out[len++] = *each;
	}
	return len;
}

static void
fill_overall(const struct collector *collector, struct view *view)
{
	const struct incident *worst = worst_incident(collector, NULL, NULL);
	uint32_t total = 0;

	for (uint16_t i = 0; i < view->target_len; i++) {
		total += view->target[i].counts.total;
	}
	view->overall = total == 0 ? CELL_UNKNOWN : CELL_OK;
	view->verdict = VERDICT_HEALTHY;
	if (worst == NULL) {
		return;
	}
	view->verdict = worst->verdict;
	if (worst->level == LEVEL_CRITICAL) {
		view->overall = CELL_DOWN;
	} else if (worst->scope_kind == SCOPE_FLEET) {
		view->overall = CELL_UNKNOWN;
	} else if (worst->level == LEVEL_WARNING && view->overall != CELL_UNKNOWN) {
		view->overall = CELL_DEGRADED;
	}
}

static void
fill_counters(const struct collector *collector, struct view *view, struct now now)
{
	struct alerts_counts counts = alerts_counts(collector->alerts);

	view->at = now.wall;
	view->started_at = collector->started_at;
	view->journal_seq = collector->journal_seq - 1;
	view->results_total = collector->results;
	view->batches_total = collector->batches;
	view->refused_total = collector->refused;
	view->asks_total = collector->asks;
	view->asks_answered_total = collector->asks_answered;
	view->asks_refused_total = collector->asks_refused;
	view->alerts.queued = counts.queued;
	view->alerts.leased = counts.leased;
	view->alerts.delivered = counts.delivered;
	view->alerts.rejected = counts.rejected;
	view->alerts.unknown = counts.unknown;
	view->alerts.dead = counts.dead;
}

static void
fill_channels(const struct collector *collector, struct now now, struct view *view)
{
	const struct alert_conf *conf = &collector->conf->alert;
	const struct channel_conf *kind = collector->conf->channel_conf;

	view->channel_len = conf->channel_len;
	for (uint16_t i = 0; i < conf->channel_len; i++) {
		const struct alert_channel *from = &conf->channel[i];
		struct view_channel *channel = &view->channel[i];
		struct alerts_channel state;

		alerts_channel(collector->alerts, i, now, &state);
		copy_name(channel->name, from->name);
		copy_name(channel->fallback,
		    from->fallback == 0 ? "" : conf->channel[from->fallback - 1].name);
		channel->kind =
		    channel_kind_row(kind == NULL ? CHANNEL_LOG : kind[i].kind)->name;
		channel->language =
		    language_name(kind == NULL ? LANGUAGE_EN : kind[i].language);
		channel->level_min = from->level_min;
		channel->live = state.live;
		channel->is_busy = state.is_busy;
		channel->waits_ns = state.waits_ns;
	}
}

/* False when the arena is too small. */
static bool
fill_desk(const struct alerts *alerts, struct view *view, struct arena *arena)
{
	const struct mutes *mutes = alerts_mutes(alerts);
	const struct mutes *planned = alerts_planned(alerts);
	const struct acks *acks = alerts_acks(alerts);
	const struct reviews *reviews = alerts_reviews(alerts);
	struct mute *mute = arena_take(arena, mutes->len + planned->len, sizeof(*mute));
	struct ack *ack = arena_take(arena, acks->len, sizeof(*ack));
	struct review *review = arena_take(arena, reviews->len, sizeof(*review));

	if (arena_failed(arena)) {
		return false;
	}
	memcpy(mute, mutes->item, mutes->len * sizeof(*mute));
	memcpy(mute + mutes->len, planned->item, planned->len * sizeof(*mute));
	memcpy(ack, acks->item, acks->len * sizeof(*ack));
	memcpy(review, reviews->item, reviews->len * sizeof(*review));
	view->mute = mute;
	view->ack = ack;
	view->review = review;
	view->mute_len = (uint16_t)(mutes->len + planned->len);
	view->ack_len = (uint16_t)acks->len;
	view->review_len = (uint16_t)reviews->len;
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		view->score[i] = reviews_score(reviews, (enum verdict)i);
	}
	return true;
}

struct view *
collector_view(const struct collector *collector, struct arena *arena, struct now now)
{
	const struct topology *topology = collector->topology;
	size_t cells = (size_t)topology->region_len * topology->target_len;
	struct view *view = arena_take(arena, 1, sizeof(*view));
	struct view_target *target =
	    arena_take(arena, topology->target_len, sizeof(*target));
	struct view_region *region =
	    arena_take(arena, topology->region_len, sizeof(*region));
	struct view_agent *agent =
	    arena_take(arena, topology->agent_len, sizeof(*agent));
	const struct view_source *source =
	    sources_view(collector->sources, collector->trust, arena, now.mono);
	struct view_budget *budget =
	    arena_take(arena, topology->key_len, sizeof(*budget));
	struct incident *incident =
	    arena_take(arena, VIEW_INCIDENTS, sizeof(*incident));
	struct view_counts *cell = arena_take(arena, cells, sizeof(*cell));
	enum cell_state *cell_state = arena_take(arena, cells, sizeof(*cell_state));

	if (arena_failed(arena) || !fill_desk(collector->alerts, view, arena)) {
		return NULL;
	}
	view->target_len = topology->target_len;
	view->region_len = topology->region_len;
	view->agent_len = topology->agent_len;
	fill_cells(collector, view, cell, cell_state, now.mono);
	fill_targets(collector, target, now.mono);
	fill_regions(collector, region, now.mono);
	fill_agents(collector, agent);
	fill_coverage(collector,
	    &(struct figures){.target = target, .region = region, .cell = cell}, agent,
	    now.mono);
	view->source_len = sources_len(collector->sources);
	for (uint16_t i = 0; i < topology->key_len; i++) {
		if (budgets_view(
			collector->budgets, i, now.wall, &budget[view->budget_len])) {
			view->budget_len++;
		}
	}
	view->incident_len = fill_incidents(collector, incident);
	view->target = target;
	view->region = region;
	view->agent = agent;
	view->source = source;
	view->budget = budget;
	view->incident = incident;
	fill_overall(collector, view);
	fill_counters(collector, view, now);
	fill_channels(collector, now, view);
	return view;
}
