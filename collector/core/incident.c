#include "collector/core/incident.h"
#include "collector/core/provider.h"

#include "common/core/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	INCIDENT_VERSION =
	    4, /* 1 had no tier, 2 no course, 3 no targets of a provider */
	TIMELINE_VERSION = 1
};

const char *
incident_state_name(enum incident_state state)
{
	return state == INCIDENT_OPEN ? "open" : "resolved";
}

const char *
scope_kind_name(enum scope_kind kind)
{
	switch (kind) {
	case SCOPE_TARGET:
		return "target";
	case SCOPE_SERVING:
		return "serving";
	case SCOPE_REGION:
		return "region";
	case SCOPE_DOMAIN:
		return "domain";
	case SCOPE_AGENT:
		return "agent";
	case SCOPE_KEY:
		return "key";
	case SCOPE_PROVIDER:
		return "provider";
	case SCOPE_FLEET:
		break;
	}
	return "fleet";
}

/* A cleaned copy: names come from a file somebody wrote, notes from status pages. */
static void
copy(char *out, size_t cap, const char *in)
{
	struct text text;

	text_init(&text, out, cap);
	text_add(&text, in == NULL ? "" : in);
}

/* Adds a name to a comma-separated list; ",..." stands for those that did not fit, so a list
 * is never mistaken for a whole one. False when it is full. */
static bool
list_name(struct text *text, const char *name)
{
	if (text->len + strlen(name) + sizeof(",,...") > text->cap) {
		text_add(text, text->len > 0 ? ",..." : "...");
		return false;
	}
	if (text->len > 0) {
		text_char(text, ',');
	}
	text_add(text, name);
	return true;
}

static void
region_names(const struct topology *topology, uint64_t mask, char *out, size_t cap)
{
	struct text text;
	bool fits = true;

	text_init(&text, out, cap);
	for (uint16_t i = 0; i < topology->region_len && i < 64 && fits; i++) {
		if ((mask >> i & 1) != 0) {
			fits = list_name(&text, topology->region[i].name);
		}
	}
}

static void
target_names(const struct topology *topology, uint64_t mask, char *out, size_t cap)
{
	struct text text;
	bool fits = true;

	text_init(&text, out, cap);
	for (uint16_t i = 0; i < topology->target_len && i < 64 && fits; i++) {
		if ((mask >> i & 1) != 0) {
			fits = list_name(&text, topology->target[i].name);
		}
	}
}

static uint64_t
serving_mask(const struct topology *topology, const struct scope *scope)
{
	uint64_t mask = 0;

	if (topology->serving_of == NULL || scope->target >= topology->target_len) {
		return 0;
	}
	for (size_t i = 0; i < topology->region_len && i < 64; i++) {
		size_t at = i * topology->target_len + scope->target;

		if (topology->serving_of[at] == scope->index) {
			mask |= UINT64_C(1) << i;
		}
	}
	return mask;
}

/* The name of what the scope's index points at; "?" for an index the configuration does
 * not know, which is ugly but does not hide the rest. */
static void
scope_name(
    const struct topology *topology, const struct scope *scope, char *out, size_t cap)
{
	const char *name = "?";

	switch (scope->kind) {
	case SCOPE_SERVING:
		region_names(topology, serving_mask(topology, scope), out, cap);
		return;
	case SCOPE_REGION:
		if (scope->index < topology->region_len) {
			name = topology->region[scope->index].name;
		}
		break;
	case SCOPE_DOMAIN:
		if (scope->index < topology->domain_len) {
			name = topology->domain[scope->index].name;
		}
		break;
	case SCOPE_AGENT:
		if (scope->index < topology->agent_len) {
			name = topology->agent[scope->index].name;
		}
		break;
	case SCOPE_KEY:
		if (scope->index < topology->key_len) {
			name = topology->key[scope->index].name;
		}
		break;
	case SCOPE_PROVIDER:
		name = provider_name(topology, scope->index);
		break;
	case SCOPE_TARGET:
	case SCOPE_FLEET:
		name = "";
		break;
	}
	copy(out, cap, name);
}

static const char *
target_name(const struct topology *topology, uint16_t target)
{
	return target < topology->target_len ? topology->target[target].name : "";
}

/* What stands between the target and the scope's name: "T from region R". */
static const char *
scope_word(enum scope_kind kind, bool with_target)
{
	switch (kind) {
	case SCOPE_TARGET:
		return " everywhere";
	case SCOPE_SERVING:
		return with_target ? " as served to " : "as served to ";
	case SCOPE_REGION:
		return with_target ? " from region " : "region ";
	case SCOPE_DOMAIN:
		return with_target ? " from regions on " : "regions on ";
	case SCOPE_AGENT:
		return with_target ? " from agent " : "agent ";
	case SCOPE_KEY:
		return with_target ? " with key " : "key ";
	case SCOPE_FLEET:
	case SCOPE_PROVIDER:
		break;
	}
	return with_target ? " from all agents" : "all agents";
}

/* "google-ai: 2 of 3 targets (gemini,vertex)". */
static void
provider_text(struct text *text, const struct topology *topology,
    const struct scope *scope, uint64_t targets)
{
	uint64_t all = provider_targets(topology, scope->index);
	char names[INCIDENT_SCOPE_BYTES];
	char count[48];

	text_add(text, provider_name(topology, scope->index));
	if (targets == 0 || targets == all) {
		(void)snprintf(
		    count, sizeof(count), ": %d targets", __builtin_popcountll(all));
	} else {
		(void)snprintf(count, sizeof(count), ": %d of %d targets",
		    __builtin_popcountll(targets), __builtin_popcountll(all));
	}
	text_add(text, count);
	if (targets != 0 && text->len + sizeof(" (,...)") < text->cap) {
		size_t room = text->cap - text->len - sizeof(" ()") + 1;

		target_names(topology, targets, names,
		    room < sizeof(names) ? room : sizeof(names));
		text_add(text, " (");
		text_add(text, names);
		text_add(text, ")");
	}
}

static void
scope_text(const struct topology *topology, const struct scope *scope, uint64_t targets,
    char *out, size_t cap)
{
	const char *target = target_name(topology, scope->target);
	char name[LIMIT_NAME_BYTES];
	struct text text;

	scope_name(topology, scope, name, sizeof(name));
	text_init(&text, out, cap);
	if (scope->kind == SCOPE_PROVIDER) {
		provider_text(&text, topology, scope, targets);
		return;
	}
	text_add(&text, target);
	text_add(&text, scope_word(scope->kind, target[0] != '\0'));
	text_add(&text, name);
}

static enum level
level_of(const struct topology *topology, const struct finding *finding)
{
	uint16_t target = finding->scope.target;

	if (target < topology->target_len &&
	    topology->target[target].tier == TIER_TEST) {
		return LEVEL_INFO;
	}
	return verdict_level(finding->verdict);
}

/* Of the scope's target; else of the most important one that it can touch. Whose tier is not
 * known concerns everybody. */
static enum tier
tier_of(const struct topology *topology, const struct scope *scope)
{
	enum tier tier = TIER_COUNT;

	for (uint16_t t = 0; t < topology->target_len; t++) {
		bool is_meant =
		    scope->target >= topology->target_len || scope->target == t;
		bool has_key = scope->kind != SCOPE_KEY || topology->key_of == NULL;

		for (uint16_t a = 0; a < topology->agent_len && !has_key; a++) {
			has_key =
			    topology->key_of[(size_t)a * topology->target_len + t] ==
			    scope->index;
		}
		if (scope->kind == SCOPE_PROVIDER) {
			is_meant =
			    (provider_targets(topology, scope->index) >> t & 1) != 0;
		}
		if (is_meant && has_key && topology->target[t].tier < tier) {
			tier = topology->target[t].tier;
		}
	}
	return tier == TIER_COUNT ? TIER_CORE : tier;
}

static void
describe_evidence(struct incident *incident, const struct topology *topology,
    const struct finding *finding)
{
	size_t len = finding->evidence_len;

	assert(len <= CORRELATE_EVIDENCE);
	incident->evidence_len = (uint16_t)len;
	for (size_t i = 0; i < len; i++) {
		const struct evidence_line *from = &finding->evidence[i];
		struct incident_evidence *to = &incident->evidence[i];

		to->role = from->role;
		to->outcome = from->outcome;
		to->phase = from->phase;
		to->count = from->count;
		to->mnats = from->mnats;
		to->rival_mnats = from->rival_mnats;
		copy(to->target, sizeof(to->target),
		    target_name(topology, from->target));
		region_names(
		    topology, from->region_mask, to->regions, sizeof(to->regions));
	}
}

void
incident_describe(struct incident *incident, const struct topology *topology,
    const struct finding *finding, const char *external, struct now now)
{
	incident->verdict = finding->verdict;
	incident->suspect = finding->suspect;
	incident->level = level_of(topology, finding);
	incident->tier = tier_of(topology, &finding->scope);
	incident->scope_kind = finding->scope.kind;
	scope_name(topology, &finding->scope, incident->scope_name,
	    sizeof(incident->scope_name));
	copy(incident->target, sizeof(incident->target),
	    target_name(topology, finding->scope.target));
	target_names(
	    topology, finding->targets, incident->targets, sizeof(incident->targets));
	scope_text(topology, &finding->scope, finding->targets, incident->scope_text,
	    sizeof(incident->scope_text));
	incident->rival = finding->rival;
	incident->rival_text[0] = '\0';
	if (finding->rival != VERDICT_HEALTHY) { /* there may be no runner-up */
		scope_text(topology, &finding->rival_scope, 0, incident->rival_text,
		    sizeof(incident->rival_text));
	}
	incident->confidence_ppm = finding->confidence_ppm;
	incident->rival_ppm = finding->rival_ppm;
	incident->rate_ppm = finding->rate_ppm;
	incident->statistic_mnats = finding->statistic_mnats;
	incident->threshold_mnats = finding->threshold_mnats;
	incident->agents_reporting = finding->agents_reporting;
	incident->agents_total = finding->agents_total;
	region_names(topology, finding->regions_bad, incident->regions_bad,
	    sizeof(incident->regions_bad));
	region_names(topology, finding->regions_good, incident->regions_good,
	    sizeof(incident->regions_good));
	copy(incident->external, sizeof(incident->external), external);
	/* Journal time is about now: the wall's clock of that moment is this one's, shifted. */
	incident->onset_at =
	    wall_add(now.wall, mono_since(finding->onset_at, now.mono));
	incident->course_from = wall_add(now.wall, -now.mono.ns);
	incident->course = finding->course;
	incident->is_past = finding->is_past;
	incident->is_flapping = finding->is_flapping;
	describe_evidence(incident, topology, finding);
}

static void
encode_evidence(const struct incident_evidence *evidence, struct buf *buf)
{
	buf_put_varint(buf, (uint64_t)evidence->role);
	buf_put_varint(buf, (uint64_t)evidence->outcome);
	buf_put_varint(buf, (uint64_t)evidence->phase);
	buf_put_varint(buf, evidence->count);
	buf_put_signed(buf, evidence->mnats);
	buf_put_signed(buf, evidence->rival_mnats);
	buf_put_text(buf, evidence->target);
	buf_put_text(buf, evidence->regions);
}

void
incident_encode(const struct incident *incident, struct buf *buf)
{
	buf_put_varint(buf, INCIDENT_VERSION);
	buf_put_varint(buf, incident->id);
	buf_put_varint(buf, incident->finding_id);
	buf_put_varint(buf, (uint64_t)incident->state);
	buf_put_varint(buf, (uint64_t)incident->verdict);
	buf_put_varint(buf, (uint64_t)incident->first_verdict);
	buf_put_varint(buf, (uint64_t)incident->suspect);
	buf_put_varint(buf, (uint64_t)incident->level);
	buf_put_varint(buf, (uint64_t)incident->scope_kind);
	buf_put_text(buf, incident->scope_name);
	buf_put_text(buf, incident->target);
	buf_put_text(buf, incident->scope_text);
	buf_put_varint(buf, (uint64_t)incident->rival);
	buf_put_text(buf, incident->rival_text);
	buf_put_varint(buf, incident->confidence_ppm);
	buf_put_varint(buf, incident->rival_ppm);
	buf_put_varint(buf, incident->rate_ppm);
	buf_put_signed(buf, incident->statistic_mnats);
	buf_put_signed(buf, incident->threshold_mnats);
	buf_put_varint(buf, incident->agents_reporting);
	buf_put_varint(buf, incident->agents_total);
	buf_put_text(buf, incident->regions_bad);
	buf_put_text(buf, incident->regions_good);
	buf_put_text(buf, incident->external);
	buf_put_signed(buf, incident->onset_at.ns);
	buf_put_signed(buf, incident->opened_at.ns);
	buf_put_signed(buf, incident->changed_at.ns);
	buf_put_signed(buf, incident->resolved_at.ns);
	buf_put_varint(buf, incident->updates);
	buf_put_varint(buf, incident->reopened);
	buf_put_varint(buf, incident->is_past ? 1 : 0);
	buf_put_varint(buf, incident->is_flapping ? 1 : 0);
	buf_put_varint(buf, incident->evidence_len);
	for (size_t i = 0; i < incident->evidence_len; i++) {
		encode_evidence(&incident->evidence[i], buf);
	}
	buf_put_varint(buf, (uint64_t)incident->tier);
	buf_put_signed(buf, incident->course_from.ns);
	course_save(&incident->course, buf);
	buf_put_text(buf, incident->targets);
}

/* A number that must be below `bound`; anything else fails the row. */
static uint64_t
get_below(struct buf *buf, uint64_t bound)
{
	uint64_t value = buf_get_varint(buf);

	if (value >= bound) {
		buf->failed = true;
		return 0;
	}
	return value;
}

static uint32_t
get_u32(struct buf *buf)
{
	return (uint32_t)get_below(buf, UINT64_C(1) << 32);
}

static int32_t
get_i32(struct buf *buf)
{
	int64_t value = buf_get_signed(buf);

	if (value < INT32_MIN || value > INT32_MAX) {
		buf->failed = true;
		return 0;
	}
	return (int32_t)value;
}

static void
decode_evidence(struct buf *buf, struct incident_evidence *out)
{
	out->role = (enum probe_role)get_below(buf, ROLE_COUNT + 1);
	out->outcome = (enum outcome)get_below(buf, OUTCOME_COUNT);
	out->phase = (enum phase)get_below(buf, PHASE_COUNT);
	out->count = get_u32(buf);
	out->mnats = get_i32(buf);
	out->rival_mnats = get_i32(buf);
	buf_get_text(buf, out->target, sizeof(out->target));
	buf_get_text(buf, out->regions, sizeof(out->regions));
}

static void
decode_facts(struct buf *buf, struct incident *out)
{
	out->scope_kind = (enum scope_kind)get_below(buf, SCOPE_PROVIDER + 1);
	buf_get_text(buf, out->scope_name, sizeof(out->scope_name));
	buf_get_text(buf, out->target, sizeof(out->target));
	buf_get_text(buf, out->scope_text, sizeof(out->scope_text));
	out->rival = (enum verdict)get_below(buf, VERDICT_COUNT);
	buf_get_text(buf, out->rival_text, sizeof(out->rival_text));
	out->confidence_ppm = get_u32(buf);
	out->rival_ppm = get_u32(buf);
	out->rate_ppm = get_u32(buf);
	out->statistic_mnats = get_i32(buf);
	out->threshold_mnats = get_i32(buf);
	out->agents_reporting = (uint16_t)get_below(buf, UINT16_MAX + 1);
	out->agents_total = (uint16_t)get_below(buf, UINT16_MAX + 1);
	buf_get_text(buf, out->regions_bad, sizeof(out->regions_bad));
	buf_get_text(buf, out->regions_good, sizeof(out->regions_good));
	buf_get_text(buf, out->external, sizeof(out->external));
}

enum err
incident_decode(struct buf *buf, struct incident *out)
{
	struct incident read;
	uint64_t version = buf_get_varint(buf);

	if (buf_ok(buf) && (version == 0 || version > INCIDENT_VERSION)) {
		return ERR_VERSION;
	}
	memset(&read, 0, sizeof(read));
	read.id = buf_get_varint(buf);
	read.finding_id = buf_get_varint(buf);
	read.state = (enum incident_state)get_below(buf, INCIDENT_RESOLVED + 1);
	read.verdict = (enum verdict)get_below(buf, VERDICT_COUNT);
	read.first_verdict = (enum verdict)get_below(buf, VERDICT_COUNT);
	read.suspect = (enum verdict)get_below(buf, VERDICT_COUNT);
	read.level = (enum level)get_below(buf, LEVEL_COUNT);
	decode_facts(buf, &read);
	read.onset_at.ns = buf_get_signed(buf);
	read.opened_at.ns = buf_get_signed(buf);
	read.changed_at.ns = buf_get_signed(buf);
	read.resolved_at.ns = buf_get_signed(buf);
	read.updates = get_u32(buf);
	read.reopened = get_u32(buf);
	read.is_past = get_below(buf, 2) == 1;
	read.is_flapping = get_below(buf, 2) == 1;
	read.evidence_len = (uint16_t)get_below(buf, CORRELATE_EVIDENCE + 1);
	for (size_t i = 0; i < read.evidence_len; i++) {
		decode_evidence(buf, &read.evidence[i]);
	}
	read.tier = version == 1 ? TIER_CORE : (enum tier)get_below(buf, TIER_COUNT);
	if (version > 2) {
		read.course_from.ns = buf_get_signed(buf);
		course_load(&read.course, buf);
	}
	if (version > 3) {
		buf_get_text(buf, read.targets, sizeof(read.targets));
	}
	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	*out = read;
	return ERR_OK;
}

void
timeline_encode(const struct timeline_row *row, struct buf *buf)
{
	buf_put_varint(buf, TIMELINE_VERSION);
	buf_put_varint(buf, row->seq);
	buf_put_signed(buf, row->at.ns);
	buf_put_varint(buf, (uint64_t)row->kind);
	buf_put_text(buf, row->event);
	buf_put_varint(buf, row->incident);
	buf_put_varint(buf, (uint64_t)row->verdict);
	buf_put_varint(buf, (uint64_t)row->level);
	buf_put_text(buf, row->scope);
	buf_put_text(buf, row->channel);
	buf_put_text(buf, row->text);
}

enum err
timeline_decode(struct buf *buf, struct timeline_row *out)
{
	struct timeline_row read;
	uint64_t version = buf_get_varint(buf);

	if (buf_ok(buf) && version != TIMELINE_VERSION) {
		return ERR_VERSION;
	}
	memset(&read, 0, sizeof(read));
	read.seq = buf_get_varint(buf);
	read.at.ns = buf_get_signed(buf);
	read.kind = (enum timeline_kind)get_below(buf, TIMELINE_KIND_COUNT);
	buf_get_text(buf, read.event, sizeof(read.event));
	read.incident = buf_get_varint(buf);
	read.verdict = (enum verdict)get_below(buf, VERDICT_COUNT);
	read.level = (enum level)get_below(buf, LEVEL_COUNT);
	buf_get_text(buf, read.scope, sizeof(read.scope));
	buf_get_text(buf, read.channel, sizeof(read.channel));
	buf_get_text(buf, read.text, sizeof(read.text));
	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	*out = read;
	return ERR_OK;
}
