/* matcher - which incidents are meant: one grammar for routes, silences and maintenance
 * Room: collector/core (pure).
 *
 *   target=nano-*,tier=core          both must hold; commas or blanks between them
 *   region!=tokyo verdict=path|region_network
 *   all                              every incident
 *
 * Labels: target group tier region agent key scope verdict blame level. A pattern is made of
 * a-z 0-9 . _ - with `*` for any run of them and `?` for any one; `|` separates alternatives.
 * `=` holds when one alternative fits the whole value, `!=` when none does.
 *
 * A label says what an incident is about, not whom it can be seen from: an outage for
 * everybody has no region, so that silencing a region never silences an outage. A label that
 * is missing fulfils no `=` and every `!=`. One that is a list (a serving region reaches
 * several of ours) fulfils `=` when all of the list fit, and `!=` when none does. */
#ifndef COLLECTOR_CORE_MATCHER_H
#define COLLECTOR_CORE_MATCHER_H

#include "collector/core/incident.h"
#include "collector/core/topology.h"
#include "common/core/buf.h"

#include <stdbool.h>

enum {
	MATCHER_TERMS = 8,
	MATCHER_PATTERN_BYTES = 96,
	MATCHER_TEXT_BYTES = 1024, /* room for any matcher_text() */
	MATCHER_WHY_BYTES = 160
};

enum label {
	LABEL_TARGET = 0,
	LABEL_GROUP,
	LABEL_TIER,
	LABEL_REGION,
	LABEL_AGENT,
	LABEL_KEY,
	LABEL_SCOPE,
	LABEL_VERDICT,
	LABEL_BLAME,
	LABEL_LEVEL,
	LABEL_COUNT
};

/* What can be asked of one incident; borrowed from it and from the topology. */
struct labels {
	const char *value[LABEL_COUNT]; /* "" = missing; region: comma-separated */
};

struct matcher_term {
	enum label label;
	bool negated;
	char pattern[MATCHER_PATTERN_BYTES];
};

struct matcher {
	size_t len; /* 0 = all */
	struct matcher_term term[MATCHER_TERMS];
};

const char *label_name(enum label label); /* "target"; never NULL */
bool label_find(const char *name, size_t len, enum label *out_label);

/* `topology` gives the group of the target and the region of an agent; NULL = neither is
 * known. Names that it does not know have none. */
void labels_of(struct labels *out, const struct incident *incident,
    const struct topology *topology);

/* False with one line in `why`, "what, expected what"; `out` is then untouched. */
bool matcher_parse(
    const char *text, struct matcher *out, char why[MATCHER_WHY_BYTES]) WARN_UNUSED;

bool matcher_fits(const struct matcher *matcher, const struct labels *labels);

/* Writes what matcher_parse() reads back as the same. Returns `out`. */
const char *matcher_text(const struct matcher *matcher, char out[MATCHER_TEXT_BYTES]);

#endif
