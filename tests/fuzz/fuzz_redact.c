/* fuzz_redact - whatever surrounds a secret, it does not come out
 *
 * The first byte of the input says where the secret is put and whether the text is cut. */
#include "agent/core/redact.h"
#include "common/core/utf8.h"

#include <assert.h>
#include <string.h>

#define SECRET "Qx7-open.sesame/42+Zz9"

enum {
	PART = 12 /* so much of it is as bad as all of it */
};

/* Are the first PART bytes of `part` in `text`? */
static bool
holds(const char *text, size_t len, const char *part)
{
	for (size_t i = 0; i + PART <= len; i++) {
		if (memcmp(text + i, part, PART) == 0) {
			return true;
		}
	}
	return false;
}

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char text[8192];
	struct redact redact;
	char out[600];
	size_t secret = strlen(SECRET);

	if (len < 2 || len + secret > sizeof(text)) {
		return 0;
	}
	size_t at = 1 + (size_t)data[0] * (len - 1) / 256;
	memcpy(text, data + 1, at - 1);
	memcpy(text + at - 1, SECRET, secret);
	memcpy(text + at - 1 + secret, data + at, len - at);
	redact_init(&redact);
	enum err err = redact_add(&redact, SECRET);
	assert(err == ERR_OK);
	bool cut = (data[0] & 1) != 0;
	size_t got =
	    redact_text(&redact, text, len - 1 + secret, cut, out, sizeof(out));
	assert(got == strlen(out));
	assert(got < sizeof(out));
	assert(utf8_printable(out, got));
	assert(!holds(out, got, SECRET));
	/* Its end goes with it, unless it stands elsewhere in the input, too. */
	const char *tail = &SECRET[secret - PART];
	assert(holds((const char *)data + 1, len - 1, tail) || !holds(out, got, tail));
	return 0;
}
