/* Google's status page as it really behaves: one outage as several entries, edits of entries
 * that are closed, 304 for what did not change, and the feed for when there is nothing else. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#define PAGE    "/incidents.json"
#define PRODUCT "Z0FZJAMvEB4j3NbCJs6B"
#define BEGIN   "2026-01-01T10:00:00+00:00"

static struct fleet_process fleet;
static char yaml[1024];

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1};
	unsigned http;

	(void)state;
	fleet_process_open(&fleet, &spec);
	http = fleet.upstream.http;
	(void)snprintf(yaml, sizeof(yaml),
	    "sources:\n"
	    "  - {name: cloud, kind: gcloud-status, targets: [banana], interval: "
	    "200ms,\n"
	    "     url: 'http://127.0.0.1:%u" PAGE "', products: [" PRODUCT "]}\n"
	    "  - {name: feed, kind: gcloud-feed, targets: [banana], interval: 200ms,\n"
	    "     url: 'http://127.0.0.1:%u/en/feed.atom', fallback_of: cloud,\n"
	    "     components: [Vertex Gemini API]}\n",
	    http, http);
	fleet.spec.more = yaml;
	fleet_process_write(&fleet);
	fleet_process_start(&fleet);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	return 0;
}

/* ---- what the page says ---- */

struct entry {
	const char *id;
	const char *created;
	const char *modified;
	const char *impact;
	const char *end; /* NULL = it is open */
};

static json_t *
json_of(const struct entry *entry)
{
	const char *word = entry->end != NULL ? "AVAILABLE" : entry->impact;
	json_t *json = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:s}]}",
	    "id", entry->id, "begin", BEGIN, "created", entry->created, "modified",
	    entry->modified, "external_desc", entry->id, "status_impact", entry->impact,
	    "severity", "high", "uri", entry->id, "affected_products", "title",
	    "Vertex Gemini API", "id", PRODUCT);
	json_t *updates = json_pack("[{s:s,s:s,s:s,s:s}]", "created", entry->modified,
	    "when", entry->modified, "status", word, "text", "Words.");

	assert_non_null(json);
	assert_non_null(updates);
	if (entry->end != NULL) {
		(void)json_object_set_new(json, "end", json_string(entry->end));
	}
	(void)json_object_set(json, "most_recent_update", json_array_get(updates, 0));
	(void)json_object_set_new(json, "updates", updates);
	return json;
}

static void
say(const struct entry *entries, size_t len)
{
	json_t *list = json_array();
	json_t *state;
	char *text;

	for (size_t i = 0; i < len; i++) {
		(void)json_array_append_new(list, json_of(&entries[i]));
	}
	state = json_pack("{s:{s:o}}", "incidents", "body", list);
	text = json_dumps(state, 0);
	assert_non_null(text);
	free(upstream_process_control(&fleet.upstream, "PUT", "/state", text));
	free(text);
	json_decref(state);
}

/* ---- what becomes of it ---- */

static const char *
text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL ? text : "";
}

/* The row of that name in `parallax sources`, to be released. */
static json_t *
row_of(const char *series)
{
	json_t *answer = fleet_process_ask("sources");
	json_t *found = NULL;
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(answer, "sources"), i, each)
	{
		if (strcmp(text_of(each, "series"), series) == 0) {
			found = json_incref(each);
		}
	}
	json_decref(answer);
	assert_non_null(found);
	return found;
}

static json_t *
wait_for(const char *series, const char *state, const char *path)
{
	json_t *row = row_of(series);

	while (strcmp(text_of(row, "state"), state) != 0) {
		json_decref(row);
		fleet_process_requests(&fleet, path, 1);
		row = row_of(series);
	}
	return row;
}

/* Good readings of the page after number `after`: whole ones, and those that only say that
 * nothing changed. */
static void
count_readings(json_int_t after, unsigned *out_whole, unsigned *out_same)
{
	json_t *answer =
	    fleet_process_ask("results --limit 1000 --target source --probe cloud");
	const json_t *each;
	size_t i;

	*out_whole = 0;
	*out_same = 0;
	json_array_foreach(json_object_get(answer, "results"), i, each)
	{
		char *flags = json_dumps(json_object_get(each, "flags"), 0);

		if (json_integer_value(json_object_get(each, "seq")) > after &&
		    strcmp(text_of(each, "outcome"), "ok") == 0) {
			*(strstr(flags, "\"unchanged\"") != NULL ? out_same
								 : out_whole) += 1;
		}
		free(flags);
	}
	json_decref(answer);
}

static json_int_t
newest(void)
{
	json_t *answer =
	    fleet_process_ask("results --limit 1 --target source --probe cloud");
	json_int_t seq = json_integer_value(json_object_get(
	    json_array_get(json_object_get(answer, "results"), 0), "seq"));

	json_decref(answer);
	return seq;
}

/* How many requests for the page were answered with 304. */
static json_int_t
not_modified(void)
{
	char *text = upstream_process_control(
	    &fleet.upstream, "GET", "/requests?last=0&path=" PAGE "&status=304", NULL);
	json_t *seen = json_loads(text, 0, NULL);
	json_int_t count = json_integer_value(json_object_get(seen, "count"));

	json_decref(seen);
	free(text);
	return count;
}

static const struct entry twins[] = {
    {"first", "2026-01-01T10:30:00+00:00", "2026-01-01T10:30:00+00:00",
	"SERVICE_DISRUPTION", NULL},
    {"second", "2026-01-01T10:45:00+00:00", "2026-01-01T10:45:00+00:00",
	"SERVICE_OUTAGE", NULL},
};

/* Entries that began together are one claim: the first published, with the gravest word. */
static void
duplicates_are_one(void **state)
{
	json_t *row;
	const json_t *claims;
	unsigned whole = 0;
	unsigned same = 0;
	json_int_t first;

	(void)state;
	say(NULL, 0);
	json_decref(wait_for("source/cloud", "clear", PAGE));
	say(twins, 2);
	row = wait_for("source/cloud", "incident", PAGE);
	claims = json_object_get(row, "claims");
	assert_int_equal(json_array_size(claims), 1);
	assert_string_equal(text_of(json_array_get(claims, 0), "id"), "first");
	assert_string_equal(text_of(row, "title"), "first");
	assert_string_equal(text_of(row, "claim"), "outage");
	json_decref(row);
	/* The claim has gone out; from now on it only stands, and now and then comes whole. */
	first = newest();
	while (whole + same < 12) {
		fleet_process_requests(&fleet, PAGE, 2);
		count_readings(first, &whole, &same);
	}
	assert_true(same > 4 * whole);
	assert_true(not_modified() > 0);
	row = row_of("source/cloud");
	assert_string_equal(text_of(row, "state"), "incident");
	assert_int_equal(json_array_size(json_object_get(row, "claims")), 1);
	json_decref(row);
}

/* Post-mortems come for weeks, and may well say "disruption" again. */
static void
edits_do_not_open_again(void **state)
{
	struct entry closed[] = {twins[0], twins[1]};
	json_t *row;

	(void)state;
	say(twins, 2);
	json_decref(wait_for("source/cloud", "incident", PAGE));
	for (int i = 0; i < 2; i++) {
		closed[i].end = "2026-01-01T12:00:00+00:00";
		closed[i].modified = "2026-01-01T12:10:00+00:00";
	}
	say(closed, 2);
	json_decref(wait_for("source/cloud", "clear", PAGE));
	for (int day = 2; day < 5; day++) {
		char at[48];
		unsigned whole = 0;
		unsigned same = 0;
		json_int_t last = newest();

		(void)snprintf(at, sizeof(at), "2026-01-%02dT09:00:00+00:00", day);
		closed[day % 2].modified = at;
		say(closed, 2);
		while (whole + same < 3) {
			fleet_process_requests(&fleet, PAGE, 1);
			count_readings(last, &whole, &same);
		}
		row = row_of("source/cloud");
		assert_string_equal(text_of(row, "state"), "clear");
		assert_int_equal(json_array_size(json_object_get(row, "claims")), 0);
		json_decref(row);
	}
}

static bool
is_quiet(void)
{
	json_t *row = row_of("source/feed");
	bool quiet = json_is_true(json_object_get(row, "quiet"));

	json_decref(row);
	return quiet;
}

/* The feed is read all the time and heard while the page cannot be read, whose silence is
 * no all-clear. */
static void
feed_stands_in(void **state)
{
	(void)state;
	say(NULL, 0);
	free(upstream_process_control(
	    &fleet.upstream, "PUT", "/state", "{\"feed\":\"open\"}"));
	json_decref(wait_for("source/cloud", "clear", PAGE));
	json_decref(wait_for("source/feed", "incident", "/en/feed.atom"));
	assert_true(is_quiet());
	upstream_process_rule(&fleet.upstream, PAGE, "{\"status\":503}");
	json_decref(wait_for("source/cloud", "unknown", PAGE));
	assert_false(is_quiet());
	upstream_process_rule(&fleet.upstream, "", NULL);
	json_decref(wait_for("source/cloud", "clear", PAGE));
	assert_true(is_quiet());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(duplicates_are_one),
	    cmocka_unit_test(edits_do_not_open_again),
	    cmocka_unit_test(feed_stands_in),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
