#include "agent/core/classify_gcloud_feed.h"

#include "agent/core/digest.h"

#include <stdio.h>
#include <string.h>

/* What stands between "feed:" and the dot behind it; false when the id has another form. */
static bool
incident_of(const char *id, char out[PAGE_WORD_BYTES])
{
	const char *from = strstr(id, ":feed:");
	size_t len;

	if (from == NULL) {
		return false;
	}
	from += sizeof(":feed:") - 1;
	len = strcspn(from, ".");
	if (len == 0 || len >= PAGE_WORD_BYTES) {
		return false;
	}
	(void)snprintf(out, PAGE_WORD_BYTES, "%.*s", (int)len, from);
	return true;
}

/* The line that begins with `name`, behind it; NULL when there is none. */
static const char *
list_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at == NULL ? NULL : at + strlen(name);
}

/* The next of a list with commas, up to the end of its line; false behind the last. */
static bool
next_name(const char **at, char out[PAGE_WORD_BYTES])
{
	size_t len;

	*at += strspn(*at, " ,");
	len = strcspn(*at, ",\n");
	if (len == 0) {
		return false;
	}
	(void)snprintf(
	    out, PAGE_WORD_BYTES, "%.*s", len < PAGE_WORD_BYTES ? (int)len : 0, *at);
	*at += len;
	return true;
}

static bool
concerns_us(const struct page *page, const struct feed_entry *read)
{
	const char *at = list_of(read->text, "Affected products:");
	char name[PAGE_WORD_BYTES];

	if (!page_is_narrow(page) || page_titles(page, &read->title) || at == NULL) {
		return true;
	}
	while (next_name(&at, name)) {
		if (page_names(page, name) != 0) {
			return true;
		}
	}
	/* The list was cut off with the text. */
	return read->text_len == FEED_TEXT_BYTES - 1 && *at == '\0';
}

/* The place of that incident, new or not; NULL when there is no room for another. */
static struct classify_gcloud_feed_incident *
find(struct classify_gcloud_feed *classify, const char *id)
{
	uint64_t hash = digest_text(DIGEST_START, id);

	for (uint32_t i = 0; i < classify->incidents; i++) {
		if (classify->incident[i].id_hash == hash) {
			return &classify->incident[i];
		}
	}
	if (classify->incidents == CLASSIFY_GCLOUD_FEED_INCIDENTS) {
		return NULL;
	}
	classify->incident[classify->incidents] =
	    (struct classify_gcloud_feed_incident){
		.id_hash = hash, .updated_at = {INT64_MIN}};
	return &classify->incident[classify->incidents++];
}

static void
keep(struct page *page, const struct feed_entry *read, const char *id)
{
	static const char mark[] = "UPDATE: ";
	struct page_entry *entry = &page->entry;
	const char *at = list_of(read->text, "Affected locations:");
	char name[PAGE_WORD_BYTES];
	char path[PAGE_WORD_BYTES + sizeof("incidents/")];

	memset(entry, 0, sizeof(*entry));
	entry->claim = CLAIM_DISRUPTION;
	entry->modified_at = read->updated_at;
	entry->title = read->title;
	if (entry->title.len > sizeof(mark) - 1 &&
	    memcmp(entry->title.text, mark, sizeof(mark) - 1) == 0) {
		entry->title.len = (uint16_t)(entry->title.len - (sizeof(mark) - 1));
		memmove(entry->title.text, read->title.text + sizeof(mark) - 1,
		    entry->title.len);
	}
	(void)snprintf(entry->id, sizeof(entry->id), "%s", id);
	while (at != NULL && next_name(&at, name)) {
		page_scope(entry, name);
	}
	(void)snprintf(path, sizeof(path), "incidents/%s", id);
	page_link(page, path);
	page_keep_newest(page);
}

static void
on_entry(void *context, const struct feed_entry *read)
{
	static const char over[] = "RESOLVED:";
	struct classify_gcloud_feed *classify = context;
	struct page *page = &classify->page;
	struct classify_gcloud_feed_incident *incident;
	char raw[PAGE_WORD_BYTES];
	char id[PAGE_ID_BYTES];

	page->entries++;
	if (!incident_of(read->id, raw) || read->updated_at.ns == 0) {
		page->odd++;
		return;
	}
	/* As it will stand in the observation, to be found by. */
	(void)redact_text(page->redact, raw, strlen(raw), false, id, sizeof(id));
	incident = find(classify, id);
	if (incident == NULL) {
		page->odd++;
		return;
	}
	if (read->updated_at.ns <= incident->updated_at.ns) {
		return; /* something newer is known already */
	}
	incident->updated_at = read->updated_at;
	incident->open = (read->title.len < sizeof(over) - 1 ||
			     memcmp(read->title.text, over, sizeof(over) - 1) != 0) &&
			 concerns_us(page, read);
	if (incident->open) {
		keep(page, read, id);
	}
}

void
classify_gcloud_feed_begin(struct classify_gcloud_feed *classify,
    const struct plan_probe *probe, const struct redact *redact)
{
	page_init(&classify->page, probe, redact);
	classify->incidents = 0;
	feed_init(&classify->feed, on_entry, classify);
}

void
classify_gcloud_feed_push(
    struct classify_gcloud_feed *classify, const void *data, size_t len)
{
	feed_push(&classify->feed, data, len);
}

/* True when that is the newest word of its incident. */
static bool
is_newest(struct classify_gcloud_feed *classify, const struct observation *kept)
{
	const struct classify_gcloud_feed_incident *incident = find(classify, kept->id);

	return incident != NULL && incident->open &&
	       incident->updated_at.ns == kept->modified_at.ns;
}

bool
classify_gcloud_feed_done(struct classify_gcloud_feed *classify)
{
	struct page *page = &classify->page;
	uint32_t kept = 0;
	uint32_t open = 0;

	if (!feed_end(&classify->feed)) {
		return false;
	}
	for (uint32_t i = 0; i < page->kept; i++) {
		if (is_newest(classify, &page->observation[i])) {
			page->observation[kept++] = page->observation[i];
		}
	}
	for (uint32_t i = 0; i < classify->incidents; i++) {
		open += classify->incident[i].open ? 1 : 0;
	}
	/* All that is open had to make room for what is over by now: nothing can be shown. */
	page->odd += kept == 0 ? open : 0;
	page->open = kept > 0 ? open : 0;
	page->kept = kept;
	return page_done(page, false);
}
