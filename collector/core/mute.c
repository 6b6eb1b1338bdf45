#include "collector/core/mute.h"

#include <string.h>

enum {
	MUTE_VERSION = 2 /* 1 had no zone */
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

static bool
has_zone(const struct mute *mute)
{
	return mute->zone.name[0] != '\0';
}

bool
mute_occurrence(const struct mute *mute, struct wall now, struct wall *out_begin_at,
    struct wall *out_end_at)
{
	struct wall after = {clock_sub_ns(now.ns, mute->length_ns)};

	if (!has_zone(mute)) {
		*out_begin_at = mute->begin_at;
		*out_end_at = mute->end_at;
		return !is_over(mute, now);
	}
	if (!recur_next(&mute->recur, &mute->zone, after, out_begin_at)) {
		return false;
	}
	*out_end_at = wall_add(*out_begin_at, mute->length_ns);
	return true;
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
		struct mute *mute = &mutes->item[i];

		if (is_over(mute, now) &&
		    !mute_occurrence(mute, now, &mute->begin_at, &mute->end_at)) {
			remove_at(mutes, i);
		}
	}
}

enum err
mutes_add(
    struct mutes *mutes, const struct mute *mute, struct wall now, uint64_t *out_id)
{
	struct wall begin_at;
	struct wall end_at;

	if (!mute_occurrence(mute, now, &begin_at, &end_at) ||
	    end_at.ns <= begin_at.ns) {
		return ERR_INVALID;
	}
	mutes_sweep(mutes, now);
	if (mutes->len == MUTES_MAX) {
		return ERR_LIMIT;
	}
	mutes->item[mutes->len] = *mute;
	mutes->item[mutes->len].begin_at = begin_at;
	mutes->item[mutes->len].end_at = end_at;
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
	buf_put_varint(buf, has_zone(mute) ? 1 : 0);
	if (has_zone(mute)) {
		buf_put_text(buf, mute->name);
		zone_encode(&mute->zone, buf);
		recur_encode(&mute->recur, buf);
		buf_put_signed(buf, mute->length_ns);
	}
}

static enum err
get_calendar(struct buf *buf, struct mute *out)
{
	enum err err;

	if (buf_get_varint(buf) == 0) {
		return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
	}
	buf_get_text(buf, out->name, sizeof(out->name));
	err = zone_decode(buf, &out->zone);
	if (err == ERR_OK) {
		err = recur_decode(buf, &out->recur);
	}
	out->length_ns = buf_get_signed(buf);
	if (err == ERR_OK && (!buf_ok(buf) || out->length_ns < 0 ||
				 out->length_ns > MUTE_LENGTH_MAX_NS)) {
		err = ERR_FORMAT;
	}
	return err;
}

enum err
mute_decode(struct buf *buf, struct mute *out)
{
	char text[MATCHER_TEXT_BYTES];
	char why[MATCHER_WHY_BYTES];
	struct mute read = {0};
	uint64_t version = buf_get_varint(buf);
	uint64_t kind;
	enum err err;

	if (buf_ok(buf) && (version == 0 || version > MUTE_VERSION)) {
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
	err = version >= 2 ? get_calendar(buf, &read) : ERR_OK;
	if (err == ERR_OK) {
		*out = read;
	}
	return err;
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
