/* feed - the entries of an RSS or Atom feed, one at a time
 * Room: agent/core (pure).
 *
 * RSS 2.0 (https://www.rssboard.org/rss-specification) and Atom (RFC 4287): what a status
 * page offers to readers of news. Of an entry its title, id, link, dates, and the beginning
 * of its text are kept, the latter without its HTML: every tag is one line end, so that
 * "<b>Resolved</b> - all is well" keeps the border between a label and what follows it.
 * Categories are lines of the text, too. */
#ifndef AGENT_CORE_FEED_H
#define AGENT_CORE_FEED_H

#include "agent/core/page.h"
#include "agent/core/xml.h"
#include "common/core/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FEED_ID_BYTES = 192,
	FEED_LINK_BYTES = 256,
	FEED_DATE_BYTES = 48,
	FEED_TEXT_BYTES = 3072 /* kept of a text */
};

struct feed_entry {
	struct page_title title;
	struct wall published_at; /* 0 = not said, or no date */
	struct wall updated_at;
	char id[FEED_ID_BYTES]; /* guid, id, else the link; "" = none, or too long */
	char link[FEED_LINK_BYTES]; /* "" the same */
	char text[FEED_TEXT_BYTES]; /* lines */
	uint16_t text_len;
};

/* An entry is whole; borrowed for the call. */
typedef void feed_handler(void *context, const struct feed_entry *entry);

/* What is being read inside an entry. */
enum feed_field {
	FEED_NOTHING = 0,
	FEED_TITLE,
	FEED_ID,
	FEED_LINK,
	FEED_PUBLISHED,
	FEED_UPDATED,
	FEED_TEXT
};

struct feed {
	feed_handler *handler;
	void *context;
	bool is_rss;
	bool is_atom;
	bool is_feed; /* the root, and of RSS its channel, were there */
	bool in_entry;
	bool in_tag;  /* of HTML inside a text */
	bool at_less; /* a '<' was the last letter */
	bool cut;     /* what is read is longer than its place */
	enum feed_field field;
	uint32_t len;               /* of the id, link or date being read */
	char date[FEED_DATE_BYTES]; /* being read */
	struct feed_entry entry;
	struct xml xml;
};

/* Starts a feed; `handler` and `context` are kept until the last feed_push(). A struct feed
 * must not be moved while it is in use. */
void feed_init(struct feed *feed, feed_handler *handler, void *context);

void feed_push(struct feed *feed, const void *data, size_t len);

/* No more comes. True when it was a feed, and whole. */
bool feed_end(struct feed *feed);

/* Reads a date of RFC 822 as RSS has it ("Tue, 10 Jun 2003 04:00:00 GMT", "+0200", "PDT"),
 * or of RFC 3339. False for anything else; `out_at` is then untouched. */
bool feed_date(const char *text, struct wall *out_at);

#endif
