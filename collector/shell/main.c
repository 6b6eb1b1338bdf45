/* parallax-collector: reads its configuration and runs the engine and the API. */
#include "collector/shell/backtest_command.h"
#include "collector/shell/conf.h"
#include "collector/shell/conf_controls.h"
#include "collector/shell/heartbeat.h"
#include "collector/shell/http.h"
#include "collector/shell/service.h"
#include "common/shell/failpoint.h"
#include "common/shell/log.h"
#include "common/shell/program.h"
#include "common/shell/secret.h"
#include "common/shell/signals.h"
#include "common/shell/tls_nng.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: parallax-collector [-c FILE] [--check]\n"
    "       parallax-collector backtest ...\n"
    "\n"
    "Takes the results of agents, keeps them, decides what is going on, and tells it: "
    "one\n"
    "alert per fault, to the right channel. Ask it with the `parallax` command.\n"
    "\n"
    "  -c, --config FILE  configuration (default /etc/parallax/collector.yaml)\n"
    "      --check        read the configuration, say what is wrong with it, and end\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "Signals: SIGTERM, SIGINT end it in order; SIGHUP reads the configuration again (a "
    "bad\n"
    "file is said and the old one stays).\n"
    "Exit status: 0 ended in order, 1 could not run, 64 wrong usage, 78 bad "
    "configuration.\n"
    "\n"
    "Examples:\n"
    "  parallax-collector -c collector.yaml --check\n"
    "  parallax-collector -c collector.yaml\n";

/* What the signal watcher acts on; it starts before the service and outlives it. */
static struct {
	pthread_mutex_t mutex;
	struct service *service;
	const char *conf_path;
	struct collector_conf_file *file; /* in use */
	struct collector_conf_file *next; /* handed to the service, perhaps in use */
	bool again; /* something changed while the service had one to take */
	struct remarks remarks;
} running = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* A file that the service has left behind can go. */
static void
drop_unused(void)
{
	const struct collector_conf *conf = service_conf(running.service);

	if (running.next != NULL && conf == collector_conf_get(running.next)) {
		collector_conf_free(running.file);
		running.file = running.next;
		running.next = NULL;
	} else if (running.next != NULL && service_conf_refused(running.service) ==
					       collector_conf_get(running.next)) {
		collector_conf_free(running.next);
		running.next = NULL;
	}
}

static void
reload(void)
{
	struct collector_conf_file *file;

	void *memory = NULL;
	struct registry *members;
	enum err err;

	drop_unused();
	if (running.next != NULL) {
		running.again = true; /* on_reloaded() */
		return;
	}
	remarks_init(&running.remarks);
	members = service_members(running.service, &memory);
	err = collector_conf_load_with(
	    running.conf_path, members, &file, &running.remarks);
	free(memory);
	if (err != ERR_OK) {
		log_error("config.bad", "text=\"%s\" (the old one stays)",
		    remarks_first(&running.remarks));
		return;
	}
	running.next = file;
	service_reload(running.service, collector_conf_get(file));
}

/* ---- what the service asks and tells ---- */

/* While the service is made: nobody else looks at `running` yet. */
static const struct collector_conf *
on_with_members(void *unused, const struct registry *members, char *error, size_t cap)
{
	struct collector_conf_file *file;

	(void)unused;
	remarks_init(&running.remarks);
	if (collector_conf_load_with(
		running.conf_path, members, &file, &running.remarks) != ERR_OK) {
		(void)snprintf(error, cap, "%s", remarks_first(&running.remarks));
		return NULL;
	}
	running.next = file; /* drop_unused() lets go of the one before */
	return collector_conf_get(file);
}

/* As if the file had changed: the watcher of signals makes the configuration again. */
static void
on_members_changed(void *unused)
{
	(void)unused;
	(void)kill(getpid(), SIGHUP);
}

static void
on_reloaded(void *unused)
{
	bool again;

	(void)unused;
	(void)pthread_mutex_lock(&running.mutex);
	again = running.again;
	running.again = false;
	(void)pthread_mutex_unlock(&running.mutex);
	if (again) {
		(void)kill(getpid(), SIGHUP);
	}
}

static void
on_signal(void *unused)
{
	(void)unused;
	(void)pthread_mutex_lock(&running.mutex);
	if (running.service != NULL) {
		enum signals_event event = signals_take();

		if (event == SIGNALS_STOP) {
			service_stop(running.service);
		} else if (event == SIGNALS_RELOAD) {
			reload();
		}
	}
	(void)pthread_mutex_unlock(&running.mutex);
}

static void
set_running(struct service *service)
{
	(void)pthread_mutex_lock(&running.mutex);
	running.service = service;
	(void)pthread_mutex_unlock(&running.mutex);
	on_signal(NULL); /* one may have come while nobody could act on it */
}

/* Opens the socket, and the door when there is to be one. NULL, and one line in `error`. */
static struct http *
open_http(
    const struct collector_conf *conf, struct service *service, char *error, size_t cap)
{
	static char cert[TLS_NNG_FILE_BYTES];
	static char key[TLS_NNG_FILE_BYTES];
	struct http_conf http_conf = {.socket_path = conf->http_socket,
	    .door_address = conf->http_listen,
	    .door_cert = cert,
	    .door_key = key};
	struct http *http = NULL;
	enum err err = ERR_OK;

	if (conf->http_listen[0] != '\0') {
		err = tls_nng_file(conf->tls_cert, cert);
	}
	if (err == ERR_OK && conf->http_listen[0] != '\0') {
		err = tls_nng_file(conf->tls_key, key);
	}
	if (err == ERR_OK) {
		http = http_new(&http_conf, service_api(service), error, cap);
	} else {
		(void)snprintf(error, cap, "%s, %s: %s", conf->tls_cert, conf->tls_key,
		    err_name(err));
	}
	secret_wipe(key, sizeof(key));
	return http;
}

static int
serve(const struct collector_conf *conf)
{
	static const struct service_hooks hooks = {.with_members = on_with_members,
	    .members_changed = on_members_changed,
	    .reloaded = on_reloaded};
	char error[512] = "";
	struct service *service;
	struct heartbeat *heartbeat;
	struct http *http;

	if (service_new(conf, &hooks, &service, error, sizeof(error)) != ERR_OK) {
		(void)fprintf(stderr, "parallax-collector: %s\n", error);
		return EXIT_FAILURE;
	}
	http = open_http(conf, service, error, sizeof(error));
	if (http == NULL) {
		(void)fprintf(stderr, "parallax-collector: %s\n", error);
		service_free(service);
		return EXIT_FAILURE;
	}
	if (heartbeat_new(&conf->heartbeat, service_api(service), &heartbeat, error,
		sizeof(error)) != ERR_OK) {
		(void)fprintf(stderr, "parallax-collector: %s\n", error);
		http_free(http);
		service_free(service);
		return EXIT_FAILURE;
	}
	log_info("collector.started", "version=%s port=%u socket=%s http_port=%u",
	    PARALLAX_VERSION, service_port(service, 0), conf->http_socket,
	    http_port(http));
	set_running(service);
	service_run(service);
	log_info("collector.stopping", "reason=signal");
	(void)pthread_mutex_lock(&running.mutex);
	running.service = NULL;
	(void)pthread_mutex_unlock(&running.mutex);
	heartbeat_free(heartbeat);
	http_free(http);
	service_free(service);
	return EXIT_SUCCESS;
}

/* What is used although nobody wrote it. */
static void
say_defaults(const struct collector_conf *conf)
{
	for (uint16_t i = 0; i < conf->topology.probe_len; i++) {
		const struct plan_probe *plan = &conf->probe[i].plan;

		if (conf_controls_is_ours(plan)) {
			(void)printf("used, because the file has no controls: %s, %s\n",
			    plan->series, plan->url);
		}
	}
}

int
main(int argc, char **argv)
{
	struct program program = {.name = "parallax-collector",
	    .help = help,
	    .conf_path = "/etc/parallax/collector.yaml"};
	enum log_level level = LOG_INFO;
	int status;

	if (argc > 1 && strcmp(argv[1], "backtest") == 0) {
		return backtest_command(argv + 2);
	}
	status = program_parse(&program, argc, argv);
	if (status == PROGRAM_GO_ON && failpoint_init() != ERR_OK) {
		status = EXIT_FAILURE;
	}
	if (status != PROGRAM_GO_ON) {
		return status;
	}
	remarks_init(&running.remarks);
	if (signals_watch(on_signal, NULL) != ERR_OK) {
		(void)fputs("parallax-collector: cannot watch signals\n", stderr);
		return EXIT_FAILURE;
	}
	if (collector_conf_load(program.conf_path, &running.file, &running.remarks) !=
	    ERR_OK) {
		program_print(&running.remarks);
		return PROGRAM_CONFIG;
	}
	running.conf_path = program.conf_path;
	if (program.check) {
		collector_conf_try(running.file, &running.remarks);
		say_defaults(collector_conf_get(running.file));
		status = program_checked(&running.remarks);
	} else {
		const struct collector_conf *conf = collector_conf_get(running.file);

		program_print(&running.remarks);
		if (log_level_find(conf->log_level, &level)) {
			log_set_level(level);
		}
		status = serve(conf);
	}
	collector_conf_free(running.next);
	collector_conf_free(running.file);
	return status;
}
