/* test_sources - statements that are held, repeated, mistaken, replaced; and who stands in */
#include "tests/support/test.h"

#include "collector/core/source.h"

#include <stdlib.h>
#include <string.h>

enum {
	PAGE = 0, /* index of the probe */
	FEED,
	PROBES,
	VIEW_BYTES = 1 << 16
};

static const struct topology_probe probes[PROBES] = {
    {.series = "source/page",
	.role = ROLE_SOURCE,
	.kind = PROBE_GCLOUD_STATUS,
	.target = TOPOLOGY_NONE,
	.target_mask = 1,
	.fallback_of = TOPOLOGY_NONE,
	.interval_ms = 20000},
    {.series = "source/feed",
	.role = ROLE_SOURCE,
	.kind = PROBE_GCLOUD_FEED,
	.target = TOPOLOGY_NONE,
	.target_mask = 1,
	.fallback_of = PAGE,
	.interval_ms = 20000},
};
static const struct topology topology = {.probe = probes, .probe_len = PROBES};

static const struct observation open = {.claim = CLAIM_OUTAGE,
    .modified_at = {7},
    .id = "a",
    .title = "large",
    .scope = "eu",
    .url = "u"};
static const struct observation clear = {
    .claim = CLAIM_CLEAR, .id = "", .title = "", .scope = "99 %", .url = ""};

struct fixture {
	void *memory;
	void *trust_memory;
	struct sources *sources;
	struct trust *trust;
};

static struct now
at(int64_t second)
{
	return (struct now){{second * CLOCK_NS_PER_S},
	    {(INT64_C(1790000000) + second) * CLOCK_NS_PER_S}};
}

static struct sources *
new_sources(void **out_memory)
{
	size_t bytes = sources_bytes(&topology);
	struct arena arena;

	*out_memory = malloc(bytes);
	assert_non_null(*out_memory);
	arena_init(&arena, *out_memory, bytes);
	return sources_init(&arena, &topology);
}

static int
enter(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));
	size_t bytes = trust_bytes(&topology);
	struct arena arena;

	assert_non_null(fixture);
	fixture->sources = new_sources(&fixture->memory);
	fixture->trust_memory = malloc(bytes);
	assert_non_null(fixture->trust_memory);
	arena_init(&arena, fixture->trust_memory, bytes);
	fixture->trust = trust_init(&arena, &topology);
	*state = fixture;
	return 0;
}

static int
leave(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->trust_memory);
	free(fixture->memory);
	free(fixture);
	return 0;
}

static struct result
statement(const struct observation *observation, uint64_t digest)
{
	return (struct result){.outcome = OUTCOME_OK,
	    .observation = observation,
	    .observation_len = 1,
	    .digest = digest};
}

static struct result
unchanged(uint64_t digest)
{
	return (struct result){
	    .outcome = OUTCOME_OK, .flags = FLAG_UNCHANGED, .digest = digest};
}

static bool
take(struct sources *sources, uint16_t probe, struct result result, int64_t second)
{
	return sources_result(sources, probe, &result, at(second));
}

static enum external_state
state_at(const struct sources *sources, int64_t second)
{
	return sources_state(sources, 0, at(second).mono);
}

/* One source of the view at that time; `memory` holds it. */
static const struct view_source *
view_of(const struct fixture *fixture, uint16_t i, int64_t second, void *memory)
{
	struct arena arena;
	const struct view_source *view;

	arena_init(&arena, memory, VIEW_BYTES);
	assert_true(sources_view_bytes(&topology) <= VIEW_BYTES);
	view = sources_view(fixture->sources, fixture->trust, &arena, at(second).mono);
	assert_false(arena_failed(&arena));
	return &view[i];
}

/* The digest of what is held keeps it fresh, any other does nothing at all. */
static void
test_unchanged(void **state)
{
	struct sources *sources = ((struct fixture *)*state)->sources;

	assert_false(take(sources, PAGE, unchanged(1), 0));
	assert_int_equal(state_at(sources, 0), EXTERNAL_UNKNOWN);
	assert_true(take(sources, PAGE, statement(&open, 1), 1));
	assert_false(take(sources, PAGE, unchanged(1), 40));
	assert_int_equal(state_at(sources, 100), EXTERNAL_INCIDENT);
	assert_int_equal(state_at(sources, 101), EXTERNAL_UNKNOWN);
	assert_false(take(sources, PAGE, unchanged(2), 90));
	assert_false(take(sources, PAGE, unchanged(0), 95));
	assert_int_equal(state_at(sources, 101), EXTERNAL_UNKNOWN);
	assert_false(take(sources, PAGE, unchanged(1), 99));
	assert_int_equal(state_at(sources, 101), EXTERNAL_INCIDENT);
	/* The same statement again, whole: nothing has changed. */
	assert_false(take(sources, PAGE, statement(&open, 1), 110));
	assert_true(take(sources, PAGE, statement(&clear, 3), 120));
	assert_false(take(sources, PAGE, unchanged(1), 125));
	assert_int_equal(state_at(sources, 126), EXTERNAL_CLEAR);
}

static void
test_fallback(void **state)
{
	struct sources *sources = ((struct fixture *)*state)->sources;
	char text[256];

	assert_true(take(sources, FEED, statement(&open, 1), 0));
	assert_int_equal(state_at(sources, 1), EXTERNAL_INCIDENT);
	/* The page is read: only it is heard, and quoted. */
	assert_true(take(sources, PAGE, statement(&clear, 1), 2));
	assert_int_equal(state_at(sources, 3), EXTERNAL_CLEAR);
	sources_text(sources, 0, at(3), text, sizeof(text));
	assert_string_equal(text, "page: says all clear (read 1 s ago)");
	assert_false(take(sources, FEED, unchanged(1), 40));
	/* It grows stale: the feed is heard again. */
	assert_int_equal(state_at(sources, 63), EXTERNAL_INCIDENT);
	assert_false(take(sources, PAGE, unchanged(1), 64));
	assert_int_equal(state_at(sources, 65), EXTERNAL_CLEAR);
	assert_int_equal(state_at(sources, 200), EXTERNAL_UNKNOWN);
}

static void
test_view(void **state)
{
	static const struct figure figure = {.model = "m",
	    .provider = "p",
	    .uptime_5m_ppm = 5,
	    .price_in_nanousd = -1,
	    .throughput_mtps = {1, 2, 3, 4}};
	struct fixture *fixture = *state;
	struct result result = statement(&open, 1);
	struct result failed = {.outcome = OUTCOME_UPSTREAM_ERROR, .http_status = 503};
	void *memory = malloc(VIEW_BYTES);
	const struct view_source *view;

	assert_non_null(memory);
	view = view_of(fixture, PAGE, 0, memory);
	assert_int_equal(view->silence, VIEW_UNREAD);
	assert_int_equal(view->fallback_of, TOPOLOGY_NONE);
	assert_int_equal(view_of(fixture, FEED, 0, memory)->fallback_of, PAGE);
	result.figure = &figure;
	result.figure_len = 1;
	assert_true(take(fixture->sources, PAGE, result, 10));
	assert_false(take(fixture->sources, PAGE, result, 20));
	view = view_of(fixture, PAGE, 21, memory);
	assert_int_equal(view->silence, VIEW_HEARD);
	assert_int_equal(view->claim_len, 1);
	assert_string_equal(view->claims[0].id, "a");
	assert_true(view->claims[0].since_at.ns == at(10).wall.ns);
	assert_true(view->read_at.ns == at(20).wall.ns);
	assert_true(view->edited_at.ns == 7);
	assert_int_equal(view->figure_len, 1);
	assert_string_equal(view->figures[0].model, "m");
	assert_int_equal(view->figures[0].values.throughput_mtps[3], 4);
	assert_true(view_of(fixture, FEED, 21, memory)->is_quiet);
	/* It fails: known while it is fresh, and then the reason is said. */
	assert_false(take(fixture->sources, PAGE, failed, 40));
	assert_int_equal(view_of(fixture, PAGE, 41, memory)->state, EXTERNAL_INCIDENT);
	view = view_of(fixture, PAGE, 81, memory);
	assert_int_equal(view->state, EXTERNAL_UNKNOWN);
	assert_int_equal(view->silence, VIEW_FAILING);
	assert_int_equal(view->failed_status, 503);
	assert_false(take(fixture->sources, PAGE, unchanged(1), 90));
	assert_int_equal(view_of(fixture, PAGE, 151, memory)->silence, VIEW_STALE);
	free(memory);
}

static void
test_saved(void **state)
{
	struct fixture *fixture = *state;
	size_t cap = sources_save_bytes(&topology);
	unsigned char *bytes = malloc(cap);
	unsigned char *again = malloc(cap);
	void *memory;
	struct sources *loaded = new_sources(&memory);
	struct figure figures[SOURCE_FIGURES + 1];
	struct result result = statement(&open, UINT64_MAX);
	struct buf buf;
	size_t len;

	assert_non_null(bytes);
	assert_non_null(again);
	for (size_t i = 0; i <= SOURCE_FIGURES; i++) {
		figures[i] = (struct figure){
		    .model = "m", .provider = "p", .context_tokens = (uint32_t)i};
	}
	result.figure = figures;
	result.figure_len = SOURCE_FIGURES + 1;
	assert_true(take(fixture->sources, PAGE, result, 5));
	buf_write(&buf, bytes, cap);
	sources_save(fixture->sources, &buf);
	assert_true(buf_ok(&buf));
	len = buf.at;
	buf_read(&buf, bytes, len);
	assert_int_equal(sources_load(loaded, &buf), ERR_OK);
	assert_int_equal(state_at(loaded, 6), EXTERNAL_INCIDENT);
	assert_false(take(loaded, PAGE, unchanged(UINT64_MAX), 60));
	assert_int_equal(state_at(loaded, 100), EXTERNAL_INCIDENT);
	buf_read(&buf, bytes, len);
	assert_int_equal(sources_load(loaded, &buf), ERR_OK);
	buf_write(&buf, again, cap);
	sources_save(loaded, &buf);
	assert_int_equal(buf.at, len);
	assert_memory_equal(bytes, again, len);
	for (size_t cut = 0; cut < len; cut++) {
		buf_read(&buf, bytes, cut);
		assert_true(sources_load(loaded, &buf) != ERR_OK);
	}
	free(memory);
	free(again);
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_unchanged, enter, leave),
	    cmocka_unit_test_setup_teardown(test_fallback, enter, leave),
	    cmocka_unit_test_setup_teardown(test_view, enter, leave),
	    cmocka_unit_test_setup_teardown(test_saved, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
