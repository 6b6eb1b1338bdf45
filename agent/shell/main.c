/* parallax-agent: reads its configuration and runs the loop. */
#include "agent/shell/agent_loop.h"
#include "agent/shell/conf.h"
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
	bool once;
};

static const char help[] =
    "Usage: parallax-agent [-c FILE] [--check | --once]\n"
    "\n"
    "Runs the probes the collector plans for this place and streams the results to "
    "it.\n"
    "Goes on probing, and keeps the results on disk, while the collector is away.\n"
    "\n"
    "  -c, --config FILE  configuration (default /etc/parallax/agent.yaml)\n"
    "      --check        read the configuration, say what is wrong with it, and end\n"
    "      --once         run every probe of the last plan once, print a table, and "
    "end\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "Signals: SIGTERM, SIGINT end it in order; nothing that was found is lost.\n"
    "Exit status: 0 ended in order, 1 could not run, 64 wrong usage, 78 bad "
    "configuration.\n"
    "\n"
    "Examples:\n"
    "  parallax-agent -c agent.yaml --check\n"
    "  parallax-agent -c agent.yaml\n";

/* Returns an exit status to end with, or -1 to go on. */
static int
parse(int argc, char **argv, struct options *out)
{
	static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'k'}, {"once", no_argument, NULL, 'o'},
	    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0}};
	int option;

	*out = (struct options){.conf_path = "/etc/parallax/agent.yaml"};
	while ((option = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			out->conf_path = optarg;
			break;
		case 'k':
			out->check = true;
			break;
		case 'o':
			out->once = true;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return EXIT_SUCCESS;
		case 'V':
			(void)puts("parallax-agent " PARALLAX_VERSION);
			return EXIT_SUCCESS;
		default:
			(void)fputs("Try: parallax-agent --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr,
		    "parallax-agent: unexpected argument '%s', try --help\n",
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
check_only(const struct agent_conf_file *file, struct remarks *remarks)
{
	agent_conf_try(file, remarks);
	print_remarks(remarks);
	if (!remarks_ok(remarks)) {
		return EXIT_CONFIG;
	}
	(void)puts("configuration is good");
	return EXIT_SUCCESS;
}

/* The signal watcher starts before the agent exists and is there when it is gone. */
static struct {
	pthread_mutex_t mutex;
	struct agent *agent;
} running = {PTHREAD_MUTEX_INITIALIZER, NULL};

static void
set_running(struct agent *agent)
{
	(void)pthread_mutex_lock(&running.mutex);
	running.agent = agent;
	(void)pthread_mutex_unlock(&running.mutex);
}

static void
wake(void *unused)
{
	(void)unused;
	(void)pthread_mutex_lock(&running.mutex);
	if (running.agent != NULL) {
		agent_wake(running.agent);
	}
	(void)pthread_mutex_unlock(&running.mutex);
}

static int
serve(const struct agent_conf *conf, bool once)
{
	char error[512] = "";
	struct agent *agent;
	enum err err;

	if (signals_watch(wake, NULL) != ERR_OK) {
		(void)fputs("parallax-agent: cannot watch signals\n", stderr);
		return EXIT_FAILURE;
	}
	err = agent_new(conf, &agent, error, sizeof(error));
	if (err != ERR_OK) {
		(void)fprintf(stderr, "parallax-agent: %s\n", error);
		return EXIT_FAILURE;
	}
	set_running(agent);
	if (once) {
		err = agent_once(agent);
		if (err == ERR_NOTFOUND) {
			(void)fputs(
			    "parallax-agent: no plan on disk yet, expected the agent "
			    "to have met its collector once\n",
			    stderr);
		}
	} else {
		log_info("agent.started", "id=%s region=%s version=%s", conf->id,
		    conf->region, PARALLAX_VERSION);
		agent_run(agent);
	}
	set_running(NULL);
	agent_free(agent);
	return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	static struct remarks remarks;
	struct options options;
	struct agent_conf_file *file = NULL;
	enum log_level level = LOG_INFO;
	int status = parse(argc, argv, &options);

	if (status >= 0) {
		return status;
	}
	remarks_init(&remarks);
	if (agent_conf_load(options.conf_path, &file, &remarks) != ERR_OK) {
		print_remarks(&remarks);
		return EXIT_CONFIG;
	}
	if (options.check) {
		status = check_only(file, &remarks);
	} else {
		print_remarks(&remarks);
		if (log_level_find(agent_conf_get(file)->log_level, &level)) {
			log_set_level(level);
		}
		status = serve(agent_conf_get(file), options.once);
	}
	agent_conf_free(file);
	return status;
}
