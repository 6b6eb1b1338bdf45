#include "agent/shell/agent_internal.h"
#include "common/shell/log.h"

#include <stdio.h>

static enum err
save(struct agent *agent)
{
	unsigned char bytes[PURSE_BYTES];
	struct buf buf;

	buf_write(&buf, bytes, sizeof(bytes));
	purse_save(&agent->purse, &buf);
	return buf_ok(&buf) ? spool_purse_put(agent->spool, bytes, buf.at) : ERR_LIMIT;
}

void
agent_money_restore(struct agent *agent)
{
	const void *data;
	size_t len;
	struct buf buf;
	enum err err;

	purse_init(&agent->purse);
	arena_reset(&agent->arena);
	err = spool_purse_get(agent->spool, &agent->arena, &data, &len);
	if (err == ERR_OK) {
		buf_read(&buf, data, len);
		err = purse_load(&agent->purse, &buf);
	}
	if (err != ERR_OK && err != ERR_NOTFOUND) {
		log_error("budget.forgotten",
		    "reason=%s (what was spent today counts as nothing)",
		    err_name(err));
	}
}

/* What a run leaves that was not started. */
static void
describe(struct agent *agent, const struct plan_probe *probe, bool on_demand,
    struct now now, struct result *out)
{
	*out = (struct result){.series = probe->series,
	    .started_at = now.wall,
	    .outcome = OUTCOME_SKIPPED,
	    .phase = PHASE_LOCAL,
	    .flags = on_demand ? FLAG_ON_DEMAND : 0,
	    .detail = agent->reason,
	    .request_id = ""};
}

bool
agent_money_take(struct agent *agent, const struct sched_due *due, struct now now,
    struct result *out)
{
	const struct plan_probe *probe = &agent->plan.probe[due->probe];
	enum purse_answer answer = purse_take(
	    &agent->purse, probe, due->run.slot, due->run.generation, now.wall);
	enum err err;

	if (answer == PURSE_FREE) {
		return true;
	}
	if (answer != PURSE_TAKEN) {
		purse_reason(answer, probe->key, agent->reason);
		describe(agent, probe, due->on_demand, now, out);
		return false;
	}
	err = save(agent); /* before the run, so that a crash cannot forget it */
	if (err == ERR_OK) {
		return true;
	}
	purse_return(&agent->purse, due->run.slot, due->run.generation);
	(void)snprintf(agent->reason, sizeof(agent->reason),
	    "what is spent cannot be written down: %s", err_name(err));
	describe(agent, probe, due->on_demand, now, out);
	out->outcome = OUTCOME_LOCAL_ERROR;
	return false;
}

void
agent_money_return(struct agent *agent, const struct sched_due *due)
{
	purse_return(&agent->purse, due->run.slot, due->run.generation);
	agent->purse_changed = true;
}

/* True when the answer ended early: what it told until then of its price is not all. */
static bool
was_cut(const struct result *result)
{
	return result->timing.answered_us == 0 &&
	       (result->phase != PHASE_DONE ||
		   (result->flags & FLAG_PARTIAL_BODY) != 0);
}

/* They may have billed a run whose request left, and whose answer never came, or not all
 * of it. */
static bool
is_unsure(const struct result *result)
{
	return result->timing.sent_us > 0 && result->http_status < 400 &&
	       result->outcome != OUTCOME_OK &&
	       (result->flags & FLAG_COST_REPORTED) == 0 &&
	       (result->cost_microusd == 0 || was_cut(result));
}

void
agent_money_settle(
    struct agent *agent, const struct probe_tag *tag, struct result *result)
{
	bool changed;

	result->cost_microusd = purse_settle(&agent->purse, tag->slot, tag->generation,
	    result->cost_microusd, is_unsure(result), &changed);
	agent->purse_changed = agent->purse_changed || changed;
}

void
agent_money_flush(struct agent *agent)
{
	if (agent->purse_changed && save(agent) == ERR_OK) {
		agent->purse_changed = false; /* else with the next flush */
	}
}

void
agent_money_grants(
    struct agent *agent, const struct wire_directive *directive, struct now now)
{
	for (size_t i = 0; i < directive->grant_len; i++) {
		const struct wire_grant *grant = &directive->grant[i];

		if (purse_grant(&agent->purse, grant->key, grant->day,
			grant->extra_microusd, now.wall)) {
			agent->purse_changed = true;
			log_info("budget.granted", "key=%s extra_microusd=%llu",
			    grant->key, (unsigned long long)grant->extra_microusd);
		}
	}
	agent_money_flush(agent);
}

size_t
agent_money_spent(
    struct agent *agent, struct now now, struct wire_spent out[LIMIT_KEYS])
{
	size_t len = 0;

	for (size_t i = 0; i < LIMIT_KEYS; i++) {
		const struct purse_account *account =
		    purse_at(&agent->purse, i, now.wall);

		if (account != NULL) {
			out[len++] = (struct wire_spent){.key = account->key,
			    .day = account->day,
			    .day_microusd = account->day_spent,
			    .month_microusd = account->month_spent};
		}
	}
	return len;
}
