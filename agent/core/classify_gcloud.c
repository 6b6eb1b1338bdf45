#include "agent/core/classify_gcloud.h"

#include "agent/core/digest.h"
#include "common/core/rfc3339.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum tag {
	TAG_ENTRY = 0,
	TAG_ID,
	TAG_BEGIN,
	TAG_CREATED,
	TAG_MODIFIED,
	TAG_END,
	TAG_TITLE,
	TAG_STATUS,
	TAG_URI,
	TAG_PRODUCTS,
	TAG_PRODUCT,
	TAG_PRODUCT_ID,
	TAG_LOCATION,
	TAG_COUNT
};

static const struct capture_path paths[] = {
    {{"[]"}, TAG_ENTRY},
    {{"[]", "id"}, TAG_ID},
    {{"[]", "begin"}, TAG_BEGIN},
    {{"[]", "created"}, TAG_CREATED},
    {{"[]", "modified"}, TAG_MODIFIED},
    {{"[]", "end"}, TAG_END},
    {{"[]", "external_desc"}, TAG_TITLE},
    {{"[]", "status_impact"}, TAG_STATUS},
    {{"[]", "most_recent_update", "status"}, TAG_STATUS},
    {{"[]", "uri"}, TAG_URI},
    {{"[]", "affected_products"}, TAG_PRODUCTS},
    {{"[]", "affected_products", "[]"}, TAG_PRODUCT},
    {{"[]", "affected_products", "[]", "id"}, TAG_PRODUCT_ID},
    {{"[]", "currently_affected_locations", "[]", "id"}, TAG_LOCATION},
};

/* Printable ASCII without spaces and not empty. */
static bool
is_token(const char *text)
{
	const char *at = text;

	while (*at > ' ' && *at <= '~') {
		at++;
	}
	return at > text && *at == '\0';
}

/* The more severe of what is known so far and a status. AVAILABLE does not close an entry
 * that has no end; a word we do not know is taken for a disruption. */
static void
raise_claim(struct classify_gcloud_entry *entry, const char *status)
{
	enum claim claim = CLAIM_DISRUPTION;

	if (strcmp(status, "SERVICE_OUTAGE") == 0) {
		claim = CLAIM_OUTAGE;
	} else if (strcmp(status, "SERVICE_INFORMATION") == 0 ||
		   strcmp(status, "AVAILABLE") == 0) {
		claim = CLAIM_INFORMATION;
	}
	if (claim > entry->claim) {
		entry->claim = claim;
	}
}

static bool
is_watched(const char *products, const char *id)
{
	size_t id_len = strlen(id);

	for (const char *at = products; *at != '\0';) {
		at += strspn(at, ", ");
		size_t len = strcspn(at, ", ");
		if (len == id_len && len > 0 && memcmp(at, id, len) == 0) {
			return true;
		}
		at += len;
	}
	return false;
}

static void
add_product(struct classify_gcloud_products *products, const char *id)
{
	if (products->len < CLASSIFY_GCLOUD_PRODUCTS) {
		products->hash[products->len++] =
		    (uint32_t)digest_text(DIGEST_START, id);
	}
}

static bool
overlap(
    const struct classify_gcloud_products *a, const struct classify_gcloud_products *b)
{
	for (uint32_t i = 0; i < a->len; i++) {
		for (uint32_t k = 0; k < b->len; k++) {
			if (a->hash[i] == b->hash[k]) {
				return true;
			}
		}
	}
	return false;
}

static void
add_location(struct classify_gcloud_entry *entry, const char *id)
{
	size_t used = strlen(entry->scope);
	size_t room = sizeof(entry->scope) - used - sizeof(",+9999");

	if (!is_token(id)) {
		return;
	}
	if (entry->scope_more > 0 || strlen(id) + 1 >= room) {
		entry->scope_more =
		    (uint16_t)(entry->scope_more + (entry->scope_more < 9999));
		return;
	}
	(void)snprintf(entry->scope + used, sizeof(entry->scope) - used, "%s%s",
	    used > 0 ? "," : "", id);
}

/* A text value is there as a whole. */
static void
word_done(struct classify_gcloud *page, enum tag tag)
{
	struct classify_gcloud_entry *entry = &page->entry;
	const char *word = page->word;
	bool good = !page->word_cut && is_token(word);
	struct wall at;

	switch (tag) {
	case TAG_ID:
		entry->odd = !good || page->word_len >= sizeof(entry->id);
		(void)snprintf(entry->id, sizeof(entry->id), "%.*s",
		    (int)sizeof(entry->id) - 1, entry->odd ? "" : word);
		break;
	case TAG_BEGIN:
		(void)rfc3339_read(word, &entry->begin_at);
		break;
	case TAG_CREATED:
		(void)rfc3339_read(word, &entry->created_at);
		break;
	case TAG_MODIFIED:
		(void)rfc3339_read(word, &entry->modified_at);
		break;
	case TAG_END:
		entry->closed = rfc3339_read(word, &at);
		break;
	case TAG_STATUS:
		raise_claim(entry, word);
		break;
	case TAG_URI:
		/* It goes behind the page's own address and must not lead elsewhere. */
		(void)snprintf(entry->uri, sizeof(entry->uri), "%s",
		    good && strpbrk(word, ":?#\\\"<>") == NULL && word[0] != '/' ? word
										 : "");
		break;
	case TAG_PRODUCT_ID:
		entry->product_named = good;
		entry->matched |= good && is_watched(page->probe->products, word);
		if (good) {
			add_product(&entry->products, word);
		}
		break;
	case TAG_LOCATION:
		add_location(entry, good ? word : "");
		break;
	case TAG_TITLE:
	case TAG_ENTRY:
	case TAG_PRODUCTS:
	case TAG_PRODUCT:
	case TAG_COUNT:
		break;
	}
}

static void
add_title(struct classify_gcloud_entry *entry, const struct json_event *event)
{
	size_t room = sizeof(entry->title) - entry->title_len;
	size_t len = event->len < room ? event->len : room;

	entry->title_cut |= event->len > room;
	memcpy(entry->title + entry->title_len, event->text, len);
	entry->title_len = (uint16_t)(entry->title_len + len);
}

static void
add_word(struct classify_gcloud *page, enum tag tag, const struct json_event *event)
{
	if (!page->word_open) {
		page->word_open = true;
		page->word_cut = false;
		page->word_len = 0;
	}
	size_t room = sizeof(page->word) - 1 - page->word_len;
	size_t len = event->len < room ? event->len : room;
	page->word_cut |= event->len > room;
	memcpy(page->word + page->word_len, event->text, len);
	page->word_len = (uint16_t)(page->word_len + len);
	page->word[page->word_len] = '\0';
	if (event->last) {
		page->word_open = false;
		word_done(page, tag);
	}
}

static void
entry_begin(struct classify_gcloud *page)
{
	memset(&page->entry, 0, sizeof(page->entry));
	page->entry.odd = true; /* until it has an id */
}

/* Without a list of products, or with a product that is not named, it may be ours. */
static bool
concerns_us(const struct classify_gcloud *page)
{
	const struct classify_gcloud_entry *entry = &page->entry;

	return page->probe->products[0] == '\0' || entry->matched ||
	       !entry->products_listed || entry->product_unknown;
}

static void
write_url(const char *page_url, const char *uri, char *out, size_t cap)
{
	size_t len = strcspn(page_url, "?#");

	while (len > 0 && page_url[len - 1] != '/') {
		len--;
	}
	out[0] = '\0';
	if (uri[0] != '\0' && len + strlen(uri) < cap) {
		(void)snprintf(out, cap, "%.*s%s", (int)len, page_url, uri);
	}
}

/* Writes the entry into place `slot`. */
static void
keep_at(struct classify_gcloud *page, size_t slot)
{
	struct classify_gcloud_entry *entry = &page->entry;
	struct classify_gcloud_texts *texts = &page->texts[slot];
	size_t used = strlen(entry->scope);

	page->products[slot] = entry->products;
	(void)snprintf(texts->id, sizeof(texts->id), "%s", entry->id);
	(void)redact_text(page->redact, entry->title, entry->title_len,
	    entry->title_cut, texts->title, sizeof(texts->title));
	if (entry->scope_more > 0) {
		(void)snprintf(entry->scope + used, sizeof(entry->scope) - used,
		    "%s+%u", used > 0 ? "," : "", (unsigned)entry->scope_more);
	}
	(void)snprintf(texts->scope, sizeof(texts->scope), "%s", entry->scope);
	write_url(page->probe->url, entry->uri, texts->url, sizeof(texts->url));
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

/* One outage is sometimes published as several entries with the same begin. The first one
 * published stands for all, whatever order the page has today. */
static void
merge(struct classify_gcloud *page, size_t slot)
{
	struct observation *kept = &page->observation[slot];
	const struct classify_gcloud_entry *entry = &page->entry;
	enum claim claim = kept->claim > entry->claim ? kept->claim : entry->claim;
	struct wall modified_at = kept->modified_at.ns > entry->modified_at.ns
				      ? kept->modified_at
				      : entry->modified_at;
	struct classify_gcloud_products both = page->products[slot];
	bool earlier = entry->created_at.ns < kept->created_at.ns ||
		       (entry->created_at.ns == kept->created_at.ns &&
			   strcmp(entry->id, kept->id) < 0);

	if (earlier) {
		keep_at(page, slot);
	}
	kept->claim = claim;
	kept->modified_at = modified_at;
	for (uint32_t i = 0; i < entry->products.len; i++) {
		struct classify_gcloud_products one = {1, {entry->products.hash[i]}};

		if (!overlap(&both, &one) && both.len < CLASSIFY_GCLOUD_PRODUCTS) {
			both.hash[both.len++] = entry->products.hash[i];
		}
	}
	page->products[slot] = both;
}

/* The place of the entry that matters least: the mildest, of these the oldest. */
static size_t
weakest(const struct classify_gcloud *page)
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

static void
keep(struct classify_gcloud *page)
{
	const struct classify_gcloud_entry *entry = &page->entry;

	for (size_t i = 0; entry->begin_at.ns != 0 && i < page->kept; i++) {
		if (page->observation[i].begin_at.ns == entry->begin_at.ns &&
		    overlap(&page->products[i], &entry->products)) {
			merge(page, i);
			return;
		}
	}
	page->open++;
	if (page->kept < CLASSIFY_GCLOUD_KEPT) {
		keep_at(page, page->kept);
		page->kept++;
		return;
	}
	size_t slot = weakest(page);
	if (entry->claim > page->observation[slot].claim) {
		keep_at(page, slot);
	}
}

static void
entry_end(struct classify_gcloud *page)
{
	page->entries++;
	if (page->entry.odd) {
		page->odd++;
		return;
	}
	if (page->entry.claim == CLAIM_CLEAR) {
		page->entry.claim = CLAIM_INFORMATION; /* open without a status */
	}
	if (!page->entry.closed && concerns_us(page)) {
		keep(page);
	}
}

static void
container(struct classify_gcloud *page, enum tag tag, enum json_kind kind)
{
	struct classify_gcloud_entry *entry = &page->entry;

	if (tag == TAG_ENTRY && kind == JSON_OBJECT_BEGIN) {
		entry_begin(page);
	} else if (tag == TAG_ENTRY && kind == JSON_OBJECT_END) {
		entry_end(page);
	} else if (tag == TAG_PRODUCTS && kind == JSON_ARRAY_BEGIN) {
		entry->products_listed = true;
	} else if (tag == TAG_PRODUCT && kind == JSON_OBJECT_BEGIN) {
		entry->product_named = false;
	} else if (tag == TAG_PRODUCT && kind == JSON_OBJECT_END) {
		entry->product_unknown |= !entry->product_named;
	}
}

static void
on_value(void *context, int number, const struct json_event *event)
{
	struct classify_gcloud *page = context;
	enum tag tag = (enum tag)number;
	bool text = event->kind == JSON_TEXT;
	bool object =
	    event->kind == JSON_OBJECT_BEGIN || event->kind == JSON_OBJECT_END;

	if (tag == TAG_ENTRY && !object && (!text || event->last) &&
	    event->kind != JSON_ARRAY_END) {
		page->entries++; /* an entry that is no object */
		page->odd++;
	} else if (tag == TAG_PRODUCT && !object) {
		page->entry.product_unknown = true;
	} else if (tag == TAG_TITLE && text) {
		add_title(&page->entry, event);
	} else if (text) {
		add_word(page, tag, event);
	} else {
		container(page, tag, event->kind);
	}
}

void
classify_gcloud_begin(struct capture *capture, struct classify_gcloud *page,
    const struct plan_probe *probe, const struct redact *redact)
{
	memset(page, 0, sizeof(*page));
	page->probe = probe;
	page->redact = redact;
	capture_init(capture, paths, LENGTH(paths), false, on_value, page);
}

bool
classify_gcloud_done(struct classify_gcloud *page)
{
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
