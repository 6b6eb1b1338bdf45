#include "agent/core/page.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void
page_init(
    struct page *page, const struct plan_probe *probe, const struct redact *redact)
{
	memset(page, 0, sizeof(*page));
	page->probe = probe;
	page->redact = redact;
}

bool
page_word(struct page_word *word, const struct json_event *event)
{
	if (!word->open) {
		word->open = true;
		word->cut = false;
		word->len = 0;
	}
	size_t room = sizeof(word->text) - 1 - word->len;
	size_t len = event->len < room ? event->len : room;

	word->cut |= event->len > room;
	memcpy(word->text + word->len, event->text, len);
	word->len = (uint16_t)(word->len + len);
	if (!event->last) {
		return false;
	}
	word->open = false;
	/* A zero byte inside would make it look like another, shorter word. */
	word->cut |= memchr(word->text, '\0', word->len) != NULL;
	word->text[word->cut ? 0 : word->len] = '\0';
	return true;
}

void
page_title(struct page_title *title, const struct json_event *event)
{
	size_t room = sizeof(title->text) - title->len;
	size_t len = event->len < room ? event->len : room;

	title->cut |= event->len > room;
	memcpy(title->text + title->len, event->text, len);
	title->len = (uint16_t)(title->len + len);
}

void
page_component_title(struct page *page, const char *name, char *status)
{
	struct page_title *title = &page->entry.title;
	int len;

	for (char *at = status; *at != '\0'; at++) {
		*at = *at == '_' ? ' ' : *at;
	}
	len = snprintf(title->text, sizeof(title->text), "%s: %s",
	    name[0] != '\0' ? name : "component", status);
	title->len = (uint16_t)(len > 0 ? len : 0);
}

void
page_scope(struct page_entry *entry, const char *name)
{
	size_t used = strlen(entry->scope);

	if (name[0] != '\0' && used + strlen(name) + 1 < sizeof(entry->scope)) {
		(void)snprintf(entry->scope + used, sizeof(entry->scope) - used, "%s%s",
		    used > 0 ? "," : "", name);
	}
}

/* The item at `*at`, without the line end; NULL behind the last. */
static const char *
next_item(const char **at, size_t *out_len)
{
	const char *item;

	*at += strspn(*at, "\n");
	if (**at == '\0') {
		return NULL;
	}
	item = *at;
	*out_len = strcspn(item, "\n");
	*at += *out_len;
	return item;
}

uint64_t
page_names(const struct page *page, const char *name)
{
	const char *at = page->probe->products;
	size_t name_len = strlen(name);
	const char *item;
	size_t len;
	uint64_t found = 0;

	for (unsigned i = 0;
	     i < PAGE_ITEMS_MAX && (item = next_item(&at, &len)) != NULL; i++) {
		if (item[0] != '~' && len == name_len && memcmp(item, name, len) == 0) {
			found |= UINT64_C(1) << i;
		}
	}
	return found;
}

bool
page_item(const struct page *page, unsigned i, char out[PAGE_WORD_BYTES])
{
	const char *at = page->probe->products;
	const char *item;
	size_t len;

	for (unsigned k = 0;
	     k < PAGE_ITEMS_MAX && (item = next_item(&at, &len)) != NULL; k++) {
		bool is_name = item[0] != '~' && len < PAGE_WORD_BYTES;

		if (k == i) {
			(void)snprintf(
			    out, PAGE_WORD_BYTES, "%.*s", is_name ? (int)len : 0, item);
			return true;
		}
	}
	return false;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_at(const char *text, const char *part, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (lower(text[i]) != lower(part[i])) {
			return false;
		}
	}
	return true;
}

bool
page_titles(const struct page *page, const struct page_title *title)
{
	const char *at = page->probe->products;
	const char *item;
	size_t len;

	while ((item = next_item(&at, &len)) != NULL) {
		if (item[0] != '~' || len < 2 || len - 1 > title->len) {
			continue;
		}
		for (size_t i = 0; i + len - 1 <= title->len; i++) {
			if (is_at(title->text + i, item + 1, len - 1)) {
				return true;
			}
		}
	}
	return false;
}

bool
page_mentions(const struct page *page, const char *text, size_t len)
{
	const char *at = page->probe->products;
	const char *item;
	size_t item_len;

	while ((item = next_item(&at, &item_len)) != NULL) {
		size_t mark = item[0] == '~' ? 1 : 0;
		size_t part = item_len - mark;

		for (size_t i = 0; part > 0 && i + part <= len; i++) {
			if (is_at(text + i, item + mark, part)) {
				return true;
			}
		}
	}
	return false;
}

bool
page_has_names(const struct page *page)
{
	const char *at = page->probe->products;
	const char *item;
	size_t len;

	while ((item = next_item(&at, &len)) != NULL) {
		if (item[0] != '~') {
			return true;
		}
	}
	return false;
}

bool
page_is_narrow(const struct page *page)
{
	const char *at = page->probe->products;
	size_t len;

	return next_item(&at, &len) != NULL;
}

void
page_link(struct page *page, const char *path)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
	const char *url = page->probe->url;
	const char *host = strstr(url, "://");
	size_t len;

	page->entry.url[0] = '\0';
	if (host == NULL || path[strspn(path, plain)] != '\0' ||
	    strstr(path, "..") != NULL) {
		return;
	}
	len = (size_t)(host - url) + 3 + strcspn(host + 3, "/?#");
	if (len + strlen(path) + 1 < sizeof(page->entry.url)) {
		(void)snprintf(page->entry.url, sizeof(page->entry.url), "%.*s/%s",
		    (int)len, url, path);
	}
}

/* Writes the entry into place `slot`. */
static void
keep_at(struct page *page, size_t slot)
{
	const struct page_entry *entry = &page->entry;
	struct page_texts *texts = &page->texts[slot];

	(void)redact_text(page->redact, entry->id, strlen(entry->id), false, texts->id,
	    sizeof(texts->id));
	if (texts->id[0] == '\0') {
		(void)snprintf(texts->id, sizeof(texts->id), "?");
	}
	(void)redact_text(page->redact, entry->title.text, entry->title.len,
	    entry->title.cut, texts->title, sizeof(texts->title));
	(void)redact_text(page->redact, entry->scope, strlen(entry->scope), false,
	    texts->scope, sizeof(texts->scope));
	(void)snprintf(texts->url, sizeof(texts->url), "%s", entry->url);
	page->observation[slot] = (struct observation){
	    .claim = entry->claim,
	    .begin_at = entry->begin_at,
	    .created_at = entry->created_at,
	    .modified_at = entry->modified_at,
	    .id = texts->id,
	    .title = texts->title,
	    .scope = texts->scope,
	    .url = texts->url,
	};
}

/* The place of the entry that matters least: the mildest, of these the oldest. */
static size_t
weakest(const struct page *page)
{
	size_t found = 0;

	for (size_t i = 1; i < page->kept; i++) {
		const struct observation *a = &page->observation[i];
		const struct observation *b = &page->observation[found];

		if (a->claim < b->claim ||
		    (a->claim == b->claim && a->begin_at.ns < b->begin_at.ns)) {
			found = i;
		}
	}
	return found;
}

void
page_keep(struct page *page)
{
	size_t slot;

	assert(page->entry.id[0] != '\0');
	assert(page->entry.claim != CLAIM_CLEAR);
	page->open++;
	if (page->kept < PAGE_KEPT) {
		keep_at(page, page->kept);
		page->kept++;
		return;
	}
	slot = weakest(page);
	if (page->entry.claim > page->observation[slot].claim) {
		keep_at(page, slot);
	}
}

static int64_t
changed_ns(struct wall modified_at)
{
	return modified_at.ns != 0 ? modified_at.ns : INT64_MAX;
}

void
page_keep_newest(struct page *page)
{
	size_t oldest = 0;

	assert(page->entry.id[0] != '\0');
	assert(page->entry.claim != CLAIM_CLEAR);
	page->open++;
	if (page->kept < PAGE_KEPT) {
		keep_at(page, page->kept);
		page->kept++;
		return;
	}
	for (size_t i = 1; i < page->kept; i++) {
		if (changed_ns(page->observation[i].modified_at) <
		    changed_ns(page->observation[oldest].modified_at)) {
			oldest = i;
		}
	}
	if (changed_ns(page->entry.modified_at) >
	    changed_ns(page->observation[oldest].modified_at)) {
		keep_at(page, oldest);
	}
}

void
page_forget(struct page *page, struct wall since)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < page->kept; i++) {
		if (changed_ns(page->observation[i].modified_at) >= since.ns) {
			page->observation[kept++] = page->observation[i];
		}
	}
	/* The others were older still than what was kept. */
	page->open = kept < page->kept ? kept : page->open;
	page->kept = kept;
}

/* Names that nothing on the page has: renamed, perhaps, and nobody tells us. */
static uint32_t
count_missing(const struct page *page)
{
	const char *at = page->probe->products;
	const char *item;
	size_t len;
	uint32_t missing = 0;

	for (unsigned i = 0;
	     i < PAGE_ITEMS_MAX && (item = next_item(&at, &len)) != NULL; i++) {
		if (item[0] != '~' && (page->found >> i & 1) == 0) {
			missing++;
		}
	}
	return missing;
}

bool
page_done(struct page *page, bool named)
{
	if (named) {
		uint32_t missing = count_missing(page);

		page->entries += missing;
		page->odd += missing;
	}
	if (page->open > 0) {
		return true;
	}
	if (page->odd > 0) {
		return false;
	}
	page->observation[0] = (struct observation){
	    .claim = CLAIM_CLEAR, .id = "", .title = "", .scope = "", .url = ""};
	page->kept = 1;
	return true;
}
