/* incidents - the incidents that are alive, and the timeline of what happened
 * Room: collector/core (pure).
 *
 * Takes the changes of findings (correlate.h) and keeps at most one incident per finding:
 * opened, updated, resolved, reopened. The open ones and the last resolved are in memory;
 * a resolved one that made room for others cannot come back: its finding then opens a new
 * incident. Every change writes the whole record (TABLE_INCIDENT) and a timeline row
 * (TABLE_TIMELINE) into the step's effects, hence in the same transaction as the input
 * that caused it.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_INCIDENTS_H
#define COLLECTOR_CORE_INCIDENTS_H

#include "collector/core/effect.h"
#include "collector/core/incident.h"
#include "common/core/arena.h"

enum {
	INCIDENTS_MAX = 2 * LIMIT_OPEN_INCIDENTS, /* in memory, open and resolved */
	/* incidents_save() never needs more */
	INCIDENTS_SAVE_BYTES = INCIDENTS_MAX * INCIDENT_ROW_BYTES + 64
};

struct incidents;

size_t incidents_bytes(void);
/* NULL when the arena is too small. `topology` is borrowed for life. */
struct incidents *incidents_init(struct arena *arena, const struct topology *topology);

/* Applies one change of a finding; `external` says in words what the sources claim about
 * the finding's target now, NULL for nothing. Two effects. Returns the incident after it
 * (borrowed until the next call that changes the table), or NULL when nothing changed: the
 * finding is not known and not open, or LIMIT_OPEN_INCIDENTS are open (counted).
 * A resolved incident keeps the facts it was told with. */
const struct incident *incidents_apply(struct incidents *incidents,
    const struct finding_change *change, const char *external, struct now now,
    struct effects *effects);

/* Resolves one open incident whose finding is not among the `len` open ones at `finding`
 * and returns it; NULL when there is none. To be called until NULL after a restart with
 * another configuration: a finding whose target or region is gone will never close. */
const struct incident *incidents_resolve_stray(struct incidents *incidents,
    const struct finding *finding, size_t len, struct now now, struct effects *effects);

/* The incident of that id if it is in memory (open, or resolved lately), or NULL. */
const struct incident *incidents_find(const struct incidents *incidents, uint64_t id);

/* In memory, newest first: open ones and the last resolved. `i` from 0; NULL past the end. */
const struct incident *incidents_at(const struct incidents *incidents, size_t i);

/* Openings that found no room so far. */
uint64_t incidents_refused(const struct incidents *incidents);

/* Appends a row to the timeline; sets `row->seq`. One effect. */
void incidents_timeline(
    struct incidents *incidents, struct timeline_row *row, struct effects *effects);

/* Snapshot of the module. Loading replaces everything; on ERR_FORMAT or ERR_VERSION the
 * table is as fresh as after incidents_init(). */
void incidents_save(const struct incidents *incidents, struct buf *buf);
enum err incidents_load(struct incidents *incidents, struct buf *buf) WARN_UNUSED;

#endif
