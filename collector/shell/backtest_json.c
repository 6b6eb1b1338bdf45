#include "collector/shell/backtest_json.h"

#include "collector/shell/api_json.h"

#include <string.h>

static json_t *
seconds(int64_t ns)
{
	int64_t milli = ns / CLOCK_NS_PER_MS;

	return json_real((double)milli / 1000);
}

json_t *
backtest_json_item(const struct backtest_item *item)
{
	if (item == NULL) {
		return json_null();
	}
	return json_pack("{sI ss ss so so so so so sb}", "incident",
	    (json_int_t)item->id, "verdict",
	    verdict_name(item->is_paged ? item->paged_as : item->verdict), "level",
	    level_name(item->is_paged ? item->paged_level : item->level), "scope",
	    api_json_text(item->scope_text), "onset_at", api_json_time(item->onset_at),
	    "opened_at", api_json_time(item->opened_at), "resolved_at",
	    api_json_time(item->resolved_at), "paged_at", api_json_time(item->paged_at),
	    "paged", (int)item->is_paged);
}

static json_t *
journal_json(const struct backtest_span *span, struct wall since)
{
	bool is_whole = span->first_position == 1;
	int64_t warm_ns =
	    since.ns > span->first_at.ns ? since.ns - span->first_at.ns : 0;

	return json_pack("{sI sI so so sb sI so so}", "records",
	    (json_int_t)span->records, "first_position",
	    (json_int_t)span->first_position, "from", api_json_time(span->first_at),
	    "until", api_json_time(span->last_at), "whole", (int)is_whole,
	    "passed_over", (json_int_t)span->passed_over, "warm_up_s", seconds(warm_ns),
	    "warm_up_needed_s", is_whole ? json_real(0) : seconds(BACKTEST_LEARN_NS));
}

static json_t *
pair_json(const struct backtest_pair *pair)
{
	bool is_reviewed = pair->old_one != NULL && pair->old_one->is_reviewed;

	return json_pack("{ss so sb so so so}", "fate", backtest_fate_name(pair->fate),
	    "review",
	    is_reviewed ? api_json_text(review_kind_name(pair->old_one->review))
			: json_null(),
	    "renamed", (int)pair->is_renamed, "delay_s",
	    pair->fate == BACKTEST_SAME ? seconds(pair->delay_ns) : json_null(), "old",
	    backtest_json_item(pair->old_one), "new",
	    backtest_json_item(pair->new_one));
}

static json_t *
run_json(const struct backtest_run *run, const char *name)
{
	size_t alerts = 0;

	for (size_t i = 0; i < run->len; i++) {
		alerts += run->item[i].is_paged ? 1 : 0;
	}
	return json_pack("{ss sI sI sI}", "name", name, "incidents",
	    (json_int_t)run->len, "alerts", (json_int_t)alerts, "beyond",
	    (json_int_t)run->beyond);
}

/* Incidents that both have, with the same number and the same record. */
static size_t
count_identical(const struct backtest_run *a, const struct backtest_run *b)
{
	size_t count = 0;

	for (size_t i = 0; i < a->len; i++) {
		const struct backtest_item *other = backtest_find(b, a->item[i].id);

		count += other != NULL && other->digest == a->item[i].digest ? 1 : 0;
	}
	return count;
}

static json_t *
summary_json(const struct backtest_report *report)
{
	json_int_t count[BACKTEST_FATES] = {0};
	json_int_t unreviewed = 0;
	json_int_t renamed = 0;
	json_int_t later = 0;
	int64_t delay_ns = 0;

	for (size_t i = 0; i < report->len; i++) {
		const struct backtest_pair *pair = &report->pair[i];

		count[pair->fate]++;
		renamed += pair->is_renamed ? 1 : 0;
		later += pair->delay_ns > 0 ? 1 : 0;
		delay_ns = pair->delay_ns > delay_ns ? pair->delay_ns : delay_ns;
		unreviewed +=
		    pair->fate == BACKTEST_AVOIDED && !pair->old_one->is_reviewed ? 1
										  : 0;
	}
	return json_pack("{sI sI sI sI sI sI sI so sI}", "same", count[BACKTEST_SAME],
	    "later", later, "avoided", count[BACKTEST_AVOIDED], "avoided_unreviewed",
	    unreviewed, "missed", count[BACKTEST_MISSED], "new", count[BACKTEST_NEW],
	    "renamed", renamed, "delay_max_s", seconds(delay_ns), "identical",
	    (json_int_t)count_identical(report->old_run, report->new_run));
}

json_t *
backtest_json_report(const struct backtest_report *report)
{
	bool has_policy = report->policy != NULL;
	json_t *alerts = json_array();

	for (size_t i = 0; i < report->len; i++) {
		if (json_array_append_new(alerts, pair_json(&report->pair[i])) != 0) {
			json_decref(alerts);
			return NULL;
		}
	}
	return json_pack("{so so so so so so so so so so so}", "store",
	    api_json_text(report->store), "config", api_json_text(report->config),
	    "policy", has_policy ? api_json_text(report->policy) : json_null(), "since",
	    api_json_time(report->since), "until", api_json_time(report->until),
	    "journal", journal_json(report->span, report->since), "old",
	    run_json(report->old_run, has_policy ? "present" : "told"), "new",
	    run_json(report->new_run, has_policy ? "changed" : "present"), "summary",
	    summary_json(report), "alerts", alerts, "change",
	    api_json_split(report->diff, '\n'));
}

/* ---- one incident ---- */

/* Adds a row to `fields`; both are given. Returns whether they are equal. */
static bool
add_field(json_t *fields, const char *name, json_t *stored, json_t *replayed)
{
	bool is_same = json_equal(stored, replayed) == 1;

	(void)json_array_append_new(
	    fields, json_pack("{ss so so sb}", "field", name, "stored", stored,
			"replayed", replayed, "same", (int)is_same));
	return is_same;
}

static bool
add_names(json_t *fields, const struct incident *a, const struct incident *b)
{
	bool same = add_field(fields, "verdict", json_string(verdict_name(a->verdict)),
	    json_string(verdict_name(b->verdict)));

	same &= add_field(fields, "first_verdict",
	    json_string(verdict_name(a->first_verdict)),
	    json_string(verdict_name(b->first_verdict)));
	same &= add_field(fields, "suspect", json_string(verdict_name(a->suspect)),
	    json_string(verdict_name(b->suspect)));
	same &= add_field(fields, "level", json_string(level_name(a->level)),
	    json_string(level_name(b->level)));
	same &= add_field(fields, "scope", api_json_text(a->scope_text),
	    api_json_text(b->scope_text));
	same &= add_field(
	    fields, "targets", api_json_text(a->targets), api_json_text(b->targets));
	same &= add_field(fields, "rival", json_string(verdict_name(a->rival)),
	    json_string(verdict_name(b->rival)));
	same &= add_field(fields, "rival_scope", api_json_text(a->rival_text),
	    api_json_text(b->rival_text));
	same &= add_field(fields, "regions_bad", api_json_text(a->regions_bad),
	    api_json_text(b->regions_bad));
	same &= add_field(fields, "regions_good", api_json_text(a->regions_good),
	    api_json_text(b->regions_good));
	return add_field(fields, "external", api_json_text(a->external),
		   api_json_text(b->external)) &&
	       same;
}

static bool
add_numbers(json_t *fields, const struct incident *a, const struct incident *b)
{
	bool same = add_field(fields, "confidence", api_json_share(a->confidence_ppm),
	    api_json_share(b->confidence_ppm));

	same &= add_field(fields, "rival_confidence", api_json_share(a->rival_ppm),
	    api_json_share(b->rival_ppm));
	same &= add_field(fields, "statistic_nats", api_json_nats(a->statistic_mnats),
	    api_json_nats(b->statistic_mnats));
	same &= add_field(fields, "threshold_nats", api_json_nats(a->threshold_mnats),
	    api_json_nats(b->threshold_mnats));
	same &= add_field(
	    fields, "rate", api_json_share(a->rate_ppm), api_json_share(b->rate_ppm));
	same &= add_field(fields, "agents_reporting", json_integer(a->agents_reporting),
	    json_integer(b->agents_reporting));
	same &= add_field(
	    fields, "updates", json_integer(a->updates), json_integer(b->updates));
	return add_field(fields, "reopened", json_integer(a->reopened),
		   json_integer(b->reopened)) &&
	       same;
}

static bool
add_times(json_t *fields, const struct incident *a, const struct incident *b)
{
	bool same = add_field(
	    fields, "onset_at", api_json_time(a->onset_at), api_json_time(b->onset_at));

	same &= add_field(fields, "opened_at", api_json_time(a->opened_at),
	    api_json_time(b->opened_at));
	same &= add_field(fields, "changed_at", api_json_time(a->changed_at),
	    api_json_time(b->changed_at));
	return add_field(fields, "resolved_at", api_json_time(a->resolved_at),
		   api_json_time(b->resolved_at)) &&
	       same;
}

static json_t *
evidence_json(const struct incident *incident)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < incident->evidence_len; i++) {
		const struct incident_evidence *line = &incident->evidence[i];
		bool has_role = line->role < ROLE_COUNT;

		(void)json_array_append_new(lines,
		    json_pack("{so so ss ss sI so so so}", "role",
			has_role ? json_string(probe_role_name(line->role))
				 : json_string("other"),
			"target", api_json_name(line->target), "outcome",
			outcome_name(line->outcome), "phase", phase_name(line->phase),
			"count", (json_int_t)line->count, "nats",
			api_json_nats(line->mnats), "rival_nats",
			api_json_nats(line->rival_mnats), "regions",
			api_json_split(line->regions, ',')));
	}
	return lines;
}

/* To the byte: also what no field above shows. */
static bool
is_equal(const struct incident *a, const struct incident *b)
{
	static unsigned char left[INCIDENT_ROW_BYTES];
	static unsigned char right[INCIDENT_ROW_BYTES];
	struct buf one;
	struct buf other;

	buf_write(&one, left, sizeof(left));
	buf_write(&other, right, sizeof(right));
	incident_encode(a, &one);
	incident_encode(b, &other);
	return buf_ok(&one) && buf_ok(&other) && one.at == other.at &&
	       memcmp(left, right, one.at) == 0;
}

json_t *
backtest_json_incident(const struct incident *stored, const struct incident *replayed,
    const struct backtest_span *span)
{
	json_t *fields = json_array();
	json_t *then = evidence_json(stored);
	json_t *now = replayed != NULL ? evidence_json(replayed) : json_array();
	bool has_same_evidence = json_equal(then, now) == 1;
	bool same = replayed != NULL && is_equal(stored, replayed);

	if (replayed != NULL) {
		(void)add_names(fields, stored, replayed);
		(void)add_numbers(fields, stored, replayed);
		(void)add_times(fields, stored, replayed);
	}
	return json_pack("{sI so sb so so s{so so sb}}", "incident",
	    (json_int_t)stored->id, "replayed_as",
	    api_json_some(replayed != NULL ? replayed->id : 0), "same", (int)same,
	    "journal", journal_json(span, stored->onset_at), "fields", fields,
	    "evidence", "stored", then, "replayed", now, "same",
	    (int)has_same_evidence);
}
