#include "collector/cli/collector_run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "parallax-collector"

enum {
	NOT_FOUND = 127
};

/* `where` is relative to the folder this program is in. */
static void
try_beside(const char *where, char *const words[])
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	size_t room;
	char *slash;
	int written;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL) {
		return;
	}
	room = (size_t)(path + sizeof(path) - slash);
	written = snprintf(slash, room, "/%s" PROGRAM, where);
	if (written > 0 && (size_t)written < room) {
		(void)execv(path, words);
	}
}

static void
become(int out, char *const words[])
{
	if (dup2(out, STDOUT_FILENO) < 0) {
		_exit(NOT_FOUND);
	}
	(void)close(out);
	try_beside("", words);
	try_beside("../sbin/", words);
	(void)execvp(PROGRAM, words);
	(void)fprintf(
	    stderr, "parallax: " PROGRAM " cannot be run: %s\n", strerror(errno));
	_exit(NOT_FOUND);
}

static int
wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			return NOT_FOUND;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : NOT_FOUND;
}

json_t *
collector_run(char *const words[], int *out_status)
{
	json_t *json = NULL;
	int ends[2];
	FILE *file;
	pid_t child;

	*out_status = NOT_FOUND;
	if (pipe(ends) != 0) {
		return NULL;
	}
	child = fork();
	if (child == 0) {
		(void)close(ends[0]);
		become(ends[1], words);
	}
	(void)close(ends[1]);
	file = fdopen(ends[0], "r");
	if (file != NULL && child > 0) {
		json = json_loadf(file, 0, NULL);
	}
	if (file != NULL) {
		(void)fclose(file);
	} else {
		(void)close(ends[0]);
	}
	if (child > 0) {
		*out_status = wait_for(child);
	}
	return json;
}
