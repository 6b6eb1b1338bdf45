/* alert - who must be told what: intents, the outbox, and the promise to resolve
 * Room: collector/core (pure).
 *
 * For every (incident, channel) there is what the receiver believes and what it should
 * believe; a difference makes one row in the outbox. A row is leased (committed with its
 * sticky `maybe_delivered`) before it is sent, and is sent again under the same key until
 * the channel says it has it, or says never. So nothing is lost by a crash; a repeat is
 * possible only after an answer that never came, and carries the same key.
 *
 * Rules: at most one live row per (incident, channel); a resolve always follows a firing
 * that may have been delivered, and never comes without one; an incident that is resolved
 * before its firing was possibly delivered takes both back; cooldown delays repeats only.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_ALERT_H
#define COLLECTOR_CORE_ALERT_H

#include "collector/core/effect.h"
#include "collector/core/incident.h"

enum message_kind {
	MESSAGE_FIRING = 0,
	MESSAGE_UPDATE,
	MESSAGE_RESOLVED
};

const char *message_kind_name(enum message_kind kind);

/* What the channel's answer meant (alerting.md: classify). */
enum delivery {
	DELIVERY_DONE = 0,        /* it has it */
	DELIVERY_REJECTED_RETRY,  /* it certainly has it not; try again after `retry_after_ns` */
	DELIVERY_REJECTED,        /* it certainly has it not and never will */
	DELIVERY_UNKNOWN          /* it may have it: timeout, cut line, crash */
};

struct alert_channel {
	const char *name;
	enum level level_min;   /* incidents below it are not told here */
	bool wants_updates;     /* firing and resolved only, or updates too */
};

struct alert_conf {
	const struct alert_channel *channel; /* borrowed for life */
	uint16_t channel_len;
	int64_t cooldown_ns;        /* between repeats of a firing at equal level */
	int64_t retry_min_ns;       /* first wait; doubles with full jitter */
	int64_t retry_max_ns;
	uint64_t seed;              /* jitter */
};

struct alerts;

size_t alerts_bytes(const struct alert_conf *conf);
struct alerts *alerts_init(struct arena *arena, const struct alert_conf *conf);

/* The incident has just changed as `event` says: computes what every channel should
 * believe and queues rows. Findings that are past (`is_past`) on opening page nobody. */
void alerts_incident(struct alerts *alerts, const struct incident *incident,
    enum finding_event event, struct now now, struct effects *effects);

/* Leases what is due and hands it out (EFFECT_SEND after its row's put). */
void alerts_step(struct alerts *alerts, struct incidents *incidents, struct now now,
    struct effects *effects);

struct mono alerts_deadline(const struct alerts *alerts);

/* The notifier's answer for `row`; writes the row, and a timeline row when delivered. An
 * answer for an unknown or finished row is ignored. */
void alerts_delivery(struct alerts *alerts, struct incidents *incidents, uint64_t row,
    enum delivery delivery, int64_t retry_after_ns, struct now now,
    struct effects *effects);

/* After a restart: rows that were leased when the process died may have been delivered;
 * they are queued again under their key. Called once, after alerts_load(). */
void alerts_recover(struct alerts *alerts, struct now now, struct effects *effects);

void alerts_save(const struct alerts *alerts, struct buf *buf);
enum err alerts_load(struct alerts *alerts, struct buf *buf) WARN_UNUSED;

/* For /metrics and status: live rows, deliveries by kind so far. */
struct alerts_counts {
	uint32_t queued;
	uint32_t leased;
	uint64_t delivered;
	uint64_t rejected;
	uint64_t unknown;
	uint64_t dead;
};
struct alerts_counts alerts_counts(const struct alerts *alerts);

#endif
