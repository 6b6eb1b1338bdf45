#include "tests/support/fleet_process.h"

#include "tests/support/test.h"

#include "agent/shell/spool_lmdb.h"
#include "common/core/clock.h"
#include "common/core/limits.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	RESULTS_MAX = 1000, /* the most one answer holds */
	SERIES = 5,
	WORDS_MAX = 16
};

static const char socket_path[] = "api.sock";

/* ---- files ---- */

void
fleet_process_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "we");

	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
write_tls(FILE *file, const char *folder, const char *who, const char *more)
{
	(void)fprintf(file,
	    "tls: { ca: %s/ca.pem, cert: %s/%s.pem, key: %s/%s.key%s }\n", folder,
	    folder, who, folder, who, more);
}

static void
write_target(FILE *file, const struct fleet_process *fleet)
{
	const struct fleet_spec *spec = &fleet->spec;

	(void)fprintf(file,
	    "  - name: banana\n"
	    "    provider: google\n"
	    "    tier: core\n"
	    "    probes:\n"
	    "      - { name: model, kind: gemini-model, role: target,\n"
	    "          url: 'https://127.0.0.1:%u', model: "
	    "gemini-3-pro-image-preview,\n"
	    "          key: google, interval: %s, timeout: 2s }\n%s",
	    (unsigned)fleet->upstream.https, spec->interval, spec->probes);
}

static void
write_controls(FILE *file, const struct fleet_process *fleet)
{
	static const char *const names[] = {"one", "two"};

	(void)fputs("controls:\n", file);
	for (size_t i = 0; i < 2; i++) {
		(void)fprintf(file,
		    "  - { name: %s, url: 'http://127.0.0.1:%u/generate_204',\n"
		    "      expect_status: 204, interval: %s, timeout: 2s }\n",
		    names[i], (unsigned)fleet->upstream.http, fleet->spec.interval);
	}
}

static void
write_places(FILE *file, const struct fleet_spec *spec)
{
	(void)fputs("regions:\n", file);
	for (unsigned i = 1; i <= spec->agents; i++) {
		(void)fprintf(file, "  - { name: r%u, domain: cloud-%u }\n", i, i);
	}
	(void)fputs("agents:\n", file);
	for (unsigned i = 1; i <= spec->agents; i++) {
		(void)fprintf(file, "  - { id: a%u, region: r%u", i, i);
		if (!spec->has_no_banana) {
			(void)fprintf(file, ", keys: { google: project-%u }", i);
		}
		(void)fputs(" }\n", file);
	}
}

void
fleet_process_write(const struct fleet_process *fleet)
{
	const struct fleet_spec *spec = &fleet->spec;
	FILE *file = fopen("collector.yaml", "we");

	assert_non_null(file);
	(void)fprintf(file, "listen: ['%s://%s']\n",
	    spec->tls != NULL ? "tls+tcp" : "tcp", fleet->address);
	if (spec->tls != NULL) {
		write_tls(file, spec->tls, "server", "");
	}
	(void)fprintf(file, "store: { path: %s, size_max: %s }\nhttp: { socket: %s }\n",
	    spec->store, spec->store_max, socket_path);
	write_places(file, spec);
	(void)fputs("targets:\n", file);
	if (!spec->has_no_banana) {
		write_target(file, fleet);
	}
	(void)fputs(spec->targets, file);
	write_controls(file, fleet);
	/* A machine that is busy for seconds is not a fleet that is silent. */
	(void)fputs("policy: { cooldown: 30m, reopen: 1s, silent_after: 20s }\n"
		    "channels:\n"
		    "  - { name: log, kind: log, level_min: info, path: alerts.log }\n",
	    file);
	if (!spec->has_no_pager) {
		(void)fputs("  - { name: pager, kind: webhook, level_min: warning, "
			    "url: 'env:PX_PAGER' }\n",
		    file);
	}
	(void)fputs(spec->more, file);
	assert_int_equal(fclose(file), 0);
}

void
fleet_process_write_agent(const struct fleet_process *fleet, unsigned number,
    const char *id, const char *region, const char *more)
{
	const struct fleet_spec *spec = &fleet->spec;
	char name[32];
	FILE *file;

	(void)snprintf(name, sizeof(name), "agent-%u.yaml", number);
	file = fopen(name, "we");
	assert_non_null(file);
	(void)fprintf(file, "id: %s\nregion: %s\ncollectors: ['%s://%s']\n", id, region,
	    spec->tls != NULL ? "tls+tcp" : "tcp", fleet->address);
	if (spec->tls != NULL) {
		char who[64];

		(void)snprintf(who, sizeof(who), "client-%s", id);
		write_tls(file, spec->tls, who, ", server_name: collector.test");
	}
	(void)fprintf(file,
	    "spool: { path: spool-%u, size_max: %s }\n"
	    "probe_ca: %s\n"
	    "keys:\n"
	    "  - { name: google, value: 'env:PX_KEY', hosts: ['127.0.0.1:%u'] }\n%s",
	    number, spec->spool_max, fleet->upstream.ca_file,
	    (unsigned)fleet->upstream.https, more);
	assert_int_equal(fclose(file), 0);
}

static void
write_agents(const struct fleet_process *fleet)
{
	for (unsigned i = 1; i <= fleet->spec.agents; i++) {
		char id[16];
		char region[16];

		(void)snprintf(id, sizeof(id), "a%u", i);
		(void)snprintf(region, sizeof(region), "r%u", i);
		fleet_process_write_agent(fleet, i, id, region, "");
	}
}

/* ---- open and close ---- */

static const char *
or_default(const char *text, const char *fallback)
{
	return text != NULL ? text : fallback;
}

void
fleet_process_open(struct fleet_process *fleet, const struct fleet_spec *spec)
{
	unsigned pid = (unsigned)getpid();
	char pager[64];

	*fleet = (struct fleet_process){
	    .spec = *spec, .folder = "/tmp/parallax-fleet-XXXXXX"};
	fleet->spec.agents = spec->agents > 0 ? spec->agents : 1;
	fleet->spec.interval = or_default(spec->interval, "200ms");
	fleet->spec.store_max = or_default(spec->store_max, "1GiB");
	fleet->spec.spool_max = or_default(spec->spool_max, "64MiB");
	fleet->spec.store = or_default(spec->store, "store");
	fleet->spec.targets = or_default(spec->targets, "");
	fleet->spec.probes = or_default(spec->probes, "");
	fleet->spec.more = or_default(spec->more, "");
	(void)snprintf(fleet->address, sizeof(fleet->address), "127.%u.%u.%u:7441",
	    64 + pid / 65536 % 128, pid / 256 % 256, pid % 256);
	assert_non_null(mkdtemp(fleet->folder));
	assert_int_equal(chdir(fleet->folder), 0);
	upstream_process_start(&fleet->upstream, UPSTREAM_PROGRAM, NULL);
	(void)snprintf(pager, sizeof(pager), "http://127.0.0.1:%u/hook/pager",
	    (unsigned)fleet->upstream.http);
	assert_int_equal(setenv("PX_PAGER", pager, 1), 0);
	assert_int_equal(setenv("PX_KEY", "key-of-a-test-0123456789", 1), 0);
	assert_int_equal(setenv("PARALLAX_SOCKET", socket_path, 1), 0);
	fleet_process_write(fleet);
	write_agents(fleet);
}

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	return remove(path);
}

void
fleet_process_close(struct fleet_process *fleet)
{
	process_kill(&fleet->events);
	for (size_t i = 0; i < FLEET_AGENTS; i++) {
		process_kill(&fleet->agent[i]);
	}
	process_kill(&fleet->collector);
	if (fleet->upstream.pid != 0) {
		upstream_process_stop(&fleet->upstream);
	}
	if (fleet->folder[0] != '\0' && chdir("/") == 0) {
		(void)nftw(fleet->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	*fleet = (struct fleet_process){.folder = ""};
}

/* ---- programs ---- */

void
fleet_process_collect(struct fleet_process *fleet)
{
	static const char *const arguments[] = {
	    COLLECTOR_PROGRAM, "-c", "collector.yaml", NULL};

	process_start(&fleet->collector, "collector.log", arguments);
	process_await(&fleet->collector, " collector.started ", NULL);
}

void
fleet_process_probe(struct fleet_process *fleet, unsigned number)
{
	char conf[32];
	char log[32];
	const char *const arguments[] = {AGENT_PROGRAM, "-c", conf, NULL};

	(void)snprintf(conf, sizeof(conf), "agent-%u.yaml", number);
	(void)snprintf(log, sizeof(log), "agent-%u.log", number);
	process_start(&fleet->agent[number - 1], log, arguments);
}

void
fleet_process_start(struct fleet_process *fleet)
{
	fleet_process_collect(fleet);
	for (unsigned i = 1; i <= fleet->spec.agents; i++) {
		fleet_process_probe(fleet, i);
	}
	for (unsigned i = 1; i <= fleet->spec.agents; i++) {
		process_await(&fleet->agent[i - 1], " plan.applied ", NULL);
		fleet_process_received(fleet, i, 1);
	}
}

/* ---- asking ---- */

json_t *
fleet_process_ask(const char *words)
{
	const char *arguments[WORDS_MAX] = {CTL_PROGRAM};
	char copy[256];
	char *state = NULL;
	size_t len = 1;
	struct process_output output;
	json_t *json;

	(void)snprintf(copy, sizeof(copy), "%s -o json", words);
	for (char *word = strtok_r(copy, " ", &state);
	     word != NULL && len < WORDS_MAX - 1; word = strtok_r(NULL, " ", &state)) {
		arguments[len++] = word;
	}
	output = process_run(arguments);
	json = json_loads(output.out, 0, NULL);
	if (json == NULL) {
		fail_msg("parallax %s: %s", words, output.text);
	}
	process_output_free(&output);
	return json;
}

json_t *
fleet_process_agent(unsigned number)
{
	json_t *answer = fleet_process_ask("agents");
	json_t *found = NULL;
	json_t *each;
	char name[16];
	size_t i;

	(void)snprintf(name, sizeof(name), "a%u", number);
	json_array_foreach(json_object_get(answer, "agents"), i, each)
	{
		if (strcmp(json_string_value(json_object_get(each, "name")), name) ==
		    0) {
			found = json_incref(each);
		}
	}
	json_decref(answer);
	assert_non_null(found);
	return found;
}

void
fleet_process_requests(
    const struct fleet_process *fleet, const char *path, unsigned count)
{
	char query[256];
	char *text;
	json_t *seen;

	(void)snprintf(query, sizeof(query), "/requests?last=0&path=%s", path);
	text = upstream_process_control(&fleet->upstream, "GET", query, NULL);
	seen = json_loads(text, 0, NULL);
	assert_non_null(seen);
	(void)snprintf(query, sizeof(query),
	    "/requests?last=0&path=%s&timeout_ms=%d&wait=%lld", path,
	    PROCESS_PATIENCE_MS,
	    (long long)json_integer_value(json_object_get(seen, "count")) +
		(long long)count);
	json_decref(seen);
	free(text);
	free(upstream_process_control(&fleet->upstream, "GET", query, NULL));
}

static json_int_t
member(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

void
fleet_process_received(
    const struct fleet_process *fleet, unsigned number, json_int_t count)
{
	json_int_t received = -1;

	for (unsigned i = 0; i < 500 && received < count; i++) {
		json_t *agent;

		if (i > 0) {
			fleet_process_requests(fleet, "*", 1);
		}
		agent = fleet_process_agent(number);
		received = member(agent, "received");
		json_decref(agent);
	}
	if (received < count) {
		fail_msg("%lld results of a%u, not %lld", (long long)received, number,
		    (long long)count);
	}
}

/* Every series an agent of a fleet may run. One answer holds all results of one, however
 * slow the machine, where those of all would be too many after a minute. */
static const char *const every_series[SERIES] = {"banana --probe model",
    "banana --probe page", "apple --probe page", "control --probe one",
    "control --probe two"};

/* The results of one series that the collector has, to be released. */
static json_t *
ask_results(unsigned number, size_t series)
{
	char words[128];
	json_t *answer;

	(void)snprintf(words, sizeof(words),
	    "results --agent a%u --target %s --last 1h --limit %d", number,
	    every_series[series], RESULTS_MAX);
	answer = fleet_process_ask(words);
	assert_true(json_array_size(json_object_get(answer, "results")) < RESULTS_MAX);
	return answer;
}

/* How many results with numbers up to `last` there are, and the largest number at all. */
static json_int_t
count_results(unsigned number, json_int_t last, json_int_t *out_largest)
{
	json_int_t count = 0;

	*out_largest = 0;
	for (size_t series = 0; series < SERIES; series++) {
		json_t *answer = ask_results(number, series);
		json_t *each;
		size_t i;

		json_array_foreach(json_object_get(answer, "results"), i, each)
		{
			json_int_t seq = member(each, "seq");

			count += seq <= last ? 1 : 0;
			*out_largest = seq > *out_largest ? seq : *out_largest;
		}
		json_decref(answer);
	}
	return count;
}

void
fleet_process_drained(const struct fleet_process *fleet, unsigned number)
{
	json_int_t last;
	json_int_t largest;
	json_int_t count = count_results(number, 0, &last);

	for (unsigned i = 0; i < 500 && count < last; i++) {
		fleet_process_requests(fleet, "*", 1);
		count = count_results(number, last, &largest);
	}
	if (count != last) {
		fail_msg("%lld of the first %lld results of a%u", (long long)count,
		    (long long)last, number);
	}
}

static bool
is_text(const json_t *object, const char *name, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && strcmp(text, expected) == 0;
}

json_int_t
fleet_process_event(struct fleet_process *fleet, const char *kind, const char *event,
    const char *verdict)
{
	static const char *const arguments[] = {
	    CTL_PROGRAM, "events", "--follow", "--after", "0", "-o", "json", NULL};
	char line[PROCESS_LINE_BYTES];

	if (fleet->events.pid == 0) {
		process_start(&fleet->events, "events.jsonl", arguments);
	}
	for (;;) {
		json_t *json;
		bool fits;
		json_int_t incident;

		process_await(&fleet->events, "\"kind\"", line);
		json = json_loads(line, 0, NULL);
		assert_non_null(json);
		fits = is_text(json, "kind", kind) && is_text(json, "event", event) &&
		       (verdict == NULL || is_text(json, "verdict", verdict));
		incident = json_integer_value(json_object_get(json, "incident"));
		json_decref(json);
		if (fits) {
			return incident;
		}
	}
}

/* ---- accounts ---- */

/* Marks in `seen`, a bit a number, what `parallax results` lists; counts it. */
static uint64_t
mark_series(unsigned number, size_t series, unsigned char *seen, uint64_t given)
{
	json_t *answer = ask_results(number, series);
	json_t *each;
	size_t i;
	uint64_t count;

	json_array_foreach(json_object_get(answer, "results"), i, each)
	{
		uint64_t seq = (uint64_t)member(each, "seq");

		if (seq < 1 || seq > given || seen[seq] != 0) {
			fail_msg("a%u: result %llu of %llu given is %s", number,
			    (unsigned long long)seq, (unsigned long long)given,
			    seq > given ? "not its own" : "there twice");
		}
		seen[seq] = 1;
	}
	count = json_array_size(json_object_get(answer, "results"));
	json_decref(answer);
	return count;
}

static uint64_t
mark_results(unsigned number, unsigned char *seen, uint64_t given)
{
	uint64_t count = 0;

	for (size_t i = 0; i < SERIES; i++) {
		count += mark_series(number, i, seen, given);
	}
	return count;
}

static uint64_t
mark_spool(struct spool *spool, unsigned char *seen, uint64_t given)
{
	uint64_t count = 0;

	for (uint64_t seq = spool_first(spool, 1); seq <= given;
	     seq = spool_first(spool, seq + 1)) {
		seen[seq] |= 2;
		count++;
	}
	return count;
}

/* The gaps the collector tells once it tells of `received` results: what it shows of its
 * state follows the store by a moment. */
static uint64_t
gaps_after(unsigned number, uint64_t received)
{
	json_int_t told = -1;
	json_int_t gaps = 0;

	for (unsigned i = 0; i < 1000 && told != (json_int_t)received; i++) {
		json_t *agent = fleet_process_agent(number);

		told = member(agent, "received");
		gaps = member(agent, "gaps");
		json_decref(agent);
	}
	assert_int_equal(told, received);
	return (uint64_t)gaps;
}

struct fleet_account
fleet_process_account(unsigned number)
{
	struct spool_limits limits = {
	    .bytes_max = UINT64_C(64) << 20, .age_max_ns = 86400 * CLOCK_NS_PER_S};
	struct fleet_account account = {0};
	char path[32];
	char error[256] = "";
	struct spool *spool;
	bool set_aside;
	unsigned char *seen;
	uint64_t lost = 0;

	(void)snprintf(path, sizeof(path), "spool-%u", number);
	if (spool_open(path, &limits, &spool, &set_aside, error, sizeof(error)) !=
	    ERR_OK) {
		fail_msg("%s", error);
	}
	assert_false(set_aside);
	account.given = spool_book(spool)->next_seq - 1;
	account.dropped = spool_book(spool)->dropped_rows;
	seen = calloc(1, account.given + 1);
	assert_non_null(seen);
	account.received = mark_results(number, seen, account.given);
	account.gaps = gaps_after(number, account.received);
	account.spooled = mark_spool(spool, seen, account.given);
	for (uint64_t seq = 1; seq <= account.given; seq++) {
		lost += seen[seq] == 0 ? 1 : 0;
	}
	if (lost != account.gaps) {
		fail_msg("a%u: %llu of %llu results are nowhere, %llu declared lost",
		    number, (unsigned long long)lost, (unsigned long long)account.given,
		    (unsigned long long)account.gaps);
	}
	free(seen);
	spool_close(spool);
	return account;
}
