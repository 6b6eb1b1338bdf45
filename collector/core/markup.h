/* markup - texts made harmless for the place they are shown in
 * Room: collector/core (pure).
 *
 * What upstreams and people wrote may hold anything: mentions that wake a whole company,
 * links that say one thing and lead to another, marks that turn the writing direction,
 * bytes that are no characters. Each markup has a way to show such text as text. */
#ifndef COLLECTOR_CORE_MARKUP_H
#define COLLECTOR_CORE_MARKUP_H

#include "common/core/text.h"

enum markup {
	MARKUP_PLAIN = 0, /* shown as it is; mail, pagers, plain_text of cards */
	/* Robots of WeCom, DingTalk and Feishu document no way to escape: characters that
	 * mean something become their wide twins. */
	MARKUP_ROBOT,
	MARKUP_SLACK,    /* entities for & < >, as Slack's own documentation asks */
	MARKUP_HTML,     /* entities */
	MARKUP_MARKDOWN, /* backslashes: Discord, Teams */
	MARKUP_JSON,     /* inside the quotes of a JSON string */
	MARKUP_URL       /* inside a part of a URL, RFC 3986 section 2.1 */
};

/* Adds `utf8` to `text`, line feeds kept (one line for MARKUP_URL), as at most `bytes_max`
 * bytes; what is longer is cut between characters that belong together and ends with
 * U+2026 (with nothing in a URL). Control characters, bidi marks and bytes that are not
 * UTF-8 are treated as text_add() does. */
void markup_add(
    struct text *text, enum markup markup, const char *utf8, size_t bytes_max);

#endif
