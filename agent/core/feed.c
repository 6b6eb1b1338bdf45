#include "agent/core/feed.h"

#include "common/core/chars.h"
#include "common/core/rfc3339.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Digits at `*at`, at most `digits_max`; -1 when there are none. */
static int
number(const char **at, int digits_max)
{
	int value = 0;
	int digits = 0;

	while (digits < digits_max && chars_is_digit(**at)) {
		value = value * 10 + (**at - '0');
		(*at)++;
		digits++;
	}
	return digits > 0 ? value : -1;
}

static void
skip_spaces(const char **at)
{
	*at += strspn(*at, " \t\r\n");
}

static int
month(const char **at)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++) {
		if (strncmp(*at, names + (size_t)i * 3, 3) == 0) {
			*at += 3;
			return i + 1;
		}
	}
	return -1;
}

/* The offset as RFC 3339 writes it; NULL for a zone that is not known. */
static const char *
zone(const char *text, char out[8])
{
	static const struct {
		const char *name;
		const char *offset;
	} zones[] = {{"GMT", "Z"}, {"UTC", "Z"}, {"UT", "Z"}, {"Z", "Z"},
	    {"EST", "-05:00"}, {"EDT", "-04:00"}, {"CST", "-06:00"}, {"CDT", "-05:00"},
	    {"MST", "-07:00"}, {"MDT", "-06:00"}, {"PST", "-08:00"}, {"PDT", "-07:00"}};
	size_t len = strcspn(text, " \t\r\n");

	for (size_t i = 0; i < LENGTH(zones); i++) {
		if (strlen(zones[i].name) == len &&
		    memcmp(zones[i].name, text, len) == 0) {
			return zones[i].offset;
		}
	}
	if (len != 5 || (text[0] != '+' && text[0] != '-') ||
	    strspn(text + 1, "0123456789") < 4) {
		return NULL;
	}
	(void)snprintf(out, 8, "%.3s:%.2s", text, text + 3);
	return out;
}

bool
feed_date(const char *text, struct wall *out_at)
{
	const char *at = text;
	const char *comma = strchr(text, ',');
	char iso[FEED_DATE_BYTES];
	char offset[8];
	int second = 0;

	skip_spaces(&at);
	if (rfc3339_read(at, out_at)) {
		return true;
	}
	at = comma != NULL ? comma + 1 : at;
	skip_spaces(&at);
	int day = number(&at, 2);
	skip_spaces(&at);
	int mon = month(&at);
	skip_spaces(&at);
	int year = number(&at, 4);
	skip_spaces(&at);
	int hour = number(&at, 2);
	at += *at == ':' ? 1 : 0;
	int minute = number(&at, 2);
	if (*at == ':') {
		at++;
		second = number(&at, 2);
	}
	skip_spaces(&at);
	const char *where = zone(at, offset);
	if (day < 0 || mon < 0 || year < 1000 || hour < 0 || minute < 0 || second < 0 ||
	    where == NULL) {
		return false;
	}
	(void)snprintf(iso, sizeof(iso), "%04d-%02d-%02dT%02d:%02d:%02d%s", year, mon,
	    day, hour, minute, second, where);
	return rfc3339_read(iso, out_at);
}

static void
add_letter(struct feed_entry *entry, char c)
{
	if (entry->text_len < sizeof(entry->text) - 1) {
		entry->text[entry->text_len++] = c == '\0' ? ' ' : c;
	}
}

/* What follows is no part of the word before. */
static void
add_border(struct feed_entry *entry)
{
	if (entry->text_len > 0 && entry->text[entry->text_len - 1] != '\n') {
		add_letter(entry, '\n');
	}
}

/* A tag of HTML is '<' and a letter, '/' or '!'; anything else is "less than". */
static bool
begins_tag(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '!';
}

static void
add_html(struct feed *feed, const char *text, size_t len)
{
	struct feed_entry *entry = &feed->entry;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (feed->in_tag) {
			feed->in_tag = c != '>';
			continue;
		}
		if (feed->at_less) {
			feed->at_less = false;
			feed->in_tag = begins_tag(c);
			if (feed->in_tag) {
				add_border(entry);
				continue;
			}
			add_letter(entry, '<');
		}
		feed->at_less = c == '<';
		if (!feed->at_less) {
			add_letter(entry, c == '\r' || c == '\n' ? ' ' : c);
		}
	}
}

/* Appends to one of the short fields; one that is too long is none. */
static void
add_short(struct feed *feed, char *field, size_t cap, const struct xml_event *event)
{
	feed->cut |= event->len > cap - 1 - feed->len ||
		     memchr(event->text, '\0', event->len) != NULL;
	if (!feed->cut) {
		memcpy(field + feed->len, event->text, event->len);
		feed->len += (uint32_t)event->len;
	}
	field[feed->cut ? 0 : feed->len] = '\0';
}

static void
on_text(struct feed *feed, const struct xml_event *event)
{
	struct feed_entry *entry = &feed->entry;
	const struct json_event piece = {
	    .kind = JSON_TEXT, .text = event->text, .len = event->len};

	switch (feed->field) {
	case FEED_TITLE:
		page_title(&entry->title, &piece);
		break;
	case FEED_ID:
		add_short(feed, entry->id, sizeof(entry->id), event);
		break;
	case FEED_LINK:
		add_short(feed, entry->link, sizeof(entry->link), event);
		break;
	case FEED_PUBLISHED:
	case FEED_UPDATED:
		add_short(feed, feed->date, sizeof(feed->date), event);
		break;
	case FEED_TEXT:
		add_html(feed, event->text, event->len);
		break;
	case FEED_NOTHING:
		break;
	}
}

static enum feed_field
field_of(const char *name)
{
	static const struct {
		const char *name;
		enum feed_field field;
	} fields[] = {{"title", FEED_TITLE}, {"guid", FEED_ID}, {"id", FEED_ID},
	    {"link", FEED_LINK}, {"pubDate", FEED_PUBLISHED},
	    {"published", FEED_PUBLISHED}, {"updated", FEED_UPDATED},
	    {"description", FEED_TEXT}, {"content:encoded", FEED_TEXT},
	    {"content", FEED_TEXT}, {"summary", FEED_TEXT}, {"category", FEED_TEXT}};

	for (size_t i = 0; i < LENGTH(fields); i++) {
		if (strcmp(fields[i].name, name) == 0) {
			return fields[i].field;
		}
	}
	return FEED_NOTHING;
}

/* The value of an attribute, "" = none. */
static const char *
attribute(const struct xml_event *event, const char *name)
{
	for (const char *const *at = event->attribute; *at != NULL; at += 2) {
		if (strcmp(at[0], name) == 0) {
			return at[1];
		}
	}
	return "";
}

/* Atom: where the entry can be read; an entry may have others, of other kinds. */
static void
take_link(struct feed *feed, const struct xml_event *event)
{
	const char *rel = attribute(event, "rel");
	const char *href = attribute(event, "href");

	if ((rel[0] == '\0' || strcmp(rel, "alternate") == 0) && href[0] != '\0' &&
	    strlen(href) < sizeof(feed->entry.link)) {
		(void)snprintf(feed->entry.link, sizeof(feed->entry.link), "%s", href);
	}
}

static void
field_begin(struct feed *feed, const struct xml_event *event)
{
	feed->field = field_of(event->name);
	feed->len = 0;
	feed->cut = false;
	feed->in_tag = false;
	feed->at_less = false;
	if (feed->field == FEED_LINK && feed->is_atom) {
		take_link(feed, event);
		feed->field = FEED_NOTHING;
	} else if (feed->field == FEED_TEXT) {
		const char *term = attribute(event, "term");

		add_border(&feed->entry);
		add_html(feed, term, strlen(term));
	} else if (feed->field == FEED_PUBLISHED || feed->field == FEED_UPDATED) {
		feed->date[0] = '\0';
	}
}

static void
field_end(struct feed *feed)
{
	struct feed_entry *entry = &feed->entry;

	if (feed->field == FEED_PUBLISHED) {
		(void)feed_date(feed->date, &entry->published_at);
	} else if (feed->field == FEED_UPDATED) {
		(void)feed_date(feed->date, &entry->updated_at);
	} else if (feed->field == FEED_TEXT) {
		add_border(entry);
	}
	feed->field = FEED_NOTHING;
}

static void
entry_end(struct feed *feed)
{
	struct feed_entry *entry = &feed->entry;

	entry->text[entry->text_len] = '\0';
	if (entry->id[0] == '\0') {
		_Static_assert(FEED_ID_BYTES <= FEED_LINK_BYTES, "the end of a link");
		size_t len = strlen(entry->link);
		size_t skip =
		    len >= sizeof(entry->id) ? len - sizeof(entry->id) + 1 : 0;

		(void)snprintf(entry->id, sizeof(entry->id), "%s", entry->link + skip);
	}
	feed->in_entry = false;
	feed->handler(feed->context, entry);
}

/* Outside of entries: what kind of feed it is, and where an entry begins. */
static void
outside(struct feed *feed, const struct xml_event *event)
{
	uint32_t depth = feed->is_rss ? 3 : 2;
	const char *name = feed->is_rss ? "item" : "entry";

	if (event->depth == 1) {
		feed->is_rss = strcmp(event->name, "rss") == 0;
		feed->is_atom = strcmp(event->name, "feed") == 0;
		feed->is_feed = feed->is_atom;
	} else if (feed->is_rss && event->depth == 2) {
		feed->is_feed |= strcmp(event->name, "channel") == 0;
	}
	if (feed->is_feed && event->depth == depth && strcmp(event->name, name) == 0) {
		memset(&feed->entry, 0, sizeof(feed->entry));
		feed->field = FEED_NOTHING;
		feed->in_entry = true;
	}
}

static void
on_event(void *context, const struct xml_event *event)
{
	struct feed *feed = context;
	uint32_t entry_depth = feed->is_rss ? 3 : 2;

	if (!feed->in_entry) {
		if (event->kind == XML_ELEMENT) {
			outside(feed, event);
		}
		return;
	}
	switch (event->kind) {
	case XML_ELEMENT:
		if (event->depth == entry_depth + 1) {
			field_begin(feed, event);
		} else if (feed->field == FEED_TEXT) {
			add_border(&feed->entry); /* XHTML that is not escaped */
		}
		break;
	case XML_ELEMENT_END:
		if (event->depth == entry_depth) {
			entry_end(feed);
		} else if (event->depth == entry_depth + 1) {
			field_end(feed);
		} else if (feed->field == FEED_TEXT) {
			add_border(&feed->entry);
		}
		break;
	case XML_TEXT:
		on_text(feed, event);
		break;
	}
}

void
feed_init(struct feed *feed, feed_handler *handler, void *context)
{
	feed->handler = handler;
	feed->context = context;
	feed->is_rss = false;
	feed->is_atom = false;
	feed->is_feed = false;
	feed->in_entry = false;
	feed->field = FEED_NOTHING;
	xml_init(&feed->xml, on_event, feed);
}

void
feed_push(struct feed *feed, const void *data, size_t len)
{
	(void)xml_push(&feed->xml, data, len);
}

bool
feed_end(struct feed *feed)
{
	return xml_end(&feed->xml) == XML_WHOLE && feed->is_feed;
}
