#include "agent/core/classify_feed.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum {
	WORDS_BACK = 3, /* looked at in front of "resolved" */
	WORD_BYTES = 24
};

/* A part of a text. */
struct span {
	const char *at;
	size_t len;
};

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Letters, digits, and what joins them: "non-operational" and "isn't" are one word. */
static bool
is_letter(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '\'' || (unsigned char)c >= 0x80;
}

static bool
same(struct span span, const char *word)
{
	size_t i = 0;

	for (; i < span.len && word[i] != '\0'; i++) {
		if (lower(span.at[i]) != word[i]) {
			return false;
		}
	}
	return i == span.len && word[i] == '\0';
}

static bool
is_among(struct span span, const char *const *words, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (same(span, words[i])) {
			return true;
		}
	}
	return false;
}

/* Without spaces, brackets, dashes and the like at both ends. */
static struct span
trim(struct span span)
{
	while (span.len > 0 && strchr(" \t-:.,;[]()!", span.at[0]) != NULL) {
		span.at++;
		span.len--;
	}
	while (span.len > 0 && strchr(" \t-:.,;[]()!", span.at[span.len - 1]) != NULL) {
		span.len--;
	}
	return span;
}

/* The line at `*at`, trimmed; false behind the last one. */
static bool
next_line(const char **at, struct span *out)
{
	if (**at == '\0') {
		return false;
	}
	out->at = *at;
	out->len = strcspn(*at, "\n");
	*at += out->len + ((*at)[out->len] == '\n' ? 1 : 0);
	*out = trim(*out);
	return true;
}

/* What a label says; false when it is none. */
static bool
label(struct span span, enum classify_feed_state *out)
{
	static const char *const over[] = {"resolved", "completed", "postmortem",
	    "post-mortem", "closed", "fixed", "operational"};
	static const char *const open[] = {"investigating", "identified", "monitoring",
	    "update", "in progress", "in_progress", "verifying", "degraded",
	    "partial outage", "major outage", "ongoing", "detected"};
	static const char *const announced[] = {"scheduled", "planned", "upcoming"};

	if (is_among(span, over, LENGTH(over))) {
		*out = CLASSIFY_FEED_OVER;
	} else if (is_among(span, open, LENGTH(open))) {
		*out = CLASSIFY_FEED_OPEN;
	} else if (is_among(span, announced, LENGTH(announced))) {
		*out = CLASSIFY_FEED_ANNOUNCED;
	} else {
		return false;
	}
	return true;
}

/* What stands behind "Status:" in that line, "" when it is no such line. */
static struct span
value_of(struct span line, const char *name)
{
	size_t len = strlen(name);

	if (line.len > len && same((struct span){line.at, len}, name)) {
		return trim((struct span){line.at + len, line.len - len});
	}
	return (struct span){"", 0};
}

/* By "Status: X" and labels; false when there are none. */
static bool
by_labels(const char *text, enum classify_feed_state *out)
{
	enum classify_feed_state each;
	struct span line;
	bool found = false;

	while (next_line(&text, &line)) {
		struct span status = value_of(line, "status:");

		if (status.len > 0) {
			/* A word that is not known keeps it open. */
			*out = CLASSIFY_FEED_OPEN;
			(void)label(status, out);
			return true;
		}
		/* A component's state stands behind its name, not for the entry. */
		if (!label(line, &each) || same(line, "operational")) {
			continue;
		}
		if (!found || each == CLASSIFY_FEED_OVER ||
		    (each == CLASSIFY_FEED_OPEN && *out == CLASSIFY_FEED_ANNOUNCED)) {
			*out = each;
		}
		found = true;
	}
	return found;
}

static bool
takes_back(struct span word)
{
	static const char *const words[] = {"not", "isn't", "wasn't", "aren't",
	    "hasn't", "never", "until", "once", "when", "if", "before", "be", "being",
	    "partially", "partly", "yet", "unless", "no"};

	return is_among(word, words, LENGTH(words));
}

/* The last words in front of what is being read, oldest first. */
struct words {
	struct span word[WORDS_BACK];
};

static void
remember(struct words *words, struct span word)
{
	for (size_t i = 1; i < WORDS_BACK; i++) {
		words->word[i - 1] = words->word[i];
	}
	words->word[WORDS_BACK - 1] = word;
}

static bool
is_taken_back(const struct words *words)
{
	for (size_t i = 0; i < WORDS_BACK; i++) {
		if (takes_back(words->word[i])) {
			return true;
		}
	}
	return false;
}

/* By what is said in prose. */
static bool
says_over(const char *text, size_t len)
{
	static const char *const over[] = {"resolved", "completed", "operational"};
	struct words words = {0};
	size_t at = 0;

	while (at < len) {
		struct span word = {text + at, 0};

		while (at < len && is_letter(text[at])) {
			at++;
			word.len++;
		}
		if (word.len == 0) {
			/* What was said in another sentence takes nothing back. */
			if (strchr(".!?;\n", text[at]) != NULL) {
				words = (struct words){0};
			}
			at++;
			continue;
		}
		bool bracket =
		    word.at > text && word.at[-1] == '(' && at < len && text[at] == ')';
		if (!bracket && is_among(word, over, LENGTH(over)) &&
		    !is_taken_back(&words)) {
			return true;
		}
		remember(&words, word);
	}
	return false;
}

enum classify_feed_state
classify_feed_state(const struct feed_entry *entry)
{
	enum classify_feed_state state;

	if (by_labels(entry->text, &state)) {
		return state;
	}
	return says_over(entry->title.text, entry->title.len) ||
		       says_over(entry->text, entry->text_len)
		   ? CLASSIFY_FEED_OVER
		   : CLASSIFY_FEED_OPEN;
}

static bool
has_part(const char *text, size_t len, const char *part)
{
	size_t part_len = strlen(part);

	for (size_t i = 0; i + part_len <= len; i++) {
		if (same((struct span){text + i, part_len}, part)) {
			return true;
		}
	}
	return false;
}

static enum claim
claim_of(const struct feed_entry *entry)
{
	const char *text = entry->text;
	struct span line;
	struct span severity = {entry->title.text, entry->title.len};

	if (has_part(severity.at, severity.len, "outage")) {
		return CLAIM_OUTAGE;
	}
	if (has_part(severity.at, severity.len, "maintenance")) {
		return CLAIM_INFORMATION;
	}
	while (next_line(&text, &line)) {
		severity = value_of(line, "severity:");
		if (has_part(severity.at, severity.len, "outage")) {
			return CLAIM_OUTAGE;
		}
	}
	return CLAIM_DISRUPTION;
}

/* A guid is often the page's address: what is behind the last slash is the same and short. */
static void
short_id(const struct feed_entry *entry, char out[PAGE_WORD_BYTES])
{
	const char *id = entry->id;
	const char *slash = strrchr(id, '/');

	if (slash != NULL && slash[1] != '\0') {
		id = slash + 1;
	}
	(void)snprintf(out, PAGE_WORD_BYTES, "%.*s", PAGE_WORD_BYTES - 1, id);
}

/* A link counts when it leads to the host that the feed came from. */
static void
take_link(struct page *page, const char *link)
{
	const char *url = page->probe->url;
	const char *host = strstr(url, "://");
	size_t len = host == NULL ? 0 : (size_t)(host - url) + 3;

	len += host == NULL ? 0 : strcspn(url + len, "/?#");
	if (len > 0 && strncmp(link, url, len) == 0 && link[len] == '/') {
		page_link(page, link + len + 1 + strspn(link + len + 1, "/"));
	} else {
		page_link(page, "");
	}
}

static void
on_entry(void *context, const struct feed_entry *read)
{
	struct page *page = context;
	struct page_entry *entry = &page->entry;

	page->entries++;
	if (classify_feed_state(read) != CLASSIFY_FEED_OPEN) {
		return;
	}
	if (page_is_narrow(page) &&
	    !page_mentions(page, read->title.text, read->title.len) &&
	    !page_mentions(page, read->text, read->text_len)) {
		return;
	}
	memset(entry, 0, sizeof(*entry));
	short_id(read, entry->id);
	if (entry->id[0] == '\0') {
		page->odd++;
		return;
	}
	entry->title = read->title;
	entry->claim = claim_of(read);
	entry->created_at = read->published_at;
	entry->modified_at =
	    read->updated_at.ns != 0 ? read->updated_at : read->published_at;
	take_link(page, read->link);
	page_keep_newest(page);
}

void
classify_feed_begin(struct classify_feed *classify, const struct plan_probe *probe,
    const struct redact *redact)
{
	page_init(&classify->page, probe, redact);
	feed_init(&classify->feed, on_entry, &classify->page);
}

void
classify_feed_push(struct classify_feed *classify, const void *data, size_t len)
{
	feed_push(&classify->feed, data, len);
}

bool
classify_feed_done(struct classify_feed *classify, struct wall now)
{
	if (!feed_end(&classify->feed)) {
		return false;
	}
	page_forget(&classify->page, wall_add(now, -CLASSIFY_FEED_OLD_NS));
	return page_done(&classify->page, false);
}
