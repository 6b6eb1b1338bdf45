/* The uplink: every state with every event, the order of what it wants, the waits. */
#include "tests/support/test.h"

#include "agent/core/uplink.h"

enum event {
	TICK_LATE = 0,
	CONNECTED,
	LOST,
	WELCOME,
	REFUSED,
	HELLO_FIRST,
	NONSENSE, /* an acknowledgement for the greeting */
	EVENTS
};

static struct now
at(int64_t ms)
{
	return (struct now){{ms * CLOCK_NS_PER_MS}, {ms * CLOCK_NS_PER_MS}};
}

/* Takes actions until there is none; returns the last one and how many of `kind`. */
static unsigned
drain(struct uplink *uplink, uint64_t next_seq, struct now now,
    enum uplink_action_kind kind)
{
	struct uplink_action action;
	unsigned count = 0;

	for (unsigned i = 0; i < 100; i++) {
		action = uplink_next(uplink, next_seq, now);
		if (action.kind == UPLINK_NOTHING) {
			return count;
		}
		if (action.kind == UPLINK_SEND_BATCH) {
			uplink_sent(uplink, action.slot, action.last);
		}
		count += action.kind == kind ? 1 : 0;
	}
	fail_msg("uplink_next() never ends");
	return count;
}

/* An uplink in `state` at 1 s. */
static struct uplink
in_state(enum uplink_state state)
{
	struct uplink uplink;

	uplink_init(&uplink, 1, 1);
	if (state == UPLINK_DOWN) {
		(void)drain(&uplink, 1, at(1000), UPLINK_NOTHING);
		uplink_lost(&uplink, at(1000).mono);
		(void)drain(&uplink, 1, at(1000), UPLINK_NOTHING);
		return uplink;
	}
	assert_int_equal(drain(&uplink, 1, at(1000), UPLINK_CONNECT), 1);
	if (state >= UPLINK_HELLO) {
		uplink_connected(&uplink, at(1000).mono);
		assert_int_equal(drain(&uplink, 1, at(1000), UPLINK_SEND_HELLO), 1);
	}
	if (state == UPLINK_UP) {
		uplink_welcome(&uplink, 7, 4, 1, 1, at(1000).mono);
		assert_int_equal(drain(&uplink, 1, at(1000), UPLINK_SEND_POLL), 1);
	}
	assert_int_equal(uplink.state, state);
	return uplink;
}

static void
apply(struct uplink *uplink, enum event event)
{
	struct now now = at(event == TICK_LATE ? 100000 : 1001);

	switch (event) {
	case TICK_LATE:
		(void)uplink_next(uplink, 1, now);
		break;
	case CONNECTED:
		uplink_connected(uplink, now.mono);
		break;
	case LOST:
		uplink_lost(uplink, now.mono);
		break;
	case WELCOME:
		uplink_welcome(uplink, 9, 4, 1, 1, now.mono);
		break;
	case REFUSED:
		uplink_refused(uplink, false, 0, now.mono);
		break;
	case HELLO_FIRST:
		uplink_refused(uplink, true, 0, now.mono);
		(void)uplink_next(uplink, 1, now);
		break;
	case NONSENSE:
		uplink_answered(uplink, UPLINK_SLOT_HELLO, 4, now.mono);
		(void)uplink_next(uplink, 1, now);
		break;
	case EVENTS:
		break;
	}
}

static const enum uplink_state table[4][EVENTS] = {
    [UPLINK_DOWN] = {UPLINK_CONNECTING, UPLINK_DOWN, UPLINK_DOWN, UPLINK_DOWN,
	UPLINK_DOWN, UPLINK_DOWN, UPLINK_DOWN},
    [UPLINK_CONNECTING] = {UPLINK_DOWN, UPLINK_HELLO, UPLINK_DOWN, UPLINK_CONNECTING,
	UPLINK_DOWN, UPLINK_DOWN, UPLINK_CONNECTING},
    [UPLINK_HELLO] = {UPLINK_DOWN, UPLINK_HELLO, UPLINK_DOWN, UPLINK_UP, UPLINK_DOWN,
	UPLINK_DOWN, UPLINK_DOWN},
    [UPLINK_UP] = {UPLINK_DOWN, UPLINK_UP, UPLINK_DOWN, UPLINK_UP, UPLINK_DOWN,
	UPLINK_HELLO, UPLINK_UP},
};

static void
check_pair(enum uplink_state from, enum event event)
{
	struct uplink uplink = in_state(from);

	apply(&uplink, event);
	if (uplink.state != table[from][event]) {
		fail_msg("%s, event %d: %s", uplink_state_name(from), (int)event,
		    uplink_state_name(uplink.state));
	}
	/* Losing the line closes it, once; a refusal leaves it until the next attempt. */
	if (from != UPLINK_DOWN && uplink.state == UPLINK_DOWN &&
	    (event == LOST || event == REFUSED)) {
		assert_int_equal(drain(&uplink, 1, at(1001), UPLINK_DISCONNECT),
		    event == LOST ? 1 : 0);
	}
	(void)drain(&uplink, 1, at(100001), UPLINK_NOTHING);
	/* There is always a time at which something happens again. */
	assert_true(uplink_deadline(&uplink).ns < INT64_MAX);
}

static void
test_table(void **state)
{
	(void)state;
	for (int from = UPLINK_DOWN; from <= UPLINK_UP; from++) {
		for (int event = 0; event < EVENTS; event++) {
			check_pair((enum uplink_state)from, (enum event)event);
		}
	}
}

static void
test_backoff(void **state)
{
	struct uplink uplink;
	int64_t longest_ns = 0;
	int64_t now_ms = 0;

	(void)state;
	uplink_init(&uplink, 3, 99);
	for (int i = 0; i < 200; i++) {
		struct now now = at(now_ms);
		int64_t wait_ns;

		assert_int_equal(uplink_next(&uplink, 1, now).kind, UPLINK_CONNECT);
		uplink_lost(&uplink, now.mono);
		assert_int_equal(uplink_next(&uplink, 1, now).kind, UPLINK_DISCONNECT);
		assert_int_equal(uplink.address, (size_t)(i + 1) % 3);
		wait_ns = uplink.next_at.ns - at(now_ms).mono.ns;
		longest_ns = wait_ns > longest_ns ? wait_ns : longest_ns;
		if (i % 3 < 2) { /* the round goes on at once */
			assert_int_equal(wait_ns, 0);
			continue;
		}
		assert_true(wait_ns >= UPLINK_BACKOFF_MIN_NS / 2);
		assert_true(
		    wait_ns <= UPLINK_REFUSED_MAX_NS + UPLINK_BACKOFF_MIN_NS / 2);
		if (i < 3) {
			assert_true(wait_ns < 2 * UPLINK_BACKOFF_MIN_NS);
		}
		now_ms += wait_ns / CLOCK_NS_PER_MS + 1;
	}
	assert_true(longest_ns > UPLINK_REFUSED_MAX_NS / 2);
	/* What they ask for is kept to, if it is longer. */
	(void)drain(&uplink, 1, at(now_ms), UPLINK_CONNECT);
	uplink_refused(&uplink, false, 3600 * CLOCK_NS_PER_S, at(now_ms).mono);
	assert_true(uplink.next_at.ns - at(now_ms).mono.ns >= 3600 * CLOCK_NS_PER_S);
}

/* A line that stands and is dropped again is not a refusal: there is always a wait, and it
 * grows to the longest. */
static void
test_flapping(void **state)
{
	struct uplink uplink;
	int64_t longest_ns = 0;
	int64_t now_ms = 0;

	(void)state;
	uplink_init(&uplink, 2, 7);
	for (int i = 0; i < 200; i++) {
		int64_t wait_ns;

		assert_int_equal(drain(&uplink, 1, at(now_ms), UPLINK_CONNECT), 1);
		uplink_connected(&uplink, at(now_ms).mono);
		uplink_lost(&uplink, at(now_ms).mono);
		(void)drain(&uplink, 1, at(now_ms), UPLINK_DISCONNECT);
		wait_ns = uplink.next_at.ns - at(now_ms).mono.ns;
		longest_ns = wait_ns > longest_ns ? wait_ns : longest_ns;
		assert_true(wait_ns >= UPLINK_BACKOFF_MIN_NS / 2);
		now_ms += wait_ns / CLOCK_NS_PER_MS + 1;
	}
	assert_true(longest_ns > UPLINK_BACKOFF_MAX_NS / 2);
}

/* The backlog fills the credit but its last place, which is for what is fresh. */
static void
test_lanes(void **state)
{
	struct uplink uplink = in_state(UPLINK_HELLO);
	struct uplink_action action;

	(void)state;
	uplink_welcome(&uplink, 7, 3, 1, 1001, at(1000).mono);
	assert_int_equal(uplink_next(&uplink, 1001, at(1000)).kind, UPLINK_SEND_POLL);
	action = uplink_next(&uplink, 1001, at(1000));
	assert_int_equal(action.kind, UPLINK_SEND_BATCH);
	assert_int_equal(action.first, 1);
	assert_int_equal(action.last, 1000);
	uplink_sent(&uplink, action.slot, 500);
	action = uplink_next(&uplink, 1001, at(1000));
	assert_int_equal(action.first, 501);
	uplink_sent(&uplink, action.slot, 700);
	assert_int_equal(uplink_next(&uplink, 1001, at(1000)).kind, UPLINK_NOTHING);
	action = uplink_next(&uplink, 1010, at(1000)); /* fresh ones overtake */
	assert_int_equal(action.kind, UPLINK_SEND_BATCH);
	assert_int_equal(action.first, 1001);
	assert_int_equal(action.last, 1009);
	uplink_sent(&uplink, action.slot, 1009);
	assert_int_equal(uplink_next(&uplink, 1020, at(1000)).kind, UPLINK_NOTHING);
	uplink_answered(&uplink, action.slot, 3, at(1010).mono);
	assert_int_equal(uplink.rtt_us, 10000);
	action = uplink_next(&uplink, 1020, at(1010));
	assert_int_equal(action.first, 1010);
}

static void
test_nothing_to_send(void **state)
{
	struct uplink uplink = in_state(UPLINK_HELLO);
	struct uplink_action action;

	(void)state;
	uplink_welcome(&uplink, 7, 1, 5, 10, at(1000).mono);
	(void)uplink_next(&uplink, 10, at(1000));
	action = uplink_next(&uplink, 10, at(1000));
	assert_int_equal(action.first, 5);
	uplink_none(&uplink, action.slot, 8);
	action = uplink_next(&uplink, 10, at(1000));
	assert_int_equal(action.first, 8);
	uplink_none(&uplink, action.slot, 10);
	assert_int_equal(uplink_next(&uplink, 10, at(1000)).kind, UPLINK_NOTHING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_backoff),
	    cmocka_unit_test(test_flapping),
	    cmocka_unit_test(test_lanes),
	    cmocka_unit_test(test_nothing_to_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
