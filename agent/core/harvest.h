/* harvest - finds the public key in a web page, and says when to look again
 * Room: agent/core (pure).
 *
 * Google AI Studio's status is asked for with a key that stands in the page, for all the
 * world: "AIza" and 35 letters, under the name WIu0Nc. It changes now and then, and pages
 * hold others, too. So it is read at run time, tried in turn when refused (the named one
 * first), and read again when none is left, at most every HARVEST_AGAIN_NS. It lives in
 * here only: never on disk, in a log or on the wire to the collector.
 *
 * harvest_wants_page() says whether a run reads the page before it asks with
 * harvest_key(). Owner: the prober's thread. */
#ifndef AGENT_CORE_HARVEST_H
#define AGENT_CORE_HARVEST_H

#include "common/core/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HARVEST_AGAIN_NS (600 * CLOCK_NS_PER_S) /* after a page that came whole */
#define HARVEST_RETRY_NS (30 * CLOCK_NS_PER_S)  /* after one that did not */

enum {
	HARVEST_KEYS = 4,
	HARVEST_KEY_BYTES = 40
};

/* Keys in the order they are to be tried. */
struct harvest_keys {
	char key[HARVEST_KEYS][HARVEST_KEY_BYTES];
	uint32_t len;
};

struct harvest {
	struct harvest_keys keys;
	uint32_t at;    /* the one in use */
	uint32_t turn;  /* changes with every key */
	bool exhausted; /* all were refused */
	bool reading;   /* a page is coming */
	bool was_tried;
	struct mono next_at; /* a page is not read before that */
	/* The page being read. */
	struct harvest_keys found;
	uint8_t name_len;   /* letters of the name that match */
	uint8_t name_since; /* bytes since the whole name, at most 255 */
	uint8_t key_len;    /* bytes of the key being read */
	bool is_named;      /* it has the name */
	char key[HARVEST_KEY_BYTES];
};

void harvest_init(struct harvest *harvest);

/* True when the next run should read the page. */
bool harvest_wants_page(const struct harvest *harvest, struct mono now);

/* The key to ask with, "" = none; borrowed until the next call that changes `harvest`. */
const char *harvest_key(const struct harvest *harvest);

/* A page begins to come; its pieces; its end, `whole` or not. True when keys were found,
 * which then replace those that were there. */
void harvest_page_begin(struct harvest *harvest, struct mono now);
void harvest_page(struct harvest *harvest, const void *data, size_t len);
bool harvest_page_end(struct harvest *harvest, bool whole);

/* The status of an answer to a request with the key of that turn: after 401 and 403 the
 * next one is due, 2xx means that it is good. */
void harvest_answered(struct harvest *harvest, uint32_t turn, uint16_t http);

#endif
