/* classify_statuspage - what a Statuspage says about the components we watch
 * Room: agent/core (pure).
 *
 * summary.json of Atlassian's Statuspage (https://metastatuspage.com/api/v2) and of
 * incident.io, which imitates it and leaves keys out: no lists where there is nothing, no
 * groups, no components of an incident. So every key is optional, but a watched component
 * must be there, and a page without any of its parts is no such page.
 *
 * The state of a watched component counts; a group only repeats its children. An incident
 * counts when its title matches or one of its components is watched, and is closed by
 * "resolved" and "postmortem" alone: the page's own indicator may say "none" long before.
 * Maintenance that goes on is information, announced maintenance is nothing. */
#ifndef AGENT_CORE_CLASSIFY_STATUSPAGE_H
#define AGENT_CORE_CLASSIFY_STATUSPAGE_H

#include "agent/core/capture.h"
#include "agent/core/page.h"

struct classify_statuspage {
	struct page page;
	bool is_page;               /* one of the parts of such a page was there */
	bool is_group;              /* the component being read repeats its children */
	bool matched;               /* one of the incident's components is watched */
	bool closed_at;             /* the incident has an end */
	char name[PAGE_WORD_BYTES]; /* of the component */
	char status[PAGE_WORD_BYTES]; /* "" = none */
	char impact[PAGE_WORD_BYTES];
};

/* Starts reading; all arguments are kept until classify_statuspage_done(). */
void classify_statuspage_begin(struct capture *capture,
    struct classify_statuspage *statuspage, const struct plan_probe *probe,
    const struct redact *redact);

/* The page came whole and is an object. True when something can be said, see page_done(). */
bool classify_statuspage_done(struct classify_statuspage *statuspage);

#endif
