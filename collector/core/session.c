#include "collector/core/session.h"

#include <stdio.h>
#include <string.h>

struct sessions {
	const struct topology *topology;
	struct rng rng;
	struct session_agent *agent;
};

size_t
sessions_bytes(const struct topology *topology)
{
	return arena_bytes(1, sizeof(struct sessions)) +
	       arena_bytes(topology->agent_len, sizeof(struct session_agent));
}

struct sessions *
sessions_init(struct arena *arena, const struct topology *topology, uint64_t seed)
{
	struct sessions *sessions = arena_take(arena, 1, sizeof(*sessions));
	struct session_agent *agent =
	    arena_take(arena, topology->agent_len, sizeof(*agent));

	if (arena_failed(arena)) {
		return NULL;
	}
	sessions->topology = topology;
	sessions->agent = agent;
	rng_init(&sessions->rng, seed);
	return sessions;
}

static bool
is_region_of(const struct topology *topology, uint16_t agent, const char *region)
{
	return strcmp(topology->region[topology->agent[agent].region].name, region) ==
	       0;
}

/* Notes that the session goes over to the pipe of `hello`. True when the two have done that
 * too often, each going on to speak: these are two machines. */
static bool
is_contested(
    struct session_agent *agent, const struct session_hello *hello, struct mono now)
{
	if (agent->id == 0 || agent->pipe == hello->pipe) {
		return false;
	}
	if (mono_since(now, agent->contested_since) > SESSION_CONTEST_NS) {
		agent->contested = 0;
		agent->contested_since = now;
	}
	if (agent->rival_spoke || agent->rival_pipe == hello->pipe) {
		agent->contested++;
	}
	if (agent->contested > SESSION_CONTESTED &&
	    mono_since(now, agent->last_at) < SESSION_TAKEOVER_NS) {
		agent->contested_since = now; /* until one of them gives up */
		return true;
	}
	return false;
}

/* Somebody speaks in a session he has no more. */
static void
note_rival(struct sessions *sessions, uint32_t pipe)
{
	for (uint16_t i = 0; i < sessions->topology->agent_len; i++) {
		struct session_agent *agent = &sessions->agent[i];

		if (agent->id != 0 && agent->rival_pipe == pipe && pipe != 0) {
			agent->rival_spoke = true;
			return;
		}
	}
}

static struct session_agent
session_of_hello(struct sessions *sessions, const struct session_agent *before,
    const struct session_hello *hello, struct now now)
{
	struct session_agent agent = {.id = rng_next(&sessions->rng) | 1,
	    .pipe = hello->pipe,
	    .incarnation = hello->incarnation,
	    .last_at = now.mono,
	    .last_wall = now.wall,
	    .spooled = hello->spooled,
	    .contested = before->contested,
	    .contested_since = before->contested_since};

	if (before->id != 0 && before->pipe != hello->pipe) {
		agent.rival_pipe = before->pipe;
	}
	(void)snprintf(agent.build, sizeof(agent.build), "%s", hello->build);
	return agent;
}

enum session_refusal
session_open(struct sessions *sessions, const struct session_hello *hello,
    struct now now, uint16_t *out_agent)
{
	uint16_t index = topology_agent_find(sessions->topology, hello->agent);
	struct session_agent *agent;
	struct session_agent before;

	if (hello->version == 0) {
		return SESSION_VERSION;
	}
	if (index == TOPOLOGY_NONE) {
		return SESSION_UNKNOWN_AGENT;
	}
	if (!is_region_of(sessions->topology, index, hello->region)) {
		return SESSION_WRONG_REGION;
	}
	agent = &sessions->agent[index];
	if (agent->id != 0 && agent->incarnation != hello->incarnation &&
	    agent->pipe != hello->pipe &&
	    mono_since(now.mono, agent->last_at) < SESSION_TAKEOVER_NS) {
		return SESSION_DUPLICATE;
	}
	if (is_contested(agent, hello, now.mono)) {
		return SESSION_DUPLICATE;
	}
	before = *agent;
	/* One pipe is one agent: who it was before is gone. */
	(void)session_close(sessions, hello->pipe);
	*agent = session_of_hello(sessions, &before, hello, now);
	*out_agent = index;
	return SESSION_OK;
}

uint16_t
session_find(struct sessions *sessions, uint64_t id, uint32_t pipe, struct now now)
{
	for (uint16_t i = 0; id != 0 && i < sessions->topology->agent_len; i++) {
		struct session_agent *agent = &sessions->agent[i];

		if (agent->id == id && agent->pipe == pipe) {
			agent->last_at = now.mono;
			agent->last_wall = now.wall;
			return i;
		}
	}
	note_rival(sessions, pipe);
	return TOPOLOGY_NONE;
}

uint16_t
session_close(struct sessions *sessions, uint32_t pipe)
{
	for (uint16_t i = 0; i < sessions->topology->agent_len; i++) {
		if (sessions->agent[i].id != 0 && sessions->agent[i].pipe == pipe) {
			sessions->agent[i].id = 0;
			return i;
		}
	}
	return TOPOLOGY_NONE;
}

struct session_agent *
session_of(struct sessions *sessions, uint16_t agent)
{
	return &sessions->agent[agent];
}

const struct session_agent *
session_peek(const struct sessions *sessions, uint16_t agent)
{
	return &sessions->agent[agent];
}
