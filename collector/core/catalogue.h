/* catalogue - every text that a message is made of, in every language
 * Room: collector/core (pure).
 *
 * One place for the words, so that a language is complete or does not build. What is said
 * where stands in letter.h; names of outcomes, phases and probes are identifiers and are the
 * same in every language. */
#ifndef COLLECTOR_CORE_CATALOGUE_H
#define COLLECTOR_CORE_CATALOGUE_H

#include "collector/core/correlate.h"
#include "collector/core/verdict.h"

#include <stdbool.h>

enum language {
	LANGUAGE_EN = 0,
	LANGUAGE_ZH_CN,
	LANGUAGE_ZH_TW,
	LANGUAGE_COUNT
};

enum catalogue_key {
	CATALOGUE_TEST = 0, /* marks of a title */
	CATALOGUE_RESOLVED,
	CATALOGUE_UPDATE,
	CATALOGUE_INFO,
	CATALOGUE_WARNING,
	CATALOGUE_CRITICAL,
	CATALOGUE_WHAT, /* labels */
	CATALOGUE_WHERE,
	CATALOGUE_WHO,
	CATALOGUE_SINCE,
	CATALOGUE_LASTED,
	CATALOGUE_SURE,
	CATALOGUE_HOW_BAD,
	CATALOGUE_WHY,
	CATALOGUE_CAUSE,
	CATALOGUE_RIVAL,
	CATALOGUE_SOURCES,
	CATALOGUE_BOOKS,
	CATALOGUE_NEXT,
	CATALOGUE_LINK,
	CATALOGUE_COMMA, /* between parts of a sentence */
	CATALOGUE_COLON, /* behind a label */
	CATALOGUE_REOPENED,
	CATALOGUE_FLAPPING,
	CATALOGUE_PERHAPS,
	CATALOGUE_SECONDS, /* units, with the space before them where there is one */
	CATALOGUE_MINUTES,
	CATALOGUE_HOURS,
	CATALOGUE_DAYS,
	CATALOGUE_AFFECTED, /* "% of requests affected" */
	CATALOGUE_FAILED,   /* "results failed" */
	CATALOGUE_AGENTS,   /* "agents reporting" */
	CATALOGUE_BAD,      /* regions */
	CATALOGUE_GOOD,
	CATALOGUE_REQUESTS, /* roles of evidence */
	CATALOGUE_FREE_CALLS,
	CATALOGUE_CONTROLS,
	CATALOGUE_STATUS_PAGES,
	CATALOGUE_FROM,
	CATALOGUE_NEVER_SAID, /* nobody official admitted it */
	CATALOGUE_INCIDENT,
	CATALOGUE_MESSAGE,
	CATALOGUE_UNDO,        /* what to do when it is over */
	CATALOGUE_INCIDENTS,   /* of a group: "12 incidents, " */
	CATALOGUE_FIRING,      /* "3 firing" */
	CATALOGUE_ITEM_OVER,   /* before one that is resolved */
	CATALOGUE_MORE_BEFORE, /* "and 2 more" */
	CATALOGUE_MORE_AFTER,
	CATALOGUE_GROUP, /* "Group " */
	CATALOGUE_TEST_TITLE,
	CATALOGUE_TEST_TEXT,
	CATALOGUE_KEY_COUNT
};

enum {
	CATALOGUE_STEPS = 4 /* per verdict, at most */
};

/* "en" "zh-CN" "zh-TW"; never NULL. */
const char *language_name(enum language language);
bool language_find(const char *name, enum language *out_language);

/* Never NULL, never empty. */
const char *catalogue_text(enum language language, enum catalogue_key key);

/* What a verdict is called: "Upstream outage". */
const char *catalogue_verdict(enum language language, enum verdict verdict);

/* The answer to the one question, as a sentence: "It is them, not us." */
const char *catalogue_blame(enum language language, enum blame blame);

/* The `i`th step of the response flow for a verdict; NULL past the last. */
const char *catalogue_step(enum language language, enum verdict verdict, size_t i);

/* What stands between and behind the names of a scope: " from region ", " everywhere". */
struct catalogue_scope {
	const char *between; /* the target, if any, and the name */
	const char *after;   /* all of it */
};
struct catalogue_scope catalogue_scope(
    enum language language, enum scope_kind kind, bool has_target);

#endif
