/* parallax-agent: reads its configuration and runs the loop. */
#include "agent/shell/agent_loop.h"
#include "agent/shell/conf.h"
#include "agent/shell/enrol.h"
#include "agent/shell/status.h"
#include "common/shell/failpoint.h"
#include "common/shell/log.h"
#include "common/shell/program.h"
#include "common/shell/signals.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: parallax-agent [-c FILE] [--check | --once [--paid]]\n"
    "       parallax-agent enrol TOKEN        lets this machine in; see enrol --help\n"
    "       parallax-agent status [-c FILE]   what the agent here thinks of itself\n"
    "\n"
    "Runs the probes the collector plans for this place and streams the results to "
    "it.\n"
    "Goes on probing, and keeps the results on disk, while the collector is away.\n"
    "\n"
    "  -c, --config FILE  configuration (default /etc/parallax/agent.yaml)\n"
    "      --check        read the configuration, say what is wrong with it, and end\n"
    "      --once         run every probe of the last plan once, print a table, and "
    "end;\n"
    "                     also while the agent runs here, but then without the probes\n"
    "                     that cost money: the running agent keeps their account\n"
    "      --paid         with --once: run those, too; what they cost then is in no\n"
    "                     budget\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "Signals: SIGTERM, SIGINT end it in order; nothing that was found is lost.\n"
    "Exit status: 0 ended in order, 1 could not run, 64 wrong usage, 78 bad "
    "configuration;\n"
    "with --once 0 all probes that were run are good, 1 some are not, 2 none is, 3 "
    "there is\n"
    "no plan yet.\n"
    "\n"
    "Examples:\n"
    "  parallax-agent -c agent.yaml --check\n"
    "  parallax-agent -c agent.yaml\n";

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
run_once(struct agent *agent, bool with_paid)
{
	enum agent_once_status status = AGENT_ONCE_SOME_FAILED;
	enum err err = agent_once(agent, with_paid, &status);

	if (err == ERR_NOTFOUND) {
		(void)fputs("parallax-agent: no plan on disk yet, expected the agent "
			    "to have met its collector once\n",
		    stderr);
		return AGENT_ONCE_NO_PLAN;
	}
	if (err != ERR_OK) {
		(void)fprintf(stderr, "parallax-agent: stopped: %s\n", err_name(err));
		return EXIT_FAILURE;
	}
	return (int)status;
}

static int
serve(const struct agent_conf *conf, const struct program *program)
{
	char error[512] = "";
	int status = EXIT_SUCCESS;
	struct agent *agent;
	enum err err;

	if (signals_watch(wake, NULL) != ERR_OK) {
		(void)fputs("parallax-agent: cannot watch signals\n", stderr);
		return EXIT_FAILURE;
	}
	err = agent_new(conf, &agent, error, sizeof(error));
	if (err == ERR_INUSE && program->once) {
		err = agent_new_guest(conf, &agent, error, sizeof(error));
	}
	if (err != ERR_OK) {
		(void)fprintf(stderr, "parallax-agent: %s\n", error);
		return EXIT_FAILURE;
	}
	set_running(agent);
	if (program->once) {
		status = run_once(agent, program->paid);
	} else {
		log_info("agent.started", "id=%s region=%s version=%s", conf->id,
		    conf->region, PARALLAX_VERSION);
		agent_run(agent);
	}
	set_running(NULL);
	agent_free(agent);
	return status;
}

/* Threads that look names up come and go by the dozen; with memory pools of their own, as
 * the GNU C library gives them, each leaves one behind that is never small again. What is
 * as large as a run of a probe is mapped: only the pages it uses are there, and they go
 * with it. */
static void
spare_memory(void)
{
#ifdef __GLIBC__
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, 48 << 10);
#endif
}

int
main(int argc, char **argv)
{
	static struct remarks remarks;
	struct program program = {.name = "parallax-agent",
	    .help = help,
	    .conf_path = "/etc/parallax/agent.yaml",
	    .has_once = true};
	struct agent_conf_file *file = NULL;
	enum log_level level = LOG_INFO;
	int status;

	if (argc > 1 && strcmp(argv[1], "enrol") == 0) {
		return enrol_main(argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "status") == 0) {
		return status_main(argc - 1, argv + 1);
	}
	spare_memory();
	status = program_parse(&program, argc, argv);
	if (status == PROGRAM_GO_ON && failpoint_init() != ERR_OK) {
		status = EXIT_FAILURE;
	}
	if (status != PROGRAM_GO_ON) {
		return status;
	}
	remarks_init(&remarks);
	if (agent_conf_load(program.conf_path, &file, &remarks) != ERR_OK) {
		program_print(&remarks);
		return PROGRAM_CONFIG;
	}
	if (program.check) {
		agent_conf_try(file, &remarks);
		status = program_checked(&remarks);
	} else {
		program_print(&remarks);
		if (log_level_find(agent_conf_get(file)->log_level, &level)) {
			log_set_level(level);
		}
		status = serve(agent_conf_get(file), &program);
	}
	agent_conf_free(file);
	return status;
}
