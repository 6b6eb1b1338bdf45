/* scen - a scenario: a fleet, what breaks, and what has to be said about it
 * Room: tests/sim.
 *
 * A scenario is a text file, one statement a line, words apart by blanks, from `#` on it is
 * comment. The language is documented here and nowhere else; `parallax-sim help scenario`
 * prints this comment.
 *
 * NAMES are of a-z 0-9 . _ - and begin with a letter. TIMES are durations: 90s 15m 2h30m.
 * SHARES are percentages: 40% 2.5%. Instants count from t0, the moment when the trouble
 * begins: after the warm-up, and at a random place within a probe's interval.
 *
 * ---- the world ----
 *   title TEXT...               what happens, in a sentence
 *   fleet standard|trio|solo|pair|wide|fast     a world made before, see below
 *   domain NAME                 a cloud or transit provider
 *   region NAME agents N [domain NAME]   agents are called a0, a1, ... over all regions
 *   target NAME [provider NAME] [tier core|important|normal|test] keys NAME...|own
 *                               the agents of a region use the keys in turn; own: each its own
 *   serving TARGET NAME REGION...        the upstream's region that serves ours
 *   probe TARGET NAME image|free every TIME timeout TIME [cost DOLLARS] [in REGION...]
 *   control NAME every TIME timeout TIME
 *   source NAME page|uptime about TARGET...     a status page; what OpenRouter measures
 *   cooldown TIME, reopen TIME  policy of alerts and incidents (30m)
 *   warmup TIME                 good times before t0 (15m); `slow` is only learned in hours
 *   end TIME                    of the world (20 minutes after the last thing that happens)
 *   noise none|iid|double|bursty         failures by chance: none; as often as the method
 *                               assumes (the default); twice that; and short blips of agents
 *                               and of the upstream besides (8 a day and agent of 5-40 s, 2
 *                               a day of 3-15 s; shorter where probes are faster)
 *
 * ---- what breaks ----
 *   fault KIND at TIME for TIME [rate SHARE] [ramp TIME] [cycle TIME TIME] [SCOPE]...
 *   shows image|free|control SHAPE WEIGHT [SHAPE WEIGHT]...
 *
 * KIND says how probes of each kind end: app api network path edge dns slow region-slow bad
 * key forbidden rate quota refusals model place local resolver controls stall tls portal ipv6,
 * or none. Lines `shows` after it say it anew for one kind of probe (of `image`, `free` or
 * `control`), by weights; SHAPE is one of shape.h. `rate` of the runs are hit (all); it grows
 * from nothing within `ramp`; `cycle` is the time on and the time off, again and again.
 * SCOPE narrows: `region NAME...`, `agent NAME...`, `domain NAME...`, `key NAME...`, `serving
 * TARGET NAME` say who is hit (all of them must agree); `target NAME...`, `provider NAME`
 * which targets; `control NAME...` which controls.
 * Where two faults hit the same run the one that stops it earlier is seen.
 *
 *   clock AGENT... offset [-]TIME [at TIME]     wrong from the start, or steps there
 *   cut SCOPE at TIME for TIME          no line to the collector; results wait
 *   stop SCOPE at TIME for TIME [wipe]  the agents are off; wipe: and forget everything
 *   line SCOPE [delay TIME] [loss SHARE] [repeat SHARE]  to the collector: `repeat` of the
 *                                       batches arrive again up to 90 s later
 *   only-failures SCOPE                 agents that tell no good results
 *   collector restart at TIME for TIME | collector reload at TIME
 *   says SOURCE clear|incident|elsewhere|broken at TIME   elsewhere: of another product
 *   uptime SOURCE SHARE at TIME
 *   maintenance TARGET at TIME for TIME announced: nobody is to be called for it
 * SCOPE here: `everybody`, or `region`, `agent`, `domain`, `key` NAMEs.
 *
 * ---- what has to be said ----
 *   expect [past] VERDICT [PLACE] [or VERDICT [PLACE]]... within TIME [after TIME]
 *          [rate SHARE SHARE] [onset TIME]
 *   allow [past] VERDICT [PLACE]    may be said besides, and be a page
 *   never VERDICT [PLACE]           at no time, not even as a first guess
 *   pages N [N]                     at least and at most; incidents that somebody is called for
 * PLACE: target, region, agent, domain, key, provider NAME; serving TARGET NAME; fleet.
 * `after` is when the time begins to count; `rate` what share it must say at the end; `onset`
 * how far its beginning may be off. Whatever is opened and neither expected nor allowed is an
 * error, as a page or as information. Without `pages` there is one for each `expect` of a
 * verdict that is worth one.
 *
 * ---- worlds made before ----
 * standard  5 regions r0..r4 of 2 agents; keys k0 k1 in each; domains d0 = r0 r1, d1 = r2 r4;
 *           target gemini of google: image every 2m, free every 1m; served by s0 = r0 r1,
 *           s1 = r2 r3, s2 = r4; controls c0 c1 c2 every 1m
 * trio      standard with targets vertex (google, keys v0 v1) and openai (openai, keys own)
 * solo      standard with one agent a region, each with a key of its own
 * pair      2 regions of 1 agent
 * wide      30 regions of 1 agent, 3 domains
 * fast      3 regions of 2 agents, everything every 10 s */
#ifndef TESTS_SIM_SCEN_H
#define TESTS_SIM_SCEN_H

#include "collector/core/incident.h"
#include "tests/sim/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SCEN_NAME = 32,
	SCEN_TITLE = 160,
	SCEN_AGENTS = 64, /* a mask of them is one number; so of the next three */
	SCEN_REGIONS = 32,
	SCEN_TARGETS = 8,
	SCEN_KEYS = 8, /* of one target */
	SCEN_DOMAINS = 8,
	SCEN_SERVING = 8, /* of one target */
	SCEN_PROBES = 24,
	SCEN_CONTROLS = 8,
	SCEN_SOURCES = 4,
	SCEN_FAULTS = 32,
	SCEN_EVENTS = 48,
	SCEN_EXPECTS = 8,
	SCEN_PLACES = 6, /* in one expectation */
	SCEN_ALLOWED = 12,
	SCEN_ERROR = 256
};

#define SCEN_NONE 255U

/* Who looked; the columns of a fault. */
enum scen_view {
	SCEN_IMAGE = 0,
	SCEN_FREE,
	SCEN_CONTROL,
	SCEN_VIEWS
};

enum scen_noise {
	SCEN_NOISE_NONE = 0,
	SCEN_NOISE_IID,
	SCEN_NOISE_DOUBLE,
	SCEN_NOISE_BURSTY,
	SCEN_NOISES
};

struct scen_region {
	char name[SCEN_NAME];
	unsigned domain; /* SCEN_NONE */
	unsigned agents;
	unsigned first; /* agent */
};

struct scen_target {
	char name[SCEN_NAME];
	char provider[SCEN_NAME]; /* "" */
	enum tier tier;
	char key[SCEN_KEYS][SCEN_NAME];
	unsigned keys; /* 0: each agent its own */
	char serving[SCEN_SERVING][SCEN_NAME];
	unsigned servings;
	unsigned serves[SCEN_REGIONS]; /* index of serving; SCEN_NONE */
};

struct scen_probe {
	char name[SCEN_NAME];
	unsigned target; /* SCEN_NONE: a control */
	enum scen_view view;
	int64_t every_ns;
	int64_t timeout_ns;
	uint32_t cost_microusd;
	uint32_t regions; /* mask */
};

struct scen_source {
	char name[SCEN_NAME];
	bool is_uptime;
	uint32_t targets; /* mask */
};

struct scen_fault {
	char kind[SCEN_NAME];
	int64_t at_ns;
	int64_t for_ns;
	int64_t ramp_ns;
	int64_t on_ns; /* 0 = always on */
	int64_t off_ns;
	double rate;
	uint64_t agents;
	uint32_t targets;
	uint32_t controls;
	double weight[SCEN_VIEWS][SHAPE_COUNT];
};

enum scen_event_kind {
	SCEN_CLOCK = 0,
	SCEN_CUT,
	SCEN_STOP,
	SCEN_LINE,
	SCEN_ONLY_FAILURES,
	SCEN_RESTART,
	SCEN_RELOAD,
	SCEN_SAYS,
	SCEN_UPTIME,
	SCEN_MAINTENANCE,
	SCEN_EVENT_KINDS
};

enum scen_claim {
	SCEN_CLEAR = 0,
	SCEN_INCIDENT,
	SCEN_ELSEWHERE,
	SCEN_BROKEN
};

struct scen_event {
	enum scen_event_kind kind;
	int64_t at_ns; /* < 0: from the start */
	int64_t for_ns;
	uint64_t agents;
	int64_t value_ns; /* offset, delay */
	unsigned index;   /* source, target */
	enum scen_claim claim;
	bool wipe;
	double loss;
	double repeat;
	double share;
};

/* A verdict and where. */
struct scen_place {
	bool is_past;
	enum verdict verdict;
	char kind[SCEN_NAME]; /* scope_kind_name(), "" = anywhere */
	char name[SCEN_NAME];
	char target[SCEN_NAME]; /* of a serving region */
};

struct scen_expect {
	struct scen_place place[SCEN_PLACES];
	unsigned len;
	int64_t within_ns;
	int64_t after_ns;
	double rate_from;
	double rate_to; /* 0 = not looked at */
	int64_t onset_ns;
};

struct scen {
	char title[SCEN_TITLE];
	struct scen_region region[SCEN_REGIONS];
	unsigned regions;
	unsigned agents;
	char domain[SCEN_DOMAINS][SCEN_NAME];
	unsigned domains;
	struct scen_target target[SCEN_TARGETS];
	unsigned targets;
	struct scen_probe probe[SCEN_PROBES]; /* controls too */
	unsigned probes;
	struct scen_source source[SCEN_SOURCES];
	unsigned sources;
	int64_t cooldown_ns;
	int64_t reopen_ns;
	int64_t warmup_ns;
	int64_t end_ns;
	enum scen_noise noise;
	struct scen_fault fault[SCEN_FAULTS];
	unsigned faults;
	struct scen_event event[SCEN_EVENTS];
	unsigned events;
	struct scen_expect expect[SCEN_EXPECTS];
	unsigned expects;
	struct scen_place allow[SCEN_ALLOWED];
	unsigned allows;
	struct scen_place never[SCEN_ALLOWED];
	unsigned nevers;
	bool has_pages;
	unsigned pages_min;
	unsigned pages_max;
};

/* Reads `len` bytes of text. `file` is for errors, which read "file:line: what, what was
 * expected". False: `out` is not to be used. */
bool scen_read(const char *text, size_t len, const char *file, struct scen *out,
    char error[SCEN_ERROR]);

/* Reads a file; ERR "FILE: why" when it cannot. */
bool scen_load(const char *path, struct scen *out, char error[SCEN_ERROR]);

/* The key of `agent` for `target`, by name; for an own key that of the agent. */
const char *scen_key(
    const struct scen *scen, unsigned agent, unsigned target, char out[SCEN_NAME]);
unsigned scen_region_of(const struct scen *scen, unsigned agent);
enum probe_role scen_role(enum scen_view view);

/* A word for a place: "upstream_outage target gemini". */
void scen_place_text(const struct scen_place *place, char *out, size_t cap);

/* Fills the weights of a fault of that kind; false when there is none of that name. */
bool scen_kind(const char *kind, struct scen_fault *out);

/* The text of a world made before, NULL = none of that name. */
const char *scen_world(const char *name);

#endif
