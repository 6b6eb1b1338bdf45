/* Orders: what each does to the machine, and what is written down of all of them. */
#include "collector/core/collector_internal.h"
#include "collector/core/desk.h"
#include "collector/core/journal.h"
#include "collector/core/registry.h"
#include "common/core/text.h"

#include <assert.h>
#include <string.h>

/* The list of members is not part of the machine's state, it is the table itself: rows that
 * are put whole, so that putting one again changes nothing. */
static enum err
put_member(const struct order *order, struct effects *effects)
{
	if (order->subject[0] == '\0' || order->arguments_len == 0 ||
	    order->arguments_len > REGISTRY_ROW_BYTES) {
		return ERR_FORMAT;
	}
	effects_put(effects, TABLE_MEMBER, order->subject, strlen(order->subject),
	    order->arguments, order->arguments_len);
	return order->refused;
}

/* Does it, and says in `out->text` what was done or why not, in `out->made` the number of
 * what was made. On failure nothing is changed. */
static enum err
apply(struct collector *collector, const struct order *order, struct now now,
    struct effects *effects, struct order_outcome *out)
{
	enum err err;

	if (order->refused != ERR_OK && order->arguments_len == 0) {
		return order->refused;
	}
	switch (order->kind) {
	case ORDER_INVITE:
	case ORDER_ENROL:
	case ORDER_RENEW:
	case ORDER_REVOKE:
		return put_member(order, effects);
	case ORDER_MUTE:
	case ORDER_UNMUTE:
	case ORDER_ACK:
	case ORDER_UNACK:
	case ORDER_REVIEW:
		err = desk_apply(collector->alerts, order, now, out);
		alerts_step(collector->alerts, collector->incidents, now, effects);
		return err;
	case ORDER_TEST:
		err = alerts_test(
		    collector->alerts, order->subject, now, effects, &out->made);
		alerts_step(collector->alerts, collector->incidents, now, effects);
		return err;
	case ORDER_KIND_END:
		break;
	}
	return ERR_FORMAT;
}

static void
put_audit(const struct order *order, const struct order_outcome *outcome,
    struct now now, struct effects *effects)
{
	struct audit_row row = {.at = now.wall,
	    .kind = order->kind,
	    .err = outcome->err,
	    .made = outcome->made};
	void *memory = effects_scratch(effects, ORDERS_AUDIT_BYTES);
	struct buf buf;

	memcpy(row.author, order->author, sizeof(row.author));
	memcpy(row.subject, order->subject, sizeof(row.subject));
	memcpy(row.comment, order->comment, sizeof(row.comment));
	memcpy(row.text, outcome->text, sizeof(row.text));
	buf_write(&buf, memory, ORDERS_AUDIT_BYTES);
	orders_audit_encode(&row, &buf);
	assert(buf_ok(&buf));
	effects_put_u64(effects, TABLE_AUDIT, outcome->audit, memory, buf.at);
}

static void
put_timeline(struct collector *collector, const struct order *order,
    const struct order_outcome *outcome, struct now now, struct effects *effects)
{
	struct timeline_row row = {.at = now.wall, .kind = TIMELINE_OPERATOR};
	struct text text;

	text_init(&text, row.event, sizeof(row.event));
	text_add(&text, orders_name(order->kind));
	text_init(&text, row.scope, sizeof(row.scope));
	text_add(&text, order->subject);
	text_init(&text, row.text, sizeof(row.text));
	text_add(&text, order->author);
	text_add(&text, ": ");
	text_add(&text, orders_name(order->kind));
	text_add(&text, " ");
	text_add(&text, order->subject);
	if (outcome->text[0] != '\0') {
		text_add(&text, ", ");
		text_add(&text, outcome->text);
	}
	incidents_timeline(collector->incidents, &row, effects);
}

void
collector_apply_order(struct collector *collector, const struct order *order,
    struct now now, struct effects *effects, struct order_outcome *out)
{
	memset(out, 0, sizeof(*out));
	out->audit = collector->journal_seq;
	memcpy(out->text, order->text, sizeof(out->text));
	out->err = apply(collector, order, now, effects, out);
	put_audit(order, out, now, effects);
	/* A certificate is renewed by the clock, over and over: nobody wants to read that. */
	if (out->err == ERR_OK && order->kind != ORDER_RENEW) {
		put_timeline(collector, order, out, now, effects);
	}
}

void
collector_order(struct collector *collector, const struct order *order, struct now now,
    struct effects *effects, struct order_outcome *out)
{
	struct journal_head head = {.kind = JOURNAL_ORDER, .now = now, .order = *order};

	collector_apply_order(collector, order, now, effects, out);
	collector_record(collector, &head, effects);
}
