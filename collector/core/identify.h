/* identify - which causes a fleet could not tell apart, before they come
 * Room: collector/core (pure).
 *
 * Takes the table of hypotheses of a configuration and who runs what, and asks of every two
 * causes of different verdicts which streams (one agent's billed calls, free calls of a target,
 * or controls) would answer differently. A cause reaches a stream when its scope holds the
 * agent and its signature speaks of such calls. Two that reach the same streams with the same
 * kinds of answers look alike; where the streams are the same and only the kind of the error
 * differs, or where one single stream differs, they are told apart badly.
 *
 * Pairs that nobody need tell apart are left out: two faults of theirs (they have to act
 * either way), two of one scope and blame, and those of which neither pages. */
#ifndef COLLECTOR_CORE_IDENTIFY_H
#define COLLECTOR_CORE_IDENTIFY_H

#include "collector/core/collector_conf.h"
#include "common/core/arena.h"

struct identify_cause {
	enum verdict verdict;
	struct scope scope;
};

enum identify_how {
	IDENTIFY_KIND = 0, /* only the kind of the error differs */
	IDENTIFY_WEAK,     /* one stream differs */
	IDENTIFY_SAME      /* nothing differs */
};

/* What would tell them apart. */
enum identify_remedy {
	REMEDY_AGENT = 0, /* one more agent in region `place` */
	REMEDY_REGION,    /* an agent in a second region, for target `place` */
	REMEDY_KEY,       /* a second key for target `place` */
	REMEDY_SPREAD,    /* key `place` in a second region */
	REMEDY_CONTROLS,  /* controls */
	REMEDY_SERVING,   /* another region of ours sent to the same region of theirs */
	REMEDY_DOMAIN     /* a region in another domain */
};

struct identify_pair {
	struct identify_cause a;
	struct identify_cause b;
	enum identify_how how;
	enum identify_remedy remedy;
	uint16_t place;
	uint16_t target; /* that both concern, TOPOLOGY_NONE = none in particular */
	uint32_t weight; /* for the order: the graver the more */
	uint32_t more;   /* further pairs that the same would tell apart */
};

size_t identify_bytes(const struct topology *topology);

/* One pair for everything that would help, the gravest first; at most `cap`. Returns how many
 * there are in all, which may be more. O(causes^2). `arena` must have identify_bytes() left. */
size_t identify_pairs(const struct collector_conf *conf, struct arena *arena,
    struct identify_pair *out, size_t cap);

#endif
