/* session - who is on the line, and whether he may be
 * Room: collector/core (pure).
 *
 * A session belongs to one agent and one pipe, and is made by a Hello. It is not part of
 * the journalled state: after a restart everybody greets again. An agent that greets on a
 * new pipe takes its own session over, because the old pipe is often dead without our
 * knowing; one with another incarnation may do so only when the old one is gone or silent,
 * else two machines use one identity and the second is refused. Two machines with one copied
 * spool show the same incarnation and take the session from each other in turn; who loses it
 * goes on speaking, which an agent that merely reconnects does not. After SESSION_CONTESTED
 * such takeovers within SESSION_CONTEST_NS the newcomer is refused, for as long as the other
 * speaks and the newcomer keeps asking.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_SESSION_H
#define COLLECTOR_CORE_SESSION_H

#include "collector/core/topology.h"
#include "common/core/arena.h"
#include "common/core/clock.h"
#include "common/core/rng.h"

#include <stdbool.h>

#define SESSION_TAKEOVER_NS (45 * CLOCK_NS_PER_S)
#define SESSION_CONTEST_NS  (60 * CLOCK_NS_PER_S)

enum {
	SESSION_CONTESTED = 3
};

enum session_refusal {
	SESSION_OK = 0,
	SESSION_VERSION,
	SESSION_UNKNOWN_AGENT,
	SESSION_WRONG_REGION,
	SESSION_DUPLICATE,
	SESSION_HELLO_FIRST
};

struct session_agent {
	uint64_t id; /* 0 = none */
	uint32_t pipe;
	uint64_t incarnation;
	struct mono last_at;
	struct wall last_wall;
	uint64_t plan_version; /* the agent says it runs this one */
	uint64_t spooled;
	uint32_t rival_pipe; /* lost the session to `pipe`; 0 = none */
	bool rival_spoke;    /* and spoke since */
	unsigned contested;  /* takeovers by or from pipes that went on speaking */
	struct mono contested_since;
	char build[LIMIT_NAME_BYTES];
};

struct sessions;

size_t sessions_bytes(const struct topology *topology);
/* `seed` must be unpredictable: session ids are made of it. */
struct sessions *sessions_init(
    struct arena *arena, const struct topology *topology, uint64_t seed);

struct session_hello {
	uint32_t version;
	const char *agent;
	const char *region;
	const char *build;
	uint64_t incarnation;
	uint64_t spooled;
	uint32_t pipe;
};

/* Decides a greeting. SESSION_OK: `out_agent` has a session now. */
enum session_refusal session_open(struct sessions *sessions,
    const struct session_hello *hello, struct now now, uint16_t *out_agent);

/* The agent whose session `id` is on `pipe`, or TOPOLOGY_NONE: hello first. Notes that it
 * was heard. */
uint16_t session_find(
    struct sessions *sessions, uint64_t id, uint32_t pipe, struct now now);

/* The agent that spoke last on `pipe` is gone; returns it, or TOPOLOGY_NONE. */
uint16_t session_close(struct sessions *sessions, uint32_t pipe);

struct session_agent *session_of(struct sessions *sessions, uint16_t agent);
const struct session_agent *session_peek(
    const struct sessions *sessions, uint16_t agent);

#endif
