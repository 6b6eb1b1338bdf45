#include "tests/support/openmetrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FAMILIES_MAX = 256,
	NAME_BYTES = 128,
	SAMPLES_MAX = 4096
};

struct checker {
	char family[FAMILIES_MAX][NAME_BYTES];
	size_t family_len;
	char type[NAME_BYTES]; /* of the last family */
	bool helped;
	const char *sample[SAMPLES_MAX]; /* start of each, up to its value */
	size_t sample_bytes[SAMPLES_MAX];
	size_t sample_len;
	const char *why;
};

static bool
bad(struct checker *checker, const char *why)
{
	checker->why = why;
	return false;
}

static size_t
name_len(const char *text)
{
	return strspn(
	    text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
}

static bool
check_type(struct checker *checker, const char *line)
{
	size_t len = name_len(line);
	const char *type = line + len + 1;

	if (len == 0 || len >= NAME_BYTES || line[len] != ' ') {
		return bad(checker, "TYPE without a name");
	}
	if (strcmp(type, "gauge") != 0 && strcmp(type, "counter") != 0 &&
	    strcmp(type, "info") != 0) {
		return bad(checker, "unknown type");
	}
	for (size_t i = 0; i < checker->family_len; i++) {
		if (strlen(checker->family[i]) == len &&
		    memcmp(checker->family[i], line, len) == 0) {
			return bad(checker, "family twice, or in two pieces");
		}
	}
	if (checker->family_len == FAMILIES_MAX) {
		return bad(checker, "too many families for this checker");
	}
	(void)snprintf(
	    checker->family[checker->family_len++], NAME_BYTES, "%.*s", (int)len, line);
	(void)snprintf(checker->type, sizeof(checker->type), "%s", type);
	checker->helped = false;
	return true;
}

static bool
check_help(struct checker *checker, const char *line)
{
	size_t len = name_len(line);
	const char *family =
	    checker->family_len > 0 ? checker->family[checker->family_len - 1] : "";

	if (checker->helped || strlen(family) != len ||
	    memcmp(family, line, len) != 0 || line[len] != ' ' ||
	    line[len + 1] == '\0') {
		return bad(
		    checker, "HELP not of the family before it, or twice, or empty");
	}
	checker->helped = true;
	return true;
}

/* After the opening quote; NULL when the value does not end. */
static const char *
skip_value(const char *at)
{
	while (*at != '"') {
		if (*at == '\0') {
			return NULL;
		}
		if (*at == '\\') {
			at++;
			if (*at != '\\' && *at != '"' && *at != 'n') {
				return NULL;
			}
		}
		at++;
	}
	return at + 1;
}

/* `at` is behind '{'. Returns what follows '}', or NULL. */
static const char *
skip_labels(const char *at)
{
	for (;;) {
		size_t len = name_len(at);

		if (len == 0 || at[len] != '=' || at[len + 1] != '"') {
			return NULL;
		}
		at = skip_value(at + len + 2);
		if (at == NULL || (*at != ',' && *at != '}')) {
			return NULL;
		}
		if (*at++ == '}') {
			return at;
		}
	}
}

static bool
is_of_family(const struct checker *checker, const char *name, size_t len)
{
	const char *suffix = "";
	char expected[2 * NAME_BYTES];

	if (checker->family_len == 0) {
		return false;
	}
	if (strcmp(checker->type, "counter") == 0) {
		suffix = "_total";
	} else if (strcmp(checker->type, "info") == 0) {
		suffix = "_info";
	}
	(void)snprintf(expected, sizeof(expected), "%s%s",
	    checker->family[checker->family_len - 1], suffix);
	return strlen(expected) == len && memcmp(expected, name, len) == 0;
}

static bool
is_new(struct checker *checker, const char *sample, size_t len)
{
	for (size_t i = 0; i < checker->sample_len; i++) {
		if (checker->sample_bytes[i] == len &&
		    memcmp(checker->sample[i], sample, len) == 0) {
			return false;
		}
	}
	if (checker->sample_len < SAMPLES_MAX) {
		checker->sample[checker->sample_len] = sample;
		checker->sample_bytes[checker->sample_len++] = len;
	}
	return true;
}

static bool
check_sample(struct checker *checker, const char *line, const char *original)
{
	size_t len = name_len(line);
	const char *at = line + len;
	char *end;

	if (!is_of_family(checker, line, len)) {
		return bad(checker, "a sample that is not of the family before it");
	}
	if (*at == '{') {
		at = skip_labels(at + 1);
	}
	if (at == NULL || *at != ' ') {
		return bad(checker, "labels");
	}
	if (!is_new(checker, original, (size_t)(at - line))) {
		return bad(checker, "the same sample twice");
	}
	if (at[1] == ' ' || at[1] == '\0') {
		return bad(checker, "no value");
	}
	(void)strtod(at + 1, &end);
	return *end == '\0' ? true : bad(checker, "a value that is no number");
}

static bool
check_line(struct checker *checker, const char *line, const char *original)
{
	if (strncmp(line, "# TYPE ", 7) == 0) {
		return check_type(checker, line + 7);
	}
	if (strncmp(line, "# HELP ", 7) == 0) {
		return check_help(checker, line + 7);
	}
	if (line[0] == '#' || line[0] == '\0') {
		return bad(checker, "neither a sample, nor TYPE, nor HELP");
	}
	return check_sample(checker, line, original);
}

bool
openmetrics_check(const char *text, char *error, size_t cap)
{
	struct checker *checker = calloc(1, sizeof(*checker));
	const char *at = text;
	char line[1024] = "";
	bool good = checker != NULL;

	while (good) {
		size_t len = strcspn(at, "\n");

		(void)snprintf(line, sizeof(line), "%.*s", (int)len, at);
		if (at[len] != '\n') {
			good = bad(checker, "the text ends without # EOF");
		} else if (strcmp(line, "# EOF") == 0) {
			good = at[len + 1] == '\0' || bad(checker, "text after # EOF");
			break;
		} else {
			good = check_line(checker, line, at);
		}
		at += good ? len + 1 : 0;
	}
	if (!good) {
		(void)snprintf(error, cap, "%s: %s",
		    checker != NULL ? checker->why : "out of memory", line);
	}
	free(checker);
	return good;
}
