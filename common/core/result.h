/* result - what one run of a probe found
 * Room: common/core (pure).
 *
 * The agent makes it, the wire carries it as columns, the collector weighs and stores
 * it. Texts are borrowed: they live as long as the message or arena the result came
 * from. */
#ifndef COMMON_CORE_RESULT_H
#define COMMON_CORE_RESULT_H

#include "common/core/clock.h"
#include "common/core/outcome.h"

#include <stddef.h>
#include <stdint.h>

/* Microseconds from the start of the run to the end of each phase, 0 = not reached.
 * They never decrease in this order (RFC 9110 has no such timing; the cut points are
 * those of curl_easy_getinfo: NAMELOOKUP, CONNECT, APPCONNECT, STARTTRANSFER, TOTAL).
 */
struct timing {
	uint32_t dns_us;
	uint32_t connect_us;
	uint32_t tls_us;
	uint32_t first_byte_us;
	uint32_t total_us; /* always set: the duration of the run */
};

/* What a status page says about something we watch. */
enum claim {
	CLAIM_CLEAR = 0,   /* read well, nothing open that concerns us */
	CLAIM_INFORMATION, /* an open entry, least severe */
	CLAIM_DISRUPTION,
	CLAIM_OUTAGE,
	CLAIM_COUNT
};

const char *claim_name(enum claim claim);

/* One open entry of a status page that concerns a watched product; or, with an empty
 * `id` and CLAIM_CLEAR, the statement that there is none. */
struct observation {
	enum claim claim;
	struct wall begin_at;    /* when they say it began, 0 = not said */
	struct wall created_at;  /* when they first published it */
	struct wall modified_at; /* last edit */
	const char *id;          /* theirs, stable */
	const char *title;       /* redacted, cut */
	const char *scope; /* locations or components, comma-separated, "" = all */
	const char *url;   /* page for people */
};

struct result {
	uint64_t seq;           /* given by the agent's spool, unique per incarnation */
	const char *series;     /* "target/probe": the probe's name in the plan */
	struct wall started_at; /* the agent's wall clock */
	enum outcome outcome;
	enum phase phase;
	uint16_t http_status; /* 0 = none */
	uint32_t flags;       /* enum flag */
	struct timing timing;
	uint32_t server_us; /* time the server itself reported, 0 = none */
	uint32_t body_bytes;
	uint32_t retry_after_ms; /* what they asked for, clamped, 0 = nothing */
	const char *detail;      /* redacted excerpt, "" when there is nothing to say */
	const char *request_id;  /* theirs, "" = none */
	const struct observation *observation; /* sources only */
	uint32_t observation_len;
};

#endif
