#include "tests/support/process.h"

#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	ARGUMENTS_MAX = 32,
	TAIL_BYTES = 4000
};

/* In the child, between fork and exec. */
static void __attribute__((noreturn))
become(const char *const argv[], int out, int err, pid_t parent)
{
	char *arguments[ARGUMENTS_MAX] = {NULL};
	sigset_t none;

	for (size_t i = 0; i < ARGUMENTS_MAX - 1 && argv[i] != NULL; i++) {
		arguments[i] = strdup(argv[i]);
	}
	if (arguments[0] == NULL) {
		_exit(127);
	}
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(err, STDERR_FILENO) >= 0) {
		(void)execv(arguments[0], arguments);
	}
	_exit(127);
}

static void
spawn(struct process *process, const char *const argv[], int out, int err)
{
	pid_t parent = getpid();

	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0) {
		become(argv, out, err, parent);
	}
	process->fd = pidfd_open(process->pid, 0);
	assert_true(process->fd >= 0);
}

static size_t
size_of(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? (size_t)info.st_size : 0;
}

void
process_start(struct process *process, const char *log, const char *const argv[])
{
	int fd;

	*process = (struct process){.seen = size_of(log)};
	(void)snprintf(process->log, sizeof(process->log), "%s", log);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	spawn(process, argv, fd, fd);
	(void)close(fd);
}

/* The file from `from` on; to be freed. */
static char *
read_from(const char *path, size_t from)
{
	size_t size = size_of(path);
	size_t cap = size > from ? size - from : 0;
	char *text = calloc(1, cap + 1);
	FILE *file = fopen(path, "rbe");

	assert_non_null(text);
	if (file != NULL && fseek(file, (long)from, SEEK_SET) == 0) {
		text[fread(text, 1, cap, file)] = '\0';
	}
	if (file != NULL) {
		(void)fclose(file);
	}
	return text;
}

static void __attribute__((noreturn))
give_up(const struct process *process, const char *what, const char *text)
{
	size_t size = size_of(process->log);
	char *tail = read_from(process->log, size > TAIL_BYTES ? size - TAIL_BYTES : 0);

	(void)fprintf(stderr, "%s: %s '%s'; its log ends with\n%s\n", process->log,
	    what, text, tail);
	free(tail);
	fail();
	abort();
}

/* Looks for a whole line with `text` from `seen` on. */
static bool
find_line(struct process *process, const char *text, char *out_line)
{
	char *all = read_from(process->log, process->seen);
	char *at = strstr(all, text);
	char *end = at == NULL ? NULL : strchr(at, '\n');
	bool found = end != NULL;

	if (found) {
		while (at > all && at[-1] != '\n') {
			at--;
		}
		if (out_line != NULL) {
			(void)snprintf(
			    out_line, PROCESS_LINE_BYTES, "%.*s", (int)(end - at), at);
		}
		process->seen += (size_t)(end + 1 - all);
	}
	free(all);
	return found;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Blocks until the log grows; false when the process ends or patience does. */
static bool
wait_for_more(const struct process *process, int notify, int64_t until_ms)
{
	struct pollfd polled[2] = {
	    {.fd = notify, .events = POLLIN}, {.fd = process->fd, .events = POLLIN}};
	int64_t left_ms = until_ms - now_ms();

	if (left_ms <= 0 || poll(polled, 2, (int)left_ms) <= 0) {
		return false;
	}
	if ((polled[0].revents & POLLIN) != 0) {
		char events[4096];

		return read(notify, events, sizeof(events)) > 0;
	}
	return false;
}

void
process_await(struct process *process, const char *text, char *out_line)
{
	int64_t until_ms = now_ms() + PROCESS_PATIENCE_MS;
	int notify = inotify_init1(IN_CLOEXEC);
	bool found;

	assert_true(notify >= 0);
	assert_true(inotify_add_watch(notify, process->log, IN_MODIFY) >= 0);
	found = find_line(process, text, out_line);
	while (!found && wait_for_more(process, notify, until_ms)) {
		found = find_line(process, text, out_line);
	}
	/* It may have been its last word. */
	found = found || find_line(process, text, out_line);
	(void)close(notify);
	if (!found) {
		give_up(process, "did not say", text);
	}
}

bool
process_said(const struct process *process, const char *text)
{
	char *all = read_from(process->log, 0);
	bool said = strstr(all, text) != NULL;

	free(all);
	return said;
}

static int
reap(struct process *process)
{
	int status = 0;

	assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
	(void)close(process->fd);
	process->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
process_wait(struct process *process)
{
	struct pollfd ended = {.fd = process->fd, .events = POLLIN};

	if (poll(&ended, 1, PROCESS_PATIENCE_MS) != 1) {
		process_kill(process);
		give_up(process, "does not", "end");
	}
	return reap(process);
}

int
process_stop(struct process *process)
{
	if (process->pid == 0) {
		return 0;
	}
	(void)kill(process->pid, SIGTERM);
	return process_wait(process);
}

void
process_kill(struct process *process)
{
	if (process->pid != 0) {
		(void)kill(process->pid, SIGKILL);
		(void)reap(process);
	}
}

static int
scratch_file(char *path)
{
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

struct process_output
process_run(const char *const argv[])
{
	char out_path[] = "/tmp/parallax-out-XXXXXX";
	char text_path[] = "/tmp/parallax-err-XXXXXX";
	int out = scratch_file(out_path);
	int text = scratch_file(text_path);
	struct process_output output;
	struct process process = {.pid = 0};
	char *complaint;
	size_t cap;

	(void)snprintf(process.log, sizeof(process.log), "%s", text_path);
	spawn(&process, argv, out, text);
	output.status = process_wait(&process);
	output.out = read_from(out_path, 0);
	complaint = read_from(text_path, 0);
	cap = strlen(output.out) + strlen(complaint) + 1;
	output.text = malloc(cap);
	assert_non_null(output.text);
	(void)snprintf(output.text, cap, "%s%s", output.out, complaint);
	free(complaint);
	(void)close(out);
	(void)close(text);
	(void)unlink(out_path);
	(void)unlink(text_path);
	return output;
}

void
process_output_free(struct process_output *output)
{
	free(output->text);
	free(output->out);
}

int64_t
process_cpu_ms(const struct process *process)
{
	clockid_t clock;
	struct timespec used;

	assert_int_equal(clock_getcpuclockid(process->pid, &clock), 0);
	assert_int_equal(clock_gettime(clock, &used), 0);
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}
