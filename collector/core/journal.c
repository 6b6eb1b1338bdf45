#include "collector/core/journal.h"

#include <string.h>

enum {
	JOURNAL_VERSION = 1
};

static void
encode_batch(const struct journal_head *head, struct buf *buf)
{
	buf_put_text(buf, head->agent);
	buf_put_u64(buf, head->incarnation);
	buf_put_varint(buf, head->fresh_len);
	for (size_t i = 0; i < head->fresh_len; i++) {
		buf_put_varint(buf, head->fresh[i].first);
		buf_put_varint(buf, head->fresh[i].last - head->fresh[i].first);
	}
	buf_put_bytes(buf, head->frame, head->frame_len);
}

void
journal_encode(const struct journal_head *head, struct buf *buf)
{
	buf_put_varint(buf, JOURNAL_VERSION);
	buf_put_varint(buf, (uint64_t)head->kind);
	buf_put_u64(buf, (uint64_t)head->now.mono.ns);
	buf_put_u64(buf, (uint64_t)head->now.wall.ns);
	switch (head->kind) {
	case JOURNAL_START:
	case JOURNAL_RELOAD:
		break;
	case JOURNAL_TICK:
		buf_put_bytes(buf, head->heard, head->heard_len);
		buf_put_bytes(buf, head->left, head->left_len);
		break;
	case JOURNAL_BATCH:
		encode_batch(head, buf);
		break;
	case JOURNAL_DELIVERY:
		buf_put_varint(buf, head->row);
		buf_put_varint(buf, head->delivery);
		buf_put_signed(buf, head->retry_after_ns);
		buf_put_bytes(buf, head->detail, head->detail_len);
		break;
	case JOURNAL_ORDER:
		orders_encode(&head->order, buf);
		break;
	}
}

static void
decode_batch(struct buf *buf, struct journal_head *out)
{
	uint64_t len;

	buf_get_text(buf, out->agent, sizeof(out->agent));
	out->incarnation = buf_get_u64(buf);
	len = buf_get_varint(buf);
	if (len > JOURNAL_FRESH) {
		buf->failed = true;
		return;
	}
	for (uint64_t i = 0; i < len; i++) {
		out->fresh[i].first = buf_get_varint(buf);
		out->fresh[i].last = out->fresh[i].first + buf_get_varint(buf);
	}
	out->fresh_len = (size_t)len;
	out->frame = buf_get_bytes(buf, &out->frame_len);
}

enum err
journal_decode(struct buf *buf, struct journal_head *out)
{
	struct journal_head head;
	uint64_t version = buf_get_varint(buf);
	uint64_t kind = buf_get_varint(buf);

	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	if (version != JOURNAL_VERSION) {
		return ERR_VERSION;
	}
	memset(&head, 0, sizeof(head));
	head.now.mono.ns = (int64_t)buf_get_u64(buf);
	head.now.wall.ns = (int64_t)buf_get_u64(buf);
	if (kind == JOURNAL_TICK) {
		head.heard = buf_get_bytes(buf, &head.heard_len);
		head.left = buf_get_bytes(buf, &head.left_len);
	} else if (kind == JOURNAL_BATCH) {
		decode_batch(buf, &head);
	} else if (kind == JOURNAL_DELIVERY) {
		head.row = buf_get_varint(buf);
		head.delivery = (uint32_t)buf_get_varint(buf);
		head.retry_after_ns = buf_get_signed(buf);
		head.detail = buf_get_bytes(buf, &head.detail_len);
	} else if (kind == JOURNAL_ORDER) {
		if (orders_decode(buf, &head.order) != ERR_OK) {
			return ERR_FORMAT;
		}
	} else if (kind != JOURNAL_START && kind != JOURNAL_RELOAD) {
		return ERR_FORMAT;
	}
	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	head.kind = (enum journal_kind)kind;
	*out = head;
	return ERR_OK;
}

bool
journal_is_fresh(const struct journal_head *head, uint64_t seq)
{
	for (size_t i = 0; i < head->fresh_len; i++) {
		if (seq >= head->fresh[i].first && seq <= head->fresh[i].last) {
			return true;
		}
	}
	return false;
}
