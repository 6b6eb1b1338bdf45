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
 * figure (null: too little was asked) nothing is known, which is not clear.
 *
 * Beside that every watched provider gives a struct figure: the same shares, and latency,
 * throughput, prices and context where they are said (the first two only to callers with a
 * key). Shares are taken as percent, as documented; one above 0 and up to 1 that is not 1
 * may have been meant otherwise, which the detail of the result says. */
#ifndef AGENT_CORE_CLASSIFY_OPENROUTER_H
#define AGENT_CORE_CLASSIFY_OPENROUTER_H

#include "agent/core/capture.h"
#include "agent/core/figures.h"
#include "agent/core/page.h"

enum {
	/* of a million */
	CLASSIFY_OPENROUTER_OUTAGE = 500000,
	CLASSIFY_OPENROUTER_DISRUPTION = 900000,
	CLASSIFY_OPENROUTER_INFORMATION = 950000
};

struct classify_openrouter {
	struct page page;
	bool is_page; /* there is a list of endpoints */
	bool is_odd;  /* a share of the endpoint is one that may be no percentage */
	uint32_t oddities; /* endpoints we watch that have such a share */
	char model[PAGE_WORD_BYTES];
	char provider[PAGE_WORD_BYTES];
	char shares[PAGE_TITLE_BYTES];  /* of all providers we watch */
	char summary[PAGE_TITLE_BYTES]; /* the same, redacted */
	struct figures figures;
};

/* Starts reading; all arguments are kept until classify_openrouter_done(). */
void classify_openrouter_begin(struct capture *capture,
    struct classify_openrouter *openrouter, const struct plan_probe *probe,
    const struct redact *redact);

/* The answer came whole and is an object. True when something can be said, see page_done();
 * the scope of all that is said holds the shares of all providers, side by side. */
bool classify_openrouter_done(struct classify_openrouter *openrouter);

#endif
