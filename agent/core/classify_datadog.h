/* classify_datadog - what a status page of Datadog says about the components we watch
 * Room: agent/core (pure).
 *
 * The JSON behind pages of https://docs.datadoghq.com/service_management/status_pages/, of
 * which no form is published: components, in groups of one level; incidents of all times
 * with `currentStatus` and `resolved`; maintenances, or null.
 *
 * The state of a watched component counts, and that of every component of a watched group.
 * An incident counts when its title matches or one of its components is watched. It is over
 * when it says so, in either member; a state that is not known keeps it open. How bad it is
 * follows from the components' states, of which "operational" inside an open incident is
 * information. `publishedDate` is when it began: entries are added days later. */
#ifndef AGENT_CORE_CLASSIFY_DATADOG_H
#define AGENT_CORE_CLASSIFY_DATADOG_H

#include "agent/core/capture.h"
#include "agent/core/page.h"

struct classify_datadog {
	struct page page;
	bool is_page;         /* one of the parts of such a page was there */
	bool is_group;        /* the component being read has components of its own */
	bool matched;         /* one of the incident's components is watched */
	bool resolved;        /* the incident says so */
	bool closed_at;       /* it has an end */
	bool has_part;        /* it names components */
	uint64_t group_found; /* items that name the group being read */
	enum claim worst;     /* of the incident's components */
	char name[PAGE_WORD_BYTES];
	char status[PAGE_WORD_BYTES]; /* "" = none */
};

/* Starts reading; all arguments are kept until classify_datadog_done(). */
void classify_datadog_begin(struct capture *capture, struct classify_datadog *datadog,
    const struct plan_probe *probe, const struct redact *redact);

/* The page came whole and is an object. True when something can be said, see page_done(). */
bool classify_datadog_done(struct classify_datadog *datadog);

#endif
