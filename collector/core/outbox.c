#include "collector/core/outbox.h"

#include "common/core/rng.h"
#include "common/core/sha256.h"

#include <assert.h>
#include <string.h>

enum {
	OUTBOX_VERSION = 2 /* 1 had no groups */
};

const char *
outbox_status_name(enum outbox_status status)
{
	switch (status) {
	case OUTBOX_QUEUED:
		return "queued";
	case OUTBOX_LEASED:
		return "leased";
	case OUTBOX_SENT:
		return "sent";
	case OUTBOX_CANCELLED:
		return "cancelled";
	case OUTBOX_DEAD:
		return "dead";
	case OUTBOX_STATUS_COUNT:
		break;
	}
	return "unknown";
}

struct outbox_row *
outbox_new(struct outbox *outbox)
{
	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE; i++) {
		struct outbox_row *row = &outbox->row[i];

		if (row->id == 0) {
			memset(row, 0, sizeof(*row));
			row->id = ++outbox->last_id;
			outbox->len++;
			return row;
		}
	}
	return NULL;
}

struct outbox_row *
outbox_find(struct outbox *outbox, uint64_t id)
{
	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE && id != 0; i++) {
		if (outbox->row[i].id == id) {
			return &outbox->row[i];
		}
	}
	return NULL;
}

void
outbox_forget(struct outbox *outbox, struct outbox_row *row)
{
	assert(row->id != 0);
	assert(outbox->len > 0);
	row->id = 0;
	outbox->len--;
}

void
outbox_reset(struct outbox *outbox)
{
	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE; i++) {
		outbox->row[i].id = 0;
	}
	outbox->len = 0;
	outbox->last_id = 0;
}

void
outbox_put(struct outbox *outbox, struct outbox_row *row, struct now now,
    struct effects *effects)
{
	struct buf buf;

	row->changed_at = now.wall;
	buf_write(&buf, outbox->bytes, sizeof(outbox->bytes));
	outbox_encode(row, &buf);
	assert(buf_ok(&buf));
	effects_put_u64(effects, TABLE_OUTBOX, row->id, outbox->bytes, buf.at);
}

void
outbox_key(struct outbox_row *row, struct wall opened_at)
{
	unsigned char bytes[256];
	unsigned char digest[SHA256_BYTES];
	struct sha256 sha256;
	struct buf buf;

	buf_write(&buf, bytes, sizeof(bytes));
	buf_put_text(&buf, "parallax.alert/1");
	buf_put_u64(&buf, row->incident);
	buf_put_u64(&buf, (uint64_t)opened_at.ns);
	buf_put_text(&buf, row->channel_name);
	buf_put_u64(&buf, row->seq);
	buf_put_u64(&buf, row->id);
	assert(buf_ok(&buf));
	sha256_init(&sha256);
	sha256_add(&sha256, bytes, buf.at);
	sha256_end(&sha256, digest);
	memset(row->key, 0, sizeof(row->key));
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		row->key[i / 8] = row->key[i / 8] << 8 | digest[i];
	}
}

int64_t
outbox_backoff_ns(
    uint64_t seed, const struct outbox_row *row, int64_t min_ns, int64_t max_ns)
{
	struct rng rng;
	int64_t cap_ns = min_ns > 0 ? min_ns : 1;

	for (uint32_t i = 1; i < row->attempts && cap_ns < max_ns; i++) {
		cap_ns = clock_add_ns(cap_ns, cap_ns);
	}
	if (cap_ns > max_ns) {
		cap_ns = max_ns > 0 ? max_ns : 1;
	}
	rng_init(&rng, seed ^ row->key[0] ^ row->attempts);
	return 1 + (int64_t)rng_below(&rng, (uint64_t)cap_ns);
}

static void
put_message(const struct intent_message *message, struct buf *buf)
{
	buf_put_varint(buf, (uint64_t)message->kind);
	buf_put_varint(buf, (uint64_t)message->level);
	buf_put_varint(buf, (uint64_t)message->verdict);
	buf_put_varint(buf, message->updates);
}

/* The one member of a row without a group can be told from the row. */
static void
put_members(const struct outbox_row *row, struct buf *buf)
{
	buf_put_u64(buf, row->group);
	if (row->group == 0) {
		return;
	}
	buf_put_varint(buf, row->member_len);
	for (size_t i = 0; i < row->member_len; i++) {
		buf_put_varint(buf, row->member[i].incident);
		put_message(&row->member[i].message, buf);
		buf_put_signed(buf, row->member[i].changed_at.ns);
	}
}

void
outbox_encode(const struct outbox_row *row, struct buf *buf)
{
	buf_put_varint(buf, OUTBOX_VERSION);
	buf_put_varint(buf, row->id);
	buf_put_varint(buf, row->incident);
	for (size_t i = 0; i < 4; i++) {
		buf_put_u64(buf, row->key[i]);
	}
	buf_put_text(buf, row->channel_name);
	buf_put_varint(buf, (uint64_t)row->status);
	put_message(&row->message, buf);
	buf_put_varint(buf, row->seq);
	buf_put_varint(buf, row->attempts);
	buf_put_varint(buf, row->maybe_delivered ? 1 : 0);
	buf_put_varint(buf, row->maybe_before_lease ? 1 : 0);
	buf_put_signed(buf, row->not_before.ns);
	buf_put_signed(buf, row->queued_at.ns);
	buf_put_signed(buf, row->changed_at.ns);
	put_members(row, buf);
	buf_put_bytes(buf, row->json, row->json_len);
}

static uint64_t
get_most(struct buf *buf, uint64_t most)
{
	uint64_t value = buf_get_varint(buf);

	if (value > most) {
		buf->failed = true;
		return 0;
	}
	return value;
}

static void
get_message(struct buf *buf, struct intent_message *out)
{
	out->kind = (enum message_kind)get_most(buf, MESSAGE_KIND_COUNT - 1);
	out->level = (enum level)get_most(buf, LEVEL_COUNT - 1);
	out->verdict = (enum verdict)get_most(buf, VERDICT_COUNT - 1);
	out->updates = (uint32_t)get_most(buf, UINT32_MAX);
}

static void
get_members(struct buf *buf, uint64_t version, struct outbox_row *out)
{
	out->group = version < 2 ? 0 : buf_get_u64(buf);
	if (out->group == 0) {
		out->member_len = out->incident != 0 ? 1 : 0;
		out->member[0].incident = out->incident;
		out->member[0].message = out->message;
		return;
	}
	out->member_len = (size_t)get_most(buf, OUTBOX_MEMBERS);
	for (size_t i = 0; i < out->member_len; i++) {
		out->member[i].incident = buf_get_varint(buf);
		get_message(buf, &out->member[i].message);
		out->member[i].changed_at.ns = buf_get_signed(buf);
	}
	if (out->member_len == 0 || out->member[0].incident != out->incident) {
		buf->failed = true;
	}
}

/* Everything but the JSON, which is too big to be read twice. */
static void
decode_fields(struct buf *buf, uint64_t version, struct outbox_row *out)
{
	out->channel = OUTBOX_NO_CHANNEL;
	out->id = buf_get_varint(buf);
	out->incident = buf_get_varint(buf);
	for (size_t i = 0; i < 4; i++) {
		out->key[i] = buf_get_u64(buf);
	}
	buf_get_text(buf, out->channel_name, sizeof(out->channel_name));
	out->status = (enum outbox_status)get_most(buf, OUTBOX_STATUS_COUNT - 1);
	get_message(buf, &out->message);
	out->seq = (uint32_t)get_most(buf, UINT32_MAX);
	out->attempts = (uint32_t)get_most(buf, UINT32_MAX);
	out->maybe_delivered = get_most(buf, 1) == 1;
	out->maybe_before_lease = get_most(buf, 1) == 1;
	out->not_before.ns = buf_get_signed(buf);
	out->queued_at.ns = buf_get_signed(buf);
	out->changed_at.ns = buf_get_signed(buf);
	get_members(buf, version, out);
}

enum err
outbox_decode(struct buf *buf, struct outbox_row *out)
{
	struct outbox_row read;
	uint64_t version = buf_get_varint(buf);

	if (buf_ok(buf) && (version < 1 || version > OUTBOX_VERSION)) {
		return ERR_VERSION;
	}
	memset(&read, 0, sizeof(read));
	decode_fields(buf, version, &read);
	buf_get_text(buf, read.json, sizeof(read.json));
	if (!buf_ok(buf) || read.id == 0) {
		return ERR_FORMAT;
	}
	read.json_len = strlen(read.json);
	*out = read;
	return ERR_OK;
}

/* The live row with the smallest id above `id`, or NULL. */
static const struct outbox_row *
next_row(const struct outbox *outbox, uint64_t id)
{
	const struct outbox_row *next = NULL;

	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE; i++) {
		const struct outbox_row *row = &outbox->row[i];

		if (row->id > id && (next == NULL || row->id < next->id)) {
			next = row;
		}
	}
	return next;
}

void
outbox_save(const struct outbox *outbox, struct buf *buf)
{
	const struct outbox_row *row = next_row(outbox, 0);

	buf_put_varint(buf, outbox->last_id);
	buf_put_varint(buf, outbox->len);
	/* By id, not by slot: the same state is the same bytes, however it came about. */
	for (; row != NULL; row = next_row(outbox, row->id)) {
		outbox_encode(row, buf);
	}
}

static enum err
load_rows(struct outbox *outbox, struct buf *buf, uint64_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct outbox_row *row = &outbox->row[i];
		enum err err = outbox_decode(buf, row);

		if (err != ERR_OK) {
			return err;
		}
		outbox->len++;
		if (row->id > outbox->last_id || row->status > OUTBOX_LEASED) {
			return ERR_FORMAT; /* made later than the last, or over */
		}
	}
	return ERR_OK;
}

enum err
outbox_load(struct outbox *outbox, struct buf *buf)
{
	uint64_t last_id = buf_get_varint(buf);
	uint64_t len = buf_get_varint(buf);
	enum err err = buf_ok(buf) && len <= LIMIT_OUTBOX_LIVE ? ERR_OK : ERR_FORMAT;

	outbox_reset(outbox);
	if (err == ERR_OK) {
		outbox->last_id = last_id;
		err = load_rows(outbox, buf, len);
	}
	if (err != ERR_OK) {
		outbox_reset(outbox);
	}
	return err;
}
