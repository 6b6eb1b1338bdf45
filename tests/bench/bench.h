/* bench - measuring, and one line of JSON for every number
 * Room: tests/bench.
 *
 * A benchmark is one program: it starts a `struct bench` from its arguments, measures,
 * and hands each number to bench_print(). Standard output carries JSON objects, one a
 * line, and nothing else; whatever people should read goes to standard error. With
 * `--quick` a benchmark does just enough work to show that it still runs: its numbers
 * mean nothing. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench {
	bool quick;
	unsigned repetitions; /* what bench_median_of() runs: odd, 1 when quick */
};

/* Reads the arguments. Ends the process with status 64 on one it does not know. */
struct bench bench_start(int argc, char **argv);

/* `full` in a real run, `quick` with --quick. */
unsigned bench_count(const struct bench *bench, unsigned full, unsigned quick);

/* CPU time, user and system, of this process so far; and of its children that have been
 * waited for. */
int64_t bench_cpu_ns(void);
int64_t bench_cpu_children_ns(void);

/* The monotonic clock. */
int64_t bench_wall_ns(void);

/* Resident memory of process `pid` (0: this one), now and at its highest, from
 * /proc/PID/status. -1 when the process is gone. */
int64_t bench_rss_bytes(pid_t pid);
int64_t bench_rss_peak_bytes(pid_t pid);

/* The part of it now that is the process's own: not the text of programs and libraries,
 * which others share. */
int64_t bench_rss_private_bytes(pid_t pid);

/* The middle one of `len` values, which are sorted in place; `len` > 0. */
double bench_median(double *values, size_t len);

/* Calls `once(context)` as often as `bench->repetitions` says, after one call that is
 * thrown away (caches, lazy set-up), and returns the median of what it returned. */
double bench_median_of(
    const struct bench *bench, double (*once)(void *context), void *context);

enum bench_bound {
	BENCH_NO_GOAL = 0,
	BENCH_VALUE_MAX, /* value <= bound */
	BENCH_VALUE_MIN, /* value >= bound */
	BENCH_RATIO_MAX, /* value / baseline <= bound */
	BENCH_RATIO_MIN  /* value / baseline >= bound */
};

struct bench_goal {
	enum bench_bound kind;
	double bound;
};

enum {
	BENCH_GOALS_MAX = 2
};

/* One number. Texts are borrowed for the call. */
struct bench_row {
	const char
	    *name; /* lower case, words joined by '_'; stable, trends hang on it */
	double value;
	const char *unit;
	double
	    baseline; /* the same thing done bare, same run, same unit; 0 without one */
	struct bench_goal goal[BENCH_GOALS_MAX];
	const char *note; /* under which conditions; may be NULL */
};

/* True when every goal of `row` holds; a row without goals meets them. */
bool bench_met(const struct bench_row *row);

/* Writes `row` as one JSON object and flushes:
 * {"name","value","unit","baseline","ratio","goal","met","note"}. `baseline`, `ratio`,
 * `goal` and `met` are null where there is none, `met` also with --quick. */
void bench_print(const struct bench *bench, const struct bench_row *row);

/* Ends the process with status 1 and a line on standard error: a benchmark that cannot
 * measure must not print a number. */
void bench_fail(const char *what, const char *why) __attribute__((noreturn));

#endif
