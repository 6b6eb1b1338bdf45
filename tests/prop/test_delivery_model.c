/* test_delivery_model - the delivery protocol in small, every state of it, and seven ways to
 * get it wrong
 *
 * One incident, one receiver. The truth and a suppression toggle, the process dies, sends
 * fail or leave it open whether they arrived; within the bounds every interleaving is looked
 * at. The protocol that alert.c follows breaks no promise; each wrong one does, which shows
 * that the promises have teeth. The real core is explored by test_alert.c. */
#include "tests/support/test.h"

#include <stdbool.h>

enum {
	TOGGLES = 5,
	SUPPRESSIONS = 3,
	CRASHES = 3,
	FAILURES = 3,
	LOG_MAX = 24,
	STATES_MAX = 1 << 20,
	SLOTS = 1 << 22
};

enum variant {
	RIGHT = 0,
	MARK_BEFORE_SEND,
	RESOLVE_NOT_RETRIED,
	SUPPRESSION_MUTES_RESOLVE,
	SPLIT_TRANSACTION,
	NEW_KEY_ON_RETRY,
	CANCEL_ATTEMPTED,
	REJECTION_CLEARS_UNKNOWN,
	VARIANTS
};

enum word {
	NOTHING = 0,
	FIRING,
	RESOLVED
};

enum row_state {
	NO_ROW = 0,
	QUEUED,
	LEASED
};

/* What the process knows of a send and has not stored yet. */
enum sending {
	IDLE = 0,
	TO_SEND,
	SUCCEEDED,
	REJECTED,
	UNSURE
};

/* Bytes only, so that states are compared as bytes. */
struct state {
	uint8_t is_bad;
	uint8_t toggles;
	uint8_t is_suppressed;
	uint8_t suppressions;
	uint8_t crashes;
	uint8_t failures;
	uint8_t believed; /* word, durable */
	uint8_t seq;
	uint8_t row; /* row_state, durable; these too: */
	uint8_t row_seq;
	uint8_t row_word;
	uint8_t row_attempted;
	uint8_t sending; /* lost in a crash */
	uint8_t sent_seq;
	uint8_t sent_word;
	uint8_t attempted_before;
	uint8_t pending; /* word: the state is stored, its row is not */
	uint8_t log_len;
	uint8_t log[LOG_MAX][2]; /* seq, word: what the receiver got */
};

struct search {
	enum variant variant;
	bool far_side_dedups;
	struct state *state;
	uint32_t *slot;
	uint32_t len;
	const char *broken;
	bool is_stuck; /* the state at hand has no step of the protocol left */
};

static void
add(struct search *search, const struct state *state)
{
	const unsigned char *bytes = (const unsigned char *)state;
	uint64_t hash = UINT64_C(14695981039346656037);
	size_t at;

	for (size_t i = 0; i < sizeof(*state); i++) {
		hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
	}
	for (at = hash % SLOTS; search->slot[at] != 0; at = (at + 1) % SLOTS) {
		if (memcmp(&search->state[search->slot[at] - 1], state,
			sizeof(*state)) == 0) {
			return;
		}
	}
	assert_true(search->len < STATES_MAX);
	search->state[search->len++] = *state;
	search->slot[at] = search->len;
}

/* A step of the protocol, as against one of the world. */
static void
step(struct search *search, const struct state *state)
{
	search->is_stuck = false;
	add(search, state);
}

static void
arrive(struct state *state, uint8_t seq, uint8_t word)
{
	assert_true(state->log_len < LOG_MAX);
	state->log[state->log_len][0] = seq;
	state->log[state->log_len][1] = word;
	state->log_len++;
}

static uint8_t
wish(const struct search *search, const struct state *state)
{
	if (state->is_bad) {
		return !state->is_suppressed && state->believed != FIRING ? FIRING
									  : NOTHING;
	}
	if (state->believed != FIRING ||
	    (state->is_suppressed && search->variant == SUPPRESSION_MUTES_RESOLVE)) {
		return NOTHING;
	}
	return RESOLVED;
}

static void
world_steps(struct search *search, const struct state *from)
{
	struct state to = *from;

	if (from->toggles > 0) {
		to.is_bad = !from->is_bad;
		to.toggles--;
		add(search, &to);
	}
	if (from->suppressions > 0) {
		to = *from;
		to.is_suppressed = !from->is_suppressed;
		to.suppressions--;
		add(search, &to);
	}
	if (from->crashes > 0) {
		to = *from;
		to.crashes--;
		to.sending = IDLE;
		to.sent_seq = to.sent_word = to.attempted_before = to.pending = 0;
		if (from->row == LEASED) {
			to.row = QUEUED;
			to.row_attempted = 1;
			if (search->variant == NEW_KEY_ON_RETRY) {
				to.row_seq = ++to.seq;
			}
		}
		add(search, &to);
	}
}

static void
put_row(struct state *state, uint8_t word)
{
	state->row = QUEUED;
	state->row_word = word;
	state->row_seq = ++state->seq;
	state->row_attempted = 0;
	state->pending = NOTHING;
}

static void
drop_row(struct state *state)
{
	state->row = NO_ROW;
	state->row_seq = state->row_word = state->row_attempted = 0;
}

static void
enqueue(struct search *search, const struct state *from)
{
	struct state to = *from;
	uint8_t word = wish(search, from);

	if (from->row != NO_ROW) {
		return;
	}
	if (from->pending != NOTHING) {
		put_row(&to, from->pending);
		step(search, &to);
		return;
	}
	if (search->variant == SUPPRESSION_MUTES_RESOLVE && from->is_suppressed &&
	    !from->is_bad && from->believed == FIRING) {
		to.believed = RESOLVED;
		step(search, &to);
	}
	if (word == NOTHING) {
		return;
	}
	if (search->variant == SPLIT_TRANSACTION) {
		to.believed = word;
		to.pending = word;
	} else {
		put_row(&to, word);
	}
	step(search, &to);
}

static void
lease(struct search *search, const struct state *from)
{
	bool is_stale = from->row_word == FIRING ? !from->is_bad || from->is_suppressed
						 : from->is_bad;
	struct state to = *from;

	if (from->row != QUEUED || from->sending != IDLE) {
		return;
	}
	if (is_stale && (!from->row_attempted || search->variant == CANCEL_ATTEMPTED)) {
		drop_row(&to);
		step(search, &to);
		if (!from->row_attempted) {
			return;
		}
		to = *from;
	}
	to.sending = TO_SEND;
	to.sent_seq = from->row_seq;
	to.sent_word = from->row_word;
	to.attempted_before = from->row_attempted;
	if (search->variant == MARK_BEFORE_SEND) {
		drop_row(&to);
		to.believed = from->row_word;
	} else {
		to.row = LEASED;
		to.row_attempted = 1;
	}
	step(search, &to);
}

static void
send(struct search *search, const struct state *from)
{
	struct state to = *from;

	if (from->sending != TO_SEND) {
		return;
	}
	to.sending = SUCCEEDED;
	arrive(&to, from->sent_seq, from->sent_word);
	step(search, &to);
	if (from->failures > 0) {
		to = *from;
		to.failures--;
		to.sending = REJECTED;
		step(search, &to);
		to.sending = UNSURE;
		arrive(&to, from->sent_seq, from->sent_word);
		step(search, &to);
	}
}

static void
answer(struct search *search, const struct state *from)
{
	enum variant variant = search->variant;
	struct state to = *from;

	if (from->sending != SUCCEEDED && from->sending != REJECTED &&
	    from->sending != UNSURE) {
		return;
	}
	to.sending = IDLE;
	to.sent_seq = to.sent_word = to.attempted_before = 0;
	if (variant == MARK_BEFORE_SEND) {
		step(search, &to);
		return;
	}
	if (from->sending == SUCCEEDED ||
	    (variant == RESOLVE_NOT_RETRIED && from->row_word == RESOLVED)) {
		to.believed = from->row_word;
		drop_row(&to);
		step(search, &to);
		return;
	}
	to.row = QUEUED;
	if (from->sending == REJECTED) {
		to.row_attempted =
		    variant == REJECTION_CLEARS_UNKNOWN ? 0 : from->attempted_before;
	}
	if (variant == NEW_KEY_ON_RETRY) {
		to.row_seq = ++to.seq;
	}
	step(search, &to);
}

/* Nothing of the protocol is left to do: is what the receiver heard last the truth? */
static const char *
judge_end(const struct state *state, uint8_t last)
{
	if (state->is_bad && !state->is_suppressed && last != FIRING) {
		return "it is down, and nobody knows";
	}
	if (!state->is_bad && last == FIRING) {
		return "it is up, and somebody believes that it is down";
	}
	return NULL;
}

/* What the receiver sees, and whether a promise is broken by it. */
static const char *
judge(const struct search *search, const struct state *state, bool is_stuck)
{
	uint8_t last_seq = 0;
	uint8_t last = NOTHING;

	for (size_t i = 0; i < state->log_len; i++) {
		uint8_t seq = state->log[i][0];
		uint8_t word = state->log[i][1];

		if (search->far_side_dedups && seq == last_seq) {
			continue; /* one live row: a repeat follows its first at once */
		}
		if (seq < last_seq) {
			return "out of order";
		}
		if (word == RESOLVED && last == NOTHING) {
			return "a resolve from nowhere";
		}
		if (search->far_side_dedups && word == last) {
			return "the same twice";
		}
		last_seq = seq;
		last = word;
	}
	return is_stuck ? judge_end(state, last) : NULL;
}

static struct search
explore(enum variant variant, bool far_side_dedups)
{
	static const struct state begin = {.toggles = TOGGLES,
	    .suppressions = SUPPRESSIONS,
	    .crashes = CRASHES,
	    .failures = FAILURES};
	struct search search = {.variant = variant, .far_side_dedups = far_side_dedups};

	search.state = malloc(STATES_MAX * sizeof(*search.state));
	search.slot = calloc(SLOTS, sizeof(*search.slot));
	assert_non_null(search.state);
	assert_non_null(search.slot);
	add(&search, &begin);
	for (uint32_t i = 0; i < search.len && search.broken == NULL; i++) {
		const struct state state = search.state[i];

		search.is_stuck = true;
		enqueue(&search, &state);
		lease(&search, &state);
		send(&search, &state);
		answer(&search, &state);
		search.broken = judge(&search, &state, search.is_stuck);
		world_steps(&search, &state);
	}
	free(search.state);
	free(search.slot);
	return search;
}

static void
test_right(void **state)
{
	(void)state;
	for (int dedups = 0; dedups < 2; dedups++) {
		struct search search = explore(RIGHT, dedups == 1);

		print_message("%u states, the far side %s\n", search.len,
		    dedups == 1 ? "knows keys" : "knows no keys");
		if (search.broken != NULL) {
			fail_msg("broken: %s", search.broken);
		}
		assert_true(search.len > 10000);
	}
}

static void
test_wrong(void **state)
{
	static const char *const names[VARIANTS] = {"right", "mark before sending",
	    "a resolve is not tried again", "suppression swallows a resolve",
	    "state and row in two transactions", "another key for every try",
	    "a row that may have arrived is cancelled",
	    "a rejection clears an earlier doubt"};

	(void)state;
	for (int variant = RIGHT + 1; variant < VARIANTS; variant++) {
		struct search search = explore((enum variant)variant, true);

		if (search.broken == NULL) {
			fail_msg("%s: nothing is broken in %u states", names[variant],
			    search.len);
		}
		print_message("%s: %s, after %u states\n", names[variant],
		    search.broken, search.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right),
	    cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
