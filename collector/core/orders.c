#include "collector/core/orders.h"

#include <string.h>

enum {
	AUDIT_VERSION = 1
};

const char *
orders_name(enum order_kind kind)
{
	switch (kind) {
	case ORDER_INVITE:
		return "invite";
	case ORDER_ENROL:
		return "enrol";
	case ORDER_RENEW:
		return "renew";
	case ORDER_REVOKE:
		return "revoke";
	case ORDER_MUTE:
		return "mute";
	case ORDER_UNMUTE:
		return "unmute";
	case ORDER_ACK:
		return "acknowledge";
	case ORDER_UNACK:
		return "unacknowledge";
	case ORDER_REVIEW:
		return "review";
	case ORDER_TEST:
		return "test";
	case ORDER_KIND_END:
		break;
	}
	return "unknown";
}

/* Errors are stored by name: their numbers may change. */
static enum err
get_err(struct buf *buf)
{
	char name[24];

	buf_get_text(buf, name, sizeof(name));
	for (int i = 0; i < ERR_COUNT; i++) {
		if (strcmp(err_name((enum err)i), name) == 0) {
			return (enum err)i;
		}
	}
	buf->failed = true;
	return ERR_FORMAT;
}

static enum order_kind
get_kind(struct buf *buf)
{
	uint64_t kind = buf_get_varint(buf);

	if (kind == 0 || kind >= ORDER_KIND_END) {
		buf->failed = true;
		return ORDER_KIND_END;
	}
	return (enum order_kind)kind;
}

void
orders_encode(const struct order *order, struct buf *buf)
{
	buf_put_varint(buf, (uint64_t)order->kind);
	buf_put_text(buf, order->author);
	buf_put_text(buf, order->subject);
	buf_put_text(buf, order->comment);
	buf_put_text(buf, err_name(order->refused));
	buf_put_text(buf, order->text);
	buf_put_bytes(buf, order->arguments, order->arguments_len);
}

enum err
orders_decode(struct buf *buf, struct order *out)
{
	struct order read;

	memset(&read, 0, sizeof(read));
	read.kind = get_kind(buf);
	buf_get_text(buf, read.author, sizeof(read.author));
	buf_get_text(buf, read.subject, sizeof(read.subject));
	buf_get_text(buf, read.comment, sizeof(read.comment));
	read.refused = get_err(buf);
	buf_get_text(buf, read.text, sizeof(read.text));
	read.arguments = buf_get_bytes(buf, &read.arguments_len);
	if (!buf_ok(buf) || read.arguments_len > ORDERS_ARGUMENT_BYTES) {
		return ERR_FORMAT;
	}
	*out = read;
	return ERR_OK;
}

void
orders_audit_encode(const struct audit_row *row, struct buf *buf)
{
	buf_put_varint(buf, AUDIT_VERSION);
	buf_put_signed(buf, row->at.ns);
	buf_put_varint(buf, (uint64_t)row->kind);
	buf_put_text(buf, row->author);
	buf_put_text(buf, row->subject);
	buf_put_text(buf, row->comment);
	buf_put_text(buf, err_name(row->err));
	buf_put_text(buf, row->text);
	buf_put_varint(buf, row->made);
}

enum err
orders_audit_decode(struct buf *buf, struct audit_row *out)
{
	struct audit_row read;
	uint64_t version = buf_get_varint(buf);

	if (buf_ok(buf) && version != AUDIT_VERSION) {
		return ERR_VERSION;
	}
	memset(&read, 0, sizeof(read));
	read.at.ns = buf_get_signed(buf);
	read.kind = get_kind(buf);
	buf_get_text(buf, read.author, sizeof(read.author));
	buf_get_text(buf, read.subject, sizeof(read.subject));
	buf_get_text(buf, read.comment, sizeof(read.comment));
	read.err = get_err(buf);
	buf_get_text(buf, read.text, sizeof(read.text));
	read.made = buf_get_varint(buf);
	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	*out = read;
	return ERR_OK;
}
