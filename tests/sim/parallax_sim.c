#include "tests/sim/parallax_sim.h"

#include "tests/sim/bound.h"
#include "tests/sim/quiet.h"
#include "tests/sim/replay.h"
#include "tests/sim/tally.h"
#include "tests/sim/wild.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct show {
	struct tally *tally;
	bool is_json;
	bool is_terminal;
	size_t done;
	size_t len;
};

static void
take(void *context, const struct score *score)
{
	struct show *show = context;

	tally_add(show->tally, score);
	show->done++;
	if (show->is_json) {
		score_json(score, stdout);
	}
	if (show->is_terminal) {
		(void)fprintf(stderr, "\r%zu of %zu, %u did not hold  %-40.40s",
		    show->done, show->len, tally_failures(show->tally),
		    show->done < show->len ? score->scenario : "");
	}
}

static bool
play_all(const struct parallax_sim_order *order, const struct crew_job *job, size_t len,
    struct tally *tally)
{
	struct show show = {.tally = tally,
	    .is_json = order->is_json,
	    .is_terminal = isatty(STDERR_FILENO) == 1,
	    .len = len};
	bool is_good = crew_play(job, len, order->workers, take, &show);

	if (show.is_terminal) {
		(void)fputs("\r\033[K", stderr);
	}
	return is_good;
}

static struct crew_job *
jobs_of(size_t len)
{
	struct crew_job *job = calloc(len + 1, sizeof(*job));

	if (job == NULL) {
		abort();
	}
	return job;
}

/* ---- what is known to fail ---- */

static bool
is_listed(const char *path, const char *scenario)
{
	FILE *file = fopen(path, "re");
	char line[512];
	bool is_found = false;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		size_t len = strcspn(line, " \t\n");

		is_found = is_found || (line[0] != '#' && strlen(scenario) == len &&
					   strncmp(line, scenario, len) == 0);
	}
	if (file != NULL) {
		(void)fclose(file);
	}
	return is_found;
}

static int
judge_listed(const struct parallax_sim_order *order, const struct tally *tally)
{
	int status = 0;
	const char *name;

	for (unsigned i = 0; (name = tally_failed(tally, i)) != NULL; i++) {
		unsigned runs;
		unsigned failures = tally_failures_of(tally, name, &runs);

		/* Chance may spoil one of several. */
		if (!is_listed(order->known, name) && 2 * failures > runs) {
			(void)fprintf(stderr, "%s does not hold, and is not in %s\n",
			    name, order->known);
			status = 1;
		}
	}
	for (size_t i = 0; i < order->len; i++) {
		unsigned runs;

		name = order->scenario[i]->name;
		if (is_listed(order->known, name) &&
		    tally_failures_of(tally, name, &runs) == 0) {
			(void)fprintf(stderr,
			    "%s holds, and is in %s: take it out there\n", name,
			    order->known);
			status = 1;
		}
	}
	return status;
}

/* ---- scenarios ---- */

static size_t
fill_jobs(
    const struct parallax_sim_order *order, FILE *transcript, struct crew_job *job)
{
	size_t len = 0;

	for (size_t i = 0; i < order->len * PLANT_POLICIES; i++) {
		enum plant_policy policy = (enum plant_policy)(i % PLANT_POLICIES);

		for (unsigned k = 0; order->has_policy[policy] && k < order->seeds;
		     k++) {
			job[len++] = (struct crew_job){
			    .scenario = order->scenario[i / PLANT_POLICIES],
			    .seed = order->seed + k,
			    .policy = policy,
			    .is_mismatch = order->is_mismatch,
			    .transcript = transcript};
		}
	}
	return len;
}

static FILE *
open_transcript(const char *path)
{
	FILE *file = path != NULL ? fopen(path, "we") : NULL;

	if (path != NULL && file == NULL) {
		perror(path);
		exit(PARALLAX_SIM_USAGE);
	}
	return file;
}

static int
play_scenarios(const struct parallax_sim_order *order)
{
	struct crew_job *job = jobs_of(order->len * order->seeds * PLANT_POLICIES);
	struct tally *tally = tally_new();
	FILE *transcript = open_transcript(order->transcript);
	size_t len = fill_jobs(order, transcript, job);
	int status = 1;

	if (play_all(order, job, len, tally)) {
		tally_print(tally, order->is_json ? stderr : stdout);
		status = tally_failures(tally) == 0 ? 0 : 1;
		if (order->known != NULL) {
			status = judge_listed(order, tally);
		}
	}
	if (transcript != NULL) {
		(void)fclose(transcript);
	}
	tally_free(tally);
	free(job);
	return status;
}

/* ---- drawn scenarios ---- */

static void
draw(uint64_t seed, struct crew_scenario *out)
{
	char error[SCEN_ERROR];
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);

	if (memory == NULL) {
		abort();
	}
	wild_write(seed, memory);
	(void)fclose(memory);
	(void)snprintf(
	    out->name, sizeof(out->name), "random-%llu", (unsigned long long)seed);
	if (!scen_read(text, len, out->name, &out->scen, error)) {
		(void)fprintf(stderr, "%s\n", error);
		abort(); /* what is drawn can be read */
	}
	out->bound_s = bound_seconds(&out->scen, 0);
	free(text);
}

static int
play_random(const struct parallax_sim_order *order)
{
	struct crew_scenario *scenario = calloc(order->random, sizeof(*scenario));
	struct crew_job *job = jobs_of(order->random);
	struct tally *tally = tally_new();
	int status = 1;

	if (scenario == NULL) {
		abort();
	}
	for (unsigned i = 0; i < order->random; i++) {
		draw(order->seed + i, &scenario[i]);
		job[i] = (struct crew_job){.scenario = &scenario[i],
		    .seed = order->seed + i,
		    .is_mismatch = order->is_mismatch};
	}
	if (play_all(order, job, order->random, tally)) {
		tally_print(tally, order->is_json ? stderr : stdout);
		status = tally_failures(tally) == 0 ? 0 : 1;
	}
	tally_free(tally);
	free(scenario);
	free(job);
	return status;
}

/* ---- quiet months ---- */

static void
take_month(void *context, const struct score *score)
{
	unsigned *pages = context;

	*pages += score->pages;
	if (score->pages > 0) {
		(void)fprintf(stderr, "seed %llu: %s\n",
		    (unsigned long long)score->seed, score->observed);
	}
}

static int
play_months(const struct parallax_sim_order *order)
{
	static const char *const noise[SCEN_NOISES] = {
	    "none", "iid", "double", "bursty"};
	struct crew_scenario *scenario = calloc(1, sizeof(*scenario));
	size_t len = (size_t)order->months;
	struct crew_job *job = jobs_of(len);
	unsigned pages = 0;
	bool is_good;

	if (scenario == NULL) {
		abort();
	}
	quiet_month(order->noise, &scenario->scen);
	(void)snprintf(
	    scenario->name, sizeof(scenario->name), "healthy-%s", noise[order->noise]);
	for (size_t i = 0; i < len; i++) {
		job[i] = (struct crew_job){
		    .scenario = scenario, .seed = order->seed + i, .is_terse = true};
	}
	is_good = crew_play(job, len, order->workers, take_month, &pages);
	if (is_good) {
		(void)printf(
		    "%zu healthy months (30 days, 10 agents), noise %s: %u false "
		    "pages; %.3f a month, below %.3f with 95 %% confidence\n",
		    len, noise[order->noise], pages, pages / (double)len,
		    quiet_upper(pages) / (double)len);
	}
	free(job);
	free(scenario);
	return is_good && pages == 0 ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	struct parallax_sim_order order;
	int status = 0;

	if (argc > 1 && strcmp(argv[1], "replay") == 0) {
		return replay_command(argv + 2);
	}
	parallax_sim_options(argv, &order);
	if (order.must_print) {
		for (unsigned i = 0; i < order.random; i++) {
			wild_write(order.seed + i, stdout);
		}
		return 0;
	}
	if (order.len > 0) {
		status |= play_scenarios(&order);
	}
	if (order.random > 0) {
		status |= play_random(&order);
	}
	if (order.months > 0) {
		status |= play_months(&order);
	}
	for (size_t i = 0; i < order.len; i++) {
		free(order.scenario[i]);
	}
	free(order.scenario);
	return status;
}
