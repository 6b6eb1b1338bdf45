/* page - what is open on a status page, whatever form the page has
 * Room: agent/core (pure).
 *
 * A reader of one vendor's form fills `entry` while the page streams by and calls
 * page_keep() for what is open and concerns us. At most PAGE_KEPT entries are held, the
 * gravest; their texts are redacted and cut. A page is clear only when nothing is open and
 * everything on it was understood.
 *
 * What concerns us is said by plan_probe.products: one item a line, the id or the name of
 * a component, or "~" and a part of a title. No items: everything does. */
#ifndef AGENT_CORE_PAGE_H
#define AGENT_CORE_PAGE_H

#include "agent/core/redact.h"
#include "common/core/json.h"
#include "common/core/plan.h"
#include "common/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PAGE_KEPT = 8,
	PAGE_ITEMS_MAX = 64, /* items that are looked at */
	PAGE_WORD_BYTES = 96,
	PAGE_RAW_BYTES = 320,
	PAGE_ID_BYTES = 64,
	PAGE_TITLE_BYTES = 160,
	PAGE_SCOPE_BYTES = 160,
	PAGE_URL_BYTES = 192
};

/* A short text of the page being put together; it counts only when it came whole. */
struct page_word {
	bool open;
	bool cut;
	uint16_t len;
	char text[PAGE_WORD_BYTES];
};

/* A title, as it came. */
struct page_title {
	bool cut;
	uint16_t len;
	char text[PAGE_RAW_BYTES];
};

/* The entry being read. */
struct page_entry {
	enum claim claim;
	struct wall begin_at;
	struct wall created_at;
	struct wall modified_at;
	struct page_title title;
	char id[PAGE_WORD_BYTES];
	char scope[PAGE_SCOPE_BYTES]; /* comma-separated, as it came */
	char url[PAGE_URL_BYTES];
};

/* The texts of a kept observation. */
struct page_texts {
	char id[PAGE_ID_BYTES];
	char title[PAGE_TITLE_BYTES];
	char scope[PAGE_SCOPE_BYTES];
	char url[PAGE_URL_BYTES];
};

struct page {
	const struct plan_probe *probe; /* borrowed */
	const struct redact *redact;    /* borrowed */
	uint32_t entries;
	uint32_t odd;  /* of these, not understood */
	uint32_t open; /* of these, open and of concern */
	uint32_t kept;
	uint64_t found; /* items that name something on the page */
	struct page_word word;
	struct page_entry entry;
	struct observation observation[PAGE_KEPT];
	struct page_texts texts[PAGE_KEPT];
};

/* Starts a page; both arguments are borrowed until page_done(). */
void page_init(
    struct page *page, const struct plan_probe *probe, const struct redact *redact);

/* Adds a piece of a text. True when it is there as a whole: `word->text`, which is "" when
 * it was too long. */
bool page_word(struct page_word *word, const struct json_event *event);
void page_title(struct page_title *title, const struct json_event *event);

/* Makes "name: status" the entry's title; blanks for the underscores in `status`, which is
 * changed. A component without a name is called so. */
void page_component_title(struct page *page, const char *name, char *status);

/* Appends `name` to the entry's scope; what does not fit is left out. */
void page_scope(struct page_entry *entry, const char *name);

/* The items that are `name` ("" = none), as bits for `found`. */
uint64_t page_names(const struct page *page, const char *name);

/* Item number `i` when it is a name, "" when it is a part of a title (or too long); its bit
 * in `found` is the same number. False behind the last one. */
bool page_item(const struct page *page, unsigned i, char out[PAGE_WORD_BYTES]);

/* True when a part of `title` is an item; letters of either case are the same. */
bool page_titles(const struct page *page, const struct page_title *title);

/* True when there are items: of names, and of titles. */
bool page_has_names(const struct page *page);
bool page_is_narrow(const struct page *page);

/* True when an item, of either kind, is a part of the text. */
bool page_mentions(const struct page *page, const char *text, size_t len);

/* Keeps the entry: it is open and concerns us. It has an id. */
void page_keep(struct page *page);

/* The same, but where there is no room the entry that was changed longest ago goes,
 * whatever it says: for lists that are to be looked through again. Without a date it was
 * changed just now. */
void page_keep_newest(struct page *page);

/* Drops what was last changed before `since`; without a date it stays. Only for pages that
 * were filled by page_keep_newest(). */
void page_forget(struct page *page, struct wall since);

/* Writes "scheme://host/" of the probe's URL and `path` into the entry's `url`, when it
 * fits and `path` is letters, digits and "/._-" only. */
void page_link(struct page *page, const char *path);

/* The page came whole. With `named`, an item naming a component that is not on the page
 * counts as not understood. True when something can be said: `observation[0..kept)` holds
 * the open entries, or one CLAIM_CLEAR without an id. */
bool page_done(struct page *page, bool named);

#endif
