/* What the agent's scheduler and probe engine keep in memory: with a plan of 1,000 probes,
 * and while an image of the largest size streams through. */
#include "tests/bench/bench.h"
#include "tests/support/upstream_process.h"

#include "agent/core/sched.h"
#include "agent/shell/probe_curl.h"
#include "common/shell/clock_sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

enum {
	PROBES = 1000,
	GROUPS = 5 << 20, /* base64 groups of the picture: 20 MiB of text */
	GROUPS_QUICK = 1 << 14,
	IN_FLIGHT = 256,
	TOGETHER = 16 /* a thousand a minute that take a second each */
};

struct agent {
	struct sched sched;
	struct prober *prober;
	struct plan_probe probe[PROBES];
	char name[PROBES][32];
	char url[PROBES][64];
};

static const struct plan_probe blank = {.model = "",
    .key = "",
    .prompt = "",
    .size = "",
    .products = "",
    .interval_ms = 60000,
    .timeout_ms = 60000,
    .connect_timeout_ms = 10000};

static void
start_agent(struct agent *agent, const struct upstream_process *server)
{
	struct sched_conf sched = {
	    .probes_max = LIMIT_PLAN_PROBES, .in_flight_max = IN_FLIGHT, .seed = 1};
	struct prober_conf prober = {
	    .user_agent = "parallax-bench", .in_flight_max = IN_FLIGHT};
	struct plan plan = {.version = 1, .len = PROBES, .probe = agent->probe};
	size_t bytes = sched_bytes(&sched) + 16;
	void *memory = malloc(bytes);
	struct arena arena;

	for (unsigned i = 0; i < PROBES; i++) {
		(void)snprintf(
		    agent->name[i], sizeof(agent->name[i]), "some-target/probe-%u", i);
		(void)snprintf(agent->url[i], sizeof(agent->url[i]),
		    "http://127.0.0.1:%u/generate_204", (unsigned)server->http);
		agent->probe[i] = blank;
		agent->probe[i].series = agent->name[i];
		agent->probe[i].url = agent->url[i];
		agent->probe[i].phase_ms = i * 60;
	}
	agent->prober = prober_new(&prober);
	if (memory == NULL || agent->prober == NULL) {
		bench_fail("agent", "no memory");
	}
	arena_init(&arena, memory, bytes);
	if (sched_init(&agent->sched, &arena, &sched) != ERR_OK ||
	    sched_apply(&agent->sched, &plan, clock_sys_now()) != ERR_OK) {
		bench_fail("agent", "the scheduler does not start");
	}
}

static void
start(struct agent *agent, const struct plan_probe *probe)
{
	struct probe_tag tag = {0};

	if (prober_start(agent->prober, probe, NULL, &tag, clock_sys_now()) != ERR_OK) {
		bench_fail("prober", "does not start a run");
	}
}

static void
finish_all(struct agent *agent, enum outcome expected)
{
	while (prober_in_flight(agent->prober) > 0) {
		struct probe_tag tag;
		struct result result;

		if (prober_wait(agent->prober, -1) != ERR_OK) {
			bench_fail("prober", "cannot wait");
		}
		while (prober_done(agent->prober, &tag, &result)) {
			if (result.outcome != expected) {
				bench_fail(outcome_name(result.outcome), result.detail);
			}
		}
	}
}

/* Everything that is built once: a full round of handles, and the system's certificates,
 * which do not vouch for the test server. */
static void
warm_up(struct agent *agent, const struct upstream_process *server)
{
	struct plan_probe tls = blank;
	char url[64];

	for (unsigned i = 0; i < TOGETHER; i++) {
		start(agent, &agent->probe[i]);
	}
	finish_all(agent, OUTCOME_OK);
	(void)snprintf(
	    url, sizeof(url), "https://127.0.0.1:%u/", (unsigned)server->https);
	tls.series = "control/tls";
	tls.url = url;
	start(agent, &tls);
	finish_all(agent, OUTCOME_NET_TLS);
}

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
fetch_image(struct agent *agent, const struct upstream_process *server)
{
	struct plan_probe probe = blank;
	char url[64];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", (unsigned)server->http);
	upstream_process_rule(server, "/v1beta/*",
	    "{\"status\":200,\"type\":\"application/"
	    "json\",\"body_file\":\"image.json\"}");
	probe.kind = PROBE_GEMINI_IMAGE;
	probe.series = "nano-banana-pro/image";
	probe.url = url;
	probe.model = "gemini-3-pro-image-preview";
	probe.prompt = "a red square";
	probe.size = "4K";
	start(agent, &probe);
	finish_all(agent, OUTCOME_OK);
}

/* This program as nothing but a user of libcurl: one request over TLS, refused for its
 * certificate, on a multi handle. Prints its resident bytes. */
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
	(void)printf("%lld\n", (long long)bench_rss_bytes(0));
	return 0;
}

/* What a process of its own says be_bare() takes, in MiB. */
static double
measure_bare(const char *program, const struct upstream_process *server)
{
	char command[512];
	char line[32] = "";
	FILE *pipe_in;

	(void)snprintf(command, sizeof(command), "'%s' --bare https://127.0.0.1:%u/",
	    program, (unsigned)server->https);
	pipe_in = popen(command, "r");
	if (pipe_in == NULL || fgets(line, sizeof(line), pipe_in) == NULL ||
	    pclose(pipe_in) != 0) {
		bench_fail("bare", "no answer");
	}
	return strtod(line, NULL) / (1 << 20);
}

int
main(int argc, char **argv)
{
	static struct agent agent;
	struct bench bench;
	struct upstream_process server;
	char folder[] = "/tmp/px-bench-XXXXXX";
	char path[64];

	if (argc == 3 && strcmp(argv[1], "--bare") == 0) {
		return be_bare(argv[2]);
	}
	bench = bench_start(argc, argv);
	if (mkdtemp(folder) == NULL) {
		bench_fail("/tmp", "no folder");
	}
	(void)snprintf(path, sizeof(path), "%s/image.json", folder);
	write_answer(path, bench_count(&bench, GROUPS, GROUPS_QUICK));
	upstream_process_start(&server, UPSTREAM_PROGRAM, folder);
	start_agent(&agent, &server);
	warm_up(&agent, &server);
	bench_print(&bench,
	    &(struct bench_row){.name = "agent_rss_1000_probes",
		.value = (double)bench_rss_bytes(0) / (1 << 20),
		.unit = "MiB",
		.baseline = measure_bare(argv[0], &server),
		.goal = {{.kind = BENCH_VALUE_MAX, .bound = 12}},
		.note = "scheduler and probe engine after 16 runs at once, system "
			"certificates loaded; beside the same program doing one TLS "
			"request with bare libcurl"});
	fetch_image(&agent, &server);
	bench_print(
	    &bench, &(struct bench_row){.name = "agent_rss_image_in_flight",
			.value = (double)bench_rss_peak_bytes(0) / (1 << 20),
			.unit = "MiB",
			.goal = {{.kind = BENCH_VALUE_MAX, .bound = 24}},
			.note = "the peak, an answer of 20 MiB with one image in it"});
	prober_free(agent.prober);
	upstream_process_stop(&server);
	(void)unlink(path);
	(void)rmdir(folder);
	return 0;
}
