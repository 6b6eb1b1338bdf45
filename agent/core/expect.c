#include "agent/core/expect.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	INDEX_DIGITS_MAX = 9, /* of an item we would ever wait for */
	SHOWN_BYTES = 64      /* of what was expected */
};

static const char *
pointer_of(const struct expect *expect)
{
	return plan_text(expect->probe->expect_pointer);
}

/* ---- pointers ---- */

/* The length of the segment at `at`, which is behind its slash. */
static size_t
segment_bytes(const char *at)
{
	return strcspn(at, "/");
}

/* The first byte of an escaped segment; `inout_at` moves behind it. RFC 6901, 4. */
static char
unescape(const char **inout_at)
{
	const char *at = *inout_at;

	if (*at != '~') {
		*inout_at = at + 1;
		return *at;
	}
	*inout_at = at + 2;
	return at[1] == '0' ? '~' : '/';
}

static bool
is_name(const char *segment, const char *name, size_t len)
{
	const char *end = segment + segment_bytes(segment);

	for (size_t i = 0; i < len; i++) {
		if (segment == end || unescape(&segment) != name[i]) {
			return false;
		}
	}
	return segment == end;
}

/* Without leading zeros; "-", the item behind the last, is never there. */
static bool
is_index(const char *segment, uint32_t index)
{
	size_t len = segment_bytes(segment);
	uint32_t number = 0;

	if (len == 0 || len > INDEX_DIGITS_MAX || (segment[0] == '0' && len > 1)) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (segment[i] < '0' || segment[i] > '9') {
			return false;
		}
		number = number * 10 + (uint32_t)(segment[i] - '0');
	}
	return number == index;
}

static bool
is_pointer(const char *text)
{
	size_t segments = 0;

	if (text[0] != '\0' && text[0] != '/') {
		return false;
	}
	for (; *text != '\0'; text++) {
		segments += *text == '/' ? 1 : 0;
		if (*text == '~' && text[1] != '0' && text[1] != '1') {
			return false;
		}
	}
	return segments <= JSON_DEPTH_MAX;
}

bool
expect_is_valid(const struct plan_probe *probe)
{
	const char *pointer = plan_text(probe->expect_pointer);
	const char *value = plan_text(probe->expect_value);

	return strlen(plan_text(probe->expect_text)) <= EXPECT_TEXT_BYTES_MAX &&
	       strlen(pointer) <= UINT16_MAX && is_pointer(pointer) &&
	       (value[0] == '\0' || pointer[0] != '\0');
}

/* ---- the value ---- */

static bool
in_array(const struct expect *expect)
{
	return (expect->arrays >> (expect->depth - 1) & 1) != 0;
}

static const char *
segment_at(const struct expect *expect, size_t number)
{
	return pointer_of(expect) + expect->segment[number];
}

/* True when the pointer leads to, or through, the value that begins here. */
static bool
is_on_path(const struct expect *expect)
{
	if (expect->path != expect->depth || expect->depth > expect->segments) {
		return false;
	}
	if (expect->depth == 0) {
		return true;
	}
	if (in_array(expect)) {
		return is_index(segment_at(expect, expect->depth - 1U),
		    expect->index[expect->depth - 1]);
	}
	return expect->key_fits;
}

static void
take(struct expect *expect, const char *text, size_t len)
{
	const char *value = plan_text(expect->probe->expect_value);
	size_t room = sizeof(expect->text) - expect->len;
	size_t kept = len < room ? len : room;

	if (!expect->differs && len <= strlen(value + expect->same) &&
	    memcmp(value + expect->same, text, len) == 0) {
		expect->same += len;
	} else {
		expect->differs = true;
	}
	memcpy(expect->text + expect->len, text, kept);
	expect->len = (uint8_t)(expect->len + kept);
	expect->cut = expect->cut || kept < len;
}

static void
forget(struct expect *expect)
{
	expect->found = EXPECT_NOTHING;
	expect->differs = false;
	expect->same = 0;
	expect->cut = false;
	expect->len = 0;
}

/* A value is over: the array around it comes to its next item. */
static void
next_item(struct expect *expect)
{
	if (expect->depth > 0 && in_array(expect)) {
		expect->index[expect->depth - 1]++;
	}
}

static void
on_begin(struct expect *expect, bool array)
{
	bool on_path = is_on_path(expect);
	uint64_t bit = UINT64_C(1) << expect->depth;

	assert(expect->depth < JSON_DEPTH_MAX);
	if (on_path && expect->depth == expect->segments) {
		forget(expect);
		expect->found = array ? EXPECT_ARRAY : EXPECT_OBJECT;
	} else if (on_path) {
		expect->path++;
	}
	expect->arrays = array ? expect->arrays | bit : expect->arrays & ~bit;
	expect->index[expect->depth] = 0;
	expect->depth++;
	expect->key_fits = false;
}

static void
on_end(struct expect *expect)
{
	expect->depth--;
	if (expect->path > expect->depth) {
		expect->path = expect->depth;
	}
	next_item(expect);
}

static void
on_key(struct expect *expect, const struct json_event *event)
{
	expect->key_fits =
	    expect->path == expect->depth && expect->depth <= expect->segments &&
	    !event->cut &&
	    is_name(segment_at(expect, expect->depth - 1U), event->text, event->len);
	if (expect->key_fits) {
		forget(expect); /* the last of equal names counts */
	}
}

/* A piece of a string, or a whole number or word. */
static void
on_scalar(
    struct expect *expect, const char *text, size_t len, const struct json_event *event)
{
	bool at_pointer = is_on_path(expect) && expect->depth == expect->segments;
	bool last = event->kind != JSON_TEXT || event->last;

	if (at_pointer && !expect->taking) {
		forget(expect);
		expect->found = EXPECT_SCALAR;
	}
	if (at_pointer) {
		take(expect, text, len);
		expect->differs = expect->differs || event->cut;
	}
	expect->taking = at_pointer && !last;
	if (last) {
		next_item(expect);
	}
}

static void
on_event(void *context, const struct json_event *event)
{
	struct expect *expect = context;

	switch (event->kind) {
	case JSON_OBJECT_BEGIN:
	case JSON_ARRAY_BEGIN:
		on_begin(expect, event->kind == JSON_ARRAY_BEGIN);
		break;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		on_end(expect);
		break;
	case JSON_KEY:
		on_key(expect, event);
		break;
	case JSON_TEXT:
	case JSON_NUMBER:
		on_scalar(expect, event->text, event->len, event);
		break;
	case JSON_LITERAL_TRUE:
		on_scalar(expect, "true", 4, event);
		break;
	case JSON_LITERAL_FALSE:
		on_scalar(expect, "false", 5, event);
		break;
	case JSON_LITERAL_NULL:
		on_scalar(expect, "null", 4, event);
		break;
	case JSON_KIND_COUNT:
		break;
	}
}

/* ---- the body ---- */

/* For each byte of the text: how much of its beginning ends there. */
static void
learn_text(struct expect *expect)
{
	const char *text = plan_text(expect->probe->expect_text);
	uint16_t at = 0;

	expect->text_len = (uint16_t)strlen(text);
	for (uint16_t i = 1; i < expect->text_len; i++) {
		while (at > 0 && text[i] != text[at]) {
			at = expect->fall[at - 1];
		}
		at = (uint16_t)(at + (text[i] == text[at] ? 1 : 0));
		expect->fall[i] = at;
	}
}

static void
search(struct expect *expect, const char *data, size_t len)
{
	const char *text = plan_text(expect->probe->expect_text);
	uint16_t at = expect->text_at;

	for (size_t i = 0; i < len && at < expect->text_len; i++) {
		while (at > 0 && data[i] != text[at]) {
			at = expect->fall[at - 1];
		}
		at = (uint16_t)(at + (data[i] == text[at] ? 1 : 0));
	}
	expect->text_at = at;
}

void
expect_begin(struct expect *expect, const struct plan_probe *probe)
{
	const char *pointer = plan_text(probe->expect_pointer);

	expect->probe = probe;
	expect->usable = expect_is_valid(probe);
	expect->bytes = 0;
	expect->fall[0] = 0;
	expect->text_len = 0;
	expect->text_at = 0;
	if (expect->usable) {
		learn_text(expect);
	}
	json_init(&expect->json, on_event, expect);
	expect->status = JSON_MORE;
	expect->segments = 0;
	for (size_t i = 0; expect->usable && pointer[i] != '\0'; i++) {
		if (pointer[i] == '/') {
			expect->segment[expect->segments++] = (uint16_t)(i + 1);
		}
	}
	expect->arrays = 0;
	expect->depth = 0;
	expect->path = 0;
	expect->key_fits = false;
	expect->taking = false;
	forget(expect);
}

void
expect_push(struct expect *expect, const void *data, size_t len)
{
	expect->bytes += len;
	search(expect, data, len);
	if (expect->segments > 0) {
		expect->status = json_push(&expect->json, data, len);
	}
}

static bool
is_value_met(const struct expect *expect)
{
	const char *value = plan_text(expect->probe->expect_value);

	if (expect->status != JSON_COMPLETE || expect->found == EXPECT_NOTHING) {
		return false;
	}
	return value[0] == '\0' || (expect->found == EXPECT_SCALAR &&
				       !expect->differs && value[expect->same] == '\0');
}

bool
expect_met(struct expect *expect)
{
	if (expect->segments > 0) {
		expect->status = json_end(&expect->json);
	}
	return expect->usable && expect->text_at == expect->text_len &&
	       (expect->segments == 0 || is_value_met(expect));
}

/* ---- the words ---- */

static void
quote_found(const struct expect *expect, char *out, size_t cap)
{
	const char *value = plan_text(expect->probe->expect_value);
	static const char *const kinds[] = {
	    [EXPECT_NOTHING] = "nothing there",
	    [EXPECT_SCALAR] = "an empty text",
	    [EXPECT_OBJECT] = "an object",
	    [EXPECT_ARRAY] = "an array",
	};

	(void)snprintf(out, cap, "expected %.*s at %.*s, found %s%.*s", SHOWN_BYTES,
	    value[0] != '\0' ? value : "a value", SHOWN_BYTES, pointer_of(expect),
	    expect->len > 0 ? "" : kinds[expect->found], (int)expect->len,
	    expect->text);
}

bool
expect_quote(const struct expect *expect, char *out, size_t cap)
{
	if (!expect->usable) {
		(void)snprintf(out, cap, "expected what nothing can meet");
	} else if (expect->text_at < expect->text_len) {
		(void)snprintf(out, cap,
		    "expected the text \"%.*s\", found %llu bytes without", SHOWN_BYTES,
		    plan_text(expect->probe->expect_text),
		    (unsigned long long)expect->bytes);
	} else if (expect->status != JSON_COMPLETE) {
		(void)snprintf(out, cap, "expected JSON with %.*s, %s at byte %llu",
		    SHOWN_BYTES, pointer_of(expect),
		    expect->status == JSON_MORE ? "it ends" : "found none",
		    (unsigned long long)json_at(&expect->json));
	} else {
		quote_found(expect, out, cap);
		return expect->cut;
	}
	return false;
}
