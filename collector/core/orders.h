/* orders - what people and new agents want changed, as inputs of the machine
 * Room: collector/core (pure).
 *
 * An order is journalled like any other input: who gave it, when, about what, and the
 * arguments of its kind. What comes of it follows from the machine's state and the record
 * alone, so it is done again in a replay, and on any machine that follows the journal.
 * What an order needs from outside (random numbers, signatures) is made before, and only
 * what is to be kept of it stands in the record: never a secret.
 *
 * Every order that reaches the machine leaves a row in TABLE_AUDIT under its journal
 * number, refused ones too; one that was carried out leaves a row of the timeline as well.
 *
 * To add a kind: a value below, its name in orders.c, a codec of its arguments and what it
 * does in a module of its own, and a case in collector_order.c. */
#ifndef COLLECTOR_CORE_ORDERS_H
#define COLLECTOR_CORE_ORDERS_H

#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/limits.h"

#include <stddef.h>
#include <stdint.h>

enum {
	ORDERS_AUTHOR_BYTES = 96,
	ORDERS_COMMENT_BYTES = 256,
	ORDERS_TEXT_BYTES = 160,
	ORDERS_ARGUMENT_BYTES = 4096,                      /* at most, of any kind */
	ORDERS_RECORD_BYTES = ORDERS_ARGUMENT_BYTES + 640, /* orders_encode() */
	ORDERS_AUDIT_BYTES = 720 /* orders_audit_encode() never needs more */
};

/* Values are fixed: they stand in the journal. */
enum order_kind {
	/* Agents: the arguments are the member's row as it is afterwards (registry.h). */
	ORDER_INVITE = 1,
	ORDER_ENROL,
	ORDER_RENEW,
	ORDER_REVOKE,
	/* Alerts: desk.h. */
	ORDER_MUTE,
	ORDER_UNMUTE,
	ORDER_ACK,
	ORDER_UNACK,
	ORDER_REVIEW,
	ORDER_TEST, /* the subject is the channel that is tried */
	ORDER_KIND_END
};

struct order {
	enum order_kind kind;
	char author
	    [ORDERS_AUTHOR_BYTES]; /* "root", "agent tokyo-1"; what is known of it */
	char subject[LIMIT_NAME_BYTES]; /* an agent, the number of an incident, ... */
	char comment[ORDERS_COMMENT_BYTES]; /* the author's own words, "" */
	/* Not ERR_OK: it was refused before it got here, and all that is left is to write it
	 * down, and what the try has changed: the arguments, where there are any. */
	enum err refused;
	char text
	    [ORDERS_TEXT_BYTES]; /* what is done, or why not, as far as it is known */
	const void *arguments;   /* borrowed; NULL when there are none */
	size_t arguments_len;
};

/* What came of one. */
struct order_outcome {
	enum err err; /* ERR_OK: it was carried out */
	char text
	    [ORDERS_TEXT_BYTES]; /* what was done, or why not; one line for people */
	uint64_t audit;          /* key of its row */
	uint64_t made;           /* number of what it made, 0 = nothing */
};

/* A row of the audit. */
struct audit_row {
	uint64_t seq; /* its key, in the journal too */
	struct wall at;
	enum order_kind kind;
	char author[ORDERS_AUTHOR_BYTES];
	char subject[LIMIT_NAME_BYTES];
	char comment[ORDERS_COMMENT_BYTES];
	enum err err;
	char text[ORDERS_TEXT_BYTES];
	uint64_t made;
};

/* "invite" and so on; "unknown" for what is none. */
const char *orders_name(enum order_kind kind);

/* The order as the body of its journal record. Reading: ERR_FORMAT; `out` borrows. */
void orders_encode(const struct order *order, struct buf *buf);
enum err orders_decode(struct buf *buf, struct order *out) WARN_UNUSED;

/* ERR_FORMAT, ERR_VERSION. `seq` is the key, not part of the row. */
void orders_audit_encode(const struct audit_row *row, struct buf *buf);
enum err orders_audit_decode(struct buf *buf, struct audit_row *out) WARN_UNUSED;

#endif
