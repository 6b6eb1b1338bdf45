/* desk - orders of people about alerts: silence, maintenance, acknowledgement, review
 * Room: collector/core (pure).
 *
 * The arguments of these kinds of orders as bytes, and what each does. See orders.h for the
 * way they come, alert.h and review.h for what they change. */
#ifndef COLLECTOR_CORE_DESK_H
#define COLLECTOR_CORE_DESK_H

#include "collector/core/alert.h"
#include "collector/core/incidents.h"
#include "collector/core/orders.h"

/* ORDER_MUTE: the mute is the argument, mute_encode(), and then a signed duration; its author,
 * reason and time are those of the order. Without a begin it begins at once, and with a
 * duration it ends so much later. One with a zone has its rules with it, as they were known
 * when it was given, and the duration is its length. ORDER_UNMUTE: these. */
struct desk_unmute {
	enum mute_kind kind;
	uint64_t id;
};

/* ORDER_ACK; the subject is the number of the incident. */
struct desk_ack {
	uint64_t incident;
	int64_t for_ns; /* 0 = as long as the incident */
};

/* ORDER_UNACK has the number of the incident as its argument. ORDER_REVIEW: the rule is that
 * of the incident's record, which may be in the store only. */
struct desk_review {
	uint64_t incident;
	enum verdict rule;
	enum review_kind kind;
};

void desk_encode_unmute(const struct desk_unmute *unmute, struct buf *buf);
void desk_encode_ack(const struct desk_ack *ack, struct buf *buf);
void desk_encode_unack(uint64_t incident, struct buf *buf);
void desk_encode_review(const struct desk_review *review, struct buf *buf);

/* True for the kinds that desk_apply() knows. */
bool desk_knows(enum order_kind kind);

/* Does what the order says; `out->text` and `out->made` tell. ERR_FORMAT for arguments that
 * cannot be; else as alert.h says, and then nothing is changed. alerts_step() is then due. */
enum err desk_apply(struct alerts *alerts, const struct order *order, struct now now,
    struct order_outcome *out) WARN_UNUSED;

#endif
