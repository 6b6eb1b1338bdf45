#include "collector/core/incidents.h"

#include "collector/core/render.h"
#include "common/core/text.h"

#include <assert.h>
#include <string.h>

enum {
	INCIDENTS_VERSION = 1
};

struct incidents {
	const struct topology *topology;
	uint64_t last_id;
	uint64_t last_seq; /* timeline */
	uint64_t refused;
	size_t len;
	size_t open_len;
	struct incident item[INCIDENTS_MAX]; /* by id, rising */
	unsigned char row[INCIDENT_ROW_BYTES];
};

size_t
incidents_bytes(void)
{
	return arena_bytes(1, sizeof(struct incidents));
}

struct incidents *
incidents_init(struct arena *arena, const struct topology *topology)
{
	struct incidents *incidents = arena_take(arena, 1, sizeof(*incidents));

	if (incidents != NULL) {
		incidents->topology = topology;
	}
	return incidents;
}

void
incidents_timeline(
    struct incidents *incidents, struct timeline_row *row, struct effects *effects)
{
	struct buf buf;

	row->seq = ++incidents->last_seq;
	buf_write(&buf, incidents->row, sizeof(incidents->row));
	timeline_encode(row, &buf);
	assert(buf_ok(&buf));
	effects_put_u64(effects, TABLE_TIMELINE, row->seq, incidents->row, buf.at);
}

/* Writes the record and tells the timeline that `event` happened to it. */
static void
record(struct incidents *incidents, const struct incident *incident, const char *event,
    struct now now, struct effects *effects)
{
	struct timeline_row row = {
	    .at = now.wall,
	    .kind = TIMELINE_VERDICT,
	    .incident = incident->id,
	    .verdict = incident->verdict,
	    .level = incident->level,
	};
	struct text text;
	struct buf buf;

	buf_write(&buf, incidents->row, sizeof(incidents->row));
	incident_encode(incident, &buf);
	assert(buf_ok(&buf));
	effects_put_u64(effects, TABLE_INCIDENT, incident->id, incidents->row, buf.at);
	text_init(&text, row.event, sizeof(row.event));
	text_add(&text, event);
	text_init(&text, row.scope, sizeof(row.scope));
	text_add(&text, incident->scope_text);
	(void)render_headline(incident, row.text, sizeof(row.text));
	incidents_timeline(incidents, &row, effects);
}

static void
remove_at(struct incidents *incidents, size_t i)
{
	struct incident *item = incidents->item;

	incidents->len--;
	memmove(&item[i], &item[i + 1], (incidents->len - i) * sizeof(item[0]));
}

/* Makes room by forgetting the incident that was resolved first. */
static bool
make_room(struct incidents *incidents)
{
	size_t oldest = INCIDENTS_MAX;

	if (incidents->open_len >= LIMIT_OPEN_INCIDENTS) {
		return false;
	}
	if (incidents->len < INCIDENTS_MAX) {
		return true;
	}
	for (size_t i = 0; i < incidents->len; i++) {
		const struct incident *incident = &incidents->item[i];

		if (incident->state == INCIDENT_RESOLVED &&
		    (oldest == INCIDENTS_MAX ||
			incident->resolved_at.ns <
			    incidents->item[oldest].resolved_at.ns)) {
			oldest = i;
		}
	}
	assert(oldest < INCIDENTS_MAX);
	remove_at(incidents, oldest);
	return true;
}

static struct incident *
find_finding(struct incidents *incidents, uint64_t finding_id)
{
	for (size_t i = incidents->len; i-- > 0;) {
		if (incidents->item[i].finding_id == finding_id) {
			return &incidents->item[i];
		}
	}
	return NULL;
}

static struct incident *
open_new(struct incidents *incidents, const struct finding *finding, struct now now)
{
	struct incident *incident;

	if (!make_room(incidents)) {
		incidents->refused++;
		return NULL;
	}
	incident = &incidents->item[incidents->len++];
	incidents->open_len++;
	memset(incident, 0, sizeof(*incident));
	incident->id = ++incidents->last_id;
	incident->finding_id = finding->id;
	incident->first_verdict = finding->verdict;
	incident->opened_at = now.wall;
	return incident;
}

static const struct incident *
resolve(struct incidents *incidents, struct incident *incident, struct now now,
    struct effects *effects)
{
	incident->state = INCIDENT_RESOLVED;
	incident->resolved_at = now.wall;
	incident->changed_at = now.wall;
	incidents->open_len--;
	record(incidents, incident, "resolved", now, effects);
	return incident;
}

const struct incident *
incidents_apply(struct incidents *incidents, const struct finding_change *change,
    const char *external, struct now now, struct effects *effects)
{
	const struct finding *finding = &change->finding;
	struct incident *incident = find_finding(incidents, finding->id);
	const char *event = "updated";

	/* What there is decides, not what the event is called: an opening that found no room
	 * comes back as an update. */
	if (change->event == FINDING_CLOSED) {
		if (incident == NULL || incident->state == INCIDENT_RESOLVED) {
			return NULL;
		}
		return resolve(incidents, incident, now, effects);
	}
	if (incident == NULL) {
		event = "opened";
		incident = open_new(incidents, finding, now);
		if (incident == NULL) {
			return NULL;
		}
	} else if (incident->state == INCIDENT_RESOLVED) {
		if (incidents->open_len >= LIMIT_OPEN_INCIDENTS) {
			incidents->refused++;
			return NULL;
		}
		event = "reopened";
		incident->state = INCIDENT_OPEN;
		incident->resolved_at = (struct wall){0};
		incident->reopened++;
		incidents->open_len++;
	} else {
		incident->updates++;
	}
	incident_describe(incident, incidents->topology, finding, external, now);
	incident->changed_at = now.wall;
	record(incidents, incident, event, now, effects);
	return incident;
}

static bool
is_among(const struct finding *finding, size_t len, uint64_t id)
{
	for (size_t i = 0; i < len; i++) {
		if (finding[i].id == id) {
			return true;
		}
	}
	return false;
}

const struct incident *
incidents_resolve_stray(struct incidents *incidents, const struct finding *finding,
    size_t len, struct now now, struct effects *effects)
{
	for (size_t i = 0; i < incidents->len; i++) {
		struct incident *incident = &incidents->item[i];

		if (incident->state == INCIDENT_OPEN &&
		    !is_among(finding, len, incident->finding_id)) {
			return resolve(incidents, incident, now, effects);
		}
	}
	return NULL;
}

const struct incident *
incidents_find(const struct incidents *incidents, uint64_t id)
{
	for (size_t i = incidents->len; i-- > 0;) {
		if (incidents->item[i].id == id) {
			return &incidents->item[i];
		}
	}
	return NULL;
}

const struct incident *
incidents_at(const struct incidents *incidents, size_t i)
{
	return i < incidents->len ? &incidents->item[incidents->len - 1 - i] : NULL;
}

uint64_t
incidents_refused(const struct incidents *incidents)
{
	return incidents->refused;
}

void
incidents_save(const struct incidents *incidents, struct buf *buf)
{
	buf_put_varint(buf, INCIDENTS_VERSION);
	buf_put_varint(buf, incidents->last_id);
	buf_put_varint(buf, incidents->last_seq);
	buf_put_varint(buf, incidents->refused);
	buf_put_varint(buf, incidents->len);
	for (size_t i = 0; i < incidents->len; i++) {
		incident_encode(&incidents->item[i], buf);
	}
}

static void
forget(struct incidents *incidents)
{
	incidents->last_id = 0;
	incidents->last_seq = 0;
	incidents->refused = 0;
	incidents->len = 0;
	incidents->open_len = 0;
}

/* The table's own order and counts, read back. */
static enum err
load_items(struct incidents *incidents, struct buf *buf, uint64_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct incident *incident = &incidents->item[i];
		enum err err = incident_decode(buf, incident);

		if (err != ERR_OK) {
			return err;
		}
		if (incident->id > incidents->last_id ||
		    (i > 0 && incident->id <= incidents->item[i - 1].id)) {
			return ERR_FORMAT;
		}
		incidents->len++;
		incidents->open_len += incident->state == INCIDENT_OPEN ? 1 : 0;
	}
	return incidents->open_len <= LIMIT_OPEN_INCIDENTS ? ERR_OK : ERR_FORMAT;
}

enum err
incidents_load(struct incidents *incidents, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	uint64_t len;
	enum err err;

	forget(incidents);
	if (buf_ok(buf) && version != INCIDENTS_VERSION) {
		return ERR_VERSION;
	}
	incidents->last_id = buf_get_varint(buf);
	incidents->last_seq = buf_get_varint(buf);
	incidents->refused = buf_get_varint(buf);
	len = buf_get_varint(buf);
	err = buf_ok(buf) && len <= INCIDENTS_MAX ? ERR_OK : ERR_FORMAT;
	if (err == ERR_OK) {
		err = load_items(incidents, buf, len);
	}
	if (err != ERR_OK) {
		forget(incidents);
	}
	return err;
}
