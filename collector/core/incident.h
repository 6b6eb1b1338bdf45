/* incident - one fault as people know it: an id, a scope in words, evidence, a life
 * Room: collector/core (pure).
 *
 * The record, how it is made from a finding (correlate.h), and its bytes in the store.
 * Records carry names instead of indices, so that they are readable for ever, whatever the
 * configuration becomes. The table of the incidents that are alive is incidents.h. */
#ifndef COLLECTOR_CORE_INCIDENT_H
#define COLLECTOR_CORE_INCIDENT_H

#include "collector/core/correlate.h"
#include "common/core/buf.h"
#include "common/core/err.h"
#include "common/core/limits.h"

enum incident_state {
	INCIDENT_OPEN = 0,
	INCIDENT_RESOLVED
};

enum {
	INCIDENT_SCOPE_BYTES = 160, /* "nano-banana-pro everywhere", "region eu-west" */
	INCIDENT_REGIONS_BYTES = 256, /* names, comma-separated, cut with ",..." */
	INCIDENT_NOTE_BYTES = 256,
	INCIDENT_ROW_BYTES = 16384, /* incident_encode() never needs more */
	TIMELINE_EVENT_BYTES = 24,
	TIMELINE_TEXT_BYTES = 512,
	TIMELINE_ROW_BYTES = 1024 /* timeline_encode() never needs more */
};

/* A line of evidence with names. */
struct incident_evidence {
	enum probe_role role; /* ROLE_COUNT: whatever had no line of its own */
	enum outcome outcome;
	enum phase phase;
	uint32_t count;
	int32_t mnats;
	int32_t rival_mnats;
	char target[LIMIT_NAME_BYTES];
	char regions[INCIDENT_REGIONS_BYTES];
};

struct incident {
	uint64_t id; /* counts up from 1, never reused */
	uint64_t finding_id;
	enum incident_state state;
	enum verdict verdict;
	enum verdict first_verdict; /* what it was opened as */
	enum verdict suspect; /* best candidate: the verdict, unless that is unknown */
	enum level level;
	/* Of the most important target that is meant; kept with the incident, whatever the
	 * configuration becomes. */
	enum tier tier;
	enum scope_kind scope_kind;
	char scope_name
	    [LIMIT_NAME_BYTES]; /* region, agent, key, domain, provider; "" for targets */
	char target[LIMIT_NAME_BYTES]; /* "" when no single target is meant */
	/* of a provider's fault: names of the targets that show it, comma-separated, cut
	 * with ",..."; "" otherwise */
	char targets[INCIDENT_REGIONS_BYTES];
	char scope_text[INCIDENT_SCOPE_BYTES];
	enum verdict rival;
	char rival_text[INCIDENT_SCOPE_BYTES];
	uint32_t confidence_ppm; /* of the suspect */
	uint32_t rival_ppm;
	uint32_t rate_ppm;
	int32_t statistic_mnats;
	int32_t threshold_mnats;
	uint16_t agents_reporting;
	uint16_t agents_total;
	char regions_bad[INCIDENT_REGIONS_BYTES];
	char regions_good[INCIDENT_REGIONS_BYTES];
	char external[INCIDENT_NOTE_BYTES]; /* what the sources said, in words */
	struct wall onset_at;
	struct wall opened_at; /* first opening: part of the identity, never changes */
	struct wall changed_at;
	struct wall resolved_at; /* 0 while open */
	uint32_t updates;        /* changes of its facts while open */
	uint32_t reopened;
	bool is_past; /* was over before we learned of it: pages nobody */
	bool
	    is_flapping; /* comes and goes: coming back is no news within the cooldown */
	/* How sure it was of what, over time. The course's instants are journal time, which
	 * began at `course_from` on the wall clock of the last change. */
	struct wall course_from;
	struct course course;
	uint16_t evidence_len;
	struct incident_evidence evidence[CORRELATE_EVIDENCE];
};

const char *incident_state_name(enum incident_state state); /* "open" "resolved" */
const char *scope_kind_name(enum scope_kind kind);          /* "target" "region" ... */

/* Fills what `finding` says about the fault: verdict, level, scope, rival, rates, coverage,
 * evidence, onset; in words and names of `topology`. `external` is what the sources say,
 * NULL for nothing. Identity, state and counters are left alone. The level is that of the
 * verdict; targets of tier test never go above info. */
void incident_describe(struct incident *incident, const struct topology *topology,
    const struct finding *finding, const char *external, struct now now);

/* What happened, as a row of the timeline: the story for people, `parallax events` and the
 * demo. `text` is one line. */
enum timeline_kind {
	TIMELINE_VERDICT = 0, /* opened, updated, resolved, reopened */
	TIMELINE_ALERT, /* delivered, retrying, withdrawn, undeliverable, abandoned */
	TIMELINE_OPERATOR, /* somebody did something */
	TIMELINE_SOURCE, /* a status page admitted an open incident, or withdrew that */
	TIMELINE_ASK,    /* agents were asked to look again, before an incident */
	TIMELINE_KIND_COUNT
};

struct timeline_row {
	uint64_t seq;
	struct wall at;
	enum timeline_kind kind;
	char event[TIMELINE_EVENT_BYTES];
	uint64_t incident;
	enum verdict verdict;
	enum level level;
	char scope[INCIDENT_SCOPE_BYTES];
	char channel[LIMIT_NAME_BYTES]; /* alerts only */
	char text[TIMELINE_TEXT_BYTES];
};

/* Row codecs. Writers stick to buf.h's error; readers return ERR_FORMAT or ERR_VERSION and
 * leave `out` untouched on failure. */
void incident_encode(const struct incident *incident, struct buf *buf);
enum err incident_decode(struct buf *buf, struct incident *out) WARN_UNUSED;
void timeline_encode(const struct timeline_row *row, struct buf *buf);
enum err timeline_decode(struct buf *buf, struct timeline_row *out) WARN_UNUSED;

#endif
