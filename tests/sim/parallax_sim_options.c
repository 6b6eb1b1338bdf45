#include "tests/sim/parallax_sim.h"

#include "tests/sim/bound.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* The comment at the head of scen.h, put here by the build. */
static const char language[] = {
#include "tests/sim/scen_language.inc"
    , 0};

static const char help[] =
    "parallax-sim - try verdicts on worlds whose truth is known\n"
    "\n"
    "  parallax-sim run FILE...            play scenarios\n"
    "  parallax-sim --suite DIR            all *.scenario files of a folder\n"
    "  parallax-sim --healthy MONTHS       count pages while nothing is wrong\n"
    "  parallax-sim --random N             scenarios drawn from seeds\n"
    "  parallax-sim replay --config FILE STORE|RESULTS\n"
    "                                      what real agents found (replay --help)\n"
    "  parallax-sim help scenario          the language of scenario files\n"
    "\n"
    "A scenario says what a fleet looks like, what breaks, and what has to be said "
    "about it,\n"
    "by when. It is played in virtual time with the scheduler of the agents and the "
    "whole\n"
    "machine of the collector; an hour of ten agents takes some milliseconds. What is "
    "judged\n"
    "is what leaves: messages that call somebody, and the incidents behind them.\n"
    "\n"
    "  --seeds N          each scenario N times, each time otherwise (1)\n"
    "  --seed S           the first of them (1)\n"
    "  --policy NAME      correlation (default), threshold or quorum; may be repeated\n"
    "  --mismatch         the world is other than the method assumes: mixes of "
    "failures,\n"
    "                     strays, weaker faults, blips in the background\n"
    "  --noise NAME       with --healthy: iid (default), double, bursty\n"
    "  -o json|table      a line of JSON for each run (the table then goes to "
    "stderr),\n"
    "                     or the table alone (default)\n"
    "  --transcript FILE  everything that happened, line by line; for one run\n"
    "  --print            with --random: write the scenarios, play nothing\n"
    "  --known FILE       NAME REASON, one a line: scenarios that are known to fail;\n"
    "                     one that fails beside them, or one of them that holds, is an "
    "error\n"
    "  -j N               N processes (1)\n"
    "\n"
    "Columns: RUNS; FAIL, runs in which an expectation did not hold; PAGES a run; "
    "WRONG,\n"
    "pages whose first name was none of the right ones; MEDIAN and 95 % of the delay "
    "from\n"
    "the fault to its right name, in seconds; BOUND, how soon anybody could know at "
    "one\n"
    "false alarm a year, with the time until a run that is hit has ended; RATIO of the "
    "two.\n"
    "In JSON paid_probes counts runs that cost money, asked_probes those that the "
    "collector\n"
    "asked for beside the schedule, and transcript_sha256 is equal for equal runs.\n"
    "\n"
    "Exit status: 0 everything held, 1 something did not, 64 wrong usage, 65 a "
    "scenario\n"
    "that cannot be read (FILE:LINE: what, what was expected).\n"
    "\n"
    "  parallax-sim run mine.scenario --seeds 20\n"
    "  parallax-sim run mine.scenario --seed 7 --transcript /dev/stdout\n"
    "  parallax-sim --suite tests/sim/suite --seeds 20 --mismatch -j 2\n"
    "  parallax-sim --random 1 --seed 5 --print > five.scenario\n";

static void __attribute__((noreturn)) usage(const char *what, const char *word)
{
	(void)fprintf(
	    stderr, "parallax-sim: %s%s (see: parallax-sim --help)\n", what, word);
	exit(PARALLAX_SIM_USAGE);
}

static const char *
value_of(char ***at)
{
	const char *option = **at;

	(*at)++;
	if (**at == NULL) {
		usage("a value is missing after ", option);
	}
	return **at;
}

static uint64_t
number(const char *text, uint64_t most)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || value > most) {
		usage("expected a number, not ", text);
	}
	return value;
}

/* ---- scenarios ---- */

static void
add_scenario(struct parallax_sim_order *order, const char *path)
{
	struct crew_scenario *scenario = calloc(1, sizeof(*scenario));
	const char *slash = strrchr(path, '/');
	char error[SCEN_ERROR];
	char *dot;

	if (order->len == order->cap) {
		order->cap = order->cap == 0 ? 64 : 2 * order->cap;
		order->scenario = realloc(
		    order->scenario, order->cap * sizeof(struct crew_scenario *));
	}
	if (scenario == NULL || order->scenario == NULL) {
		abort();
	}
	if (!scen_load(path, &scenario->scen, error)) {
		(void)fprintf(stderr, "%s\n", error);
		exit(PARALLAX_SIM_DATA);
	}
	(void)snprintf(scenario->name, sizeof(scenario->name), "%.63s",
	    slash != NULL ? slash + 1 : path);
	dot = strstr(scenario->name, ".scenario");
	if (dot != NULL) {
		*dot = '\0';
	}
	scenario->bound_s = bound_seconds(&scenario->scen, 0);
	order->scenario[order->len++] = scenario;
}

static int
is_scenario(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".scenario") == 0 ? 1 : 0;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* the same in every locale */
}

static void
add_suite(struct parallax_sim_order *order, const char *folder)
{
	struct dirent **entry;
	int len = scandir(folder, &entry, is_scenario, by_bytes);

	if (len <= 0) {
		(void)fprintf(stderr,
		    "%s: no scenarios, expected a folder with "
		    "NAME.scenario\n",
		    folder);
		exit(PARALLAX_SIM_DATA);
	}
	for (int i = 0; i < len; i++) {
		char path[1024];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name);
		add_scenario(order, path);
		free(entry[i]);
	}
	free(entry);
}

/* ---- options ---- */

static void
read_policy(struct parallax_sim_order *order, const char *name)
{
	for (unsigned i = 0; i < PLANT_POLICIES; i++) {
		if (strcmp(plant_policy_name((enum plant_policy)i), name) != 0) {
			continue;
		}
		if (!plant_has_policy((enum plant_policy)i)) {
			usage(
			    "this build decides by correlation only, it has no policy ",
			    name);
		}
		order->has_policy[i] = true;
		return;
	}
	usage("expected correlation, threshold or quorum, not ", name);
}

static void
read_noise(struct parallax_sim_order *order, const char *name)
{
	static const char *const names[SCEN_NOISES] = {
	    "none", "iid", "double", "bursty"};

	for (unsigned i = 0; i < SCEN_NOISES; i++) {
		if (strcmp(names[i], name) == 0) {
			order->noise = (enum scen_noise)i;
			return;
		}
	}
	usage("expected none, iid, double or bursty, not ", name);
}

static void
read_output(struct parallax_sim_order *order, const char *name)
{
	order->is_json = strcmp(name, "json") == 0;
	if (!order->is_json && strcmp(name, "table") != 0) {
		usage("expected json or table, not ", name);
	}
}

/* Options with a value; false when it is none of them. */
static bool
read_value(struct parallax_sim_order *order, char ***at)
{
	const char *option = **at;

	if (strcmp(option, "--seeds") == 0) {
		order->seeds = (unsigned)number(value_of(at), 1000000);
	} else if (strcmp(option, "--seed") == 0) {
		order->seed = number(value_of(at), UINT64_MAX);
	} else if (strcmp(option, "--suite") == 0) {
		add_suite(order, value_of(at));
	} else if (strcmp(option, "--policy") == 0) {
		read_policy(order, value_of(at));
	} else if (strcmp(option, "--healthy") == 0) {
		order->months = (double)number(value_of(at), 10000);
	} else if (strcmp(option, "--noise") == 0) {
		read_noise(order, value_of(at));
	} else if (strcmp(option, "--random") == 0) {
		order->random = (unsigned)number(value_of(at), 1000000);
	} else if (strcmp(option, "--transcript") == 0) {
		order->transcript = value_of(at);
	} else if (strcmp(option, "--known") == 0) {
		order->known = value_of(at);
	} else if (strcmp(option, "-o") == 0) {
		read_output(order, value_of(at));
	} else if (strcmp(option, "-j") == 0) {
		order->workers = (unsigned)number(value_of(at), 64);
	} else {
		return false;
	}
	return true;
}

static void
show_help(char *argv[])
{
	if (argv[1] != NULL && strcmp(argv[1], "help") == 0 && argv[2] != NULL &&
	    strcmp(argv[2], "scenario") == 0) {
		(void)fputs(language, stdout);
		exit(0);
	}
	if (argv[1] == NULL || strcmp(argv[1], "help") == 0) {
		(void)fputs(help, stdout);
		exit(argv[1] == NULL ? PARALLAX_SIM_USAGE : 0);
	}
}

static void
read_options(char *argv[], struct parallax_sim_order *order)
{
	bool is_run = strcmp(argv[1], "run") == 0;

	for (char **at = argv + (is_run ? 2 : 1); *at != NULL; at++) {
		if (strcmp(*at, "--help") == 0 || strcmp(*at, "-h") == 0) {
			(void)fputs(help, stdout);
			exit(0);
		} else if (strcmp(*at, "--mismatch") == 0) {
			order->is_mismatch = true;
		} else if (strcmp(*at, "--print") == 0) {
			order->must_print = true;
		} else if (!read_value(order, &at)) {
			if (!is_run || (*at)[0] == '-') {
				usage("nobody knows ", *at);
			}
			add_scenario(order, *at);
		}
	}
}

void
parallax_sim_options(char *argv[], struct parallax_sim_order *out)
{
	memset(out, 0, sizeof(*out));
	out->seed = 1;
	out->seeds = 1;
	out->workers = 1;
	out->noise = SCEN_NOISE_IID;
	show_help(argv);
	read_options(argv, out);
	if (out->len == 0 && out->random == 0 && out->months <= 0) {
		usage("nothing to play: name a scenario", "");
	}
	if (out->transcript != NULL && (out->seeds > 1 || out->len != 1)) {
		usage("a transcript is of one scenario and one seed", "");
	}
	out->has_policy[PLANT_CORRELATION] =
	    out->has_policy[PLANT_CORRELATION] ||
	    (!out->has_policy[PLANT_THRESHOLD] && !out->has_policy[PLANT_QUORUM]);
}
