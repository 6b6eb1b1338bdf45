/* alert - who must be told what: intents, the outbox, and the promise to resolve
 * Room: collector/core (pure).
 *
 * For every (incident, channel) there is what the receiver may believe and what it should
 * believe (intent.h); a difference makes one row in the outbox (outbox.h). A row is leased
 * (committed with its sticky `maybe_delivered`) before it is sent, and is sent again under
 * the same key until the channel says it has it, or says never. So nothing is lost by a
 * crash; a repeat is possible only after an answer that never came, and carries the same
 * key and the same bytes.
 *
 * Rules: at most one live row per (incident, channel); a resolve always follows a firing
 * that may have been delivered, and never comes without one; an incident that is resolved
 * before its firing was possibly delivered takes both back; cooldown delays repeats only.
 * An incident that comes back is FIRING again for a receiver that was told it was resolved,
 * and no news for one that was not.
 * A channel has one message in flight; higher levels first, then older rows. Its share of
 * the outbox is LIMIT_OUTBOX_LIVE / channels, so that a dead channel cannot starve others;
 * what finds no room is not lost, the wish for it stays.
 *
 * A route may tell many incidents in one message; alert_group.c says how.
 *
 * Silences, maintenance, causes (inhibit.h), acknowledgements and routes (route.h) decide
 * what is told; they are looked at again in every step, never replayed, and none of them
 * changes an incident or holds back a resolve that is owed.
 *
 * Time is journal time: it goes on over restarts, and so do cooldowns and waits.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_ALERT_H
#define COLLECTOR_CORE_ALERT_H

#include "collector/core/ack.h"
#include "collector/core/effect.h"
#include "collector/core/incident.h"
#include "collector/core/incidents.h"
#include "collector/core/intent.h"
#include "collector/core/ledger.h"
#include "collector/core/message.h"
#include "collector/core/mute.h"
#include "collector/core/outbox.h"
#include "collector/core/pace.h"
#include "collector/core/review.h"
#include "collector/core/route.h"

enum {
	ALERT_TEST = 0, /* the incident of a message that only tries a channel */
	ALERT_ROWS_STEP =
	    3 * LIMIT_CHANNELS, /* rows one alerts_step() makes or takes back */
	/* the rows, and a line of the story for every incident */
	ALERT_EFFECTS_STEP = 2 * ALERT_ROWS_STEP + 4 * LIMIT_CHANNELS + LEDGER_LINES,
	/* alerts_save() never needs more */
	ALERT_SAVE_BYTES =
	    LEDGER_LINES * (INCIDENT_ROW_BYTES + 128 + LIMIT_CHANNELS * 192) +
	    LIMIT_OUTBOX_LIVE * OUTBOX_ROW_BYTES + MUTES_SAVE_BYTES + ACKS_SAVE_BYTES +
	    REVIEWS_SAVE_BYTES + 8192
};

/* A send without an answer for so long counts as unknown; longer than any notifier takes. */
#define ALERT_LEASE_NS           (120 * CLOCK_NS_PER_S)
#define ALERT_RETRY_AFTER_MAX_NS (3600 * CLOCK_NS_PER_S)

struct alert_channel {
	const char *name;
	enum level level_min; /* incidents below it are not told here */
	/* False: firing, rises of the level, reminders and resolved only. */
	bool wants_updates;
	/* Bit per enum tier; incidents of others are not told here either; 0 = all. */
	uint8_t tier_mask;
	/* Index + 1 of the channel that is told of an incident for as long as this one
	 * refuses for good to be told of it; 0 = none. */
	uint16_t fallback;
	/* For receivers that forget: a firing is told again so often, muted and acknowledged
	 * or not; 0 = no. */
	int64_t refresh_ns;
	const struct pace_rule *pace; /* PACE_RULES of them, borrowed; NULL = none */
};

struct alert_conf {
	const struct alert_channel *channel; /* borrowed for life, with its names */
	uint16_t channel_len;                /* at most LIMIT_CHANNELS */
	int64_t cooldown_ns;  /* between repeats of a firing at equal level */
	int64_t retry_min_ns; /* first wait; doubles with full jitter */
	int64_t retry_max_ns;
	int64_t remind_ns[LEVEL_COUNT]; /* repeat of an unchanged firing, 0 = never */
	uint64_t seed;                  /* jitter */
	const struct route *route;      /* borrowed for life */
	uint16_t route_len;             /* 0: every channel is told */
	const struct mute *plan;        /* maintenance of the configuration, borrowed */
	uint16_t plan_len;              /* at most MUTES_MAX */
	/* An incident that may be the consequence of another one is told so much later. */
	int64_t inhibit_wait_ns;
	const struct topology
	    *topology; /* borrowed for life; NULL: no groups, no regions of agents */
};

struct alerts;

size_t alerts_bytes(const struct alert_conf *conf);
/* NULL when the arena is too small. `conf` is copied. */
struct alerts *alerts_init(struct arena *arena, const struct alert_conf *conf);

/* The incident has just changed: keeps a copy as the truth that receivers have to be told;
 * alerts_step() does the telling and is to be called in the same step of the machine.
 * `incident` is borrowed. Incidents that were past (`is_past`) on opening page nobody. When
 * the ledger is full the one that changed first is abandoned: told to the timeline,
 * counted. At most 1 + LIMIT_CHANNELS effects then, none otherwise. */
void alerts_incident(struct alerts *alerts, struct incidents *incidents,
    const struct incident *incident, struct now now, struct effects *effects);

/* Makes, freshens and takes back rows, leases what is due and hands it out (EFFECT_SEND
 * after its row's put). Returns at once before alerts_deadline(). At most
 * ALERT_EFFECTS_STEP effects; what does not fit is due at once again. */
void alerts_step(struct alerts *alerts, struct incidents *incidents, struct now now,
    struct effects *effects);

struct mono alerts_deadline(const struct alerts *alerts);

/* Queues a message for `channel` that says it is a test. It goes the way of all others and
 * is tried once; what became of it stands in the timeline. `*out_row` is its number.
 * ERR_NOTFOUND: no such channel; ERR_AGAIN: a test of it is on its way; ERR_LIMIT: the
 * outbox has no room. At most 1 effect; alerts_step() is then due. */
enum err alerts_test(struct alerts *alerts, const char *channel, struct now now,
    struct effects *effects, uint64_t *out_row) WARN_UNUSED;

/* The notifier's answer for one send. `retry_after_ns` is cut at ALERT_RETRY_AFTER_MAX_NS.
 * Writes the row, and a timeline row when it was delivered, refused for good, or failed for
 * the first time. An answer for an unknown or finished row is ignored, and one for a row that
 * is not out, too, unless it says that the message has arrived. At most 2 effects;
 * alerts_step() is then due. */
void alerts_delivery(struct alerts *alerts, struct incidents *incidents,
    const struct message_answer *answer, struct now now, struct effects *effects);

/* After a restart: rows that were leased when the process died may have been delivered;
 * they are queued again under their key. Rows of channels that are configured no more are
 * closed as dead. Called once, after alerts_load() and any replay; it changes the state,
 * so a replay must call it where it was called. At most LIMIT_OUTBOX_LIVE effects. */
void alerts_recover(struct alerts *alerts, struct now now, struct effects *effects);

/* After alerts_load() under another configuration, in the same process: the notifier answers
 * for all that it was given, so what is leased stays so. Rows of channels that are
 * configured no more are closed as dead. At most LIMIT_OUTBOX_LIVE effects. */
void alerts_reconfigured(
    struct alerts *alerts, struct now now, struct effects *effects);

/* Snapshot. Loading replaces everything, also on an engine that was used; on ERR_FORMAT or
 * ERR_VERSION it is as fresh as after alerts_init(). What channels that are configured no
 * more believe is dropped. */
void alerts_save(const struct alerts *alerts, struct buf *buf);
enum err alerts_load(struct alerts *alerts, struct buf *buf) WARN_UNUSED;

/* For /metrics and status: live rows, answers by kind so far. */
struct alerts_counts {
	uint32_t queued;
	uint32_t leased;
	uint64_t delivered;
	uint64_t rejected; /* attempts refused, to be tried again */
	uint64_t unknown;  /* attempts without a certain answer, restarts too */
	uint64_t dead;     /* rows refused for good */
	uint64_t withdrawn;
	uint64_t abandoned; /* incidents whose last word somebody did not get */
};
struct alerts_counts alerts_counts(const struct alerts *alerts);

/* Orders of people; alerts_step() is then due. ERR_INVALID, ERR_LIMIT: see mute.h and ack.h;
 * ERR_NOTFOUND: no such mute, or no such incident that is open. `ack->level` is set. */
enum err alerts_mute(struct alerts *alerts, const struct mute *mute, struct now now,
    uint64_t *out_id) WARN_UNUSED;
enum err alerts_unmute(struct alerts *alerts, uint64_t id, enum mute_kind kind,
    struct now now) WARN_UNUSED;
enum err alerts_ack(struct alerts *alerts, struct ack *ack, struct now now) WARN_UNUSED;
enum err alerts_unack(
    struct alerts *alerts, uint64_t incident, struct now now) WARN_UNUSED;

/* What there is of them, borrowed until the next call that changes something. */
const struct mutes *alerts_mutes(const struct alerts *alerts);
/* The windows of the configuration that are on or to come. They are no part of a snapshot. */
const struct mutes *alerts_planned(const struct alerts *alerts);
const struct acks *alerts_acks(const struct alerts *alerts);

/* What people said of incidents: kept here, decides nothing. */
void alerts_review(struct alerts *alerts, const struct review *review);
const struct reviews *alerts_reviews(const struct alerts *alerts);

/* How a channel stands, for people. */
struct alerts_channel {
	uint32_t live;    /* rows in the outbox */
	bool is_busy;     /* one of them is out */
	int64_t waits_ns; /* it asked for a pause that lasts so long, 0 = none */
};
void alerts_channel(const struct alerts *alerts, uint16_t channel, struct now now,
    struct alerts_channel *out);

/* What `channel` knows about an incident: for status, and for tests. False when there is
 * nothing to know. */
bool alerts_intent(const struct alerts *alerts, uint64_t incident, uint16_t channel,
    struct intent *out);

#endif
