#include "tests/sim/replay.h"

#include "collector/shell/backtest_json.h"
#include "collector/shell/backtest_results.h"
#include "collector/shell/conf.h"
#include "collector/shell/members.h"
#include "common/core/rfc3339.h"
#include "common/shell/program.h"
#include "tests/sim/parallax_sim.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char help[] =
    "parallax-sim replay --config FILE STORE|RESULTS [--policy FILE] [-o json|table]\n"
    "\n"
    "Gives what real agents found to the machine of the collector, in virtual time, "
    "and\n"
    "shows which incidents it makes of it. No agent and no channel is needed, so a "
    "real\n"
    "incident can be replayed anywhere.\n"
    "\n"
    "  STORE          a collector's store, or a copy (parallax export store): its "
    "journal\n"
    "  RESULTS        what `parallax results -o json` prints, several of them one "
    "after\n"
    "                 the other, or a result a line; - is standard input\n"
    "  --config FILE  collector.yaml that the results were made under: its agents, "
    "targets\n"
    "                 and probes have to be those\n"
    "  --policy FILE  YAML with `policy:` and `tiers:`, laid over it\n"
    "\n"
    "Fields of a result that are needed: agent, started_at, outcome, phase, and series "
    "(or\n"
    "target and probe). That count, when they are there: received_at (else the time "
    "it\n"
    "ended), timing.total_us, http_status, flags. Results of unknown agents and "
    "probes, "
    "and\n"
    "of sources, are passed over and counted. A hole in what was exported looks like "
    "silent\n"
    "agents.\n"
    "\n"
    "Exit status: 0 it was played, 64 wrong usage, 65 something cannot be read.\n"
    "\n"
    "  parallax results --last 2h --limit 1000 -o json > results.json\n"
    "  parallax-sim replay --config collector.yaml results.json\n";

struct replay {
	const char *config;
	const char *policy;
	const char *from;
	bool is_json;
	bool is_usable;
	struct remarks remarks;
	char diff[CONF_OVERLAY_DIFF_BYTES];
	struct collector_conf_file *file;
	struct backtest_run run;
	struct backtest_heard heard;
	struct backtest_span span;
};

static void
read_words(char *const words[], struct replay *out)
{
	out->is_usable = true;
	for (; *words != NULL; words++) {
		bool has_value = words[1] != NULL;

		if (strcmp(*words, "--config") == 0 && has_value) {
			out->config = *++words;
		} else if (strcmp(*words, "--policy") == 0 && has_value) {
			out->policy = *++words;
		} else if (strcmp(*words, "-o") == 0 && has_value) {
			out->is_json = strcmp(*++words, "json") == 0;
		} else if (out->from == NULL &&
			   ((*words)[0] != '-' || (*words)[1] == '\0')) {
			out->from = *words;
		} else {
			out->is_usable = false;
		}
	}
	out->is_usable = out->is_usable && out->config != NULL && out->from != NULL;
}

static int
load(struct replay *replay, const struct registry *members)
{
	remarks_init(&replay->remarks);
	if (collector_conf_load_over(replay->config, replay->policy, members,
		replay->diff, &replay->file, &replay->remarks) != ERR_OK) {
		program_print(&replay->remarks);
		return PARALLAX_SIM_DATA;
	}
	return 0;
}

static int
complain(const char *from, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", from, why);
	return PARALLAX_SIM_DATA;
}

/* ---- from a store ---- */

static enum err
play_journal(struct replay *replay, struct store *store)
{
	struct backtest *backtest =
	    backtest_new(collector_conf_get(replay->file), &replay->run);
	enum err err = ERR_NOMEM;

	if (backtest != NULL) {
		err = backtest_play(backtest, store, UINT64_MAX, NULL, "replay");
		replay->span = *backtest_span(backtest);
	}
	backtest_free(backtest);
	return err;
}

static int
play_store(struct replay *replay)
{
	struct store store = {.db = {.lock_fd = -1}};
	struct registry *members = NULL;
	void *memory = NULL;
	char error[512] = "";
	int status = load(replay, NULL);

	if (status != 0) {
		return status;
	}
	if (store_open_read(&store, replay->from,
		collector_conf_get(replay->file)->store_bytes_max, error,
		sizeof(error)) != ERR_OK) {
		return complain(replay->from, error);
	}
	members = members_list(&store, &memory);
	collector_conf_free(replay->file);
	replay->file = NULL;
	status = load(replay, members);
	free(memory);
	if (status == 0) {
		enum err err = play_journal(replay, &store);

		status = err == ERR_OK ? 0 : complain(replay->from, err_name(err));
	}
	store_close(&store);
	return status;
}

/* ---- from results ---- */

static int
play_results(struct replay *replay)
{
	bool is_stdin = strcmp(replay->from, "-") == 0;
	struct backtest *backtest;
	char error[512] = "";
	FILE *file;
	int status = load(replay, NULL);

	if (status != 0) {
		return status;
	}
	file = is_stdin ? stdin : fopen(replay->from, "re");
	if (file == NULL) {
		return complain(replay->from, "cannot be opened");
	}
	backtest = backtest_new(collector_conf_get(replay->file), &replay->run);
	if (backtest == NULL) {
		abort();
	}
	if (backtest_results(backtest, collector_conf_get(replay->file), file,
		&replay->heard, error, sizeof(error)) != ERR_OK) {
		status = complain(replay->from, error);
	}
	replay->span = *backtest_span(backtest);
	backtest_free(backtest);
	if (!is_stdin) {
		(void)fclose(file);
	}
	return status;
}

/* ---- showing ---- */

static void
show_json(const struct replay *replay)
{
	size_t passed_over = replay->heard.unknown + (size_t)replay->span.passed_over;
	json_t *incidents = json_array();
	json_t *json;

	for (size_t i = 0; i < replay->run.len; i++) {
		(void)json_array_append_new(
		    incidents, backtest_json_item(&replay->run.item[i]));
	}
	json = json_pack("{sI sI sI so}", "records", (json_int_t)replay->span.records,
	    "results", (json_int_t)replay->heard.taken, "passed_over",
	    (json_int_t)passed_over, "incidents", incidents);
	if (json == NULL) {
		abort();
	}
	(void)json_dumpf(json, stdout, JSON_INDENT(1));
	(void)fputc('\n', stdout);
	json_decref(json);
}

static void
time_text(struct wall at, char out[RFC3339_BYTES])
{
	(void)snprintf(out, RFC3339_BYTES, "%s", "-");
	if (at.ns != 0) {
		rfc3339_write(at, out);
	}
}

static void
show_table(const struct replay *replay)
{
	(void)printf("%llu records, %zu results; passed over: %zu\n",
	    (unsigned long long)replay->span.records, replay->heard.taken,
	    replay->heard.unknown + (size_t)replay->span.passed_over);
	for (size_t i = 0; i < replay->run.len; i++) {
		const struct backtest_item *item = &replay->run.item[i];
		char onset[RFC3339_BYTES];
		char paged[RFC3339_BYTES];
		char resolved[RFC3339_BYTES];

		time_text(item->onset_at, onset);
		time_text(item->paged_at, paged);
		time_text(item->resolved_at, resolved);
		(void)printf(
		    "%llu  %-8s  %s, %s\n    since %s, paged %s, resolved %s\n",
		    (unsigned long long)item->id, level_name(item->level),
		    verdict_name(item->verdict), item->scope_text, onset, paged,
		    resolved);
	}
}

int
replay_command(char *const words[])
{
	struct replay *replay = calloc(1, sizeof(*replay));
	struct backtest_item *items = calloc(BACKTEST_ITEMS, sizeof(*items));
	struct stat stat_of;
	int status;

	if (replay == NULL || items == NULL) {
		abort();
	}
	backtest_init(&replay->run, items);
	read_words(words, replay);
	if (!replay->is_usable) {
		bool is_help = words[0] != NULL && (strcmp(words[0], "--help") == 0 ||
						       strcmp(words[0], "-h") == 0);

		(void)fputs(help, is_help ? stdout : stderr);
		free(items);
		free(replay);
		return is_help ? 0 : PARALLAX_SIM_USAGE;
	}
	status = stat(replay->from, &stat_of) == 0 && S_ISDIR(stat_of.st_mode)
		     ? play_store(replay)
		     : play_results(replay);
	if (status == 0 && replay->is_json) {
		show_json(replay);
	} else if (status == 0) {
		show_table(replay);
	}
	collector_conf_free(replay->file);
	free(items);
	free(replay);
	return status;
}
