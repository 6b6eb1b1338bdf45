#include "collector/core/collector.h"

#include "collector/core/collector_internal.h"
#include "collector/core/journal.h"

#include <assert.h>
#include <string.h>

/* A tick at least this often, so that stale sources are noticed even when the correlation
 * has nothing to ask: a sixth of the fastest probe's interval, within bounds. A tick is a
 * synced record in the journal, so more often would only wear the disk. */
#define TICK_MIN_NS (500 * CLOCK_NS_PER_MS)
#define TICK_MAX_NS (10 * CLOCK_NS_PER_S)

size_t
collector_bytes(const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;

	return arena_bytes(1, sizeof(struct collector)) +
	       judge_bytes(topology, &conf->judge) + incidents_bytes() +
	       alerts_bytes(&conf->alert) + ingest_bytes(topology) +
	       sessions_bytes(topology) + windows_bytes(topology) +
	       sources_bytes(topology) + trust_bytes(topology) + budgets_bytes(conf) +
	       coverage_bytes(conf) + 2 * arena_bytes(topology->agent_len, 1) + 64;
}

struct collector *
collector_init(struct arena *arena, const struct collector_conf *conf, uint64_t seed)
{
	struct collector *collector = arena_take(arena, 1, sizeof(*collector));
	const struct topology *topology = &conf->topology;

	if (collector == NULL) {
		return NULL;
	}
	collector->conf = conf;
	collector->topology = topology;
	collector->judge =
	    judge_init(arena, topology, &conf->correlate, &conf->judge, conf->probe);
	collector->incidents = incidents_init(arena, topology);
	collector->alerts = alerts_init(arena, &conf->alert);
	collector->ingest = ingest_init(arena, topology);
	collector->sessions = sessions_init(arena, topology, seed);
	collector->windows = windows_init(arena, topology);
	collector->sources = sources_init(arena, topology);
	collector->trust = trust_init(arena, topology);
	collector->budgets = budgets_init(arena, conf);
	collector->coverage = coverage_init(arena, conf);
	collector->heard = arena_take(arena, topology->agent_len, 1);
	collector->left = arena_take(arena, topology->agent_len, 1);
	collector->journal_seq = 1;
	if (arena_failed(arena)) {
		return NULL;
	}
	collector_may_ask(collector);
	return collector;
}

uint64_t
collector_journal_seq(const struct collector *collector)
{
	return collector->journal_seq;
}

void
collector_set_journal_seq(struct collector *collector, uint64_t seq)
{
	collector->journal_seq = seq;
}

void
collector_record(struct collector *collector, const struct journal_head *head,
    struct effects *effects)
{
	size_t cap = JOURNAL_HEAD_BYTES + head->frame_len + head->heard_len +
		     head->left_len + head->detail_len + head->order.arguments_len;
	void *memory = effects_scratch(effects, cap);
	struct buf buf;

	buf_write(&buf, memory, cap);
	journal_encode(head, &buf);
	assert(buf_ok(&buf));
	effects_put_u64(
	    effects, TABLE_JOURNAL, collector->journal_seq++, memory, buf.at);
}

/* ---- decisions ---- */

/* Whom the sources are asked about: of a provider's targets the first that shows it. */
static uint16_t
target_of(const struct finding *finding)
{
	if (finding->scope.kind == SCOPE_PROVIDER && finding->targets != 0) {
		return (uint16_t)__builtin_ctzll(finding->targets);
	}
	return finding->scope.target;
}

static void
apply_change(struct collector *collector, const struct finding_change *change,
    struct now now, struct effects *effects)
{
	char external[INCIDENT_NOTE_BYTES];
	const struct incident *incident;

	if (change->finding.verdict == VERDICT_BUDGET) {
		budgets_text(collector->budgets, change->finding.scope.index, external,
		    sizeof(external));
	} else {
		sources_text(collector->sources, target_of(&change->finding), now,
		    external, sizeof(external));
	}
	incident =
	    incidents_apply(collector->incidents, change, external, now, effects);
	if (incident != NULL) {
		if (incident->state == INCIDENT_OPEN &&
		    verdict_blame(incident->verdict) == BLAME_THEM) {
			trust_incident(collector->trust, incident->id,
			    target_of(&change->finding), now);
		}
		alerts_incident(
		    collector->alerts, collector->incidents, incident, now, effects);
		if (change->event == FINDING_OPENED) {
			collector_tell_asked(collector, incident, now, effects);
		}
	}
}

static void
decide_money(struct collector *collector, struct now now, struct effects *effects)
{
	struct finding_change change[BUDGET_CHANGES];
	size_t len = budgets_step(collector->budgets, now, change);

	for (size_t i = 0; i < len; i++) {
		apply_change(collector, &change[i], now, effects);
	}
}

/* Whatever came, this is what follows from it. */
static void
decide(struct collector *collector, struct now now, struct effects *effects)
{
	struct finding_change change[CORRELATE_CHANGES];
	size_t len = judge_step(collector->judge, now.mono, change);

	for (size_t i = 0; i < len; i++) {
		apply_change(collector, &change[i], now, effects);
	}
	collector_ask(collector, now, effects);
	decide_money(collector, now, effects);
	collector_tell_claims(collector, now, effects);
	alerts_step(collector->alerts, collector->incidents, now, effects);
}

/* ---- start ---- */

/* A finding whose agents or targets are configured no more will never close by itself. */
static void
resolve_strays(struct collector *collector, struct now now, struct effects *effects)
{
	struct finding open[CORRELATE_FINDINGS + LIMIT_KEYS];
	size_t len = judge_findings(collector->judge, open, CORRELATE_FINDINGS);
	const struct incident *incident;

	len += budgets_findings(collector->budgets, open + len, LIMIT_KEYS);
	while ((incident = incidents_resolve_stray(
		    collector->incidents, open, len, now, effects)) != NULL) {
		alerts_incident(
		    collector->alerts, collector->incidents, incident, now, effects);
	}
}

static void
go_on(struct collector *collector, struct now now, struct effects *effects)
{
	collector->tick_at = now.mono;
	judge_resume(collector->judge, now.mono); /* we were away, not they */
	resolve_strays(collector, now, effects);
	decide(collector, now, effects);
}

static void
do_start(struct collector *collector, struct now now, struct effects *effects)
{
	alerts_recover(collector->alerts, now, effects);
	go_on(collector, now, effects);
}

static void
do_reload(struct collector *collector, struct now now, struct effects *effects)
{
	alerts_reconfigured(collector->alerts, now, effects);
	go_on(collector, now, effects);
}

void
collector_start(struct collector *collector, struct now now, struct effects *effects)
{
	struct journal_head head = {.kind = JOURNAL_START, .now = now};

	collector->started_at = now.wall;
	collector_record(collector, &head, effects);
	do_start(collector, now, effects);
}

void
collector_reload(struct collector *collector, struct now now, struct effects *effects)
{
	struct journal_head head = {.kind = JOURNAL_RELOAD, .now = now};

	collector->started_at = now.wall;
	collector_record(collector, &head, effects);
	do_reload(collector, now, effects);
}

/* ---- batches ---- */

enum {
	SEEN = 64 /* a power of two */
};

/* Probes by where their name stands: results of a batch share the texts of its table, so
 * that a name is looked up once a batch. */
struct seen {
	const char *series;
	uint16_t probe;
};

static uint16_t
probe_of(const struct collector *collector, struct seen seen[SEEN], const char *series)
{
	uintptr_t address = (uintptr_t)series;
	struct seen *at = &seen[(address ^ address >> 6) & (SEEN - 1)];

	if (at->series != series) {
		*at = (struct seen){
		    series, topology_probe_find(collector->topology, series)};
	}
	return at->probe;
}

static void
add_result(struct collector *collector, const struct ingest_batch *batch, size_t i,
    uint16_t probe, struct now now, bool *out_decide)
{
	const struct result *result = &batch->result[i];
	struct now ended = ingest_time(collector->ingest, batch, i, now);
	struct evidence evidence;

	collector->results++;
	if (probe == TOPOLOGY_NONE) {
		return; /* of a plan before this one: kept in the journal, weighs nothing */
	}
	coverage_result(collector->coverage, batch->agent, probe,
	    mono_add(ended.mono, -(int64_t)result->timing.total_us * CLOCK_NS_PER_US),
	    ended.mono, now.mono);
	budgets_result(collector->budgets, batch->agent, probe, result->cost_microusd,
	    ended.wall, now.wall);
	collector->asks_answered += (result->flags & FLAG_ON_DEMAND) != 0 ? 1 : 0;
	if (result->outcome == OUTCOME_SKIPPED) {
		return; /* neither good nor bad, nor silence: it was not tried */
	}
	evidence = (struct evidence){.agent = batch->agent,
	    .probe = probe,
	    .outcome = result->outcome,
	    .phase = result->phase,
	    .flags = result->flags,
	    .http_status = result->http_status,
	    .total_us = result->timing.total_us,
	    .at = ended.mono};
	windows_add(collector->windows, &evidence, ended);
	if (collector->topology->probe[probe].role == ROLE_SOURCE) {
		if (sources_result(collector->sources, probe, result, ended)) {
			collector_hear_sources(collector, now);
			*out_decide = *out_decide || collector->claims_changed != 0;
		}
		return;
	}
	judge_result(collector->judge, &evidence, now.mono);
	*out_decide = *out_decide || result->outcome != OUTCOME_OK;
}

static void
put_agent_row(struct collector *collector, uint16_t agent, struct effects *effects)
{
	const char *name = collector->topology->agent[agent].name;
	size_t cap = INGEST_ROW_BYTES;
	void *memory = effects_scratch(effects, cap);
	struct buf buf;

	buf_write(&buf, memory, cap);
	ingest_row_encode(ingest_agent(collector->ingest, agent), &buf);
	assert(buf_ok(&buf));
	effects_put(effects, TABLE_AGENT, name, strlen(name), memory, buf.at);
}

/* Everything a batch does but its journal record; the same live and in replay. Nothing, and
 * no effects, when it tells no result and no hole that is new. */
static enum err
do_batch(struct collector *collector, const struct ingest_batch *batch, struct now now,
    struct effects *effects, struct journal_head *head)
{
	struct seen seen[SEEN] = {0};
	uint64_t gaps = ingest_agent(collector->ingest, batch->agent)->gaps;
	bool must_decide = false;
	enum err err =
	    ingest_mark(collector->ingest, batch, now, head->fresh, &head->fresh_len);

	if (err != ERR_OK) {
		return err;
	}
	if (head->fresh_len == 0 &&
	    ingest_agent(collector->ingest, batch->agent)->gaps == gaps) {
		return ERR_OK;
	}
	judge_heard(collector->judge, batch->agent, now.mono);
	coverage_heard(collector->coverage, batch->agent, now.mono);
	collector->batches++;
	for (size_t i = 0; i < batch->len; i++) {
		const struct result *result = &batch->result[i];

		if (journal_is_fresh(head, result->seq)) { /* I1 */
			add_result(collector, batch, i,
			    probe_of(collector, seen, result->series), now,
			    &must_decide);
		}
	}
	coverage_dropped(collector->coverage, batch->agent,
	    ingest_agent(collector->ingest, batch->agent)->gaps - gaps, now.mono);
	if (must_decide) {
		decide(collector, now, effects);
	}
	put_agent_row(collector, batch->agent, effects); /* I2: with the results */
	return ERR_OK;
}

static size_t
count_fresh(const struct journal_head *head)
{
	size_t count = 0;

	for (size_t i = 0; i < head->fresh_len; i++) {
		count += (size_t)(head->fresh[i].last - head->fresh[i].first + 1);
	}
	return count;
}

enum err
collector_batch(struct collector *collector, const struct ingest_batch *batch,
    struct now now, struct effects *effects, size_t *out_new)
{
	struct journal_head head = {.kind = JOURNAL_BATCH,
	    .now = now,
	    .incarnation = batch->incarnation,
	    .frame = batch->frame,
	    .frame_len = batch->frame_len};
	const char *name = collector->topology->agent[batch->agent].name;
	size_t before = effects->len;
	enum err err;

	memcpy(head.agent, name, strlen(name) + 1);
	err = do_batch(collector, batch, now, effects, &head);
	if (err != ERR_OK) {
		return err;
	}
	*out_new = count_fresh(&head);
	if (effects->len == before) {
		return ERR_OK; /* its row is among them whenever anything is new */
	}
	collector_record(collector, &head, effects);
	return ERR_OK;
}

/* ---- ticks ---- */

static void
do_tick(struct collector *collector, struct now now, struct effects *effects)
{
	collector->tick_at = now.mono;
	coverage_step(collector->coverage, now.mono);
	collector_hear_sources(collector, now);
	decide(collector, now, effects);
}

/* Names of the flagged agents, one length-prefixed text after the other. */
static size_t
names_of(const struct collector *collector, const uint8_t *flag,
    struct effects *effects, const void **out)
{
	size_t cap = 16;
	struct buf buf;
	void *memory;

	for (uint16_t i = 0; i < collector->topology->agent_len; i++) {
		cap += flag[i] != 0 ? LIMIT_NAME_BYTES + 2 : 0;
	}
	memory = effects_scratch(effects, cap);
	buf_write(&buf, memory, cap);
	for (uint16_t i = 0; i < collector->topology->agent_len; i++) {
		if (flag[i] != 0) {
			buf_put_text(&buf, collector->topology->agent[i].name);
		}
	}
	assert(buf_ok(&buf));
	*out = memory;
	return buf.at;
}

static void
apply_heard(struct collector *collector, struct mono now)
{
	for (uint16_t i = 0; i < collector->topology->agent_len; i++) {
		if (collector->heard[i] != 0) {
			judge_heard(collector->judge, i, now);
			coverage_heard(collector->coverage, i, now);
		}
		if (collector->left[i] != 0) {
			judge_left(collector->judge, i, now);
			coverage_left(collector->coverage, i, now);
		}
	}
	memset(collector->heard, 0, collector->topology->agent_len);
	memset(collector->left, 0, collector->topology->agent_len);
}

void
collector_tick(struct collector *collector, struct now now, struct effects *effects)
{
	struct journal_head head = {.kind = JOURNAL_TICK, .now = now};

	head.heard_len = names_of(collector, collector->heard, effects, &head.heard);
	head.left_len = names_of(collector, collector->left, effects, &head.left);
	collector_record(collector, &head, effects);
	apply_heard(collector, now.mono);
	do_tick(collector, now, effects);
}

static int64_t
tick_ns(const struct collector *collector)
{
	int64_t sixth_ns = collector->conf->correlate.base_ns / 6;

	if (sixth_ns < TICK_MIN_NS) {
		return TICK_MIN_NS;
	}
	return sixth_ns < TICK_MAX_NS ? sixth_ns : TICK_MAX_NS;
}

struct mono
collector_deadline(const struct collector *collector)
{
	struct mono deadline = mono_add(collector->tick_at, tick_ns(collector));

	deadline = mono_min(deadline, judge_deadline(collector->judge));
	return mono_min(deadline, alerts_deadline(collector->alerts));
}

/* ---- deliveries ---- */

static void
do_delivery(struct collector *collector, const struct message_answer *answer,
    struct now now, struct effects *effects)
{
	alerts_delivery(collector->alerts, collector->incidents, answer, now, effects);
	alerts_step(collector->alerts, collector->incidents, now, effects);
}

void
collector_delivery(struct collector *collector, const struct message_answer *answer,
    struct now now, struct effects *effects)
{
	struct journal_head head = {.kind = JOURNAL_DELIVERY,
	    .now = now,
	    .row = answer->row,
	    .delivery = (uint32_t)answer->delivery,
	    .retry_after_ns = answer->retry_after_ns,
	    .detail = answer->detail,
	    .detail_len = strlen(answer->detail)};

	collector_record(collector, &head, effects);
	do_delivery(collector, answer, now, effects);
}

/* ---- replay (I3) ---- */

static void
flag_names(
    const struct collector *collector, const void *names, size_t len, uint8_t *flag)
{
	struct buf buf;

	buf_read(&buf, names, len);
	while (buf.at < len && buf_ok(&buf)) {
		char name[LIMIT_NAME_BYTES];
		uint16_t agent;

		buf_get_text(&buf, name, sizeof(name));
		agent = topology_agent_find(collector->topology, name);
		if (buf_ok(&buf) && agent != TOPOLOGY_NONE) {
			flag[agent] = 1;
		}
	}
}

static void
replay_delivery(struct collector *collector, const struct journal_head *head,
    struct effects *effects)
{
	struct message_answer answer = {.row = head->row,
	    .delivery = head->delivery < DELIVERY_COUNT ? (enum delivery)head->delivery
							: DELIVERY_UNKNOWN,
	    .retry_after_ns = head->retry_after_ns};
	size_t len = head->detail_len < sizeof(answer.detail)
			 ? head->detail_len
			 : sizeof(answer.detail) - 1;

	if (len > 0) {
		memcpy(answer.detail, head->detail, len);
	}
	do_delivery(collector, &answer, head->now, effects);
}

void
collector_replay(struct collector *collector, const struct journal_head *head,
    const struct ingest_batch *batch, struct effects *effects)
{
	struct journal_head again = {.kind = head->kind};
	struct order_outcome outcome;

	switch (head->kind) {
	case JOURNAL_START:
		do_start(collector, head->now, effects);
		break;
	case JOURNAL_RELOAD:
		do_reload(collector, head->now, effects);
		break;
	case JOURNAL_TICK:
		flag_names(collector, head->heard, head->heard_len, collector->heard);
		flag_names(collector, head->left, head->left_len, collector->left);
		apply_heard(collector, head->now.mono);
		do_tick(collector, head->now, effects);
		break;
	case JOURNAL_BATCH:
		/* It was accepted once, so it is now; an agent gone from the
		 * configuration has no batch here. */
		if (batch != NULL &&
		    do_batch(collector, batch, head->now, effects, &again) != ERR_OK) {
			collector->refused++;
		}
		break;
	case JOURNAL_DELIVERY:
		replay_delivery(collector, head, effects);
		break;
	case JOURNAL_ORDER:
		collector_apply_order(
		    collector, &head->order, head->now, effects, &outcome);
		break;
	}
	collector->journal_seq++;
}
