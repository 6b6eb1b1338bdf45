#include "agent/core/classify_aistudio.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum {
	CODE_RESOLVED = 4,
	BASE_MIN = 2, /* depth of an incident's fields */
	BASE_MAX = 5,
	SEVERITY_NONE = 99
};

/* Fields of an incident. */
enum field {
	FIELD_ID = 0,
	FIELD_TITLE,
	FIELD_SEVERITY,
	FIELD_UPDATES,
	FIELD_NUMBER,
	FIELD_NUMBERS
};

/* What cannot be the time of an update. */
#define TIME_MIN_S INT64_C(1000000000)
#define TIME_MAX_S INT64_C(4000000000)

/* Every value, tagged with how many arrays it is in. */
static const struct capture_path paths[] = {
    {{"[]"}, 1},
    {{"[]", "[]"}, 2},
    {{"[]", "[]", "[]"}, 3},
    {{"[]", "[]", "[]", "[]"}, 4},
    {{"[]", "[]", "[]", "[]", "[]"}, 5},
    {{"[]", "[]", "[]", "[]", "[]", "[]"}, 6},
    {{"[]", "[]", "[]", "[]", "[]", "[]", "[]"}, 7},
    {{"[]", "[]", "[]", "[]", "[]", "[]", "[]", "[]"}, 8},
};

static void
odd(struct classify_aistudio *aistudio)
{
	aistudio->page.entries++;
	aistudio->page.odd++;
}

/* A whole number of at most ten digits. */
static bool
read_number(const char *text, size_t len, int64_t *out)
{
	int64_t value = 0;

	if (len == 0 || len > 10) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return false;
		}
		value = value * 10 + (text[i] - '0');
	}
	*out = value;
	return true;
}

static void
row_begin(struct classify_aistudio *aistudio)
{
	memset(&aistudio->page.entry, 0, sizeof(aistudio->page.entry));
	aistudio->in_row = true;
	aistudio->matched = false;
	aistudio->has_number = false;
	aistudio->severity = SEVERITY_NONE;
	aistudio->code = 0;
	aistudio->at_s = 0;
	aistudio->last_code = 0;
	aistudio->last_s = 0;
	aistudio->first_s = 0;
}

static enum claim
claim_of(uint32_t severity)
{
	if (severity == 0) {
		return CLAIM_INFORMATION;
	}
	return severity == 2 ? CLAIM_OUTAGE : CLAIM_DISRUPTION;
}

static void
row_end(struct classify_aistudio *aistudio)
{
	struct page *page = &aistudio->page;
	struct page_entry *entry = &page->entry;

	aistudio->in_row = false;
	page->entries++;
	if (entry->id[0] == '\0' || aistudio->last_s == 0) {
		page->odd++;
		return;
	}
	/* Without a component it may be ours. */
	bool unnamed = !aistudio->has_number && page_has_names(page);
	if (aistudio->last_code == CODE_RESOLVED ||
	    (page_is_narrow(page) && !aistudio->matched && !unnamed &&
		!page_titles(page, &entry->title))) {
		return;
	}
	entry->claim = claim_of(aistudio->severity);
	entry->begin_at.ns = aistudio->first_s * CLOCK_NS_PER_S;
	entry->created_at = entry->begin_at;
	entry->modified_at.ns = aistudio->last_s * CLOCK_NS_PER_S;
	page_link(page, "status");
	page_keep(page);
}

/* Of two updates of one second, the one that stands later in the list is the newer. */
static void
update_end(struct classify_aistudio *aistudio)
{
	int64_t at_s = aistudio->at_s;

	if (at_s != 0 && aistudio->code != 0) {
		if (at_s >= aistudio->last_s) {
			aistudio->last_s = at_s;
			aistudio->last_code = aistudio->code;
		}
		if (aistudio->first_s == 0 || at_s < aistudio->first_s) {
			aistudio->first_s = at_s;
		}
	}
	aistudio->code = 0;
	aistudio->at_s = 0;
}

/* A component: by its number, or by the name the page shows for it. */
static void
add_component(struct classify_aistudio *aistudio, const struct json_event *event)
{
	static const char *const names[] = {
	    "", "Gemini API", "Multimodal Live API", "AI Studio"};
	struct page *page = &aistudio->page;
	char digits[24];
	const char *name = digits;
	int64_t number;

	if (event->kind != JSON_NUMBER ||
	    !read_number(event->text, event->len, &number)) {
		return;
	}
	(void)snprintf(digits, sizeof(digits), "%lld", (long long)number);
	if (number > 0 && number < (int64_t)LENGTH(names)) {
		name = names[number];
	}
	aistudio->has_number = true;
	aistudio->matched |= (page_names(page, digits) | page_names(page, name)) != 0;
	if (strstr(page->entry.scope, name) == NULL) {
		page_scope(&page->entry, name);
	}
}

static void
add_field(
    struct classify_aistudio *aistudio, uint32_t field, const struct json_event *event)
{
	struct page *page = &aistudio->page;
	bool text = event->kind == JSON_TEXT;
	int64_t number;

	if (field == FIELD_ID && text && page_word(&page->word, event)) {
		(void)snprintf(
		    page->entry.id, sizeof(page->entry.id), "%s", page->word.text);
	} else if (field == FIELD_TITLE && text) {
		page_title(&page->entry.title, event);
	} else if (field == FIELD_SEVERITY && event->kind == JSON_NUMBER &&
		   read_number(event->text, event->len, &number)) {
		aistudio->severity =
		    number < SEVERITY_NONE ? (uint32_t)number : SEVERITY_NONE;
	} else if (field == FIELD_NUMBER) {
		add_component(aistudio, event);
	}
}

/* The time of an update, as a text or a number. */
static void
add_time(struct classify_aistudio *aistudio, const struct json_event *event)
{
	struct page_word *word = &aistudio->page.word;
	int64_t at_s = 0;
	bool good = false;

	if (event->kind == JSON_NUMBER) {
		good = read_number(event->text, event->len, &at_s);
	} else if (event->kind == JSON_TEXT && page_word(word, event)) {
		good = read_number(word->text, strlen(word->text), &at_s);
	}
	if (good && at_s >= TIME_MIN_S && at_s <= TIME_MAX_S) {
		aistudio->at_s = at_s;
	}
}

/* A value `below` arrays inside an incident; `at` is its place in the innermost. */
static void
in_row(struct classify_aistudio *aistudio, uint32_t below, uint32_t at,
    const struct json_event *event)
{
	const uint32_t *index = &aistudio->index[aistudio->base];
	uint32_t field = index[0] - 1;
	int64_t number;

	if (below == 0) {
		add_field(aistudio, field, event);
	} else if (below == 1 && field == FIELD_NUMBERS) {
		add_component(aistudio, event);
	} else if (below == 2 && field == FIELD_UPDATES && at == 0 &&
		   event->kind == JSON_NUMBER &&
		   read_number(event->text, event->len, &number)) {
		aistudio->code = number < UINT16_MAX ? (uint32_t)number : UINT16_MAX;
	} else if (below == 3 && field == FIELD_UPDATES && index[2] == 3 && at == 0) {
		add_time(aistudio, event);
	}
}

static void
on_scalar(struct classify_aistudio *aistudio, uint32_t depth, uint32_t at,
    const struct json_event *event)
{
	if (aistudio->base == 0 && at == 0 && depth >= BASE_MIN && depth <= BASE_MAX) {
		aistudio->base = (uint8_t)depth; /* the first field of the first row */
		row_begin(aistudio);
	}
	if (aistudio->in_row && depth >= aistudio->base) {
		in_row(aistudio, depth - aistudio->base, at, event);
	} else if (event->kind != JSON_TEXT || event->last) {
		odd(aistudio);
	}
}

static void
on_begin(struct classify_aistudio *aistudio, uint32_t depth, bool array)
{
	bool is_row = aistudio->base != 0 && depth + 1 == aistudio->base;

	aistudio->index[depth + 1] = 0;
	if (!array && !aistudio->in_row) {
		odd(aistudio);
	} else if (is_row) {
		row_begin(aistudio);
	}
}

static void
on_end(struct classify_aistudio *aistudio, uint32_t depth)
{
	uint8_t base = aistudio->base;

	if (base == 0) {
		/* "[[[]]]" is an empty list; an empty row is no row. */
		if (depth > BASE_MIN) {
			odd(aistudio);
		}
	} else if (aistudio->in_row && depth + 1 == base) {
		row_end(aistudio);
	} else if (aistudio->in_row && depth == base + 1U &&
		   aistudio->index[base] - 1 == FIELD_UPDATES) {
		update_end(aistudio);
	}
}

static void
on_value(void *context, int tag, const struct json_event *event)
{
	struct classify_aistudio *aistudio = context;
	uint32_t depth = (uint32_t)tag;

	if (event->kind == JSON_ARRAY_END) {
		on_end(aistudio, depth);
		return;
	}
	if (event->kind == JSON_OBJECT_END) {
		return;
	}
	if (!aistudio->text_open) {
		aistudio->index[depth]++;
	}
	aistudio->text_open = event->kind == JSON_TEXT && !event->last;
	if (event->kind == JSON_ARRAY_BEGIN || event->kind == JSON_OBJECT_BEGIN) {
		on_begin(aistudio, depth, event->kind == JSON_ARRAY_BEGIN);
	} else {
		on_scalar(aistudio, depth, aistudio->index[depth] - 1, event);
	}
}

void
classify_aistudio_begin(struct capture *capture, struct classify_aistudio *aistudio,
    const struct plan_probe *probe, const struct redact *redact)
{
	memset(aistudio, 0, sizeof(*aistudio));
	page_init(&aistudio->page, probe, redact);
	capture_init(capture, paths, LENGTH(paths), false, on_value, aistudio);
}

bool
classify_aistudio_done(struct classify_aistudio *aistudio)
{
	return page_done(&aistudio->page, false);
}
