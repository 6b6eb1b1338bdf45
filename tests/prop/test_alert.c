/* test_alert - delivery keeps its promises whatever is lost, repeated or killed
 *
 * test_random: long random lives of three incidents and three channels, with every answer a
 * channel can give, lies about arrival included, and crashes at every boundary; then all
 * heals and everybody must believe the truth. The whole life is replayed into a second
 * machine, which must end in the same bytes. test_explore: all short lives of one incident
 * and one channel, each state healed.
 *
 * What is proved where (I numbers of delivery as the world names them when one breaks):
 *   test_random, test_random_grouped, test_explore*
 *                               I1 converges, I2 no orphan, I3 no resolve from nowhere, I4
 *                               order and one live row, I5 one key and frozen bytes, I6
 *                               nothing leaves before its commit and a replay gives the same
 *                               bytes, I7 cooldown, I8 a rise is on its way and a fall is no
 *                               resolve, I9 sticky, I10 every row ends, I16 silences change
 *                               no incident, I17 what is true is told when they end, I19 by
 *                               an account of silences of its own
 *   unit/test_alert_gate        I17 exactly one message or none, I18 causes, I19 an end to
 *                               the nanosecond, I20 acknowledgement and escalation
 *   unit/test_alert_group       when a group is told, over restarts; a storm; a digest
 *   unit/test_matcher           whom a silence means
 *   prop/test_delivery_model    the protocol itself, and that seven wrong ones are caught */
#include "common/core/rng.h"
#include "tests/support/alert_world.h"
#include "tests/support/test.h"

enum {
	ROUNDS = 400,
	ACTIONS = 200,
	INPUTS_MAX = 4 * ACTIONS
};

static const struct alert_channel three[WORLD_CHANNELS] = {
    {.name = "everything", .level_min = LEVEL_INFO, .wants_updates = true},
    {.name = "pager", .level_min = LEVEL_CRITICAL, .tier_mask = 1 << TIER_CORE},
    {.name = "chat",
	.level_min = LEVEL_INFO,
	.wants_updates = true,
	.tier_mask = TIER_ALL & ~(1 << TIER_TEST)}};

static const enum verdict verdicts[] = {VERDICT_RATE_LIMITED, VERDICT_UNKNOWN,
    VERDICT_UPSTREAM_PARTIAL, VERDICT_UPSTREAM_OUTAGE, VERDICT_REGION_NETWORK};

static uint64_t last_seed;

struct life {
	struct rng rng;
	struct world *world;
	struct world_machine *machine;
	struct world_input *input;
	size_t input_len;
	unsigned crash_percent;
	unsigned fail_percent;
	unsigned order_percent;
	uint64_t steps;
	uint64_t crashes;
};

static bool
percent(struct life *life, unsigned chance)
{
	return rng_below(&life->rng, 100) < chance;
}

static struct world_input
random_change(struct life *life)
{
	size_t i = (size_t)rng_below(&life->rng, WORLD_INCIDENTS);
	struct finding *finding = &life->world->finding[i];
	enum verdict verdict =
	    verdicts[rng_below(&life->rng, sizeof(verdicts) / sizeof(verdicts[0]))];
	bool is_known = finding->id != 0;

	if (is_known && finding->open && percent(life, 50)) {
		return world_change(life->world, i, FINDING_CLOSED, finding->verdict);
	}
	if (is_known && !finding->open) {
		finding->is_flapping = percent(life, 20);
		return world_change(life->world, i, FINDING_REOPENED,
		    percent(life, 50) ? finding->verdict : verdict);
	}
	return world_change(
	    life->world, i, is_known ? FINDING_UPDATED : FINDING_OPENED, verdict);
}

static struct world_input
random_answer(struct life *life)
{
	size_t i = (size_t)rng_below(&life->rng, life->world->send_len);
	struct world_input input;

	if (!percent(life, life->fail_percent)) {
		return world_answer(life->world, i, DELIVERY_DONE, true);
	}
	switch (rng_below(&life->rng, 8)) {
	case 0:
		return world_answer(life->world, i, DELIVERY_REJECTED, false);
	case 1:
	case 2:
		return world_answer(life->world, i, DELIVERY_UNKNOWN, true);
	case 3:
	case 4:
		return world_answer(life->world, i, DELIVERY_UNKNOWN, false);
	default:
		break;
	}
	input = world_answer(life->world, i, DELIVERY_REJECTED_RETRY, false);
	if (percent(life, 30)) {
		input.answer.retry_after_ns =
		    (int64_t)rng_below(&life->rng, 5000) * CLOCK_NS_PER_S;
	}
	return input;
}

static struct world_input
random_tick(struct life *life)
{
	struct mono deadline = alerts_deadline(life->machine->alerts);
	int64_t wait_ns = (int64_t)rng_below(&life->rng, 40) * CLOCK_NS_PER_S;

	if (percent(life, 10)) {
		wait_ns = (int64_t)rng_below(&life->rng, 3600) * CLOCK_NS_PER_S;
	} else if (percent(life, 50) && deadline.ns != MONO_NEVER.ns &&
		   mono_before(life->world->now.mono, deadline)) {
		wait_ns = mono_since(deadline, life->world->now.mono);
	}
	return world_tick(life->world, wait_ns);
}

/* Somebody silences, acknowledges, or takes it back. */
static struct world_input
random_order(struct life *life)
{
	size_t i = (size_t)rng_below(&life->rng, WORLD_MUTES);
	int64_t for_ns = (int64_t)rng_below(&life->rng, 7200) * CLOCK_NS_PER_S;
	struct world_input input = {.kind = percent(life, 70) ? WORLD_ACK : WORLD_UNACK,
	    .now = life->world->now,
	    .incident = 1 + rng_below(&life->rng, WORLD_INCIDENTS),
	    .ack_ns = percent(life, 50) ? for_ns : 0};
	bool is_free = false;

	if (percent(life, 40)) {
		return input;
	}
	for (size_t k = 0; k < WORLD_MUTES; k++) {
		is_free = is_free || life->world->mute[k].id == 0;
	}
	if (!is_free || (life->world->mute[i].id != 0 && percent(life, 50))) {
		return world_unmute(life->world, i);
	}
	return world_mute(life->world,
	    (int)rng_below(&life->rng, WORLD_INCIDENTS + 1) - 1,
	    for_ns + CLOCK_NS_PER_S);
}

static void
record(struct life *life, const struct world_input *input)
{
	assert_in_range(life->input_len, 0, INPUTS_MAX - 1);
	life->input[life->input_len++] = *input;
}

static void
act(struct life *life)
{
	enum world_commit commit = COMMIT_GOOD;
	struct world_input input;
	struct world_input again;

	if (percent(life, life->order_percent)) {
		input = random_order(life);
	} else if (life->world->send_len > 0 && percent(life, 45)) {
		input = random_answer(life);
	} else if (percent(life, 50)) {
		input = random_change(life);
	} else {
		input = random_tick(life);
	}
	if (percent(life, life->crash_percent)) {
		commit = percent(life, 50) ? COMMIT_LOST : COMMIT_THEN_DIE;
	}
	life->steps++;
	if (commit != COMMIT_LOST) {
		record(life, &input);
	}
	if (!world_step(life->world, life->machine, &input, commit)) {
		unsigned arrived = (unsigned)rng_next(&life->rng);

		life->crashes++;
		again = world_restart(life->world, life->machine, arrived);
		record(life, &again);
		if (commit == COMMIT_LOST && input.kind == WORLD_FINDING) {
			/* the journal did not take it, so its sender sends it again */
			input.now = life->world->now;
			record(life, &input);
			(void)world_step(
			    life->world, life->machine, &input, COMMIT_GOOD);
		}
	}
}

static void
replay(const struct life *life, struct world_machine *other, struct world *scratch)
{
	struct buf buf;

	world_init(scratch, other);
	for (size_t i = 0; i < life->input_len; i++) {
		world_replay(other, &life->input[i]);
	}
	buf_write(&buf, scratch->saved, sizeof(scratch->saved));
	incidents_save(other->incidents, &buf);
	alerts_save(other->alerts, &buf);
	assert_int_equal(buf.at, life->world->saved_len);
	assert_memory_equal(scratch->saved, life->world->saved, buf.at);
}

/* I16: what is silenced and acknowledged changes nothing of what is found. */
static void
check_untouched(
    const struct life *life, struct world_machine *other, struct world *scratch)
{
	const struct incident *incident;
	size_t i = 0;

	world_init(scratch, other);
	for (size_t k = 0; k < life->input_len; k++) {
		if (life->input[k].kind == WORLD_FINDING) {
			world_replay(other, &life->input[k]);
		}
	}
	while ((incident = incidents_at(life->machine->incidents, i)) != NULL) {
		assert_non_null(incidents_at(other->incidents, i));
		assert_memory_equal(
		    incident, incidents_at(other->incidents, i), sizeof(*incident));
		i++;
	}
	assert_null(incidents_at(other->incidents, i));
}

static void
live(const struct route *route, uint16_t route_len, unsigned rounds)
{
	struct world_machine *other =
	    world_machine_routed(three, WORLD_CHANNELS, route, route_len);
	struct world *scratch = malloc(sizeof(*scratch));
	struct life life = {0};
	const char *seed_text = getenv("PARALLAX_SEED");
	uint64_t seed = seed_text != NULL ? strtoull(seed_text, NULL, 10) : 1;
	uint64_t arrivals = 0;
	uint64_t repeats = 0;
	uint64_t rows = 0;
	uint64_t grouped = 0;

	life.machine = world_machine_routed(three, WORLD_CHANNELS, route, route_len);
	life.world = malloc(sizeof(*life.world));
	life.input = calloc(INPUTS_MAX, sizeof(*life.input));
	for (uint64_t round = 0; round < (seed_text != NULL ? 1 : test_effort(rounds));
	     round++) {
		last_seed = seed + round;
		rng_init(&life.rng, seed + round);
		world_init(life.world, life.machine);
		life.input_len = 0;
		life.crash_percent = (unsigned)rng_below(&life.rng, 12);
		life.fail_percent = (unsigned)rng_below(&life.rng, 80);
		life.order_percent = (unsigned)rng_below(&life.rng, 30);
		for (int i = 0; i < ACTIONS; i++) {
			act(&life);
		}
		replay(&life, other, scratch);
		check_untouched(&life, other, scratch);
		world_heal(life.world, life.machine);
		arrivals += life.world->arrival_len;
		repeats += life.world->repeats;
		rows += life.world->row_len;
		for (size_t i = 0; i < life.world->row_len; i++) {
			grouped += life.world->row[i].member_len > 1 ? 1 : 0;
		}
	}
	print_message(
	    "steps %llu, crashes %llu, rows %llu (of several incidents %llu), news "
	    "that arrived %llu, "
	    "repeats under the same key %llu\n",
	    (unsigned long long)life.steps, (unsigned long long)life.crashes,
	    (unsigned long long)rows, (unsigned long long)grouped,
	    (unsigned long long)arrivals, (unsigned long long)repeats);
	world_machine_free(life.machine);
	world_machine_free(other);
	free(life.world);
	free(life.input);
	free(scratch);
}

static void
test_random(void **state)
{
	(void)state;
	live(NULL, 0, ROUNDS);
}

/* The same when all incidents are told together, and info once in an hour to two of them:
 * every promise holds for every member. */
static void
test_random_grouped(void **state)
{
	static const struct route route[] = {{.group = {.is_on = true,
						  .wait_ns = 30 * CLOCK_NS_PER_S,
						  .interval_ns = 300 * CLOCK_NS_PER_S},
						 .goes_on = true,
						 .channels = 1},
	    {.group = {.is_on = true,
		 .by = 1 << LABEL_SCOPE | 1 << LABEL_LEVEL,
		 .wait_ns = 30 * CLOCK_NS_PER_S,
		 .interval_ns = 300 * CLOCK_NS_PER_S,
		 .digest_ns = 3600 * CLOCK_NS_PER_S},
		.channels = 6}};

	(void)state;
	live(route, 2, ROUNDS / 4);
}

enum {
	DEPTH_MAX = 9,
	DEPTH = 6, /* by default: some seconds; PARALLAX_DEPTH for more */
	DEPTH_SILENCED = 5,
	DEPTH_TWO = 4,
	SEEN_SLOTS = 1 << 23
};

struct budget {
	int crashes;
	int failures;
	int mutes; /* silences that begin or end */
};

struct explorer {
	int depth;
	struct world_machine *machine;
	struct world *at[DEPTH_MAX + 1]; /* the state of each level */
	struct world
	    *made[DEPTH_MAX + 1]; /* the same just before the step; the last heals */
	uint64_t *seen;
	uint64_t states;
	uint64_t steps;
};

/* cmocka leaves a failed test by a jump: this is where the seed can still be told. */
static int
tell_seed(void **state)
{
	(void)state;
	print_message("last seed %llu, PARALLAX_SEED repeats one\n",
	    (unsigned long long)last_seed);
	return 0;
}

static uint64_t
mix(uint64_t value, const void *data, size_t len)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < len; i++) {
		value = (value ^ at[i]) * UINT64_C(1099511628211);
	}
	return value;
}

/* True when the state was not there before. States that differ only in what can no longer
 * matter count as different; that costs time, not truth. */
static bool
is_new(struct explorer *explorer, const struct world *world, struct budget budget,
    int depth)
{
	uint64_t value = UINT64_C(14695981039346656037);
	size_t slot;

	value = mix(value, world->saved, world->saved_len);
	value = mix(value, &world->now, sizeof(world->now));
	value = mix(value, &budget, sizeof(budget));
	value = mix(value, &depth, sizeof(depth));
	for (size_t i = 0; i < world->arrival_len; i++) {
		value = mix(value, &world->arrival[i].row, sizeof(uint64_t));
	}
	for (size_t i = 0; i < world->send_len; i++) {
		value = mix(value, &world->send[i].row, sizeof(uint64_t));
	}
	for (size_t i = 0; i < world->row_len; i++) {
		value = mix(value, &world->row[i].maybe_really, sizeof(bool));
	}
	value |= 1;
	slot = (size_t)(value % SEEN_SLOTS);
	while (explorer->seen[slot] != 0 && explorer->seen[slot] != value) {
		slot = (slot + 1) % SEEN_SLOTS;
	}
	if (explorer->seen[slot] == value) {
		return false;
	}
	assert_true(explorer->states < SEEN_SLOTS / 2);
	explorer->seen[slot] = value;
	explorer->states++;
	return true;
}

static void explore(struct explorer *explorer, int depth, struct budget budget);

/* One action, with every fate of its transaction that the budget allows. `input` was made
 * in made[depth], which is the world just before the step. */
static void
branch(struct explorer *explorer, int depth, struct budget budget,
    const struct world_input *input)
{
	struct world *world = explorer->at[depth + 1];

	for (int commit = COMMIT_GOOD; commit <= COMMIT_THEN_DIE; commit++) {
		struct budget left = budget;

		if (commit != COMMIT_GOOD && budget.crashes == 0) {
			return;
		}
		world_copy(world, explorer->made[depth]);
		world_restore(world, explorer->machine);
		explorer->steps++;
		if (!world_step(
			world, explorer->machine, input, (enum world_commit)commit)) {
			left.crashes--;
			(void)world_restart(world, explorer->machine, 1);
		}
		if (is_new(explorer, world, left, depth + 1)) {
			explore(explorer, depth + 1, left);
		}
	}
}

static void
branch_answers(struct explorer *explorer, int depth, struct budget budget)
{
	static const struct {
		enum delivery delivery;
		bool arrived;
	} fate[] = {{DELIVERY_DONE, true}, {DELIVERY_UNKNOWN, true},
	    {DELIVERY_UNKNOWN, false}, {DELIVERY_REJECTED_RETRY, false},
	    {DELIVERY_REJECTED, false}};

	for (size_t i = 0; i < sizeof(fate) / sizeof(fate[0]); i++) {
		struct budget left = budget;
		struct world_input input;

		if (i > 0 && budget.failures == 0) {
			return;
		}
		left.failures -= i > 0 ? 1 : 0;
		world_copy(explorer->made[depth], explorer->at[depth]);
		input = world_answer(
		    explorer->made[depth], 0, fate[i].delivery, fate[i].arrived);
		branch(explorer, depth, left, &input);
	}
}

static void
branch_changes(struct explorer *explorer, int depth, struct budget budget)
{
	const struct finding *finding = &explorer->at[depth]->finding[0];
	struct world_input input;

	if (!finding->open) {
		world_copy(explorer->made[depth], explorer->at[depth]);
		input = world_change(explorer->made[depth], 0,
		    finding->id == 0 ? FINDING_OPENED : FINDING_REOPENED,
		    VERDICT_UNKNOWN);
		branch(explorer, depth, budget, &input);
		return;
	}
	world_copy(explorer->made[depth], explorer->at[depth]);
	input =
	    world_change(explorer->made[depth], 0, FINDING_CLOSED, finding->verdict);
	branch(explorer, depth, budget, &input);
	world_copy(explorer->made[depth], explorer->at[depth]);
	input = world_change(explorer->made[depth], 0, FINDING_UPDATED,
	    finding->verdict == VERDICT_UNKNOWN ? VERDICT_UPSTREAM_OUTAGE
						: VERDICT_UNKNOWN);
	branch(explorer, depth, budget, &input);
}

/* Everything is silenced, or is no more. */
static void
branch_mutes(struct explorer *explorer, int depth, struct budget budget)
{
	struct world *made = explorer->made[depth];
	struct world_input input;

	if (budget.mutes == 0) {
		return;
	}
	budget.mutes--;
	world_copy(made, explorer->at[depth]);
	input = made->mute[0].id == 0 ? world_mute(made, -1, 86400 * CLOCK_NS_PER_S)
				      : world_unmute(made, 0);
	branch(explorer, depth, budget, &input);
}

static void
explore(struct explorer *explorer, int depth, struct budget budget)
{
	struct world *world = explorer->at[depth];
	struct world *scratch = explorer->made[explorer->depth];
	struct world_input input;

	/* from here, everything heals */
	world_copy(scratch, world);
	world_restore(scratch, explorer->machine);
	world_heal(scratch, explorer->machine);
	if (depth == explorer->depth) {
		return;
	}
	branch_changes(explorer, depth, budget);
	branch_mutes(explorer, depth, budget);
	if (world->send_len > 0) {
		branch_answers(explorer, depth, budget);
	} else {
		world_copy(explorer->made[depth], world);
		input = world_tick(explorer->made[depth], 1801 * CLOCK_NS_PER_S);
		branch(explorer, depth, budget, &input);
	}
}

static void
explore_all(const struct alert_channel *channel, uint16_t channel_len, int depth,
    struct budget budget)
{
	struct explorer explorer = {
	    .depth = depth, .machine = world_machine_new(channel, channel_len)};

	assert_in_range(explorer.depth, 1, DEPTH_MAX);
	explorer.seen = calloc(SEEN_SLOTS, sizeof(*explorer.seen));
	for (size_t i = 0; i <= (size_t)explorer.depth; i++) {
		explorer.at[i] = malloc(sizeof(*explorer.at[i]));
		explorer.made[i] = malloc(sizeof(*explorer.made[i]));
		assert_non_null(explorer.made[i]);
	}
	world_init(explorer.at[0], explorer.machine);
	explore(&explorer, 0, budget);
	print_message("depth %d, %u channels, %d crashes, %d failures, %d silences: "
		      "%llu states, %llu steps\n",
	    explorer.depth, channel_len, budget.crashes, budget.failures, budget.mutes,
	    (unsigned long long)explorer.states, (unsigned long long)explorer.steps);
	for (size_t i = 0; i <= (size_t)explorer.depth; i++) {
		free(explorer.at[i]);
		free(explorer.made[i]);
	}
	free(explorer.seen);
	world_machine_free(explorer.machine);
}

static int
depth_of(int usual)
{
	const char *text = getenv("PARALLAX_DEPTH");

	return text != NULL ? (int)strtol(text, NULL, 10) : usual;
}

static const struct alert_channel one = {
    .name = "only", .level_min = LEVEL_WARNING, .wants_updates = true};

static void
test_explore(void **state)
{
	(void)state;
	explore_all(
	    &one, 1, depth_of(DEPTH), (struct budget){.crashes = 2, .failures = 3});
}

/* The same with silences that come and go between any two steps. */
static void
test_explore_silenced(void **state)
{
	(void)state;
	explore_all(&one, 1, depth_of(DEPTH_SILENCED),
	    (struct budget){.crashes = 1, .failures = 2, .mutes = 2});
}

/* Two receivers, of which one fails by itself. */
static void
test_explore_two(void **state)
{
	static const struct alert_channel two[] = {
	    {.name = "first", .level_min = LEVEL_WARNING, .wants_updates = true},
	    {.name = "second", .level_min = LEVEL_CRITICAL}};

	(void)state;
	explore_all(two, 2, depth_of(DEPTH_TWO),
	    (struct budget){.crashes = 1, .failures = 2, .mutes = 1});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_random, tell_seed),
	    cmocka_unit_test_teardown(test_random_grouped, tell_seed),
	    cmocka_unit_test(test_explore),
	    cmocka_unit_test(test_explore_silenced),
	    cmocka_unit_test(test_explore_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
