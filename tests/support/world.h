/* world.h - a seeded fleet with faults, for the correlation tests.
 * Room: tests/support. Header only, so that a test stays one file.
 *
 * Seconds are doubles here: the world is a model, not the product. Results are drawn,
 * delivered in order of arrival and stepped on a fixed beat; every change is kept. */
#ifndef TESTS_SUPPORT_WORLD_H
#define TESTS_SUPPORT_WORLD_H

#include "collector/core/correlate.h"
#include "collector/core/symptom.h"
#include "common/core/rng.h"
#include "tests/support/test.h"

enum {
	WORLD_AGENTS = 64,
	WORLD_REGIONS = 32,
	WORLD_TARGETS = 4,
	WORLD_EFFECTS = 64,
	WORLD_CHANGES = 256,
	WORLD_PARTS = 4
};

/* An injected fault: with probability `rate` a probe that starts in [from, until) shows a
 * symptom drawn from `share` (permille). Bit i of `witnesses`: enum witness i. */
struct world_effect {
	double from;
	double until;
	double rate;
	uint64_t agents;
	unsigned witnesses;
	int target; /* -1: all */
	uint16_t share[SYMPTOM_COUNT];
};

/* Agents cut off from the collector: results wait until `until`. */
struct world_part {
	double from;
	double until;
	uint64_t agents;
};

struct world_event {
	double arrives;
	double at;
	uint32_t took_us;
	uint16_t agent;
	uint16_t probe;
	uint8_t symptom;
	bool asked;
};

struct world_change {
	double at;
	struct finding_change change;
};

struct world {
	/* the shape, set by the test before world_open() */
	unsigned regions;
	unsigned agents_per_region;
	unsigned targets;
	unsigned controls;
	bool own_keys; /* one key per agent; otherwise two keys that alternate */
	double base;
	double image_every; /* per agent */
	double timeout;
	bool has_domains;
	bool has_serving;
	const char *provider[WORLD_TARGETS]; /* NULL: alone */
	double end;
	double scale; /* of the baseline */
	struct world_effect effect[WORLD_EFFECTS];
	unsigned effects;
	struct world_part part[WORLD_PARTS];
	unsigned parts;
	bool ignores_asks; /* agents of before there was confirmation */
	unsigned asks_free;
	unsigned asks_paid;
	double page_from; /* an incident is posted from then on; 0 = never */
	bool page_says_clear;

	/* its inside */
	struct rng rng;
	struct rng ask_rng; /* so that asking does not change what is drawn else */
	double ask_busy[WORLD_AGENTS][WORLD_TARGETS * 2 + 8];
	struct topology topology;
	struct topology_domain domain[2];
	struct topology_region region[WORLD_REGIONS];
	struct topology_agent agent[WORLD_AGENTS];
	struct topology_target target[WORLD_TARGETS];
	struct topology_key key[WORLD_AGENTS];
	struct topology_probe probe[WORLD_TARGETS * 2 + 8];
	uint16_t key_of[WORLD_AGENTS * WORLD_TARGETS];
	uint16_t serving_of[WORLD_REGIONS * WORLD_TARGETS];
	char names[512][8];
	unsigned names_len;
	struct world_event *event;
	size_t event_len;
	size_t event_cap;
	struct world_change change[WORLD_CHANGES];
	size_t change_len;
	struct correlate *engine;
	void *memory;
	size_t memory_len;
	size_t next;
};

static inline double
world_random(struct world *world)
{
	return (double)(rng_next(&world->rng) >> 11) / 9007199254740992.0;
}

static inline struct mono
world_mono(double seconds)
{
	return (struct mono){(int64_t)(seconds * 1e9)};
}

static inline const char *
world_name(struct world *world, char kind, unsigned i)
{
	char *name = world->names[world->names_len++];

	assert_true(world->names_len < 512);
	(void)snprintf(name, 8, "%c%u", kind, i % 100000);
	return name;
}

static inline void
world_probe(struct world *world, enum probe_role role, uint16_t target, double every)
{
	unsigned i = world->topology.probe_len++;

	world->probe[i] = (struct topology_probe){.series = world_name(world, 'p', i),
	    .role = role,
	    .kind = PROBE_HTTP,
	    .target = target,
	    .interval_ms = (uint32_t)(every * 1000),
	    .timeout_ms = (uint32_t)(world->timeout * 1000)};
}

static inline uint16_t
world_domain_of(const struct world *world, unsigned region)
{
	static const uint16_t of[5] = {0, 0, 1, TOPOLOGY_NONE, 1};

	return world->has_domains ? of[region % 5] : TOPOLOGY_NONE;
}

static inline void
world_fill_fleet(struct world *world, unsigned agents)
{
	static const uint16_t serving[5] = {0, 0, 1, 1, 2};

	for (unsigned i = 0; i < 2; i++) {
		world->domain[i].name = world_name(world, 'd', i);
	}
	for (unsigned i = 0; i < world->regions; i++) {
		world->region[i] = (struct topology_region){
		    world_name(world, 'r', i), world_domain_of(world, i)};
		for (unsigned t = 0; t < world->targets; t++) {
			world->serving_of[i * world->targets + t] =
			    world->has_serving ? serving[i % 5] : TOPOLOGY_NONE;
		}
	}
	for (unsigned i = 0; i < agents; i++) {
		world->agent[i] = (struct topology_agent){world_name(world, 'a', i),
		    (uint16_t)(i / world->agents_per_region)};
		for (unsigned t = 0; t < world->targets; t++) {
			world->key_of[i * world->targets + t] =
			    (uint16_t)(world->own_keys ? i : i % 2);
		}
	}
}

static inline void
world_fill(struct world *world)
{
	struct topology *topology = &world->topology;
	unsigned agents = world->regions * world->agents_per_region;

	*topology = (struct topology){.domain = world->domain,
	    .region = world->region,
	    .agent = world->agent,
	    .target = world->target,
	    .key = world->key,
	    .probe = world->probe,
	    .key_of = world->key_of,
	    .serving_of = world->serving_of,
	    .domain_len = world->has_domains ? 2 : 0,
	    .region_len = (uint16_t)world->regions,
	    .agent_len = (uint16_t)agents,
	    .target_len = (uint16_t)world->targets,
	    .key_len = (uint16_t)(world->own_keys ? agents : 2)};
	world->names_len = 0;
	world_fill_fleet(world, agents);
	for (unsigned i = 0; i < topology->key_len; i++) {
		world->key[i].name = world_name(world, 'k', i);
	}
	for (unsigned i = 0; i < world->targets; i++) {
		world->target[i] =
		    (struct topology_target){.name = world_name(world, 't', i),
			.group = "",
			.provider = world->provider[i]};
		world_probe(world, ROLE_TARGET, (uint16_t)i, world->image_every);
		world_probe(world, ROLE_FREE, (uint16_t)i, world->base);
	}
	for (unsigned i = 0; i < world->controls; i++) {
		world_probe(world, ROLE_CONTROL, TOPOLOGY_NONE, world->base);
	}
}

/* The world of the method's scenario suite: 5 regions x 2 agents, one target, 3 controls. */
static inline struct world *
world_suite(uint64_t seed)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->regions = 5;
	world->agents_per_region = 2;
	world->targets = 1;
	world->controls = 3;
	world->base = 60;
	world->image_every = 120;
	world->timeout = 45;
	world->has_domains = true;
	world->has_serving = true;
	world->scale = 1;
	rng_init(&world->rng, seed);
	rng_init(&world->ask_rng, seed ^ 0x5eed);
	return world;
}

/* The demonstration: 3 regions x 1 agent with its own key, everything every second. */
static inline struct world *
world_demo(uint64_t seed, unsigned controls)
{
	struct world *world = world_suite(seed);

	world->regions = 3;
	world->agents_per_region = 1;
	world->controls = controls;
	world->own_keys = true;
	world->base = 1;
	world->image_every = 1;
	world->timeout = 2;
	world->has_domains = false;
	world->has_serving = false;
	return world;
}

static inline uint64_t
world_region_agents(const struct world *world, unsigned region)
{
	uint64_t mask = (UINT64_C(1) << world->agents_per_region) - 1;

	return mask << (region * world->agents_per_region);
}

static inline struct world_effect *
world_add(
    struct world *world, double from, double until, double rate, unsigned witnesses)
{
	struct world_effect *effect = &world->effect[world->effects++];

	assert_true(world->effects <= WORLD_EFFECTS);
	*effect = (struct world_effect){.from = from,
	    .until = until,
	    .rate = rate,
	    .agents = UINT64_MAX,
	    .witnesses = witnesses,
	    .target = -1};
	return effect;
}

/* How long a probe takes that shows this, in seconds at an interval of a minute. */
static inline double
world_duration(const struct world *world, enum witness witness, enum symptom symptom)
{
	bool image = witness == WITNESS_TARGET;

	if (world->base < 10) {
		bool waits = symptom == SYMPTOM_CONNECT || symptom == SYMPTOM_TIMEOUT ||
			     symptom == SYMPTOM_FAIL;

		return waits ? world->timeout : symptom == SYMPTOM_SLOW ? 0.3 : 0.03;
	}
	switch (symptom) {
	case SYMPTOM_SLOW:
		return image ? 35 : 3;
	case SYMPTOM_TIMEOUT:
		return image ? 45 : 10;
	case SYMPTOM_CONNECT:
	case SYMPTOM_FAIL:
		return 10;
	case SYMPTOM_DNS:
		return 5;
	case SYMPTOM_GATEWAY:
		return 1;
	case SYMPTOM_ERROR:
		return 1.5;
	case SYMPTOM_OK:
		return image ? 8 : 0.2;
	case SYMPTOM_LOCAL:
	case SYMPTOM_RATE:
	case SYMPTOM_KEY:
	case SYMPTOM_QUOTA:
	case SYMPTOM_PLACE:
	case SYMPTOM_MODEL:
	case SYMPTOM_BAD:
	case SYMPTOM_REFUSED:
	case SYMPTOM_COUNT:
		break;
	}
	return 0.5;
}

static inline enum symptom
world_effect_draw(struct world *world, const struct world_effect *effect)
{
	uint64_t draw = rng_below(&world->rng, 1000);

	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		if (draw < effect->share[i]) {
			return (enum symptom)i;
		}
		draw -= effect->share[i];
	}
	return SYMPTOM_OK;
}

static inline enum symptom
world_baseline(struct world *world, enum witness witness)
{
	double draw = world_random(world) / world->scale;

	for (unsigned i = 0; i < SYMPTOM_COUNT; i++) {
		bool can = witness == WITNESS_CONTROL
			       ? i == SYMPTOM_SLOW || i == SYMPTOM_FAIL
			       : i < SYMPTOM_OK;
		double ppm = can ? symptom_baseline_ppm(witness, (enum symptom)i) : 0;

		/* half the bound: a baseline is learned as an upper limit */
		if (draw * 1e6 < ppm) {
			return (enum symptom)i;
		}
		draw -= ppm / 1e6;
	}
	return SYMPTOM_OK;
}

static inline enum symptom
world_draw(
    struct world *world, double at, unsigned agent, enum witness witness, int target)
{
	enum symptom found = SYMPTOM_COUNT;

	for (unsigned i = 0; i < world->effects; i++) {
		const struct world_effect *effect = &world->effect[i];
		enum symptom symptom;

		if (at < effect->from || at >= effect->until ||
		    (effect->agents >> agent & 1) == 0 ||
		    (effect->witnesses >> witness & 1) == 0 ||
		    (effect->target >= 0 && target >= 0 && effect->target != target) ||
		    world_random(world) >= effect->rate) {
			continue;
		}
		symptom = world_effect_draw(world, effect);
		if (found == SYMPTOM_COUNT ||
		    symptom_stage(symptom) < symptom_stage(found)) {
			found = symptom;
		}
	}
	return found == SYMPTOM_COUNT ? world_baseline(world, witness) : found;
}

static inline void
world_push(struct world *world, double start, double took, unsigned agent,
    unsigned probe, enum symptom symptom)
{
	double at = start + took;
	double sent = at + 0.002 * world->base / 2;

	for (unsigned i = 0; i < world->parts; i++) {
		const struct world_part *part = &world->part[i];

		if ((part->agents >> agent & 1) != 0 && sent >= part->from &&
		    sent < part->until) {
			sent = part->until + world_random(world) * world->base / 12;
		}
	}
	if (world->event_len == world->event_cap) {
		world->event_cap = world->event_cap > 0 ? 2 * world->event_cap : 4096;
		world->event =
		    realloc(world->event, world->event_cap * sizeof(*world->event));
		assert_non_null(world->event);
	}
	world->event[world->event_len++] = (struct world_event){
	    .arrives = sent + world->base * (0.002 + 0.003 * world_random(world)),
	    .at = at,
	    .took_us = (uint32_t)(took * 1e6),
	    .agent = (uint16_t)agent,
	    .probe = (uint16_t)probe,
	    .symptom = (uint8_t)symptom};
}

/* Runs one schedule; a run that is still going on leaves the next ones out. */
static inline void
world_schedule(
    struct world *world, unsigned agent, unsigned probe, double offset, double every)
{
	const struct topology_probe *at = &world->probe[probe];
	enum witness witness = at->role == ROLE_TARGET ? WITNESS_TARGET : WITNESS_FREE;

	for (double t = offset; t < world->end;) {
		double start = t + (world_random(world) - 0.5) * world->base / 30;
		enum symptom symptom =
		    world_draw(world, start, agent, witness, at->target);
		double took = world_duration(world, witness, symptom) *
			      (world->base < 10 ? 1 : 0.8 + 0.4 * world_random(world));

		world_push(world, start, took, agent, probe, symptom);
		do {
			t += every;
		} while (t < start + took);
	}
}

/* The controls of an agent share what happens to its network. */
static inline void
world_schedule_controls(struct world *world, unsigned agent, double offset)
{
	unsigned first = world->topology.probe_len - world->controls;

	for (double t = offset; t < world->end;) {
		double start = t + (world_random(world) - 0.5) * world->base / 30;
		enum symptom symptom =
		    world_draw(world, start, agent, WITNESS_CONTROL, -1);
		double took = world_duration(world, WITNESS_CONTROL, symptom);

		for (unsigned i = 0; i < world->controls; i++) {
			world_push(world, start, took + 0.002 * i * world->base, agent,
			    first + i, symptom);
		}
		do {
			t += world->base;
		} while (t < start + took);
	}
}

static inline int
world_compare(const void *a, const void *b)
{
	const struct world_event *one = a;
	const struct world_event *two = b;

	if (one->arrives < two->arrives) {
		return -1;
	}
	return one->arrives > two->arrives ? 1 : 0;
}

static inline void
world_generate(struct world *world)
{
	static const unsigned phase[10] = {0, 5, 8, 3, 6, 1, 4, 9, 2, 7};
	unsigned agents = world->topology.agent_len;

	for (unsigned a = 0; a < agents; a++) {
		unsigned slot = a;

		for (unsigned i = 0; i < 10 && agents == 10; i++) {
			slot = phase[i] == a ? i : slot;
		}
		for (unsigned p = 0; p < world->targets; p++) {
			double shift = p * world->base / 7;

			world_schedule(world, a, 2 * p + 1,
			    slot * world->base / agents + shift, world->base);
			world_schedule(world, a, 2 * p,
			    slot * world->image_every / agents + world->base * 2 / 3 +
				shift,
			    world->image_every);
		}
		if (world->controls > 0) {
			world_schedule_controls(
			    world, a, slot * world->base / agents + world->base / 3);
		}
	}
	if (world->event_len > 0) {
		qsort(world->event, world->event_len, sizeof(*world->event),
		    world_compare);
	}
}

/* A result that shows this symptom, as the classifier would report it. */
static inline struct evidence
world_evidence(const struct world_event *event)
{
	static const struct {
		enum outcome outcome;
		enum phase phase;
		uint32_t flags;
		uint16_t status;
	} as[SYMPTOM_COUNT] = {
	    [SYMPTOM_LOCAL] = {OUTCOME_LOCAL_ERROR, PHASE_LOCAL, 0, 0},
	    [SYMPTOM_DNS] = {OUTCOME_NET_DNS, PHASE_DNS, 0, 0},
	    [SYMPTOM_CONNECT] = {OUTCOME_NET_CONNECT, PHASE_CONNECT, 0, 0},
	    [SYMPTOM_GATEWAY] = {OUTCOME_UPSTREAM_ERROR, PHASE_DONE, FLAG_GATEWAY, 502},
	    [SYMPTOM_RATE] = {OUTCOME_RATE_LIMITED, PHASE_DONE, 0, 429},
	    [SYMPTOM_KEY] = {OUTCOME_AUTH_ERROR, PHASE_DONE, 0, 400},
	    [SYMPTOM_QUOTA] = {OUTCOME_QUOTA_EXHAUSTED, PHASE_DONE, 0, 429},
	    [SYMPTOM_PLACE] = {OUTCOME_BAD_REQUEST, PHASE_DONE, FLAG_REGION_BLOCK, 400},
	    [SYMPTOM_MODEL] = {OUTCOME_BAD_REQUEST, PHASE_DONE, FLAG_MODEL_GONE, 404},
	    [SYMPTOM_ERROR] = {OUTCOME_UPSTREAM_ERROR, PHASE_DONE, FLAG_OVERLOADED,
		503},
	    [SYMPTOM_TIMEOUT] = {OUTCOME_TIMEOUT, PHASE_WAIT, 0, 0},
	    [SYMPTOM_BAD] = {OUTCOME_UPSTREAM_ERROR, PHASE_DONE, FLAG_NO_IMAGE, 200},
	    [SYMPTOM_REFUSED] = {OUTCOME_CONTENT_BLOCKED, PHASE_DONE, 0, 200},
	    [SYMPTOM_SLOW] = {OUTCOME_OK, PHASE_DONE, FLAG_SLOW, 200},
	    [SYMPTOM_OK] = {OUTCOME_OK, PHASE_DONE, 0, 200},
	    [SYMPTOM_FAIL] = {OUTCOME_NET_CONNECT, PHASE_CONNECT, 0, 0},
	};

	return (struct evidence){.agent = event->agent,
	    .probe = event->probe,
	    .outcome = as[event->symptom].outcome,
	    .phase = as[event->symptom].phase,
	    .flags = as[event->symptom].flags |
		     (event->asked ? (uint32_t)FLAG_ON_DEMAND : 0),
	    .http_status = as[event->symptom].status,
	    .total_us = event->took_us,
	    .at = world_mono(event->at)};
}

static inline struct correlate *
world_engine(struct world *world)
{
	struct correlate_conf conf = {.base_ns = world_mono(world->base).ns};
	struct arena arena;

	world->memory_len = correlate_bytes(&world->topology);
	world->memory = realloc(world->memory, world->memory_len);
	assert_non_null(world->memory);
	arena_init(&arena, world->memory, world->memory_len);
	world->engine = correlate_init(&arena, &world->topology, &conf);
	assert_non_null(world->engine);
	return world->engine;
}

static inline void
world_open(struct world *world)
{
	world_fill(world);
	world_generate(world);
	(void)world_engine(world);
}

static inline void
world_keep(
    struct world *world, const struct finding_change *change, size_t len, double at)
{
	for (size_t i = 0; i < len; i++) {
		assert_true(world->change_len < WORLD_CHANGES);
		world->change[world->change_len++] =
		    (struct world_change){at, change[i]};
	}
}

/* Puts an event among those to come; they are few between now and its arrival. */
static inline void
world_insert(struct world *world, struct world_event event)
{
	size_t at;

	world_push(world, 0, 0, event.agent, event.probe, SYMPTOM_OK);
	at = world->event_len - 1;
	while (at > world->next && world->event[at - 1].arrives > event.arrives) {
		world->event[at] = world->event[at - 1];
		at--;
	}
	world->event[at] = event;
}

/* An agent runs at once what it is asked for, unless it is under way already. */
static inline void
world_obey(struct world *world, const struct ask *ask, double now)
{
	const struct topology_probe *probe = &world->probe[ask->probe];
	enum witness witness = probe->role == ROLE_CONTROL  ? WITNESS_CONTROL
			       : probe->role == ROLE_TARGET ? WITNESS_TARGET
							    : WITNESS_FREE;
	double start = now + world->base * (0.002 + 0.003 * world_random(world));
	struct rng kept = world->rng;
	enum symptom symptom;
	double took;

	for (unsigned i = 0; i < world->parts; i++) {
		if ((world->part[i].agents >> ask->agent & 1) != 0 &&
		    now >= world->part[i].from && now < world->part[i].until) {
			return;
		}
	}
	if (world->ask_busy[ask->agent][ask->probe] > now) {
		return;
	}
	world->rng = world->ask_rng;
	if (witness == WITNESS_CONTROL) {
		/* the controls of one agent share what happens to its network */
		rng_init(&world->rng, (uint64_t)(now * 1000) * 131 + ask->agent);
	}
	symptom =
	    world_draw(world, start, ask->agent, witness, (int)(int16_t)probe->target);
	took = world_duration(world, witness, symptom) *
	       (world->base < 10 ? 1 : 0.8 + 0.4 * world_random(world));
	if (witness != WITNESS_CONTROL) {
		world->ask_rng = world->rng;
	}
	world->rng = kept;
	world->ask_busy[ask->agent][ask->probe] = start + took;
	world_insert(world,
	    (struct world_event){
		.arrives =
		    start + took + world->base * (0.002 + 0.003 * world_random(world)),
		.at = start + took,
		.took_us = (uint32_t)(took * 1e6),
		.agent = ask->agent,
		.probe = ask->probe,
		.symptom = (uint8_t)symptom,
		.asked = true});
	world->asks_paid += ask->is_paid ? 1 : 0;
	world->asks_free += ask->is_paid ? 0 : 1;
}

static inline void
world_step(struct world *world, double now)
{
	struct finding_change out[CORRELATE_CHANGES];
	struct ask ask[CORRELATE_ASKS];
	size_t len = correlate_step(world->engine, world_mono(now), out);

	world_keep(world, out, len, now);
	len = correlate_asks(world->engine, ask);
	for (size_t i = 0; i < len && !world->ignores_asks; i++) {
		world_obey(world, &ask[i], now);
	}
}

/* Delivers what arrives until `now`; what is not good is decided on at once. */
static inline void
world_deliver(struct world *world, double now)
{
	while (world->next < world->event_len &&
	       world->event[world->next].arrives <= now) {
		const struct world_event *event = &world->event[world->next];
		struct evidence evidence = world_evidence(event);
		double arrives = event->arrives;

		world->next++;
		correlate_result(world->engine, &evidence, world_mono(arrives));
		if (evidence.outcome != OUTCOME_OK) {
			world_step(world, arrives);
		}
	}
}

/* Runs until `until`: a step after each failure, at the engine's deadline and on a beat of a
 * twelfth of the interval, as the collector does. */
static inline void
world_run(struct world *world, double from, double until)
{
	double beat = world->base / 12;
	uint32_t beats = (uint32_t)((until - from) / beat);

	for (uint32_t i = 1; i <= beats; i++) {
		double now = from + i * beat;
		double due = (double)correlate_deadline(world->engine).ns / 1e9;

		for (unsigned t = 0; t < world->targets; t++) {
			correlate_external(world->engine, (uint16_t)t,
			    world->page_from > 0 && now > world->page_from
				? EXTERNAL_INCIDENT
			    : world->page_says_clear ? EXTERNAL_CLEAR
						     : EXTERNAL_UNKNOWN);
		}
		if (due > now - beat && due < now) {
			world_deliver(world, due);
			world_step(world, due);
		}
		world_deliver(world, now);
		world_step(world, now);
	}
}

static inline void
world_close(struct world *world)
{
	free(world->memory);
	free(world->event);
	free(world);
}

static inline void
world_print(const struct world_change *at, double since)
{
	static const char *const event[] = {"opened", "updated", "closed", "reopened"};
	const struct finding *finding = &at->change.finding;

	printf("    %+8.2f s %-8s #%u %s scope %d:%u conf %.3f rival %s rate %.2f stat "
	       "%.1f/%.1f%s\n",
	    at->at - since, event[at->change.event], (unsigned)finding->id,
	    verdict_name(finding->verdict), (int)finding->scope.kind,
	    finding->scope.index, finding->confidence_ppm / 1e6,
	    verdict_name(finding->rival), finding->rate_ppm / 1e6,
	    finding->statistic_mnats / 1e3, finding->threshold_mnats / 1e3,
	    finding->is_past ? " past" : "");
}

#endif
