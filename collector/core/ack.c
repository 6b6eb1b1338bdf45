#include "collector/core/ack.h"

#include <string.h>

static size_t
find(const struct acks *acks, uint64_t incident)
{
	size_t i = 0;

	while (i < acks->len && acks->item[i].incident != incident) {
		i++;
	}
	return i;
}

static void
remove_at(struct acks *acks, size_t i)
{
	acks->len--;
	memmove(&acks->item[i], &acks->item[i + 1],
	    (acks->len - i) * sizeof(acks->item[0]));
}

enum err
acks_put(struct acks *acks, const struct ack *ack)
{
	size_t i = find(acks, ack->incident);

	if (i == ACKS_MAX) {
		return ERR_LIMIT;
	}
	acks->len += i == acks->len ? 1 : 0;
	acks->item[i] = *ack;
	return ERR_OK;
}

bool
acks_remove(struct acks *acks, uint64_t incident)
{
	size_t i = find(acks, incident);

	if (i == acks->len) {
		return false;
	}
	remove_at(acks, i);
	return true;
}

const struct ack *
acks_find(const struct acks *acks, const struct incident *incident, struct mono now)
{
	size_t i = find(acks, incident->id);
	const struct ack *ack = &acks->item[i];

	if (i == acks->len || incident->state != INCIDENT_OPEN ||
	    incident->level > ack->level || !mono_before(now, ack->until)) {
		return NULL;
	}
	return ack;
}

void
acks_changed(struct acks *acks, const struct incident *incident)
{
	size_t i = find(acks, incident->id);

	if (i < acks->len && (incident->state != INCIDENT_OPEN ||
				 incident->level > acks->item[i].level)) {
		remove_at(acks, i);
	}
}

void
acks_sweep(struct acks *acks, struct mono now)
{
	for (size_t i = acks->len; i-- > 0;) {
		if (!mono_before(now, acks->item[i].until)) {
			remove_at(acks, i);
		}
	}
}

void
acks_save(const struct acks *acks, struct buf *buf)
{
	buf_put_varint(buf, acks->len);
	for (size_t i = 0; i < acks->len; i++) {
		const struct ack *ack = &acks->item[i];

		buf_put_varint(buf, ack->incident);
		buf_put_varint(buf, (uint64_t)ack->level);
		buf_put_signed(buf, ack->made_at.ns);
		buf_put_signed(buf, ack->until.ns);
		buf_put_text(buf, ack->author);
		buf_put_text(buf, ack->reason);
	}
}

enum err
acks_load(struct acks *acks, struct buf *buf)
{
	uint64_t len = buf_get_varint(buf);
	bool is_good = buf_ok(buf) && len <= ACKS_MAX;

	memset(acks, 0, sizeof(*acks));
	for (uint64_t i = 0; i < len && is_good; i++) {
		struct ack *ack = &acks->item[i];
		uint64_t level;

		ack->incident = buf_get_varint(buf);
		level = buf_get_varint(buf);
		ack->level = level < LEVEL_COUNT ? (enum level)level : LEVEL_INFO;
		ack->made_at.ns = buf_get_signed(buf);
		ack->until.ns = buf_get_signed(buf);
		buf_get_text(buf, ack->author, sizeof(ack->author));
		buf_get_text(buf, ack->reason, sizeof(ack->reason));
		is_good = buf_ok(buf) && level < LEVEL_COUNT;
		acks->len++;
	}
	if (!is_good) {
		memset(acks, 0, sizeof(*acks));
		return ERR_FORMAT;
	}
	return ERR_OK;
}
