/* alert_internal - the parts of the alerts, shared by alert*.c and seen by nobody else
 * Room: collector/core (pure). */
#ifndef COLLECTOR_CORE_ALERT_INTERNAL_H
#define COLLECTOR_CORE_ALERT_INTERNAL_H

#include "collector/core/alert.h"

struct alert_channel_state {
	struct mono not_before; /* the channel asked for a pause */
	struct pace pace;
	uint64_t in_flight; /* row, 0 = none */
	uint32_t live;      /* rows in the outbox */
};

/* What one (incident, channel) of a group wants in this step; scratch, never kept. */
struct alert_note {
	uint64_t group; /* 0: told alone, or told already in this step */
	struct wish wish;
	int64_t wait_ns;
	int64_t interval_ns;
};

struct alerts {
	struct alert_conf conf;
	struct alert_note *note; /* [line * channels + channel] */
	struct mono deadline;
	struct alerts_counts counts;
	struct alert_channel_state channel[LIMIT_CHANNELS];
	struct ledger ledger;
	struct outbox outbox;
	struct mutes mutes;
	struct mutes planned; /* of the configuration: derived, never saved */
	struct acks acks;
	struct reviews reviews;
};

/* How an incident stands with regard to being told. */
struct alert_gate {
	struct labels labels; /* borrowed from the line */
	enum ledger_mute mute;
	uint64_t by;
	bool is_acked;
	struct mono first_at;                   /* its consequences may be known then */
	struct mono look_at;                    /* it may stand otherwise */
	struct mono channel_at[LIMIT_CHANNELS]; /* see route.h */
	const struct route *channel_by[LIMIT_CHANNELS];
};

/* What the functions of one step share. */
struct alert_pass {
	struct alerts *alerts;
	struct incidents *incidents;
	struct now now;
	struct effects *effects;
	size_t budget; /* rows that may still be written */
	struct mono next;
};

/* alert.c: one line of the story about an alert. `detail` says why, "" for nothing. */
void alert_tell(struct alert_pass *pass, const struct incident *incident,
    const struct outbox_row *row, const char *event, const char *detail);
/* A new row for the channel without members, or NULL when its share is taken. */
struct outbox_row *alert_new_row(struct alert_pass *pass, uint16_t channel);
/* The row is over: writes its last state and gives its slot back. */
void alert_close(
    struct alert_pass *pass, struct outbox_row *row, enum outbox_status status);

/* alert_group.c: notes what the incident wants on the channel for alert_group_step(); false
 * when it is told there alone. */
bool alert_group_note(struct alert_pass *pass, size_t at, size_t channel,
    const struct alert_gate *gate, const struct wish *wish);
/* Makes, freshens and takes back the rows of groups, when all incidents have been looked at;
 * false when the budget did not suffice. */
bool alert_group_step(struct alert_pass *pass);
/* The incident is forgotten: the row goes on without it. */
void alert_group_leave(
    struct alert_pass *pass, struct outbox_row *row, uint64_t incident);

/* alert_gate.c: takes the windows of the configuration anew. */
void alert_gate_plan(struct alerts *alerts);

/* alert_gate.c: looks, without changing anything; then lets the clock of escalation go on to
 * `now` and says when each channel may be told. */
void alert_gate_look(const struct alerts *alerts, const struct ledger_line *line,
    struct now now, struct alert_gate *out);
void alert_gate_pass(const struct alerts *alerts, struct ledger_line *line,
    struct now now, struct alert_gate *gate);

#endif
