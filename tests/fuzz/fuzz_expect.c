/* fuzz_expect - any expectation of any body, whole and in pieces
 *
 * Byte 0: the size of the pieces; then the text, the pointer and the value expected, each
 * ended by a line end, then the body. */
#include "agent/core/expect.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* One line of the input as a text of its own; moves `*at` behind it. */
static char *
take_line(const char **at, const char *end)
{
	const char *line = *at;
	const char *stop =
	    line == end ? NULL : memchr(line, '\n', (size_t)(end - line));
	size_t len = stop == NULL ? (size_t)(end - line) : (size_t)(stop - line);
	char *text = malloc(len + 1);

	assert(text != NULL);
	if (len > 0) {
		memcpy(text, line, len);
	}
	text[len] = '\0';
	*at = stop == NULL ? end : stop + 1;
	return text;
}

static bool
stream(const struct plan_probe *probe, const char *body, size_t len, size_t step,
    char words[512])
{
	struct expect expect;
	bool met;

	words[0] = '\0';
	expect_begin(&expect, probe);
	for (size_t at = 0; at < len; at += step) {
		expect_push(&expect, body + at, len - at < step ? len - at : step);
	}
	met = expect_met(&expect);
	if (!met) {
		(void)expect_quote(&expect, words, 512);
		assert(words[0] != '\0');
	}
	return met;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *at = (const char *)data + 1;
	const char *end = (const char *)data + len;
	struct plan_probe probe = {.kind = PROBE_HTTP};
	char whole[512];
	char parts[512];
	char *line[3];

	if (len < 1) {
		return 0;
	}
	for (size_t i = 0; i < 3; i++) {
		line[i] = take_line(&at, end);
	}
	probe.expect_text = line[0];
	probe.expect_pointer = line[1];
	probe.expect_value = line[2];
	bool met = stream(&probe, at, (size_t)(end - at), len, whole);
	bool again =
	    stream(&probe, at, (size_t)(end - at), 1 + (size_t)data[0] % 16, parts);
	assert(met == again);
	assert(strcmp(whole, parts) == 0);
	assert(expect_is_valid(&probe) || !met);
	for (size_t i = 0; i < 3; i++) {
		free(line[i]);
	}
	return 0;
}
