/* collector_internal - the machine's parts, shared by collector*.c and seen by nobody else
 * Room: collector/core (pure). */
#ifndef COLLECTOR_CORE_COLLECTOR_INTERNAL_H
#define COLLECTOR_CORE_COLLECTOR_INTERNAL_H

#include "collector/core/budget.h"
#include "collector/core/collector.h"
#include "collector/core/coverage.h"
#include "collector/core/incidents.h"
#include "collector/core/journal.h"
#include "collector/core/source.h"
#include "collector/core/trust.h"
#include "collector/core/window.h"

struct collector {
	const struct collector_conf *conf;
	const struct topology *topology;
	struct correlate *correlate;
	struct incidents *incidents;
	struct alerts *alerts;
	struct ingest *ingest;
	struct sessions *sessions;
	struct windows *windows;
	struct sources *sources;
	struct trust *trust;
	struct budgets *budgets;
	struct coverage *coverage;
	enum external_state external[LIMIT_TARGETS]; /* as the correlation was told */
	uint8_t *heard; /* [agents] spoke since the last record, not by a batch */
	uint8_t *left;  /* [agents] said goodbye since */
	uint64_t journal_seq;
	struct mono tick_at; /* of the last tick */
	struct wall started_at;
	uint64_t results;
	uint64_t batches;
	uint64_t refused;
};

/* The journal record of an input, among its effects; takes the next number. */
void collector_record(struct collector *collector, const struct journal_head *head,
    struct effects *effects);

/* Everything an order does but its record; the same live and in replay. */
void collector_apply_order(struct collector *collector, const struct order *order,
    struct now now, struct effects *effects, struct order_outcome *out);

#endif
