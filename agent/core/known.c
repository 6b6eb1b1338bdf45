#include "agent/core/known.h"

#include "agent/core/escape.h"
#include "common/core/chars.h"

#include <string.h>

enum {
	STEP = 4, /* pieces are looked for from every fourth character of a secret on */
	PIECE_BYTES =
	    12, /* so much of a secret is one; what is before it is below STEP */
	CODED_BYTES =
	    8, /* the same where it was encoded: nobody writes that by chance */
	CODED_CHARS_MIN = 6 /* of a run that could hold the shortest secret */
};

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many characters of `secret` stand at `at`, and in `*out_end` where they end. */
static size_t
match(const char *secret, size_t secret_len, const char *text, size_t len, size_t *end,
    bool escaped)
{
	size_t at = *end;
	size_t matched = 0;

	while (matched < secret_len && at < len) {
		char c = text[at];
		size_t step = escaped ? escape_read(text + at, len - at, &c) : 1;

		if (lower(c) != lower(secret[matched])) {
			break;
		}
		matched++;
		at += step;
	}
	*end = at;
	return matched;
}

/* Nothing more comes but, perhaps, the beginning of an escape. */
static bool
is_end(const char *text, size_t len, size_t at)
{
	return at == len || (len - at < ESCAPE_BYTES_MAX && text[at] != '\0' &&
				strchr("%\\&", text[at]) != NULL);
}

/* The piece of one secret that begins at `at`; read in one of both ways. */
static size_t
piece(const char *secret, size_t secret_len, const char *text, size_t len, size_t at,
    bool escaped)
{
	size_t longest = 0;
	char first = text[at];

	if (escaped) {
		(void)escape_read(text + at, len - at, &first);
	}
	for (size_t from = 0; from < secret_len; from += STEP) {
		size_t end = at;
		size_t matched;

		if ((from > 0 && secret_len - from < PIECE_BYTES) ||
		    lower(secret[from]) != lower(first)) {
			continue;
		}
		matched =
		    match(secret + from, secret_len - from, text, len, &end, escaped);
		if ((matched == secret_len || matched >= PIECE_BYTES ||
			(from == 0 && matched >= REDACT_PREFIX_BYTES_MIN &&
			    is_end(text, len, end))) &&
		    end - at > longest) {
			longest = end - at;
		}
	}
	return longest;
}

size_t
known_at(const struct redact *redact, const char *text, size_t len, size_t at)
{
	size_t longest = 0;

	for (uint32_t i = 0; redact != NULL && at < len && i < redact->len; i++) {
		for (int escaped = 0; escaped < 2; escaped++) {
			size_t found = piece(redact->secret[i], redact->secret_bytes[i],
			    text, len, at, escaped != 0);

			longest = found > longest ? found : longest;
		}
	}
	return longest;
}

/* The value of a character of base64, of either alphabet, or -1. */
static int
base64_of(char c)
{
	if (c >= 'A' && c <= 'Z') {
		return c - 'A';
	}
	if (c >= 'a' && c <= 'z') {
		return c - 'a' + 26;
	}
	if (c >= '0' && c <= '9') {
		return c - '0' + 52;
	}
	if (c == '+' || c == '-') {
		return 62;
	}
	return c == '/' || c == '_' ? 63 : -1;
}

/* The values of a run, and how it is read. */
struct run {
	signed char value[REDACT_WINDOW_BYTES];
	size_t len;
	unsigned bits; /* of each value */
};

/* Reads the run at `at`, escapes undone; returns where it ends. */
static size_t
read_run(
    const char *text, size_t len, size_t at, int (*value_of)(char), struct run *run)
{
	run->len = 0;
	while (at < len && run->len < sizeof(run->value)) {
		char c;
		size_t step = escape_read(text + at, len - at, &c);
		int value = value_of(c);

		if (value < 0) {
			break;
		}
		run->value[run->len++] = (signed char)value;
		at += step;
	}
	return at;
}

/* Decodes from the value `phase` on. */
static size_t
decode(const struct run *run, size_t phase, char out[REDACT_WINDOW_BYTES])
{
	unsigned held = 0;
	unsigned bits = 0;
	size_t len = 0;

	for (size_t i = phase; i < run->len; i++) {
		held = (held << run->bits | (unsigned)run->value[i]) & 0xffff;
		bits += run->bits;
		if (bits >= 8) {
			bits -= 8;
			out[len++] = (char)(held >> bits & 0xff);
		}
	}
	return len;
}

/* Is a piece of the secret in the decoded bytes? Two runs of CODED_BYTES + STEP - 1
 * bytes that are the same have one in common that begins at a step of the secret. */
static bool
holds(const char *bytes, size_t len, const char *secret, size_t secret_len)
{
	size_t want = secret_len < CODED_BYTES ? secret_len : CODED_BYTES;

	for (size_t from = 0; from + want <= secret_len; from += STEP) {
		for (size_t at = 0; at + want <= len; at++) {
			if (bytes[at] == secret[from] &&
			    memcmp(bytes + at, secret + from, want) == 0) {
				return true;
			}
		}
	}
	return false;
}

static bool
run_holds(const struct redact *redact, const struct run *run)
{
	char bytes[REDACT_WINDOW_BYTES];

	/* Whatever stands before may have moved it: a byte begins at any of these. */
	for (size_t phase = 0; phase < 8 / (run->bits == 6 ? 2 : 4); phase++) {
		size_t len = decode(run, phase, bytes);

		for (uint32_t i = 0; i < redact->len; i++) {
			if (holds(bytes, len, redact->secret[i],
				redact->secret_bytes[i])) {
				return true;
			}
		}
	}
	return false;
}

/* A run of base64 or base 16 begins where no character of it stands before. */
static bool
begins(const char *text, size_t at, int (*value_of)(char))
{
	return at == 0 || value_of(text[at - 1]) < 0;
}

size_t
known_run(const struct redact *redact, const char *text, size_t len, size_t at)
{
	static const struct {
		int (*value_of)(char);
		unsigned bits;
	} bases[] = {{base64_of, 6}, {chars_hex, 4}};
	struct run run;

	if (redact == NULL || redact->len == 0) {
		return 0;
	}
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		size_t end;

		if (!begins(text, at, bases[i].value_of)) {
			continue;
		}
		run.bits = bases[i].bits;
		end = read_run(text, len, at, bases[i].value_of, &run);
		if (run.len >= CODED_CHARS_MIN && run_holds(redact, &run)) {
			return end - at;
		}
	}
	return 0;
}
