/* fuzz_query - any bytes as the address of a request
 *
 * Path and parameters are split and decoded as the server would, then routed, checked and
 * answered from made-up data. Whatever comes: no crash, no leak, an error text exactly when
 * something is refused, and an answer that is JSON (or OpenMetrics). */
#include "collector/shell/api.h"
#include "collector/shell/api_desk.h"
#include "collector/shell/api_members.h"
#include "collector/shell/api_store.h"
#include "common/core/rfc3339.h"
#include "tests/support/api_fixture.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at =
	    c != '\0' ? strchr(digits, c | ('A' <= c && c <= 'F' ? 32 : 0)) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Percent-encoding, in place. A decoded NUL ends the text, as it would in C. */
static void
decode(char *text)
{
	char *out = text;

	for (const char *at = text; *at != '\0'; at++) {
		if (at[0] == '%' && digit_of(at[1]) >= 0 && digit_of(at[2]) >= 0) {
			*out++ = (char)(16 * digit_of(at[1]) + digit_of(at[2]));
			at += 2;
		} else {
			*out++ = *at;
		}
	}
	*out = '\0';
}

/* False when a parameter is refused. */
static bool
read_parameters(char *text, enum api_endpoint endpoint, struct api_query *query)
{
	char error[API_QUERY_ERROR_BYTES] = "";
	struct wall now = {INT64_C(1788091620) * CLOCK_NS_PER_S};
	char *state = NULL;

	for (char *key = strtok_r(text, "&", &state); key != NULL;
	     key = strtok_r(NULL, "&", &state)) {
		char *value = strchr(key, '=');

		if (value != NULL) {
			*value++ = '\0';
			decode(value);
		}
		decode(key);
		if (api_query_add(query, endpoint, now, key, value, error) != ERR_OK) {
			assert(error[0] != '\0');
			assert(strlen(error) < sizeof(error));
			return false;
		}
	}
	if (api_query_check(query, error) != ERR_OK) {
		assert(error[0] != '\0');
		return false;
	}
	assert(error[0] == '\0');
	assert(query->limit >= 1);
	assert(query->limit <= API_QUERY_LIMIT_MAX);
	assert(query->tail <= API_QUERY_LIMIT_MAX);
	assert(query->wait_ms <= LIMIT_LONG_POLL_MS);
	return true;
}

static struct api_source *
fixture(void)
{
	static struct api_source *source;

	if (source == NULL) {
		source = api_fixture_new(API_FIXTURE_OUTAGE);
		assert(source != NULL);
	}
	return source;
}

/* An answer is JSON, but for the metrics. */
static void
check_reply(const struct api_route *route, struct api_reply *reply)
{
	json_t *json;

	assert(reply->body != NULL);
	if (route->endpoint != API_METRICS) {
		json = json_loadb(reply->body, reply->body_len, 0, NULL);
		assert(json != NULL);
		json_decref(json);
	}
	free(reply->body);
}

static void
answer(const struct api_route *route, const struct api_query *query)
{
	struct api_metrics_http http = {.waiting = 0};
	struct api_reply reply;

	api_answer(fixture(), route, query, &http, &reply);
	check_reply(route, &reply);
}

/* What changes something takes a body instead of parameters. */
static bool
order(const struct api_route *route, const char *body)
{
	struct api_reply reply;

	if (route->endpoint < API_AUTHORITY) {
		return false;
	}
	if (route->endpoint >= API_SILENCES && !api_desk_takes(route->endpoint)) {
		return false;
	}
	if (api_desk_takes(route->endpoint)) {
		struct api_post post = {"somebody", body, strlen(body)};

		api_desk_answer(fixture(), route, &post, &reply);
	} else if (route->endpoint == API_STORE_COPY) {
		api_store_answer(fixture(), body, strlen(body), &reply);
	} else {
		struct api_post post = {"somebody", body, strlen(body)};

		api_members_answer(fixture(), route, &post, &reply);
	}
	check_reply(route, &reply);
	return true;
}

/* What is read as a time is written as the same time. */
static void
try_time(const char *text)
{
	char written[RFC3339_BYTES];
	struct wall at;
	struct wall again;

	if (rfc3339_read(text, &at)) {
		if (at.ns < 0 || at.ns / CLOCK_NS_PER_S >= INT64_C(9214646400)) {
			return; /* another zone's first or last day, not a year of ours */
		}
		rfc3339_write(at, written);
		assert(rfc3339_read(written, &again));
		assert(again.ns == at.ns - at.ns % CLOCK_NS_PER_MS);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct api_query query;
	struct api_route route;
	char empty[] = "";
	char *parameters;
	char *text;

	if (size > 4096) {
		return 0;
	}
	text = malloc(size + 1);
	assert(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	try_time(text);
	parameters = strchr(text, '?');
	if (parameters != NULL) {
		*parameters++ = '\0';
	}
	decode(text);
	if (api_route_find(text, size % 8 == 7, &route) == ERR_OK) {
		assert((route.id != 0) == (route.endpoint == API_INCIDENT));
		api_query_init(&query);
		if (!order(&route, parameters != NULL ? parameters : empty) &&
		    read_parameters(parameters != NULL ? parameters : empty,
			route.endpoint, &query)) {
			answer(&route, &query);
		}
	}
	free(text);
	return 0;
}
