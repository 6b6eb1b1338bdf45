/* test_channel_judge - what answers of vendors mean, and what they are signed with */
#include "collector/core/channel_mail.h"
#include "collector/core/channel_robot.h"
#include "common/core/rng.h"
#include "tests/support/test.h"

#define D DELIVERY_DONE
#define R DELIVERY_REJECTED_RETRY
#define X DELIVERY_REJECTED
#define U DELIVERY_UNKNOWN

static const struct {
	enum channel_kind kind;
	unsigned status;
	const char *body;
	enum delivery delivery;
	int64_t retry_s;
} row[] = {
    {CHANNEL_WEBHOOK, 200, "anything", D, 0},
    {CHANNEL_WEBHOOK, 500, "", U, 0},
    {CHANNEL_ALERTMANAGER, 200, "", D, 0},
    {CHANNEL_ALERTMANAGER, 400, "bad", X, 0},
    {CHANNEL_FEISHU, 200, "{\"code\":0,\"msg\":\"success\",\"data\":{}}", D, 0},
    {CHANNEL_FEISHU, 200, "{\"StatusCode\":0,\"StatusMessage\":\"success\"}", D, 0},
    {CHANNEL_FEISHU, 200, "{\"code\":19021,\"StatusCode\":0}", X, 0},
    {CHANNEL_FEISHU, 200, "{\"code\":11232,\"msg\":\"frequency limited\"}", R, 60},
    {CHANNEL_FEISHU, 400, "{\"code\":9499,\"msg\":\"Too Many Request\"}", R, 60},
    {CHANNEL_FEISHU, 400, "{\"code\":9499,\"msg\":\"Bad Request\"}", X, 0},
    {CHANNEL_FEISHU, 200, "{\"code\":19024,\"msg\":\"Key Words Not Found\"}", X, 0},
    {CHANNEL_FEISHU, 200, "{\"code\":1254,\"msg\":\"new\"}", R, 0},
    {CHANNEL_FEISHU, 200, "{}", U, 0},
    {CHANNEL_FEISHU, 200, "", U, 0},
    {CHANNEL_FEISHU, 200, "{\"code\":0", U, 0},
    {CHANNEL_FEISHU, 200, "{\"code\":\"0\"}", U, 0},
    {CHANNEL_FEISHU, 200, "{\"data\":{\"code\":0}}", U, 0},
    {CHANNEL_FEISHU, 200, "<html>login</html>", U, 0},
    {CHANNEL_FEISHU, 429, "", R, 0},
    {CHANNEL_FEISHU, 502, "", U, 0},
    {CHANNEL_WECOM, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", D, 0},
    {CHANNEL_WECOM, 200, "{\"errcode\":45009,\"errmsg\":\"api freq\"}", R, 60},
    {CHANNEL_WECOM, 200, "{\"errcode\":-1,\"errmsg\":\"busy\"}", R, 0},
    {CHANNEL_WECOM, 200, "{\"errcode\":40058,\"errmsg\":\"too long\"}", X, 0},
    {CHANNEL_WECOM, 200, "{\"errcode\":93000,\"errmsg\":\"invalid\"}", X, 0},
    {CHANNEL_WECOM, 200, "{\"errmsg\":\"ok\"}", U, 0},
    {CHANNEL_WECOM, 200, "{\"errcode\":0.5e3}", U, 0},
    {CHANNEL_DINGTALK, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", D, 0},
    {CHANNEL_DINGTALK, 200, "{\"errcode\":130101,\"errmsg\":\"fast\"}", R, 600},
    {CHANNEL_DINGTALK, 200, "{\"errcode\":410100,\"errmsg\":\"fast\"}", R, 600},
    {CHANNEL_DINGTALK, 200, "{\"errcode\":310000,\"errmsg\":\"sign\"}", X, 0},
    {CHANNEL_DINGTALK, 200, "{\"errcode\":430102,\"errmsg\":\"text\"}", X, 0},
    {CHANNEL_DINGTALK, 200, "{\"errcode\":-1}", R, 0},
    {CHANNEL_DINGTALK, 200, "ok", U, 0},
    {CHANNEL_SLACK, 200, "ok", D, 0},
    {CHANNEL_SLACK, 200, "okay", U, 0},
    {CHANNEL_SLACK, 200, "{\"ok\":true}", U, 0},
    {CHANNEL_SLACK, 200, "", U, 0},
    {CHANNEL_SLACK, 400, "invalid_blocks", X, 0},
    {CHANNEL_SLACK, 404, "no_service", X, 0},
    {CHANNEL_SLACK, 429, "rate_limited", R, 0},
    {CHANNEL_SLACK, 500, "rollup_error", R, 0},
    {CHANNEL_TELEGRAM, 200, "{\"ok\":true,\"result\":{\"id\":1}}", D, 0},
    {CHANNEL_TELEGRAM, 429,
	"{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":35}}", R, 35},
    {CHANNEL_TELEGRAM, 400, "{\"ok\":false,\"error_code\":400}", X, 0},
    {CHANNEL_TELEGRAM, 200, "{\"ok\":false}", R, 0},
    {CHANNEL_TELEGRAM, 200, "{\"result\":{\"ok\":true}}", U, 0},
    {CHANNEL_TELEGRAM, 200, "{\"ok\":\"true\"}", U, 0},
    {CHANNEL_DISCORD, 200, "{\"id\":\"1\",\"type\":0}", D, 0},
    {CHANNEL_DISCORD, 204, "", U, 0},
    {CHANNEL_DISCORD, 429,
	"{\"message\":\"slow\",\"retry_after\":0.65,\"global\":false}", R, 1},
    {CHANNEL_DISCORD, 400, "{\"code\":50006}", X, 0},
    {CHANNEL_DISCORD, 404, "{\"message\":\"Unknown Webhook\",\"code\":10015}", X, 0},
    {CHANNEL_NTFY, 200, "{\"id\":\"sPs71M8A2T\",\"event\":\"message\"}", D, 0},
    {CHANNEL_NTFY, 200, "{\"id\":\"\"}", U, 0},
    {CHANNEL_NTFY, 429, "{\"code\":42901,\"http\":429}", R, 0},
    {CHANNEL_PAGERDUTY, 202, "{\"status\":\"success\",\"dedup_key\":\"k\"}", D, 0},
    {CHANNEL_PAGERDUTY, 202, "{\"status\":\"queued\"}", U, 0},
    {CHANNEL_PAGERDUTY, 200, "{\"status\":\"success\"}", U, 0},
    {CHANNEL_PAGERDUTY, 400, "{\"status\":\"invalid event\"}", X, 0},
    {CHANNEL_PAGERDUTY, 429, "", R, 60},
    {CHANNEL_TEAMS, 202, "", D, 0},
    {CHANNEL_TEAMS, 200, "1", D, 0},
    {CHANNEL_TEAMS, 200, "Microsoft Teams endpoint returned HTTP error 429", R, 0},
    {CHANNEL_TEAMS, 200, "<html>", U, 0},
    {CHANNEL_TEAMS, 400, "", X, 0},
};

static struct message_answer
judge(enum channel_kind kind, enum channel_exchange exchange, unsigned status,
    const char *body, size_t len)
{
	const struct channel_return back = {
	    .exchange = exchange, .status = status, .body = body, .body_len = len};
	struct message_answer answer = {.row = 5};

	channel_judge(kind, &back, &answer);
	assert_int_equal(answer.row, 5);
	return answer;
}

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct message_answer answer = judge(row[i].kind, CHANNEL_ANSWERED,
		    row[i].status, row[i].body, strlen(row[i].body));

		if (answer.delivery != row[i].delivery ||
		    answer.retry_after_ns != row[i].retry_s * CLOCK_NS_PER_S) {
			fail_msg("%s %u %s: %s after %lld",
			    channel_kind_row(row[i].kind)->name, row[i].status,
			    row[i].body, delivery_name(answer.delivery),
			    (long long)answer.retry_after_ns);
		}
		/* what did not come whole proves nothing */
		answer = judge(row[i].kind, CHANNEL_CUT, row[i].status, row[i].body,
		    strlen(row[i].body));
		assert_int_equal(answer.delivery, DELIVERY_UNKNOWN);
		answer = judge(row[i].kind, CHANNEL_NOT_SENT, 0, "", 0);
		assert_int_equal(answer.delivery, DELIVERY_REJECTED_RETRY);
	}
}

/* No kind that wants a word in the body is content without it, whatever else is there. */
static void
test_noise(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 41);
	for (int round = 0; round < 20000; round++) {
		size_t i = rng_below(&rng, sizeof(row) / sizeof(row[0]));
		char body[256];
		size_t len = strlen(row[i].body);
		struct message_answer answer;

		if (len < 2 || row[i].kind == CHANNEL_WEBHOOK ||
		    row[i].kind == CHANNEL_ALERTMANAGER ||
		    row[i].kind == CHANNEL_TEAMS || row[i].kind == CHANNEL_SLACK) {
			continue;
		}
		memcpy(body, row[i].body, len);
		len = rng_below(&rng, len); /* half of it, or less, or nearly all */
		answer = judge(row[i].kind, CHANNEL_ANSWERED, 200, body, len);
		assert_int_equal(answer.delivery, DELIVERY_UNKNOWN);
	}
}

static void
test_mail(void **state)
{
	static const struct {
		enum channel_exchange exchange;
		unsigned reply;
		enum delivery delivery;
	} mail[] = {
	    {CHANNEL_ANSWERED, 250, D},
	    {CHANNEL_NOT_SENT, 451, R},
	    {CHANNEL_NOT_SENT, 550, X},
	    {CHANNEL_CUT, 452, R},
	    {CHANNEL_CUT, 554, X},
	    {CHANNEL_NOT_SENT, 220, R},
	    {CHANNEL_NOT_SENT, 0, R},
	    {CHANNEL_CUT, 354, U},
	    {CHANNEL_CUT, 0, U},
	    {CHANNEL_IMPOSSIBLE, 0, X},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mail) / sizeof(mail[0]); i++) {
		struct message_answer answer = {.row = 1};

		channel_mail_judge(mail[i].exchange, mail[i].reply, &answer);
		assert_int_equal(answer.delivery, mail[i].delivery);
	}
	assert_true(channel_mail_is_address("alerts@example.com"));
	assert_false(channel_mail_is_address("a@b\r\nRCPT TO:<x@y>"));
	assert_false(channel_mail_is_address("<a@b>"));
	assert_false(channel_mail_is_address("a@b@c"));
	assert_false(channel_mail_is_address("@b"));
	assert_false(channel_mail_is_address("a@"));
}

static void
test_signatures(void **state)
{
	char sign[CHANNEL_ROBOT_SIGN_BYTES];

	(void)state;
	channel_robot_sign_feishu("demo-secret", 1599360473, sign);
	assert_string_equal(sign, "3/MaVZ8JLIy4TUG+7KSFJqvUkTKd+HWY8g+56DZWq8s=");
	channel_robot_sign_dingtalk("SECdemo-secret", INT64_C(1599360473000), sign);
	assert_string_equal(sign, "w/wgdHDpwiLO5I/XMzzFJTfSmWkrZOMm4h0XT46ZVQY=");
	channel_robot_sign_dingtalk("SECdemo-secret", INT64_C(1599360473004), sign);
	assert_string_equal(sign, "cYps5348Ov++01DflC6FLMJl+GdbA/or1HRRk5ejYPQ=");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_noise),
	    cmocka_unit_test(test_mail),
	    cmocka_unit_test(test_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
