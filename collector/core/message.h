/* message - what kinds of messages there are, and how a channel may answer one
 * Room: collector/core (pure).
 *
 * Values are fixed for ever: they stand in the store and in the API. */
#ifndef COLLECTOR_CORE_MESSAGE_H
#define COLLECTOR_CORE_MESSAGE_H

#include <stdint.h>

enum message_kind {
	MESSAGE_FIRING = 0, /* the receiver learns of the incident, or of its return */
	MESSAGE_UPDATE, /* it knows the incident: other level, verdict, facts; reminder */
	MESSAGE_RESOLVED,
	MESSAGE_KIND_COUNT
};

/* "firing" "update" "resolved"; never NULL. */
const char *message_kind_name(enum message_kind kind);

/* What a channel's answer meant. Only what is certain counts as certain: an answer that
 * leaves it open whether the receiver has the message is DELIVERY_UNKNOWN. */
enum delivery {
	DELIVERY_DONE = 0,       /* it has it */
	DELIVERY_REJECTED_RETRY, /* it certainly has it not; worth another try later */
	DELIVERY_REJECTED, /* it certainly has it not, and another try is no use */
	DELIVERY_UNKNOWN,  /* it may have it: timeout, cut line, crash */
	DELIVERY_COUNT
};

/* The notifier's answer for one attempt to deliver one row of the outbox. */
struct message_answer {
	uint64_t row;
	enum delivery delivery;
	int64_t retry_after_ns; /* what the channel asked for, 0 = nothing */
	char detail[64]; /* for people: "HTTP 503"; never a secret, "" = nothing */
};

/* "done" "rejected_retry" "rejected" "unknown"; never NULL. */
const char *delivery_name(enum delivery delivery);

#endif
