/* classify_gcloud - what status.cloud.google.com says about the products we watch
 * Room: agent/core (pure).
 *
 * incidents.json is one array of every incident of a year, over a megabyte of it; one entry
 * at a time is held, and of the open ones that concern us at most CLASSIFY_GCLOUD_KEPT.
 * https://status.cloud.google.com/incidents.schema.json. Workspace's page has the same form.
 *
 * Open means: `end` is absent, null, empty or no date. Neither the severity nor the last
 * update's status closes or hides an entry: the one recorded outage of the Gemini API was
 * published with the least severity there is. What is not understood keeps an entry open,
 * and keeps a page from being clear. Edits of an entry that has its end do not open it again.
 *
 * Products are compared by their ids, titles change. One outage may be published as several
 * entries: those that began at the same time and have a product in common are told as one,
 * the first published, with the gravest of their severities. */
#ifndef AGENT_CORE_CLASSIFY_GCLOUD_H
#define AGENT_CORE_CLASSIFY_GCLOUD_H

#include "agent/core/capture.h"
#include "agent/core/redact.h"
#include "common/core/plan.h"
#include "common/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CLASSIFY_GCLOUD_KEPT = 8,
	CLASSIFY_GCLOUD_PRODUCTS = 32, /* of an entry that are compared with others' */
	CLASSIFY_GCLOUD_WORD_BYTES = 96,
	CLASSIFY_GCLOUD_ID_BYTES = 48,
	CLASSIFY_GCLOUD_RAW_BYTES = 320,
	CLASSIFY_GCLOUD_TITLE_BYTES = 160,
	CLASSIFY_GCLOUD_SCOPE_BYTES = 208,
	CLASSIFY_GCLOUD_URL_BYTES = 128
};

/* The texts of one kept observation. */
struct classify_gcloud_texts {
	char id[CLASSIFY_GCLOUD_ID_BYTES];
	char title[CLASSIFY_GCLOUD_TITLE_BYTES];
	char scope[CLASSIFY_GCLOUD_SCOPE_BYTES];
	char url[CLASSIFY_GCLOUD_URL_BYTES];
};

/* Hashes of the ids of products. */
struct classify_gcloud_products {
	uint32_t len;
	uint32_t hash[CLASSIFY_GCLOUD_PRODUCTS];
};

/* The entry being read. */
struct classify_gcloud_entry {
	struct wall begin_at;
	struct wall created_at;
	struct wall modified_at;
	enum claim claim;
	bool closed;
	bool matched;         /* a watched product is among those affected */
	bool products_listed; /* there is a list of products */
	bool product_named;   /* the product being read has an id */
	bool product_unknown; /* one had none: it may be ours */
	bool odd;             /* its id is missing or no id */
	bool title_cut;
	uint16_t title_len;
	uint16_t scope_more; /* locations that found no room */
	char id[CLASSIFY_GCLOUD_ID_BYTES];
	char title[CLASSIFY_GCLOUD_RAW_BYTES]; /* as it came */
	char scope[CLASSIFY_GCLOUD_SCOPE_BYTES];
	char uri[CLASSIFY_GCLOUD_WORD_BYTES];
	struct classify_gcloud_products products;
};

struct classify_gcloud {
	const struct plan_probe *probe; /* borrowed */
	const struct redact *redact;    /* borrowed */
	uint32_t entries;
	uint32_t odd;  /* entries that were not understood */
	uint32_t open; /* open ones that concern us; those of one outage count once */
	uint32_t kept;
	bool word_open;
	bool word_cut;
	uint16_t word_len;
	char word[CLASSIFY_GCLOUD_WORD_BYTES]; /* the text being read */
	struct classify_gcloud_entry entry;
	struct observation observation[CLASSIFY_GCLOUD_KEPT];
	struct classify_gcloud_texts texts[CLASSIFY_GCLOUD_KEPT];
	struct classify_gcloud_products products[CLASSIFY_GCLOUD_KEPT];
};

/* Starts reading a page; all arguments are kept until classify_gcloud_done(). */
void classify_gcloud_begin(struct capture *capture, struct classify_gcloud *page,
    const struct plan_probe *probe, const struct redact *redact);

/* The page came whole and is an array. True when something can be said: then
 * `observation[0..kept)` holds the open entries, or one CLAIM_CLEAR without an id. False:
 * nothing open was found, but not everything was understood. */
bool classify_gcloud_done(struct classify_gcloud *page);

#endif
