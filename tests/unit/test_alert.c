/* test_alert - single rules of telling: who, when, how often, and what a full table does
 *
 * The invariants over whole lives are checked by prop/test_alert.c. */
#include "collector/core/alert.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

#define MINUTE_NS (60 * CLOCK_NS_PER_S)

struct fixture {
	struct alert_channel channel[LIMIT_CHANNELS];
	struct alert_conf conf;
	struct incidents *incidents;
	struct alerts *alerts;
	struct effects *effects;
	void *memory;
	void *effects_memory;
	struct now now;
	struct outbound sent[64]; /* of the last step; texts are not kept */
	size_t sent_len;
};

static void
build(struct fixture *fixture)
{
	size_t bytes = incidents_bytes() + alerts_bytes(&fixture->conf) + 64;
	struct arena arena;

	free(fixture->memory);
	fixture->memory = malloc(bytes);
	assert_non_null(fixture->memory);
	arena_init(&arena, fixture->memory, bytes);
	fixture->incidents = incidents_init(&arena, small_fleet());
	fixture->alerts = alerts_init(&arena, &fixture->conf);
	assert_non_null(fixture->alerts);
}

static int
setup(void **state)
{
	static const char *const name[] = {"log", "chat", "pager"};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	for (size_t i = 0; i < 3; i++) {
		fixture->channel[i] = (struct alert_channel){.name = name[i],
		    .level_min = (enum level)i,
		    .wants_updates = i < 2};
	}
	fixture->conf = (struct alert_conf){
	    .channel = fixture->channel,
	    .channel_len = 3,
	    .cooldown_ns = 30 * MINUTE_NS,
	    .retry_min_ns = CLOCK_NS_PER_S,
	    .retry_max_ns = 5 * MINUTE_NS,
	    .seed = 5,
	};
	fixture->effects = calloc(1, sizeof(*fixture->effects));
	fixture->effects_memory = malloc(EFFECTS_ARENA_BYTES);
	effects_init(fixture->effects, fixture->effects_memory);
	fixture->now.mono.ns = 1000 * MINUTE_NS;
	fixture->now.wall.ns = INT64_C(1800000000) * CLOCK_NS_PER_S;
	build(fixture);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->memory);
	free(fixture->effects_memory);
	free(fixture->effects);
	free(fixture);
	return 0;
}

static void
step(struct fixture *fixture)
{
	alerts_step(
	    fixture->alerts, fixture->incidents, fixture->now, fixture->effects);
	fixture->sent_len = 0;
	for (size_t i = 0; i < fixture->effects->len; i++) {
		if (fixture->effects->item[i].kind == EFFECT_SEND) {
			assert_in_range(fixture->sent_len, 0, 63);
			fixture->sent[fixture->sent_len++] =
			    fixture->effects->item[i].send;
		}
	}
}

static void
change(struct fixture *fixture, enum finding_event event, const struct finding *finding)
{
	struct finding_change one = {.event = event, .finding = *finding};
	const struct incident *incident;

	effects_reset(fixture->effects);
	incident = incidents_apply(
	    fixture->incidents, &one, NULL, fixture->now, fixture->effects);
	assert_non_null(incident);
	alerts_incident(fixture->alerts, fixture->incidents, incident, fixture->now,
	    fixture->effects);
	step(fixture);
}

static void
advance(struct fixture *fixture, int64_t duration_ns)
{
	fixture->now.mono = mono_add(fixture->now.mono, duration_ns);
	fixture->now.wall = wall_add(fixture->now.wall, duration_ns);
	effects_reset(fixture->effects);
	step(fixture);
}

static void
answer(struct fixture *fixture, uint64_t row, enum delivery delivery, int64_t retry_ns)
{
	struct message_answer one = {.row = row,
	    .delivery = delivery,
	    .retry_after_ns = retry_ns,
	    .detail = "test"};

	effects_reset(fixture->effects);
	alerts_delivery(
	    fixture->alerts, fixture->incidents, &one, fixture->now, fixture->effects);
	step(fixture);
}

/* Delivers everything that is out, and what comes out of that, but to the channel `deaf`.
 * Counts by channel. */
static void
deliver(struct fixture *fixture, uint16_t deaf, size_t count[3])
{
	struct outbound sent[64];
	size_t len = fixture->sent_len;

	memcpy(sent, fixture->sent, len * sizeof(sent[0]));
	fixture->sent_len = 0;
	for (size_t i = 0; i < len; i++) {
		if (sent[i].channel != deaf) {
			count[sent[i].channel]++;
			answer(fixture, sent[i].row, DELIVERY_DONE, 0);
			deliver(fixture, deaf, count);
		}
	}
}

static size_t
deliver_all(struct fixture *fixture)
{
	size_t count[3] = {0};

	deliver(fixture, UINT16_MAX, count);
	return count[0] + count[1] + count[2];
}

static struct finding
outage(const struct fixture *fixture, uint64_t id)
{
	return small_fleet_finding(id, VERDICT_UPSTREAM_OUTAGE, fixture->now.mono);
}

static bool
says(const struct outbound *outbound, const char *kind)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "\"kind\":\"%s\"", kind);
	return strstr(outbound->json, text) != NULL;
}

static void
test_levels(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	/* warning: log and chat, not the pager */
	finding.verdict = VERDICT_UPSTREAM_PARTIAL;
	change(fixture, FINDING_OPENED, &finding);
	assert_int_equal(fixture->sent_len, 2);
	assert_int_equal(fixture->sent[0].channel, 0);
	assert_int_equal(fixture->sent[1].channel, 1);
	assert_true(says(&fixture->sent[1], "firing"));
	assert_int_equal(deliver_all(fixture), 2);
	/* critical: an update there, a first firing for the pager, all at once */
	finding.verdict = VERDICT_UPSTREAM_OUTAGE;
	change(fixture, FINDING_UPDATED, &finding);
	assert_int_equal(fixture->sent_len, 3);
	assert_true(says(&fixture->sent[0], "update"));
	assert_true(says(&fixture->sent[1], "update"));
	assert_true(says(&fixture->sent[2], "firing"));
	assert_int_equal(deliver_all(fixture), 3);
	/* back to warning: not before the cooldown, and never for the pager */
	finding.verdict = VERDICT_UPSTREAM_PARTIAL;
	change(fixture, FINDING_UPDATED, &finding);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, 29 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, MINUTE_NS);
	assert_int_equal(fixture->sent_len, 2);
	assert_int_equal(deliver_all(fixture), 2);
	/* over: everybody who was told */
	change(fixture, FINDING_CLOSED, &finding);
	assert_int_equal(fixture->sent_len, 3);
	assert_true(says(&fixture->sent[2], "resolved"));
	assert_int_equal(deliver_all(fixture), 3);
	assert_int_equal(alerts_deadline(fixture->alerts).ns, INT64_MAX);
}

/* What is only being tried reaches the log; what nobody named a target of, everybody. */
static void
test_tiers(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	fixture->channel[1].tier_mask = TIER_ALL & ~(1 << TIER_TEST);
	fixture->channel[1].level_min = LEVEL_INFO;
	fixture->channel[2].tier_mask = 1 << TIER_CORE;
	finding.scope.target = FLEET_TARGET_TEST;
	change(fixture, FINDING_OPENED, &finding);
	assert_int_equal(fixture->sent_len, 1);
	assert_int_equal(fixture->sent[0].channel, 0);
	assert_int_equal(deliver_all(fixture), 1);
	finding = outage(fixture, 2);
	finding.scope = (struct scope){SCOPE_FLEET, 0, TOPOLOGY_NONE};
	change(fixture, FINDING_OPENED, &finding);
	assert_int_equal(fixture->sent_len, 3);
	assert_int_equal(deliver_all(fixture), 3);
}

/* Taken back before anybody could have it: nobody hears of it at all. */
static void
test_withdrawn(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	uint64_t row;

	change(fixture, FINDING_OPENED, &finding);
	assert_int_equal(fixture->sent_len, 3);
	row = fixture->sent[0].row;
	for (uint64_t i = 0; i < 3; i++) {
		answer(fixture, row + i, DELIVERY_REJECTED_RETRY, 0);
	}
	change(fixture, FINDING_CLOSED, &finding);
	assert_int_equal(fixture->sent_len, 0);
	assert_int_equal(alerts_counts(fixture->alerts).withdrawn, 3);
	advance(fixture, 60 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
	assert_int_equal(alerts_deadline(fixture->alerts).ns, INT64_MAX);
}

/* The same with an answer that never came: the firing goes on, and then the resolve. */
static void
test_uncertain(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	uint64_t key;
	uint64_t row;

	fixture->conf.channel_len = 1;
	build(fixture);
	change(fixture, FINDING_OPENED, &finding);
	row = fixture->sent[0].row;
	key = fixture->sent[0].key[0];
	answer(fixture, row, DELIVERY_UNKNOWN, 0);
	answer(fixture, row, DELIVERY_REJECTED, 0); /* it is not out: not listened to */
	change(fixture, FINDING_CLOSED, &finding);
	advance(fixture, MINUTE_NS);
	assert_int_equal(fixture->sent_len, 1);
	assert_int_equal(fixture->sent[0].row, row);
	assert_int_equal(fixture->sent[0].key[0], key);
	assert_int_equal(fixture->sent[0].attempt, 2);
	assert_true(says(&fixture->sent[0], "firing"));
	answer(
	    fixture, row, DELIVERY_REJECTED_RETRY, 0); /* says nothing of the first */
	advance(fixture, MINUTE_NS);
	assert_true(says(&fixture->sent[0], "firing"));
	answer(fixture, row, DELIVERY_DONE, 0);
	assert_int_equal(fixture->sent_len, 1);
	assert_true(says(&fixture->sent[0], "resolved"));
}

/* A rise that may have arrived before it was refused, and a fall back to what was told: the
 * receiver may believe the worse, so it is told again. */
static void
test_unsure(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	uint64_t row;

	fixture->conf.channel_len = 1;
	build(fixture);
	finding.verdict = VERDICT_UPSTREAM_PARTIAL;
	change(fixture, FINDING_OPENED, &finding);
	(void)deliver_all(fixture);
	/* by closing and reopening, which count as no update of the facts */
	change(fixture, FINDING_CLOSED, &finding);
	answer(fixture, fixture->sent[0].row, DELIVERY_REJECTED_RETRY, 0);
	finding.verdict = VERDICT_UPSTREAM_OUTAGE;
	change(fixture, FINDING_REOPENED, &finding);
	row = fixture->sent[0].row;
	answer(fixture, row, DELIVERY_UNKNOWN, 0);
	advance(fixture, MINUTE_NS);
	assert_int_equal(fixture->sent[0].row, row);
	change(fixture, FINDING_CLOSED, &finding);
	finding.verdict = VERDICT_UPSTREAM_PARTIAL;
	change(fixture, FINDING_REOPENED, &finding);
	answer(fixture, row, DELIVERY_REJECTED, 0);
	advance(fixture, 30 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 1);
	assert_true(says(&fixture->sent[0], "update"));
	assert_non_null(strstr(fixture->sent[0].json, "\"level\":\"warning\""));
	assert_int_equal(deliver_all(fixture), 1);
	advance(fixture, 60 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
}

static void
test_retry_after(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	struct finding second = outage(fixture, 2);

	fixture->conf.channel_len = 1;
	build(fixture);
	change(fixture, FINDING_OPENED, &finding);
	answer(fixture, fixture->sent[0].row, DELIVERY_REJECTED_RETRY, 10 * MINUTE_NS);
	/* the pause is the channel's, for other incidents too */
	change(fixture, FINDING_OPENED, &second);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, 10 * MINUTE_NS - 1);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, 1);
	assert_int_equal(fixture->sent_len, 1);
	/* nobody may ask for more than an hour */
	answer(fixture, fixture->sent[0].row, DELIVERY_REJECTED_RETRY, INT64_MAX);
	advance(fixture, 60 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 1);
}

/* Refused for good: asked again after the cooldown, and given up in the end. */
static void
test_refused(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	fixture->conf.channel_len = 1;
	build(fixture);
	change(fixture, FINDING_OPENED, &finding);
	for (unsigned i = 1; i <= INTENT_REFUSALS_MAX; i++) {
		assert_int_equal(fixture->sent_len, 1);
		answer(fixture, fixture->sent[0].row, DELIVERY_REJECTED, 0);
		assert_int_equal(fixture->sent_len, 0);
		assert_int_equal(alerts_counts(fixture->alerts).dead, i);
		advance(fixture, 30 * MINUTE_NS);
	}
	assert_int_equal(fixture->sent_len, 0);
	assert_int_equal(alerts_deadline(fixture->alerts).ns, INT64_MAX);
}

/* A channel without any answer is not silent for ever. */
static void
test_lease(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	uint64_t row;

	fixture->conf.channel_len = 1;
	build(fixture);
	change(fixture, FINDING_OPENED, &finding);
	row = fixture->sent[0].row;
	advance(fixture, ALERT_LEASE_NS - 1);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, 1);
	assert_int_equal(alerts_counts(fixture->alerts).unknown, 1);
	advance(fixture, MINUTE_NS);
	assert_int_equal(fixture->sent_len, 1);
	assert_int_equal(fixture->sent[0].row, row);
}

/* The answer comes when nobody waits for it any more, and before it is sent again. */
static void
test_late_answer(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	uint64_t row;

	fixture->conf.channel_len = 1;
	build(fixture);
	change(fixture, FINDING_OPENED, &finding);
	row = fixture->sent[0].row;
	advance(fixture, ALERT_LEASE_NS);
	answer(fixture, row, DELIVERY_REJECTED, 0); /* says nothing of this attempt */
	assert_int_equal(alerts_counts(fixture->alerts).dead, 0);
	answer(fixture, row, DELIVERY_DONE, 0);
	assert_int_equal(alerts_counts(fixture->alerts).delivered, 1);
	advance(fixture, 10 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 0);
}

static void
test_past(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	finding.is_past = true;
	change(fixture, FINDING_OPENED, &finding);
	assert_int_equal(fixture->sent_len, 0);
	change(fixture, FINDING_CLOSED, &finding);
	assert_int_equal(fixture->sent_len, 0);
	assert_int_equal(alerts_deadline(fixture->alerts).ns, INT64_MAX);
}

static void
test_flapping(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	fixture->conf.channel_len = 1;
	build(fixture);
	change(fixture, FINDING_OPENED, &finding);
	(void)deliver_all(fixture);
	change(fixture, FINDING_CLOSED, &finding);
	(void)deliver_all(fixture);
	/* it comes back: told that it was over, so FIRING again */
	change(fixture, FINDING_REOPENED, &finding);
	assert_true(says(&fixture->sent[0], "firing"));
	(void)deliver_all(fixture);
	change(fixture, FINDING_CLOSED, &finding);
	(void)deliver_all(fixture);
	finding.is_flapping = true;
	change(fixture, FINDING_REOPENED, &finding);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, 30 * MINUTE_NS);
	assert_int_equal(fixture->sent_len, 1);
}

static void
test_reminder(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);

	fixture->conf.remind_ns[LEVEL_CRITICAL] = 60 * MINUTE_NS;
	build(fixture);
	change(fixture, FINDING_OPENED, &finding);
	(void)deliver_all(fixture);
	advance(fixture, 60 * MINUTE_NS - 1);
	assert_int_equal(fixture->sent_len, 0);
	advance(fixture, 1);
	assert_int_equal(fixture->sent_len, 3); /* no update, a reminder is for all */
	assert_true(says(&fixture->sent[0], "update"));
}

/* One dead channel and sixty open incidents: the others hear of all, the dead one keeps to
 * its share, and gets the rest when it comes back, the worst first. */
static void
test_share(void **state)
{
	struct fixture *fixture = *state;
	size_t delivered[3] = {0};

	fixture->conf.channel_len = 3;
	fixture->channel[2].level_min = LEVEL_INFO;
	for (uint64_t i = 1; i <= LIMIT_OPEN_INCIDENTS; i++) {
		struct finding finding = outage(fixture, i);

		if (i < LIMIT_OPEN_INCIDENTS) {
			finding.verdict = VERDICT_RATE_LIMITED;
		}
		change(fixture, FINDING_OPENED, &finding);
		deliver(fixture, 2, delivered);
	}
	assert_int_equal(delivered[0], LIMIT_OPEN_INCIDENTS);
	assert_int_equal(delivered[1], 1); /* chat begins at warning */
	assert_in_range(alerts_counts(fixture->alerts).queued, 60, 86);
	advance(fixture, ALERT_LEASE_NS); /* the first send was lost ... */
	assert_int_equal(fixture->sent_len, 1);
	/* ... and among what waits the critical one goes first */
	assert_non_null(strstr(fixture->sent[0].json, "\"level\":\"critical\""));
	while (fixture->sent_len > 0) {
		delivered[2]++;
		answer(fixture, fixture->sent[0].row, DELIVERY_DONE, 0);
		if (fixture->sent_len == 0) {
			advance(fixture, 5 * MINUTE_NS);
		}
	}
	assert_int_equal(delivered[2], LIMIT_OPEN_INCIDENTS);
	assert_int_equal(alerts_counts(fixture->alerts).queued, 0);
}

static void
take_no_resolve(struct fixture *fixture)
{
	for (int i = 0; i < 1000 && fixture->sent_len > 0; i++) {
		bool is_firing = says(&fixture->sent[0], "firing");

		answer(fixture, fixture->sent[0].row,
		    is_firing ? DELIVERY_DONE : DELIVERY_UNKNOWN, 0);
	}
}

/* A receiver that takes every firing and no resolve, while hundreds of incidents come and
 * go: the ledger gives up on the oldest, and says so, instead of refusing the newest. */
static void
test_abandon(void **state)
{
	struct fixture *fixture = *state;
	struct alerts_counts counts;
	struct intent intent;

	fixture->conf.channel_len = 1;
	build(fixture);
	for (uint64_t i = 1; i <= 2 * LEDGER_LINES; i++) {
		struct finding finding = outage(fixture, i);

		change(fixture, FINDING_OPENED, &finding);
		take_no_resolve(fixture);
		change(fixture, FINDING_CLOSED, &finding);
		take_no_resolve(fixture);
		advance(fixture, CLOCK_NS_PER_S);
		take_no_resolve(fixture);
	}
	counts = alerts_counts(fixture->alerts);
	assert_true(counts.abandoned >= LEDGER_LINES / 2);
	assert_int_equal(counts.dead, counts.abandoned);
	assert_true(counts.queued + counts.leased <= LIMIT_OUTBOX_LIVE);
	assert_false(alerts_intent(fixture->alerts, 1, 0, &intent));
	assert_true(alerts_intent(fixture->alerts, 2 * LEDGER_LINES, 0, &intent));
}

/* A changed configuration: what is known of a channel goes with its name; rows of one that
 * is gone are closed; a new one is told of what is open. */
static void
test_reconfigure(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	unsigned char *saved = malloc(ALERT_SAVE_BYTES);
	struct intent intent;
	struct buf buf;

	change(fixture, FINDING_OPENED, &finding);
	answer(fixture, fixture->sent[0].row, DELIVERY_DONE, 0);
	buf_write(&buf, saved, ALERT_SAVE_BYTES);
	incidents_save(fixture->incidents, &buf);
	alerts_save(fixture->alerts, &buf);
	assert_true(buf_ok(&buf));
	fixture->channel[2] = fixture->channel[0]; /* log is the last one now, */
	fixture->channel[0].name = "new"; /* before it a new one; pager is gone */
	build(fixture);
	buf_read(&buf, saved, buf.at);
	assert_int_equal(incidents_load(fixture->incidents, &buf), ERR_OK);
	assert_int_equal(alerts_load(fixture->alerts, &buf), ERR_OK);
	effects_reset(fixture->effects);
	alerts_recover(fixture->alerts, fixture->now, fixture->effects);
	step(fixture);
	assert_int_equal(alerts_counts(fixture->alerts).dead, 1);
	assert_true(alerts_intent(fixture->alerts, 1, 2, &intent));
	assert_int_equal(intent.beliefs, BELIEF_FIRING);
	assert_int_equal(fixture->sent_len, 2);
	assert_int_equal(fixture->sent[0].channel, 0);
	assert_true(says(&fixture->sent[0], "firing"));
	assert_int_equal(fixture->sent[1].channel, 1);
	assert_int_equal(fixture->sent[1].attempt, 2);
	free(saved);
}

/* Under another configuration what is on its way stays so, and its answer counts. */
static void
test_reloaded_in_flight(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	unsigned char *saved = malloc(ALERT_SAVE_BYTES);
	uint64_t row;
	struct buf buf;

	change(fixture, FINDING_OPENED, &finding);
	row = fixture->sent[0].row;
	buf_write(&buf, saved, ALERT_SAVE_BYTES);
	incidents_save(fixture->incidents, &buf);
	alerts_save(fixture->alerts, &buf);
	build(fixture);
	buf_read(&buf, saved, buf.at);
	assert_int_equal(incidents_load(fixture->incidents, &buf), ERR_OK);
	assert_int_equal(alerts_load(fixture->alerts, &buf), ERR_OK);
	effects_reset(fixture->effects);
	alerts_reconfigured(fixture->alerts, fixture->now, fixture->effects);
	step(fixture);
	assert_int_equal(fixture->sent_len, 0);
	answer(fixture, row, DELIVERY_DONE, 0);
	assert_int_equal(fixture->sent_len, 0);
	assert_int_equal(alerts_counts(fixture->alerts).delivered, 1);
	free(saved);
}

/* Damaged snapshots are refused whole. */
static void
test_damaged(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = outage(fixture, 1);
	unsigned char *saved = malloc(ALERT_SAVE_BYTES);
	struct intent intent;
	struct buf buf;
	size_t len;

	change(fixture, FINDING_OPENED, &finding);
	buf_write(&buf, saved, ALERT_SAVE_BYTES);
	alerts_save(fixture->alerts, &buf);
	len = buf.at;
	for (size_t cut = 0; cut < len; cut++) {
		buf_read(&buf, saved, cut);
		assert_int_equal(alerts_load(fixture->alerts, &buf), ERR_FORMAT);
		assert_false(alerts_intent(fixture->alerts, 1, 0, &intent));
	}
	for (size_t at = 1; at < len; at += 3) {
		enum err err;

		saved[at] ^= 0x55;
		buf_read(&buf, saved, len);
		err = alerts_load(fixture->alerts, &buf);
		if (err == ERR_OK) { /* what was read is sound enough to work with */
			effects_reset(fixture->effects);
			alerts_recover(fixture->alerts, fixture->now, fixture->effects);
			step(fixture);
		}
		saved[at] ^= 0x55;
	}
	saved[0] = 77;
	buf_read(&buf, saved, len);
	assert_int_equal(alerts_load(fixture->alerts, &buf), ERR_VERSION);
	free(saved);
}

/* Waits grow, are never zero, never above the bound, and the same again. */
static void
test_backoff(void **state)
{
	struct outbox_row row = {.id = 1, .key = {12345, 0, 0, 0}};
	int64_t bound_ns = CLOCK_NS_PER_S;

	(void)state;
	for (row.attempts = 1; row.attempts < 200; row.attempts++) {
		int64_t wait_ns =
		    outbox_backoff_ns(3, &row, CLOCK_NS_PER_S, 5 * MINUTE_NS);

		assert_true(wait_ns > 0);
		assert_true(wait_ns <= bound_ns);
		assert_int_equal(
		    wait_ns, outbox_backoff_ns(3, &row, CLOCK_NS_PER_S, 5 * MINUTE_NS));
		bound_ns = bound_ns * 2 > 5 * MINUTE_NS ? 5 * MINUTE_NS : bound_ns * 2;
	}
	row.attempts = UINT32_MAX;
	assert_int_equal(outbox_backoff_ns(3, &row, 0, 0), 1);
	assert_true(outbox_backoff_ns(3, &row, INT64_MAX, INT64_MAX) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tiers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_withdrawn, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_uncertain, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unsure, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_retry_after, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lease, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_late_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_past, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_flapping, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reminder, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_share, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_abandon, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reconfigure, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reloaded_in_flight, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
	    cmocka_unit_test(test_backoff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
