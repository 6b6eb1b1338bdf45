/* sim - runs worlds, see world.h
 *
 *   sim [--seeds N] [--from N] [--twice N] [--seconds N] [--scenarios FILE]
 *   sim --seed N [--trace] [--seconds N]
 *
 * --scenarios   first the seeds that FILE names, one a line; the rest of a line says why
 * --seeds, --from   so many worlds, beginning with that seed (1)
 * --twice       so many of them are run again, and must go the same way
 * --seconds     how long there are faults in a world, virtual time; a day of them (86400)
 *               takes some 15 to 30 seconds of a processor
 * --trace       show every line */
#include "tests/sim/chance.h"
#include "tests/sim/fleet.h"
#include "tests/sim/judge.h"
#include "tests/sim/pager.h"
#include "tests/sim/trace.h"
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct order {
	uint64_t seed;
	uint64_t seeds;
	uint64_t from;
	uint64_t twice;
	int64_t seconds;
	const char *scenarios;
	bool show;
};

static struct {
	uint64_t given;
	uint64_t stored;
	uint64_t gaps;
	uint64_t restarts;
	uint64_t replays;
	uint64_t messages;
	uint64_t repeated;
} total;

static uint64_t
run(const struct order *order, uint64_t seed)
{
	trace_begin(seed, order->show);
	world_run(seed, order->seconds);
	total.given += judge_counts().given;
	total.stored += judge_counts().stored;
	total.gaps += judge_counts().gaps;
	total.restarts += judge_counts().restarts_compared;
	total.replays += judge_counts().replays_compared;
	total.messages += pager_counts().arrived;
	total.repeated += pager_counts().repeated;
	return trace_hash();
}

static void
run_twice(const struct order *order, uint64_t seed)
{
	uint64_t first = run(order, seed);

	if (run(order, seed) != first) {
		trace_fail("the same seed goes another way the second time");
	}
}

static void
run_scenarios(const struct order *order)
{
	FILE *file = fopen(order->scenarios, "re");
	char line[512];
	unsigned count = 0;

	if (file == NULL) {
		perror(order->scenarios);
		exit(1);
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		char *end;
		uint64_t seed = strtoull(line, &end, 10);

		if (end != line) {
			(void)run(order, seed);
			count++;
		}
	}
	(void)fclose(file);
	(void)printf("ok %u worlds that went wrong once\n", count);
}

static void
run_seeds(const struct order *order)
{
	for (uint64_t i = 0; i < order->seeds; i++) {
		if (i < order->twice) {
			run_twice(order, order->from + i);
		} else {
			(void)run(order, order->from + i);
		}
		if ((i + 1) % 250 == 0) {
			(void)printf("# %" PRIu64 " worlds\n", i + 1);
			(void)fflush(stdout);
		}
	}
	(void)printf("ok worlds %" PRIu64 " to %" PRIu64 "\n", order->from,
	    order->from + order->seeds - 1);
	(void)printf("# %" PRIu64 " numbers given, %" PRIu64 " stored, %" PRIu64
		     " declared lost; %" PRIu64 " restarts and %" PRIu64
		     " replays compared; %" PRIu64 " messages, %" PRIu64
		     " of them again\n",
	    total.given, total.stored, total.gaps, total.restarts, total.replays,
	    total.messages, total.repeated);
}

static void __attribute__((noreturn)) usage(void)
{
	(void)fputs("usage: sim [--seeds N] [--from N] [--twice N] [--seconds N] "
		    "[--scenarios FILE]\n"
		    "       sim --seed N [--trace] [--seconds N]\n",
	    stderr);
	exit(64);
}

static uint64_t
number(const char *text)
{
	char *end;
	uint64_t value = text == NULL ? 0 : strtoull(text, &end, 10);

	if (text == NULL || end == text || *end != '\0') {
		usage();
	}
	return value;
}

static struct order
read_order(char *argv[])
{
	struct order order = {.from = 1};

	for (char **at = argv + 1; *at != NULL; at++) {
		if (strcmp(*at, "--trace") == 0) {
			order.show = true;
		} else if (strcmp(*at, "--seed") == 0) {
			order.seed = number(*++at);
			order.from = order.seed;
			order.seeds = 1;
		} else if (strcmp(*at, "--seeds") == 0) {
			order.seeds = number(*++at);
		} else if (strcmp(*at, "--from") == 0) {
			order.from = number(*++at);
		} else if (strcmp(*at, "--twice") == 0) {
			order.twice = number(*++at);
		} else if (strcmp(*at, "--seconds") == 0) {
			order.seconds = (int64_t)number(*++at);
		} else if (strcmp(*at, "--scenarios") == 0 && at[1] != NULL) {
			order.scenarios = *++at;
		} else {
			usage();
		}
	}
	return order;
}

int
main(int argc, char *argv[])
{
	struct order order = read_order(argv);

	(void)argc;
	fleet_open();
	if (order.scenarios != NULL) {
		run_scenarios(&order);
	}
	if (order.seeds > 0) {
		run_seeds(&order);
	}
	fleet_close();
	return 0;
}
