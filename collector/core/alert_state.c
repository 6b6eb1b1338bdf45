/* The alerts as bytes, and what others may know of them. */
#include "collector/core/alert_internal.h"

#include <assert.h>
#include <string.h>

enum {
	ALERT_VERSION =
	    5 /* 1 had no mutes, acks and clocks, 2 no paces, 3 no reviews, 4 no groups */
};

struct alerts_counts
alerts_counts(const struct alerts *alerts)
{
	struct alerts_counts counts = alerts->counts;

	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE; i++) {
		const struct outbox_row *row = &alerts->outbox.row[i];

		counts.queued += row->id != 0 && row->status == OUTBOX_QUEUED ? 1 : 0;
		counts.leased += row->id != 0 && row->status == OUTBOX_LEASED ? 1 : 0;
	}
	return counts;
}

bool
alerts_intent(const struct alerts *alerts, uint64_t incident, uint16_t channel,
    struct intent *out)
{
	size_t at = ledger_find(&alerts->ledger, incident);

	if (at == LEDGER_LINES || channel >= alerts->conf.channel_len) {
		return false;
	}
	*out = *ledger_intent(&alerts->ledger, at, channel);
	return true;
}

void
alerts_save(const struct alerts *alerts, struct buf *buf)
{
	const struct alerts_counts *counts = &alerts->counts;

	buf_put_varint(buf, ALERT_VERSION);
	buf_put_varint(buf, counts->delivered);
	buf_put_varint(buf, counts->rejected);
	buf_put_varint(buf, counts->unknown);
	buf_put_varint(buf, counts->dead);
	buf_put_varint(buf, counts->withdrawn);
	buf_put_varint(buf, counts->abandoned);
	buf_put_varint(buf, alerts->conf.channel_len);
	for (size_t i = 0; i < alerts->conf.channel_len; i++) {
		buf_put_text(buf, alerts->conf.channel[i].name);
		buf_put_signed(buf, alerts->channel[i].not_before.ns);
		pace_save(&alerts->channel[i].pace, buf);
	}
	ledger_save(&alerts->ledger, buf);
	outbox_save(&alerts->outbox, buf);
	mutes_save(&alerts->mutes, buf);
	acks_save(&alerts->acks, buf);
	reviews_save(&alerts->reviews, buf);
}

static void
forget(struct alerts *alerts)
{
	memset(&alerts->counts, 0, sizeof(alerts->counts));
	memset(alerts->channel, 0, sizeof(alerts->channel));
	ledger_reset(&alerts->ledger);
	outbox_reset(&alerts->outbox);
	memset(&alerts->mutes, 0, sizeof(alerts->mutes));
	alert_gate_plan(alerts);
	memset(&alerts->acks, 0, sizeof(alerts->acks));
	memset(&alerts->reviews, 0, sizeof(alerts->reviews));
	alerts->deadline = MONO_NEVER;
}

static uint16_t
find_channel(const struct alerts *alerts, const char *name)
{
	for (uint16_t i = 0; i < alerts->conf.channel_len; i++) {
		if (strcmp(alerts->conf.channel[i].name, name) == 0) {
			return i;
		}
	}
	return OUTBOX_NO_CHANNEL;
}

/* The channels of the writer: where they are now. Returns how many, or 0 with the error of
 * `buf` set. */
static size_t
load_channels(struct alerts *alerts, struct buf *buf, uint64_t version,
    uint16_t map[LIMIT_CHANNELS])
{
	uint64_t len = buf_get_varint(buf);

	if (len > LIMIT_CHANNELS) {
		buf->failed = true;
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		char name[LIMIT_NAME_BYTES];
		struct pace pace = {0};
		int64_t not_before_ns;

		buf_get_text(buf, name, sizeof(name));
		not_before_ns = buf_get_signed(buf);
		if (version >= 3) {
			pace_load(&pace, buf);
		}
		map[i] = buf_ok(buf) ? find_channel(alerts, name) : OUTBOX_NO_CHANNEL;
		if (map[i] != OUTBOX_NO_CHANNEL) {
			alerts->channel[map[i]].not_before.ns = not_before_ns;
			alerts->channel[map[i]].pace = pace;
		}
	}
	return (size_t)len;
}

/* True when every member of the row has an intent that says so. */
static bool
is_tied(const struct ledger *ledger, const struct outbox_row *row)
{
	for (size_t i = 0; i < row->member_len; i++) {
		size_t at = ledger_find(ledger, row->member[i].incident);

		if (at == LEDGER_LINES ||
		    ledger_intent(ledger, at, row->channel)->row != row->id) {
			return false;
		}
	}
	return true;
}

static void
count_row(struct alerts *alerts, const struct outbox_row *row)
{
	struct alert_channel_state *channel = &alerts->channel[row->channel];

	channel->live++;
	if (row->status == OUTBOX_LEASED) {
		channel->in_flight = row->id;
	}
}

/* Ties the rows to their intents again. Every live row has one, or one a member, and the
 * other way round. */
static enum err
link_rows(struct alerts *alerts)
{
	const struct ledger *ledger = &alerts->ledger;
	size_t members = 0;
	size_t intents = 0;

	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE; i++) {
		struct outbox_row *row = &alerts->outbox.row[i];

		row->channel = OUTBOX_NO_CHANNEL;
		if (row->id != 0) {
			row->channel = find_channel(alerts, row->channel_name);
		}
		if (row->channel == OUTBOX_NO_CHANNEL) {
			continue;
		}
		if (!is_tied(ledger, row)) {
			return ERR_FORMAT;
		}
		members += row->member_len;
		count_row(alerts, row);
	}
	for (size_t i = 0; i < ledger->len * ledger->width; i++) {
		intents += ledger->intent[i].row != 0 ? 1 : 0;
	}
	return members == intents ? ERR_OK : ERR_FORMAT;
}

static enum err
load(struct alerts *alerts, struct buf *buf, uint64_t version)
{
	bool is_old = version == 1;
	struct alerts_counts *counts = &alerts->counts;
	uint16_t map[LIMIT_CHANNELS] = {0};
	size_t channels;
	enum err err;

	counts->delivered = buf_get_varint(buf);
	counts->rejected = buf_get_varint(buf);
	counts->unknown = buf_get_varint(buf);
	counts->dead = buf_get_varint(buf);
	counts->withdrawn = buf_get_varint(buf);
	counts->abandoned = buf_get_varint(buf);
	channels = load_channels(alerts, buf, version, map);
	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	err = ledger_load(&alerts->ledger, buf, map, channels, version);
	if (err == ERR_OK) {
		err = outbox_load(&alerts->outbox, buf);
	}
	if (err == ERR_OK && !is_old) {
		err = mutes_load(&alerts->mutes, buf);
	}
	if (err == ERR_OK && !is_old) {
		err = acks_load(&alerts->acks, buf);
	}
	if (err == ERR_OK && version >= 4) {
		err = reviews_load(&alerts->reviews, buf);
	}
	return err == ERR_OK ? link_rows(alerts) : err;
}

enum err
alerts_load(struct alerts *alerts, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	enum err err = ERR_VERSION;

	forget(alerts);
	if (!buf_ok(buf)) {
		err = ERR_FORMAT;
	} else if (version >= 1 && version <= ALERT_VERSION) {
		err = load(alerts, buf, version);
	}
	if (err != ERR_OK) {
		forget(alerts);
		return err;
	}
	alerts->deadline = (struct mono){INT64_MIN}; /* look at once */
	return ERR_OK;
}
