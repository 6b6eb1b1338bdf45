/* No planted secret comes out, wherever it stands and wherever the text is cut. */
#include "tests/support/test.h"

#include "agent/core/redact.h"
#include "common/core/rng.h"
#include "common/core/utf8.h"

enum {
	TEXT_BYTES = 1024,
	OUT_BYTES = 256,
	PART_BYTES = 8,
	ROUNDS = 60000
};

static const char alnum[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

struct maker {
	struct rng *rng;
	char text[TEXT_BYTES];
	size_t len;
};

static void
put(struct maker *maker, const char *text, size_t len)
{
	assert_true(len <= sizeof(maker->text) - maker->len);
	memcpy(maker->text + maker->len, text, len);
	maker->len += len;
}

static void
put_random(struct maker *maker, const char *from, size_t len)
{
	size_t choices = strlen(from);

	for (size_t i = 0; i < len; i++) {
		put(maker, &from[rng_below(maker->rng, choices)], 1);
	}
}

/* Words, signs, bytes that are no text. */
static void
put_noise(struct maker *maker)
{
	static const char *const parts[] = {"error", " ", "\n", "=", "\"",
	    "key=", "Bearer ", "https://h.example/p?x=1&", "a@b.example", "caf\xc3\xa9",
	    "\xff", "\x1b[1m", "-", "/", "model 'x' failed: ", "&", "{\"a\":1}",
	    "\xe2\x80\x8b", "'", "(", "sk", "http://u:"};

	for (uint64_t n = rng_below(maker->rng, 12); n > 0; n--) {
		const char *part =
		    parts[rng_below(maker->rng, sizeof(parts) / sizeof(parts[0]))];
		put(maker, part, strlen(part));
	}
}

/* True when PART_BYTES of the secret in a row are in the output. */
static bool
leaks(const char *out, const char *secret, size_t len)
{
	for (size_t i = 0; i + PART_BYTES <= len; i++) {
		char part[PART_BYTES + 1] = {0};
		memcpy(part, secret + i, PART_BYTES);
		if (strstr(out, part) != NULL) {
			return true;
		}
	}
	return false;
}

static void
check(const struct redact *redact, struct maker *maker, const char *secret, size_t len)
{
	char out[OUT_BYTES];
	bool cut = rng_below(maker->rng, 2) == 0;
	size_t take = maker->len;
	size_t cap = 1 + (size_t)rng_below(maker->rng, sizeof(out));

	if (cut) {
		take = (size_t)rng_below(maker->rng, maker->len + 1);
	}
	size_t got = redact_text(redact, maker->text, take, cut, out, cap);
	assert_true(got < cap);
	assert_int_equal(got, strlen(out));
	assert_true(utf8_printable(out, got));
	if (leaks(out, secret, len)) {
		fail_msg("%.*s of %.*s", (int)got, out, (int)take, maker->text);
	}
}

static void
test_registered(void **state)
{
	static const char printable[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
	const uint64_t seed = 20260803;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct maker secret = {.rng = &rng};
		struct maker maker = {.rng = &rng};
		struct redact redact;
		put_random(&secret, printable, 8 + (size_t)rng_below(&rng, 50));
		put(&secret, "", 1);
		redact_init(&redact);
		assert_int_equal(redact_add(&redact, secret.text), ERR_OK);
		put_noise(&maker);
		put(&maker, secret.text, secret.len - 1);
		put_noise(&maker);
		check(&redact, &maker, secret.text, secret.len - 1);
	}
}

static void
put_escape(struct maker *maker, unsigned form, unsigned c)
{
	char text[6][16];

	(void)snprintf(text[0], sizeof(text[0]), "%%%02X", c);
	(void)snprintf(text[1], sizeof(text[1]), "%%25%02x", c);
	(void)snprintf(text[2], sizeof(text[2]), "\\u%04x", c);
	(void)snprintf(text[3], sizeof(text[3]), "&#%u;", c);
	(void)snprintf(text[4], sizeof(text[4]), "&#x%X;", c);
	(void)snprintf(text[5], sizeof(text[5]), "%02x", c);
	put(maker, text[form], strlen(text[form]));
}

/* Writes `secret` as somebody might quote it; the spelling is one for all of it. */
static void
put_spelled(struct maker *maker, const char *secret, size_t len)
{
	static const char base64[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/";
	uint64_t form = rng_below(maker->rng, 7);
	unsigned held = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned c = (unsigned char)secret[i];

		if (form < 6) {
			put_escape(maker, (unsigned)form, c);
			continue;
		}
		held = held << 8 | c;
		for (bits += 8; bits >= 6; bits -= 6) {
			put(maker, &base64[held >> (bits - 6) & 63], 1);
		}
	}
	if (form == 6 && bits > 0) {
		put(maker, &base64[held << (6 - bits) & 63], 1);
	}
}

/* None of the spellings, each as long as it is, comes out. */
static void
test_spelled(void **state)
{
	const uint64_t seed = 20260805;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int round = 0; round < ROUNDS / 4; round++) {
		struct maker secret = {.rng = &rng};
		struct maker spelled = {.rng = &rng};
		struct maker maker = {.rng = &rng};
		struct redact redact;
		char out[TEXT_BYTES * 2];
		char part[33] = "";

		put_random(&secret, alnum, 16 + (size_t)rng_below(&rng, 30));
		put(&secret, "", 1);
		redact_init(&redact);
		assert_int_equal(redact_add(&redact, secret.text), ERR_OK);
		put_spelled(&spelled, secret.text, secret.len - 1);
		put(&maker, "was \"", 5);
		put(&maker, spelled.text, spelled.len);
		put(&maker, "\" and", 5);
		(void)redact_text(
		    &redact, maker.text, maker.len, false, out, sizeof(out));
		memcpy(part, spelled.text, spelled.len < 20 ? spelled.len : 20);
		if (strstr(out, part) != NULL ||
		    leaks(out, secret.text, secret.len - 1)) {
			fail_msg("%s of %.*s", out, (int)maker.len, maker.text);
		}
	}
}

/* Shapes stand between spaces here: inside of other letters they are not words. */
static void
test_shapes(void **state)
{
	static const struct {
		const char *before;
		const char *prefix;
		const char *letters; /* NULL = letters and digits */
		size_t more;
	} row[] = {
	    {" ", "AIza", NULL, 35},
	    {"key:", "AIza", NULL, 35},
	    {" ", "sk-", NULL, 48},
	    {"'", "sk-proj-", NULL, 100},
	    {"?key=", "", NULL, 20},
	    {" access_token=", "", NULL, 30},
	    {"&X-Goog-Signature=", "", "0123456789abcdef", 64},
	    {" Bearer ", "", NULL, 30},
	    {" ", "eyJ", NULL, 60},
	    {" ", "", "0123456789abcdef", 41},
	    {" ", "",
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/", 60},
	    {" https://h.example/p?sig=", "", NULL, 24},
	    {" \"api_key\": \"", "", NULL, 20},
	};
	const uint64_t seed = 20260804;
	struct rng rng;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rng_init(&rng, seed);
	for (int round = 0; round < ROUNDS; round++) {
		size_t i = (size_t)round % (sizeof(row) / sizeof(row[0]));
		struct maker secret = {.rng = &rng};
		struct maker maker = {.rng = &rng};
		put(&secret, row[i].prefix, strlen(row[i].prefix));
		put_random(&secret, row[i].letters == NULL ? alnum : row[i].letters,
		    row[i].more);
		put_noise(&maker);
		put(&maker, row[i].before, strlen(row[i].before));
		put(&maker, secret.text, secret.len);
		put(&maker, " ", 1);
		put_noise(&maker);
		check(NULL, &maker, secret.text, secret.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_registered),
	    cmocka_unit_test(test_spelled),
	    cmocka_unit_test(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
