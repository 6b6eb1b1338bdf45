/* outlook - what an agent can say of its own place, without asking anybody
 * Room: agent/core (pure).
 *
 * Remembers how the last run of each probe ended and for how long it has failed, and judges
 * the network here by the controls alone: unrelated endpoints that do not fail together
 * unless what is common to them does, which is this machine's way out. For people on the
 * machine, above all when it is cut off from its collector; the collector judges by all
 * agents and does not ask this. */
#ifndef AGENT_CORE_OUTLOOK_H
#define AGENT_CORE_OUTLOOK_H

#include "common/core/arena.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/plan.h"
#include "common/core/result.h"

#include <stddef.h>
#include <stdint.h>

enum {
	OUTLOOK_TEXT_BYTES = 16384,
	OUTLOOK_FAILING_MAX = 40 /* lines of them in the text */
};

/* What the controls say of the network here. */
enum outlook_network {
	OUTLOOK_UNKNOWN = 0, /* no controls, or none has been tried lately */
	OUTLOOK_GOOD,        /* all but at most one answer */
	OUTLOOK_DOUBTFUL,    /* some fail */
	OUTLOOK_BAD          /* none answers */
};

struct outlook_entry {
	struct wall at; /* of the end of the last run, 0 = none */
	struct wall failing_since;
	uint32_t failures; /* in a row */
	uint8_t outcome;
	uint8_t phase;
};

struct outlook {
	struct outlook_entry *entry; /* by index in the plan */
	size_t cap;
	const struct plan *plan; /* borrowed until the next outlook_plan() */
};

/* What is said beside the probes. */
struct outlook_facts {
	const char *id;
	const char *region;
	const char *build;
	const char *collector; /* address */
	const char *uplink;    /* uplink_state_name() */
	struct wall uplink_since;
	uint64_t spooled;
	uint64_t dropped;
	uint64_t in_flight;
};

size_t outlook_bytes(size_t probes_max);

/* `arena` must hand out zeroed memory. ERR_LIMIT: it is too small. */
WARN_UNUSED enum err outlook_init(
    struct outlook *outlook, struct arena *arena, size_t probes_max);

/* Another plan: what was known is forgotten. */
void outlook_plan(struct outlook *outlook, const struct plan *plan);

/* Probe `index` of the plan ended. Runs that were not tried for lack of money say nothing. */
void outlook_result(struct outlook *outlook, uint32_t index,
    const struct result *result, struct wall now);

/* Judged by runs that ended within three intervals. */
enum outlook_network outlook_network(const struct outlook *outlook, struct wall now);
const char *outlook_network_name(enum outlook_network network); /* "good"; never NULL */

/* Writes all of it for people, NUL-terminated and cut at OUTLOOK_TEXT_BYTES. Its second
 * line is "network: " and the name. Returns the length. */
size_t outlook_text(const struct outlook *outlook, const struct outlook_facts *facts,
    struct wall now, char out[OUTLOOK_TEXT_BYTES]);

#endif
