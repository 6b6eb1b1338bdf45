#include "collector/shell/channel_command.h"

#include "common/shell/clock_sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	EXIT_FIRST = 64, /* sysexits.h */
	EXIT_LATER = 75,
	EXIT_LAST = 78,
	STEP_MS = 20 /* between looks at a program that has closed its pipes */
};

struct channel_command {
	pthread_t thread;
	pid_t pid;
	int input;  /* ours to write, -1 = closed */
	int output; /* ours to read, -1 = closed */
	struct mono until;
	atomic_bool is_over;
	atomic_bool is_cut;
	int status;
	bool is_late;
	channel_command_done *done;
	void *context;
	size_t len;
	size_t at;
	char json[];
};

static void
close_end(int *fd)
{
	if (*fd >= 0) {
		(void)close(*fd);
		*fd = -1;
	}
}

static void
write_some(struct channel_command *run)
{
	ssize_t written = write(run->input, run->json + run->at, run->len - run->at);

	if (written > 0) {
		run->at += (size_t)written;
	}
	if ((written < 0 && errno != EAGAIN && errno != EINTR) || run->at == run->len) {
		close_end(&run->input); /* it need not read what it does not want */
	}
}

static void
read_some(struct channel_command *run)
{
	char waste[4096];
	ssize_t got = read(run->output, waste, sizeof(waste));

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		close_end(&run->output);
	}
}

/* Waits for the pipes, a little; true when the program has ended. */
static bool
look(struct channel_command *run)
{
	struct pollfd list[2] = {{.fd = run->input, .events = POLLOUT},
	    {.fd = run->output, .events = POLLIN}};

	(void)poll(list, 2, STEP_MS);
	if (run->input >= 0 && list[0].revents != 0) {
		write_some(run);
	}
	if (run->output >= 0 && list[1].revents != 0) {
		read_some(run);
	}
	return waitpid(run->pid, &run->status, WNOHANG) == run->pid;
}

static void *
watch(void *context)
{
	struct channel_command *run = context;
	sigset_t all;

	/* Writing to a program that has gone must not kill us by SIGPIPE. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (!look(run)) {
		if (atomic_load(&run->is_cut) ||
		    !mono_before(clock_sys_now().mono, run->until)) {
			run->is_late = true;
			(void)kill(-run->pid, SIGKILL);
			(void)waitpid(run->pid, &run->status, 0);
			break;
		}
	}
	close_end(&run->input);
	close_end(&run->output);
	atomic_store(&run->is_over, true);
	run->done(run->context);
	return NULL;
}

static bool
make_pipe(int out[2])
{
	if (pipe(out) != 0) {
		out[0] = out[1] = -1;
		return false;
	}
	for (int i = 0; i < 2; i++) {
		(void)fcntl(out[i], F_SETFD, FD_CLOEXEC);
	}
	return true;
}

/* In a process group of its own, with every signal as at birth. */
static int
spawn(struct channel_command *run, const struct channel_conf *conf, int input,
    int output, char *const *environment)
{
	union {
		const char *const *in;
		char *const *out;
	} argv = {.in = conf->command};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t all;
	int rc;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	if (posix_spawn_file_actions_init(&actions) != 0) {
		return ENOMEM;
	}
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	rc = posix_spawn_file_actions_adddup2(&actions, input, 0);
	rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(&actions, output, 1);
	rc = rc != 0 ? rc : posix_spawn_file_actions_adddup2(&actions, output, 2);
	(void)posix_spawnattr_setpgroup(&attributes, 0);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setflags(&attributes,
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = rc != 0 ? rc
		     : posix_spawn(&run->pid, conf->command[0], &actions, &attributes,
			   argv.out, environment);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static struct channel_command *
make_run(const struct channel_conf *conf, const struct channel_attempt *attempt)
{
	struct channel_command *run = calloc(1, sizeof(*run) + attempt->json_len);
	uint32_t total_ms = conf->timeout_ms;

	if (run == NULL) {
		return NULL;
	}
	total_ms = total_ms == 0 ? CHANNEL_COMMAND_TOTAL_MS : total_ms;
	run->input = run->output = -1;
	run->len = attempt->json_len;
	memcpy(run->json, attempt->json, attempt->json_len);
	run->until =
	    mono_add(clock_sys_now().mono, (int64_t)total_ms * CLOCK_NS_PER_MS);
	atomic_init(&run->is_over, false);
	atomic_init(&run->is_cut, false);
	return run;
}

static int
launch(struct channel_command *run, const struct channel_conf *conf,
    const struct channel_attempt *attempt)
{
	char path[] =
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char lang[] = "LANG=C.UTF-8";
	char key[96];
	char *environment[] = {path, lang, key, NULL};
	int input[2] = {-1, -1};
	int output[2] = {-1, -1};
	int rc = EMFILE;

	(void)snprintf(key, sizeof(key), "PARALLAX_KEY=%016llx%016llx%016llx%016llx",
	    (unsigned long long)attempt->key[0], (unsigned long long)attempt->key[1],
	    (unsigned long long)attempt->key[2], (unsigned long long)attempt->key[3]);
	if (make_pipe(input) && make_pipe(output)) {
		(void)fcntl(input[1], F_SETFL, O_NONBLOCK);
		(void)fcntl(output[0], F_SETFL, O_NONBLOCK);
		rc = spawn(run, conf, input[0], output[1], environment);
	}
	close_end(&input[0]);
	close_end(&output[1]);
	run->input = input[1];
	run->output = output[0];
	if (rc == 0 && pthread_create(&run->thread, NULL, watch, run) != 0) {
		(void)kill(-run->pid, SIGKILL);
		(void)waitpid(run->pid, NULL, 0);
		rc = EAGAIN;
	}
	if (rc != 0) {
		close_end(&run->input);
		close_end(&run->output);
	}
	return rc;
}

struct channel_command *
channel_command_start(const struct channel_conf *conf,
    const struct channel_attempt *attempt, channel_command_done *done, void *context,
    struct message_answer *answer)
{
	struct channel_command *run = make_run(conf, attempt);
	int rc = ENOMEM;

	if (run != NULL) {
		run->done = done;
		run->context = context;
		rc = launch(run, conf, attempt);
	}
	if (rc == 0) {
		return run;
	}
	free(run);
	answer->delivery =
	    rc == ENOENT || rc == EACCES || rc == ENOEXEC || rc == ENOTDIR
		? DELIVERY_REJECTED
		: DELIVERY_REJECTED_RETRY;
	(void)snprintf(
	    answer->detail, sizeof(answer->detail), "not started: errno %d", rc);
	return NULL;
}

bool
channel_command_is_over(const struct channel_command *run)
{
	return atomic_load(&run->is_over);
}

void
channel_command_end(struct channel_command *run, struct message_answer *answer)
{
	int code;

	atomic_store(&run->is_cut, true);
	(void)pthread_join(run->thread, NULL);
	code = WIFEXITED(run->status) ? WEXITSTATUS(run->status) : -1;
	answer->retry_after_ns = 0;
	(void)snprintf(answer->detail, sizeof(answer->detail), "exit status %d", code);
	if (run->is_late || code < 0) {
		answer->delivery = DELIVERY_UNKNOWN;
		(void)snprintf(answer->detail, sizeof(answer->detail), "killed");
	} else if (code == 0) {
		answer->delivery = DELIVERY_DONE;
	} else if (code == EXIT_LATER) {
		answer->delivery = DELIVERY_REJECTED_RETRY;
	} else if (code >= EXIT_FIRST && code <= EXIT_LAST) {
		answer->delivery = DELIVERY_REJECTED;
	} else {
		answer->delivery = DELIVERY_UNKNOWN;
	}
	free(run);
}
