#include "collector/shell/backtest_command.h"

#include "collector/shell/api_json.h"
#include "collector/shell/backtest_json.h"
#include "collector/shell/conf.h"
#include "collector/shell/members.h"
#include "common/core/duration.h"
#include "common/core/rfc3339.h"
#include "common/shell/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXIT_SAME = 0,
	EXIT_OTHER = 1,
	EXIT_UNREADABLE = 3,
	ERROR_BYTES = 512
};

static const char help[] =
    "Usage: parallax-collector backtest [--config FILE] [--store FOLDER] [--policy "
    "FILE]\n"
    "           [--since T] [--until T] [--incident ID]\n"
    "\n"
    "Plays the journal of a store again and prints, as JSON, what would have been "
    "told.\n"
    "`parallax backtest --help` says more, and shows it as a table.\n";

struct errand {
	const char *config;
	const char *store;
	const char *policy;
	const char *since;
	const char *until;
	const char *incident;
	uint64_t incident_id;
};

/* Everything that is taken for it. */
struct work {
	struct errand errand;
	struct remarks remarks;
	char diff[CONF_OVERLAY_DIFF_BYTES];
	struct collector_conf_file *plain; /* before the store is known */
	struct collector_conf_file *present;
	struct collector_conf_file *changed;
	struct store store;
	struct backtest_run told;
	struct backtest_run first;
	struct backtest_run second;
	struct backtest_item *items; /* of all three */
	struct backtest_pair *pair;
	struct backtest_told end;
	struct backtest_span span; /* of what was played last */
	struct wall since;
	struct wall until;
};

/* ---- words ---- */

static bool
read_words(char *const words[], struct errand *out)
{
	const struct {
		const char *name;
		const char **value;
	} options[] = {{"--config", &out->config}, {"--store", &out->store},
	    {"--policy", &out->policy}, {"--since", &out->since},
	    {"--until", &out->until}, {"--incident", &out->incident}};
	size_t len = sizeof(options) / sizeof(options[0]);

	for (; *words != NULL; words += 2) {
		size_t i = 0;

		while (i < len && strcmp(options[i].name, *words) != 0) {
			i++;
		}
		if (i == len || words[1] == NULL) {
			(void)fprintf(stderr,
			    "parallax-collector: backtest: '%s': expected an option "
			    "with a value (see: parallax-collector backtest --help)\n",
			    *words);
			return false;
		}
		*options[i].value = words[1];
	}
	if (out->incident != NULL) {
		char *end;

		out->incident_id = strtoull(out->incident, &end, 10);
		if (*end != '\0' || out->incident_id == 0) {
			(void)fprintf(stderr,
			    "parallax-collector: --incident: '%s', expected a number\n",
			    out->incident);
			return false;
		}
	}
	return true;
}

/* An instant, or how long before `now`. False when it is neither. */
static bool
read_time(const char *text, struct wall now, struct wall *out)
{
	int64_t ago_ns;

	if (rfc3339_read(text, out)) {
		return true;
	}
	if (duration_parse(text, &ago_ns) != ERR_OK) {
		(void)fprintf(stderr,
		    "parallax-collector: '%s', expected 2026-08-30T12:00:00Z, or how "
		    "long before the end of the journal: 15m 7d\n",
		    text);
		return false;
	}
	*out = wall_add(now, -ago_ns);
	return true;
}

static bool
read_times(struct work *work)
{
	struct wall end = work->span.last_at;

	work->since = work->span.first_at;
	work->until = end;
	return (work->errand.since == NULL ||
		   read_time(work->errand.since, end, &work->since)) &&
	       (work->errand.until == NULL ||
		   read_time(work->errand.until, end, &work->until));
}

/* ---- getting ready ---- */

static int
say(const char *text, int status)
{
	(void)fprintf(stderr, "parallax-collector: %s\n", text);
	return status;
}

/* The configurations, with the agents that had enrolled in the store. */
static int
load_members(struct work *work)
{
	struct errand *errand = &work->errand;
	void *memory = NULL;
	struct registry *members = members_list(&work->store, &memory);
	enum err err;

	if (members == NULL) {
		return say("the list of agents cannot be read", EXIT_UNREADABLE);
	}
	remarks_init(&work->remarks);
	err = collector_conf_load_with(
	    errand->config, members, &work->present, &work->remarks);
	if (err == ERR_OK && errand->policy != NULL) {
		remarks_init(&work->remarks);
		err = collector_conf_load_over(errand->config, errand->policy, members,
		    work->diff, &work->changed, &work->remarks);
	}
	free(memory);
	if (err != ERR_OK) {
		program_print(&work->remarks);
		return PROGRAM_CONFIG;
	}
	return EXIT_SAME;
}

static int
open_all(struct work *work)
{
	struct errand *errand = &work->errand;
	const struct collector_conf *conf;
	char error[ERROR_BYTES] = "";

	remarks_init(&work->remarks);
	if (collector_conf_load(errand->config, &work->plain, &work->remarks) !=
	    ERR_OK) {
		program_print(&work->remarks);
		return PROGRAM_CONFIG;
	}
	conf = collector_conf_get(work->plain);
	if (errand->store == NULL) {
		errand->store = conf->store_path;
	}
	if (store_open_read(&work->store, errand->store, conf->store_bytes_max, error,
		sizeof(error)) != ERR_OK) {
		return say(error, EXIT_UNREADABLE);
	}
	work->items = calloc((size_t)3 * BACKTEST_ITEMS, sizeof(*work->items));
	work->pair = calloc((size_t)2 * BACKTEST_ITEMS, sizeof(*work->pair));
	if (work->items == NULL || work->pair == NULL) {
		return say("needs more memory than there is", EXIT_UNREADABLE);
	}
	backtest_init(&work->told, work->items);
	backtest_init(&work->first, work->items + BACKTEST_ITEMS);
	backtest_init(&work->second, work->items + (size_t)2 * BACKTEST_ITEMS);
	return load_members(work);
}

static enum err
play(struct work *work, const struct collector_conf_file *file,
    struct backtest_run *run, struct backtest_run *reviews, const char *name)
{
	struct backtest *backtest = backtest_new(collector_conf_get(file), run);
	enum err err = ERR_NOMEM;

	if (backtest != NULL) {
		err =
		    backtest_play(backtest, &work->store, work->end.end, reviews, name);
		work->span = *backtest_span(backtest);
	}
	backtest_free(backtest);
	return err;
}

/* ---- comparing ---- */

static int
print(json_t *json)
{
	bool is_good = json != NULL &&
		       json_dumpf(json, stdout, JSON_REAL_PRECISION(10)) == 0 &&
		       fputc('\n', stdout) != EOF && fflush(stdout) == 0;

	json_decref(json);
	return is_good ? EXIT_SAME
		       : say("the answer could not be written", EXIT_UNREADABLE);
}

static int
compare(struct work *work)
{
	const struct errand *errand = &work->errand;
	struct backtest_report report = {.store = errand->store,
	    .config = errand->config,
	    .policy = errand->policy,
	    .span = &work->span,
	    .old_run = errand->policy != NULL ? &work->first : &work->told,
	    .new_run = errand->policy != NULL ? &work->second : &work->first,
	    .pair = work->pair,
	    .diff = work->diff};
	int status = EXIT_SAME;

	if (errand->policy != NULL) {
		backtest_lend_reviews(&work->told, &work->first);
	}
	report.since = work->since;
	report.until = work->until;
	report.len = backtest_compare(report.old_run, report.new_run, report.since,
	    report.until, work->pair, (size_t)2 * BACKTEST_ITEMS);
	for (size_t i = 0; i < report.len; i++) {
		status = work->pair[i].fate == BACKTEST_MISSED ? EXIT_OTHER : status;
	}
	return print(backtest_json_report(&report)) == EXIT_SAME ? status
								 : EXIT_UNREADABLE;
}

static int
play_and_compare(struct work *work)
{
	enum err err =
	    play(work, work->present, &work->first, &work->told, "as configured");

	if (err == ERR_OK && work->errand.policy != NULL) {
		err = play(work, work->changed, &work->second, NULL, "changed");
	}
	if (err != ERR_OK) {
		return say(err_name(err), EXIT_UNREADABLE);
	}
	return read_times(work) ? compare(work) : PROGRAM_USAGE;
}

/* ---- one incident ---- */

/* Which one it is in the run that was played: with the same number if that is plausible. */
static const struct backtest_item *
same_fault(const struct work *work, const struct backtest_item *told)
{
	const struct backtest_item *item = backtest_find(&work->first, told->id);

	return item != NULL && item->opened_at.ns == told->opened_at.ns
		   ? item
		   : backtest_alike(&work->first, told);
}

static int
replay_incident(struct work *work)
{
	const struct collector_conf_file *file =
	    work->changed != NULL ? work->changed : work->present;
	const struct backtest_item *told =
	    backtest_find(&work->told, work->errand.incident_id);
	const struct backtest_item *found;
	json_t *json;
	bool is_same;
	enum err err;

	if (told == NULL) {
		return say("there is no such incident in the store", EXIT_UNREADABLE);
	}
	work->first.wanted = told->id;
	err = play(work, file, &work->first, NULL, "replay");
	found = err == ERR_OK ? same_fault(work, told) : NULL;
	if (found != NULL && found->id != told->id) {
		/* Under another number: again, to see all of it. */
		backtest_init(&work->second, work->second.item);
		work->second.wanted = found->id;
		err = play(work, file, &work->second, NULL, "replay");
		work->first.record = work->second.record;
	}
	if (err != ERR_OK) {
		return say(err_name(err), EXIT_UNREADABLE);
	}
	json = backtest_json_incident(&work->told.record,
	    found != NULL ? &work->first.record : NULL, &work->span);
	is_same = json_is_true(json_object_get(json, "same"));
	if (print(json) != EXIT_SAME) {
		return EXIT_UNREADABLE;
	}
	return is_same ? EXIT_SAME : EXIT_OTHER;
}

static void
close_all(struct work *work)
{
	store_close(&work->store);
	collector_conf_free(work->plain);
	collector_conf_free(work->present);
	collector_conf_free(work->changed);
	free(work->items);
	free(work->pair);
	free(work);
}

int
backtest_command(char *const words[])
{
	struct work *work = calloc(1, sizeof(*work));
	int status;

	if (work == NULL) {
		return say("needs more memory than there is", EXIT_UNREADABLE);
	}
	work->store.db.lock_fd = -1;
	work->errand.config = "/etc/parallax/collector.yaml";
	if (words[0] != NULL && strcmp(words[0], "--help") == 0) {
		(void)fputs(help, stdout);
		free(work);
		return EXIT_SAME;
	}
	if (!read_words(words, &work->errand)) {
		free(work);
		return PROGRAM_USAGE;
	}
	status = open_all(work);
	if (status == EXIT_SAME) {
		work->told.wanted = work->errand.incident_id;
		status = backtest_told(&work->store, &work->told, &work->end) == ERR_OK
			     ? EXIT_SAME
			     : say("the store cannot be read", EXIT_UNREADABLE);
	}
	if (status == EXIT_SAME) {
		status = work->errand.incident != NULL ? replay_incident(work)
						       : play_and_compare(work);
	}
	close_all(work);
	return status;
}
