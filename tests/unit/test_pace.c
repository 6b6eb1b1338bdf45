/* test_pace - in no window of a vendor's size leave more messages than it lets through */
#include "collector/core/channel_kind.h"
#include "common/core/rng.h"
#include "tests/support/test.h"

enum {
	SENDS = 400
};

/* What vendors say; the table of kinds has to stay below it. */
static const struct {
	enum channel_kind kind;
	int64_t window_ms;
	size_t limit;
} vendor[] = {
    {CHANNEL_FEISHU, 1000, 5},
    {CHANNEL_FEISHU, 60000, 100},
    {CHANNEL_WECOM, 60000, 20},
    {CHANNEL_DINGTALK, 60000, 20},
    {CHANNEL_SLACK, 1000, 1},
    {CHANNEL_TELEGRAM, 1000, 1},
    {CHANNEL_TELEGRAM, 60000, 20},
    {CHANNEL_DISCORD, 2000, 5},
    {CHANNEL_DISCORD, 60000, 30},
    {CHANNEL_NTFY, 300000, 120},
    {CHANNEL_NTFY, 86400000, 250},
};

static struct mono
later(struct mono a, struct mono b)
{
	return mono_before(a, b) ? b : a;
}

/* Every message leaves as soon as it may, with a restart between any two. */
static void
test_windows(void **state)
{
	(void)state;
	for (size_t v = 0; v < sizeof(vendor) / sizeof(vendor[0]); v++) {
		const struct pace_rule *rule = channel_kind_row(vendor[v].kind)->pace;
		int64_t window_ns = vendor[v].window_ms * CLOCK_NS_PER_MS;
		struct mono at[SENDS];
		struct mono now = {77 * CLOCK_NS_PER_S};
		struct pace pace = {0};
		struct rng rng;

		rng_init(&rng, v);
		for (size_t i = 0; i < SENDS; i++) {
			unsigned char bytes[64];
			struct buf buf;

			/* sometimes it is quiet for a while */
			if (rng_below(&rng, 10) == 0) {
				now = mono_add(
				    now, (int64_t)rng_below(&rng, (uint64_t)window_ns));
			}
			now = later(now, pace_due(&pace, rule, true));
			at[i] = now;
			pace_take(&pace, rule, now);
			buf_write(&buf, bytes, sizeof(bytes));
			pace_save(&pace, &buf);
			assert_true(buf_ok(&buf));
			memset(&pace, 0xff, sizeof(pace));
			buf_read(&buf, bytes, sizeof(bytes));
			pace_load(&pace, &buf);
			assert_true(buf_ok(&buf));
		}
		for (size_t i = 0; i + vendor[v].limit < SENDS; i++) {
			/* one more than the limit needs a whole window */
			assert_true(
			    mono_since(at[i + vendor[v].limit], at[i]) >= window_ns);
		}
	}
}

/* What is left when everything but the reserve is used is for critical messages. */
static void
test_reserve(void **state)
{
	static const struct pace_rule rule[PACE_RULES] = {{8, 5, 6 * CLOCK_NS_PER_S}};
	const struct mono now = {CLOCK_NS_PER_S};
	struct pace pace = {0};
	int sent = 0;

	(void)state;
	while (!mono_before(now, pace_due(&pace, rule, false))) {
		pace_take(&pace, rule, now);
		sent++;
	}
	assert_int_equal(sent, 3);
	while (!mono_before(now, pace_due(&pace, rule, true))) {
		pace_take(&pace, rule, now);
		sent++;
	}
	assert_int_equal(sent, 8);
	assert_int_equal(
	    mono_since(pace_due(&pace, rule, true), now), 6 * CLOCK_NS_PER_S);
}

static void
test_none(void **state)
{
	static const struct pace_rule rule[PACE_RULES] = {{0}};
	struct pace pace = {0};

	(void)state;
	pace_take(&pace, rule, (struct mono){5});
	assert_true(mono_before(pace_due(&pace, rule, false), (struct mono){0}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_windows),
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
