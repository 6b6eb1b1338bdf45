/* test_harvest - which keys a page holds, in which order they are tried, and how often */
#include "agent/core/harvest.h"
#include "tests/support/test.h"

/* Put together here, so that nobody takes the test for a leak. */
#define KEY(letter) "AIza" TEN(letter) TEN(letter) TEN(letter) FIVE(letter)
#define FIVE(c)     c c c c c
#define TEN(c)      FIVE(c) FIVE(c)

static struct harvest harvest;

static const struct {
	const char *page;
	const char *key[HARVEST_KEYS];
} pages[] = {
    {"", {NULL}},
    {"no key here", {NULL}},
    {"\"" KEY("a") "\"", {KEY("a")}},
    {KEY("a"), {KEY("a")}},
    {"x" KEY("a") " ", {KEY("a")}},
    {KEY("a") "b", {NULL}},
    {"AIza" TEN("a"), {NULL}},
    {"AIzAIza" KEY("a"), {NULL}},
    {"AIzAIza.AI" KEY("-") ";", {KEY("-")}},
    {"A A" KEY("_") "<", {KEY("_")}},
    {KEY("a") "," KEY("b"), {KEY("a"), KEY("b")}},
    {KEY("a") "," KEY("a"), {KEY("a")}},
    {KEY("a") ",\"WIu0Nc\":\"" KEY("b") "\"", {KEY("b"), KEY("a")}},
    {KEY("a") "," KEY("b") ",WWIu0Nc=" KEY("b") "\"", {KEY("b"), KEY("a")}},
    {KEY("a") ",WIu0Nc, but far from " KEY("b"), {KEY("a"), KEY("b")}},
    {KEY("a") ",WIu0nc:" KEY("b"), {KEY("a"), KEY("b")}},
    {"1" KEY("a") " " KEY("b") " " KEY("c") " " KEY("d") " " KEY("e"),
	{KEY("a"), KEY("b"), KEY("c"), KEY("d")}},
    {KEY("a") " " KEY("b") " " KEY("c") " " KEY("d") " WIu0Nc:" KEY("e"),
	{KEY("e"), KEY("a"), KEY("b"), KEY("c")}},
};

/* One page, in pieces. */
static bool
read_page(const char *page, size_t step, struct mono now, bool whole)
{
	size_t len = strlen(page);

	harvest_page_begin(&harvest, now);
	for (size_t at = 0; at < len; at += step) {
		harvest_page(&harvest, page + at, step < len - at ? step : len - at);
	}
	return harvest_page_end(&harvest, whole);
}

static void
test_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		for (size_t step = 1; step < 60; step += 7) {
			harvest_init(&harvest);
			bool found =
			    read_page(pages[i].page, step, (struct mono){1}, true);
			uint32_t len = 0;

			while (len < HARVEST_KEYS && pages[i].key[len] != NULL) {
				assert_true(len < harvest.keys.len);
				assert_string_equal(
				    harvest.keys.key[len], pages[i].key[len]);
				len++;
			}
			assert_int_equal(harvest.keys.len, len);
			assert_int_equal(found, len > 0);
		}
	}
}

/* In the order of the page, then the page again, but not too often. */
static void
test_turns(void **state)
{
	struct mono now = {.ns = 5 * CLOCK_NS_PER_S};

	(void)state;
	harvest_init(&harvest);
	assert_true(harvest_wants_page(&harvest, now));
	assert_string_equal(harvest_key(&harvest), "");
	assert_true(read_page(KEY("a") " " KEY("b"), 9, now, true));
	assert_false(harvest_wants_page(&harvest, now));
	assert_string_equal(harvest_key(&harvest), KEY("a"));
	harvest_answered(&harvest, harvest.turn, 200);
	harvest_answered(&harvest, harvest.turn, 500);
	harvest_answered(&harvest, harvest.turn, 0);
	assert_string_equal(harvest_key(&harvest), KEY("a"));
	harvest_answered(&harvest, harvest.turn - 1, 403); /* an older key's */
	assert_string_equal(harvest_key(&harvest), KEY("a"));
	harvest_answered(&harvest, harvest.turn, 403);
	assert_string_equal(harvest_key(&harvest), KEY("b"));
	harvest_answered(&harvest, harvest.turn, 401);
	assert_string_equal(harvest_key(&harvest), KEY("a"));
	assert_false(harvest_wants_page(&harvest, now));
	now.ns += HARVEST_AGAIN_NS - 1;
	assert_false(harvest_wants_page(&harvest, now));
	now.ns += 1;
	assert_true(harvest_wants_page(&harvest, now));
	/* It works again, so nobody needs the page. */
	harvest_answered(&harvest, harvest.turn, 200);
	assert_false(harvest_wants_page(&harvest, now));
	harvest_answered(&harvest, harvest.turn, 403);
	harvest_answered(&harvest, harvest.turn, 403);
	assert_true(harvest_wants_page(&harvest, now));
	harvest_page_begin(&harvest, now);
	assert_false(harvest_wants_page(&harvest, now)); /* one at a time */
	harvest_page(&harvest, KEY("c"), strlen(KEY("c")));
	assert_true(harvest_page_end(&harvest, true));
	assert_string_equal(harvest_key(&harvest), KEY("c"));
}

/* A page that is cut short or holds no key leaves the keys that are there. */
static void
test_bad_pages(void **state)
{
	struct mono now = {.ns = CLOCK_NS_PER_S};

	(void)state;
	harvest_init(&harvest);
	assert_false(read_page(KEY("a"), 9, now, false));
	assert_string_equal(harvest_key(&harvest), "");
	assert_false(harvest_wants_page(&harvest, now));
	now.ns += HARVEST_RETRY_NS;
	assert_true(harvest_wants_page(&harvest, now));
	assert_true(read_page(KEY("a"), 9, now, true));
	harvest_answered(&harvest, harvest.turn, 403);
	now.ns += HARVEST_AGAIN_NS;
	assert_false(read_page("nothing", 9, now, true));
	assert_string_equal(harvest_key(&harvest), KEY("a"));
	now.ns += HARVEST_RETRY_NS;
	assert_false(harvest_wants_page(&harvest, now));
	now.ns += HARVEST_AGAIN_NS;
	assert_true(harvest_wants_page(&harvest, now));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_turns),
	    cmocka_unit_test(test_bad_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
