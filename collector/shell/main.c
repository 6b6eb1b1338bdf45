/* parallax-collector: reads its configuration and runs the engine and the API. */
#include "collector/shell/conf.h"
#include "collector/shell/http.h"
#include "collector/shell/service.h"
#include "common/shell/log.h"
#include "common/shell/remarks.h"
#include "common/shell/signals.h"

#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXIT_USAGE = 64,
	EXIT_CONFIG = 78 /* sysexits(3): EX_CONFIG */
};

struct options {
	const char *conf_path;
	bool check;
};

static const char help[] =
    "Usage: parallax-collector [-c FILE] [--check]\n"
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

/* Returns an exit status to end with, or -1 to go on. */
static int
parse(int argc, char **argv, struct options *out)
{
	static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'k'}, {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int option;

	*out = (struct options){.conf_path = "/etc/parallax/collector.yaml"};
	while ((option = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			out->conf_path = optarg;
			break;
		case 'k':
			out->check = true;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return EXIT_SUCCESS;
		case 'V':
			(void)puts("parallax-collector " PARALLAX_VERSION);
			return EXIT_SUCCESS;
		default:
			(void)fputs("Try: parallax-collector --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr,
		    "parallax-collector: unexpected argument '%s', try --help\n",
		    argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

static void
print_remarks(const struct remarks *remarks)
{
	for (size_t i = 0; i < remarks->len; i++) {
		(void)fprintf(stderr, "%s: %s\n",
		    remarks_severity_name(remarks->remark[i].severity),
		    remarks->remark[i].text);
	}
}

static int
check_only(const struct collector_conf_file *file, struct remarks *remarks)
{
	collector_conf_try(file, remarks);
	print_remarks(remarks);
	if (!remarks_ok(remarks)) {
		return EXIT_CONFIG;
	}
	(void)puts("configuration is good");
	return EXIT_SUCCESS;
}

/* What the signal watcher acts on; it starts before the service and outlives it. */
static struct {
	pthread_mutex_t mutex;
	struct service *service;
	const char *conf_path;
	struct collector_conf_file *file; /* in use */
	struct collector_conf_file *next; /* handed to the service, perhaps in use */
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

	drop_unused();
	if (running.next != NULL) {
		log_warn("config.busy", "text=\"the last reload is not done\"");
		return;
	}
	remarks_init(&running.remarks);
	if (collector_conf_load(running.conf_path, &file, &running.remarks) != ERR_OK) {
		log_error("config.bad", "text=\"%s\" (the old one stays)",
		    remarks_first(&running.remarks));
		return;
	}
	running.next = file;
	service_reload(running.service, collector_conf_get(file));
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

static int
serve(const struct collector_conf *conf)
{
	char error[512] = "";
	struct http_conf http_conf = {.socket_path = conf->http_socket};
	struct service *service;
	struct http *http;

	if (service_new(conf, &service, error, sizeof(error)) != ERR_OK) {
		(void)fprintf(stderr, "parallax-collector: %s\n", error);
		return EXIT_FAILURE;
	}
	http = http_new(&http_conf, service_api(service), error, sizeof(error));
	if (http == NULL) {
		(void)fprintf(stderr, "parallax-collector: %s\n", error);
		service_free(service);
		return EXIT_FAILURE;
	}
	log_info("collector.started", "version=%s port=%u socket=%s", PARALLAX_VERSION,
	    service_port(service, 0), conf->http_socket);
	set_running(service);
	service_run(service);
	log_info("collector.stopping", "reason=signal");
	(void)pthread_mutex_lock(&running.mutex);
	running.service = NULL;
	(void)pthread_mutex_unlock(&running.mutex);
	http_free(http);
	service_free(service);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct options options;
	enum log_level level = LOG_INFO;
	int status = parse(argc, argv, &options);

	if (status >= 0) {
		return status;
	}
	remarks_init(&running.remarks);
	if (signals_watch(on_signal, NULL) != ERR_OK) {
		(void)fputs("parallax-collector: cannot watch signals\n", stderr);
		return EXIT_FAILURE;
	}
	if (collector_conf_load(options.conf_path, &running.file, &running.remarks) !=
	    ERR_OK) {
		print_remarks(&running.remarks);
		return EXIT_CONFIG;
	}
	running.conf_path = options.conf_path;
	if (options.check) {
		status = check_only(running.file, &running.remarks);
	} else {
		const struct collector_conf *conf = collector_conf_get(running.file);

		print_remarks(&running.remarks);
		if (log_level_find(conf->log_level, &level)) {
			log_set_level(level);
		}
		status = serve(conf);
	}
	collector_conf_free(running.next);
	collector_conf_free(running.file);
	return status;
}
