#include "collector/core/source.h"

#include "common/core/utf8.h"

#include <stdio.h>
#include <string.h>

enum {
	SOURCE_VERSION = 2 /* 1 kept the gravest claim only */
};

struct source {
	uint16_t probe;
	bool was_read;
	bool has_failed; /* the last reading */
	enum claim claim;
	struct now read_at;
	struct wall changed_at;
	struct wall failed_at;
	struct mono failed_mono;
	enum outcome failed_as;
	uint16_t failed_status;
	uint16_t claim_len;
	uint16_t figure_len;
	uint64_t digest; /* of the statement that is held, 0 = none given */
	char scope[VIEW_SCOPE_BYTES]; /* of the statement that nothing is open */
	struct view_claim claims[SOURCE_CLAIMS];
	struct view_figure figures[SOURCE_FIGURES];
};

struct sources {
	const struct topology *topology;
	struct source *source;
	uint16_t len;
};

size_t
sources_bytes(const struct topology *topology)
{
	return arena_bytes(1, sizeof(struct sources)) +
	       arena_bytes(
		   topology_count_role(topology, ROLE_SOURCE), sizeof(struct source));
}

struct sources *
sources_init(struct arena *arena, const struct topology *topology)
{
	struct sources *sources = arena_take(arena, 1, sizeof(*sources));
	struct source *source = arena_take(
	    arena, topology_count_role(topology, ROLE_SOURCE), sizeof(*source));
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

/* The gravest of the claims that are held, NULL when nothing is open. */
static const struct view_claim *
worst(const struct source *source)
{
	const struct view_claim *found = NULL;

	for (uint16_t i = 0; i < source->claim_len; i++) {
		if (found == NULL || source->claims[i].claim > found->claim) {
			found = &source->claims[i];
		}
	}
	return found;
}

static const struct view_claim *
claim_of(const struct source *source, const char *id)
{
	for (uint16_t i = 0; i < source->claim_len; i++) {
		if (strcmp(source->claims[i].id, id) == 0) {
			return &source->claims[i];
		}
	}
	return NULL;
}

static struct view_claim
read_claim(const struct observation *observation, struct wall now)
{
	struct view_claim claim = {.claim = observation->claim,
	    .begin_at = observation->begin_at,
	    .created_at = observation->created_at,
	    .modified_at = observation->modified_at,
	    .since_at = now};

	keep_text(claim.id, sizeof(claim.id), observation->id);
	keep_text(claim.title, sizeof(claim.title), observation->title);
	keep_text(claim.scope, sizeof(claim.scope), observation->scope);
	keep_text(claim.url, sizeof(claim.url), observation->url);
	return claim;
}

/* True when the claim is none that is held, or says something else than that. */
static bool
is_news(const struct view_claim *claim, const struct view_claim *held)
{
	return held == NULL || held->claim != claim->claim ||
	       strncmp(held->title, claim->title, 60) != 0;
}

/* Takes the open entries over; true when they are others than those that were held. */
static bool
take_claims(struct source *source, const struct result *result, struct wall now)
{
	struct view_claim taken[SOURCE_CLAIMS];
	uint16_t len = 0;
	bool is_changed;

	source->scope[0] = '\0';
	for (uint32_t i = 0; i < result->observation_len; i++) {
		const struct observation *each = &result->observation[i];

		if (each->claim == CLAIM_CLEAR) {
			keep_text(source->scope, sizeof(source->scope), each->scope);
		} else if (len < SOURCE_CLAIMS) {
			taken[len++] = read_claim(each, now);
		}
	}
	is_changed = !source->was_read || len != source->claim_len;
	for (uint16_t i = 0; i < len; i++) {
		const struct view_claim *held = claim_of(source, taken[i].id);

		is_changed |= is_news(&taken[i], held);
		if (held != NULL) {
			taken[i].since_at = held->since_at;
		}
	}
	memcpy(source->claims, taken, len * sizeof(taken[0]));
	source->claim_len = len;
	return is_changed;
}

static void
take_figures(struct source *source, const struct result *result)
{
	uint16_t len = 0;

	for (uint32_t i = 0; i < result->figure_len && len < SOURCE_FIGURES; i++) {
		struct view_figure *figure = &source->figures[len++];

		keep_text(
		    figure->model, sizeof(figure->model), result->figure[i].model);
		keep_text(figure->provider, sizeof(figure->provider),
		    result->figure[i].provider);
		figure->values = result->figure[i];
		figure->values.model = NULL;
		figure->values.provider = NULL;
	}
	source->figure_len = len;
}

static void
take_failure(struct source *source, const struct result *result, struct now at)
{
	if (mono_before(at.mono, source->failed_mono)) {
		return;
	}
	source->has_failed =
	    !source->was_read || !mono_before(at.mono, source->read_at.mono);
	source->failed_mono = at.mono;
	source->failed_at = at.wall;
	source->failed_as = result->outcome;
	source->failed_status = result->http_status;
}

bool
sources_result(
    struct sources *sources, uint16_t probe, const struct result *result, struct now at)
{
	struct source *source = find(sources, probe);
	const struct view_claim *gravest;
	bool is_changed;

	if (source == NULL) {
		return false;
	}
	if (result->outcome != OUTCOME_OK) {
		take_failure(source, result, at);
		return false;
	}
	if (source->was_read && mono_before(at.mono, source->read_at.mono)) {
		return false;
	}
	if ((result->flags & FLAG_UNCHANGED) != 0) {
		/* Unchanged since something that is not held says nothing. */
		if (source->was_read && result->digest == source->digest) {
			source->read_at = at;
			source->has_failed = false;
		}
		return false;
	}
	is_changed = take_claims(source, result, at.wall);
	take_figures(source, result);
	gravest = worst(source);
	source->claim = gravest != NULL ? gravest->claim : CLAIM_CLEAR;
	source->digest = result->digest;
	source->was_read = true;
	source->has_failed = false;
	source->read_at = at;
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

/* The source that this one stands in for, NULL = none. Two that name each other stand in
 * for nobody. */
static const struct source *
primary_of(const struct sources *sources, const struct source *source)
{
	const struct topology *topology = sources->topology;
	uint16_t primary = topology->probe[source->probe].fallback_of;

	if (primary >= topology->probe_len || primary == source->probe ||
	    topology->probe[primary].role != ROLE_SOURCE ||
	    topology->probe[primary].fallback_of == source->probe) {
		return NULL;
	}
	return find(sources, primary);
}

/* A fallback is heard only while its primary is unknown. */
static bool
is_quiet(const struct sources *sources, const struct source *source, struct mono now)
{
	const struct source *primary = primary_of(sources, source);

	return primary != NULL && state_of(sources, primary, now) != EXTERNAL_UNKNOWN;
}

static bool
speaks_about(const struct sources *sources, const struct source *source,
    uint16_t target, struct mono now)
{
	return target < 64 &&
	       (sources->topology->probe[source->probe].target_mask >> target & 1U) !=
		   0 &&
	       !is_quiet(sources, source, now);
}

enum external_state
sources_state(const struct sources *sources, uint16_t target, struct mono now)
{
	enum external_state state = EXTERNAL_UNKNOWN;

	for (uint16_t i = 0; i < sources->len; i++) {
		enum external_state each;

		if (!speaks_about(sources, &sources->source[i], target, now)) {
			continue;
		}
		each = state_of(sources, &sources->source[i], now);
		if (each > state) {
			state = each;
		}
	}
	return state;
}

bool
sources_at(const struct sources *sources, uint16_t i, struct mono now,
    uint16_t *out_probe, enum external_state *out_state)
{
	if (i >= sources->len) {
		return false;
	}
	*out_probe = sources->source[i].probe;
	*out_state = state_of(sources, &sources->source[i], now);
	return true;
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
		    claim_name(source->claim), worst(source)->title);
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

		if (!speaks_about(sources, &sources->source[i], target, now.mono)) {
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

void
sources_say(
    const struct sources *sources, uint16_t i, struct now now, char *out, size_t cap)
{
	(void)one_text(sources, &sources->source[i], now, out, cap);
}

static int32_t
lowest_uptime_ppm(const struct source *source)
{
	int32_t lowest = -1;

	for (uint16_t i = 0; i < source->figure_len; i++) {
		int32_t each = source->figures[i].values.uptime_5m_ppm;

		if (each >= 0 && (lowest < 0 || each < lowest)) {
			lowest = each;
		}
	}
	return lowest;
}

bool
sources_testify(const struct sources *sources, uint16_t i, uint16_t target,
    struct mono now, struct testimony *out)
{
	const struct source *source = &sources->source[i];

	if (i >= sources->len) {
		return false;
	}
	*out = (struct testimony){.probe = source->probe,
	    .claim = source->claim,
	    .measures = sources->topology->probe[source->probe].kind ==
			PROBE_OPENROUTER_ENDPOINTS,
	    .uptime_ppm = lowest_uptime_ppm(source)};
	if (speaks_about(sources, source, target, now)) {
		out->state = state_of(sources, source, now);
	}
	return true;
}

static enum view_silence
silence_of(const struct source *source, enum external_state state)
{
	if (state != EXTERNAL_UNKNOWN) {
		return VIEW_HEARD;
	}
	if (source->has_failed) {
		return VIEW_FAILING;
	}
	return source->was_read ? VIEW_STALE : VIEW_UNREAD;
}

/* Copies of what is claimed and measured, so that the view outlives the machine. */
static void
view_lists(const struct source *source, struct arena *arena, struct view_source *out)
{
	struct view_claim *claims =
	    arena_take(arena, source->claim_len, sizeof(*claims));
	struct view_figure *figures =
	    arena_take(arena, source->figure_len, sizeof(*figures));

	if (arena_failed(arena)) {
		return;
	}
	if (source->claim_len > 0) {
		memcpy(claims, source->claims, source->claim_len * sizeof(*claims));
	}
	if (source->figure_len > 0) {
		memcpy(figures, source->figures, source->figure_len * sizeof(*figures));
	}
	out->claims = claims;
	out->figures = figures;
	out->claim_len = source->claim_len;
	out->figure_len = source->figure_len;
}

static struct wall
edited_at(const struct source *source)
{
	struct wall last = {0};

	for (uint16_t i = 0; i < source->claim_len; i++) {
		if (source->claims[i].modified_at.ns > last.ns) {
			last = source->claims[i].modified_at;
		}
	}
	return last;
}

static uint16_t
index_of(const struct sources *sources, const struct source *source)
{
	return source == NULL ? TOPOLOGY_NONE : (uint16_t)(source - sources->source);
}

size_t
sources_view_bytes(const struct topology *topology)
{
	size_t each = arena_bytes(SOURCE_CLAIMS, sizeof(struct view_claim)) +
		      arena_bytes(SOURCE_FIGURES, sizeof(struct view_figure));

	return arena_bytes(topology_count_role(topology, ROLE_SOURCE),
		   sizeof(struct view_source)) +
	       topology_count_role(topology, ROLE_SOURCE) * each;
}

static void
view_one(const struct sources *sources, const struct source *source, struct mono now,
    struct view_source *out)
{
	const struct topology_probe *probe = &sources->topology->probe[source->probe];
	const struct view_claim *gravest = worst(source);

	keep_text(out->series, sizeof(out->series), probe->series);
	out->kind = probe->kind;
	out->state = state_of(sources, source, now);
	out->silence = silence_of(source, out->state);
	out->claim = source->claim;
	out->read_at = source->read_at.wall;
	out->changed_at = source->changed_at;
	out->edited_at = edited_at(source);
	out->failed_at = source->failed_at;
	out->failed_as = source->failed_as;
	out->failed_status = source->failed_status;
	out->interval_ms = probe->interval_ms;
	out->target_mask = probe->target_mask;
	out->fallback_of = index_of(sources, primary_of(sources, source));
	out->is_quiet = is_quiet(sources, source, now);
	keep_text(
	    out->title, sizeof(out->title), gravest != NULL ? gravest->title : "");
	keep_text(out->scope, sizeof(out->scope),
	    gravest != NULL ? gravest->scope : source->scope);
	keep_text(out->url, sizeof(out->url), gravest != NULL ? gravest->url : "");
}

const struct view_source *
sources_view(const struct sources *sources, const struct trust *trust,
    struct arena *arena, struct mono now)
{
	struct view_source *out = arena_take(arena, sources->len, sizeof(*out));

	for (uint16_t i = 0; !arena_failed(arena) && i < sources->len; i++) {
		const struct source *source = &sources->source[i];

		view_one(sources, source, now, &out[i]);
		out[i].trust = trust_view(trust, source->probe);
		view_lists(source, arena, &out[i]);
	}
	return out;
}

uint16_t
sources_len(const struct sources *sources)
{
	return sources->len;
}

size_t
sources_save_bytes(const struct topology *topology)
{
	size_t claim = LIMIT_NAME_BYTES + VIEW_TITLE_BYTES + VIEW_SCOPE_BYTES +
		       VIEW_URL_BYTES + 64;
	size_t figure = sizeof(struct view_figure) + 256;

	return 32 + (size_t)topology_count_role(topology, ROLE_SOURCE) *
			(LIMIT_SERIES_BYTES + VIEW_SCOPE_BYTES + 160 +
			    SOURCE_CLAIMS * claim + SOURCE_FIGURES * figure);
}

static void
save_claim(const struct view_claim *claim, struct buf *buf)
{
	buf_put_varint(buf, (uint64_t)claim->claim);
	buf_put_signed(buf, claim->begin_at.ns);
	buf_put_signed(buf, claim->created_at.ns);
	buf_put_signed(buf, claim->modified_at.ns);
	buf_put_signed(buf, claim->since_at.ns);
	buf_put_text(buf, claim->id);
	buf_put_text(buf, claim->title);
	buf_put_text(buf, claim->scope);
	buf_put_text(buf, claim->url);
}

static void
save_figure(const struct view_figure *figure, struct buf *buf)
{
	const struct figure *values = &figure->values;

	buf_put_text(buf, figure->model);
	buf_put_text(buf, figure->provider);
	buf_put_signed(buf, values->status);
	buf_put_signed(buf, values->uptime_5m_ppm);
	buf_put_signed(buf, values->uptime_30m_ppm);
	buf_put_signed(buf, values->uptime_1d_ppm);
	for (size_t i = 0; i < FIGURE_QUANTILES; i++) {
		buf_put_varint(buf, values->latency_ms[i]);
		buf_put_varint(buf, values->throughput_mtps[i]);
	}
	buf_put_signed(buf, values->price_in_nanousd);
	buf_put_signed(buf, values->price_out_nanousd);
	buf_put_signed(buf, values->price_image_nanousd);
	buf_put_varint(buf, values->context_tokens);
}

static void
save_source(const struct source *source, struct buf *buf)
{
	buf_put_varint(
	    buf, (source->was_read ? 1U : 0U) | (source->has_failed ? 2U : 0U));
	buf_put_varint(buf, (uint64_t)source->claim);
	buf_put_signed(buf, source->read_at.mono.ns);
	buf_put_signed(buf, source->read_at.wall.ns);
	buf_put_signed(buf, source->changed_at.ns);
	buf_put_signed(buf, source->failed_mono.ns);
	buf_put_signed(buf, source->failed_at.ns);
	buf_put_varint(buf, (uint64_t)source->failed_as);
	buf_put_varint(buf, source->failed_status);
	buf_put_u64(buf, source->digest);
	buf_put_text(buf, source->scope);
	buf_put_varint(buf, source->claim_len);
	for (uint16_t i = 0; i < source->claim_len; i++) {
		save_claim(&source->claims[i], buf);
	}
	buf_put_varint(buf, source->figure_len);
	for (uint16_t i = 0; i < source->figure_len; i++) {
		save_figure(&source->figures[i], buf);
	}
}

void
sources_save(const struct sources *sources, struct buf *buf)
{
	buf_put_varint(buf, SOURCE_VERSION);
	buf_put_varint(buf, sources->len);
	for (uint16_t i = 0; i < sources->len; i++) {
		const struct source *source = &sources->source[i];

		buf_put_text(buf, sources->topology->probe[source->probe].series);
		save_source(source, buf);
	}
}

static enum claim
load_claim_name(struct buf *buf)
{
	uint64_t claim = buf_get_varint(buf);

	return claim < CLAIM_COUNT ? (enum claim)claim : CLAIM_INFORMATION;
}

static void
load_claim(struct view_claim *claim, struct buf *buf)
{
	claim->claim = load_claim_name(buf);
	claim->begin_at.ns = buf_get_signed(buf);
	claim->created_at.ns = buf_get_signed(buf);
	claim->modified_at.ns = buf_get_signed(buf);
	claim->since_at.ns = buf_get_signed(buf);
	buf_get_text(buf, claim->id, sizeof(claim->id));
	buf_get_text(buf, claim->title, sizeof(claim->title));
	buf_get_text(buf, claim->scope, sizeof(claim->scope));
	buf_get_text(buf, claim->url, sizeof(claim->url));
}

static void
load_figure(struct view_figure *figure, struct buf *buf)
{
	struct figure *values = &figure->values;

	buf_get_text(buf, figure->model, sizeof(figure->model));
	buf_get_text(buf, figure->provider, sizeof(figure->provider));
	values->status = (int32_t)buf_get_signed(buf);
	values->uptime_5m_ppm = (int32_t)buf_get_signed(buf);
	values->uptime_30m_ppm = (int32_t)buf_get_signed(buf);
	values->uptime_1d_ppm = (int32_t)buf_get_signed(buf);
	for (size_t i = 0; i < FIGURE_QUANTILES; i++) {
		values->latency_ms[i] = (uint32_t)buf_get_varint(buf);
		values->throughput_mtps[i] = (uint32_t)buf_get_varint(buf);
	}
	values->price_in_nanousd = buf_get_signed(buf);
	values->price_out_nanousd = buf_get_signed(buf);
	values->price_image_nanousd = buf_get_signed(buf);
	values->context_tokens = (uint32_t)buf_get_varint(buf);
}

/* Lists that are longer than there is room for are of no version of this. */
static bool
load_lists(struct source *source, struct buf *buf)
{
	uint64_t len = buf_get_varint(buf);

	if (len > SOURCE_CLAIMS) {
		return false;
	}
	source->claim_len = (uint16_t)len;
	for (uint16_t i = 0; i < source->claim_len; i++) {
		load_claim(&source->claims[i], buf);
	}
	len = buf_get_varint(buf);
	if (len > SOURCE_FIGURES) {
		return false;
	}
	source->figure_len = (uint16_t)len;
	for (uint16_t i = 0; i < source->figure_len; i++) {
		load_figure(&source->figures[i], buf);
	}
	return true;
}

static bool
load_source(struct source *source, struct buf *buf)
{
	uint64_t bits = buf_get_varint(buf);
	uint64_t outcome;

	source->was_read = (bits & 1U) != 0;
	source->has_failed = (bits & 2U) != 0;
	source->claim = load_claim_name(buf);
	source->read_at.mono.ns = buf_get_signed(buf);
	source->read_at.wall.ns = buf_get_signed(buf);
	source->changed_at.ns = buf_get_signed(buf);
	source->failed_mono.ns = buf_get_signed(buf);
	source->failed_at.ns = buf_get_signed(buf);
	outcome = buf_get_varint(buf);
	source->failed_as =
	    outcome < OUTCOME_COUNT ? (enum outcome)outcome : OUTCOME_MALFORMED;
	source->failed_status = (uint16_t)buf_get_varint(buf);
	source->digest = buf_get_u64(buf);
	buf_get_text(buf, source->scope, sizeof(source->scope));
	if (!load_lists(source, buf)) {
		return false;
	}
	/* What is claimed follows from the claims. */
	source->claim = worst(source) != NULL ? worst(source)->claim : CLAIM_CLEAR;
	return true;
}

/* One source at a time: it is too large for the stack of a caller who loads many. */
static enum err
load_next(struct sources *sources, struct buf *buf)
{
	char series[LIMIT_SERIES_BYTES];
	struct source loaded;
	struct source *source;

	memset(&loaded, 0, sizeof(loaded));
	buf_get_text(buf, series, sizeof(series));
	if (!load_source(&loaded, buf)) {
		return ERR_FORMAT;
	}
	source = find(sources, topology_probe_find(sources->topology, series));
	if (buf_ok(buf) && source != NULL) {
		loaded.probe = source->probe;
		*source = loaded;
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}

enum err
sources_load(struct sources *sources, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	uint64_t len = buf_get_varint(buf);
	enum err err = buf_ok(buf) ? ERR_OK : ERR_FORMAT;

	if (err == ERR_OK && version != SOURCE_VERSION) {
		return ERR_VERSION;
	}
	for (uint64_t i = 0; i < len && err == ERR_OK; i++) {
		err = load_next(sources, buf);
	}
	return err;
}
