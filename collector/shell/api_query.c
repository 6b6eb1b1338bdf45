#include "collector/shell/api_query.h"

#include "common/core/duration.h"
#include "common/core/rfc3339.h"

#include <stdio.h>
#include <string.h>

#define BIT(param) (1U << (unsigned)(param))

enum {
	SHOWN_BYTES = 40 /* of a bad value, in an error text */
};

static const char *const names[API_PARAM_COUNT] = {
    [API_PARAM_STATE] = "state",
    [API_PARAM_LIMIT] = "limit",
    [API_PARAM_AGENT] = "agent",
    [API_PARAM_TARGET] = "target",
    [API_PARAM_PROBE] = "probe",
    [API_PARAM_OUTCOME] = "outcome",
    [API_PARAM_SINCE] = "since",
    [API_PARAM_UNTIL] = "until",
    [API_PARAM_AFTER] = "after",
    [API_PARAM_WAIT_MS] = "wait_ms",
    [API_PARAM_TAIL] = "tail",
};

#define PERIOD (BIT(API_PARAM_SINCE) | BIT(API_PARAM_UNTIL))

/* What each endpoint takes; nothing where there is no entry. */
static const uint32_t allowed[API_ENDPOINT_COUNT] = {
    [API_INCIDENTS] = BIT(API_PARAM_STATE) | BIT(API_PARAM_LIMIT) | PERIOD,
    [API_RESULTS] = BIT(API_PARAM_AGENT) | BIT(API_PARAM_TARGET) |
		    BIT(API_PARAM_PROBE) | BIT(API_PARAM_OUTCOME) |
		    BIT(API_PARAM_LIMIT) | PERIOD,
    [API_AUDIT] = BIT(API_PARAM_LIMIT) | PERIOD,
    [API_ALERTS] = BIT(API_PARAM_LIMIT) | PERIOD,
    [API_EVENTS] = BIT(API_PARAM_AFTER) | BIT(API_PARAM_WAIT_MS) |
		   BIT(API_PARAM_LIMIT) | BIT(API_PARAM_TAIL) | PERIOD,
};

void
api_query_init(struct api_query *query)
{
	memset(query, 0, sizeof(*query));
	query->limit = API_QUERY_LIMIT_DEFAULT;
	query->until.ns = INT64_MAX;
}

/* The start of a foreign text, with what could confuse a reader replaced. */
static void
shown(const char *text, char out[SHOWN_BYTES])
{
	size_t len = strnlen(text, SHOWN_BYTES - 4);

	for (size_t i = 0; i < len; i++) {
		out[i] = '?';
		if (text[i] >= ' ' && text[i] <= '~') {
			out[i] = text[i];
		}
	}
	(void)snprintf(
	    out + len, SHOWN_BYTES - len, "%s", text[len] != '\0' ? "..." : "");
}

static enum err
refuse(const char *key, const char *value, const char *expected,
    char error[API_QUERY_ERROR_BYTES])
{
	char key_shown[SHOWN_BYTES];
	char value_shown[SHOWN_BYTES];

	shown(key, key_shown);
	shown(value, value_shown);
	(void)snprintf(error, API_QUERY_ERROR_BYTES, "%s: got '%s', expected %s",
	    key_shown, value_shown, expected);
	return ERR_INVALID;
}

static bool
read_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (text[0] == '\0') {
		return false;
	}
	for (const char *at = text; *at != '\0'; at++) {
		if (*at < '0' || *at > '9' ||
		    __builtin_mul_overflow(value, 10U, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value)) {
			return false;
		}
	}
	if (value < min || value > max) {
		return false;
	}
	*out = value;
	return true;
}

static enum err
add_time(struct wall *at, struct wall now, const char *key, const char *value,
    char error[API_QUERY_ERROR_BYTES])
{
	int64_t ago_ns;

	if (duration_parse(value, &ago_ns) == ERR_OK) {
		at->ns = clock_sub_ns(now.ns, ago_ns);
		return ERR_OK;
	}
	if (rfc3339_read(value, at)) {
		return ERR_OK;
	}
	return refuse(key, value,
	    "a time like 2026-08-30T12:00:00Z, or how long ago: 90s, 15m, 1h30m, 7d",
	    error);
}

static enum err
add_number(uint32_t *number, uint32_t min, uint32_t max, const char *key,
    const char *value, char error[API_QUERY_ERROR_BYTES])
{
	char expected[64];
	uint64_t read;

	if (read_u64(value, min, max, &read)) {
		*number = (uint32_t)read;
		return ERR_OK;
	}
	(void)snprintf(expected, sizeof(expected), "a whole number from %u to %u",
	    (unsigned)min, (unsigned)max);
	return refuse(key, value, expected, error);
}

static enum err
add_name(char name[LIMIT_NAME_BYTES], const char *key, const char *value,
    char error[API_QUERY_ERROR_BYTES])
{
	size_t len = strlen(value);

	if (len == 0 || len >= LIMIT_NAME_BYTES) {
		return refuse(key, value, "a name of 1 to 63 bytes", error);
	}
	memcpy(name, value, len + 1);
	return ERR_OK;
}

static enum err
add_state(bool *open_only, const char *value, char error[API_QUERY_ERROR_BYTES])
{
	if (strcmp(value, "open") != 0 && strcmp(value, "all") != 0) {
		return refuse("state", value, "open or all", error);
	}
	*open_only = strcmp(value, "open") == 0;
	return ERR_OK;
}

static enum err
add_outcome(enum outcome *outcome, const char *value, char error[API_QUERY_ERROR_BYTES])
{
	if (outcome_find(value, outcome)) {
		return ERR_OK;
	}
	return refuse("outcome", value,
	    "an outcome: ok, rate_limited, quota_exhausted, auth_error, bad_request, "
	    "content_blocked, upstream_error, timeout, net_dns, net_connect, net_tls, "
	    "malformed, local_error",
	    error);
}

static enum err
add_after(uint64_t *after, const char *value, char error[API_QUERY_ERROR_BYTES])
{
	/* JSON numbers of most readers hold no more than 63 bits. */
	if (read_u64(value, 0, INT64_MAX, after)) {
		return ERR_OK;
	}
	return refuse(
	    "after", value, "a sequence number of an event, 0 for all", error);
}

static enum err
add(struct api_query *query, enum api_param param, struct wall now, const char *value,
    char error[API_QUERY_ERROR_BYTES])
{
	const char *key = names[param];

	switch (param) {
	case API_PARAM_STATE:
		return add_state(&query->open_only, value, error);
	case API_PARAM_LIMIT:
		return add_number(
		    &query->limit, 1, API_QUERY_LIMIT_MAX, key, value, error);
	case API_PARAM_AGENT:
		return add_name(query->agent, key, value, error);
	case API_PARAM_TARGET:
		return add_name(query->target, key, value, error);
	case API_PARAM_PROBE:
		return add_name(query->probe, key, value, error);
	case API_PARAM_OUTCOME:
		return add_outcome(&query->outcome, value, error);
	case API_PARAM_SINCE:
		return add_time(&query->since, now, key, value, error);
	case API_PARAM_UNTIL:
		return add_time(&query->until, now, key, value, error);
	case API_PARAM_AFTER:
		return add_after(&query->after, value, error);
	case API_PARAM_WAIT_MS:
		return add_number(
		    &query->wait_ms, 0, LIMIT_LONG_POLL_MS, key, value, error);
	case API_PARAM_TAIL:
		return add_number(
		    &query->tail, 1, API_QUERY_LIMIT_MAX, key, value, error);
	case API_PARAM_COUNT:
		break;
	}
	return ERR_INVALID;
}

static enum err
refuse_unknown(
    enum api_endpoint endpoint, const char *key, char error[API_QUERY_ERROR_BYTES])
{
	char key_shown[SHOWN_BYTES];
	const char *before = "expected one of: ";
	size_t len;

	shown(key, key_shown);
	(void)snprintf(error, API_QUERY_ERROR_BYTES, "%s: no such parameter here, %s",
	    key_shown, allowed[endpoint] == 0 ? "none was expected" : "");
	for (int i = 0; i < API_PARAM_COUNT; i++) {
		if ((allowed[endpoint] & BIT(i)) == 0) {
			continue;
		}
		len = strlen(error);
		(void)snprintf(
		    error + len, API_QUERY_ERROR_BYTES - len, "%s%s", before, names[i]);
		before = ", ";
	}
	return ERR_INVALID;
}

enum err
api_query_add(struct api_query *query, enum api_endpoint endpoint, struct wall now,
    const char *key, const char *value, char error[API_QUERY_ERROR_BYTES])
{
	for (int i = 0; i < API_PARAM_COUNT; i++) {
		enum err err;

		if ((allowed[endpoint] & BIT(i)) == 0 || strcmp(key, names[i]) != 0) {
			continue;
		}
		if ((query->given & BIT(i)) != 0) {
			return refuse(
			    key, value != NULL ? value : "", "it once only", error);
		}
		err = add(
		    query, (enum api_param)i, now, value != NULL ? value : "", error);
		if (err == ERR_OK) {
			query->given |= BIT(i);
		}
		return err;
	}
	return refuse_unknown(endpoint, key, error);
}

enum err
api_query_check(const struct api_query *query, char error[API_QUERY_ERROR_BYTES])
{
	const char *problem = NULL;

	if (query->since.ns > query->until.ns) {
		problem = "since: lies after until, expected an earlier time";
	} else if (query->tail > 0 &&
		   (query->given & (BIT(API_PARAM_AFTER) | BIT(API_PARAM_WAIT_MS) |
				       BIT(API_PARAM_LIMIT))) != 0) {
		problem = "tail: expected without after, wait_ms and limit";
	}
	if (problem == NULL) {
		return ERR_OK;
	}
	(void)snprintf(error, API_QUERY_ERROR_BYTES, "%s", problem);
	return ERR_INVALID;
}
