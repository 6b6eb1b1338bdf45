#include "collector/core/render.h"

#include "collector/core/catalogue.h"
#include "common/core/rfc3339.h"
#include "common/core/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	TEXT_LINES = 2,    /* strongest facts that a person reads first */
	LINE_BYTES = 384,  /* one fact */
	TEXT_BYTES = 2048, /* the message for people */
	PPM = 1000000
};

void
render_duration(int64_t duration_ns, char out[32])
{
	long long s = duration_ns < 0 ? 0 : (long long)(duration_ns / CLOCK_NS_PER_S);

	if (s < 120) {
		(void)snprintf(out, 32, "%lld s", s);
	} else if (s < 7200) {
		(void)snprintf(out, 32, "%lld min", s / 60);
	} else if (s < 172800) {
		(void)snprintf(out, 32, "%lld h %lld min", s / 3600, s / 60 % 60);
	} else {
		(void)snprintf(out, 32, "%lld d %lld h", s / 86400, s / 3600 % 24);
	}
}

/* Rounded towards doubt: "97 %" means at least that; certainty is never claimed. */
static void
add_percent(struct text *text, uint32_t ppm)
{
	if (ppm < PPM / 100) {
		text_add(text, "<1 %");
		return;
	}
	if (ppm >= PPM / 1000 * 995) {
		text_add(text, ">99 %");
		return;
	}
	text_uint(text, ppm / (PPM / 100));
	text_add(text, " %");
}

static void
add_headline(struct text *text, const struct incident *incident)
{
	if (incident->state == INCIDENT_RESOLVED) {
		char duration[32];

		render_duration(
		    wall_since(incident->resolved_at, incident->onset_at), duration);
		text_add(text, "Resolved after ");
		text_add(text, duration);
		text_add(text, ": ");
	}
	text_add(text, verdict_title(incident->verdict));
	text_add(text, ": ");
	text_add(text, incident->scope_text);
	text_add(text, ", ");
	if (incident->suspect != incident->verdict &&
	    incident->suspect != VERDICT_HEALTHY) {
		text_add(text, "perhaps ");
		text_add(text, verdict_name(incident->suspect));
		text_add(text, " (");
		add_percent(text, incident->confidence_ppm);
		text_add(text, ")");
		return;
	}
	if (incident->confidence_ppm == 0) { /* a rule counted, nothing was weighed */
		text_add(text, "found by the rule");
		return;
	}
	add_percent(text, incident->confidence_ppm);
	text_add(text, " sure");
}

size_t
render_headline(const struct incident *incident, char *out, size_t cap)
{
	struct text text;

	text_init(&text, out, cap);
	add_headline(&text, incident);
	return text.len;
}

/* Weight of a line; what had no line of its own comes last. */
static int32_t
weight(const struct incident_evidence *evidence)
{
	return evidence->role == ROLE_COUNT ? INT32_MIN : evidence->mnats;
}

/* Index of the `rank`th strongest line of evidence (0 = strongest; equals in their
 * order). */
static size_t
strongest(const struct incident *incident, size_t rank)
{
	for (size_t i = 0; i < incident->evidence_len; i++) {
		int32_t mine = weight(&incident->evidence[i]);
		size_t above = 0;

		for (size_t k = 0; k < incident->evidence_len; k++) {
			int32_t other = weight(&incident->evidence[k]);

			above += other > mine || (other == mine && k < i) ? 1 : 0;
		}
		if (above == rank) {
			return i;
		}
	}
	return 0;
}

static const char *
role_words(enum probe_role role)
{
	switch (role) {
	case ROLE_TARGET:
		return " requests";
	case ROLE_FREE:
		return " free calls";
	case ROLE_CONTROL:
		return "control requests";
	case ROLE_SOURCE:
	case ROLE_COUNT:
		break;
	}
	return "status pages";
}

/* "412 x timeout (wait), nano-banana-pro requests from eu-west,us-east" */
static void
add_evidence(struct text *text, const struct incident_evidence *evidence)
{
	if (evidence->role == ROLE_COUNT) {
		text_uint(text, evidence->count);
		text_add(text, " other results");
		return;
	}
	text_uint(text, evidence->count);
	text_add(text, " x ");
	text_add(text, outcome_name(evidence->outcome));
	if (evidence->outcome != OUTCOME_OK) {
		text_add(text, " (");
		text_add(text, phase_name(evidence->phase));
		text_add(text, ")");
	}
	text_add(text, ", ");
	if (evidence->role == ROLE_TARGET || evidence->role == ROLE_FREE) {
		text_add(text, evidence->target);
	}
	text_add(text, role_words(evidence->role));
	if (evidence->regions[0] != '\0') {
		text_add(text, " from ");
		text_add(text, evidence->regions);
	}
}

/* The `i`th fact; false past the last. Evidence first, then what bounds it. */
static bool
fact(const struct incident *incident, size_t lines, size_t i, char out[LINE_BYTES])
{
	size_t evidence =
	    incident->evidence_len < lines ? incident->evidence_len : lines;
	struct text text;

	text_init(&text, out, LINE_BYTES);
	if (i < evidence) {
		add_evidence(&text, &incident->evidence[strongest(incident, i)]);
		return true;
	}
	switch (i - evidence) {
	case 0:
		text_add(&text, "About ");
		add_percent(&text, incident->rate_ppm);
		text_add(&text, " of requests affected; ");
		text_uint(&text, incident->agents_reporting);
		text_add(&text, " of ");
		text_uint(&text, incident->agents_total);
		text_add(&text, " agents reporting");
		return true;
	case 1:
		text_add(&text, "Bad: ");
		text_add(&text,
		    incident->regions_bad[0] != '\0' ? incident->regions_bad : "none");
		if (incident->regions_good[0] != '\0') {
			text_add(&text, "; good: ");
			text_add(&text, incident->regions_good);
		}
		return true;
	case 2:
		if (incident->rival == VERDICT_HEALTHY) {
			return false;
		}
		text_add(&text, "Runner-up: ");
		text_add(&text, verdict_title(incident->rival));
		text_add(&text, ", ");
		text_add(&text, incident->rival_text);
		text_add(&text, ", ");
		add_percent(&text, incident->rival_ppm);
		return true;
	}
	return false;
}

static void
add_why(struct text *text, const struct incident *incident, size_t lines)
{
	char line[LINE_BYTES];

	for (size_t i = 0; fact(incident, lines, i, line); i++) {
		if (i > 0) {
			text_char(text, '\n');
		}
		text_add(text, line);
	}
}

size_t
render_why(const struct incident *incident, char *out, size_t cap)
{
	struct text text;

	text_init(&text, out, cap);
	add_why(&text, incident, TEXT_LINES);
	return text.len;
}

static const char *
step_at(const struct incident *incident, size_t i)
{
	if (incident->state == INCIDENT_RESOLVED) {
		return i == 0 ? catalogue_text(LANGUAGE_EN, CATALOGUE_UNDO) : NULL;
	}
	return catalogue_step(LANGUAGE_EN, incident->verdict, i);
}

size_t
render_next(const struct incident *incident, char *out, size_t cap)
{
	struct text text;

	text_init(&text, out, cap);
	for (size_t i = 0; step_at(incident, i) != NULL; i++) {
		if (i > 0) {
			text_char(&text, '\n');
		}
		text_add(&text, step_at(incident, i));
	}
	return text.len;
}

static const char *
prefix_of(const struct incident *incident, enum message_kind kind)
{
	if (kind == MESSAGE_RESOLVED) {
		return "[resolved] ";
	}
	switch (incident->level) {
	case LEVEL_CRITICAL:
		return kind == MESSAGE_UPDATE ? "[critical, update] " : "[CRITICAL] ";
	case LEVEL_WARNING:
		return kind == MESSAGE_UPDATE ? "[warning, update] " : "[WARNING] ";
	case LEVEL_INFO:
	case LEVEL_COUNT:
		break;
	}
	return kind == MESSAGE_UPDATE ? "[info, update] " : "[info] ";
}

static size_t
resolved_in(const struct render_group *group)
{
	size_t resolved = 0;

	for (size_t i = 0; i < group->len; i++) {
		resolved += group->item[i].kind == MESSAGE_RESOLVED ? 1 : 0;
	}
	return resolved;
}

/* "12 incidents, 3 firing: Upstream outage: ..." */
static void
add_group_headline(struct text *text, const struct render_group *group)
{
	text_uint(text, group->len);
	text_add(text, group->len == 1 ? " incident, " : " incidents, ");
	text_uint(text, group->firing);
	text_add(text, " firing: ");
	add_headline(text, group->leader);
}

static void
add_group(struct text *text, const struct render_group *group)
{
	for (size_t i = 0; i < group->len && i < RENDER_LISTED; i++) {
		const struct incident *incident = group->item[i].incident;

		text_uint(text, incident->id);
		text_add(text,
		    group->item[i].kind == MESSAGE_RESOLVED ? ". resolved: " : ". ");
		text_add(text, verdict_title(incident->verdict));
		text_add(text, ": ");
		text_add(text, incident->scope_text);
		text_char(text, '\n');
	}
	if (group->len > RENDER_LISTED) {
		text_add(text, "and ");
		text_uint(text, group->len - RENDER_LISTED);
		text_add(text, " more");
		text_char(text, '\n');
	}
}

static void
add_head(struct text *text, const struct incident *incident,
    const struct render_group *group)
{
	if (group != NULL) {
		add_group_headline(text, group);
		text_char(text, '\n');
		add_group(text, group);
		return;
	}
	add_headline(text, incident);
	text_char(text, '\n');
}

static void
add_number(struct text *text, const struct incident *incident,
    const struct render_group *group)
{
	char id[32];

	if (group == NULL) {
		text_add(text, "Incident ");
		text_uint(text, incident->id);
		return;
	}
	(void)snprintf(id, sizeof(id), "Group %016llx", (unsigned long long)group->id);
	text_add(text, id);
}

/* What a person reads, on a phone, at night. */
static void
render_text(const struct incident *incident, const struct render_group *group,
    enum message_kind kind, uint32_t seq, struct wall at, char out[TEXT_BYTES])
{
	struct text text;
	char since[RFC3339_BYTES];
	char duration[32];

	text_init(&text, out, TEXT_BYTES);
	text_add(&text, prefix_of(incident, kind));
	add_head(&text, incident, group);
	if (incident->state == INCIDENT_OPEN) {
		text_add(&text,
		    catalogue_blame(LANGUAGE_EN, verdict_blame(incident->verdict)));
		rfc3339_write(incident->onset_at, since);
		render_duration(wall_since(at, incident->onset_at), duration);
		text_add(
		    &text, incident->reopened > 0 ? " It is back, since " : " Since ");
		text_add(&text, since);
		text_add(&text, " (");
		text_add(&text, duration);
		text_add(&text, incident->is_flapping ? "); it comes and goes." : ").");
		text_char(&text, '\n');
		add_why(&text, incident, TEXT_LINES);
		text_char(&text, '\n');
		if (incident->external[0] != '\0') {
			text_add(&text, incident->verdict == VERDICT_BUDGET
					    ? "Our books say: "
					    : "They say: ");
			text_add(&text, incident->external);
			text_char(&text, '\n');
		}
	}
	for (size_t i = 0; step_at(incident, i) != NULL; i++) {
		text_add(&text, i == 0 ? "Do: " : " ");
		text_add(&text, step_at(incident, i));
	}
	text_char(&text, '\n');
	add_number(&text, incident, group);
	text_add(&text, ", message ");
	text_uint(&text, seq);
}

static void
json_key(struct text *text, const char *key)
{
	if (text->data[text->len - 1] != '{') {
		text_char(text, ',');
	}
	text_json(text, key, 64);
	text_char(text, ':');
}

static void
json_text(struct text *text, const char *key, const char *value, size_t bytes_max)
{
	json_key(text, key);
	text_json(text, value, bytes_max);
}

static void
json_uint(struct text *text, const char *key, uint64_t value)
{
	json_key(text, key);
	text_uint(text, value);
}

/* A share of 1 as a JSON number, exact, without floating point. */
static void
json_share(struct text *text, const char *key, uint32_t ppm)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%u.%06u", ppm / PPM, ppm % PPM);
	json_key(text, key);
	text_add(text, number);
}

static void
json_time(struct text *text, const char *key, struct wall at)
{
	char time[RFC3339_BYTES];

	json_key(text, key);
	if (at.ns == 0) {
		text_add(text, "null");
		return;
	}
	rfc3339_write(at, time);
	text_json(text, time, 64);
}

static void
json_scope(struct text *text, const struct incident *incident)
{
	json_key(text, "scope");
	text_char(text, '{');
	json_text(text, "kind", scope_kind_name(incident->scope_kind), 32);
	json_text(text, "name", incident->scope_name, 2 * LIMIT_NAME_BYTES);
	json_text(text, "target", incident->target, 2 * LIMIT_NAME_BYTES);
	json_text(text, "text", incident->scope_text, 2 * INCIDENT_SCOPE_BYTES);
	json_text(
	    text, "regions_bad", incident->regions_bad, 2 * INCIDENT_REGIONS_BYTES);
	json_text(
	    text, "regions_good", incident->regions_good, 2 * INCIDENT_REGIONS_BYTES);
	text_char(text, '}');
}

static void
json_lists(struct text *text, const struct incident *incident)
{
	char line[LINE_BYTES];

	json_key(text, "why");
	text_char(text, '[');
	for (size_t i = 0; fact(incident, 2 * TEXT_LINES, i, line); i++) {
		if (i > 0) {
			text_char(text, ',');
		}
		text_json(text, line, LINE_BYTES + 64);
	}
	text_char(text, ']');
	json_key(text, "next");
	text_char(text, '[');
	for (size_t i = 0; step_at(incident, i) != NULL; i++) {
		if (i > 0) {
			text_char(text, ',');
		}
		text_json(text, step_at(incident, i), 256);
	}
	text_char(text, ']');
}

/* The strongest facts in parts, for channels that say them in another language. */
static void
json_evidence(struct text *text, const struct incident *incident)
{
	json_key(text, "evidence");
	text_char(text, '[');
	for (size_t i = 0; i < incident->evidence_len && i < TEXT_LINES; i++) {
		const struct incident_evidence *evidence =
		    &incident->evidence[strongest(incident, i)];
		bool is_rest = evidence->role == ROLE_COUNT;

		if (i > 0) {
			text_char(text, ',');
		}
		text_char(text, '{');
		json_text(text, "role",
		    is_rest ? "rest" : probe_role_name(evidence->role), 32);
		json_text(text, "target", evidence->target, 2 * LIMIT_NAME_BYTES);
		json_text(text, "outcome",
		    is_rest ? "" : outcome_name(evidence->outcome), 64);
		json_text(
		    text, "phase", is_rest ? "" : phase_name(evidence->phase), 32);
		json_uint(text, "count", evidence->count);
		json_text(
		    text, "regions", evidence->regions, 2 * INCIDENT_REGIONS_BYTES);
		text_char(text, '}');
	}
	text_char(text, ']');
}

/* How many results there were, and how many of them failed. */
static void
json_results(struct text *text, const struct incident *incident)
{
	uint64_t failed = 0;
	uint64_t total = 0;

	for (size_t i = 0; i < incident->evidence_len; i++) {
		const struct incident_evidence *evidence = &incident->evidence[i];

		if (evidence->role == ROLE_TARGET || evidence->role == ROLE_FREE) {
			total += evidence->count;
			failed += evidence->outcome == OUTCOME_OK ? 0 : evidence->count;
		}
	}
	json_uint(text, "results_failed", failed);
	json_uint(text, "results_total", total);
}

static void
json_facts(struct text *text, const struct incident *incident)
{
	enum blame blame = verdict_blame(incident->verdict);

	json_text(text, "verdict", verdict_name(incident->verdict), 64);
	json_text(text, "suspect", verdict_name(incident->suspect), 64);
	json_text(text, "title", verdict_title(incident->verdict), 128);
	json_text(text, "blame", blame_name(blame), 32);
	json_text(text, "level", level_name(incident->level), 32);
	json_scope(text, incident);
	json_time(text, "since", incident->onset_at);
	json_time(text, "opened", incident->opened_at);
	json_time(text, "resolved", incident->resolved_at);
	json_uint(text, "reopened", incident->reopened);
	json_key(text, "flapping");
	text_add(text, incident->is_flapping ? "true" : "false");
	json_share(text, "confidence", incident->confidence_ppm);
	json_share(text, "rate", incident->rate_ppm);
	json_uint(text, "agents_reporting", incident->agents_reporting);
	json_uint(text, "agents_total", incident->agents_total);
	json_key(text, "rival");
	if (incident->rival == VERDICT_HEALTHY) {
		text_add(text, "null");
	} else {
		text_char(text, '{');
		json_text(text, "verdict", verdict_name(incident->rival), 64);
		json_text(text, "text", incident->rival_text, 2 * INCIDENT_SCOPE_BYTES);
		json_share(text, "confidence", incident->rival_ppm);
		text_char(text, '}');
	}
	json_text(text, "external", incident->external, 2 * INCIDENT_NOTE_BYTES);
	json_lists(text, incident);
	json_evidence(text, incident);
	json_results(text, incident);
}

size_t
render_test(const char *channel, struct wall at, char *out, size_t cap)
{
	struct text text;

	assert(cap >= RENDER_JSON_BYTES);
	text_init(&text, out, cap);
	text_char(&text, '{');
	json_text(&text, "schema", "parallax.alert/1", 32);
	json_text(&text, "kind", message_kind_name(MESSAGE_FIRING), 32);
	json_key(&text, "test");
	text_add(&text, "true");
	json_uint(&text, "seq", 0);
	json_time(&text, "at", at);
	json_uint(&text, "incident", 0);
	json_text(&text, "state", incident_state_name(INCIDENT_OPEN), 32);
	json_text(&text, "level", level_name(LEVEL_INFO), 32);
	json_text(&text, "verdict", verdict_name(VERDICT_HEALTHY), 64);
	json_text(&text, "channel", channel, 2 * LIMIT_NAME_BYTES);
	json_time(&text, "since", at);
	json_text(&text, "headline", "Test of this channel", 64);
	json_text(&text, "text", catalogue_text(LANGUAGE_EN, CATALOGUE_TEST_TEXT), 256);
	text_char(&text, '}');
	assert(!text.cut);
	return text.len;
}

static void
json_group(struct text *text, const struct render_group *group)
{
	char id[24];

	(void)snprintf(id, sizeof(id), "%016llx", (unsigned long long)group->id);
	json_text(text, "group", id, 32);
	json_uint(text, "group_firing", group->firing);
	json_uint(text, "group_resolved", resolved_in(group));
	json_uint(text, "group_told", group->len);
	json_key(text, "incidents");
	text_char(text, '[');
	for (size_t i = 0; i < group->len && i < RENDER_LISTED; i++) {
		const struct incident *incident = group->item[i].incident;

		if (i > 0) {
			text_char(text, ',');
		}
		text_char(text, '{');
		json_uint(text, "incident", incident->id);
		json_text(text, "kind", message_kind_name(group->item[i].kind), 32);
		json_text(text, "level", level_name(incident->level), 32);
		json_text(text, "verdict", verdict_name(incident->verdict), 64);
		json_text(text, "text", incident->scope_text, 2 * INCIDENT_SCOPE_BYTES);
		json_time(text, "since", incident->onset_at);
		text_char(text, '}');
	}
	text_char(text, ']');
	json_key(text, "members");
	text_char(text, '[');
	for (size_t i = 0; i < group->len; i++) {
		if (i > 0) {
			text_char(text, ',');
		}
		text_uint(text, group->item[i].incident->id);
	}
	text_char(text, ']');
}

/* `group` is NULL for an incident alone. */
static size_t
write_json(const struct incident *incident, const struct render_group *group,
    enum message_kind kind, uint32_t seq, struct wall at, struct text *text)
{
	char message[TEXT_BYTES];
	char headline[RENDER_HEADLINE_BYTES];
	struct text head;

	text_char(text, '{');
	json_text(text, "schema", "parallax.alert/1", 32);
	json_text(text, "kind", message_kind_name(kind), 32);
	json_uint(text, "seq", seq);
	json_time(text, "at", at);
	json_uint(text, "incident", incident->id);
	json_text(text, "state", incident_state_name(incident->state), 32);
	text_init(&head, headline, sizeof(headline));
	if (group != NULL) {
		add_group_headline(&head, group);
	} else {
		add_headline(&head, incident);
	}
	json_text(text, "headline", headline, 2 * RENDER_HEADLINE_BYTES);
	json_facts(text, incident);
	if (group != NULL) {
		json_group(text, group);
	}
	render_text(incident, group, kind, seq, at, message);
	json_text(text, "text", message, TEXT_BYTES + 512);
	text_char(text, '}');
	assert(!text->cut);
	return text->len;
}

size_t
render_json(const struct incident *incident, enum message_kind kind, uint32_t seq,
    struct wall at, char *out, size_t cap)
{
	struct text text;

	assert(cap >= RENDER_JSON_BYTES);
	text_init(&text, out, cap);
	return write_json(incident, NULL, kind, seq, at, &text);
}

size_t
render_group_json(const struct render_group *group, enum message_kind kind,
    uint32_t seq, struct wall at, char *out, size_t cap)
{
	struct text text;

	assert(cap >= RENDER_JSON_BYTES);
	text_init(&text, out, cap);
	return write_json(group->leader, group, kind, seq, at, &text);
}
