/* test_desk - orders about alerts through the machine, and what reviews make of a rule */
#include "collector/core/desk.h"
#include "collector/core/journal.h"
#include "tests/support/small_collector.h"
#include "tests/support/test.h"

static const struct now now = {
    {7 * CLOCK_NS_PER_S}, {INT64_C(1800000000) * CLOCK_NS_PER_S}};

struct fixture {
	struct small_collector small;
	struct small_collector other; /* is told the same by the journal */
	struct effects *effects;
	void *memory;
	unsigned char arguments[ORDERS_ARGUMENT_BYTES];
	struct buf buf;
	struct order order;
	struct order_outcome outcome;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->small = small_collector_new();
	fixture->other = small_collector_new();
	fixture->effects = calloc(1, sizeof(*fixture->effects));
	fixture->memory = malloc(EFFECTS_ARENA_BYTES);
	effects_init(fixture->effects, fixture->memory);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	small_collector_free(&fixture->small);
	small_collector_free(&fixture->other);
	free(fixture->effects);
	free(fixture->memory);
	free(fixture);
	return 0;
}

static struct buf *
begin(struct fixture *fixture, enum order_kind kind)
{
	fixture->order =
	    (struct order){.kind = kind, .author = "alice", .comment = "why"};
	buf_write(&fixture->buf, fixture->arguments, sizeof(fixture->arguments));
	return &fixture->buf;
}

/* Gives it, replays its record into the other machine, and compares both. */
static enum err
give(struct fixture *fixture)
{
	unsigned char *bytes[2];
	size_t len[2];
	bool was_found = false;

	assert_true(buf_ok(&fixture->buf));
	fixture->order.arguments = fixture->arguments;
	fixture->order.arguments_len = fixture->buf.at;
	effects_reset(fixture->effects);
	collector_order(fixture->small.machine, &fixture->order, now, fixture->effects,
	    &fixture->outcome);
	for (size_t i = 0; i < fixture->effects->len; i++) {
		const struct effect *effect = &fixture->effects->item[i];
		static struct effects unused;
		struct journal_head head;
		struct buf buf;

		if (effect->table != TABLE_JOURNAL) {
			continue;
		}
		was_found = true;
		buf_read(&buf, effect->value, effect->value_len);
		assert_int_equal(journal_decode(&buf, &head), ERR_OK);
		effects_init(&unused, calloc(1, EFFECTS_ARENA_BYTES));
		collector_replay(fixture->other.machine, &head, NULL, &unused);
		free(unused.arena.base);
	}
	assert_true(was_found);
	bytes[0] = small_collector_save(fixture->small.machine, &len[0]);
	bytes[1] = small_collector_save(fixture->other.machine, &len[1]);
	assert_int_equal(len[0], len[1]);
	assert_memory_equal(bytes[0], bytes[1], len[0]);
	free(bytes[0]);
	free(bytes[1]);
	return fixture->outcome.err;
}

static enum err
mute(struct fixture *fixture, int64_t end_s, int64_t for_s)
{
	struct mute mute = {.kind = MUTE_MAINTENANCE};
	struct buf *buf = begin(fixture, ORDER_MUTE);
	char why[MATCHER_WHY_BYTES];

	assert_true(matcher_parse("tier=core", &mute.matcher, why));
	if (end_s != 0) {
		mute.end_at = wall_add(now.wall, end_s * CLOCK_NS_PER_S);
	}
	mute_encode(&mute, buf);
	buf_put_signed(buf, for_s * CLOCK_NS_PER_S);
	return give(fixture);
}

static void
test_mutes(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mute(fixture, 60, 0), ERR_OK);
	assert_int_equal(fixture->outcome.made, 1);
	assert_int_equal(mute(fixture, 0, 60), ERR_OK);
	assert_string_equal(fixture->outcome.text, "maintenance 2 is planned");
	assert_int_equal(mute(fixture, -60, 0), ERR_INVALID);
	for (uint64_t i = 3; i <= MUTES_MAX; i++) {
		assert_int_equal(mute(fixture, 0, 60), ERR_OK);
	}
	assert_int_equal(mute(fixture, 0, 60), ERR_LIMIT);
	desk_encode_unmute(
	    &(struct desk_unmute){MUTE_SILENCE, 1}, begin(fixture, ORDER_UNMUTE));
	assert_int_equal(give(fixture), ERR_NOTFOUND);
	desk_encode_unmute(
	    &(struct desk_unmute){MUTE_MAINTENANCE, 1}, begin(fixture, ORDER_UNMUTE));
	assert_int_equal(give(fixture), ERR_OK);
	assert_int_equal(mute(fixture, 0, 60), ERR_OK);
	assert_int_equal(fixture->outcome.made, MUTES_MAX + 1);
}

static void
test_acks(void **state)
{
	struct fixture *fixture = *state;

	desk_encode_ack(&(struct desk_ack){.incident = 5}, begin(fixture, ORDER_ACK));
	assert_int_equal(give(fixture), ERR_NOTFOUND);
	assert_string_equal(fixture->outcome.text, "incident 5 is not open");
	desk_encode_unack(5, begin(fixture, ORDER_UNACK));
	assert_int_equal(give(fixture), ERR_NOTFOUND);
}

/* Arguments of one kind are none of another, and none are too few. */
static void
test_arguments(void **state)
{
	struct fixture *fixture = *state;

	for (int kind = ORDER_MUTE; kind <= ORDER_REVIEW; kind++) {
		(void)begin(fixture, (enum order_kind)kind);
		assert_int_equal(give(fixture), ERR_FORMAT);
	}
	desk_encode_review(&(struct desk_review){1, VERDICT_COUNT, REVIEW_TRUE},
	    begin(fixture, ORDER_REVIEW));
	assert_int_equal(give(fixture), ERR_FORMAT);
	desk_encode_review(&(struct desk_review){1, VERDICT_PATH, REVIEW_KIND_COUNT},
	    begin(fixture, ORDER_REVIEW));
	assert_int_equal(give(fixture), ERR_FORMAT);
}

static void
test_reviews(void **state)
{
	struct fixture *fixture = *state;

	desk_encode_review(
	    &(struct desk_review){9, VERDICT_PATH, REVIEW_FALSE_POSITIVE},
	    begin(fixture, ORDER_REVIEW));
	assert_int_equal(give(fixture), ERR_OK);
	assert_string_equal(
	    fixture->outcome.text, "incident 9 is reviewed: false-positive");
}

/* Against bounds worked out with a hundred digits elsewhere. */
static void
test_scores(void **state)
{
	static const struct {
		unsigned worth;
		unsigned reviewed;
		uint32_t low_ppm;
		uint32_t high_ppm;
	} table[] = {{0, 1, 0, 793457}, {1, 1, 206543, 1000000},
	    {5, 10, 236590, 763410}, {18, 20, 698962, 972134},
	    {81, 263, 255288, 366211}, {0, 50, 0, 71350}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		static struct reviews reviews;
		struct review_score score;

		memset(&reviews, 0, sizeof(reviews));
		reviews.count[VERDICT_PATH][REVIEW_TRUE] = table[i].worth;
		reviews.count[VERDICT_PATH][REVIEW_EXPECTED] =
		    table[i].reviewed - table[i].worth;
		score = reviews_score(&reviews, VERDICT_PATH);
		assert_int_equal(score.reviewed, table[i].reviewed);
		assert_in_range(
		    score.low_ppm + 60, table[i].low_ppm, table[i].low_ppm + 120);
		assert_in_range(
		    score.high_ppm + 60, table[i].high_ppm, table[i].high_ppm + 120);
	}
}

/* A second look at an incident replaces the first; what is forgotten stays counted. */
static void
test_again(void **state)
{
	static struct reviews reviews;
	struct review review = {.rule = VERDICT_PATH, .kind = REVIEW_TRUE};

	(void)state;
	memset(&reviews, 0, sizeof(reviews));
	for (uint64_t i = 1; i <= REVIEWS_MAX + 10; i++) {
		review.incident = i;
		reviews_put(&reviews, &review);
	}
	assert_int_equal(reviews.len, REVIEWS_MAX);
	review.kind = REVIEW_FALSE_POSITIVE;
	reviews_put(&reviews, &review);
	assert_int_equal(reviews.len, REVIEWS_MAX);
	assert_int_equal(reviews.count[VERDICT_PATH][REVIEW_TRUE], REVIEWS_MAX + 9);
	assert_int_equal(reviews.count[VERDICT_PATH][REVIEW_FALSE_POSITIVE], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_mutes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_acks, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_arguments, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reviews, setup, teardown),
	    cmocka_unit_test(test_scores),
	    cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
