#include "collector/core/desk.h"

#include "common/core/text.h"

#include <stdio.h>
#include <string.h>

void
desk_encode_unmute(const struct desk_unmute *unmute, struct buf *buf)
{
	buf_put_varint(buf, (uint64_t)unmute->kind);
	buf_put_varint(buf, unmute->id);
}

void
desk_encode_ack(const struct desk_ack *ack, struct buf *buf)
{
	buf_put_varint(buf, ack->incident);
	buf_put_signed(buf, ack->for_ns);
}

void
desk_encode_unack(uint64_t incident, struct buf *buf)
{
	buf_put_varint(buf, incident);
}

void
desk_encode_review(const struct desk_review *review, struct buf *buf)
{
	buf_put_varint(buf, review->incident);
	buf_put_varint(buf, (uint64_t)review->rule);
	buf_put_varint(buf, (uint64_t)review->kind);
}

bool
desk_knows(enum order_kind kind)
{
	return kind >= ORDER_MUTE && kind <= ORDER_REVIEW;
}

static void
copy(char *out, size_t cap, const char *in)
{
	struct text text;

	text_init(&text, out, cap);
	text_add(&text, in);
}

static void
say(struct order_outcome *out, const char *format, unsigned long long number)
{
	/* The formats are those of this file, each with one number. */
	struct text text;
	const char *at = strchr(format, '#');

	text_init(&text, out->text, sizeof(out->text));
	for (const char *from = format; from < at; from++) {
		text_char(&text, *from);
	}
	text_uint(&text, number);
	text_add(&text, at + 1);
}

static enum err
mute(struct alerts *alerts, const struct order *order, struct buf *buf, struct now now,
    struct order_outcome *out)
{
	struct mute mute;
	enum err err = mute_decode(buf, &mute);
	int64_t for_ns = buf_get_signed(buf);

	if (err != ERR_OK || !buf_ok(buf)) {
		return ERR_FORMAT;
	}
	if (mute.begin_at.ns == 0) {
		mute.begin_at = now.wall;
	}
	if (for_ns > 0) {
		mute.end_at = wall_add(mute.begin_at, for_ns);
		mute.length_ns = for_ns;
	}
	if (mute.zone.name[0] != '\0' && (for_ns <= 0 || for_ns > MUTE_LENGTH_MAX_NS)) {
		return ERR_FORMAT;
	}
	mute.made_at = now.wall;
	copy(mute.author, sizeof(mute.author), order->author);
	copy(mute.reason, sizeof(mute.reason), order->comment);
	err = alerts_mute(alerts, &mute, now, &out->made);
	if (err == ERR_OK) {
		say(out,
		    mute.kind == MUTE_MAINTENANCE ? "maintenance # is planned"
						  : "silence # holds",
		    out->made);
	} else if (err == ERR_LIMIT) {
		say(out, "there are # silences and maintenances, end one first",
		    MUTES_MAX);
	} else {
		copy(out->text, sizeof(out->text),
		    "it ends before it begins, or is over already");
	}
	return err;
}

static enum err
unmute(
    struct alerts *alerts, struct buf *buf, struct now now, struct order_outcome *out)
{
	uint64_t kind = buf_get_varint(buf);
	uint64_t id = buf_get_varint(buf);
	enum err err;

	if (!buf_ok(buf) || kind >= MUTE_KIND_COUNT) {
		return ERR_FORMAT;
	}
	err = alerts_unmute(alerts, id, (enum mute_kind)kind, now);
	if (id >= MUTE_PLANNED_FIRST) {
		say(out, "number # stands in collector.yaml, end it there", id);
		return err;
	}
	say(out, err == ERR_OK ? "number # has ended" : "there is no number # of these",
	    id);
	return err;
}

static enum err
acknowledge(struct alerts *alerts, const struct order *order, struct buf *buf,
    struct now now, struct order_outcome *out)
{
	struct ack ack = {.made_at = now.wall, .until = MONO_NEVER};
	int64_t for_ns;
	enum err err;

	ack.incident = buf_get_varint(buf);
	for_ns = buf_get_signed(buf);
	if (!buf_ok(buf) || for_ns < 0) {
		return ERR_FORMAT;
	}
	if (for_ns > 0) {
		ack.until = mono_add(now.mono, for_ns);
	}
	copy(ack.author, sizeof(ack.author), order->author);
	copy(ack.reason, sizeof(ack.reason), order->comment);
	err = alerts_ack(alerts, &ack, now);
	say(out, err == ERR_OK ? "incident # is in hand" : "incident # is not open",
	    ack.incident);
	return err;
}

static enum err
unacknowledge(
    struct alerts *alerts, struct buf *buf, struct now now, struct order_outcome *out)
{
	uint64_t incident = buf_get_varint(buf);
	enum err err;

	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	err = alerts_unack(alerts, incident, now);
	say(out,
	    err == ERR_OK ? "incident # is in nobody's hand"
			  : "incident # is not acknowledged",
	    incident);
	return err;
}

static enum err
judge(struct alerts *alerts, const struct order *order, struct buf *buf, struct now now,
    struct order_outcome *out)
{
	struct review review = {.made_at = now.wall};
	uint64_t rule;
	uint64_t kind;

	review.incident = buf_get_varint(buf);
	rule = buf_get_varint(buf);
	kind = buf_get_varint(buf);
	if (!buf_ok(buf) || rule >= VERDICT_COUNT || kind >= REVIEW_KIND_COUNT) {
		return ERR_FORMAT;
	}
	review.rule = (enum verdict)rule;
	review.kind = (enum review_kind)kind;
	copy(review.author, sizeof(review.author), order->author);
	copy(review.reason, sizeof(review.reason), order->comment);
	alerts_review(alerts, &review);
	say(out, "incident # is reviewed: ", review.incident);
	(void)snprintf(out->text + strlen(out->text),
	    sizeof(out->text) - strlen(out->text), "%s", review_kind_name(review.kind));
	return ERR_OK;
}

enum err
desk_apply(struct alerts *alerts, const struct order *order, struct now now,
    struct order_outcome *out)
{
	struct buf buf;

	buf_read(&buf, order->arguments, order->arguments_len);
	switch (order->kind) {
	case ORDER_MUTE:
		return mute(alerts, order, &buf, now, out);
	case ORDER_UNMUTE:
		return unmute(alerts, &buf, now, out);
	case ORDER_ACK:
		return acknowledge(alerts, order, &buf, now, out);
	case ORDER_UNACK:
		return unacknowledge(alerts, &buf, now, out);
	case ORDER_REVIEW:
		return judge(alerts, order, &buf, now, out);
	case ORDER_INVITE:
	case ORDER_ENROL:
	case ORDER_RENEW:
	case ORDER_REVOKE:
	case ORDER_TEST:
	case ORDER_KIND_END:
		break;
	}
	return ERR_FORMAT;
}
