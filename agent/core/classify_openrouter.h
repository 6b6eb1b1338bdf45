/* classify_openrouter - how the providers of a model do, as OpenRouter counts
 * Room: agent/core (pure).
 *
 * GET /models/{author}/{slug}/endpoints, https://openrouter.ai/docs/api-reference: one
 * entry a provider, with the share of requests that worked in the last 5 minutes, 30
 * minutes and day, in percent. Requests that were refused for their rate are not counted
 * there: 100 % says nothing about those. Providers are told apart; a gateway's failover
 * would hide one that is down.
 *
 * Below CLASSIFY_OPENROUTER_OUTAGE of the last 5 minutes, or disabled (status -10 and
 * less), is an outage; below .._DISRUPTION, or deranked (any other status below 0, their
 * meaning is not documented), a disruption; below .._INFORMATION information. Without a
 * figure (null: too little was asked) nothing is known, which is not clear. */
#ifndef AGENT_CORE_CLASSIFY_OPENROUTER_H
#define AGENT_CORE_CLASSIFY_OPENROUTER_H

#include "agent/core/capture.h"
#include "agent/core/page.h"

enum {
	/* thousandths of a percent */
	CLASSIFY_OPENROUTER_OUTAGE = 50000,
	CLASSIFY_OPENROUTER_DISRUPTION = 90000,
	CLASSIFY_OPENROUTER_INFORMATION = 95000,
	CLASSIFY_OPENROUTER_WINDOWS = 3 /* 5 minutes, 30 minutes, a day */
};

struct classify_openrouter {
	struct page page;
	bool is_page;    /* there is a list of endpoints */
	bool has_status; /* the endpoint has one */
	int32_t status;
	int32_t worked
	    [CLASSIFY_OPENROUTER_WINDOWS]; /* thousandths of a percent, -1 = null */
	char provider[PAGE_WORD_BYTES];
	char figures[PAGE_TITLE_BYTES]; /* of all providers we watch */
	char summary[PAGE_TITLE_BYTES]; /* the same, redacted */
};

/* Starts reading; all arguments are kept until classify_openrouter_done(). */
void classify_openrouter_begin(struct capture *capture,
    struct classify_openrouter *openrouter, const struct plan_probe *probe,
    const struct redact *redact);

/* The answer came whole and is an object. True when something can be said, see page_done();
 * the scope of all that is said holds the figures of all providers, side by side. */
bool classify_openrouter_done(struct classify_openrouter *openrouter);

#endif
