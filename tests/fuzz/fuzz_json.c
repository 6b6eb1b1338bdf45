/* fuzz_json - the same bytes in other pieces give the same events, or the same error */
#include "common/core/json.h"

#include <assert.h>

struct sum {
	uint64_t hash;
	bool in_text;
};

static void
add(struct sum *sum, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++) {
		sum->hash = (sum->hash ^ bytes[i]) * UINT64_C(0x100000001B3);
	}
}

static void
on_event(void *context, const struct json_event *event)
{
	struct sum *sum = context;
	bool text = event->kind == JSON_TEXT;

	if (text && event->len == 0 && !event->last) {
		return;
	}
	if (!sum->in_text) {
		unsigned char head[2] = {(unsigned char)event->kind, event->cut};
		add(sum, head, sizeof(head));
	}
	add(sum, event->text, event->len);
	sum->in_text = text && !event->last;
	if (!sum->in_text) {
		add(sum, "", 1);
	}
}

static enum json_status
run(const uint8_t *data, size_t len, size_t step, struct sum *sum, uint64_t *out_at)
{
	struct json json;

	json_init(&json, on_event, sum);
	for (size_t at = 0; at < len; at += step) {
		(void)json_push(&json, data + at, len - at < step ? len - at : step);
	}
	enum json_status status = json_end(&json);
	*out_at = json_at(&json);
	return status;
}

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sum whole = {0};
	uint64_t whole_at;
	enum json_status status = run(data, len, len + 1, &whole, &whole_at);

	for (size_t step = 1; step < 12; step += 5) {
		struct sum parts = {0};
		uint64_t at;
		enum json_status again = run(data, len, step, &parts, &at);
		assert(again == status);
		assert(at == whole_at);
		assert(parts.hash == whole.hash);
	}
	return 0;
}
