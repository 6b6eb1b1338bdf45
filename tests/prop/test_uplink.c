/* The agent's side of the session against a line that loses, doubles and reorders, and a
 * collector that restarts: once it heals, every result has arrived exactly once, the fresh
 * before the old, and never more was in flight than allowed. Seeds are printed. */
#include "agent/core/uplink.h"
#include "common/core/rng.h"
#include "common/core/seqset.h"
#include "tests/support/test.h"

enum {
	SEEDS = 200,
	HEALING = 30000, /* steps, at most */
	HEAL_AT = 2000,
	BATCH_MAX = 20,
	MESSAGES = 64,
	RESULTS_MAX = 8000
};

enum what {
	HELLO,
	BATCH
};

/* A request or its answer, somewhere on the way. */
struct message {
	bool used;
	bool is_answer;
	enum what what;
	unsigned slot;
	uint64_t line; /* the connection it belongs to */
	uint64_t request;
	uint64_t session;
	uint64_t first;
	uint64_t last; /* first > last: none */
	bool is_refused;
	struct seqset received; /* of a welcome */
	int64_t due_ms;
};

struct world {
	struct rng rng;
	struct uplink uplink;
	int64_t now_ms;
	bool heals; /* from here on nothing goes wrong */
	/* agent */
	bool has[RESULTS_MAX]; /* rows in the spool, by number */
	uint64_t next_seq;
	uint64_t request[UPLINK_SLOTS]; /* the number of the one in each slot */
	uint64_t requests;
	/* line */
	uint64_t line;
	bool is_up;
	struct message message[MESSAGES];
	/* collector */
	unsigned times[RESULTS_MAX]; /* each result counted */
	struct seqset received;
	uint64_t session;
	uint64_t session_line;
	uint32_t credit;
};

static struct now
now_of(const struct world *world)
{
	return (struct now){
	    {world->now_ms * CLOCK_NS_PER_MS}, {world->now_ms * CLOCK_NS_PER_MS}};
}

static bool
happens(struct world *world, unsigned percent)
{
	return !world->heals && rng_below(&world->rng, 100) < percent;
}

static void
post(struct world *world, const struct message *message)
{
	for (unsigned copies = happens(world, 3) ? 2 : 1; copies > 0; copies--) {
		for (size_t i = 0; i < MESSAGES; i++) {
			if (!world->message[i].used) {
				world->message[i] = *message;
				world->message[i].used = true;
				world->message[i].due_ms =
				    world->now_ms +
				    (int64_t)rng_below(&world->rng, 300);
				break;
			}
		}
	}
}

static void
drop_line(struct world *world)
{
	world->is_up = false;
	world->line++;
	for (size_t i = 0; i < MESSAGES; i++) {
		world->message[i].used = false;
	}
}

/* ---- the agent's shell ---- */

static void
send_batch(struct world *world, const struct uplink_action *action)
{
	uint64_t first = action->first;
	uint64_t last;

	while (first <= action->last && !world->has[first]) {
		first++;
	}
	if (first > action->last) {
		uplink_none(&world->uplink, action->slot, first);
		return;
	}
	last = first;
	while (last < action->last && world->has[last + 1] &&
	       last - first + 1 < BATCH_MAX) {
		last++;
	}
	uplink_sent(&world->uplink, action->slot, last);
	world->request[action->slot] = ++world->requests;
	if (!happens(world, 5)) {
		post(world, &(struct message){.what = BATCH,
				.slot = action->slot,
				.line = world->line,
				.request = world->requests,
				.session = world->uplink.session,
				.first = first,
				.last = last});
	}
}

static void
check_in_flight(const struct world *world)
{
	unsigned used = 0;

	for (unsigned i = UPLINK_SLOT_BATCH; i < UPLINK_SLOTS; i++) {
		used += world->uplink.request[i].used ? 1 : 0;
	}
	assert_true(used <= world->uplink.credit);
	assert_true(used <= LIMIT_BATCHES_IN_FLIGHT);
}

static void
act(struct world *world)
{
	for (unsigned i = 0; i < 50; i++) {
		bool fresh_waits = world->uplink.state == UPLINK_UP &&
				   world->uplink.fresh_next < world->next_seq;
		bool fresh_flies = false;
		struct uplink_action action;

		for (unsigned k = UPLINK_SLOT_BATCH; k < UPLINK_SLOTS; k++) {
			fresh_flies =
			    fresh_flies || (world->uplink.request[k].used &&
					       !world->uplink.request[k].is_backlog);
		}
		action = uplink_next(&world->uplink, world->next_seq, now_of(world));
		switch (action.kind) {
		case UPLINK_NOTHING:
			return;
		case UPLINK_CONNECT:
			drop_line(world);
			if (!happens(world, 30)) {
				world->is_up = true;
				uplink_connected(&world->uplink, now_of(world).mono);
			}
			break;
		case UPLINK_DISCONNECT:
			drop_line(world);
			break;
		case UPLINK_SEND_HELLO:
			world->request[UPLINK_SLOT_HELLO] = ++world->requests;
			post(world, &(struct message){.what = HELLO,
					.line = world->line,
					.request = world->requests});
			break;
		case UPLINK_SEND_POLL:
			break; /* is never answered */
		case UPLINK_SEND_BATCH:
			/* What is fresh overtakes the backlog. */
			assert_true(!fresh_waits || fresh_flies ||
				    !world->uplink.request[action.slot].is_backlog);
			send_batch(world, &action);
			break;
		}
		check_in_flight(world);
	}
	fail_msg("uplink_next() never ends");
}

static void
forget(struct world *world, uint64_t first, uint64_t last)
{
	for (uint64_t i = first; i <= last && i < world->next_seq; i++) {
		world->has[i] = false;
	}
}

static void
take_answer(struct world *world, const struct message *answer)
{
	uint64_t first_row = 1;

	if (!world->uplink.request[answer->slot].used ||
	    world->request[answer->slot] != answer->request) {
		return; /* stale: the line drops it */
	}
	if (answer->is_refused) {
		uplink_refused(&world->uplink, true, 0, now_of(world).mono);
		return;
	}
	if (answer->what == BATCH) {
		uplink_answered(
		    &world->uplink, answer->slot, world->credit, now_of(world).mono);
		forget(world, answer->first, answer->last);
		return;
	}
	for (size_t i = 0; i < answer->received.len; i++) {
		forget(world, answer->received.range[i].first,
		    answer->received.range[i].last);
	}
	while (first_row < world->next_seq && !world->has[first_row]) {
		first_row++;
	}
	uplink_welcome(&world->uplink, answer->session, world->credit, first_row,
	    world->next_seq, now_of(world).mono);
}

/* ---- the collector ---- */

static void
count(struct world *world, const struct message *batch)
{
	for (uint64_t i = batch->first; i <= batch->last; i++) {
		if (!seqset_has(&world->received, i)) {
			world->times[i]++;
		}
	}
	if (seqset_add(&world->received, batch->first, batch->last) != ERR_OK) {
		fail_msg("the collector would have too many holes");
	}
}

static void
serve(struct world *world, const struct message *request)
{
	struct message answer = *request;

	answer.is_answer = true;
	if (request->what == HELLO) {
		world->session = rng_next(&world->rng);
		world->session_line = request->line;
		world->credit = 1 + (uint32_t)rng_below(&world->rng, 4);
		answer.session = world->session;
		answer.received = world->received;
	} else if (request->session != world->session ||
		   request->line != world->session_line) {
		answer.is_refused = true;
	} else {
		count(world, request);
	}
	if (!happens(world, 5)) {
		post(world, &answer);
	}
}

/* ---- time ---- */

static void
deliver(struct world *world)
{
	for (size_t i = 0; i < MESSAGES; i++) {
		struct message message = world->message[i];

		if (!message.used || message.due_ms > world->now_ms) {
			continue;
		}
		world->message[i].used = false;
		if (message.line != world->line) {
			continue;
		}
		if (message.is_answer) {
			take_answer(world, &message);
		} else {
			serve(world, &message);
		}
		act(world);
	}
}

static void
step(struct world *world)
{
	world->now_ms += 1 + (int64_t)rng_below(&world->rng, 200);
	if (!world->heals && rng_below(&world->rng, 2) == 0) {
		for (uint64_t n = rng_below(&world->rng, 5); n > 0; n--) {
			assert_true(world->next_seq < RESULTS_MAX);
			world->has[world->next_seq++] = true;
		}
	}
	if (happens(world, 1)) {
		drop_line(world);
		uplink_lost(&world->uplink, now_of(world).mono);
	}
	if (happens(world, 1)) {
		world->session = 0; /* it restarted; what it had counted is on disk */
	}
	if (happens(world, 1)) {
		world->now_ms += 40000; /* nothing moved for long */
	}
	act(world);
	deliver(world);
}

static bool
is_drained(const struct world *world)
{
	for (uint64_t i = 1; i < world->next_seq; i++) {
		if (world->has[i]) {
			return false;
		}
	}
	return true;
}

static void
test_exactly_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		static struct world world;
		unsigned extra = 0;

		printf("%s%u", seed % 20 == 1 ? "\n  seeds " : " ", (unsigned)seed);
		memset(&world, 0, sizeof(world));
		rng_init(&world.rng, seed);
		uplink_init(&world.uplink, 2, seed);
		world.next_seq = 1;
		world.credit = 1;
		for (unsigned i = 0; i < HEAL_AT; i++) {
			step(&world);
		}
		world.heals = true;
		while (!is_drained(&world) && extra < HEALING) {
			step(&world);
			extra++;
		}
		assert_true(is_drained(&world));
		for (uint64_t i = 1; i < world.next_seq; i++) {
			assert_int_equal(world.times[i], 1);
		}
	}
	printf("\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exactly_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
