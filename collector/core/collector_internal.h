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
	struct judge *judge;
	struct incidents *incidents;
	struct alerts *alerts;
	struct ingest *ingest;
	struct sessions *sessions;
	struct windows *windows;
	struct sources *sources;
	struct trust *trust;
	struct budgets *budgets;
	struct coverage *coverage;
	int32_t shift_mnats
	    [LIMIT_TARGETS];     /* what sources are worth, as the judge was told */
	uint64_t claims_changed; /* sources whose claim began or ended in this step */
	uint8_t *heard; /* [agents] spoke since the last record, not by a batch */
	uint8_t *left;  /* [agents] said goodbye since */
	uint64_t journal_seq;
	struct mono tick_at; /* of the last tick */
	struct wall started_at;
	uint64_t results;
	uint64_t batches;
	uint64_t refused;
	uint64_t asks;          /* runs asked for, */
	uint64_t asks_refused;  /* not asked for want of money, */
	uint64_t asks_answered; /* and results that came of it */
};

/* The journal record of an input, among its effects; takes the next number. */
void collector_record(struct collector *collector, const struct journal_head *head,
    struct effects *effects);

/* Everything an order does but its record; the same live and in replay. */
void collector_apply_order(struct collector *collector, const struct order *order,
    struct now now, struct effects *effects, struct order_outcome *out);

/* Tells the judge whom it may ask what. */
void collector_may_ask(struct collector *collector);
/* Asks what the judge wants to know. */
void collector_ask(
    struct collector *collector, struct now now, struct effects *effects);
/* One line of the story of an incident that has just opened: what was asked before. */
void collector_tell_asked(struct collector *collector, const struct incident *incident,
    struct now now, struct effects *effects);

/* Listens to the sources: their record, and what they are worth to the judge. */
void collector_hear_sources(struct collector *collector, struct now now);

/* Writes into the stories of open incidents which claims have begun or ended since. */
void collector_tell_claims(
    struct collector *collector, struct now now, struct effects *effects);

#endif
