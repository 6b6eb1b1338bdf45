#include "tests/bench/bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

void
bench_fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

struct bench
bench_start(int argc, char **argv)
{
	struct bench bench = {.repetitions = 7};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") != 0) {
			(void)fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
			exit(64);
		}
		bench.quick = true;
		bench.repetitions = 1;
	}
	return bench;
}

unsigned
bench_count(const struct bench *bench, unsigned full, unsigned quick)
{
	return bench->quick ? quick : full;
}

static int64_t
cpu_ns(int who)
{
	struct rusage used;

	if (getrusage(who, &used) != 0) {
		bench_fail("getrusage", "failed");
	}
	return ((int64_t)used.ru_utime.tv_sec + used.ru_stime.tv_sec) *
		   INT64_C(1000000000) +
	       ((int64_t)used.ru_utime.tv_usec + used.ru_stime.tv_usec) * INT64_C(1000);
}

int64_t
bench_cpu_ns(void)
{
	return cpu_ns(RUSAGE_SELF);
}

int64_t
bench_cpu_children_ns(void)
{
	return cpu_ns(RUSAGE_CHILDREN);
}

int64_t
bench_wall_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
		bench_fail("clock_gettime", "failed");
	}
	return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* `field` of /proc/PID/status, which the kernel gives in units of 1,024 bytes. */
static int64_t
status_bytes(pid_t pid, const char *field)
{
	char path[64] = "/proc/self/status";
	char line[256];
	size_t field_len = strlen(field);
	int64_t bytes = -1;
	FILE *file;

	if (pid != 0) {
		(void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	}
	file = fopen(path, "re");
	if (file == NULL) {
		return -1;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, field, field_len) == 0) {
			bytes = strtoll(line + field_len, NULL, 10) * 1024;
			break;
		}
	}
	(void)fclose(file);
	return bytes;
}

int64_t
bench_rss_bytes(pid_t pid)
{
	return status_bytes(pid, "VmRSS:");
}

int64_t
bench_rss_peak_bytes(pid_t pid)
{
	return status_bytes(pid, "VmHWM:");
}

int64_t
bench_rss_private_bytes(pid_t pid)
{
	return status_bytes(pid, "RssAnon:");
}

static int
compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

double
bench_median(double *values, size_t len)
{
	qsort(values, len, sizeof(*values), compare_doubles);
	if (len % 2 == 1) {
		return values[len / 2];
	}
	return (values[len / 2 - 1] + values[len / 2]) / 2;
}

double
bench_median_of(const struct bench *bench, double (*once)(void *context), void *context)
{
	double values[64];
	size_t len = bench->repetitions;

	if (len == 0 || len > sizeof(values) / sizeof(values[0])) {
		bench_fail("repetitions", "out of range");
	}
	(void)once(context);
	for (size_t i = 0; i < len; i++) {
		values[i] = once(context);
	}
	return bench_median(values, len);
}

static double
goal_subject(const struct bench_row *row, enum bench_bound kind)
{
	if (kind == BENCH_RATIO_MAX || kind == BENCH_RATIO_MIN) {
		/* a goal on a ratio that was not measured is not met, whichever way it
		 * goes */
		if (!(row->baseline > 0)) {
			bench_fail(
			    row->name, "has a goal on its ratio and no baseline");
		}
		return row->value / row->baseline;
	}
	return row->value;
}

static bool
goal_met(const struct bench_row *row, const struct bench_goal *goal)
{
	switch (goal->kind) {
	case BENCH_NO_GOAL:
		return true;
	case BENCH_VALUE_MAX:
	case BENCH_RATIO_MAX:
		return goal_subject(row, goal->kind) <= goal->bound;
	case BENCH_VALUE_MIN:
	case BENCH_RATIO_MIN:
		return goal_subject(row, goal->kind) >= goal->bound;
	}
	return false;
}

bool
bench_met(const struct bench_row *row)
{
	for (size_t i = 0; i < BENCH_GOALS_MAX; i++) {
		if (!goal_met(row, &row->goal[i])) {
			return false;
		}
	}
	return true;
}

/* A JSON string; names, units and notes are plain text of ours without control bytes.
 */
static void
print_text(const char *key, const char *text)
{
	(void)printf(",\"%s\":", key);
	if (text == NULL) {
		(void)printf("null");
		return;
	}
	(void)putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\') {
			(void)putchar('\\');
		}
		(void)putchar(*text);
	}
	(void)putchar('"');
}

static void
print_goals(const struct bench_row *row)
{
	static const char *const words[] = {
	    [BENCH_NO_GOAL] = "",
	    [BENCH_VALUE_MAX] = "value <= ",
	    [BENCH_VALUE_MIN] = "value >= ",
	    [BENCH_RATIO_MAX] = "ratio <= ",
	    [BENCH_RATIO_MIN] = "ratio >= ",
	};
	char text[128] = "";
	size_t len = 0;

	for (size_t i = 0; i < BENCH_GOALS_MAX; i++) {
		const struct bench_goal *goal = &row->goal[i];

		if (goal->kind != BENCH_NO_GOAL) {
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%s%.10g", len > 0 ? ", " : "", words[goal->kind],
			    goal->bound);
		}
	}
	print_text("goal", len > 0 ? text : NULL);
}

void
bench_print(const struct bench *bench, const struct bench_row *row)
{
	bool has_goal = false;

	(void)printf("{\"name\":\"%s\",\"value\":%.10g", row->name, row->value);
	print_text("unit", row->unit);
	if (row->baseline > 0) {
		(void)printf(",\"baseline\":%.10g,\"ratio\":%.4g", row->baseline,
		    row->value / row->baseline);
	} else {
		(void)printf(",\"baseline\":null,\"ratio\":null");
	}
	print_goals(row);
	for (size_t i = 0; i < BENCH_GOALS_MAX; i++) {
		has_goal = has_goal || row->goal[i].kind != BENCH_NO_GOAL;
	}
	if (has_goal && !bench->quick) {
		(void)printf(",\"met\":%s", bench_met(row) ? "true" : "false");
	} else {
		(void)printf(",\"met\":null");
	}
	print_text("note", row->note);
	(void)printf("}\n");
	(void)fflush(stdout);
}
