/* incident - one fault as people know it: an id, a scope in words, evidence, a life
 * Room: collector/core (pure).
 *
 * Takes the changes of findings (correlate.h) and keeps the incidents: at most one per
 * finding, opened, updated, resolved, reopened. Records carry names instead of indices, so
 * that they are readable for ever, whatever the configuration becomes. Every change writes
 * the whole record (TABLE_INCIDENT) and a timeline row (TABLE_TIMELINE) into the step's
 * effects, hence in the same transaction as the input that caused it.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_INCIDENT_H
#define COLLECTOR_CORE_INCIDENT_H

#include "collector/core/correlate.h"
#include "collector/core/effect.h"
#include "common/core/err.h"
#include "common/core/limits.h"

enum incident_state {
	INCIDENT_OPEN = 0,
	INCIDENT_RESOLVED
};

enum {
	INCIDENT_SCOPE_BYTES = 160,  /* "nano-banana-pro everywhere", "region eu-west" */
	INCIDENT_REGIONS_BYTES = 256, /* names, comma-separated, cut with ",..." */
	INCIDENT_NOTE_BYTES = 256,
	INCIDENT_ROW_BYTES = 16384
};

/* A line of evidence with names. */
struct incident_evidence {
	enum probe_role role;
	enum outcome outcome;
	enum phase phase;
	uint32_t count;
	int32_t mnats;
	int32_t rival_mnats;
	char target[LIMIT_NAME_BYTES];
	char regions[INCIDENT_REGIONS_BYTES];
};

struct incident {
	uint64_t id;            /* counts up from 1, never reused */
	uint64_t finding_id;
	enum incident_state state;
	enum verdict verdict;
	enum verdict first_verdict; /* what it was opened as */
	enum level level;
	enum scope_kind scope_kind;
	char scope_name[LIMIT_NAME_BYTES]; /* region, agent, key, domain; "" for targets */
	char target[LIMIT_NAME_BYTES];     /* "" when no single target is meant */
	char scope_text[INCIDENT_SCOPE_BYTES];
	enum verdict rival;
	char rival_text[INCIDENT_SCOPE_BYTES];
	uint32_t confidence_ppm;
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
	struct wall opened_at;
	struct wall changed_at;
	struct wall resolved_at; /* 0 while open */
	uint32_t updates;
	uint32_t reopened;
	bool is_past;
	uint16_t evidence_len;
	struct incident_evidence evidence[CORRELATE_EVIDENCE];
};

/* What happened, as a row of the timeline: the story for people, `parallax events` and the
 * demo. `text` is one line. */
enum timeline_kind {
	TIMELINE_VERDICT = 0, /* opened, updated, resolved, reopened */
	TIMELINE_ALERT,       /* a channel has taken a message */
	TIMELINE_OPERATOR     /* somebody did something */
};

struct timeline_row {
	uint64_t seq;
	struct wall at;
	enum timeline_kind kind;
	char event[24];       /* "opened" "updated" "resolved" "reopened" "delivered" ... */
	uint64_t incident;
	enum verdict verdict;
	enum level level;
	char scope[INCIDENT_SCOPE_BYTES];
	char channel[LIMIT_NAME_BYTES]; /* alerts only */
	char text[512];
};

struct incidents;

size_t incidents_bytes(void);
/* NULL when the arena is too small. `topology` is borrowed for life. */
struct incidents *incidents_init(struct arena *arena, const struct topology *topology);

/* Applies one change of a finding; `external` says in words what the sources claim about
 * the finding's target now. Returns the incident after it (borrowed until the next call);
 * rows go into `effects`. NULL when the table of open incidents is full (counted). */
const struct incident *incidents_apply(struct incidents *incidents,
    const struct finding_change *change, const char *external, struct now now,
    struct effects *effects);

/* The incident of that id if it is in memory (open, or resolved lately), or NULL. */
const struct incident *incidents_find(const struct incidents *incidents, uint64_t id);

/* In memory, newest first: open ones and the last resolved. `i` from 0; NULL past the end. */
const struct incident *incidents_at(const struct incidents *incidents, size_t i);

/* Appends a row to the timeline; sets `row->seq`. */
void incidents_timeline(
    struct incidents *incidents, struct timeline_row *row, struct effects *effects);

/* Row codecs. Writers stick to buf.h's error; readers return ERR_FORMAT or ERR_VERSION and
 * leave `out` untouched on failure. */
void incident_encode(const struct incident *incident, struct buf *buf);
enum err incident_decode(struct buf *buf, struct incident *out) WARN_UNUSED;
void timeline_encode(const struct timeline_row *row, struct buf *buf);
enum err timeline_decode(struct buf *buf, struct timeline_row *out) WARN_UNUSED;

/* Snapshot of the module, as for correlate. */
void incidents_save(const struct incidents *incidents, struct buf *buf);
enum err incidents_load(struct incidents *incidents, struct buf *buf) WARN_UNUSED;

#endif
