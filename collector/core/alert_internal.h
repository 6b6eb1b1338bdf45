/* alert_internal - the parts of the alerts, shared by alert*.c and seen by nobody else
 * Room: collector/core (pure). */
#ifndef COLLECTOR_CORE_ALERT_INTERNAL_H
#define COLLECTOR_CORE_ALERT_INTERNAL_H

#include "collector/core/alert.h"

struct alert_channel_state {
	struct mono not_before; /* the channel asked for a pause */
	uint64_t in_flight;     /* row, 0 = none */
	uint32_t live;          /* rows in the outbox */
};

struct alerts {
	struct alert_conf conf;
	struct mono deadline;
	struct alerts_counts counts;
	struct alert_channel_state channel[LIMIT_CHANNELS];
	struct ledger ledger;
	struct outbox outbox;
};

#endif
