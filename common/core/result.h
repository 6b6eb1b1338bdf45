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
	uint32_t sent_us; /* a request with a body has left; 0 for those without */
	uint32_t first_byte_us;
	uint32_t answered_us; /* the answer was whole and links to the picture */
	uint32_t total_us;    /* always set: the duration of the run */
};

/* p50, p75, p90, p99, the ones OpenRouter gives. */
enum {
	FIGURE_QUANTILES = 4
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

/* What a third party measured of one model at one provider. */
struct figure {
	const char *model;     /* their id */
	const char *provider;  /* their tag of it, "" = not by provider */
	int32_t status;        /* OpenRouter's: 0 normal, below that worse */
	int32_t uptime_5m_ppm; /* of a million, < 0 = not said; so the next two */
	int32_t uptime_30m_ppm;
	int32_t uptime_1d_ppm;
	uint32_t latency_ms[FIGURE_QUANTILES]; /* to the first token, 0 = not said */
	uint32_t throughput_mtps[FIGURE_QUANTILES]; /* 1/1000 tokens a second */
	int64_t price_in_nanousd; /* of a token, < 0 = not said; so the next two */
	int64_t price_out_nanousd;
	int64_t price_image_nanousd; /* of a token of pictures in the answer */
	uint32_t context_tokens;     /* 0 = not said */
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
	const struct figure *figure; /* sources only */
	uint32_t figure_len;
	/* Sources: of what the page says, equal for equal statements; 0 = none. With
	 * FLAG_UNCHANGED it stands for the observations that were sent before. */
	uint64_t digest;
	uint32_t decode_us;     /* processor time spent on looking into the picture */
	uint32_t cost_microusd; /* of this run: reported, reckoned or configured */
	uint16_t cert_days;     /* 1 + days until the certificate ends, 0 = not known */
};

#endif
