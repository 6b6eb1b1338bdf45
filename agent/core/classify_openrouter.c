#include "agent/core/classify_openrouter.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum tag {
	TAG_LIST = 0,
	TAG_ENDPOINT,
	TAG_NAME,
	TAG_PROVIDER,
	TAG_STATUS,
	TAG_WORKED, /* and the windows behind it */
	TAG_WORKED_LAST = TAG_WORKED + CLASSIFY_OPENROUTER_WINDOWS - 1
};

enum {
	STATUS_DISABLED = -10,
	STATUS_ODD = INT16_MAX, /* no whole number */
	PERCENT_MAX = 100000,   /* thousandths */
	FIGURES_BYTES = 40
};

static const struct capture_path paths[] = {
    {{"data", "endpoints"}, TAG_LIST},
    {{"data", "endpoints", "[]"}, TAG_ENDPOINT},
    {{"data", "endpoints", "[]", "tag"}, TAG_NAME},
    {{"data", "endpoints", "[]", "provider_name"}, TAG_PROVIDER},
    {{"data", "endpoints", "[]", "status"}, TAG_STATUS},
    {{"data", "endpoints", "[]", "uptime_last_5m"}, TAG_WORKED},
    {{"data", "endpoints", "[]", "uptime_last_30m"}, TAG_WORKED + 1},
    {{"data", "endpoints", "[]", "uptime_last_1d"}, TAG_WORKED_LAST},
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Thousandths, of the digits behind a point; the fourth one rounds. -1: no digits. */
static int32_t
read_fraction(const char *text, size_t len)
{
	static const int32_t unit[] = {100, 10, 1};
	int32_t value = 0;

	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i])) {
			return -1;
		}
		if (i < LENGTH(unit)) {
			value += (text[i] - '0') * unit[i];
		} else if (i == LENGTH(unit) && text[i] >= '5') {
			value++;
		}
	}
	return value;
}

/* A percentage as JSON writes it, in thousandths; -1 when it is none. An exponent is none:
 * nobody writes a percentage so. */
static int32_t
read_percent(const struct json_event *event)
{
	int32_t value = 0;
	int32_t fraction = 0;
	size_t at = 0;

	if (event->kind != JSON_NUMBER || event->cut) {
		return -1;
	}
	while (at < event->len && at < 3 && is_digit(event->text[at])) {
		value = value * 10 + (event->text[at] - '0');
		at++;
	}
	if (at < event->len) {
		bool point = at > 0 && event->text[at] == '.';

		fraction =
		    point ? read_fraction(event->text + at + 1, event->len - at - 1)
			  : -1;
	}
	value = value * 1000 + fraction;
	return fraction < 0 || value > PERCENT_MAX ? -1 : value;
}

static int32_t
read_status(const struct json_event *event)
{
	bool minus = event->len > 0 && event->text[0] == '-';
	int32_t value = 0;

	for (size_t i = minus ? 1 : 0; i < event->len; i++) {
		char c = event->text[i];

		if (c < '0' || c > '9') {
			return STATUS_ODD;
		}
		value = value < 1000 ? value * 10 + (c - '0') : value;
	}
	return minus ? -value : value;
}

static void
endpoint_begin(struct classify_openrouter *openrouter)
{
	memset(&openrouter->page.entry, 0, sizeof(openrouter->page.entry));
	openrouter->has_status = false;
	openrouter->status = 0;
	openrouter->provider[0] = '\0';
	for (size_t i = 0; i < CLASSIFY_OPENROUTER_WINDOWS; i++) {
		openrouter->worked[i] = -1;
	}
}

/* "99.6/100.0/?", of the three windows. */
static void
write_figures(const struct classify_openrouter *openrouter, char out[FIGURES_BYTES])
{
	size_t len = 0;

	for (size_t i = 0; i < CLASSIFY_OPENROUTER_WINDOWS; i++) {
		int32_t worked = openrouter->worked[i];
		int more = worked < 0
			       ? snprintf(out + len, FIGURES_BYTES - len, "%s?",
				     i > 0 ? "/" : "")
			       : snprintf(out + len, FIGURES_BYTES - len, "%s%d.%d",
				     i > 0 ? "/" : "", (int)(worked / 1000),
				     (int)(worked % 1000 / 100));

		len += more > 0 ? (size_t)more : 0;
	}
}

/* Beside those of the other providers, while there is room. */
static void
add_figures(struct classify_openrouter *openrouter, const char *name)
{
	char figures[FIGURES_BYTES];
	size_t used = strlen(openrouter->figures);
	size_t room = sizeof(openrouter->figures) - used;

	write_figures(openrouter, figures);
	if (strlen(name) + strlen(figures) + sizeof(", x x %") < room) {
		(void)snprintf(openrouter->figures + used, room, "%s%s %s %%",
		    used > 0 ? ", " : "", name, figures);
	}
}

static enum claim
claim_of(const struct classify_openrouter *openrouter)
{
	int32_t worked = openrouter->worked[0];
	int32_t status = openrouter->has_status ? openrouter->status : 0;
	enum claim claim = CLAIM_CLEAR;

	if (worked >= 0 && worked < CLASSIFY_OPENROUTER_INFORMATION) {
		claim = CLAIM_INFORMATION;
	}
	if (status < 0 || (worked >= 0 && worked < CLASSIFY_OPENROUTER_DISRUPTION)) {
		claim = CLAIM_DISRUPTION;
	}
	if (status <= STATUS_DISABLED ||
	    (worked >= 0 && worked < CLASSIFY_OPENROUTER_OUTAGE)) {
		claim = CLAIM_OUTAGE;
	}
	return claim;
}

/* The title does not change with the figures: they do at every reading. */
static void
keep_endpoint(struct classify_openrouter *openrouter)
{
	struct page *page = &openrouter->page;
	struct page_title *title = &page->entry.title;
	int32_t status = openrouter->status;
	const char *word = status <= STATUS_DISABLED ? "disabled" : "deranked";
	int len;

	if (status < 0) {
		len = snprintf(title->text, sizeof(title->text), "%s: %s, status %d",
		    page->entry.id, word, (int)status);
	} else {
		len = snprintf(title->text, sizeof(title->text),
		    "%s: too few requests work", page->entry.id);
	}
	title->len = (uint16_t)(len > 0 ? len : 0);
	page_keep(page);
}

static void
endpoint_end(struct classify_openrouter *openrouter)
{
	struct page *page = &openrouter->page;
	struct page_entry *entry = &page->entry;
	uint64_t found =
	    page_names(page, entry->id) | page_names(page, openrouter->provider);
	bool nameless = entry->id[0] == '\0' && openrouter->provider[0] == '\0';

	page->entries++;
	page->found |= found;
	if (nameless) {
		page->odd++; /* it may be ours */
		return;
	}
	if (page_is_narrow(page) && found == 0) {
		return;
	}
	if (entry->id[0] == '\0') {
		(void)snprintf(
		    entry->id, sizeof(entry->id), "%s", openrouter->provider);
	}
	add_figures(openrouter, entry->id);
	entry->claim = claim_of(openrouter);
	if (entry->claim != CLAIM_CLEAR) {
		keep_endpoint(openrouter);
	} else if (openrouter->worked[0] < 0 || openrouter->status > 0) {
		page->odd++;
	}
}

static void
on_endpoint(struct classify_openrouter *openrouter, const struct json_event *event)
{
	if (event->kind == JSON_OBJECT_BEGIN) {
		endpoint_begin(openrouter);
	} else if (event->kind == JSON_OBJECT_END) {
		endpoint_end(openrouter);
	} else if (event->kind != JSON_ARRAY_END &&
		   (event->kind != JSON_TEXT || event->last)) {
		openrouter->page.entries++;
		openrouter->page.odd++;
	}
}

static void
on_value(void *context, int tag, const struct json_event *event)
{
	struct classify_openrouter *openrouter = context;
	struct page *page = &openrouter->page;

	if (tag == TAG_LIST) {
		openrouter->is_page |= event->kind == JSON_ARRAY_BEGIN;
	} else if (tag == TAG_ENDPOINT) {
		on_endpoint(openrouter, event);
	} else if (tag >= TAG_WORKED) {
		openrouter->worked[tag - TAG_WORKED] = read_percent(event);
	} else if (tag == TAG_STATUS && event->kind == JSON_NUMBER) {
		openrouter->has_status = true;
		openrouter->status = read_status(event);
	} else if (event->kind == JSON_TEXT && tag != TAG_STATUS &&
		   page_word(&page->word, event)) {
		char *to = tag == TAG_NAME ? page->entry.id : openrouter->provider;

		(void)snprintf(to, PAGE_WORD_BYTES, "%s", page->word.text);
	}
}

void
classify_openrouter_begin(struct capture *capture,
    struct classify_openrouter *openrouter, const struct plan_probe *probe,
    const struct redact *redact)
{
	memset(openrouter, 0, sizeof(*openrouter));
	page_init(&openrouter->page, probe, redact);
	capture_init(capture, paths, LENGTH(paths), false, on_value, openrouter);
}

bool
classify_openrouter_done(struct classify_openrouter *openrouter)
{
	struct page *page = &openrouter->page;

	/* No endpoint at all is nothing that works. */
	if (!openrouter->is_page || page->entries == 0 || !page_done(page, true)) {
		return false;
	}
	(void)redact_text(page->redact, openrouter->figures,
	    strlen(openrouter->figures), false, openrouter->summary,
	    sizeof(openrouter->summary));
	for (uint32_t k = 0; k < page->kept; k++) {
		page->observation[k].scope = openrouter->summary;
	}
	return true;
}
