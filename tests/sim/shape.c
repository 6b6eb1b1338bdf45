#include "tests/sim/shape.h"

#include <stddef.h>
#include <string.h>

/* How long it takes to find out. */
enum length {
	LENGTH_USUAL = 0,
	LENGTH_LONG,    /* four times the usual and more */
	LENGTH_AT_ONCE, /* a tenth of a second */
	LENGTH_SHORT,   /* about a second */
	LENGTH_NAME,    /* a resolver's patience, five seconds */
	LENGTH_CONNECT, /* the patience of a connection */
	LENGTH_TIMEOUT
};

static const struct {
	const char *name;
	enum outcome outcome;
	enum phase phase;
	uint32_t flags;
	uint16_t status;
	enum length length;
	unsigned roles; /* bit per role */
} table[SHAPE_COUNT] = {
#define ASKED (1U << ROLE_TARGET | 1U << ROLE_FREE)
#define PAID  (1U << ROLE_TARGET)
#define ANY   (ASKED | 1U << ROLE_CONTROL)
    [SHAPE_OK] = {"ok", OUTCOME_OK, PHASE_DONE, 0, 200, LENGTH_USUAL, ANY},
    [SHAPE_SLOW] = {"slow", OUTCOME_OK, PHASE_DONE, 0, 200, LENGTH_LONG, ANY},
    [SHAPE_LOCAL] = {"local", OUTCOME_LOCAL_ERROR, PHASE_LOCAL, 0, 0, LENGTH_AT_ONCE,
	ANY},
    [SHAPE_DNS] = {"dns", OUTCOME_NET_DNS, PHASE_DNS, 0, 0, LENGTH_NAME, ANY},
    [SHAPE_CONNECT] = {"connect", OUTCOME_NET_CONNECT, PHASE_CONNECT, 0, 0,
	LENGTH_CONNECT, ANY},
    [SHAPE_REFUSED] = {"refused", OUTCOME_NET_CONNECT, PHASE_CONNECT, 0, 0,
	LENGTH_AT_ONCE, ANY},
    [SHAPE_TLS] = {"tls", OUTCOME_NET_TLS, PHASE_TLS, FLAG_BAD_CERT, 0, LENGTH_AT_ONCE,
	ANY},
    [SHAPE_PORTAL] = {"portal", OUTCOME_MALFORMED, PHASE_DONE, FLAG_PORTAL, 302,
	LENGTH_AT_ONCE, ANY},
    [SHAPE_RESET] = {"reset", OUTCOME_NET_CONNECT, PHASE_WAIT, 0, 0, LENGTH_SHORT,
	ASKED},
    [SHAPE_GATEWAY] = {"gateway", OUTCOME_UPSTREAM_ERROR, PHASE_DONE, FLAG_GATEWAY, 502,
	LENGTH_SHORT, ASKED},
    [SHAPE_HTML] = {"html", OUTCOME_MALFORMED, PHASE_DONE, FLAG_GATEWAY, 500,
	LENGTH_SHORT, ASKED},
    [SHAPE_RATE] = {"rate", OUTCOME_RATE_LIMITED, PHASE_DONE, 0, 429, LENGTH_AT_ONCE,
	ASKED},
    [SHAPE_CAPACITY] = {"capacity", OUTCOME_RATE_LIMITED, PHASE_DONE, FLAG_CAPACITY,
	429, LENGTH_SHORT, ASKED},
    [SHAPE_QUOTA] = {"quota", OUTCOME_QUOTA_EXHAUSTED, PHASE_DONE, 0, 429,
	LENGTH_AT_ONCE, ASKED},
    [SHAPE_CREDIT] = {"credit", OUTCOME_QUOTA_EXHAUSTED, PHASE_DONE, 0, 402,
	LENGTH_AT_ONCE, ASKED},
    [SHAPE_KEY] = {"key", OUTCOME_AUTH_ERROR, PHASE_DONE, 0, 400, LENGTH_AT_ONCE,
	ASKED},
    [SHAPE_FORBIDDEN] = {"forbidden", OUTCOME_AUTH_ERROR, PHASE_DONE, 0, 403,
	LENGTH_AT_ONCE, ASKED},
    [SHAPE_TOKEN] = {"token", OUTCOME_UPSTREAM_ERROR, PHASE_TOKEN, 0, 503, LENGTH_SHORT,
	ASKED},
    [SHAPE_PLACE] = {"place", OUTCOME_BAD_REQUEST, PHASE_DONE, FLAG_REGION_BLOCK, 400,
	LENGTH_AT_ONCE, ASKED},
    [SHAPE_MODEL] = {"model", OUTCOME_BAD_REQUEST, PHASE_DONE, FLAG_MODEL_GONE, 404,
	LENGTH_AT_ONCE, ASKED},
    [SHAPE_ERROR] = {"error", OUTCOME_UPSTREAM_ERROR, PHASE_DONE, 0, 500, LENGTH_SHORT,
	ASKED},
    [SHAPE_OVERLOAD] = {"overload", OUTCOME_UPSTREAM_ERROR, PHASE_DONE, FLAG_OVERLOADED,
	503, LENGTH_SHORT, ASKED},
    [SHAPE_TIMEOUT] = {"timeout", OUTCOME_TIMEOUT, PHASE_WAIT, 0, 0, LENGTH_TIMEOUT,
	ANY},
    [SHAPE_STALL] = {"stall", OUTCOME_TIMEOUT, PHASE_BODY, 0, 200, LENGTH_TIMEOUT, ANY},
    [SHAPE_EMPTY] = {"empty", OUTCOME_UPSTREAM_ERROR, PHASE_DONE, FLAG_NO_IMAGE, 200,
	LENGTH_USUAL, PAID},
    [SHAPE_BROKEN] = {"broken", OUTCOME_MALFORMED, PHASE_DONE,
	FLAG_PARTIAL_BODY | FLAG_BAD_IMAGE, 200, LENGTH_USUAL, PAID},
    [SHAPE_BLOCKED] = {"blocked", OUTCOME_CONTENT_BLOCKED, PHASE_DONE, 0, 200,
	LENGTH_SHORT, PAID},
    [SHAPE_UNAVAILABLE] = {"unavailable", OUTCOME_UPSTREAM_ERROR, PHASE_DONE, 0, 503,
	LENGTH_AT_ONCE, 1U << ROLE_CONTROL},
};

const char *
shape_name(enum shape shape)
{
	return table[shape].name;
}

bool
shape_find(const char *name, enum shape *out_shape)
{
	for (size_t i = 0; i < SHAPE_COUNT; i++) {
		if (strcmp(table[i].name, name) == 0) {
			*out_shape = (enum shape)i;
			return true;
		}
	}
	return false;
}

bool
shape_fits(enum shape shape, enum probe_role role)
{
	return (table[shape].roles >> role & 1U) != 0;
}

static double
least(double a, double b)
{
	return a < b ? a : b;
}

static double
total_of(enum shape shape, const struct shape_run *run)
{
	double spread = 0.8 + 0.4 * run->chance;

	switch (table[shape].length) {
	case LENGTH_USUAL:
		return least(run->usual_us, run->timeout_us * 0.98);
	case LENGTH_LONG:
		return least(run->usual_us * 4.5 * spread, run->timeout_us * 0.98);
	case LENGTH_AT_ONCE:
		return least(1e5 * spread, run->timeout_us / 10);
	case LENGTH_SHORT:
		return least(1.2e6 * spread, run->timeout_us / 5);
	case LENGTH_NAME:
		return least(5e6, run->timeout_us / 2);
	case LENGTH_CONNECT:
		return least(5e6, run->timeout_us);
	case LENGTH_TIMEOUT:
		break;
	}
	return run->timeout_us;
}

/* The phases before the last one took what they take on a line of 20 ms. */
static void
fill_timing(struct result *out, uint32_t total_us)
{
	static const uint32_t ends_us[] = {5000, 25000, 65000};
	struct timing timing = {.total_us = total_us};
	bool has_name = out->phase != PHASE_LOCAL && out->phase != PHASE_DNS;
	bool has_line = has_name && out->phase != PHASE_CONNECT;
	bool has_tls = has_line && out->phase != PHASE_TLS;
	bool has_answer = out->phase == PHASE_DONE || out->phase == PHASE_BODY;

	timing.dns_us = has_name && ends_us[0] < total_us ? ends_us[0] : 0;
	timing.connect_us = has_line && ends_us[1] < total_us ? ends_us[1] : 0;
	timing.tls_us = has_tls && ends_us[2] < total_us ? ends_us[2] : 0;
	timing.first_byte_us = has_answer ? total_us - total_us / 20 : 0;
	out->timing = timing;
}

void
shape_result(enum shape shape, const struct shape_run *run, struct result *out)
{
	double total_us = total_of(shape, run);

	out->outcome = table[shape].outcome;
	out->phase = table[shape].phase;
	out->http_status = table[shape].status;
	out->flags = table[shape].flags;
	fill_timing(out, total_us < 1 ? 1 : (uint32_t)total_us);
}
