#include "agent/shell/status.h"

#include "agent/shell/conf.h"
#include "common/shell/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	PATH_BYTES = 512,
	OLD_S = 30, /* the agent writes every few seconds, if only the time */
	EXIT_AWAY = 1,
	EXIT_BAD_NETWORK = 2,
	EXIT_NOT_RUNNING = 3
};

static const char help[] =
    "Usage: parallax-agent status [-c FILE]\n"
    "\n"
    "Shows what the agent on this machine thinks of itself: does it reach its "
    "collector,\n"
    "what is the network here worth by its controls, what fails and since when. Asks\n"
    "nobody, so it works on a machine that is cut off.\n"
    "\n"
    "  -c, --config FILE  configuration (default /etc/parallax/agent.yaml)\n"
    "\n"
    "Exit status: 0 connected and the network good, 1 no collector, 2 the network bad "
    "or\n"
    "doubtful, 3 the agent does not run, 64 wrong usage, 78 bad configuration.\n";

static bool
path_in(const char *folder, const char *name, char out[PATH_BYTES])
{
	int len = snprintf(out, PATH_BYTES, "%s/%s", folder, name);

	return len > 0 && len < PATH_BYTES;
}

static enum err
err_of_errno(void)
{
	if (errno == ENOSPC || errno == EDQUOT) {
		return ERR_FULL;
	}
	return errno == EACCES || errno == EPERM || errno == EROFS ? ERR_DENIED
								   : ERR_IO;
}

enum err
status_write(const char *folder, const char *text, size_t len)
{
	char path[PATH_BYTES];
	char draft[PATH_BYTES];
	bool written;
	FILE *file;

	if (!path_in(folder, "status", path) || !path_in(folder, "status~", draft)) {
		return ERR_LIMIT;
	}
	file = fopen(draft, "we");
	if (file == NULL) {
		return err_of_errno();
	}
	written = fwrite(text, 1, len, file) == len;
	written = fclose(file) == 0 && written;
	if (!written || rename(draft, path) != 0) {
		enum err err = err_of_errno();

		(void)unlink(draft);
		return err;
	}
	return ERR_OK;
}

/* The worst that the text tells, as an exit status. */
static int
judge(const char *text)
{
	if (strstr(text, "\nnetwork: bad") != NULL ||
	    strstr(text, "\nnetwork: doubtful") != NULL) {
		return EXIT_BAD_NETWORK;
	}
	return strstr(text, "\ncollector: up ") != NULL ? EXIT_SUCCESS : EXIT_AWAY;
}

static int
show(const char *folder)
{
	static char text[OUTLOOK_TEXT_BYTES];
	char path[PATH_BYTES];
	struct stat info;
	time_t age_s;
	FILE *file;
	size_t len;

	if (!path_in(folder, "status", path) || (file = fopen(path, "re")) == NULL) {
		(void)fprintf(stderr,
		    "parallax-agent: nothing in %s: it has not run there yet, or "
		    "another "
		    "user may not see it\n",
		    folder);
		return EXIT_NOT_RUNNING;
	}
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	age_s = fstat(fileno(file), &info) == 0 ? time(NULL) - info.st_mtime : 0;
	(void)fclose(file);
	(void)fputs(text, stdout);
	if (age_s > OLD_S) {
		(void)fprintf(stderr,
		    "parallax-agent: this is %lld s old: the agent does not run, or "
		    "hangs\n",
		    (long long)age_s);
		return EXIT_NOT_RUNNING;
	}
	return judge(text);
}

int
status_main(int argc, char **argv)
{
	static struct remarks remarks;
	struct program program = {.name = "parallax-agent",
	    .help = help,
	    .conf_path = "/etc/parallax/agent.yaml"};
	struct agent_conf_file *file = NULL;
	int status = program_parse(&program, argc, argv);

	if (status != PROGRAM_GO_ON) {
		return status;
	}
	remarks_init(&remarks);
	if (agent_conf_load(program.conf_path, &file, &remarks) != ERR_OK) {
		program_print(&remarks);
		return PROGRAM_CONFIG;
	}
	status = show(agent_conf_get(file)->spool_path);
	agent_conf_free(file);
	return status;
}
