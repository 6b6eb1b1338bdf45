/* What agents ask between results; nothing here is journalled. */
#include "collector/core/collector_internal.h"

size_t
collector_grants(const struct collector *collector, uint16_t agent,
    struct budget_grant *out, size_t cap)
{
	return budgets_grants(collector->budgets, agent, out, cap);
}

enum session_refusal
collector_hello(struct collector *collector, const struct session_hello *hello,
    struct wall agent_wall, struct now now, uint16_t *out_agent)
{
	enum session_refusal refusal =
	    session_open(collector->sessions, hello, now, out_agent);

	if (refusal != SESSION_OK) {
		collector->refused++;
		return refusal;
	}
	collector->heard[*out_agent] = 1;
	collector->left[*out_agent] = 0;
	ingest_clock_sample(collector->ingest, *out_agent, agent_wall, 0, now);
	return SESSION_OK;
}

uint16_t
collector_session(
    struct collector *collector, uint64_t id, uint32_t pipe, struct now now)
{
	uint16_t agent = session_find(collector->sessions, id, pipe, now);

	if (agent != TOPOLOGY_NONE) {
		collector->heard[agent] = 1;
		collector->left[agent] = 0;
	}
	return agent;
}

void
collector_goodbye(struct collector *collector, uint16_t agent)
{
	collector->heard[agent] = 0;
	collector->left[agent] = 1;
}

void
collector_pipe_gone(struct collector *collector, uint32_t pipe)
{
	(void)session_close(collector->sessions, pipe);
}

struct sessions *
collector_sessions(struct collector *collector)
{
	return collector->sessions;
}

const struct ingest_agent *
collector_agent(const struct collector *collector, uint16_t agent)
{
	return ingest_agent(collector->ingest, agent);
}

void
collector_clock_sample(struct collector *collector, uint16_t agent, struct wall wall,
    uint32_t rtt_us, struct now now)
{
	ingest_clock_sample(collector->ingest, agent, wall, rtt_us, now);
}

void
collector_count_refused(struct collector *collector)
{
	collector->refused++;
}
