#include "collector/core/trust.h"

#include <string.h>

enum {
	TRUST_VERSION = 1
};

struct pending {
	uint64_t incident; /* 0 = free */
	struct mono opened_at;
	bool was_read; /* the source was known at some time since */
};

struct record {
	uint16_t probe;
	bool is_claiming;
	bool is_confirmed;       /* the claim that is open */
	bool had_incident;       /* ever */
	struct mono incident_at; /* the last one on its targets opened */
	uint32_t admitted;
	uint32_t missed;
	uint32_t unconfirmed;
	uint32_t delays; /* ever taken; the last ones are in the ring */
	struct wall last_at;
	uint32_t delay_s[TRUST_DELAYS];
	struct pending pending[TRUST_PENDING];
	uint32_t judged_len; /* ever */
	uint64_t judged[TRUST_JUDGED];
};

struct trust {
	const struct topology *topology;
	struct record *record;
	uint16_t len;
};

size_t
trust_bytes(const struct topology *topology)
{
	return arena_bytes(1, sizeof(struct trust)) +
	       arena_bytes(
		   topology_count_role(topology, ROLE_SOURCE), sizeof(struct record));
}

struct trust *
trust_init(struct arena *arena, const struct topology *topology)
{
	struct trust *trust = arena_take(arena, 1, sizeof(*trust));
	struct record *record = arena_take(
	    arena, topology_count_role(topology, ROLE_SOURCE), sizeof(*record));
	uint16_t len = 0;

	if (arena_failed(arena)) {
		return NULL;
	}
	for (uint16_t i = 0; i < topology->probe_len; i++) {
		if (topology->probe[i].role == ROLE_SOURCE) {
			record[len++].probe = i;
		}
	}
	*trust = (struct trust){topology, record, len};
	return trust;
}

static struct record *
find(const struct trust *trust, uint16_t probe)
{
	for (uint16_t i = 0; i < trust->len; i++) {
		if (trust->record[i].probe == probe) {
			return &trust->record[i];
		}
	}
	return NULL;
}

static void
judge(struct record *record, struct pending *pending, bool admitted, struct now now)
{
	record->judged[record->judged_len++ % TRUST_JUDGED] = pending->incident;
	if (admitted) {
		int64_t late_ns = mono_since(now.mono, pending->opened_at);

		record->delay_s[record->delays++ % TRUST_DELAYS] =
		    late_ns > 0 ? (uint32_t)(late_ns / CLOCK_NS_PER_S) : 0;
		record->admitted++;
		record->last_at = now.wall;
	} else if (pending->was_read) {
		record->missed++;
		record->last_at = now.wall;
	}
	*pending = (struct pending){0};
}

static bool
is_known(const struct record *record, uint64_t incident)
{
	for (size_t i = 0; i < TRUST_PENDING; i++) {
		if (record->pending[i].incident == incident) {
			return true;
		}
	}
	for (size_t i = 0; i < TRUST_JUDGED; i++) {
		if (record->judged[i] == incident) {
			return true;
		}
	}
	return false;
}

/* A free place, or that of the incident that waits longest, which is then not judged. */
static struct pending *
place(struct record *record)
{
	struct pending *oldest = &record->pending[0];

	for (size_t i = 0; i < TRUST_PENDING; i++) {
		struct pending *each = &record->pending[i];

		if (each->incident == 0) {
			return each;
		}
		if (mono_before(each->opened_at, oldest->opened_at)) {
			oldest = each;
		}
	}
	return oldest;
}

void
trust_incident(struct trust *trust, uint64_t incident, uint16_t target, struct now now)
{
	for (uint16_t i = 0; target < 64 && i < trust->len; i++) {
		struct record *record = &trust->record[i];
		struct pending *pending;

		if ((trust->topology->probe[record->probe].target_mask >> target &
			1U) == 0) {
			continue;
		}
		record->had_incident = true;
		record->incident_at = now.mono;
		record->is_confirmed = record->is_claiming;
		if (is_known(record, incident)) {
			continue;
		}
		pending = place(record);
		*pending = (struct pending){incident, now.mono, false};
		if (record->is_claiming) {
			judge(record, pending, true, now);
		}
	}
}

static void
claim_changes(struct record *record, bool is_claiming, struct now now)
{
	if (is_claiming) {
		record->is_confirmed =
		    record->had_incident &&
		    mono_since(now.mono, record->incident_at) <= TRUST_ADMIT_NS;
	} else if (!record->is_confirmed) {
		record->unconfirmed++;
		record->last_at = now.wall;
	}
	record->is_claiming = is_claiming;
}

bool
trust_source(
    struct trust *trust, uint16_t probe, enum external_state state, struct now now)
{
	struct record *record = find(trust, probe);
	bool is_claiming = state == EXTERNAL_INCIDENT;
	bool changes;

	if (record == NULL) {
		return false;
	}
	/* While it cannot be read nobody knows whether a claim goes on. */
	changes = state != EXTERNAL_UNKNOWN && is_claiming != record->is_claiming;
	if (changes) {
		claim_changes(record, is_claiming, now);
	}
	for (size_t i = 0; i < TRUST_PENDING; i++) {
		struct pending *pending = &record->pending[i];

		if (pending->incident == 0) {
			continue;
		}
		pending->was_read |= state != EXTERNAL_UNKNOWN;
		if (is_claiming ||
		    mono_since(now.mono, pending->opened_at) > TRUST_ADMIT_NS) {
			judge(record, pending, is_claiming, now);
		}
	}
	return changes;
}

/* Half of the delays are at most that long. */
static uint32_t
median_s(const struct record *record)
{
	uint32_t sorted[TRUST_DELAYS];
	uint32_t len =
	    record->delays < TRUST_DELAYS ? record->delays : (uint32_t)TRUST_DELAYS;

	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = i;

		for (; at > 0 && sorted[at - 1] > record->delay_s[i]; at--) {
			sorted[at] = sorted[at - 1];
		}
		sorted[at] = record->delay_s[i];
	}
	return len > 0 ? sorted[(len - 1) / 2] : 0;
}

struct view_trust
trust_view(const struct trust *trust, uint16_t probe)
{
	const struct record *record = find(trust, probe);
	struct view_trust view = {0};

	if (record != NULL) {
		view = (struct view_trust){
		    .admitted = record->admitted,
		    .missed = record->missed,
		    .unconfirmed = record->unconfirmed,
		    .median_s = median_s(record),
		    .last_at = record->last_at,
		};
		for (size_t i = 0; i < TRUST_PENDING; i++) {
			view.pending += record->pending[i].incident != 0 ? 1 : 0;
		}
	}
	return view;
}

size_t
trust_save_bytes(const struct topology *topology)
{
	return 32 + (size_t)topology_count_role(topology, ROLE_SOURCE) *
			(LIMIT_SERIES_BYTES + 96 + TRUST_DELAYS * 6 +
			    TRUST_PENDING * 24 + TRUST_JUDGED * 10);
}

static void
save_record(const struct record *record, struct buf *buf)
{
	buf_put_varint(buf, (record->is_claiming ? 1U : 0U) |
				(record->is_confirmed ? 2U : 0U) |
				(record->had_incident ? 4U : 0U));
	buf_put_signed(buf, record->incident_at.ns);
	buf_put_varint(buf, record->admitted);
	buf_put_varint(buf, record->missed);
	buf_put_varint(buf, record->unconfirmed);
	buf_put_signed(buf, record->last_at.ns);
	buf_put_varint(buf, record->delays);
	for (size_t i = 0; i < TRUST_DELAYS; i++) {
		buf_put_varint(buf, record->delay_s[i]);
	}
	for (size_t i = 0; i < TRUST_PENDING; i++) {
		buf_put_varint(buf, record->pending[i].incident);
		buf_put_signed(buf, record->pending[i].opened_at.ns);
		buf_put_varint(buf, record->pending[i].was_read ? 1 : 0);
	}
	buf_put_varint(buf, record->judged_len);
	for (size_t i = 0; i < TRUST_JUDGED; i++) {
		buf_put_varint(buf, record->judged[i]);
	}
}

void
trust_save(const struct trust *trust, struct buf *buf)
{
	buf_put_varint(buf, TRUST_VERSION);
	buf_put_varint(buf, trust->len);
	for (uint16_t i = 0; i < trust->len; i++) {
		const struct record *record = &trust->record[i];

		buf_put_text(buf, trust->topology->probe[record->probe].series);
		save_record(record, buf);
	}
}

static void
load_record(struct record *record, struct buf *buf)
{
	uint64_t bits = buf_get_varint(buf);

	record->is_claiming = (bits & 1U) != 0;
	record->is_confirmed = (bits & 2U) != 0;
	record->had_incident = (bits & 4U) != 0;
	record->incident_at.ns = buf_get_signed(buf);
	record->admitted = (uint32_t)buf_get_varint(buf);
	record->missed = (uint32_t)buf_get_varint(buf);
	record->unconfirmed = (uint32_t)buf_get_varint(buf);
	record->last_at.ns = buf_get_signed(buf);
	record->delays = (uint32_t)buf_get_varint(buf);
	for (size_t i = 0; i < TRUST_DELAYS; i++) {
		record->delay_s[i] = (uint32_t)buf_get_varint(buf);
	}
	for (size_t i = 0; i < TRUST_PENDING; i++) {
		record->pending[i].incident = buf_get_varint(buf);
		record->pending[i].opened_at.ns = buf_get_signed(buf);
		record->pending[i].was_read = buf_get_varint(buf) != 0;
	}
	record->judged_len = (uint32_t)buf_get_varint(buf);
	for (size_t i = 0; i < TRUST_JUDGED; i++) {
		record->judged[i] = buf_get_varint(buf);
	}
}

enum err
trust_load(struct trust *trust, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	uint64_t len = buf_get_varint(buf);

	if (buf_ok(buf) && version != TRUST_VERSION) {
		return ERR_VERSION;
	}
	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		char series[LIMIT_SERIES_BYTES];
		struct record loaded = {0};
		struct record *record;

		buf_get_text(buf, series, sizeof(series));
		load_record(&loaded, buf);
		record = find(trust, topology_probe_find(trust->topology, series));
		if (buf_ok(buf) && record != NULL) {
			loaded.probe = record->probe;
			*record = loaded;
		}
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}
