/* Clocks that are set, agents that are silent: what the machine then says, second by second.
 *
 * Three agents run everything every ten seconds. What is compared is the story of the
 * incidents: when, by the journal's time, each was first seen open or resolved. */
#include "tests/support/test.h"

#include "tests/support/small_collector.h"

enum {
	END_S = 900,
	EVERY_S = 10,
	SEND_S = 5,
	RUNS = 4, /* probes that are no source */
	PENDING = 64,
	STORY_BYTES = 2048,
	HOUR_S = 3600,
	OUTAGE_FROM_S = 300,
	OUTAGE_UNTIL_S = 480
};

#define NOON (INT64_C(1767268800) * CLOCK_NS_PER_S)

/* From `at_s` on the clock of `agent` (or of the collector: SMALL_AGENTS; or of all agents:
 * SMALL_AGENTS + 1) is ahead by `by_s`. */
struct step {
	int64_t at_s;
	int by;
	int64_t by_s;
};

struct scene {
	bool has_outage;
	struct step step[4];
	int silent_agent; /* -1: none */
	int64_t silent_from_s;
	int64_t backlog_at_s; /* it sends once what it has run until then; 0 = never */
};

struct pending {
	struct result result[PENDING];
	size_t len;
	uint64_t next_seq;
};

struct play {
	const struct scene *scene;
	struct small_collector small;
	struct effects effects;
	void *view_memory;
	size_t view_bytes;
	struct pending pending[SMALL_AGENTS];
	char story[STORY_BYTES];
	size_t story_len;
	unsigned no_data;
	enum cell_state silent_state; /* of its region, at the end of its silence */
	enum cell_state target_state; /* of the worst target, the same */
};

static int64_t
clock_ns(const struct scene *scene, int whose, int64_t s)
{
	int64_t ns = NOON + s * CLOCK_NS_PER_S;

	for (size_t i = 0; i < 4; i++) {
		const struct step *step = &scene->step[i];

		if (step->by_s != 0 && s >= step->at_s &&
		    (step->by == whose ||
			(step->by > SMALL_AGENTS && whose < SMALL_AGENTS))) {
			ns += step->by_s * CLOCK_NS_PER_S;
		}
	}
	return ns;
}

static struct now
now_of(const struct play *play, int64_t s)
{
	return (struct now){
	    {(s + 1000) * CLOCK_NS_PER_S}, {clock_ns(play->scene, SMALL_AGENTS, s)}};
}

/* The runs of an agent that end at `s`; stamped when they begin. */
static void
run_probes(struct play *play, int agent, int64_t s)
{
	const struct topology *topology = &small_collector_conf()->topology;
	struct pending *pending = &play->pending[agent];

	for (int probe = 0; probe < RUNS; probe++) {
		int64_t took_s = topology->probe[probe].role == ROLE_TARGET ? 4 : 2;
		int64_t began_s = s - took_s;
		bool is_bad = play->scene->has_outage &&
			      topology->probe[probe].target == 0 &&
			      began_s >= OUTAGE_FROM_S && began_s < OUTAGE_UNTIL_S;

		if (began_s < 0 || (began_s + agent * 3 + probe) % EVERY_S != 0) {
			continue;
		}
		assert_true(pending->len < PENDING);
		pending->result[pending->len++] =
		    (struct result){.series = topology->probe[probe].series,
			.started_at = {clock_ns(play->scene, agent, began_s)},
			.outcome = is_bad ? OUTCOME_UPSTREAM_ERROR : OUTCOME_OK,
			.phase = PHASE_DONE,
			.flags = is_bad ? (uint32_t)FLAG_OVERLOADED : 0U,
			.http_status = is_bad ? 503 : 200,
			.timing = {.total_us = (uint32_t)took_s * 1000000U},
			.detail = "",
			.request_id = ""};
	}
}

static void
send_batch(struct play *play, int agent, int64_t s)
{
	struct pending *pending = &play->pending[agent];
	struct ingest_batch batch = {.agent = (uint16_t)agent,
	    .incarnation = 7,
	    .first_seq = pending->next_seq + 1,
	    .sent_at = {clock_ns(play->scene, agent, s)},
	    .rtt_us = 40000,
	    .result = pending->result,
	    .len = pending->len,
	    .frame = "frame",
	    .frame_len = 5};
	size_t fresh;

	for (size_t i = 0; i < pending->len; i++) {
		pending->result[i].seq = batch.first_seq + i;
	}
	pending->next_seq += pending->len;
	pending->len = 0;
	assert_int_equal(collector_batch(play->small.machine, &batch, now_of(play, s),
			     &play->effects, &fresh),
	    ERR_OK);
	assert_int_equal(fresh, batch.len);
	effects_reset(&play->effects);
}

static void
act(struct play *play, int agent, int64_t s)
{
	const struct scene *scene = play->scene;
	struct pending *pending = &play->pending[agent];

	if (agent == scene->silent_agent && s > scene->silent_from_s) {
		if (s == scene->backlog_at_s) {
			send_batch(play, agent, s);
		}
		return;
	}
	run_probes(play, agent, s);
	if (agent == scene->silent_agent && scene->backlog_at_s != 0 &&
	    s > scene->silent_from_s - 20) {
		return; /* kept, for later */
	}
	if (s % SEND_S == agent && pending->len > 0) {
		send_batch(play, agent, s);
	}
}

static void
tell(struct play *play, int64_t s, const struct incident *incident)
{
	char line[96];
	int len = snprintf(line, sizeof(line), "%s %s %u\n",
	    incident->state == INCIDENT_OPEN ? "open" : "resolved",
	    verdict_name(incident->verdict), (unsigned)incident->id);

	if (strstr(play->story, line) != NULL) {
		return; /* known */
	}
	play->no_data +=
	    incident->state == INCIDENT_OPEN && incident->verdict == VERDICT_NO_DATA
		? 1
		: 0;
	play->story_len += (size_t)snprintf(play->story + play->story_len,
	    sizeof(play->story) - play->story_len, "%d ", (int)s);
	assert_true(play->story_len + (size_t)len < sizeof(play->story));
	memcpy(play->story + play->story_len, line, (size_t)len + 1);
	play->story_len += (size_t)len;
}

static void
look(struct play *play, int64_t s)
{
	const struct view *view;
	struct arena arena;

	arena_init(&arena, play->view_memory, play->view_bytes);
	view = collector_view(play->small.machine, &arena, now_of(play, s));
	assert_non_null(view);
	for (size_t i = 0; i < view->incident_len; i++) {
		tell(play, s, &view->incident[i]);
	}
	play->target_state = CELL_UNKNOWN;
	for (size_t i = 0; i < view->target_len; i++) {
		if (view->target[i].state > play->target_state) {
			play->target_state = view->target[i].state;
		}
	}
	if (play->scene->silent_agent >= 0) {
		play->silent_state = view->region[play->scene->silent_agent].state;
	}
}

/* The story of the scene, in `play`. */
static void
perform(struct play *play, const struct scene *scene)
{
	static unsigned char memory[EFFECTS_ARENA_BYTES];

	memset(play, 0, sizeof(*play));
	play->scene = scene;
	play->small = small_collector_new();
	play->view_bytes = collector_view_bytes(play->small.machine);
	play->view_memory = malloc(play->view_bytes);
	assert_non_null(play->view_memory);
	effects_init(&play->effects, memory);
	collector_start(play->small.machine, now_of(play, 0), &play->effects);
	for (int64_t s = 1; s < END_S; s++) {
		effects_reset(&play->effects);
		for (int agent = 0; agent < SMALL_AGENTS; agent++) {
			act(play, agent, s);
		}
		collector_tick(play->small.machine, now_of(play, s), &play->effects);
		effects_reset(&play->effects);
		look(play, s);
	}
	free(play->view_memory);
	small_collector_free(&play->small);
}

static const struct step steps[] = {
    {OUTAGE_FROM_S - 1, 0, HOUR_S},
    {OUTAGE_FROM_S + 2, 0, -HOUR_S},
    {OUTAGE_FROM_S + 2, SMALL_AGENTS + 1, HOUR_S},
    {OUTAGE_FROM_S + 7, SMALL_AGENTS + 1, -HOUR_S},
    {OUTAGE_FROM_S + 92, SMALL_AGENTS + 1, HOUR_S},
    {OUTAGE_FROM_S + 92, 1, -HOUR_S},
    {OUTAGE_UNTIL_S - 1, SMALL_AGENTS + 1, -HOUR_S},
    {OUTAGE_UNTIL_S + 3, SMALL_AGENTS + 1, HOUR_S},
    {OUTAGE_FROM_S + 2, SMALL_AGENTS, HOUR_S},
    {OUTAGE_FROM_S + 92, SMALL_AGENTS, -HOUR_S},
    {OUTAGE_UNTIL_S + 3, SMALL_AGENTS, -HOUR_S},
};

static void
check_step(const struct scene *scene, unsigned number, const char *expected)
{
	static struct play play;

	perform(&play, scene);
	if (strcmp(play.story, expected) != 0) {
		fail_msg("step %u\n--- expected\n%s--- got\n%s", number, expected,
		    play.story);
	}
}

/* The same story with each step, and with the clock set right again a while later. */
static void
check_steps(bool has_outage, const char *expected)
{
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct scene scene = {
		    .has_outage = has_outage, .silent_agent = -1, .step = {steps[i]}};

		check_step(&scene, i, expected);
		scene.step[1] =
		    (struct step){steps[i].at_s + 61, steps[i].by, -steps[i].by_s};
		check_step(&scene, i, expected);
	}
}

static void
test_outage(void **state)
{
	static struct play plain;
	struct scene scene = {.has_outage = true, .silent_agent = -1};

	(void)state;
	perform(&plain, &scene);
	assert_non_null(strstr(plain.story, " open upstream_outage"));
	assert_non_null(strstr(plain.story, " resolved upstream_outage"));
	check_steps(true, plain.story);
}

static void
test_quiet(void **state)
{
	(void)state;
	check_steps(false, "");
}

/* One agent falls silent: one incident, whatever the number of its series, and nothing that
 * it watches is up or down for it. */
static void
test_silence(void **state)
{
	static struct play play;
	struct scene scene = {.silent_agent = 1, .silent_from_s = 300};

	(void)state;
	perform(&play, &scene);
	assert_int_equal(play.no_data, 1);
	assert_null(strstr(play.story, "resolved"));
	assert_ptr_equal(strchr(play.story, '\n'), strrchr(play.story, '\n'));
	assert_int_equal(play.silent_state, CELL_UNKNOWN);
	assert_int_equal(play.target_state, CELL_OK);
}

/* Its clock is an hour ahead, or behind: it is silent from when nothing came, not from when
 * its last results say. */
static void
test_silence_by_arrival(void **state)
{
	static struct play plain;
	static struct play play;
	struct scene scene = {.silent_agent = 1, .silent_from_s = 300};

	(void)state;
	perform(&plain, &scene);
	for (int sign = -1; sign <= 1; sign += 2) {
		scene.step[0] = (struct step){250, 1, sign * HOUR_S};
		perform(&play, &scene);
		assert_string_equal(play.story, plain.story);
		scene.step[0] = (struct step){299, 1, sign * HOUR_S};
		perform(&play, &scene);
		assert_string_equal(play.story, plain.story);
	}
}

/* A backlog comes from an agent that then says no more: what it has kept tells of the past.
 * It was heard when it came; it is silent again as long after that as after anything. */
static void
test_backlog_is_no_life(void **state)
{
	static struct play play;
	struct scene scene = {
	    .silent_agent = 1, .silent_from_s = 300, .backlog_at_s = 600};

	(void)state;
	perform(&play, &scene);
	assert_int_equal(play.no_data, 2);
	assert_int_equal(play.silent_state, CELL_UNKNOWN);
	assert_int_equal(play.target_state, CELL_OK);
	/* And that of a clock an hour ahead. */
	scene.step[0] = (struct step){290, 1, HOUR_S};
	perform(&play, &scene);
	assert_int_equal(play.no_data, 2);
	assert_int_equal(play.silent_state, CELL_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_outage),
	    cmocka_unit_test(test_quiet),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_silence_by_arrival),
	    cmocka_unit_test(test_backlog_is_no_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
