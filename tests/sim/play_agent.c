#include "tests/sim/play.h"

#include "agent/core/classify_openrouter.h"
#include "tests/sim/chance.h"

#include <stdlib.h>
#include <string.h>

enum {
	PROBES_MAX = SCEN_PROBES + SCEN_SOURCES
};

static struct now
now_of(const struct play_agent *agent)
{
	struct now now = play_now();

	now.wall.ns += agent->offset_ns;
	return now;
}

static void step(struct play_agent *agent);

static void
wake(void *what, uint64_t number)
{
	struct play_agent *agent = what;

	if (agent->is_running && number == agent->wake) {
		step(agent);
	}
}

static void
sleep_on(struct play_agent *agent)
{
	struct mono at =
	    mono_min(sched_deadline(&agent->sched), uplink_deadline(&agent->uplink));
	int64_t at_ns =
	    at.ns == INT64_MAX ? INT64_MAX : at.ns - play_now().mono.ns + chance_now();

	if (at_ns == INT64_MAX ||
	    (agent->wake_at_ns == at_ns && at_ns > chance_now())) {
		return;
	}
	agent->wake_at_ns = at_ns;
	chance_add(at_ns, wake, agent, ++agent->wake);
}

/* ---- rows ---- */

static void
keep(struct play_agent *agent, const struct result *result)
{
	uint64_t seq = spool_book_append(&agent->book, 128);

	if (agent->rows == agent->rows_cap) {
		size_t cap = agent->rows_cap == 0 ? 64 : 2 * agent->rows_cap;

		agent->row = realloc(agent->row, cap * sizeof(*agent->row));
		if (agent->row == NULL) {
			abort();
		}
		agent->rows_cap = cap;
	}
	if (agent->rows == 0) {
		agent->first = seq;
	}
	agent->row[agent->rows] = (struct play_row){true, *result};
	agent->row[agent->rows++].result.seq = seq;
}

static void
forget(struct play_agent *agent, const struct seq_range *range, size_t len)
{
	size_t gone = 0;

	for (size_t i = 0; i < agent->rows; i++) {
		struct play_row *row = &agent->row[i];

		for (size_t k = 0; k < len && row->is_there; k++) {
			if (row->result.seq >= range[k].first &&
			    row->result.seq <= range[k].last) {
				row->is_there = false;
				spool_book_forget(&agent->book, row->result.seq, 128);
			}
		}
	}
	while (gone < agent->rows && !agent->row[gone].is_there) {
		gone++;
	}
	if (gone > 0) {
		agent->rows -= gone;
		memmove(
		    agent->row, agent->row + gone, agent->rows * sizeof(*agent->row));
		agent->first += gone;
	}
}

/* The first row from `seq` on; 0 = none. */
static uint64_t
row_from(const struct play_agent *agent, uint64_t seq)
{
	for (size_t i = seq > agent->first ? (size_t)(seq - agent->first) : 0;
	     i < agent->rows; i++) {
		if (agent->row[i].is_there) {
			return agent->row[i].result.seq;
		}
	}
	return 0;
}

/* ---- probes ---- */

static void
read_source(struct play_agent *agent, unsigned source, struct result *out)
{
	static struct observation clear = {
	    .id = "", .title = "", .scope = "", .url = ""};
	static struct observation incident = {.claim = CLAIM_OUTAGE,
	    .id = "incident-1",
	    .title = "Elevated error rates",
	    .scope = "",
	    .url = ""};
	static struct observation dip = {.claim = CLAIM_DISRUPTION,
	    .id = "provider",
	    .title = "uptime is low",
	    .scope = "",
	    .url = ""};
	const struct play_source *at = &agent->play->source[source];
	bool is_uptime = agent->play->scen->source[source].is_uptime;
	double bad = (double)CLASSIFY_OPENROUTER_DISRUPTION / 1e6;

	out->outcome = OUTCOME_OK;
	out->phase = PHASE_DONE;
	out->http_status = 200;
	out->timing.total_us = 300000;
	out->observation = &clear;
	out->observation_len = 1;
	if (at->claim == SCEN_BROKEN) {
		out->outcome = OUTCOME_MALFORMED;
		out->observation_len = 0;
	} else if (is_uptime && at->uptime < bad) {
		out->observation = &dip;
	} else if (at->claim == SCEN_INCIDENT) {
		out->observation = &incident;
	}
	out->digest = (uint64_t)out->observation->claim + 1;
}

static void
done(void *what, uint64_t token)
{
	struct play_agent *agent = what;

	for (size_t i = 0; i < PLAY_RUNS; i++) {
		struct play_run *run = &agent->run[i];

		if (!run->is_used || run->number != token) {
			continue;
		}
		run->is_used = false;
		(void)sched_finished(&agent->sched, run->run);
		if (!agent->only_failures || run->result.outcome != OUTCOME_OK) {
			keep(agent, &run->result);
		}
		step(agent);
		return;
	}
}

static void
count_run(struct play_agent *agent, const struct plan_probe *probe,
    const struct sched_due *due)
{
	struct play *play = agent->play;

	play->runs++;
	play->paid_runs += probe->cost_microusd > 0 ? 1 : 0;
	play->asked_runs += due->on_demand ? 1 : 0;
}

static unsigned
scenario_probe(const struct play_agent *agent, const char *series)
{
	uint16_t probe =
	    topology_probe_find(&agent->play->plant->conf->topology, series);

	return agent->play->plant->probe_of[probe];
}

static void
start(struct play_agent *agent, struct play_run *run, const struct sched_due *due)
{
	const struct plan_probe *probe = &agent->plan.probe[due->probe];
	unsigned number = scenario_probe(agent, probe->series);

	*run = (struct play_run){
	    .is_used = true, .number = ++agent->runs, .run = due->run};
	run->result = (struct result){.series = probe->series,
	    .started_at = now_of(agent).wall,
	    .detail = "",
	    .request_id = "",
	    .cost_microusd = probe->cost_microusd};
	count_run(agent, probe, due);
	if (number >= PLANT_SOURCE) {
		read_source(agent, number - PLANT_SOURCE, &run->result);
	} else {
		nature_run(&agent->play->nature, agent->number, number, chance_now(),
		    &run->result);
	}
	run->result.flags |= due->on_demand ? FLAG_ON_DEMAND : 0;
	chance_add(
	    chance_now() + (int64_t)run->result.timing.total_us * CLOCK_NS_PER_US, done,
	    agent, run->number);
}

static void
start_due(struct play_agent *agent)
{
	struct sched_due due;

	while (sched_next(&agent->sched, now_of(agent).mono, &due)) {
		size_t i = 0;

		while (i < PLAY_RUNS && agent->run[i].is_used) {
			i++;
		}
		if (i == PLAY_RUNS) {
			(void)sched_finished(&agent->sched, due.run);
		} else {
			start(agent, &agent->run[i], &due);
		}
	}
}

/* ---- the line ---- */

static struct play_parcel *
parcel_of(struct play_agent *agent, enum play_parcel_kind kind, unsigned slot)
{
	struct play_parcel *parcel = play_line_parcel(agent->play);

	parcel->kind = kind;
	parcel->agent = agent->number;
	parcel->pipe = agent->pipe;
	parcel->slot = slot;
	parcel->session = agent->uplink.session;
	parcel->incarnation = agent->book.incarnation;
	parcel->sent_at = now_of(agent).wall;
	parcel->rtt_us = agent->uplink.rtt_us;
	return parcel;
}

static void
send_batch(struct play_agent *agent, const struct uplink_action *action)
{
	uint64_t first = row_from(agent, action->first);
	struct play_parcel *parcel;
	size_t room;

	if (first == 0 || first > action->last) {
		uplink_none(&agent->uplink, action->slot,
		    first == 0 || first > action->last ? action->last + 1
						       : action->first + 1);
		return;
	}
	parcel = parcel_of(agent, PLAY_BATCH, action->slot);
	room = (size_t)(action->last - first + 1);
	room = room < LIMIT_BATCH_RESULTS ? room : LIMIT_BATCH_RESULTS;
	parcel->result = calloc(room, sizeof(*parcel->result));
	if (parcel->result == NULL) {
		abort();
	}
	parcel->first = first;
	for (uint64_t seq = first; parcel->len < room;) {
		parcel->result[parcel->len++] = agent->row[seq - agent->first].result;
		parcel->last = seq++;
		if (seq > action->last || row_from(agent, seq) != seq) {
			break; /* one batch has no holes inside */
		}
	}
	uplink_sent(&agent->uplink, action->slot, parcel->last);
	play_line_up(parcel);
}

static void
act(struct play_agent *agent)
{
	struct uplink_action action;

	while (
	    (action = uplink_next(&agent->uplink, agent->book.next_seq, now_of(agent)))
		.kind != UPLINK_NOTHING) {
		switch (action.kind) {
		case UPLINK_NOTHING:
			break;
		case UPLINK_CONNECT:
			play_line_connect(agent->play, agent->number);
			break;
		case UPLINK_DISCONNECT:
			play_line_break(agent->play, agent->number);
			agent->pipe = 0;
			break;
		case UPLINK_SEND_HELLO:
			play_line_up(parcel_of(agent, PLAY_HELLO, action.slot));
			break;
		case UPLINK_SEND_POLL:
			play_line_up(parcel_of(agent, PLAY_POLL, action.slot));
			break;
		case UPLINK_SEND_BATCH:
			send_batch(agent, &action);
			break;
		}
	}
}

static void
step(struct play_agent *agent)
{
	start_due(agent);
	act(agent);
	sleep_on(agent);
}

void
play_agent_connected(struct play_agent *agent, uint32_t pipe)
{
	if (agent->is_running && agent->pipe == pipe) {
		uplink_connected(&agent->uplink, now_of(agent).mono);
		step(agent);
	}
}

void
play_agent_lost(struct play_agent *agent, uint32_t pipe)
{
	if (agent->is_running && agent->pipe == pipe) {
		agent->pipe = 0;
		uplink_lost(&agent->uplink, now_of(agent).mono);
		step(agent);
	}
}

static void
probe_now(struct play_agent *agent, const struct play_parcel *parcel)
{
	for (size_t i = 0; i < parcel->probe_now_len; i++) {
		for (size_t k = 0; k < agent->plan.len; k++) {
			if (strcmp(agent->plan.probe[k].series, parcel->probe_now[i]) ==
			    0) {
				/* One that is in flight will do. */
				(void)!sched_demand(
				    &agent->sched, (uint32_t)k, now_of(agent).mono);
			}
		}
	}
}

void
play_agent_take(struct play_agent *agent, const struct play_parcel *parcel)
{
	struct now now = now_of(agent);
	struct seq_range acked = {parcel->first, parcel->last};

	if (!agent->is_running || agent->pipe != parcel->pipe ||
	    !agent->uplink.request[parcel->slot].used) {
		return;
	}
	switch (parcel->kind) {
	case PLAY_WELCOME:
		forget(agent, parcel->have, parcel->have_len);
		uplink_welcome(&agent->uplink, parcel->session, parcel->credit,
		    agent->rows > 0 ? agent->first : agent->book.next_seq,
		    agent->book.next_seq, now.mono);
		break;
	case PLAY_REFUSED:
		uplink_refused(&agent->uplink, true, 0, now.mono);
		break;
	case PLAY_ACK:
		uplink_answered(&agent->uplink, parcel->slot, parcel->credit, now.mono);
		forget(agent, &acked, 1);
		break;
	case PLAY_DIRECTIVE:
		uplink_answered(&agent->uplink, parcel->slot, 0, now.mono);
		probe_now(agent, parcel);
		break;
	case PLAY_HELLO:
	case PLAY_POLL:
	case PLAY_BATCH:
		abort(); /* they go the other way */
	}
	step(agent);
}

/* ---- life ---- */

static void
take_plan(struct play_agent *agent)
{
	struct planner *planner = agent->play->plant->planner;
	size_t bytes = planner_plan_bytes(planner) + 64;
	struct arena arena;

	agent->plan_memory = calloc(1, bytes);
	if (agent->plan_memory == NULL) {
		abort();
	}
	arena_init(&arena, agent->plan_memory, bytes);
	agent->plan = planner_make(planner, agent->number, &arena);
}

static void
start_sched(struct play_agent *agent)
{
	struct sched_conf conf = {.probes_max = PROBES_MAX,
	    .in_flight_max = PLAY_RUNS,
	    .seed = rng_next(&agent->play->rng)};
	size_t bytes = sched_bytes(&conf) + 64;
	struct arena arena;

	agent->sched_memory = calloc(1, bytes);
	if (agent->sched_memory == NULL) {
		abort();
	}
	arena_init(&arena, agent->sched_memory, bytes);
	if (sched_init(&agent->sched, &arena, &conf) != ERR_OK ||
	    sched_apply(&agent->sched, &agent->plan, now_of(agent)) != ERR_OK) {
		abort(); /* the plan is one of ours */
	}
}

void
play_agent_start(struct play_agent *agent)
{
	agent->is_running = true;
	agent->lives++;
	agent->pipe = 0;
	agent->wake_at_ns = -1;
	start_sched(agent);
	uplink_init(&agent->uplink, 1, rng_next(&agent->play->rng));
	step(agent);
}

void
play_agent_stop(struct play_agent *agent, bool wipe)
{
	if (!agent->is_running) {
		return;
	}
	play_line_break(agent->play, agent->number);
	agent->is_running = false;
	agent->pipe = 0;
	free(agent->sched_memory);
	agent->sched_memory = NULL;
	memset(agent->run, 0, sizeof(agent->run)); /* their ends come too late */
	if (wipe) {
		agent->rows = 0;
		spool_book_init(&agent->book, rng_next(&agent->play->rng) | 1);
	}
}

void
play_agent_open(struct play *play, uint16_t number, uint64_t seed)
{
	struct play_agent *agent = &play->agent[number];

	agent->play = play;
	agent->number = number;
	spool_book_init(&agent->book, (seed ^ rng_next(&play->rng)) | 1);
	take_plan(agent);
}

void
play_agent_close(struct play_agent *agent)
{
	free(agent->sched_memory);
	free(agent->plan_memory);
	free(agent->row);
}
