#include "tests/support/test.h"

#include "tests/support/kind_runs.h"

#include "agent/shell/grant.h"
#include "common/shell/clock_sys.h"
#include "tests/support/upstream_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define NO_FLAGS 0
#define API_KEY  "sk-loopback-0123456789abcdef"
#define IMAGE    "gemini-3-pro-image-preview"
#define ROUTED   "google/" IMAGE
#define ROUTER   "/api/v1"
#define PRODUCT  "Z0FZJAMvEB4j3NbCJs6B"

enum {
	HOSTS = 4
};

/* Pages with an entity tag are unchanged the second time; the server's picture is always the
 * same. */
const struct kind_row kind_rows[KIND_RUNS] = {
    {PROBE_HTTP, "/generate_204", "", "", "/generate_204", NO_FLAGS, NO_FLAGS},
    {PROBE_GEMINI_IMAGE, "", IMAGE, "", "/v1beta/models/" IMAGE ":generateContent",
	NO_FLAGS, FLAG_REPEATED},
    {PROBE_GEMINI_MODEL, "", IMAGE, "", "/v1beta/models/" IMAGE, NO_FLAGS, NO_FLAGS},
    {PROBE_OPENAI_IMAGE, "", "gpt-image-1", "", "/v1/images/generations", NO_FLAGS,
	FLAG_REPEATED},
    {PROBE_GCLOUD_STATUS, "/incidents.json", "", PRODUCT, "/incidents.json", NO_FLAGS,
	FLAG_UNCHANGED},
    {PROBE_STATUSPAGE, "/api/v2/summary.json", "", "Images", "/api/v2/summary.json",
	NO_FLAGS, FLAG_UNCHANGED},
    {PROBE_AISTUDIO_STATUS, "/status", "", "Gemini API",
	"/$rpc/google.internal.alkali.applications.makersuite.v1.MakerSuiteService/"
	"ListIncidentsHistory",
	NO_FLAGS, NO_FLAGS},
    {PROBE_OPENROUTER_ENDPOINTS, ROUTER "/models/" ROUTED "/endpoints", "",
	"google-ai-studio", ROUTER "/models/" ROUTED "/endpoints", NO_FLAGS, NO_FLAGS},
    {PROBE_GEMINI_STREAM, "", IMAGE, "",
	"/v1beta/models/" IMAGE ":streamGenerateContent", NO_FLAGS, FLAG_REPEATED},
    {PROBE_GEMINI_MODELS, "", IMAGE, "", "/v1beta/models", NO_FLAGS, NO_FLAGS},
    {PROBE_GEMINI_TOKENS, "", IMAGE, "", "/v1beta/models/" IMAGE ":countTokens",
	NO_FLAGS, NO_FLAGS},
    {PROBE_VERTEX_IMAGE, "", IMAGE, "",
	"/v1/projects/*/publishers/google/models/" IMAGE ":generateContent", NO_FLAGS,
	FLAG_REPEATED},
    {PROBE_VERTEX_IMAGEN, "", "imagen-4.0-generate-001", "",
	"/v1/projects/*/publishers/google/models/imagen-4.0-generate-001:predict",
	NO_FLAGS, FLAG_REPEATED},
    {PROBE_VERTEX_TOKENS, "", IMAGE, "",
	"/v1/projects/*/publishers/google/models/" IMAGE ":countTokens", NO_FLAGS,
	NO_FLAGS},
    {PROBE_OPENAI_MODELS, "", "gpt-image-1", "", "/v1/models", NO_FLAGS, NO_FLAGS},
    {PROBE_OPENROUTER_CHAT, ROUTER, ROUTED, "", ROUTER "/chat/completions",
	FLAG_COST_REPORTED, FLAG_REPEATED},
    {PROBE_OPENROUTER_IMAGE, ROUTER, ROUTED, "", ROUTER "/images", FLAG_COST_REPORTED,
	FLAG_REPEATED},
    {PROBE_OPENROUTER_KEY, ROUTER, "", "", ROUTER "/key", NO_FLAGS, NO_FLAGS},
    {PROBE_OPENROUTER_MODELS, ROUTER "/models", "", ROUTED, ROUTER "/models", NO_FLAGS,
	NO_FLAGS},
    {PROBE_GCLOUD_FEED, "/en/feed.atom", "", "Vertex Gemini API", "/en/feed.atom",
	NO_FLAGS, FLAG_UNCHANGED},
    {PROBE_FEED, "/incidents.rss", "", "~image", "/incidents.rss", NO_FLAGS,
	FLAG_UNCHANGED},
    {PROBE_DATADOG_STATUS, "/datadog/status.json", "", "~image", "/datadog/status.json",
	NO_FLAGS, FLAG_UNCHANGED},
};

static struct upstream_process server;
static char *account; /* of the service account, JSON */
static struct grant *grant;
static int closed_fd;
static char closed[32];
static char hosts[HOSTS][32];
static struct agent_key api_key = {.name = "key",
    .hosts = {hosts[0], hosts[1], hosts[2], hosts[3]},
    .hosts_len = HOSTS};
static struct agent_key service_key = {.name = "key",
    .kind = AGENT_KEY_SERVICE_ACCOUNT,
    .hosts = {hosts[0], hosts[1], hosts[2], hosts[3]},
    .hosts_len = HOSTS,
    .token_hosts = {hosts[0], hosts[1], hosts[2], hosts[3]},
    .token_hosts_len = HOSTS};

/* Bound, and nobody listens. */
static bool
take_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	closed_fd = socket(AF_INET, SOCK_STREAM, 0);
	if (closed_fd < 0 ||
	    bind(closed_fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(closed_fd, (struct sockaddr *)&address, &len) != 0) {
		perror("socket");
		return false;
	}
	(void)snprintf(closed, sizeof(closed), "https://127.0.0.1:%u",
	    (unsigned)ntohs(address.sin_port));
	return true;
}

bool
kind_runs_open(const char *program)
{
	char path[128];

	if (!take_port()) {
		return false;
	}
	upstream_process_start(&server, program, getenv("PARALLAX_DATA"));
	(void)snprintf(
	    hosts[0], sizeof(hosts[0]), "127.0.0.1:%u", (unsigned)server.https);
	(void)snprintf(
	    hosts[1], sizeof(hosts[1]), "127.0.0.1:%u", (unsigned)server.http);
	(void)snprintf(hosts[2], sizeof(hosts[2]), "%s", closed + strlen("https://"));
	(void)snprintf(hosts[3], sizeof(hosts[3]), "%s", KIND_RUNS_NOWHERE);
	(void)snprintf(path, sizeof(path),
	    "/service-account?token_uri=http://127.0.0.1:%u/token",
	    (unsigned)server.http);
	account = upstream_process_control(&server, "GET", path, NULL);
	return true;
}

void
kind_runs_close(void)
{
	grant_free(grant);
	free(account);
	upstream_process_stop(&server);
	(void)close(closed_fd);
}

const char *
kind_runs_closed(void)
{
	return closed;
}

bool
kind_runs_takes_tokens(enum probe_kind kind)
{
	return kind == PROBE_VERTEX_IMAGE || kind == PROBE_VERTEX_IMAGEN ||
	       kind == PROBE_VERTEX_TOKENS;
}

/* The probe of `kind`; `url` is kept. */
static struct plan_probe
probe_of(const struct kind_row *kind, const char *url)
{
	const struct probe_traits *traits = probe_traits(kind->kind);

	return (struct plan_probe){
	    .series = probe_kind_name(kind->kind),
	    .kind = kind->kind,
	    .role = traits->family == FAMILY_PAGE ? ROLE_SOURCE : ROLE_TARGET,
	    .url = url,
	    .model = kind->model,
	    .key = traits->has_key ? "key" : "",
	    .prompt = traits->has_model ? "a lighthouse" : "",
	    .size = "",
	    .products = kind->products,
	    .project = kind_runs_takes_tokens(kind->kind) ? "loopback-project" : NULL,
	    .location = kind_runs_takes_tokens(kind->kind) ? "us-central1" : NULL,
	    .providers =
		traits->family == FAMILY_OPENROUTER ? "google-ai-studio" : NULL,
	    .interval_ms = 60000,
	    .timeout_ms = KIND_RUNS_PATIENCE_MS,
	    .connect_timeout_ms = KIND_RUNS_PATIENCE_MS,
	};
}

struct prober *
kind_runs_prober(int64_t idle_ns)
{
	struct prober_conf conf = {
	    .ca_file = server.ca_file,
	    .user_agent = "parallax-test",
	    .in_flight_max = LIMIT_IN_FLIGHT_PROBES,
	    .idle_ns = idle_ns,
	};
	struct prober *prober = prober_new(&conf);

	assert_non_null(prober);
	return prober;
}

static void
start(struct prober *prober, size_t i, const struct kind_round *round)
{
	char url[256];
	char base[64];
	struct plan_probe probe = probe_of(&kind_rows[i], url);
	bool vertex = kind_runs_takes_tokens(kind_rows[i].kind);
	struct probe_key key = {.conf = vertex ? &service_key : &api_key,
	    .secret = vertex ? "" : API_KEY,
	    .grant = vertex ? grant : NULL};
	struct probe_tag tag = {.slot = (uint32_t)i, .generation = 7};

	if (!vertex && round->secret != NULL) {
		key.secret = round->secret;
	}
	if (round->model != NULL) {
		probe.model = round->model;
	}
	if (round->timeout_ms != 0) {
		probe.timeout_ms = round->timeout_ms;
	}
	(void)snprintf(
	    base, sizeof(base), "https://127.0.0.1:%u", (unsigned)server.https);
	(void)snprintf(url, sizeof(url), "%s%s", round->base ? round->base : base,
	    kind_rows[i].path);
	assert_int_equal(prober_start(prober, &probe,
			     probe.key[0] != '\0' ? &key : NULL, &tag, clock_sys_now()),
	    ERR_OK);
}

static void
finish(struct prober *prober, size_t runs, struct kind_found *out_found)
{
	struct probe_tag tag;
	struct result result;

	while (runs > 0) {
		if (!prober_done(prober, &tag, &result)) {
			assert_int_equal(prober_wait(prober, -1), ERR_OK);
			continue;
		}
		runs--;
		(void)snprintf(out_found[tag.slot].detail,
		    sizeof(out_found[tag.slot].detail), "%s", result.detail);
		out_found[tag.slot].result = result;
		assert_null(strstr(result.detail, "loopback-0123456789"));
		assert_null(strstr(result.detail, "PRIVATE KEY"));
		assert_null(strstr(result.detail, "ya29."));
	}
}

void
kind_runs_all(
    struct prober *prober, const struct kind_round *round, struct kind_found *out_found)
{
	for (size_t i = 0; i < KIND_RUNS; i++) {
		start(prober, i, round);
	}
	finish(prober, KIND_RUNS, out_found);
}

static size_t
row_of(enum probe_kind kind)
{
	size_t i = 0;

	while (kind_rows[i].kind != kind) {
		i++;
		assert_true(i < KIND_RUNS);
	}
	return i;
}

struct kind_found
kind_runs_one(
    struct prober *prober, enum probe_kind kind, const struct kind_round *round)
{
	static struct kind_found found[KIND_RUNS];
	size_t i = row_of(kind);

	start(prober, i, round);
	finish(prober, 1, found);
	return found[i];
}

bool
kind_runs_is(const struct kind_found *found, const struct kind_expected *expected)
{
	return found->result.outcome == expected->outcome &&
	       found->result.phase == expected->phase &&
	       found->result.flags == expected->flags &&
	       found->result.timing.total_us > 0;
}

unsigned
kind_runs_judge(const char *fault, enum probe_kind kind, const struct kind_found *found,
    const struct kind_expected *expected)
{
	char text[128];
	char wanted[128];

	if (kind_runs_is(found, expected)) {
		return 0;
	}
	(void)flags_text(found->result.flags, text, sizeof(text));
	(void)flags_text(expected->flags, wanted, sizeof(wanted));
	print_error("%s, %s: expected %s in %s [%s], found %s in %s [%s] %u: %s\n",
	    fault, probe_kind_name(kind), outcome_name(expected->outcome),
	    phase_name(expected->phase), wanted, outcome_name(found->result.outcome),
	    phase_name(found->result.phase), text, (unsigned)found->result.http_status,
	    found->detail);
	return 1;
}

void
kind_runs_order(const char *method, const char *path, const char *body)
{
	free(upstream_process_control(&server, method, path, body));
}

void
kind_runs_rule(const char *path, const char *action)
{
	char rules[2048];

	kind_runs_order("DELETE", "/rules", NULL);
	if (action == NULL) {
		return;
	}
	(void)snprintf(rules, sizeof(rules),
	    "[{\"id\":\"a\",\"path\":\"%s\",\"action\":%s},"
	    "{\"id\":\"b\",\"path\":\"/token\",\"action\":{}},"
	    "{\"id\":\"c\",\"path\":\"/status\",\"action\":{}},"
	    "{\"id\":\"d\",\"path\":\"/private/*\",\"action\":{}}]",
	    path, action);
	kind_runs_order("PUT", "/rules", rules);
}

void
kind_runs_rule_exact(const char *path, const char *action)
{
	upstream_process_rule(&server, path, action);
}

void
kind_runs_reset(void)
{
	char error[96];

	kind_runs_order("POST", "/reset", NULL);
	grant_free(grant);
	grant = grant_new(&service_key, account, NULL, error, sizeof(error));
	assert_non_null(grant);
}
