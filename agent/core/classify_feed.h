/* classify_feed - what is open in an RSS or Atom feed of a status page
 * Room: agent/core (pure).
 *
 * A feed says in prose what a page says in fields, so it is worth less: an entry is open
 * unless it says that it is over. Words count whatever their case. In this order:
 *
 *  1. "Status: X" (incident.io, x.ai) decides alone.
 *  2. Labels, which are all of a line (feed.h): of Statuspage, Instatus and Datadog every
 *     update has one ("Investigating", "RESOLVED -"). Resolved, completed, postmortem,
 *     closed, fixed: over. Otherwise investigating, identified, monitoring, update,
 *     in progress, verifying: open. Nothing but scheduled: announced, not yet open.
 *  3. The title and then the text, in prose (Slack): "resolved", "completed" or
 *     "operational", unless a word before it takes that back ("not", "until", "will be",
 *     "partially", ...) or it stands in brackets, as the states of components do.
 *
 * An entry whose last date is older than CLASSIFY_FEED_OLD_NS is over, whatever it says:
 * pages forget to close. One without a date is not old. How bad it is: "outage" in the
 * title or in "Severity: X" is an outage, "maintenance" information, the rest a disruption.
 *
 * What concerns us (plan_probe.products) is looked for in the title and in the text. */
#ifndef AGENT_CORE_CLASSIFY_FEED_H
#define AGENT_CORE_CLASSIFY_FEED_H

#include "agent/core/feed.h"
#include "agent/core/page.h"

#define CLASSIFY_FEED_OLD_NS (14 * 86400 * CLOCK_NS_PER_S)

struct classify_feed {
	struct page page;
	struct feed feed;
};

/* What an entry says about itself. */
enum classify_feed_state {
	CLASSIFY_FEED_OPEN = 0,
	CLASSIFY_FEED_OVER,
	CLASSIFY_FEED_ANNOUNCED
};

enum classify_feed_state classify_feed_state(const struct feed_entry *entry);

/* Starts reading; all arguments are kept until classify_feed_done(). */
void classify_feed_begin(struct classify_feed *classify, const struct plan_probe *probe,
    const struct redact *redact);

void classify_feed_push(struct classify_feed *classify, const void *data, size_t len);

/* The answer came to its end at `now`, the agent's time. True when something can be said,
 * see page_done(); false also when it is no feed. */
bool classify_feed_done(struct classify_feed *classify, struct wall now);

#endif
