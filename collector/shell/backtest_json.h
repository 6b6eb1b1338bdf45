/* backtest_json - what a backtest found, as JSON
 * Room: collector/shell.
 *
 * The document of a comparison:
 *   at, store, config, policy, since, until
 *   journal    records, first_position, from, until, whole, passed_over, warm_up_s,
 *              warm_up_needed_s
 *   old, new   name ("told", "present", "changed"), incidents, alerts
 *   summary    same, later, avoided, avoided_unreviewed, missed, new, renamed,
 *              delay_max_s, identical (incidents whose records are equal to the byte)
 *   alerts     a row each: fate, review, renamed, delay_s, old and new (or null) with
 *              incident, verdict, level, scope, onset_at, paged_at, resolved_at
 *   change     lines of the difference of the policies, for a person to apply
 * and that of one incident played again:
 *   incident, replayed_as, same, journal, fields (field, stored, replayed, same), evidence
 *   (stored and replayed lines, same). */
#ifndef COLLECTOR_SHELL_BACKTEST_JSON_H
#define COLLECTOR_SHELL_BACKTEST_JSON_H

#include "collector/shell/backtest.h"

#include <jansson.h>

struct backtest_report {
	const char *store;
	const char *config;
	const char *policy; /* NULL: against what was told */
	struct wall since;
	struct wall until;
	const struct backtest_span *span;
	const struct backtest_run *old_run;
	const struct backtest_run *new_run;
	const struct backtest_pair *pair;
	size_t len;
	const char *diff; /* "" = none */
};

/* New references; NULL without memory. */
json_t *backtest_json_report(const struct backtest_report *report);

/* `replayed` is NULL when nothing like it was found. */
json_t *backtest_json_incident(const struct incident *stored,
    const struct incident *replayed, const struct backtest_span *span);

/* One incident of a run as an object. */
json_t *backtest_json_item(const struct backtest_item *item);

#endif
