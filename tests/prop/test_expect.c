/* What a value at a pointer is agrees with a whole parser and a walk through its tree, and
 * the search for a text with strstr(); the pieces a body comes in do not matter. */
#include "tests/support/judge.h"
#include "tests/support/test.h"

#include "agent/core/expect.h"
#include "common/core/rng.h"

#include <jansson.h>

enum {
	ROUNDS = 40000,
	BODY_BYTES = 8192,
	POINTER_BYTES = 64
};

/* A document in the making. */
struct writer {
	struct rng *rng;
	char *at;
	size_t len;
};

static const char *const names[] = {"a", "b", "0", "1", "a/b", "m~n", "", "~1"};
static const char *const segments[] = {
    "/a", "/b", "/0", "/1", "/a~1b", "/m~0n", "/", "/~01", "/2", "/01", "/-"};
static const char *const scalars[] = {"1", "-0.5e3", "true", "false", "null", "\"\"",
    "\"a\"", "\"text \\u00e9\\n\"", "\"1\"", "10"};
static const char *const values[] = {
    "", "1", "true", "null", "a", "text \xc3\xa9\n", "10"};

#define PICK(rng, list) ((list)[rng_below(rng, sizeof(list) / sizeof((list)[0]))])

static void
put(struct writer *writer, const char *text)
{
	size_t len = strlen(text);

	assert_true(writer->len + len < BODY_BYTES);
	memcpy(writer->at + writer->len, text, len + 1);
	writer->len += len;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as `depth` says */
static void
write_value(struct writer *writer, unsigned depth)
{
	bool scalar = depth == 0 || (depth < 3 && rng_below(writer->rng, 3) == 0);
	uint64_t kind = scalar ? 0 : 1 + rng_below(writer->rng, 2);
	uint64_t items = rng_below(writer->rng, 7);

	if (kind == 0) {
		put(writer, PICK(writer->rng, scalars));
		return;
	}
	put(writer, kind == 1 ? "[" : "{ ");
	for (uint64_t i = 0; i < items; i++) {
		put(writer, i > 0 ? ", " : "");
		if (kind == 2) {
			put(writer, "\"");
			put(writer, PICK(writer->rng, names));
			put(writer, "\": ");
		}
		write_value(writer, depth - 1);
	}
	put(writer, kind == 1 ? "]" : " }");
}

/* The name that the segment at `*at`, behind its slash, stands for; moves to its end. */
static void
take_segment(const char **at, char name[POINTER_BYTES])
{
	size_t len = 0;

	for (; **at != '\0' && **at != '/'; (*at)++) {
		name[len] = **at;
		if (name[len] == '~') {
			(*at)++;
			name[len] = **at == '0' ? '~' : '/';
		}
		len++;
	}
	name[len] = '\0';
}

static const json_t *
item_of(const json_t *array, const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || strspn(name, "0123456789") != len ||
	    (name[0] == '0' && len > 1)) {
		return NULL;
	}
	return json_array_get(array, strtoul(name, NULL, 10));
}

/* RFC 6901, 4, over a tree. */
static const json_t *
walk(const json_t *value, const char *pointer)
{
	char name[POINTER_BYTES];

	while (value != NULL && *pointer == '/') {
		pointer++;
		take_segment(&pointer, name);
		value = json_is_array(value) ? item_of(value, name)
					     : json_object_get(value, name);
	}
	return value;
}

/* A scalar's text as expect.h has it; false for a container. Numbers are compared as the
 * parser reads both. */
static bool
is_value(const json_t *value, const char *expected)
{
	json_t *number;
	bool same;

	if (json_is_string(value)) {
		return strcmp(json_string_value(value), expected) == 0;
	}
	if (json_is_number(value)) {
		number = json_loads(expected, JSON_DECODE_ANY, NULL);
		same = number != NULL && json_equal(number, value);
		json_decref(number);
		return same;
	}
	return (json_is_true(value) && strcmp(expected, "true") == 0) ||
	       (json_is_false(value) && strcmp(expected, "false") == 0) ||
	       (json_is_null(value) && strcmp(expected, "null") == 0);
}

static bool
oracle(const struct plan_probe *probe, const char *body)
{
	json_t *root;
	const json_t *found;
	bool met;

	if (strstr(body, probe->expect_text) == NULL) {
		return false;
	}
	if (probe->expect_pointer[0] == '\0') {
		return true;
	}
	root = json_loads(body, JSON_DECODE_ANY, NULL);
	found = root == NULL ? NULL : walk(root, probe->expect_pointer);
	met = found != NULL &&
	      (probe->expect_value[0] == '\0' || is_value(found, probe->expect_value));
	json_decref(root);
	return met;
}

/* The same body whole, or in pieces; the words are written to `words`. */
static bool
stream(const struct plan_probe *probe, const char *body, size_t len, struct rng *rng,
    char words[256])
{
	static struct expect expect;
	bool met;

	words[0] = '\0';
	expect_begin(&expect, probe);
	for (size_t at = 0; at < len;) {
		size_t step = rng == NULL ? len : 1 + (size_t)rng_below(rng, 9);

		step = step < len - at ? step : len - at;
		expect_push(&expect, body + at, step);
		at += step;
	}
	met = expect_met(&expect);
	if (!met) {
		(void)expect_quote(&expect, words, 256);
	}
	return met;
}

static void
test_pointers(void **state)
{
	const uint64_t seed = 20260911;
	unsigned met = 0;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct plan_probe probe = judge_probe(PROBE_HTTP);
		char body[BODY_BYTES] = "";
		char pointer[POINTER_BYTES] = "";
		char whole[256];
		char parts[256];
		struct writer writer = {&rng, body, 0};
		bool is_met;

		write_value(&writer, 3);
		for (uint64_t n = 1 + rng_below(&rng, 3); n > 0; n--) {
			size_t len = strlen(pointer);

			(void)snprintf(pointer + len, sizeof(pointer) - len, "%s",
			    PICK(&rng, segments));
		}
		if (rng_below(&rng, 8) == 0) {
			body[rng_below(&rng, writer.len)] = ']';
		}
		probe.expect_text = rng_below(&rng, 4) == 0 ? "a" : "";
		probe.expect_pointer = pointer;
		probe.expect_value = rng_below(&rng, 2) == 0 ? "" : PICK(&rng, values);
		is_met = stream(&probe, body, writer.len, NULL, whole);
		assert_int_equal(is_met, stream(&probe, body, writer.len, &rng, parts));
		assert_string_equal(whole, parts);
		if (is_met != oracle(&probe, body)) {
			fail_msg("round %d: '%s' at %s of %s", round,
			    probe.expect_value, pointer, body);
		}
		met += is_met ? 1 : 0;
	}
	assert_true(met > ROUNDS / 50); /* it is not all about refusals */
	assert_true(met < ROUNDS / 2);
}

/* Texts of two letters repeat themselves in every way there is. */
static void
test_texts(void **state)
{
	const uint64_t seed = 20260912;
	unsigned met = 0;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct plan_probe probe = judge_probe(PROBE_HTTP);
		char body[128] = "";
		char text[16] = "";
		char words[256];
		size_t body_len = (size_t)rng_below(&rng, sizeof(body));
		size_t text_len = 1 + (size_t)rng_below(&rng, sizeof(text) - 1);
		bool found;

		for (size_t i = 0; i < body_len; i++) {
			body[i] = rng_below(&rng, 3) == 0 ? 'b' : 'a';
		}
		for (size_t i = 0; i < text_len; i++) {
			text[i] = rng_below(&rng, 3) == 0 ? 'b' : 'a';
		}
		probe.expect_text = text;
		found = strstr(body, text) != NULL;
		assert_int_equal(
		    stream(&probe, body, strlen(body), &rng, words), found);
		met += found ? 1 : 0;
	}
	assert_true(met > ROUNDS / 10);
	assert_true(met < ROUNDS - ROUNDS / 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pointers),
	    cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
