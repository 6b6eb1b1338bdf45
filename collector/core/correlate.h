/* correlate - results of many agents in, findings with a verdict out
 * Room: collector/core (pure).
 *
 * The heart of the product. A fixed table of hypotheses (what kind of fault x whom it
 * reaches) is generated from the topology. Each result adds a bounded log-likelihood ratio
 * to the hypotheses whose scope holds its agent, in a bucket of a ring; CUSUM over the ring
 * detects (Lorden 1971, Moustakides 1986), a posterior over the data since the estimated
 * onset names the cause. Sums are integer milli-nats, so arrival order inside the ring
 * cannot change a decision.
 *
 * A finding is one fault from detection to recovery. It lives in a slot; while it is open
 * it explains its own evidence away, so that one fault is one finding. What people are told
 * about a finding is the business of incident.h and alert.h, not of this module.
 *
 * Time: `at` is journal time (mono), never the wall. The caller passes each result with its
 * corrected event time, in any order; later than the ring is counted and ignored.
 * Memory: correlate_bytes() from the arena at start, nothing afterwards.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_CORRELATE_H
#define COLLECTOR_CORE_CORRELATE_H

#include "collector/core/alarm.h"
#include "collector/core/course.h"
#include "collector/core/topology.h"
#include "collector/core/verdict.h"
#include "common/core/arena.h"
#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/outcome.h"

enum {
	CORRELATE_FINDINGS = 32, /* open or in their reopen window at the same time */
	CORRELATE_EVIDENCE = 12, /* lines of an explanation */
	CORRELATE_CHANGES = 16,  /* most changes one call can return */
	CORRELATE_ASKS = 32      /* most runs one call can ask for */
};

/* How a finding is cut. `base_ns` is the interval of the fastest target probe: every time
 * constant of the method (bucket, vote slot, span, quiet, freshness) is a multiple of it,
 * so a schedule of one second behaves like one of a minute sixty times as fast. */
struct correlate_conf {
	int64_t base_ns;
	int64_t reopen_ns; /* a fault of the same kind and scope within it reopens */
	int64_t
	    silent_after_ns; /* agent without any message: silent; 0 = from base_ns */
	struct alarm_conf alarm; /* false pages a year; zeroes = one for the fleet */
	uint32_t flap_after;     /* reopened so often it flaps; 0 = 3 */
};

/* One result, reduced to what is weighed. */
struct evidence {
	uint16_t agent;
	uint16_t probe; /* index into topology->probe */
	enum outcome outcome;
	enum phase phase;
	uint32_t flags;
	uint16_t http_status;
	uint32_t total_us; /* for the slowness baseline */
	struct mono at;    /* end of the run, corrected, on the journal's time line */
};

/* What is said about the upstream by somebody else, per target. */
enum external_state {
	EXTERNAL_UNKNOWN = 0, /* stale, failing, or never read: weighs nothing */
	EXTERNAL_CLEAR,
	EXTERNAL_INCIDENT
};

/* Whom a finding reaches. */
enum scope_kind {
	SCOPE_TARGET = 0, /* the target itself, for everybody */
	SCOPE_SERVING,    /* one serving region of the target: `index` */
	SCOPE_REGION,     /* one region of ours: `index` */
	SCOPE_DOMAIN,     /* regions that share a domain: `index` */
	SCOPE_AGENT,      /* one agent: `index` */
	SCOPE_KEY,        /* agents that use one key: `index` */
	SCOPE_FLEET,      /* the collector's own view: everybody silent */
	SCOPE_PROVIDER    /* targets of one provider, for everybody: `index` as in
			     provider.h; `target` is TOPOLOGY_NONE */
};

struct scope {
	enum scope_kind kind;
	uint16_t index;
	uint16_t target; /* TOPOLOGY_NONE when no single target is meant */
};

/* One line of an explanation; the lines' nats add up to the finding's statistic. Lines are
 * ordered by weight. A last line of role ROLE_COUNT holds whatever had no place. */
struct evidence_line {
	enum probe_role role;
	enum outcome outcome;
	enum phase phase;
	uint16_t target; /* TOPOLOGY_NONE for controls */
	uint32_t count;
	int32_t mnats;        /* weight for the verdict, milli-nats */
	int32_t rival_mnats;  /* the same for the runner-up */
	uint64_t region_mask; /* regions it came from */
};

struct finding {
	uint64_t id; /* unique for the life of the store, never 0 */
	enum verdict verdict;
	enum verdict suspect; /* best candidate: the verdict, unless that is unknown */
	struct scope scope;
	enum verdict rival; /* runner-up */
	struct scope rival_scope;
	uint32_t confidence_ppm; /* posterior of the suspect */
	uint32_t rival_ppm;
	uint32_t rate_ppm;       /* estimated share of affected requests */
	int32_t statistic_mnats; /* what was compared with ... */
	int32_t threshold_mnats;
	struct mono onset_at; /* estimated begin */
	struct mono opened_at;
	struct mono changed_at;
	uint16_t agents_reporting; /* coverage when last changed */
	uint16_t agents_total;
	uint64_t regions_bad;  /* regions with evidence for it */
	uint64_t regions_good; /* regions with evidence against a wider fault */
	uint64_t targets;      /* of a provider's fault: those that show it */
	uint16_t evidence_len;
	struct evidence_line evidence[CORRELATE_EVIDENCE];
	struct course course; /* of the posterior, from the onset on */
	bool open;
	bool is_past;     /* was over before we learned of it: never pages */
	bool is_flapping; /* reopened three times or more */
};

/* A finding that is_past comes as opened and closed in one step, or as the update of a
 * finding about silence that the late results explain. */
enum finding_event {
	FINDING_OPENED = 0,
	FINDING_UPDATED, /* other verdict, scope or much other rate: same finding */
	FINDING_CLOSED,
	FINDING_REOPENED
};

struct finding_change {
	enum finding_event event;
	struct finding finding; /* a copy, as it is after the change */
};

/* A run of a probe that would tell a suspicion from chance, to be made at once: confirm.h. */
struct ask {
	uint16_t agent;
	uint16_t probe;
	uint16_t target; /* that is suspected; not that of a control */
	bool is_paid;
	enum verdict lead; /* the leading suspicion, */
	struct scope scope;
	enum verdict rival; /* and what it is told from */
	int32_t worth_mnats;
};

struct correlate;

/* Bytes that correlate_init() takes from its arena for this topology. */
size_t correlate_bytes(const struct topology *topology);

/* A fresh engine: no evidence, no findings. `topology` is borrowed for life, `conf` copied.
 * NULL when the arena is too small. */
struct correlate *correlate_init(struct arena *arena, const struct topology *topology,
    const struct correlate_conf *conf);

/* Weighs one new result (the caller has removed duplicates). `now` is the journal time of
 * its arrival. O(hypotheses that hold the agent). */
void correlate_result(
    struct correlate *correlate, const struct evidence *evidence, struct mono now);

/* Any message of the agent arrived (hello, batch, poll): it is alive at `now`. A batch that
 * holds only old results proves the same, but nothing about the time in between. */
void correlate_heard(struct correlate *correlate, uint16_t agent, struct mono now);

/* The agent said goodbye in order (it was stopped): not a fault, no silence counted until
 * it is heard again. */
void correlate_left(struct correlate *correlate, uint16_t agent, struct mono now);

/* What a source says about `target` now; a bounded shift of a prior, never a verdict. */
void correlate_external(
    struct correlate *correlate, uint16_t target, enum external_state state);

/* The same in milli-nats, from whoever knows what its sources are worth (testimony.h); both
 * together are kept within -2 and +3 nats. Not saved: to be told again after a load. */
void correlate_shift(struct correlate *correlate, uint16_t target, int32_t shift_mnats);

/* Decides. To be called at correlate_deadline() and after results that were not ok. Writes
 * at most CORRELATE_CHANGES changes and returns their number; what did not fit comes with
 * the next call. */
size_t correlate_step(struct correlate *correlate, struct mono now,
    struct finding_change out[CORRELATE_CHANGES]);

/* What the last step wants to know at once. Asking is up to the caller: an ask that is not
 * made changes nothing but that the allowance is spent. */
size_t correlate_asks(
    const struct correlate *correlate, struct ask out[CORRELATE_ASKS]);

/* What was asked about `target` since it is suspected, for the story of what came of it. */
struct asked {
	uint32_t free;
	uint32_t paid;
	struct mono since;
};
struct asked correlate_asked(const struct correlate *correlate, uint16_t target);

/* Configuration, to be told after correlate_init(): whose agents run `probe` (a bit for each
 * region), and whether a run costs money. Untold, everybody does, and ROLE_TARGET does. */
void correlate_may_ask(
    struct correlate *correlate, uint16_t probe, uint64_t regions, bool is_paid);

/* When correlate_step() must run again even if nothing arrives. */
struct mono correlate_deadline(const struct correlate *correlate);

/* The open findings, for the explanation of the present state. Returns how many were
 * written, at most `cap`. */
size_t correlate_findings(
    const struct correlate *correlate, struct finding *out, size_t cap);

/* True while the agent counts as silent. */
bool correlate_is_silent(const struct correlate *correlate, uint16_t agent);

/* Writes the whole state, by names and not by indices, so that it survives a changed
 * configuration; errors are sticky in `buf`. */
void correlate_save(const struct correlate *correlate, struct buf *buf);

/* Room that is enough for correlate_save(). */
size_t correlate_save_bytes(const struct correlate *correlate);

/* Reads what correlate_save() wrote into a fresh engine. State of agents, targets or
 * regions that exist no more is dropped. Under another tempo than the state was made at the
 * findings live on and what was not a finding yet is gathered anew. ERR_FORMAT,
 * ERR_VERSION: the engine is then as fresh as before. */
enum err correlate_load(struct correlate *correlate, struct buf *buf) WARN_UNUSED;

/* Findings get ids above `id` from now on: for an engine that begins anew beside records of
 * findings of the one before it. */
void correlate_number_above(struct correlate *correlate, uint64_t id);

/* The collector itself was away until `now` (a restart): silence before it is its own. To
 * be called after correlate_load(), not when the journal is replayed. */
void correlate_resume(struct correlate *correlate, struct mono now);

/* How many results came too late for the ring and only count in history. */
uint64_t correlate_late(const struct correlate *correlate);

#endif
