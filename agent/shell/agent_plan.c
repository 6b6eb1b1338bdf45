#include "agent/shell/agent_internal.h"
#include "common/shell/log.h"

#include <string.h>

/* Decodes a stored or received directive into the arena that is not in use. */
static enum err
decode_plan(
    struct agent *agent, const unsigned char *message, size_t len, struct plan *out)
{
	struct arena *arena = &agent->plan_arena[agent->plan_turn ^ 1U];
	struct wire_collector_message decoded;
	enum err err;

	arena_reset(arena);
	err = wire_collector_decode(message, len, arena, &decoded);
	if (err != ERR_OK) {
		return err;
	}
	if (decoded.kind != WIRE_DIRECTIVE || !decoded.directive.has_plan) {
		return ERR_FORMAT;
	}
	*out = decoded.directive.plan;
	return ERR_OK;
}

static enum err
apply(struct agent *agent, const struct plan *plan, struct now now)
{
	enum err err = sched_apply(&agent->sched, plan, now);

	if (err == ERR_OK) {
		agent->plan = *plan;
		outlook_plan(&agent->outlook, &agent->plan);
		purse_plan(&agent->purse, &agent->plan);
		agent->plan_turn ^= 1U;
	}
	return err;
}

void
agent_plan_restore(struct agent *agent, struct now now)
{
	const void *message;
	size_t len;
	struct plan plan;
	enum err err;

	arena_reset(&agent->arena);
	err = spool_plan_get(agent->spool, &agent->arena, &message, &len);
	if (err == ERR_OK) {
		err = decode_plan(agent, message, len, &plan);
	}
	if (err == ERR_OK) {
		err = apply(agent, &plan, now);
	}
	if (err == ERR_OK) {
		log_info("plan.restored", "version=%016llx probes=%zu",
		    (unsigned long long)plan.version, plan.len);
	} else if (err != ERR_NOTFOUND) {
		log_warn("plan.unusable", "reason=%s (waiting for the collector's)",
		    err_name(err));
	}
}

void
agent_plan_take(struct agent *agent, const unsigned char *message, size_t len,
    const struct plan *plan, struct now now)
{
	struct plan copy;
	enum err err;

	if (plan->version == agent->plan.version) {
		return;
	}
	/* `plan` lives in the message's arena; the copy lives as long as it is in use. */
	err = decode_plan(agent, message, len, &copy);
	if (err == ERR_OK) {
		err = apply(agent, &copy, now);
	}
	if (err != ERR_OK) {
		log_error("plan.refused", "version=%016llx reason=%s",
		    (unsigned long long)plan->version, err_name(err));
		return;
	}
	log_info("plan.applied", "version=%016llx probes=%zu",
	    (unsigned long long)copy.version, copy.len);
	err = spool_plan_put(agent->spool, message, len);
	if (err != ERR_OK) {
		log_warn("plan.not_kept",
		    "reason=%s (after a restart the collector is needed)",
		    err_name(err));
	}
}

void
agent_probe_now(
    struct agent *agent, const struct wire_directive *directive, struct now now)
{
	for (size_t i = 0; i < directive->probe_now_len; i++) {
		for (size_t k = 0; k < agent->plan.len; k++) {
			if (strcmp(agent->plan.probe[k].series,
				directive->probe_now[i]) != 0) {
				continue;
			}
			if (sched_demand(&agent->sched, (uint32_t)k, now.mono) !=
			    ERR_OK) {
				log_debug("probe.demand_skipped", "series=%s",
				    directive->probe_now[i]);
			}
		}
	}
}

enum err
agent_probe_start(struct agent *agent, const struct sched_due *due, struct now now)
{
	const struct plan_probe *probe = &agent->plan.probe[due->probe];
	struct probe_tag tag = {.slot = due->run.slot,
	    .generation = due->run.generation,
	    .flags = due->on_demand ? FLAG_ON_DEMAND : 0};
	struct probe_key key;
	bool keyed = probe->key[0] != '\0' && keys_find(agent->keys, probe->key, &key);

	return prober_start(agent->prober, probe, keyed ? &key : NULL, &tag, now);
}
