#include "tests/sim/tally.h"

#include <stdlib.h>
#include <string.h>

struct tally {
	struct score *score;
	size_t len;
	size_t cap;
};

struct tally *
tally_new(void)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (tally == NULL) {
		abort();
	}
	return tally;
}

void
tally_free(struct tally *tally)
{
	if (tally != NULL) {
		free(tally->score);
		free(tally);
	}
}

void
tally_add(struct tally *tally, const struct score *score)
{
	if (tally->len == tally->cap) {
		tally->cap = tally->cap == 0 ? 256 : 2 * tally->cap;
		tally->score =
		    realloc(tally->score, tally->cap * sizeof(*tally->score));
		if (tally->score == NULL) {
			abort();
		}
	}
	tally->score[tally->len++] = *score;
}

/* ---- groups: runs of one scenario with one policy, one after the other ---- */

static bool
is_same(const struct score *a, const struct score *b)
{
	return strcmp(a->scenario, b->scenario) == 0 && a->policy == b->policy;
}

static size_t
group_end(const struct tally *tally, size_t from)
{
	size_t end = from;

	while (end < tally->len && is_same(&tally->score[end], &tally->score[from])) {
		end++;
	}
	return end;
}

unsigned
tally_failures(const struct tally *tally)
{
	unsigned failures = 0;

	for (size_t i = 0; i < tally->len; i++) {
		failures += tally->score[i].held ? 0 : 1;
	}
	return failures;
}

unsigned
tally_failures_of(const struct tally *tally, const char *scenario, unsigned *out_runs)
{
	unsigned failures = 0;

	*out_runs = 0;
	for (size_t i = 0; i < tally->len; i++) {
		if (strcmp(tally->score[i].scenario, scenario) == 0) {
			(*out_runs)++;
			failures += tally->score[i].held ? 0 : 1;
		}
	}
	return failures;
}

const char *
tally_failed(const struct tally *tally, unsigned number)
{
	for (size_t i = 0; i < tally->len; i = group_end(tally, i)) {
		bool has_failed = false;

		for (size_t k = i; k < group_end(tally, i); k++) {
			has_failed = has_failed || !tally->score[k].held;
		}
		if (has_failed && number-- == 0) {
			return tally->score[i].scenario;
		}
	}
	return NULL;
}

/* ---- numbers ---- */

static int
compare(const void *a, const void *b)
{
	double one = *(const double *)a;
	double two = *(const double *)b;

	return one < two ? -1 : one > two;
}

/* Of `len` values; negative when there is none. Sorts. */
static double
quantile(double *value, size_t len, double share)
{
	size_t at = (size_t)(share * (double)len);

	if (len == 0) {
		return -1;
	}
	qsort(value, len, sizeof(*value), compare);
	return value[at < len ? at : len - 1];
}

static void
print_seconds(FILE *out, int width, double seconds)
{
	if (seconds < 0) {
		(void)fprintf(out, " %*s", width, "-");
	} else {
		(void)fprintf(out, " %*.0f", width, seconds);
	}
}

static void
print_row(const struct tally *tally, size_t from, size_t end, FILE *out)
{
	const struct score *first = &tally->score[from];
	double *delay = malloc((end - from) * sizeof(*delay));
	const char *why = "";
	unsigned failures = 0;
	unsigned pages = 0;
	unsigned wrong = 0;
	size_t delays = 0;
	double median;

	if (delay == NULL) {
		abort();
	}
	for (size_t i = from; i < end; i++) {
		const struct score *score = &tally->score[i];

		if (score->delay_s >= 0) {
			delay[delays++] = score->delay_s;
		}
		why = why[0] == '\0' ? score->why : why;
		failures += score->held ? 0 : 1;
		pages += score->pages;
		wrong += score->wrong_pages;
	}
	median = quantile(delay, delays, 0.5);
	(void)fprintf(out, "%-34.34s %4zu %4u %5.2f %5u", first->scenario, end - from,
	    failures, (double)pages / (double)(end - from), wrong);
	print_seconds(out, 6, median);
	print_seconds(out, 6, quantile(delay, delays, 0.95));
	print_seconds(out, 6, first->bound_s);
	if (median >= 0 && first->bound_s > 0) {
		(void)fprintf(out, " %5.1f", median / first->bound_s);
	} else {
		(void)fprintf(out, " %5s", "-");
	}
	(void)fprintf(out, "  %s\n", why);
	free(delay);
}

/* ---- injected x first x final ---- */

static unsigned
count_triple(const struct tally *tally, enum verdict injected, enum verdict first,
    enum verdict final)
{
	unsigned count = 0;

	for (size_t i = 0; i < tally->len; i++) {
		const struct score *score = &tally->score[i];

		count += score->injected == injected && score->first == first &&
				 score->final == final
			     ? 1
			     : 0;
	}
	return count;
}

static const char *
name_of(enum verdict verdict)
{
	return verdict == VERDICT_HEALTHY ? "nothing" : verdict_name(verdict);
}

static void
print_triples(const struct tally *tally, enum verdict injected, FILE *out)
{
	for (int i = 0; i < VERDICT_COUNT * VERDICT_COUNT; i++) {
		enum verdict first = (enum verdict)(i / VERDICT_COUNT);
		enum verdict final = (enum verdict)(i % VERDICT_COUNT);
		unsigned count = count_triple(tally, injected, first, final);

		if (count > 0) {
			(void)fprintf(out, "%-24s %-24s %-24s %6u\n", name_of(injected),
			    name_of(first), name_of(final), count);
		}
	}
}

static void
print_ratio(const struct tally *tally, bool is_local, FILE *out)
{
	double *ratio = malloc((tally->len + 1) * sizeof(*ratio));
	size_t len = 0;
	double median;

	if (ratio == NULL) {
		abort();
	}
	for (size_t i = 0; i < tally->len; i++) {
		const struct score *score = &tally->score[i];

		if (score->is_local == is_local && score->delay_s >= 0 &&
		    score->bound_s > 0) {
			ratio[len++] = score->delay_s / score->bound_s;
		}
	}
	median = quantile(ratio, len, 0.5);
	(void)fprintf(out, "%-34s %6zu runs, delay / bound:",
	    is_local ? "one region or agent" : "several agents", len);
	if (len > 0) {
		(void)fprintf(out, " median %.2f, 95 %% %.2f\n", median,
		    quantile(ratio, len, 0.95));
	} else {
		(void)fputs(" -\n", out);
	}
	free(ratio);
}

void
tally_print(const struct tally *tally, FILE *out)
{
	(void)fprintf(out, "%-34s %4s %4s %5s %5s %6s %6s %6s %5s  %s\n", "SCENARIO",
	    "RUNS", "FAIL", "PAGES", "WRONG", "MEDIAN", "95 %", "BOUND", "RATIO",
	    "WHY (FIRST FAILURE)");
	for (size_t i = 0; i < tally->len; i = group_end(tally, i)) {
		print_row(tally, i, group_end(tally, i), out);
	}
	(void)fprintf(out, "\n%-24s %-24s %-24s %6s\n", "INJECTED", "SAID FIRST",
	    "CALLED LAST", "RUNS");
	for (int i = 0; i < VERDICT_COUNT; i++) {
		print_triples(tally, (enum verdict)i, out);
	}
	(void)fputc('\n', out);
	print_ratio(tally, false, out);
	print_ratio(tally, true, out);
	(void)fprintf(out, "%-34s %6u of %zu runs\n", "did not hold",
	    tally_failures(tally), tally->len);
}
