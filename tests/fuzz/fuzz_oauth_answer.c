/* fuzz_oauth_answer - any answer of a token endpoint, whole and in pieces
 *
 * Byte 0: the size of the pieces; bytes 1 and 2: the status; then the body. */
#include "agent/core/oauth.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* False: longer than any token. Pieces are copies, so that a step beyond one is seen. */
static bool
stream(struct oauth_answer *answer, const uint8_t *body, size_t len, size_t step)
{
	oauth_answer_begin(answer);
	for (size_t at = 0; at < len; at += step) {
		size_t part = len - at < step ? len - at : step;
		uint8_t *copy = malloc(part);
		bool taken;

		assert(copy != NULL);
		memcpy(copy, body + at, part);
		taken = oauth_answer_body(answer, copy, part);
		free(copy);
		if (!taken) {
			return false;
		}
	}
	return true;
}

/* A token can stand in a header line as it is. */
static void
check_token(const struct oauth_answer *answer)
{
	const char *end = memchr(answer->token, '\0', sizeof(answer->token));

	assert(end != NULL && end != answer->token);
	for (const char *c = answer->token; c < end; c++) {
		assert(*c > ' ' && *c <= '~');
	}
}

/* However long they say it lives, it is used, and not for ever. */
static void
check_life(const struct oauth_answer *answer)
{
	static struct oauth oauth;
	struct mono now = {CLOCK_NS_PER_S};

	oauth_init(&oauth);
	assert(oauth_step(&oauth, now) == OAUTH_ASK);
	oauth_begin(&oauth);
	assert(oauth_got(&oauth, answer, now));
	assert(strcmp(oauth_token(&oauth), answer->token) == 0);
	assert(oauth_step(&oauth, now) == OAUTH_USE);
	now = mono_add(now, 86401 * CLOCK_NS_PER_S);
	assert(!oauth_has_token(&oauth, now));
	assert(oauth_step(&oauth, now) == OAUTH_ASK);
	oauth_wipe(&oauth);
}

static void
check_fault(const struct oauth_fault *fault)
{
	struct oauth oauth;
	struct mono now = {CLOCK_NS_PER_S};

	assert(fault->text[0] != '\0');
	assert(memchr(fault->text, '\0', sizeof(fault->text)) != NULL);
	oauth_init(&oauth);
	oauth_begin(&oauth);
	oauth_failed(&oauth, fault, now);
	assert(oauth_step(&oauth, now) == OAUTH_FAILED);
	assert(oauth.fault.outcome == fault->outcome);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct oauth_answer whole;
	static struct oauth_answer parts;
	struct oauth_fault first;
	struct oauth_fault second;

	if (len < 3) {
		return 0;
	}
	uint16_t status = (uint16_t)(100 + (data[1] << 8 | data[2]) % 500);
	bool fits = stream(&whole, data + 3, len - 3, len);

	assert(fits == (len - 3 <= OAUTH_ANSWER_BYTES));
	assert(stream(&parts, data + 3, len - 3, (size_t)data[0] + 1) == fits);
	if (!fits) {
		return 0;
	}
	oauth_answer_end(&whole, status, &first);
	oauth_answer_end(&parts, status, &second);
	assert(first.outcome == second.outcome && first.flags == second.flags);
	assert(strcmp(first.text, second.text) == 0);
	assert(whole.expires_in_s == parts.expires_in_s);
	assert(first.http_status == status);
	if (first.outcome == OUTCOME_OK) {
		assert(status >= 200 && status <= 299);
		/* Of one that is too long, each keeps another part. */
		assert(strcmp(whole.token, parts.token) == 0);
		check_token(&whole);
		check_life(&whole);
	} else {
		check_fault(&first);
	}
	return 0;
}
