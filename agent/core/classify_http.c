#include "agent/core/classify_http.h"

#include <stddef.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Where an answer can come from as far as its form tells. */
enum shape {
	SHAPE_ANY = 0,
	SHAPE_PAGE, /* HTML */
	SHAPE_OTHER /* neither HTML nor JSON */
};

struct row {
	uint16_t http;
	uint16_t http_last;
	enum shape shape;
	struct finding finding;
};

/* An API that speaks JSON. 511 is RFC 6585's captive portal, 407 a proxy's. */
static const struct row shapes[] = {
    {0, 99, SHAPE_ANY, {OUTCOME_MALFORMED, 0}},
    {100, 199, SHAPE_ANY, {OUTCOME_MALFORMED, 0}},
    {200, 299, SHAPE_PAGE, {OUTCOME_MALFORMED, FLAG_PORTAL}},
    {300, 399, SHAPE_ANY, {OUTCOME_MALFORMED, FLAG_PORTAL}},
    {407, 407, SHAPE_ANY, {OUTCOME_MALFORMED, FLAG_PORTAL}},
    {429, 429, SHAPE_PAGE, {OUTCOME_RATE_LIMITED, FLAG_GATEWAY}},
    {400, 499, SHAPE_PAGE, {OUTCOME_MALFORMED, FLAG_GATEWAY}},
    {511, 511, SHAPE_ANY, {OUTCOME_MALFORMED, FLAG_PORTAL}},
    {500, 599, SHAPE_PAGE, {OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY}},
    {502, 504, SHAPE_OTHER, {OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY}},
    {600, UINT16_MAX, SHAPE_ANY, {OUTCOME_MALFORMED, 0}},
};

/* Statuses of a plain GET that were not asked for. */
static const struct row plain[] = {
    {0, 199, SHAPE_ANY, {OUTCOME_MALFORMED, 0}},
    {200, 299, SHAPE_PAGE, {OUTCOME_MALFORMED, FLAG_PORTAL}},
    {200, 299, SHAPE_ANY, {OUTCOME_MALFORMED, FLAG_MISMATCH}},
    {300, 399, SHAPE_ANY, {OUTCOME_MALFORMED, FLAG_PORTAL}},
    {401, 401, SHAPE_ANY, {OUTCOME_AUTH_ERROR, 0}},
    {402, 402, SHAPE_ANY, {OUTCOME_QUOTA_EXHAUSTED, 0}},
    {403, 403, SHAPE_ANY, {OUTCOME_AUTH_ERROR, 0}},
    {407, 407, SHAPE_ANY, {OUTCOME_MALFORMED, FLAG_PORTAL}},
    {408, 408, SHAPE_ANY, {OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE}},
    {429, 429, SHAPE_ANY, {OUTCOME_RATE_LIMITED, 0}},
    {400, 499, SHAPE_ANY, {OUTCOME_BAD_REQUEST, 0}},
    {511, 511, SHAPE_ANY, {OUTCOME_MALFORMED, FLAG_PORTAL}},
    {502, 502, SHAPE_ANY, {OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY}},
    {503, 503, SHAPE_PAGE, {OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY}},
    {504, 504, SHAPE_ANY, {OUTCOME_UPSTREAM_ERROR, FLAG_GATEWAY}},
    {500, 599, SHAPE_ANY, {OUTCOME_UPSTREAM_ERROR, 0}},
    {600, UINT16_MAX, SHAPE_ANY, {OUTCOME_MALFORMED, 0}},
};

/* A status page: without it nothing is known, neither good nor bad. */
static const struct row source[] = {
    {429, 429, SHAPE_ANY, {OUTCOME_RATE_LIMITED, 0}},
    {400, 499, SHAPE_ANY, {OUTCOME_BAD_REQUEST, 0}},
    {500, 599, SHAPE_ANY, {OUTCOME_UPSTREAM_ERROR, 0}},
    {0, UINT16_MAX, SHAPE_ANY, {OUTCOME_MALFORMED, 0}},
};

static bool
match(const struct row *rows, size_t len, uint16_t http, enum shape shape,
    struct finding *out)
{
	for (size_t i = 0; i < len; i++) {
		bool in_range = http >= rows[i].http && http <= rows[i].http_last;
		if (in_range &&
		    (rows[i].shape == SHAPE_ANY || rows[i].shape == shape)) {
			*out = rows[i].finding;
			return true;
		}
	}
	return false;
}

static enum shape
shape_of(bool page, bool json)
{
	if (page) {
		return SHAPE_PAGE;
	}
	return json ? SHAPE_ANY : SHAPE_OTHER;
}

struct finding
classify_http_plain(uint16_t expect, uint16_t http, bool page)
{
	struct finding finding = {OUTCOME_MALFORMED, 0};
	bool success = http >= 200 && http <= 299;

	if (http == expect || (expect == 0 && success)) {
		return (struct finding){OUTCOME_OK, 0};
	}
	(void)match(plain, LENGTH(plain), http, shape_of(page, true), &finding);
	if (expect == 204 && success) {
		finding.flags = FLAG_PORTAL;
	}
	return finding;
}

bool
classify_http_shape(uint16_t http, bool page, bool json, struct finding *out)
{
	return match(shapes, LENGTH(shapes), http, shape_of(page, json), out);
}

struct finding
classify_http_source(uint16_t http)
{
	struct finding finding = {OUTCOME_MALFORMED, 0};

	(void)match(source, LENGTH(source), http, SHAPE_ANY, &finding);
	return finding;
}
