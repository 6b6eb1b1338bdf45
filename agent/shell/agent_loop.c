#include "agent/shell/agent_loop.h"

#include "agent/core/redact_result.h"
#include "agent/shell/agent_internal.h"
#include "agent/shell/status.h"
#include "common/shell/clock_sys.h"
#include "common/shell/log.h"
#include "common/shell/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Address space: only what a message needs is ever touched. */
	ARENA_BYTES = WIRE_ARENA_BYTES,
	SPOOL_RETRY_MS = 1000
};

static enum err
take_memory(struct agent *agent, uint64_t seed)
{
	struct sched_conf conf = {.probes_max = LIMIT_PLAN_PROBES,
	    .in_flight_max = LIMIT_IN_FLIGHT_PROBES,
	    .seed = seed};
	size_t bytes = sched_bytes(&conf);
	struct arena arena;

	agent->sched_memory = calloc(1, bytes + 64);
	agent->rows = calloc(LIMIT_BATCH_RESULTS, sizeof(*agent->rows));
	agent->frame = frame_new();
	if (agent->sched_memory == NULL || agent->rows == NULL ||
	    agent->frame == NULL) {
		return ERR_NOMEM;
	}
	for (int i = 0; i < 3; i++) {
		agent->memory[i] = calloc(1, ARENA_BYTES);
		if (agent->memory[i] == NULL) {
			return ERR_NOMEM;
		}
	}
	arena_init_zeroed(&agent->plan_arena[0], agent->memory[0], ARENA_BYTES);
	arena_init_zeroed(&agent->plan_arena[1], agent->memory[1], ARENA_BYTES);
	arena_init_zeroed(&agent->arena, agent->memory[2], ARENA_BYTES);
	arena_init_zeroed(&arena, agent->sched_memory, bytes + 64);
	return sched_init(&agent->sched, &arena, &conf);
}

/* Address space: only what a plan uses is ever touched. */
static enum err
open_outlook(struct agent *agent)
{
	size_t bytes = outlook_bytes(LIMIT_PLAN_PROBES) + 64;
	struct arena arena;

	agent->outlook_memory = calloc(1, bytes);
	if (agent->outlook_memory == NULL) {
		return ERR_NOMEM;
	}
	arena_init_zeroed(&arena, agent->outlook_memory, bytes);
	return outlook_init(&agent->outlook, &arena, LIMIT_PLAN_PROBES);
}

static enum err
open_spool(struct agent *agent, char *error, size_t cap)
{
	struct spool_limits limits = {.bytes_max = agent->conf->spool_bytes_max,
	    .age_max_ns = (int64_t)agent->conf->spool_age_max_s * CLOCK_NS_PER_S};
	const char *path = agent->conf->spool_path;
	bool set_aside = false;
	enum err err =
	    agent->is_guest
		? spool_peek(path, &limits, &agent->spool, error, cap)
		: spool_open(path, &limits, &agent->spool, &set_aside, error, cap);

	if (err == ERR_OK) {
		agent_money_restore(agent);
	}
	if (err == ERR_OK && set_aside) {
		log_error("spool.set_aside",
		    "path=%s (it could not be read; a new one was begun)",
		    agent->conf->spool_path);
	}
	return err;
}

static enum err
open_engines(struct agent *agent, char *error, size_t cap)
{
	struct prober_conf prober = {.source_address = agent->conf->source_address,
	    .ca_file = agent->conf->probe_ca,
	    .user_agent = "parallax-agent/" PARALLAX_VERSION,
	    .in_flight_max = LIMIT_IN_FLIGHT_PROBES,
	    .redact = &agent->redact};
	struct line_conf line = {.tls = {.ca = agent->conf->tls_ca,
				     .cert = agent->conf->tls_cert,
				     .key = agent->conf->tls_key,
				     .server_name = agent->conf->tls_server_name},
	    .wake = agent_wake,
	    .context = agent};

	agent->prober = prober_new(&prober);
	agent->line = line_new(&line, UPLINK_SLOTS);
	if (agent->prober == NULL || agent->line == NULL) {
		(void)snprintf(error, cap, "no memory to start the probe engine");
		return ERR_NOMEM;
	}
	return ERR_OK;
}

static enum err
make(const struct agent_conf *conf, bool is_guest, struct agent **out, char *error,
    size_t cap)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	uint64_t seed = (uint64_t)clock_sys_boot().wall.ns;
	enum err err;

	if (agent == NULL) {
		(void)snprintf(error, cap, "no memory to start");
		return ERR_NOMEM;
	}
	agent->conf = conf;
	agent->is_guest = is_guest;
	agent->flush_at = MONO_NEVER;
	for (const char *c = conf->id; *c != '\0'; c++) {
		seed = seed * 31 + (unsigned char)*c;
	}
	if (!is_guest) {
		agent_identity_mend(conf);
	}
	uplink_init(&agent->uplink, conf->collectors_len, seed);
	err = take_memory(agent, seed);
	if (err == ERR_OK) {
		err = open_outlook(agent);
	}
	if (err != ERR_OK) {
		(void)snprintf(error, cap, "no memory to start");
	}
	if (err == ERR_OK) {
		redact_init(&agent->redact);
		agent->keys = keys_new(conf, &agent->redact);
		err = agent->keys == NULL ? ERR_NOMEM : ERR_OK;
	}
	if (err == ERR_OK) {
		err = open_spool(agent, error, cap);
	}
	if (err == ERR_OK) {
		err = open_engines(agent, error, cap);
	}
	if (err != ERR_OK) {
		agent_free(agent);
		return err;
	}
	*out = agent;
	return ERR_OK;
}

enum err
agent_new(const struct agent_conf *conf, struct agent **out, char *error, size_t cap)
{
	return make(conf, false, out, error, cap);
}

enum err
agent_new_guest(
    const struct agent_conf *conf, struct agent **out, char *error, size_t cap)
{
	return make(conf, true, out, error, cap);
}

void
agent_free(struct agent *agent)
{
	if (agent == NULL) {
		return;
	}
	line_free(agent->line);
	prober_free(agent->prober);
	spool_close(agent->spool);
	frame_free(agent->frame);
	keys_free(agent->keys);
	free(agent->sched_memory);
	free(agent->outlook_memory);
	free(agent->rows);
	for (int i = 0; i < 3; i++) {
		free(agent->memory[i]);
	}
	free(agent);
}

void
agent_wake(void *context)
{
	struct agent *agent = context;

	if (agent->prober != NULL) {
		prober_wakeup(agent->prober);
	}
}

/* ---- the loop ---- */

static void
keep_result(struct agent *agent, const struct result *result, struct now now)
{
	enum err err = spool_append(agent->spool, result);

	if (err != ERR_OK) {
		log_error("result.lost", "series=%s reason=%s", result->series,
		    err_name(err));
		return;
	}
	log_debug("result", "series=%s outcome=%s phase=%s status=%u total_us=%u",
	    result->series, outcome_name(result->outcome), phase_name(result->phase),
	    result->http_status, result->timing.total_us);
	agent->flush_at = mono_min(agent->flush_at, mono_add(now.mono, SPOOL_FLUSH_NS));
}

static void
take_results(struct agent *agent, struct now now)
{
	struct probe_tag tag;
	struct result result;

	while (prober_done(agent->prober, &tag, &result)) {
		agent_money_settle(agent, &tag, &result);
		arena_reset(&agent->arena);
		redact_result(&agent->redact, &agent->arena, &result);
		if (said_result(&agent->said, &result)) {
			prober_forget(agent->prober, result.series);
		}
		keep_result(agent, &result, now);
		outlook_result(&agent->outlook,
		    sched_probe(
			&agent->sched, (struct sched_run){tag.slot, tag.generation}),
		    &result, now.wall);
		(void)sched_finished(
		    &agent->sched, (struct sched_run){tag.slot, tag.generation});
	}
}

static void
flush(struct agent *agent, struct now now)
{
	uint64_t dropped = spool_book(agent->spool)->dropped_rows;
	uint64_t damaged = spool_damaged(agent->spool);
	enum err err;

	if (mono_before(now.mono, agent->flush_at)) {
		return;
	}
	agent_money_flush(agent);
	err = spool_flush(agent->spool, now.wall);
	agent->flush_at = err == ERR_OK
			      ? MONO_NEVER
			      : mono_add(now.mono, SPOOL_RETRY_MS * CLOCK_NS_PER_MS);
	if (err != agent->spool_err) {
		if (err != ERR_OK) {
			log_error("spool.write_failed",
			    "reason=%s (results wait in memory)", err_name(err));
		} else {
			log_info("spool.writes_again", "rows=%llu",
			    (unsigned long long)spool_book(agent->spool)->rows);
		}
		agent->spool_err = err;
	}
	damaged = spool_damaged(agent->spool) - damaged;
	dropped = spool_book(agent->spool)->dropped_rows - dropped - damaged;
	if (damaged > 0) {
		log_error("spool.damaged",
		    "n=%llu (rows that cannot be read; told to the collector as lost)",
		    (unsigned long long)damaged);
	}
	if (dropped > 0) {
		log_warn("spool.dropped", "n=%llu (over its size or age)",
		    (unsigned long long)dropped);
	}
}

static void
start_probes(struct agent *agent, struct now now)
{
	struct sched_due due;

	while (sched_next(&agent->sched, now.mono, &due)) {
		struct result skipped;
		enum err err;

		if (!agent_money_take(agent, &due, now, &skipped)) {
			(void)sched_finished(&agent->sched, due.run);
			keep_result(agent, &skipped, now);
			continue;
		}
		err = agent_probe_start(agent, &due, now);
		if (err != ERR_OK) {
			log_error("probe.not_started", "series=%s reason=%s",
			    agent->plan.probe[due.probe].series, err_name(err));
			agent_money_return(agent, &due);
			(void)sched_finished(&agent->sched, due.run);
		}
	}
}

/* A gap in what is measured here is our own, and whoever looks at it must know. */
static void
tell_stall(struct agent *agent)
{
	uint64_t stalls = agent->sched.counts.stalls;
	int64_t suspended_ns = clock_sys_suspended_ns();
	int64_t slept_ns = clock_sub_ns(suspended_ns, agent->suspended_ns);

	agent->suspended_ns = suspended_ns;
	if (stalls == agent->stalls_told) {
		return;
	}
	agent->stalls_told = stalls;
	if (slept_ns >= CLOCK_NS_PER_S) {
		log_warn("sched.stall",
		    "times=%llu (the machine slept for %lld s; runs of that time are "
		    "left out)",
		    (unsigned long long)stalls, (long long)(slept_ns / CLOCK_NS_PER_S));
	} else {
		log_warn("sched.stall",
		    "times=%llu (the agent was stopped or starved; runs of that time "
		    "are left out)",
		    (unsigned long long)stalls);
	}
}

/* Says how things stand, for whoever asks on this machine. */
static void
tell(struct agent *agent, struct now now)
{
	static char text[OUTLOOK_TEXT_BYTES];
	const struct spool_book *book = spool_book(agent->spool);
	struct outlook_facts facts = {.id = agent->conf->id,
	    .region = agent->conf->region,
	    .build = PARALLAX_VERSION,
	    .collector = agent->conf->collectors[agent->uplink.address],
	    .uplink = uplink_state_name(agent->uplink.state),
	    .spooled = book->rows,
	    .dropped = book->dropped_rows,
	    .in_flight = prober_in_flight(agent->prober)};
	bool is_up = agent->uplink.state == UPLINK_UP;
	enum err err;

	if (agent->uplink_since.ns == 0 || is_up != (agent->uplink_was == UPLINK_UP)) {
		agent->uplink_since = now.wall;
		agent->status_at = now.mono;
	}
	agent->uplink_was = agent->uplink.state;
	if (mono_before(now.mono, agent->status_at)) {
		return;
	}
	facts.uplink_since = agent->uplink_since;
	agent->status_at = mono_add(now.mono, STATUS_NS);
	err = status_write(agent->conf->spool_path, text,
	    outlook_text(&agent->outlook, &facts, now.wall, text));
	if (err != ERR_OK) {
		log_debug("status.not_written", "reason=%s", err_name(err));
	}
}

static int64_t
wait_ns(const struct agent *agent)
{
	struct mono deadline = mono_min(sched_deadline(&agent->sched), agent->flush_at);
	struct mono now = clock_sys_boot().mono;
	int64_t wait;

	deadline = mono_min(deadline, uplink_deadline(&agent->uplink));
	deadline = mono_min(deadline, agent->status_at);
	wait = mono_since(deadline, now);
	return wait > 0 ? wait : 0;
}

void
agent_run(struct agent *agent)
{
	enum err wait_err = ERR_OK;

	agent->suspended_ns = clock_sys_suspended_ns();
	agent_plan_restore(agent, clock_sys_boot());
	for (;;) {
		struct now now = clock_sys_boot();

		take_results(agent, now);
		agent_uplink_events(agent, now);
		flush(agent, now);
		start_probes(agent, now);
		tell_stall(agent);
		agent_uplink_act(agent, now);
		tell(agent, now);
		if (signals_take() == SIGNALS_STOP) {
			break;
		}
		wait_err = prober_wait(agent->prober, wait_ns(agent));
		if (wait_err != ERR_OK) {
			log_error("loop.wait_failed", "reason=%s", err_name(wait_err));
			break;
		}
	}
	log_info("agent.stopping", "spooled=%llu",
	    (unsigned long long)spool_book(agent->spool)->rows);
	if (spool_flush(agent->spool, clock_sys_boot().wall) != ERR_OK) {
		log_error("spool.write_failed", "reason=at_exit");
	}
	agent_goodbye(agent);
}
