/* Another configuration while something is wrong: an incident lives on, whatever the new
 * tempo; it ends only when what it is about is configured no more, or works again. */
#include "tests/support/test.h"

#include "tests/support/small_collector.h"

#include <stdlib.h>
#include <string.h>

enum {
	WARM_S = 120,
	FAULT_S = 240,
	REST_S = 900,
	PERIOD_S = 10, /* of every probe, whatever the tempo is derived from */
	ROW_MAX = 4
};

enum fault {
	FAULT_TARGET = 0, /* the first target, for everybody */
	FAULT_REGION,     /* the last region, on everything */
	FAULT_PROVIDER,   /* both targets, for everybody */
	FAULT_COUNT
};

/* What the new configuration lacks. */
enum lack {
	LACK_NOTHING = 0,
	LACK_TARGET, /* the first */
	LACK_OTHER_TARGET,
	LACK_REGION, /* the last, and its agent */
	LACK_AGENT,  /* the agent alone */
	LACK_COUNT
};

/* A configuration of its own, cut out of the small one. */
struct cut {
	struct collector_conf conf;
	struct topology_target target[2];
	struct topology_probe probe[SMALL_PROBES];
	struct probe_conf probe_conf[SMALL_PROBES];
	uint16_t key_of[2 * SMALL_AGENTS];
	uint16_t serving_of[2 * SMALL_AGENTS];
};

struct fleet {
	struct cut *cut;
	struct collector *machine;
	void *memory;
	struct effects effects;
	struct now now;
	uint64_t next_seq[SMALL_AGENTS];
	unsigned firing;
	unsigned resolved;
	uint64_t id; /* of the first incident that was opened */
};

static bool
lacks_target(enum lack lack, uint16_t target)
{
	return (lack == LACK_TARGET && target == 0) ||
	       (lack == LACK_OTHER_TARGET && target == 1);
}

static void
cut_targets(struct cut *cut, enum lack lack)
{
	const struct collector_conf *whole = small_collector_conf();
	struct topology *topology = &cut->conf.topology;

	topology->target_len = 0;
	for (uint16_t t = 0; t < 2; t++) {
		uint16_t to = topology->target_len;

		if (lacks_target(lack, t)) {
			continue;
		}
		cut->target[to] = whole->topology.target[t];
		for (size_t i = 0; i < SMALL_AGENTS; i++) {
			size_t width =
			    lack == LACK_TARGET || lack == LACK_OTHER_TARGET ? 1 : 2;

			cut->key_of[i * width + to] = whole->topology.key_of[i * 2 + t];
			cut->serving_of[i * width + to] =
			    whole->topology.serving_of[i * 2 + t];
		}
		topology->target_len++;
	}
}

static void
cut_probes(struct cut *cut, enum lack lack)
{
	const struct collector_conf *whole = small_collector_conf();
	struct topology *topology = &cut->conf.topology;

	topology->probe_len = 0;
	for (size_t i = 0; i < SMALL_PROBES; i++) {
		struct topology_probe *probe = &cut->probe[topology->probe_len];
		uint16_t target = whole->topology.probe[i].target;

		if (target != TOPOLOGY_NONE && lacks_target(lack, target)) {
			continue;
		}
		*probe = whole->topology.probe[i];
		probe->target_mask = probe->target_mask != 0 ? 1 : 0;
		if (target == 1 && lack == LACK_TARGET) {
			probe->target = 0;
		}
		cut->probe_conf[topology->probe_len++] = whole->probe[i];
	}
}

static struct cut *
cut_new(enum lack lack, int64_t base_s)
{
	struct cut *cut = calloc(1, sizeof(*cut));
	struct topology *topology;

	assert_non_null(cut);
	cut->conf = *small_collector_conf();
	memset(&cut->conf.money, 0, sizeof(cut->conf.money));
	cut->conf.correlate.base_ns = base_s * CLOCK_NS_PER_S;
	cut->conf.correlate.reopen_ns = 1800 * CLOCK_NS_PER_S;
	topology = &cut->conf.topology;
	cut_targets(cut, lack);
	cut_probes(cut, lack);
	topology->target = cut->target;
	topology->probe = cut->probe;
	topology->key_of = cut->key_of;
	topology->serving_of = cut->serving_of;
	cut->conf.probe = cut->probe_conf;
	if (lack == LACK_REGION || lack == LACK_AGENT) {
		topology->agent_len--;
	}
	if (lack == LACK_REGION) {
		topology->region_len--;
	}
	return cut;
}

static void
machine_new(struct fleet *fleet, struct cut *cut)
{
	size_t bytes = collector_bytes(&cut->conf);
	struct arena arena;

	fleet->cut = cut;
	fleet->memory = malloc(bytes);
	assert_non_null(fleet->memory);
	arena_init(&arena, fleet->memory, bytes);
	fleet->machine = collector_init(&arena, &cut->conf, 1);
	assert_non_null(fleet->machine);
}

/* Counts what people are told. */
static void
keep(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->effects.len; i++) {
		const struct effect *effect = &fleet->effects.item[i];
		struct incident incident;
		struct buf buf;

		if (effect->kind != EFFECT_PUT || effect->table != TABLE_INCIDENT) {
			continue;
		}
		buf_read(&buf, effect->value, effect->value_len);
		assert_int_equal(incident_decode(&buf, &incident), ERR_OK);
		fleet->firing += incident.updates == 0 && incident.reopened == 0 &&
				 incident.state == INCIDENT_OPEN;
		fleet->resolved += incident.state == INCIDENT_RESOLVED;
		if (fleet->id == 0) {
			fleet->id = incident.id;
		}
	}
	effects_reset(&fleet->effects);
}

static bool
is_hit(const struct topology_probe *probe, const char *agent, enum fault fault)
{
	if (fault == FAULT_TARGET) {
		return strncmp(probe->series, "nano-banana-pro/", 16) == 0;
	}
	if (fault == FAULT_PROVIDER) {
		return probe->role == ROLE_TARGET || probe->role == ROLE_FREE;
	}
	return fault == FAULT_REGION && strcmp(agent, "ap-1") == 0;
}

static void
send_agent(struct fleet *fleet, uint16_t agent, enum fault fault)
{
	const struct topology *topology = &fleet->cut->conf.topology;
	struct result result[SMALL_PROBES];
	struct ingest_batch batch = {.agent = agent,
	    .incarnation = 7 + agent,
	    .first_seq = fleet->next_seq[agent],
	    .sent_at = fleet->now.wall,
	    .result = result,
	    .frame = "",
	    .frame_len = 1};
	size_t fresh = 0;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		bool hit =
		    is_hit(&topology->probe[i], topology->agent[agent].name, fault);

		if (topology->probe[i].role == ROLE_SOURCE) {
			continue;
		}
		result[batch.len] = (struct result){.seq = batch.first_seq + batch.len,
		    .series = topology->probe[i].series,
		    .started_at = wall_add(fleet->now.wall, -CLOCK_NS_PER_S / 4),
		    .outcome = !hit                    ? OUTCOME_OK
			       : fault == FAULT_REGION ? OUTCOME_NET_CONNECT
						       : OUTCOME_UPSTREAM_ERROR,
		    .phase = hit && fault == FAULT_REGION ? PHASE_CONNECT : PHASE_DONE,
		    .http_status = hit ? 503 : 200,
		    .timing = {.total_us = 200000},
		    .detail = "",
		    .request_id = ""};
		batch.len++;
	}
	fleet->next_seq[agent] += batch.len;
	assert_int_equal(collector_batch(fleet->machine, &batch, fleet->now,
			     &fleet->effects, &fresh),
	    ERR_OK);
	keep(fleet);
}

/* A second at a time; agents take turns inside the period. */
static void
run(struct fleet *fleet, int64_t seconds, enum fault fault)
{
	for (int64_t s = 0; s < seconds; s++) {
		fleet->now.mono.ns += CLOCK_NS_PER_S;
		fleet->now.wall.ns += CLOCK_NS_PER_S;
		for (uint16_t a = 0; a < fleet->cut->conf.topology.agent_len; a++) {
			if (s % PERIOD_S == 3 * a) {
				send_agent(fleet, a, fault);
			}
		}
		collector_tick(fleet->machine, fleet->now, &fleet->effects);
		keep(fleet);
	}
}

static struct fleet *
fleet_new(void)
{
	struct fleet *fleet = calloc(1, sizeof(*fleet));
	void *memory = malloc(EFFECTS_ARENA_BYTES);

	assert_non_null(fleet);
	assert_non_null(memory);
	effects_init(&fleet->effects, memory);
	fleet->now = (struct now){{CLOCK_NS_PER_S}, {1767225600 * CLOCK_NS_PER_S}};
	for (size_t i = 0; i < SMALL_AGENTS; i++) {
		fleet->next_seq[i] = 1;
	}
	machine_new(fleet, cut_new(LACK_NOTHING, PERIOD_S));
	collector_start(fleet->machine, fleet->now, &fleet->effects);
	keep(fleet);
	return fleet;
}

static void
fleet_free(struct fleet *fleet)
{
	free(fleet->memory);
	free(fleet->cut);
	free(fleet->effects.arena.base);
	free(fleet);
}

static void
reload(struct fleet *fleet, enum lack lack, int64_t base_s)
{
	size_t len;
	unsigned char *bytes = small_collector_save(fleet->machine, &len);
	struct buf buf;

	free(fleet->memory);
	free(fleet->cut);
	machine_new(fleet, cut_new(lack, base_s));
	buf_read(&buf, bytes, len);
	assert_int_equal(collector_load(fleet->machine, &buf), ERR_OK);
	assert_int_equal(buf.at, len);
	collector_reload(fleet->machine, fleet->now, &fleet->effects);
	keep(fleet);
	free(bytes);
}

/* True when what the fault is about is not configured any more. */
static bool
is_gone(enum fault fault, enum lack lack)
{
	return (fault == FAULT_TARGET && lack == LACK_TARGET) ||
	       (fault == FAULT_REGION && lack == LACK_REGION);
}

static void
check(enum fault fault, enum lack lack, int64_t base_s, int64_t again_s)
{
	struct fleet *fleet = fleet_new();

	printf("  fault %d, lack %d, tempo of %d s, then %d s\n", (int)fault, (int)lack,
	    (int)base_s, (int)again_s);
	run(fleet, WARM_S, FAULT_COUNT);
	assert_int_equal(fleet->firing, 0);
	run(fleet, FAULT_S, fault);
	assert_int_equal(fleet->firing, 1);
	assert_int_equal(fleet->resolved, 0);
	reload(fleet, lack, base_s);
	assert_int_equal(fleet->resolved, is_gone(fault, lack) ? 1 : 0);
	if (!is_gone(fault, lack)) {
		run(fleet, FAULT_S, fault);
		reload(fleet, lack, again_s);
		run(fleet, FAULT_S, fault);
		assert_int_equal(fleet->resolved, 0);
	}
	run(fleet, REST_S, FAULT_COUNT);
	assert_int_equal(fleet->resolved, 1);
	assert_int_equal(fleet->firing, 1);
	fleet_free(fleet);
}

static void
test_faults_live_on(void **state)
{
	static const int64_t base_s[] = {1, 3, 10, 60};

	(void)state;
	for (int fault = 0; fault < FAULT_COUNT; fault++) {
		for (int lack = 0; lack < LACK_COUNT; lack++) {
			/* of a region without agents nothing is heard any more */
			if (fault == FAULT_REGION && lack == LACK_AGENT) {
				continue;
			}
			for (size_t i = 0; i < 4; i++) {
				check((enum fault)fault, (enum lack)lack, base_s[i],
				    base_s[(i + 1) % 4]);
			}
		}
	}
}

/* Closed before the change, back after it: the same incident. */
static void
test_comes_back(void **state)
{
	static const int64_t base_s[] = {1, 3, 60};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fleet *fleet = fleet_new();

		run(fleet, WARM_S, FAULT_COUNT);
		run(fleet, FAULT_S, FAULT_TARGET);
		run(fleet, WARM_S, FAULT_COUNT);
		assert_int_equal(fleet->resolved, 1);
		reload(fleet, LACK_NOTHING, base_s[i]);
		run(fleet, WARM_S, FAULT_COUNT);
		run(fleet, FAULT_S, FAULT_TARGET);
		assert_int_equal(fleet->firing, 1); /* reopened, not opened */
		run(fleet, REST_S, FAULT_COUNT);
		assert_int_equal(fleet->resolved, 2);
		fleet_free(fleet);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_faults_live_on),
	    cmocka_unit_test(test_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
