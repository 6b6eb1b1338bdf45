#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/upstream.h"
#include "tests/support/upstream_control.h"
#include "tests/support/upstream_front.h"
#include "tests/support/upstream_hold.h"
#include "tests/support/upstream_hooks.h"
#include "tests/support/upstream_http.h"
#include "tests/support/upstream_image.h"
#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_oauth.h"
#include "tests/support/upstream_relay.h"
#include "tests/support/upstream_rules.h"
#include "tests/support/upstream_seen.h"
#include "tests/support/upstream_state.h"
#include "tests/support/upstream_tls.h"

#define EXIT_USAGE 64 /* sysexits.h */

static const char help[] =
    "usage: px-upstream [OPTION...]\n"
    "A loopback stand-in for the services that Parallax watches, for tests and demos.\n"
    "\n"
    "  --http ADDR:PORT     plain listener; repeatable (port 0 picks one)\n"
    "  --https ADDR:PORT    TLS listener; repeatable\n"
    "  --control ADDR:PORT  programs the server; keep it on loopback [127.0.0.1:0]\n"
    "  --data DIR           recorded answers to serve where there are some\n"
    "  --cert F --key F     certificate chain and key in PEM; minted at start "
    "otherwise\n"
    "  --ca F --ca-key F    CA that signs minted certificates; minted at start "
    "otherwise\n"
    "  --ca-out F           where to write that CA's certificate\n"
    "  --name DNS:N|IP:A    one more name for a minted certificate; repeatable\n"
    "  --relay NAME=ADDR:PORT,TARGET:PORT  a TCP relay that can be cut; repeatable\n"
    "  --ready-file F       the ready line goes there too, in one piece\n"
    "  --ready-fd N         and there\n"
    "  --seed N             seed of the dice that rules with a probability throw [1]\n"
    "  --die-with-parent    end when the process that started this one does\n"
    "  --help\n"
    "\n"
    "When everything listens, one line of JSON with the ports goes to stdout:\n"
    "  {\"event\":\"ready\",\"http\":PORT,\"https\":PORT,\"control\":PORT,...}\n"
    "SIGTERM or SIGINT ends the server; exit status 0.\n"
    "\n"
    "Answers: Gemini /v1beta/models/..., Vertex /v1/projects/... and /token, OpenAI\n"
    "/v1/images/generations and the pictures it links to, OpenRouter /api/v1/...,\n"
    "/incidents.json, /products.json, /en/feed.atom, /incidents.rss, /incidents.atom,\n"
    "/api/v2/summary.json, /datadog/status.json, AI Studio's RPC, /generate_204, and\n"
    "POST /hook/NAME.\n"
    "\n"
    "A rule changes what some requests get (C is the control port):\n"
    "  curl -X PUT C/rules -d "
    "'{\"id\":\"x\",\"path\":\"/v1beta/*\",\"client\":\"127.0.1.2\",\n"
    "      \"action\":{\"shape\":\"503-overloaded\",\"delay_ms\":200}}'\n"
    "  curl -X PUT C/rules -d '{\"id\":\"t\",\"action\":{\"bad_tls\":\"expired\"}}'\n"
    "  curl -X DELETE C/rules/x\n"
    "A test waits for an event instead of sleeping:\n"
    "  curl \"C/requests?wait=3&path=/v1beta/*&timeout_ms=5000\"\n"
    "  curl \"C/hooks/feishu?wait=1\"\n"
    "The pretended vendors have a state:\n"
    "  curl -X PUT C/state -d '{\"incidents\":\"open\",\"image\":\"small\"}'\n"
    "A service account whose signed assertions /token accepts, and the end of all "
    "tokens:\n"
    "  curl \"C/service-account?token_uri=http://127.0.0.1:PORT/token\"\n"
    "  curl -X DELETE C/tokens\n"
    "A relay is cut and healed:\n"
    "  curl -X PUT C/relays/eu -d '{\"state\":\"blackhole\"}'\n"
    "Members of rules, actions and states are listed in "
    "tests/support/upstream_rules.h,\n"
    "upstream_action.h and upstream_state.h; C/shapes lists the shapes.\n";

struct options {
	struct upstream_front_listener listeners[UPSTREAM_FRONT_LISTENERS_MAX];
	int listeners_n;
	struct upstream_net_addr control;
	struct upstream_tls_conf tls;
	const char *data_dir;
	const char *ready_file;
	int ready_fd;
	uint64_t seed;
	const char *relays[UPSTREAM_RELAY_MAX];
	int relays_n;
};

enum flag {
	FLAG_HTTP = 256,
	FLAG_HTTPS,
	FLAG_CONTROL,
	FLAG_DATA,
	FLAG_CERT,
	FLAG_KEY,
	FLAG_CA,
	FLAG_CA_KEY,
	FLAG_CA_OUT,
	FLAG_NAME,
	FLAG_RELAY,
	FLAG_READY_FILE,
	FLAG_READY_FD,
	FLAG_SEED,
	FLAG_DIE,
	FLAG_HELP,
};

static const struct option long_options[] = {
    {"http", required_argument, NULL, FLAG_HTTP},
    {"https", required_argument, NULL, FLAG_HTTPS},
    {"control", required_argument, NULL, FLAG_CONTROL},
    {"data", required_argument, NULL, FLAG_DATA},
    {"cert", required_argument, NULL, FLAG_CERT},
    {"key", required_argument, NULL, FLAG_KEY},
    {"ca", required_argument, NULL, FLAG_CA},
    {"ca-key", required_argument, NULL, FLAG_CA_KEY},
    {"ca-out", required_argument, NULL, FLAG_CA_OUT},
    {"name", required_argument, NULL, FLAG_NAME},
    {"relay", required_argument, NULL, FLAG_RELAY},
    {"ready-file", required_argument, NULL, FLAG_READY_FILE},
    {"ready-fd", required_argument, NULL, FLAG_READY_FD},
    {"seed", required_argument, NULL, FLAG_SEED},
    {"die-with-parent", no_argument, NULL, FLAG_DIE},
    {"help", no_argument, NULL, FLAG_HELP},
    {NULL, 0, NULL, 0},
};

static bool
options_listener(struct options *options, const char *text, bool tls)
{
	struct upstream_front_listener *listener;

	if (options->listeners_n == UPSTREAM_FRONT_LISTENERS_MAX)
		return false;
	listener = &options->listeners[options->listeners_n++];
	listener->tls = tls;
	return upstream_net_parse(text, &listener->addr);
}

static bool
options_number(const char *text, uint64_t max, uint64_t *out_number)
{
	char *end;

	errno = 0;
	*out_number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *out_number <= max;
}

static bool
options_name(struct options *options, const char *text)
{
	if (options->tls.names_n == UPSTREAM_TLS_NAMES_MAX)
		return false;
	options->tls.names[options->tls.names_n++] = text;
	return strncmp(text, "DNS:", 4) == 0 || strncmp(text, "IP:", 3) == 0;
}

static bool
options_relay(struct options *options, const char *text)
{
	if (options->relays_n == UPSTREAM_RELAY_MAX)
		return false;
	options->relays[options->relays_n++] = text;
	return true;
}

/* Options whose value is a path that is simply kept. */
static bool
options_path(struct options *options, int flag, const char *text)
{
	switch (flag) {
	case FLAG_DATA:
		options->data_dir = text;
		return true;
	case FLAG_CERT:
		options->tls.cert_file = text;
		return true;
	case FLAG_KEY:
		options->tls.key_file = text;
		return true;
	case FLAG_CA:
		options->tls.ca_file = text;
		return true;
	case FLAG_CA_KEY:
		options->tls.ca_key_file = text;
		return true;
	case FLAG_CA_OUT:
		options->tls.ca_out_file = text;
		return true;
	case FLAG_READY_FILE:
		options->ready_file = text;
		return true;
	}
	return false;
}

static bool
options_take(struct options *options, int flag, const char *text)
{
	uint64_t number;

	switch (flag) {
	case FLAG_HTTP:
		return options_listener(options, text, false);
	case FLAG_HTTPS:
		return options_listener(options, text, true);
	case FLAG_CONTROL:
		return upstream_net_parse(text, &options->control);
	case FLAG_NAME:
		return options_name(options, text);
	case FLAG_RELAY:
		return options_relay(options, text);
	case FLAG_READY_FD:
		if (!options_number(text, 1 << 20, &number))
			return false;
		options->ready_fd = (int)number;
		return true;
	case FLAG_SEED:
		return options_number(text, UINT64_MAX, &options->seed);
	case FLAG_DIE:
		return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0;
	}
	return options_path(options, flag, text);
}

/* Fills `options`; exits for --help and for what cannot be understood. */
static void
options_read(struct options *options, int argc, char **argv)
{
	int flag;

	memset(options, 0, sizeof(*options));
	options->ready_fd = -1;
	options->seed = 1;
	(void)upstream_net_parse("127.0.0.1:0", &options->control);
	while ((flag = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (flag == FLAG_HELP) {
			(void)fputs(help, stdout);
			exit(0);
		}
		if (flag == '?')
			exit(EXIT_USAGE);
		if (!options_take(options, flag, optarg)) {
			(void)fprintf(stderr,
			    "px-upstream: %s: not understood; see --help\n",
			    optarg ? optarg : argv[optind - 1]);
			exit(EXIT_USAGE);
		}
	}
	if (optind != argc || !options->tls.cert_file != !options->tls.key_file ||
	    !options->tls.ca_file != !options->tls.ca_key_file) {
		(void)fprintf(stderr, "px-upstream: stray argument, or one of a pair "
				      "of files is missing\n");
		exit(EXIT_USAGE);
	}
}

/* The running server, in the order in which it is built. */
struct server {
	struct upstream up;
	struct upstream_http *http;
	struct upstream_front *front;
	struct upstream_control *control;
};

static bool
server_relays(struct server *server, const struct options *options)
{
	int i;

	for (i = 0; i < options->relays_n; i++) {
		if (!upstream_relay_add(server->up.relays, options->relays[i]))
			return false;
	}
	return upstream_relay_start(server->up.relays);
}

static bool
server_has_tls(const struct options *options)
{
	int i;

	for (i = 0; i < options->listeners_n; i++) {
		if (options->listeners[i].tls)
			return true;
	}
	return false;
}

static bool
server_start(struct server *server, struct options *options)
{
	struct upstream *up = &server->up;

	up->data_dir = options->data_dir;
	up->state = upstream_state_new();
	up->rules = upstream_rules_new(options->seed);
	up->seen = upstream_seen_new();
	up->hooks = upstream_hooks_new();
	up->relays = upstream_relay_new();
	up->oauth = upstream_oauth_new();
	up->image = upstream_image_new(upstream_data(
	    up, "gemini/ok-200-image-gemini-3-pro-image-preview.body.json"));
	up->hold = upstream_hold_new();
	if (server_has_tls(options)) {
		up->tls = upstream_tls_new(&options->tls);
		if (!up->tls)
			return false;
	}
	if (!up->hold || !server_relays(server, options))
		return false;
	server->http = upstream_http_new(up);
	if (!server->http)
		return false;
	server->front = upstream_front_new(
	    up, server->http, options->listeners, options->listeners_n);
	if (!server->front)
		return false;
	server->control = upstream_control_new(up, &options->control);
	return server->control != NULL;
}

/* No new connections first, then nobody asleep, then nobody at all. */
static void
server_stop(struct server *server)
{
	struct upstream *up = &server->up;

	upstream_front_free(server->front);
	if (up->hold)
		upstream_hold_stop(up->hold);
	upstream_http_free(server->http);
	upstream_hold_free(up->hold);
	upstream_seen_stop(up->seen);
	upstream_hooks_stop(up->hooks);
	upstream_control_free(server->control);
	upstream_relay_free(up->relays);
	upstream_tls_free(up->tls);
	upstream_image_free(up->image);
	upstream_oauth_free(up->oauth);
	upstream_hooks_free(up->hooks);
	upstream_seen_free(up->seen);
	upstream_rules_free(up->rules);
	upstream_state_free(up->state);
}

static json_t *
ready_json(const struct server *server, const struct options *options)
{
	json_t *ready = json_pack("{s:s,s:n,s:n,s:i}", "event", "ready", "http",
	    "https", "control", (int)options->control.port);
	json_t *listeners = json_array();
	json_t *relays = json_object();
	json_t *list = upstream_relay_list(server->up.relays);
	const struct upstream_front_listener *listener;
	char text[UPSTREAM_NET_TEXT_MAX];
	int i;

	for (i = options->listeners_n - 1; i >= 0; i--) {
		listener = &options->listeners[i];
		upstream_net_text(&listener->addr, text);
		(void)json_object_set_new(ready, listener->tls ? "https" : "http",
		    json_integer(listener->addr.port));
		(void)json_array_insert_new(listeners, 0,
		    json_pack("{s:s,s:s,s:i}", "kind", listener->tls ? "https" : "http",
			"address", text, "port", (int)listener->addr.port));
	}
	for (i = 0; i < options->relays_n; i++) {
		const json_t *relay = json_array_get(list, (size_t)i);

		(void)json_object_set(relays,
		    json_string_value(json_object_get(relay, "name")),
		    json_object_get(relay, "port"));
	}
	json_decref(list);
	(void)json_object_set_new(ready, "listeners", listeners);
	(void)json_object_set_new(ready, "relays", relays);
	(void)json_object_set_new(
	    ready, "seed", json_integer((json_int_t)options->seed));
	(void)json_object_set_new(ready, "pid", json_integer(getpid()));
	return ready;
}

/* Written beside and renamed, so that a reader sees nothing or all of it. */
static bool
ready_file(const char *path, const char *line)
{
	char beside[1024];
	FILE *file;
	int len = snprintf(beside, sizeof(beside), "%s.%ld", path, (long)getpid());
	bool good;

	if (len < 0 || (size_t)len >= sizeof(beside))
		return false;
	file = fopen(beside, "we");
	if (!file)
		return false;
	good = fprintf(file, "%s\n", line) > 0;
	good = fclose(file) == 0 && good;
	return good && rename(beside, path) == 0;
}

static bool
ready_tell(const struct server *server, const struct options *options)
{
	json_t *ready = ready_json(server, options);
	char *line = json_dumps(ready, JSON_COMPACT);
	bool good = line && puts(line) >= 0 && fflush(stdout) == 0;

	json_decref(ready);
	if (good && options->ready_file)
		good = ready_file(options->ready_file, line);
	if (good && options->ready_fd >= 0) {
		good = dprintf(options->ready_fd, "%s\n", line) > 0;
		good = close(options->ready_fd) == 0 && good;
	}
	free(line);
	if (!good)
		(void)fprintf(stderr, "upstream.ready_failed errno=%d\n", errno);
	return good;
}

/* As many connections as the system lets us have, up to what upstream_tls can tell apart. */
static void
server_raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct server server;
	sigset_t ending;
	int signal_number;
	bool good;

	options_read(&options, argc, argv);
	server_raise_limits();
	(void)signal(SIGPIPE, SIG_IGN);
	/* Blocked before any thread starts, so that only sigwait takes them. */
	(void)sigemptyset(&ending);
	(void)sigaddset(&ending, SIGTERM);
	(void)sigaddset(&ending, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &ending, NULL);
	memset(&server, 0, sizeof(server));
	good = server_start(&server, &options) && ready_tell(&server, &options);
	if (good)
		(void)sigwait(&ending, &signal_number);
	server_stop(&server);
	return good ? 0 : 1;
}
