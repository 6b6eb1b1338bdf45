/* fuzz_sse - the same bytes give the same events, in whatever pieces they come
 *
 * The first byte is the size of the pieces. */
#include "agent/core/sse.h"

#include <assert.h>
#include <string.h>

enum {
	LOG_BYTES = 1 << 16
};

struct log {
	char text[LOG_BYTES];
	size_t len;
};

/* Ends of events are bytes that no data can have: a line end of the other kind. */
static void
on_event(void *context, const char *data, size_t len)
{
	struct log *log = context;

	if (data == NULL) {
		assert(len == 0);
		data = "\r";
		len = 1;
	} else {
		assert(len > 0);
		assert(memchr(data, '\r', len) == NULL);
		assert(len == 1 || memchr(data, '\n', len) == NULL);
	}
	if (len <= LOG_BYTES - log->len) {
		memcpy(log->text + log->len, data, len);
		log->len += len;
	}
}

static bool
run(const uint8_t *data, size_t len, size_t step, struct log *log)
{
	struct sse sse;

	log->len = 0;
	sse_init(&sse, on_event, log);
	for (size_t at = 0; at < len; at += step) {
		sse_push(&sse, data + at, step < len - at ? step : len - at);
	}
	return sse_end(&sse);
}

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct log whole;
	static struct log parts;

	if (len < 1) {
		return 0;
	}
	bool whole_between = run(data + 1, len - 1, len, &whole);
	bool parts_between = run(data + 1, len - 1, 1 + data[0] % 16U, &parts);
	assert(whole_between == parts_between);
	assert(whole.len == parts.len);
	assert(memcmp(whole.text, parts.text, whole.len) == 0);
	assert(whole.len == 0 || whole.text[whole.len - 1] == '\r');
	return 0;
}
