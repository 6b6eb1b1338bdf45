/* The scanner against jansson: both take the same texts and refuse the same texts, in
 * whatever pieces they come. */
#include "tests/support/test.h"

#include "common/core/json.h"
#include "common/core/rng.h"

#include <jansson.h>

enum {
	TEXT_BYTES = 512,
	ROUNDS = 60000
};

static void
on_event(void *context, const struct json_event *event)
{
	uint64_t *hash = context;

	if (event->kind == JSON_TEXT && event->len == 0 && !event->last) {
		return;
	}
	if (event->kind != JSON_TEXT) {
		*hash = (*hash ^ (uint64_t)event->kind) * UINT64_C(0x100000001B3);
	}
	for (size_t i = 0; i < event->len; i++) {
		unsigned char byte = (unsigned char)event->text[i];
		*hash = (*hash ^ byte) * UINT64_C(0x100000001B3);
	}
	if (event->kind == JSON_TEXT && event->last) {
		*hash = (*hash ^ 0x100) * UINT64_C(0x100000001B3);
	}
}

static enum json_status
scan(const char *text, size_t len, struct rng *rng, uint64_t *out_hash)
{
	struct json json;
	size_t at = 0;

	*out_hash = 0;
	json_init(&json, on_event, out_hash);
	while (at < len) {
		size_t step = rng == NULL ? len : 1 + (size_t)rng_below(rng, 20);
		step = step < len - at ? step : len - at;
		(void)json_push(&json, text + at, step);
		at += step;
	}
	return json_end(&json);
}

struct maker {
	struct rng *rng;
	char text[TEXT_BYTES];
	size_t len;
};

static void
put(struct maker *maker, const char *text)
{
	size_t len = strlen(text);

	if (len < sizeof(maker->text) - maker->len) {
		memcpy(maker->text + maker->len, text, len);
		maker->len += len;
	}
}

static void
make_string(struct maker *maker)
{
	static const char *const parts[] = {"a", "longer words with spaces", "\\n",
	    "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9", "\\uD83C\\uDF4C", "\xc3\xa9",
	    "\xe2\x82\xac", "\xf0\x9f\x8d\x8c", "{", "]", ",", ":"};

	put(maker, "\"");
	for (uint64_t n = rng_below(maker->rng, 5); n > 0; n--) {
		put(maker,
		    parts[rng_below(maker->rng, sizeof(parts) / sizeof(parts[0]))]);
	}
	put(maker, "\"");
}

static void
make_value(struct maker *maker, unsigned depth)
{
	static const char *const scalars[] = {
	    "true", "false", "null", "0", "-1", "12.5", "1e5", "-0.5E-3", "123456789"};
	uint64_t choice = rng_below(maker->rng, depth < 4 ? 4 : 2);
	bool object = choice == 3;

	if (choice == 0) {
		make_string(maker);
		return;
	}
	if (choice == 1) {
		put(maker, scalars[rng_below(
			       maker->rng, sizeof(scalars) / sizeof(scalars[0]))]);
		return;
	}
	put(maker, object ? "{" : "[");
	for (uint64_t n = rng_below(maker->rng, 4), i = 0; i < n; i++) {
		put(maker, i > 0 ? ", " : " ");
		if (object) {
			make_string(maker);
			put(maker, " : ");
		}
		make_value(maker, depth + 1);
	}
	put(maker, object ? "}" : "]");
}

static void
mutate(struct maker *maker)
{
	static const char bytes[] =
	    "{}[]\",:\\u0123-+.eEtfnx \n\x01\x7f\x80\xc3\xe2\xed\xf4\xff";

	for (uint64_t n = rng_below(maker->rng, 4); n > 0 && maker->len > 1; n--) {
		size_t at = (size_t)rng_below(maker->rng, maker->len);
		if (rng_below(maker->rng, 3) == 0) {
			maker->len--;
			memmove(
			    maker->text + at, maker->text + at + 1, maker->len - at);
		} else {
			maker->text[at] =
			    bytes[rng_below(maker->rng, sizeof(bytes) - 1)];
		}
	}
}

static void
test_against_jansson(void **state)
{
	const uint64_t seed = 20260801;
	size_t good = 0;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct maker maker = {.rng = &rng, .len = 0};
		uint64_t whole;
		uint64_t parts;
		json_error_t error;
		make_value(&maker, 0);
		mutate(&maker);
		enum json_status status = scan(maker.text, maker.len, NULL, &whole);
		assert_int_equal(scan(maker.text, maker.len, &rng, &parts), status);
		assert_true(whole == parts);
		json_t *tree = json_loadb(
		    maker.text, maker.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
		/* A number that jansson finds too big tells nothing about the rest. */
		bool told = tree != NULL ||
			    json_error_code(&error) != json_error_numeric_overflow;
		if (told && (tree != NULL) != (status == JSON_COMPLETE)) {
			fail_msg("round %d: status %d, jansson: %s: %.*s", round,
			    (int)status, error.text, (int)maker.len, maker.text);
		}
		good += tree != NULL;
		json_decref(tree);
	}
	assert_true(good > ROUNDS / 10);
	assert_true(good < ROUNDS / 10 * 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_jansson),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
