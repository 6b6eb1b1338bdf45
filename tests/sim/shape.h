/* shape - the ways in which a run of a probe can end in a simulated world
 * Room: tests/sim.
 *
 * A shape is what one result looks like: outcome, phase, HTTP status, flags, and how long it
 * took to find out. Names are those that scenario files use. */
#ifndef TESTS_SIM_SHAPE_H
#define TESTS_SIM_SHAPE_H

#include "common/core/plan.h"
#include "common/core/result.h"

#include <stdbool.h>

enum shape {
	SHAPE_OK = 0,
	SHAPE_SLOW,        /* good, several times as long as usual */
	SHAPE_LOCAL,       /* no route, no files: the agent cannot even try */
	SHAPE_DNS,         /* the name does not resolve */
	SHAPE_CONNECT,     /* no connection, found out when its time is over */
	SHAPE_REFUSED,     /* no connection, found out at once */
	SHAPE_TLS,         /* the certificate has expired */
	SHAPE_PORTAL,      /* somebody between us and them answers with a page */
	SHAPE_RESET,       /* cut after the request, before the answer */
	SHAPE_GATEWAY,     /* 502 of their front end */
	SHAPE_HTML,        /* an error page of their front end */
	SHAPE_RATE,        /* 429 of a short window */
	SHAPE_CAPACITY,    /* 429: the provider's shared capacity */
	SHAPE_QUOTA,       /* 429: daily limit */
	SHAPE_CREDIT,      /* 402 */
	SHAPE_KEY,         /* 400, key invalid */
	SHAPE_FORBIDDEN,   /* 403 */
	SHAPE_TOKEN,       /* who gives out tokens fails */
	SHAPE_PLACE,       /* 400, location not supported */
	SHAPE_MODEL,       /* 404, model not found */
	SHAPE_ERROR,       /* 500 */
	SHAPE_OVERLOAD,    /* 503, model overloaded */
	SHAPE_TIMEOUT,     /* no byte of an answer in time */
	SHAPE_STALL,       /* headers, then nothing until time is over */
	SHAPE_EMPTY,       /* 200 without a picture */
	SHAPE_BROKEN,      /* 200 with half a picture */
	SHAPE_BLOCKED,     /* a safety filter refuses the prompt */
	SHAPE_UNAVAILABLE, /* of a control: 503, which shows a network that works */
	SHAPE_COUNT
};

const char *shape_name(enum shape shape);
bool shape_find(const char *name, enum shape *out_shape);

/* Whether a run with these timings can end so in `role`. */
bool shape_fits(enum shape shape, enum probe_role role);

/* Fills outcome, phase, status, flags and timing. `usual_us` is how long a good answer would
 * have taken, `timeout_us` when the probe gives up; `chance` in [0, 1) spreads durations. */
struct shape_run {
	double usual_us;
	double timeout_us;
	double chance;
};
void shape_result(enum shape shape, const struct shape_run *run, struct result *out);

#endif
