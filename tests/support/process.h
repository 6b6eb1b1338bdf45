/* process - programs of ours, started, watched by their log, and ended
 * Room: tests/support.
 *
 * What a program prints, on both streams, is appended to a log file; waiting for a line of
 * it blocks in inotify and notices the program's death, so that no test ever sleeps. A
 * program dies with the test that started it. Whatever should have worked and did not fails
 * the running cmocka test and shows the end of the log. */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	PROCESS_PATIENCE_MS = 30000, /* a sanitizer on a busy machine is slow */
	PROCESS_LINE_BYTES = 1024
};

struct process {
	pid_t pid; /* 0 = does not run */
	int fd;    /* of the process, to wait for its end */
	char log[128];
	size_t seen; /* of the log: where the next wait begins */
};

/* Starts `argv[0]` in the current folder with its output at the end of `log`, which later
 * waits read from where it ended before. */
void process_start(struct process *process, const char *log, const char *const argv[]);

/* Blocks until a line with `text` is in the log, behind the last one found; `out_line` may
 * be NULL and is of PROCESS_LINE_BYTES otherwise. */
void process_await(struct process *process, const char *text, char *out_line);

/* True when a line with `text` is in the log by now, anywhere since the start of it. */
bool process_said(const struct process *process, const char *text);

/* Blocks until it ends by itself; returns its exit status, 128 + N after signal N. */
int process_wait(struct process *process);

/* SIGTERM, then process_wait(). A process that does not run is fine: 0. */
int process_stop(struct process *process);

/* SIGKILL; returns when it is gone. */
void process_kill(struct process *process);

/* What a program that ends by itself said. */
struct process_output {
	int status;
	char *text; /* both streams, as they came */
	char *out;  /* standard output alone */
};

/* Runs `argv[0]` to its end; to be freed with process_output_free(). */
struct process_output process_run(const char *const argv[]);
void process_output_free(struct process_output *output);

/* CPU time the process has used, user and system, in milliseconds. */
int64_t process_cpu_ms(const struct process *process);

#endif
