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

struct alerts {
	struct alert_conf conf;
	struct mono deadline;
	struct alerts_counts counts;
	struct alert_channel_state channel[LIMIT_CHANNELS];
	struct ledger ledger;
	struct outbox outbox;
	struct mutes mutes;
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
};

/* alert_gate.c: looks, without changing anything; then lets the clock of escalation go on to
 * `now` and says when each channel may be told. */
void alert_gate_look(const struct alerts *alerts, const struct ledger_line *line,
    struct now now, struct alert_gate *out);
void alert_gate_pass(const struct alerts *alerts, struct ledger_line *line,
    struct now now, struct alert_gate *gate);

#endif
