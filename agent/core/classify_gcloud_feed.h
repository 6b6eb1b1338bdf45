/* classify_gcloud_feed - what Google Cloud's Atom feed says about the products we watch
 * Room: agent/core (pure).
 *
 * https://status.cloud.google.com/en/feed.atom, the same incidents as incidents.json (see
 * classify_gcloud.h) in prose, for when that cannot be had. One entry an update:
 *
 *   <title>UPDATE: Vertex Gemini API is ...</title>, or RESOLVED:
 *   <id>tag:status.cloud.google.com,2022:feed:INCIDENT.UPDATE</id>
 *   <summary> ... Affected products: A, B ... Affected locations: C ... </summary>
 *
 * Of an incident the newest update decides, in whatever order they come: RESOLVED: is over,
 * anything else is open. There are no ids of products here, only their names, which change;
 * plan_probe.products are names and parts of titles as page.h has them. An entry without a
 * list of products may concern us. How bad it is is not said: a disruption. */
#ifndef AGENT_CORE_CLASSIFY_GCLOUD_FEED_H
#define AGENT_CORE_CLASSIFY_GCLOUD_FEED_H

#include "agent/core/feed.h"
#include "agent/core/page.h"

enum {
	CLASSIFY_GCLOUD_FEED_INCIDENTS = 96 /* of one feed; more are not understood */
};

/* The newest update of an incident so far. */
struct classify_gcloud_feed_incident {
	uint64_t id_hash;
	struct wall updated_at;
	bool open; /* and of concern */
};

struct classify_gcloud_feed {
	struct page page;
	uint32_t incidents;
	struct classify_gcloud_feed_incident incident[CLASSIFY_GCLOUD_FEED_INCIDENTS];
	struct feed feed;
};

/* Starts reading; all arguments are kept until classify_gcloud_feed_done(). */
void classify_gcloud_feed_begin(struct classify_gcloud_feed *classify,
    const struct plan_probe *probe, const struct redact *redact);

void classify_gcloud_feed_push(
    struct classify_gcloud_feed *classify, const void *data, size_t len);

/* The answer came to its end. True when something can be said, see page_done(); false also
 * when it is no feed. */
bool classify_gcloud_feed_done(struct classify_gcloud_feed *classify);

#endif
