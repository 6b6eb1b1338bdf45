/* Secrets that upstreams echo stay on no disk, in no log, on no wire and in no answer.
 *
 * Real agents and a real collector; every place where an upstream can put a text says all
 * the secrets there are, in every spelling. Then everything that was written, sent or
 * answered is searched for any part of them. */
#include "tests/support/test.h"

#include "common/core/base64.h"
#include "common/core/limits.h"
#include "common/shell/frame.h"
#include "tests/support/fleet_process.h"
#include "tests/support/recorder.h"

#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>

enum {
	AGENTS = 3,
	PART_BYTES = 12, /* of a secret that is as bad as all of it */
	SECRET_BYTES = 640,
	TURNS = 4,
	SOURCES = 4,
	BODY_BYTES = 16384
};

/* Nothing else has these letters in a row. */
#define KEY    "Kq7+ZwVxJh/Xt\"Rm%Gd&Ls=Yp~Nb"
#define HEAD   "AIza"
#define MODEL  "/v1beta/models/gemini-3-pro-image-preview"
#define STREAM MODEL ":streamGenerateContent"
#define STUDIO                                                                         \
	"/$rpc/google.internal.alkali.applications.makersuite.v1.MakerSuiteService/"   \
	"ListIncidentsHistory"
#define ROUTER  "/api/v1/models/google/gemini-3-pro-image-preview/endpoints"
#define PRODUCT "Z0FZJAMvEB4j3NbCJs6B"

static struct fleet_process fleet;
static struct recorder recorder;
static struct frame *frame;

/* What is planted, and the part of it that must not be found. */
static struct secret {
	char planted[SECRET_BYTES];
	char searched[SECRET_BYTES];
} secrets[] = {
    {HEAD "SyQzWmPk4JrXv8TnLb2HcYd6GsFq1RwE3", "SyQzWmPk4JrXv8TnLb2HcYd6GsFq1RwE3"},
    {"sk-proj-Vb3NxQ8rTz5KwM1jHs6PdL9fGc2Y", "Vb3NxQ8rTz5KwM1jHs6PdL9fGc2Y"},
    {"Bearer Jm4XzKt7QwRv2NbHs9LpDf6GcY1T", "Jm4XzKt7QwRv2NbHs9LpDf6GcY1T"},
    {"ya29.Tz6RbWx3KqJv9NmHs1LpDf4GcYd8", "Tz6RbWx3KqJv9NmHs1LpDf4GcYd8"},
    {"-----BEGIN PRIVATE KEY-----\nMIIEvXq8ZwKt3RbJn\nHs6LpDf1GcYd9Qm=\n"
     "-----END PRIVATE KEY-----\n",
	"MIIEvXq8ZwKt3RbJn"},
    {"https://storage.example/o?X-Goog-Signature=8f3a1c9e7b2d4f60a5c8e1b3&x=1",
	"8f3a1c9e7b2d4f60a5c8e1b3"},
    {"https://store.example/o?sv=2&sig=Wq2ZxKv5RtJb8NmHs%3D", "Wq2ZxKv5RtJb8NmHs"},
    {"zelda.quixwyn@mail.example.org", "zelda.quixwyn"},
    /* What agents find in AI Studio's page (upstream_status.c), and one that is none. */
    {HEAD "LoopbackStudioLoopbackStudioLoopbac", "LoopbackStudioLoopbackStudioLoopbac"},
    {HEAD "LoopbackDecoyLoopbackDecoyLoopback0", "LoopbackDecoyLoopbackDecoyLoopback0"},
    {KEY, KEY}, {"", ""}, /* percent-encoded, */
    {"", ""},             /* escaped for JSON, */
    {"", ""},             /* in base64, */
    {"", ""},             /* and in the middle of other base64 */
};

enum {
	SECRETS = sizeof(secrets) / sizeof(secrets[0]),
	SPELLED = SECRETS - 4
};

/* ---- planting ---- */

static void
spell(void)
{
	char *percent = secrets[SPELLED].planted;
	char *escaped = secrets[SPELLED + 1].planted;
	char inside[64];

	for (const char *at = KEY; *at != '\0'; at++) {
		percent += sprintf(percent, "%%%02X", (unsigned)*at);
		escaped += sprintf(escaped, "\\u%04x", (unsigned)*at);
	}
	assert_true(base64_encode(KEY, strlen(KEY), secrets[SPELLED + 2].planted,
			SECRET_BYTES) > 0);
	(void)snprintf(inside, sizeof(inside), "user:%s:tail", KEY);
	assert_true(base64_encode(inside, strlen(inside), secrets[SPELLED + 3].planted,
			SECRET_BYTES) > 0);
	for (int i = SPELLED; i < SECRETS; i++) {
		/* The first letters of the last one encode what stands before it. */
		size_t from = i == SPELLED + 3 ? 8 : 0;

		memcpy(secrets[i].searched, secrets[i].planted + from,
		    SECRET_BYTES - from);
	}
}

/* All of them in a row from `first` on: an excerpt shows no more than the first few. */
static const char *
say_all(int first, char out[BODY_BYTES])
{
	size_t len = 0;

	for (int i = 0; i < SECRETS; i++) {
		len += (size_t)snprintf(out + len, BODY_BYTES - len, "%s%s",
		    i > 0 ? " , " : "", secrets[(i + first) % SECRETS].planted);
	}
	return out;
}

/* Puts a rule in place and waits until it has been met by every agent, twice. */
static void
put_rule(const char *path, json_t *action)
{
	json_t *rule =
	    json_pack("{s:s,s:s,s:o}", "id", "echo", "path", path, "action", action);
	char *text = json_dumps(rule, 0);

	assert_non_null(text);
	free(upstream_process_control(&fleet.upstream, "PUT", "/rules", text));
	fleet_process_requests(&fleet, path, AGENTS * 2 + 1);
	free(text);
	json_decref(rule);
}

static void
put_state(const char *member, json_t *body)
{
	json_t *state = json_pack("{s:{s:o}}", member, "body", body);
	char *text = json_dumps(state, 0);

	assert_non_null(text);
	free(upstream_process_control(&fleet.upstream, "PUT", "/state", text));
	free(text);
	json_decref(state);
}

static json_t *
error_of(const char *text)
{
	char message[BODY_BYTES + sizeof("echoed ")];

	(void)snprintf(message, sizeof(message), "echoed %s", text);
	return json_pack("{s:{s:i,s:s,s:s}}", "error", "code", 503, "message", message,
	    "status", "UNAVAILABLE");
}

static void
echo_errors(int turn)
{
	char all[BODY_BYTES];
	char body[BODY_BYTES * 2 + 64];
	json_t *error;
	char *text;

	(void)say_all(turn * SECRETS / TURNS, all);
	put_rule(MODEL, json_pack("{s:i,s:o}", "status", 503, "body", error_of(all)));
	(void)snprintf(body, sizeof(body),
	    "<html><title>%s</title><body>%s</body></html>", all, all);
	put_rule(MODEL, json_pack("{s:i,s:s,s:s}", "status", 502, "type", "text/html",
			    "body", body));
	put_rule(MODEL, json_pack("{s:i,s:s,s:s}", "status", 500, "type", "text/plain",
			    "body", all));
	error = error_of(all);
	text = json_dumps(error, JSON_COMPACT);
	(void)snprintf(body, sizeof(body), "data: %s\r\n\r\n", text);
	free(text);
	json_decref(error);
	put_rule(STREAM, json_pack("{s:i,s:s,s:s}", "status", 200, "type",
			     "text/event-stream", "body", body));
}

/* Headers carry one secret each, and no line breaks. */
static void
echo_headers(int turn)
{
	for (int i = turn; i < SECRETS; i += TURNS) {
		char value[200];

		if (strchr(secrets[i].planted, '\n') != NULL) {
			continue;
		}
		(void)snprintf(value, sizeof(value), "%.190s", secrets[i].planted);
		put_rule(MODEL, json_pack("{s:i,s:{s:s}}", "status", 503, "headers",
				    "x-request-id", value));
		(void)snprintf(value, sizeof(value), "https://127.0.0.1/%.170s",
		    secrets[i].planted);
		put_rule(MODEL, json_pack("{s:i,s:{s:s}}", "status", 302, "headers",
				    "Location", value));
	}
}

/* Identifiers and addresses are `one`; where a page has room for more it says `all`. */
static void
put_pages(const char *one, const char *all)
{
	put_state("statuspage",
	    json_pack("{s:{s:s,s:s,s:s},s:{s:s,s:s},s:[{s:s,s:s,s:s}],"
		      "s:[{s:s,s:s,s:s,s:s,s:s,s:s,s:[],s:[]}]}",
		"page", "id", "p", "name", "P", "url", "http://localhost", "status",
		"indicator", "major", "description", all, "components", "id", one,
		"name", "Images", "status", "operational", "incidents", "id", one,
		"name", all, "status", "investigating", "impact", "critical",
		"shortlink", one, "created_at", "2026-01-01T00:00:00Z",
		"incident_updates", "components"));
	put_state("incidents",
	    json_pack("[{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:s}],s:[{s:s,s:s}]}]",
		"id", one, "number", "1", "begin", "2026-01-01T00:00:00+00:00",
		"created", "2026-01-01T00:00:00+00:00", "modified",
		"2026-01-01T00:00:00+00:00", "external_desc", all, "status_impact",
		"SERVICE_OUTAGE", "uri", one, "affected_products", "title", "Gemini",
		"id", PRODUCT, "currently_affected_locations", "title", one, "id",
		one));
	put_state("openrouter_endpoints",
	    json_pack("{s:{s:s,s:[{s:s,s:s,s:s,s:i,s:f},{s:s,s:s,s:s,s:i,s:f}]}}",
		"data", "id", one, "endpoints", "name", all, "tag", "google-ai-studio",
		"provider_name", one, "status", -5, "uptime_last_30m", 12.5, "name",
		all, "tag", one, "provider_name", "google-ai-studio", "status", -5,
		"uptime_last_30m", 12.5));
	put_state("aistudio", json_pack("[[[s,s,i,[[i,s,[s],s]],i,[i]]]]", one, all, 2,
				  1, "2026-01-01 00:00", "1767225600", all, 1, 1));
}

/* How many sources are read and speak of an incident. */
static size_t
count_incidents(void)
{
	json_t *answer = fleet_process_ask("sources");
	size_t count = 0;
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(answer, "sources"), i, each)
	{
		const char *state = json_string_value(json_object_get(each, "state"));

		count += state != NULL && strcmp(state, "incident") == 0 ? 1 : 0;
	}
	json_decref(answer);
	return count;
}

static void
echo_pages(void)
{
	static const char *const paths[] = {
	    ROUTER, STUDIO, "/incidents.json", "/api/v2/summary.json"};
	char all[BODY_BYTES];
	char titled[BODY_BYTES + 8];
	size_t understood = 0;

	for (int i = 0; i < SECRETS; i++) {
		(void)snprintf(titled, sizeof(titled), "echo %s", say_all(i, all));
		put_pages(secrets[i].planted, titled);
		for (size_t k = 0; k < sizeof(paths) / sizeof(paths[0]); k++) {
			fleet_process_requests(&fleet, paths[k], AGENTS + 1);
		}
		for (int tries = 0; tries < 5 && count_incidents() < SOURCES; tries++) {
			fleet_process_requests(&fleet, ROUTER, AGENTS);
		}
		understood += count_incidents();
	}
	/* A page with an odd identifier may be none; one that is not read shows nothing. */
	assert_true(understood > SECRETS * SOURCES / 2);
}

/* ---- searching ---- */

static const char *
found_in(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < SECRETS; i++) {
		const char *secret = secrets[i].searched;
		size_t secret_len = strlen(secret);

		for (size_t at = 0; at + PART_BYTES <= secret_len; at += 2) {
			if (memmem(bytes, len, secret + at, PART_BYTES) != NULL) {
				return secret + at;
			}
		}
	}
	return NULL;
}

/* The text around what was found, as far as it can be shown. */
static void
check_bytes(const char *where, const unsigned char *bytes, size_t len)
{
	const char *part = found_in(bytes, len);
	const unsigned char *at;
	char shown[400];
	size_t count = 0;

	if (part == NULL) {
		return;
	}
	at = memmem(bytes, len, part, PART_BYTES);
	at -= (size_t)(at - bytes) < 120 ? (size_t)(at - bytes) : 120;
	while (at < bytes + len && count < sizeof(shown) - 1) {
		shown[count++] = (char)(*at >= ' ' && *at <= '~' ? *at : '.');
		at++;
	}
	shown[count] = '\0';
	fail_msg("%s holds '%.*s': %s", where, PART_BYTES, part, shown);
}

static size_t files_searched;

static int
search_file(const char *path, const struct stat *info, int type, struct FTW *where)
{
	unsigned char *bytes;
	FILE *file;
	size_t len;

	(void)where;
	if (type != FTW_F || !S_ISREG(info->st_mode)) {
		return 0;
	}
	bytes = malloc((size_t)info->st_size + 1);
	file = fopen(path, "rbe");
	assert_non_null(bytes);
	assert_non_null(file);
	len = fread(bytes, 1, (size_t)info->st_size, file);
	(void)fclose(file);
	check_bytes(path, bytes, len);
	free(bytes);
	files_searched++;
	return 0;
}

static void
search_message(void *context, const unsigned char *bytes, size_t len)
{
	const unsigned char *message;
	size_t message_len;

	(void)context;
	check_bytes("a message", bytes, len);
	/* In front of the frame is the number of the request. */
	if (len > 4 &&
	    frame_unpack(frame, bytes + 4, len - 4, &message, &message_len) == ERR_OK) {
		check_bytes("an unpacked message", message, message_len);
	} else if (len > 4) {
		fail_msg("a message of %zu bytes is no frame", len);
	}
}

static void
search_answers(void)
{
	static const char *const words[] = {"status", "targets", "regions", "agents",
	    "incidents", "explain 1", "sources", "events", "uptime",
	    "results --target banana --last 1h --limit 1000",
	    "results --target source --last 1h --limit 1000"};
	static const char *const forms[] = {"table", "json", "csv"};
	size_t redacted = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) * 3; i++) {
		char copy[128];
		const char *arguments[16] = {CTL_PROGRAM};
		size_t len = 1;
		char *state = NULL;
		struct process_output output;

		(void)snprintf(
		    copy, sizeof(copy), "%s -o %s", words[i / 3], forms[i % 3]);
		for (char *word = strtok_r(copy, " ", &state); word != NULL;
		     word = strtok_r(NULL, " ", &state)) {
			arguments[len++] = word;
		}
		output = process_run(arguments);
		check_bytes(words[i / 3], (const unsigned char *)output.text,
		    strlen(output.text));
		redacted += strstr(output.text, "[redacted]") != NULL ? 1 : 0;
		process_output_free(&output);
	}
	assert_true(redacted > 0); /* or nothing was echoed at all */
}

/* ---- the test ---- */

static char more[2048];
static char probes[512];

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = AGENTS};
	unsigned http;
	char collector[sizeof(fleet.address)];

	(void)state;
	spell();
	frame = frame_new();
	assert_non_null(frame);
	fleet_process_open(&fleet, &spec);
	assert_int_equal(setenv("PX_KEY", KEY, 1), 0);
	http = fleet.upstream.http;
	(void)snprintf(more, sizeof(more),
	    "log_level: debug\nsources:\n"
	    "  - {name: page, kind: statuspage, url: 'http://127.0.0.1:%u"
	    "/api/v2/summary.json', components: [Images], match: [echo], targets: "
	    "[banana], interval: 200ms}\n"
	    "  - {name: cloud, kind: gcloud-status, url: 'http://127.0.0.1:%u"
	    "/incidents.json', products: [" PRODUCT "], targets: [banana], "
	    "interval: 200ms}\n"
	    "  - {name: router, kind: openrouter-endpoints, url: "
	    "'http://127.0.0.1:%u" ROUTER
	    "', providers: [google-ai-studio], targets: [banana], interval: 200ms}\n"
	    "  - {name: studio, kind: aistudio-status, url: 'http://127.0.0.1:%u"
	    "/status', components: [Gemini API], targets: [banana], interval: 200ms}\n",
	    http, http, http, http);
	(void)snprintf(probes, sizeof(probes),
	    "      - { name: stream, kind: gemini-stream, role: target,\n"
	    "          url: 'https://127.0.0.1:%u', model: "
	    "gemini-3-pro-image-preview,\n"
	    "          key: google, interval: 200ms, timeout: 2s }\n",
	    (unsigned)fleet.upstream.https);
	fleet.spec.more = more;
	fleet.spec.probes = probes;
	fleet_process_write(&fleet);
	/* Agents reach the collector by way of the recorder. */
	(void)snprintf(collector, sizeof(collector), "%s", fleet.address);
	recorder_start(&recorder, fleet.address);
	(void)snprintf(fleet.address, sizeof(fleet.address), "%s", recorder.address);
	for (unsigned i = 1; i <= AGENTS; i++) {
		char id[8];
		char region[8];

		(void)snprintf(id, sizeof(id), "a%u", i);
		(void)snprintf(region, sizeof(region), "r%u", i);
		fleet_process_write_agent(&fleet, i, id, region, "log_level: debug\n");
	}
	(void)snprintf(fleet.address, sizeof(fleet.address), "%s", collector);
	fleet_process_start(&fleet);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	recorder_free(&recorder);
	frame_free(frame);
	return 0;
}

static json_int_t
count_requests(const char *path)
{
	char query[256];
	char *text;
	json_t *seen;
	json_int_t count;

	(void)snprintf(query, sizeof(query), "/requests?last=0&path=%s", path);
	text = upstream_process_control(&fleet.upstream, "GET", query, NULL);
	seen = json_loads(text, 0, NULL);
	count = json_integer_value(json_object_get(seen, "count"));
	json_decref(seen);
	free(text);
	return count;
}

/* A source that is taken out of the file is asked no more, neither page nor RPC. */
static void
switch_studio_off(void)
{
	char *entry = strstr(more, "  - {name: studio");
	json_int_t before;
	json_int_t after;

	assert_non_null(entry);
	assert_true(count_requests(STUDIO) > 0);
	*entry = '\0';
	fleet_process_write(&fleet);
	assert_int_equal(kill(fleet.collector.pid, SIGHUP), 0);
	do {
		before = count_requests(STUDIO) + count_requests("/status");
		fleet_process_requests(&fleet, "/incidents.json", AGENTS * 4);
		after = count_requests(STUDIO) + count_requests("/status");
	} while (after != before);
}

static void
nothing_leaks(void **state)
{
	char *hooks;

	(void)state;
	echo_pages();
	for (int turn = 0; turn < TURNS; turn++) {
		echo_errors(turn);
		echo_headers(turn);
	}
	hooks = upstream_process_control(
	    &fleet.upstream, "GET", "/hooks/pager?wait=1&timeout_ms=30000", NULL);
	check_bytes("a delivery", (const unsigned char *)hooks, strlen(hooks));
	free(hooks);
	search_answers();
	switch_studio_off();
	/* What is in memory comes to the disk now. */
	for (unsigned i = 0; i < AGENTS; i++) {
		assert_int_equal(process_stop(&fleet.agent[i]), 0);
	}
	assert_int_equal(process_stop(&fleet.collector), 0);
	recorder_stop(&recorder);
	assert_true(recorder_each(&recorder, search_message, NULL) > AGENTS * 4);
	assert_int_equal(nftw(".", search_file, 16, FTW_PHYS), 0);
	assert_true(files_searched >= 2 * AGENTS + 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_leaks),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
