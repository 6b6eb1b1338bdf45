#include "collector/core/mute.h"

#include <string.h>

enum {
	MUTE_VERSION = 1
};

const char *
mute_kind_name(enum mute_kind kind)
{
	return kind == MUTE_MAINTENANCE ? "maintenance" : "silence";
}

static bool
is_over(const struct mute *mute, struct wall now)
{
	return mute->end_at.ns <= now.ns;
}

static void
remove_at(struct mutes *mutes, size_t i)
{
	mutes->len--;
	memmove(&mutes->item[i], &mutes->item[i + 1],
	    (mutes->len - i) * sizeof(mutes->item[0]));
}

void
mutes_sweep(struct mutes *mutes, struct wall now)
{
	for (size_t i = mutes->len; i-- > 0;) {
		if (is_over(&mutes->item[i], now)) {
			remove_at(mutes, i);
		}
	}
}

enum err
mutes_add(
    struct mutes *mutes, const struct mute *mute, struct wall now, uint64_t *out_id)
{
	if (mute->end_at.ns <= mute->begin_at.ns || is_over(mute, now)) {
		return ERR_INVALID;
	}
	mutes_sweep(mutes, now);
	if (mutes->len == MUTES_MAX) {
		return ERR_LIMIT;
	}
	mutes->item[mutes->len] = *mute;
	mutes->item[mutes->len].id = ++mutes->last_id;
	mutes->len++;
	*out_id = mutes->last_id;
	return ERR_OK;
}

enum err
mutes_expire(struct mutes *mutes, uint64_t id, enum mute_kind kind)
{
	for (size_t i = 0; i < mutes->len; i++) {
		if (mutes->item[i].id == id && mutes->item[i].kind == kind) {
			remove_at(mutes, i);
			return ERR_OK;
		}
	}
	return ERR_NOTFOUND;
}

static void
bring_forward(struct wall *at, struct wall to)
{
	if (to.ns < at->ns) {
		*at = to;
	}
}

const struct mute *
mutes_find(const struct mutes *mutes, const struct labels *labels, struct wall now,
    struct wall *out_look_at)
{
	const struct mute *found = NULL;

	for (size_t i = 0; i < mutes->len; i++) {
		const struct mute *mute = &mutes->item[i];

		if (is_over(mute, now) || !matcher_fits(&mute->matcher, labels)) {
			continue;
		}
		if (now.ns < mute->begin_at.ns) {
			bring_forward(out_look_at, mute->begin_at);
			continue;
		}
		bring_forward(out_look_at, mute->end_at);
		if (found == NULL || mute->kind > found->kind) {
			found = mute;
		}
	}
	return found;
}

void
mute_encode(const struct mute *mute, struct buf *buf)
{
	char text[MATCHER_TEXT_BYTES];

	buf_put_varint(buf, MUTE_VERSION);
	buf_put_varint(buf, mute->id);
	buf_put_varint(buf, (uint64_t)mute->kind);
	buf_put_text(buf, matcher_text(&mute->matcher, text));
	buf_put_signed(buf, mute->begin_at.ns);
	buf_put_signed(buf, mute->end_at.ns);
	buf_put_signed(buf, mute->made_at.ns);
	buf_put_text(buf, mute->author);
	buf_put_text(buf, mute->reason);
}

enum err
mute_decode(struct buf *buf, struct mute *out)
{
	char text[MATCHER_TEXT_BYTES];
	char why[MATCHER_WHY_BYTES];
	struct mute read = {0};
	uint64_t version = buf_get_varint(buf);
	uint64_t kind;

	if (buf_ok(buf) && version != MUTE_VERSION) {
		return ERR_VERSION;
	}
	read.id = buf_get_varint(buf);
	kind = buf_get_varint(buf);
	buf_get_text(buf, text, sizeof(text));
	read.begin_at.ns = buf_get_signed(buf);
	read.end_at.ns = buf_get_signed(buf);
	read.made_at.ns = buf_get_signed(buf);
	buf_get_text(buf, read.author, sizeof(read.author));
	buf_get_text(buf, read.reason, sizeof(read.reason));
	if (!buf_ok(buf) || kind >= MUTE_KIND_COUNT ||
	    !matcher_parse(text, &read.matcher, why)) {
		return ERR_FORMAT;
	}
	read.kind = (enum mute_kind)kind;
	*out = read;
	return ERR_OK;
}

void
mutes_save(const struct mutes *mutes, struct buf *buf)
{
	buf_put_varint(buf, mutes->last_id);
	buf_put_varint(buf, mutes->len);
	for (size_t i = 0; i < mutes->len; i++) {
		mute_encode(&mutes->item[i], buf);
	}
}

static enum err
load_items(struct mutes *mutes, struct buf *buf, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++) {
		enum err err = mute_decode(buf, &mutes->item[i]);

		if (err != ERR_OK) {
			return err;
		}
		if (mutes->item[i].id > mutes->last_id ||
		    (i > 0 && mutes->item[i].id <= mutes->item[i - 1].id)) {
			return ERR_FORMAT;
		}
		mutes->len++;
	}
	return ERR_OK;
}

enum err
mutes_load(struct mutes *mutes, struct buf *buf)
{
	uint64_t len;
	enum err err = ERR_FORMAT;

	memset(mutes, 0, sizeof(*mutes));
	mutes->last_id = buf_get_varint(buf);
	len = buf_get_varint(buf);
	if (buf_ok(buf) && len <= MUTES_MAX) {
		err = load_items(mutes, buf, len);
	}
	if (err != ERR_OK) {
		memset(mutes, 0, sizeof(*mutes));
	}
	return err;
}
