#include "collector/core/source.h"

#include "common/core/utf8.h"

#include <stdio.h>
#include <string.h>

enum {
	SOURCE_VERSION = 1
};

struct source {
	uint16_t probe;
	bool was_read;
	enum claim claim;
	struct now read_at;
	struct wall changed_at;
	struct wall created_at; /* of the worst entry */
	char title[160];
	char scope[160];
	char url[256];
};

struct sources {
	const struct topology *topology;
	struct source *source;
	uint16_t len;
};

static uint16_t
count_sources(const struct topology *topology)
{
	uint16_t len = 0;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		len =
		    (uint16_t)(len + (topology->probe[i].role == ROLE_SOURCE ? 1 : 0));
	}
	return len;
}

size_t
sources_bytes(const struct topology *topology)
{
	return arena_bytes(1, sizeof(struct sources)) +
	       arena_bytes(count_sources(topology), sizeof(struct source));
}

struct sources *
sources_init(struct arena *arena, const struct topology *topology)
{
	struct sources *sources = arena_take(arena, 1, sizeof(*sources));
	struct source *source =
	    arena_take(arena, count_sources(topology), sizeof(*source));
	uint16_t len = 0;

	if (arena_failed(arena)) {
		return NULL;
	}
	for (uint16_t i = 0; i < topology->probe_len; i++) {
		if (topology->probe[i].role == ROLE_SOURCE) {
			source[len++].probe = i;
		}
	}
	*sources = (struct sources){topology, source, len};
	return sources;
}

static struct source *
find(const struct sources *sources, uint16_t probe)
{
	for (uint16_t i = 0; i < sources->len; i++) {
		if (sources->source[i].probe == probe) {
			return &sources->source[i];
		}
	}
	return NULL;
}

static void
keep_text(char *out, size_t cap, const char *text)
{
	size_t len = strlen(text);

	if (len >= cap) {
		len = utf8_cut(text, cap - 1);
	}
	memcpy(out, text, len);
	out[len] = '\0';
}

/* The worst open entry, or NULL when nothing is open. */
static const struct observation *
worst(const struct result *result)
{
	const struct observation *found = NULL;

	for (uint32_t i = 0; i < result->observation_len; i++) {
		const struct observation *each = &result->observation[i];

		if (each->claim != CLAIM_CLEAR &&
		    (found == NULL || each->claim > found->claim)) {
			found = each;
		}
	}
	return found;
}

/* Where the worst entry is; with nothing open there may still be figures. */
static const char *
scope_of(const struct result *result, const struct observation *open)
{
	if (open != NULL) {
		return open->scope;
	}
	return result->observation_len > 0 ? result->observation[0].scope : "";
}

bool
sources_result(
    struct sources *sources, uint16_t probe, const struct result *result, struct now at)
{
	struct source *source = find(sources, probe);
	const struct observation *open;
	enum claim claim;
	bool is_changed;

	if (source == NULL || result->outcome != OUTCOME_OK ||
	    (source->was_read && mono_before(at.mono, source->read_at.mono))) {
		return false;
	}
	if ((result->flags & FLAG_UNCHANGED) != 0) {
		/* Unchanged since something we never saw says nothing. */
		if (source->was_read) {
			source->read_at = at;
		}
		return false;
	}
	open = worst(result);
	claim = open != NULL ? open->claim : CLAIM_CLEAR;
	is_changed = !source->was_read || source->claim != claim ||
		     (open != NULL && strncmp(source->title, open->title, 60) != 0);
	source->was_read = true;
	source->read_at = at;
	source->claim = claim;
	source->created_at = open != NULL ? open->created_at : (struct wall){0};
	keep_text(
	    source->title, sizeof(source->title), open != NULL ? open->title : "");
	keep_text(source->scope, sizeof(source->scope), scope_of(result, open));
	keep_text(source->url, sizeof(source->url), open != NULL ? open->url : "");
	if (is_changed) {
		source->changed_at = at.wall;
	}
	return is_changed;
}

static enum external_state
state_of(const struct sources *sources, const struct source *source, struct mono now)
{
	int64_t stale_ns =
	    (int64_t)sources->topology->probe[source->probe].interval_ms *
	    SOURCE_STALE_INTERVALS * CLOCK_NS_PER_MS;

	if (!source->was_read || mono_since(now, source->read_at.mono) > stale_ns) {
		return EXTERNAL_UNKNOWN;
	}
	return source->claim == CLAIM_CLEAR ? EXTERNAL_CLEAR : EXTERNAL_INCIDENT;
}

static bool
speaks_about(
    const struct sources *sources, const struct source *source, uint16_t target)
{
	return target < 64 &&
	       (sources->topology->probe[source->probe].target_mask >> target & 1U) !=
		   0;
}

enum external_state
sources_state(const struct sources *sources, uint16_t target, struct mono now)
{
	enum external_state state = EXTERNAL_UNKNOWN;

	for (uint16_t i = 0; i < sources->len; i++) {
		enum external_state each;

		if (!speaks_about(sources, &sources->source[i], target)) {
			continue;
		}
		each = state_of(sources, &sources->source[i], now);
		if (each > state) {
			state = each;
		}
	}
	return state;
}

/* "source/google-cloud-status" -> "google-cloud-status" */
static const char *
short_name(const char *series)
{
	const char *slash = strchr(series, '/');

	return slash != NULL ? slash + 1 : series;
}

static int
one_text(const struct sources *sources, const struct source *source, struct now now,
    char *out, size_t cap)
{
	const char *name = short_name(sources->topology->probe[source->probe].series);
	int64_t age_s = mono_since(now.mono, source->read_at.mono) / CLOCK_NS_PER_S;

	switch (state_of(sources, source, now.mono)) {
	case EXTERNAL_CLEAR:
		return snprintf(out, cap, "%s: says all clear (read %lld s ago)", name,
		    (long long)age_s);
	case EXTERNAL_INCIDENT:
		return snprintf(out, cap, "%s: %s, \"%s\"", name,
		    claim_name(source->claim), source->title);
	case EXTERNAL_UNKNOWN:
		break;
	}
	return snprintf(out, cap, "%s: no fresh reading", name);
}

void
sources_text(const struct sources *sources, uint16_t target, struct now now, char *out,
    size_t cap)
{
	size_t len = 0;

	out[0] = '\0';
	for (uint16_t i = 0; target != TOPOLOGY_NONE && i < sources->len; i++) {
		char one[320];
		int n;

		if (!speaks_about(sources, &sources->source[i], target)) {
			continue;
		}
		(void)one_text(sources, &sources->source[i], now, one, sizeof(one));
		n = snprintf(out + len, cap - len, "%s%s", len > 0 ? "; " : "", one);
		if (n < 0 || (size_t)n >= cap - len) {
			out[utf8_cut(out, strlen(out))] = '\0';
			return;
		}
		len += (size_t)n;
	}
}

bool
sources_view(
    const struct sources *sources, uint16_t i, struct mono now, struct view_source *out)
{
	const struct source *source;

	if (i >= sources->len) {
		return false;
	}
	source = &sources->source[i];
	memset(out, 0, sizeof(*out));
	(void)snprintf(out->series, sizeof(out->series), "%s",
	    sources->topology->probe[source->probe].series);
	out->state = state_of(sources, source, now);
	out->claim = source->claim;
	out->read_at = source->read_at.wall;
	out->changed_at = source->changed_at;
	memcpy(out->title, source->title, sizeof(out->title));
	memcpy(out->scope, source->scope, sizeof(out->scope));
	memcpy(out->url, source->url, sizeof(out->url));
	return true;
}

size_t
sources_save_bytes(const struct topology *topology)
{
	return 32 + (size_t)count_sources(topology) *
			(LIMIT_SERIES_BYTES + 160 + 160 + 256 + 96);
}

void
sources_save(const struct sources *sources, struct buf *buf)
{
	buf_put_varint(buf, SOURCE_VERSION);
	buf_put_varint(buf, sources->len);
	for (uint16_t i = 0; i < sources->len; i++) {
		const struct source *source = &sources->source[i];

		buf_put_text(buf, sources->topology->probe[source->probe].series);
		buf_put_varint(buf, source->was_read ? 1 : 0);
		buf_put_varint(buf, (uint64_t)source->claim);
		buf_put_signed(buf, source->read_at.mono.ns);
		buf_put_signed(buf, source->read_at.wall.ns);
		buf_put_signed(buf, source->changed_at.ns);
		buf_put_signed(buf, source->created_at.ns);
		buf_put_text(buf, source->title);
		buf_put_text(buf, source->scope);
		buf_put_text(buf, source->url);
	}
}

static void
load_source(struct source *source, struct buf *buf)
{
	uint64_t claim;

	source->was_read = buf_get_varint(buf) != 0;
	claim = buf_get_varint(buf);
	source->claim = claim < CLAIM_COUNT ? (enum claim)claim : CLAIM_INFORMATION;
	source->read_at.mono.ns = buf_get_signed(buf);
	source->read_at.wall.ns = buf_get_signed(buf);
	source->changed_at.ns = buf_get_signed(buf);
	source->created_at.ns = buf_get_signed(buf);
	buf_get_text(buf, source->title, sizeof(source->title));
	buf_get_text(buf, source->scope, sizeof(source->scope));
	buf_get_text(buf, source->url, sizeof(source->url));
}

enum err
sources_load(struct sources *sources, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	uint64_t len = buf_get_varint(buf);

	if (buf_ok(buf) && version != SOURCE_VERSION) {
		return ERR_VERSION;
	}
	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		char series[LIMIT_SERIES_BYTES];
		struct source loaded = {0};
		struct source *source;

		buf_get_text(buf, series, sizeof(series));
		load_source(&loaded, buf);
		source = find(sources, topology_probe_find(sources->topology, series));
		if (buf_ok(buf) && source != NULL) {
			loaded.probe = source->probe;
			*source = loaded;
		}
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}
