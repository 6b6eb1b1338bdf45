/* What a whole agent keeps in memory: parallax-agent with a plan of 1,000 probes, connected
 * to a collector, and while an image of the largest size streams through. */
#include "tests/bench/bench.h"
#include "tests/bench/bench_hub.h"
#include "tests/support/upstream_process.h"

#include "agent/shell/spool_lmdb.h"
#include "proto/wire.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

enum {
	PROBES = 1000, /* without the two that are named */
	ROUNDS = 3,    /* of every probe, until the agent is measured */
	INTERVAL_MS = 5000,
	GROUPS = 5 << 20, /* base64 groups of the picture: 20 MiB of text */
	GROUPS_QUICK = 1 << 14
};

struct fixture {
	struct upstream_process server;
	struct bench_hub *hub;
	char folder[32];
	char spool[64];
	char conf[64];
	struct plan_probe probe[PROBES + 2];
	char name[PROBES][32];
	char http[40];
	char https[40];
	char url[64];
	pid_t agent;
};

static const struct plan_probe blank = {.model = "",
    .key = "",
    .prompt = "",
    .size = "",
    .products = "",
    .interval_ms = INTERVAL_MS,
    .timeout_ms = 60000,
    .connect_timeout_ms = 10000};

/* Plain probes that take turns, and one over TLS: it makes the agent load the system's
 * certificates, which do not vouch for the test server. */
static void
make_probes(struct fixture *fixture)
{
	struct plan_probe *tls = &fixture->probe[PROBES];
	struct plan_probe *image = &fixture->probe[PROBES + 1];

	(void)snprintf(fixture->http, sizeof(fixture->http), "http://127.0.0.1:%u",
	    (unsigned)fixture->server.http);
	(void)snprintf(
	    fixture->url, sizeof(fixture->url), "%s/generate_204", fixture->http);
	(void)snprintf(fixture->https, sizeof(fixture->https), "https://127.0.0.1:%u/",
	    (unsigned)fixture->server.https);
	for (unsigned i = 0; i < PROBES; i++) {
		(void)snprintf(fixture->name[i], sizeof(fixture->name[i]),
		    "some-target/probe-%u", i);
		fixture->probe[i] = blank;
		fixture->probe[i].series = fixture->name[i];
		fixture->probe[i].url = fixture->url;
		fixture->probe[i].phase_ms = i * INTERVAL_MS / PROBES;
	}
	*tls = blank;
	tls->series = "control/tls";
	tls->url = fixture->https;
	*image = blank;
	image->kind = PROBE_GEMINI_IMAGE;
	image->series = "nano-banana-pro/image";
	image->url = fixture->http;
	image->model = "gemini-3-pro-image-preview";
	image->prompt = "a red square";
	image->size = "4K";
}

/* ---- the agent ---- */

/* Puts the first `probes` of the plan into a spool, as the last collector would have. */
static void
write_plan(const struct fixture *fixture, size_t probes)
{
	struct wire_collector_message message = {.kind = WIRE_DIRECTIVE,
	    .directive = {.has_plan = true,
		.plan = {.version = 1, .len = probes, .probe = fixture->probe}}};
	struct spool_limits limits = {
	    .bytes_max = 64 << 20, .age_max_ns = INT64_MAX / 2};
	unsigned char *data = malloc(LIMIT_PLAN_BYTES);
	void *memory = malloc(WIRE_ARENA_BYTES);
	struct spool *spool;
	struct arena arena;
	char error[256];
	bool set_aside;
	size_t len;

	if (data == NULL || memory == NULL) {
		bench_fail("plan", "no memory");
	}
	arena_init(&arena, memory, WIRE_ARENA_BYTES);
	if (wire_collector_encode(&message, &arena, data, LIMIT_PLAN_BYTES, &len) !=
		ERR_OK ||
	    spool_open(fixture->spool, &limits, &spool, &set_aside, error,
		sizeof(error)) != ERR_OK ||
	    spool_plan_put(spool, data, len) != ERR_OK) {
		bench_fail("plan", "cannot be stored");
	}
	spool_close(spool);
	free(memory);
	free(data);
}

static void
write_conf(const struct fixture *fixture)
{
	FILE *file = fopen(fixture->conf, "we");

	if (file == NULL ||
	    fprintf(file,
		"id: agent-1\nregion: region-1\ncollectors: "
		"[\"tcp://127.0.0.1:%u\"]\nspool: { path: %s, size_max: 64MiB }\n"
		"log_level: error\n",
		(unsigned)bench_hub_port(fixture->hub), fixture->spool) < 0 ||
	    fclose(file) != 0) {
		bench_fail(fixture->conf, "cannot write");
	}
}

static void
start_agent(struct fixture *fixture, size_t probes)
{
	write_plan(fixture, probes);
	fixture->agent = fork();
	if (fixture->agent == 0) {
		/* It must not outlive a benchmark that fails. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl(
		    AGENT_PROGRAM, "parallax-agent", "-c", fixture->conf, (char *)NULL);
		perror(AGENT_PROGRAM);
		_exit(127);
	}
	if (fixture->agent < 0) {
		bench_fail("agent", "does not start");
	}
}

static void
stop_agent(struct fixture *fixture)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "in-use"};
	char path[96];
	int status;

	if (kill(fixture->agent, SIGTERM) != 0 ||
	    waitpid(fixture->agent, &status, 0) != fixture->agent || status != 0) {
		bench_fail("agent", "does not end well");
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", fixture->spool, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(fixture->spool);
}

/* ---- beside: libcurl alone ---- */

/* This program as nothing but a user of libcurl: one request over TLS, refused for its
 * certificate, on a multi handle. Prints its resident bytes, and
 * those of its own. */
static int
be_bare(const char *url)
{
	CURLM *multi = curl_multi_init();
	CURL *easy = curl_easy_init();
	int running = 1;

	if (multi == NULL || easy == NULL ||
	    curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK ||
	    curl_multi_add_handle(multi, easy) != CURLM_OK) {
		bench_fail("curl", "cannot prepare");
	}
	while (running > 0) {
		if (curl_multi_perform(multi, &running) != CURLM_OK ||
		    curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK) {
			bench_fail("curl", "cannot wait");
		}
	}
	(void)printf("%lld %lld\n", (long long)bench_rss_bytes(0),
	    (long long)bench_rss_private_bytes(0));
	return 0;
}

struct memory {
	double all_mib;
	double private_mib;
};

/* What a process of its own says be_bare() takes. */
static struct memory
measure_bare(const char *program, const char *url)
{
	char command[512];
	char line[64] = "";
	char *rest;
	FILE *pipe_in;
	struct memory out;

	(void)snprintf(command, sizeof(command), "'%s' --bare %s", program, url);
	pipe_in = popen(command, "r");
	if (pipe_in == NULL || fgets(line, sizeof(line), pipe_in) == NULL ||
	    pclose(pipe_in) != 0) {
		bench_fail("bare", "no answer");
	}
	out.all_mib = strtod(line, &rest) / (1 << 20);
	out.private_mib = strtod(rest, NULL) / (1 << 20);
	return out;
}

/* ---- */

/* An answer of generateContent around a JPEG of 4096 x 4096: head, data without any 0xFF,
 * end. Written in small pieces: this process is the one that is measured. */
static void
write_answer(const char *path, unsigned groups)
{
	FILE *file = fopen(path, "w");

	if (file == NULL) {
		bench_fail(path, "cannot write");
	}
	(void)setvbuf(file, NULL, _IOFBF, 4096);
	(void)fputs("{\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":"
		    "{\"mimeType\":\"image/jpeg\",\"data\":\""
		    "/9j/wAARCBAAEAADAREAAhEAAxEA/9oADAMBAAIRAxEAPwBB",
	    file);
	for (unsigned i = 0; i < groups; i++) {
		(void)fputs("QUFB", file);
	}
	(void)fputs("Qf/Z\"}}]},\"finishReason\":\"STOP\"}]}\n", file);
	if (fclose(file) != 0) {
		bench_fail(path, "cannot write");
	}
}

static void
measure_plan(struct fixture *fixture, const struct bench *bench, const char *program)
{
	struct memory bare = measure_bare(program, fixture->https);

	start_agent(fixture, PROBES + 1);
	/* It comes once a round of all others. */
	bench_hub_wait(fixture->hub, "control/tls", OUTCOME_NET_TLS,
	    bench_count(bench, ROUNDS, 1));
	bench_print(bench,
	    &(struct bench_row){.name = "agent_rss_1000_probes",
		.value = (double)bench_rss_bytes(fixture->agent) / (1 << 20),
		.unit = "MiB",
		.baseline = bare.all_mib,
		.goal = {{.kind = BENCH_VALUE_MAX, .bound = 12}},
		.note =
		    "the whole agent, connected, every probe run twice or more, system "
		    "certificates loaded; beside a process doing one TLS request "
		    "with bare libcurl"});
	bench_print(bench,
	    &(struct bench_row){.name = "agent_rss_private",
		.value = (double)bench_rss_private_bytes(fixture->agent) / (1 << 20),
		.unit = "MiB",
		.baseline = bare.private_mib,
		.note = "of these the agent's own, without the text of libraries"});
	stop_agent(fixture);
}

static void
measure_image(struct fixture *fixture, const struct bench *bench)
{
	upstream_process_rule(&fixture->server, "/v1beta/*",
	    "{\"status\":200,\"type\":\"application/"
	    "json\",\"body_file\":\"image.json\"}");
	start_agent(fixture, PROBES + 2);
	bench_hub_wait(fixture->hub, "nano-banana-pro/image", OUTCOME_OK, 1);
	bench_print(bench,
	    &(struct bench_row){.name = "agent_rss_image_in_flight",
		.value = (double)bench_rss_peak_bytes(fixture->agent) / (1 << 20),
		.unit = "MiB",
		.goal = {{.kind = BENCH_VALUE_MAX, .bound = 24}},
		.note = "the whole agent's peak, an answer of 20 MiB with one image in "
			"it between the other probes"});
	stop_agent(fixture);
}

int
main(int argc, char **argv)
{
	static struct fixture fixture;
	struct bench bench;
	char path[64];

	if (argc == 3 && strcmp(argv[1], "--bare") == 0) {
		return be_bare(argv[2]);
	}
	bench = bench_start(argc, argv);
	(void)snprintf(fixture.folder, sizeof(fixture.folder), "/tmp/px-bench-XXXXXX");
	if (mkdtemp(fixture.folder) == NULL) {
		bench_fail("/tmp", "no folder");
	}
	(void)snprintf(path, sizeof(path), "%s/image.json", fixture.folder);
	(void)snprintf(
	    fixture.spool, sizeof(fixture.spool), "%s/spool", fixture.folder);
	(void)snprintf(
	    fixture.conf, sizeof(fixture.conf), "%s/agent.yaml", fixture.folder);
	write_answer(path, bench_count(&bench, GROUPS, GROUPS_QUICK));
	upstream_process_start(&fixture.server, UPSTREAM_PROGRAM, fixture.folder);
	fixture.hub = bench_hub_new();
	make_probes(&fixture);
	write_conf(&fixture);
	measure_plan(&fixture, &bench, argv[0]);
	measure_image(&fixture, &bench);
	bench_hub_free(fixture.hub);
	upstream_process_stop(&fixture.server);
	(void)unlink(path);
	(void)unlink(fixture.conf);
	(void)rmdir(fixture.folder);
	return 0;
}
