/* render - an incident in words, and as the JSON every channel starts from
 * Room: collector/core (pure).
 *
 * Every message says: what, where, since when, how sure, why (the two strongest facts and
 * the runner-up), what the official page says, what to do next. Texts of upstreams are
 * untrusted: they are cleaned by text.h and escaped here once for JSON, and per channel for
 * its markup. */
#ifndef COLLECTOR_CORE_RENDER_H
#define COLLECTOR_CORE_RENDER_H

#include "collector/core/incident.h"
#include "collector/core/message.h"

enum {
	RENDER_HEADLINE_BYTES = 320, /* enough for any headline, with the NUL */
	RENDER_WHY_BYTES = 2048,     /* enough for any render_why() */
	RENDER_NEXT_BYTES = 1024,    /* enough for any render_next() */
	RENDER_LISTED = 10,          /* incidents of a group that are named */
	RENDER_JSON_BYTES =
	    21504 /* enough for any message: every field has its own bound */
};

/* One line: "Upstream outage: nano-banana-pro everywhere, 97 % sure"; a resolved incident
 * says "Resolved after 12 min: ...". All writers NUL-terminate, cut at `cap` on a UTF-8
 * boundary and return the length written. */
size_t render_headline(const struct incident *incident, char *out, size_t cap);

/* The facts, one a line, strongest first; then coverage and the runner-up. */
size_t render_why(const struct incident *incident, char *out, size_t cap);

/* What to do next, by verdict, one step a line: the response flow. */
size_t render_next(const struct incident *incident, char *out, size_t cap);

/* The versioned JSON object of a message (schema "parallax.alert/1"): kind, seq, incident,
 * verdict, blame, level, scope, since, confidence, why[], rival, external, next[], text, and
 * the parts of the two strongest facts, evidence[]. facts.h reads it again.
 * This is the generic webhook's body and what other channels are built from. It depends on
 * the arguments alone. `cap` is at least RENDER_JSON_BYTES: an object is never cut. */
size_t render_json(const struct incident *incident, enum message_kind kind,
    uint32_t seq, struct wall at, char *out, size_t cap);

/* Incidents that are told together; see alert_group.c. Borrowed for the call. */
struct render_item {
	const struct incident *incident;
	enum message_kind kind; /* what is told of it */
};

struct render_group {
	uint64_t id;
	const struct incident *leader; /* the message is written in its words */
	const struct render_item *item;
	size_t len;
	size_t firing; /* incidents of the group that fire once the message is known */
};

/* The same for a group: what is said of the leader, beside it "group", "group_firing",
 * "group_resolved", "group_told", the first RENDER_LISTED of them as "incidents", and the
 * numbers of all as "members". */
size_t render_group_json(const struct render_group *group, enum message_kind kind,
    uint32_t seq, struct wall at, char *out, size_t cap);

/* The same of a message that only tries `channel`: it has "test": true and says that
 * nothing is wrong. */
size_t render_test(const char *channel, struct wall at, char *out, size_t cap);

/* "37 s", "4 min", "2 h 5 min", "3 d 4 h"; negative counts as 0. `out` needs 32 bytes. */
void render_duration(int64_t duration_ns, char out[32]);

#endif
