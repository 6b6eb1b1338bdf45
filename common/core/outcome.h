/* outcome - every way a probe can end, where it stopped, and what else was seen
 * Room: common/core (pure).
 *
 * An outcome is data: stored, sent, shown, weighed. The set is closed; values are fixed
 * for ever because they stand in journals and on the wire. New ones are appended. */
#ifndef COMMON_CORE_OUTCOME_H
#define COMMON_CORE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outcome {
	OUTCOME_OK = 0,          /* what was asked for came, whole */
	OUTCOME_RATE_LIMITED,    /* 429 of a short window, or shared capacity
				    (FLAG_CAPACITY) */
	OUTCOME_QUOTA_EXHAUSTED, /* daily, spend or credit limit of our key */
	OUTCOME_AUTH_ERROR,      /* key missing, wrong, revoked, restricted */
	OUTCOME_BAD_REQUEST,     /* they say our request is wrong (FLAG_REGION_BLOCK,
				    _MODEL_GONE) */
	OUTCOME_CONTENT_BLOCKED, /* a safety filter refused a harmless prompt */
	OUTCOME_UPSTREAM_ERROR,  /* their failure: 5xx, no image, error inside 200 */
	OUTCOME_TIMEOUT,         /* the clock ran out after the connection stood */
	OUTCOME_NET_DNS,         /* the name did not resolve */
	OUTCOME_NET_CONNECT,     /* refused, unreachable, reset before the first byte */
	OUTCOME_NET_TLS,         /* handshake or certificate (FLAG_BAD_CERT) */
	OUTCOME_MALFORMED,       /* an answer, but not of the protocol */
	OUTCOME_LOCAL_ERROR,     /* this agent could not even try: no key, no route, no
				    files */
	OUTCOME_SKIPPED, /* due, and not tried: the budget of its key is spent */
	OUTCOME_COUNT
};

/* The last phase that was entered; for OUTCOME_OK it is PHASE_DONE. The values are names,
 * not an order: two were added when runs came to have more than one request. */
enum phase {
	PHASE_LOCAL = 0, /* before anything left this machine */
	PHASE_DNS,
	PHASE_CONNECT,
	PHASE_TLS,
	PHASE_WAIT,  /* request sent, no byte of the answer yet */
	PHASE_BODY,  /* the answer had begun */
	PHASE_DONE,  /* the answer was whole */
	PHASE_FETCH, /* getting the picture that the answer only links to */
	PHASE_TOKEN, /* getting an access token before the request itself */
	PHASE_COUNT
};

/* What else was seen; a set of bits beside the outcome. */
enum flag {
	FLAG_CAPACITY =
	    1 << 0, /* 429 for the provider's shared capacity, not our quota */
	FLAG_REGION_BLOCK = 1 << 1, /* "location not supported" */
	FLAG_NO_IMAGE = 1 << 2,     /* 200 without an image in it */
	FLAG_MODEL_GONE = 1 << 3,   /* 404 for the model */
	FLAG_PARTIAL_BODY = 1 << 4, /* the body ended early */
	FLAG_OVERLOADED = 1 << 5,   /* 503 "overloaded" */
	FLAG_DEADLINE = 1 << 6,     /* their own deadline expired */
	FLAG_BAD_CERT = 1 << 7,     /* certificate: name, expiry or chain */
	FLAG_GATEWAY = 1 << 8, /* the edge answered, not the application (502, HTML) */
	FLAG_UNCHANGED = 1 << 9,  /* source: 304, or the same content as before */
	FLAG_PORTAL = 1 << 10,    /* redirect or page of somebody between us and them */
	FLAG_BAD_IMAGE = 1 << 11, /* image bytes that do not hold a whole image */
	FLAG_SLOW =
	    1 << 12, /* good, but slower than its own usual (set by the collector) */
	FLAG_DRILL = 1 << 13,     /* made up by a drill */
	FLAG_ON_DEMAND = 1 << 14, /* asked for by the collector, not by the schedule */
	FLAG_COST_REPORTED = 1
			     << 15, /* the cost is what they said, not what we reckon */
	FLAG_EXPIRING = 1 << 16, /* the certificate ends within the days of the probe */
	FLAG_REPEATED = 1 << 17, /* the very bytes of an earlier picture: a cache */
	FLAG_MISMATCH = 1 << 18, /* a whole answer, but not what the probe expects */
	FLAG_KNOWN_MASK = (1 << 19) - 1
};

/* Stable lower-case names, for the API, logs and tests; never NULL. */
const char *outcome_name(enum outcome outcome);
const char *phase_name(enum phase phase);

/* The reverse of outcome_name(). False when `name` is none; `out` is then untouched. */
bool outcome_find(const char *name, enum outcome *out_outcome);

/* Writes the names of the set bits, comma-separated, into `out` (NUL-terminated, cut at
 * `cap`). "" for none. Returns the length written. */
size_t flags_text(uint32_t flags, char *out, size_t cap);

/* True for the outcomes that count against a target's availability: their errors,
 * timeouts, malformed answers and network failures. Not rate limits, refusals, nor what
 * is ours (auth, quota, bad request, local). */
bool outcome_is_failure(enum outcome outcome);

/* True for the outcomes that say nothing about availability, good or bad: ours and
 * theirs to talk about, but out of both numerator and denominator. */
bool outcome_is_neutral(enum outcome outcome);

#endif
