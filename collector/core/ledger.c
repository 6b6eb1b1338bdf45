#include "collector/core/ledger.h"

#include <assert.h>
#include <string.h>

size_t
ledger_bytes(size_t width)
{
	return arena_bytes(LEDGER_LINES * width, sizeof(struct intent));
}

bool
ledger_init(struct ledger *ledger, struct arena *arena, size_t width)
{
	ledger->len = 0;
	ledger->width = width;
	ledger->intent = arena_take(arena, LEDGER_LINES * width, sizeof(struct intent));
	return ledger->intent != NULL;
}

void
ledger_reset(struct ledger *ledger)
{
	ledger->len = 0;
}

size_t
ledger_find(const struct ledger *ledger, uint64_t incident)
{
	for (size_t i = ledger->len; i-- > 0;) {
		if (ledger->line[i].incident.id == incident) {
			return i;
		}
	}
	return LEDGER_LINES;
}

struct intent *
ledger_intent(const struct ledger *ledger, size_t at, size_t channel)
{
	return &ledger->intent[at * ledger->width + channel];
}

/* Moves the lines from `from` on, with their intents, to `to`. */
static void
shift(struct ledger *ledger, size_t to, size_t from)
{
	size_t count = ledger->len - from;

	memmove(
	    &ledger->line[to], &ledger->line[from], count * sizeof(ledger->line[0]));
	memmove(ledger_intent(ledger, to, 0), ledger_intent(ledger, from, 0),
	    count * ledger->width * sizeof(struct intent));
}

size_t
ledger_add(struct ledger *ledger, const struct incident *incident, struct mono now)
{
	size_t at = ledger->len;

	assert(ledger->len < LEDGER_LINES);
	while (at > 0 && ledger->line[at - 1].incident.id > incident->id) {
		at--;
	}
	shift(ledger, at + 1, at);
	ledger->len++;
	ledger->line[at] = (struct ledger_line){
	    .incident = *incident,
	    .since_at = now,
	    .over_at = MONO_NEVER,
	    .clock_at = now,
	};
	for (size_t i = 0; i < ledger->width; i++) {
		intent_init(ledger_intent(ledger, at, i));
	}
	return at;
}

void
ledger_remove(struct ledger *ledger, size_t at)
{
	assert(at < ledger->len);
	shift(ledger, at, at + 1);
	ledger->len--;
}

bool
ledger_is_settled(const struct ledger *ledger, size_t at)
{
	for (size_t i = 0; i < ledger->width; i++) {
		const struct intent *intent = ledger_intent(ledger, at, i);

		if (!intent_is_settled(intent, &ledger->line[at].incident)) {
			return false;
		}
	}
	return true;
}

static void
save_line(const struct ledger_line *line, struct buf *buf)
{
	incident_encode(&line->incident, buf);
	buf_put_varint(buf, line->changed ? 1 : 0);
	buf_put_varint(buf, (uint64_t)line->mute);
	buf_put_varint(buf, line->mute_by);
	buf_put_signed(buf, line->since_at.ns);
	buf_put_signed(buf, line->over_at.ns);
	buf_put_signed(buf, line->unattended_ns);
	buf_put_signed(buf, line->clock_at.ns);
	buf_put_varint(buf, line->clock_runs ? 1 : 0);
}

void
ledger_save(const struct ledger *ledger, struct buf *buf)
{
	buf_put_varint(buf, ledger->len);
	for (size_t i = 0; i < ledger->len; i++) {
		save_line(&ledger->line[i], buf);
		for (size_t k = 0; k < ledger->width; k++) {
			intent_encode(ledger_intent(ledger, i, k), buf);
		}
	}
}

static void
load_rest(struct ledger_line *line, struct buf *buf)
{
	uint64_t mute = buf_get_varint(buf);

	if (mute >= LEDGER_MUTE_COUNT) {
		buf->failed = true;
		return;
	}
	line->mute = (enum ledger_mute)mute;
	line->mute_by = buf_get_varint(buf);
	line->since_at.ns = buf_get_signed(buf);
	line->over_at.ns = buf_get_signed(buf);
	line->unattended_ns = buf_get_signed(buf);
	line->clock_at.ns = buf_get_signed(buf);
	line->clock_runs = buf_get_varint(buf) != 0;
}

static enum err
load_line(struct ledger *ledger, struct buf *buf, const uint16_t *channel, size_t len,
    uint64_t version)
{
	struct incident incident;
	size_t at = ledger->len;
	enum err err = incident_decode(buf, &incident);

	if (err != ERR_OK) {
		return err;
	}
	if (at > 0 && incident.id <= ledger->line[at - 1].incident.id) {
		return ERR_FORMAT;
	}
	at = ledger_add(ledger, &incident, (struct mono){0});
	ledger->line[at].changed = buf_get_varint(buf) != 0;
	if (version >= 2) {
		load_rest(&ledger->line[at], buf);
	}
	for (size_t i = 0; i < len; i++) {
		struct intent intent;

		intent_decode(buf, version, &intent);
		if (channel[i] < ledger->width) {
			*ledger_intent(ledger, at, channel[i]) = intent;
		}
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}

enum err
ledger_load(struct ledger *ledger, struct buf *buf, const uint16_t *channel, size_t len,
    uint64_t version)
{
	uint64_t lines = buf_get_varint(buf);
	enum err err = lines <= LEDGER_LINES ? ERR_OK : ERR_FORMAT;

	ledger_reset(ledger);
	for (uint64_t i = 0; i < lines && err == ERR_OK; i++) {
		err = load_line(ledger, buf, channel, len, version);
	}
	if (err == ERR_OK && !buf_ok(buf)) {
		err = ERR_FORMAT;
	}
	if (err != ERR_OK) {
		ledger_reset(ledger);
	}
	return err;
}
