/* letter - what a message says, in the words of its reader
 * Room: collector/core (pure).
 *
 * Says: what, where, since when, how sure, why (the two strongest facts and the runner-up),
 * what the official page says, what to do next; when it is over how long, how bad, the
 * cause, and whether the page ever admitted it. Of a group it lists the incidents, and says
 * all this of the worst one. Texts are clean (text.h) but bare of markup:
 * channels add theirs by markup.h. */
#ifndef COLLECTOR_CORE_LETTER_H
#define COLLECTOR_CORE_LETTER_H

#include "collector/core/catalogue.h"
#include "collector/core/facts.h"

enum {
	LETTER_PARTS = 10,
	LETTER_TITLE_BYTES = 448,
	LETTER_VALUE_BYTES = 2048,
	LETTER_LINK_BYTES = 1024
};

struct letter_part {
	const char *label;              /* NULL = none */
	char value[LETTER_VALUE_BYTES]; /* lines */
};

/* How a level looks in the colours and words that channels have for it. */
struct letter_look {
	uint32_t rgb;
	const char *card;      /* header of a Feishu card */
	const char *font;      /* colour of WeCom */
	const char *container; /* style of an Adaptive Card */
	const char *severity;  /* PagerDuty */
	const char *tag;       /* ntfy, an emoji by its short code */
	unsigned priority;     /* ntfy, 1 to 5 */
};

struct letter {
	enum language language;
	struct letter_look look;
	char title[LETTER_TITLE_BYTES];
	size_t parts;
	struct letter_part part[LETTER_PARTS];
	char footer[96];   /* "Incident 12, message 3" */
	char duration[48]; /* since when, or for how long */
	char scope[2 * INCIDENT_SCOPE_BYTES];
	char link[LETTER_LINK_BYTES]; /* "" = none */
};

/* What may be different on a channel; NULL or "" = as usual. */
struct letter_style {
	enum language language;
	const char *title; /* templates */
	const char *text;
	const char *link;
};

/* Fills all of `out`. A style's `text` replaces all parts by one without a label. */
void letter_write(
    const struct facts *facts, const struct letter_style *style, struct letter *out);

#endif
