/* symptom - what a result shows, by the layer it stopped at
 * Room: collector/core (pure).
 *
 * The method weighs neither outcomes nor pass and fail, but classes by layer: a refusal
 * with 429 proves that name, route, TLS and front end work and says nothing about the
 * application behind. Who looked matters too: the billed call, the free call, a round of
 * controls, or a round of controls right after a target had failed. */
#ifndef COLLECTOR_CORE_SYMPTOM_H
#define COLLECTOR_CORE_SYMPTOM_H

#include "common/core/outcome.h"

enum symptom {
	SYMPTOM_LOCAL = 0, /* LOC: the agent could not even try */
	SYMPTOM_DNS,
	SYMPTOM_CONNECT, /* CONN: refused, unreachable, TLS */
	SYMPTOM_GATEWAY, /* GW: 502, 504, HTML, reset after the request */
	SYMPTOM_RATE,    /* 429 of a short window or of shared capacity */
	SYMPTOM_KEY,     /* CRED: 401, 402, 403, key invalid */
	SYMPTOM_QUOTA,   /* daily, spend or credit limit */
	SYMPTOM_PLACE,   /* GEO: location not supported */
	SYMPTOM_MODEL,   /* NF: model unknown, or our request does not fit it */
	SYMPTOM_ERROR,   /* E5: 500, 503 of the application */
	SYMPTOM_TIMEOUT, /* TMO: request sent, no answer in time */
	SYMPTOM_BAD,     /* 200 without a usable image */
	SYMPTOM_REFUSED, /* REF: safety filter */
	SYMPTOM_SLOW,    /* good, but beyond the learned p99 */
	SYMPTOM_OK,
	SYMPTOM_FAIL, /* of a round of controls: the majority failed */
	SYMPTOM_COUNT
};

enum witness {
	WITNESS_TARGET = 0, /* kind A: ROLE_TARGET */
	WITNESS_FREE,       /* kind H: ROLE_FREE */
	WITNESS_CONTROL,    /* kind C: a round of controls */
	WITNESS_PAIRED,     /* kind P: the same, beside a network failure of a target */
	WITNESS_COUNT
};

enum {
	SYMPTOM_BITS = 32, /* distinct (witness, symptom) pairs that are not good */
	SYMPTOM_PPM = 1000000
};

/* The class of a result of a target's probe; for controls see symptom_is_cut(). */
enum symptom symptom_of(
    enum outcome outcome, enum phase phase, uint32_t flags, uint16_t http_status);

/* True when a control's result says that the network did not carry it: any answer at all,
 * even an error, shows a network that works. */
bool symptom_is_cut(
    enum outcome outcome, enum phase phase, uint32_t flags, uint16_t http_status);

/* The layer, -1 (local) .. 5 (all good). */
int symptom_stage(enum symptom symptom);

/* How often the witness sees it with nothing wrong, in ppm, never below 100: the prior
 * baseline, until a learned one is there. SYMPTOM_OK is what remains. */
uint32_t symptom_baseline_ppm(enum witness witness, enum symptom symptom);

/* True for the symptoms by which an availability fault may show unforeseen. */
bool symptom_is_failure(enum symptom symptom);

/* 0..31 for what is not good, -1 for SYMPTOM_OK and pairs that cannot be. */
int symptom_bit(enum witness witness, enum symptom symptom);

#endif
