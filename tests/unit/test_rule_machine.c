/* The machine with a rule instead of the correlation: incidents, alerts, and a state that
 * another machine goes on with. */
#include "tests/support/test.h"

#include "collector/core/collector_internal.h"
#include "tests/support/small_collector.h"

static struct collector_conf conf;
static struct effects effects;
static uint64_t seq;
static unsigned sends;

static struct now
at(int64_t second)
{
	return (struct now){{(1000 + second) * CLOCK_NS_PER_S},
	    {(1700000000 + second) * CLOCK_NS_PER_S}};
}

static void
look(void)
{
	for (size_t i = 0; i < effects.len; i++) {
		sends += effects.item[i].kind == EFFECT_SEND ? 1 : 0;
	}
	effects_reset(&effects);
}

static struct collector *
new_machine(void **out_memory)
{
	size_t len = collector_bytes(&conf);
	struct collector *machine;
	struct arena arena;

	*out_memory = calloc(1, len);
	assert_non_null(*out_memory);
	arena_init_zeroed(&arena, *out_memory, len);
	machine = collector_init(&arena, &conf, 1);
	assert_non_null(machine);
	return machine;
}

static void
send(struct collector *machine, enum outcome outcome, int64_t second)
{
	uint64_t number = ++seq;
	struct result result = {.series = conf.topology.probe[0].series,
	    .seq = number,
	    .started_at = at(second).wall,
	    .outcome = outcome,
	    .phase = PHASE_DONE};
	struct ingest_batch batch = {.incarnation = 1,
	    .first_seq = number,
	    .sent_at = at(second).wall,
	    .result = &result,
	    .len = 1,
	    .frame = "x",
	    .frame_len = 1};
	size_t fresh;

	assert_int_equal(
	    collector_batch(machine, &batch, at(second), &effects, &fresh), ERR_OK);
	look();
	collector_tick(machine, at(second), &effects);
	look();
}

static void
test_machine(void **state)
{
	void *memory;
	void *other_memory;
	struct collector *machine;
	struct collector *other;
	const struct incident *incident;
	unsigned char *saved;
	struct buf buf;
	size_t len;

	(void)state;
	conf = *small_collector_conf();
	conf.judge = (struct judge_conf){.kind = JUDGE_THRESHOLD,
	    .rule.threshold = {3, 3, 50, 3, 300 * CLOCK_NS_PER_S}};
	machine = new_machine(&memory);
	effects_init(&effects, malloc(EFFECTS_ARENA_BYTES));
	collector_start(machine, at(0), &effects);
	look();
	for (int64_t i = 0; i < 3; i++) {
		assert_null(incidents_at(machine->incidents, 0));
		send(machine, OUTCOME_UPSTREAM_ERROR, 10 + i);
	}
	incident = incidents_at(machine->incidents, 0);
	assert_non_null(incident);
	assert_int_equal(incident->verdict, VERDICT_UPSTREAM_OUTAGE);
	assert_int_equal(incident->confidence_ppm, 0);
	assert_true(incident->evidence_len > 0);
	assert_true(sends > 0);
	saved = small_collector_save(machine, &len);
	other = new_machine(&other_memory);
	buf_read(&buf, saved, len);
	assert_int_equal(collector_load(other, &buf), ERR_OK);
	for (int64_t i = 0; i < 3; i++) {
		send(other, OUTCOME_OK, 20 + i);
	}
	assert_int_equal(incidents_at(other->incidents, 0)->state, INCIDENT_RESOLVED);
	free(saved);
	free(memory);
	free(other_memory);
	free(effects.arena.base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_machine)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
