#include "proto/wire_internal.h"

enum {
	PPM_MAX = 1000000
};

/* ---- to the collector ---- */

static void
encode_observation(
    const struct observation *from, uint32_t result, Parallax__V1__Observation *out)
{
	parallax__v1__observation__init(out);
	out->result = result;
	out->claim = (uint32_t)from->claim;
	out->begin_s = from->begin_at.ns / CLOCK_NS_PER_S;
	out->created_s = from->created_at.ns / CLOCK_NS_PER_S;
	out->modified_s = from->modified_at.ns / CLOCK_NS_PER_S;
	out->id = wire_text(wire_usable(from->id, WIRE_OBSERVATION_ID_BYTES));
	out->title = wire_text(wire_usable(from->title, WIRE_OBSERVATION_TEXT_BYTES));
	out->scope = wire_text(wire_usable(from->scope, WIRE_OBSERVATION_TEXT_BYTES));
	out->url = wire_text(wire_usable(from->url, LIMIT_URL_BYTES));
}

static enum err
encode_observations(
    const struct wire_batch *from, struct arena *scratch, Parallax__V1__Batch *out)
{
	Parallax__V1__Observation **list;
	Parallax__V1__Observation *item;
	size_t len = 0;

	for (size_t i = 0; i < from->len; i++) {
		len += from->result[i].observation_len;
	}
	if (len > LIMIT_BATCH_OBSERVATIONS) {
		return ERR_LIMIT;
	}
	list = arena_take(scratch, len, sizeof(*list));
	item = arena_take(scratch, len, sizeof(*item));
	if (arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	len = 0;
	for (size_t i = 0; i < from->len; i++) {
		for (uint32_t k = 0; k < from->result[i].observation_len; k++) {
			encode_observation(
			    &from->result[i].observation[k], (uint32_t)i, &item[len]);
			list[len] = &item[len];
			len++;
		}
	}
	out->observation = list;
	out->n_observation = len;
	return ERR_OK;
}

static uint32_t
ppm_encode(int32_t ppm)
{
	return ppm < 0 || ppm > PPM_MAX ? 0 : (uint32_t)ppm + 1;
}

/* The largest of all has no room beside "not said", and is no price. */
static uint64_t
price_encode(int64_t nanousd)
{
	return nanousd < 0 || nanousd == INT64_MAX ? 0 : (uint64_t)nanousd + 1;
}

/* Four quantiles, none when all of them are 0. */
static size_t
quantiles_encode(
    const uint32_t quantile[FIGURE_QUANTILES], struct arena *scratch, uint32_t **out)
{
	static const uint32_t none[FIGURE_QUANTILES];

	if (memcmp(quantile, none, sizeof(none)) == 0) {
		return 0;
	}
	*out = arena_take(scratch, FIGURE_QUANTILES, sizeof(**out));
	if (*out == NULL) {
		return 0;
	}
	memcpy(*out, quantile, sizeof(none));
	return FIGURE_QUANTILES;
}

static void
encode_figure(const struct figure *from, uint32_t result, struct arena *scratch,
    Parallax__V1__Figure *out)
{
	parallax__v1__figure__init(out);
	out->result = result;
	out->model = wire_text(wire_usable(from->model, WIRE_FIGURE_TEXT_BYTES));
	out->provider = wire_text(wire_usable(from->provider, WIRE_FIGURE_TEXT_BYTES));
	out->status = from->status;
	out->uptime_5m_ppm = ppm_encode(from->uptime_5m_ppm);
	out->uptime_30m_ppm = ppm_encode(from->uptime_30m_ppm);
	out->uptime_1d_ppm = ppm_encode(from->uptime_1d_ppm);
	out->n_latency_ms =
	    quantiles_encode(from->latency_ms, scratch, &out->latency_ms);
	out->n_throughput_mtps =
	    quantiles_encode(from->throughput_mtps, scratch, &out->throughput_mtps);
	out->price_in_nanousd = price_encode(from->price_in_nanousd);
	out->price_out_nanousd = price_encode(from->price_out_nanousd);
	out->price_image_nanousd = price_encode(from->price_image_nanousd);
	out->context_tokens = from->context_tokens;
}

static enum err
encode_figures(
    const struct wire_batch *from, struct arena *scratch, Parallax__V1__Batch *out)
{
	Parallax__V1__Figure **list;
	Parallax__V1__Figure *item;
	size_t len = 0;

	for (size_t i = 0; i < from->len; i++) {
		len += from->result[i].figure_len;
	}
	if (len > LIMIT_BATCH_FIGURES) {
		return ERR_LIMIT;
	}
	list = arena_take(scratch, len, sizeof(*list));
	item = arena_take(scratch, len, sizeof(*item));
	if (arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	len = 0;
	for (size_t i = 0; i < from->len; i++) {
		for (uint32_t k = 0; k < from->result[i].figure_len; k++) {
			encode_figure(&from->result[i].figure[k], (uint32_t)i, scratch,
			    &item[len]);
			list[len] = &item[len];
			len++;
		}
	}
	out->figure = list;
	out->n_figure = len;
	return arena_failed(scratch) ? ERR_LIMIT : ERR_OK;
}

static enum err
encode_digests(
    const struct wire_batch *from, struct arena *scratch, Parallax__V1__Batch *out)
{
	Parallax__V1__Digest **list;
	Parallax__V1__Digest *item;
	size_t len = 0;

	for (size_t i = 0; i < from->len; i++) {
		len += from->result[i].digest != 0 ? 1 : 0;
	}
	list = arena_take(scratch, len, sizeof(*list));
	item = arena_take(scratch, len, sizeof(*item));
	if (arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	len = 0;
	for (size_t i = 0; i < from->len; i++) {
		if (from->result[i].digest != 0) {
			parallax__v1__digest__init(&item[len]);
			item[len].result = (uint32_t)i;
			item[len].value = from->result[i].digest;
			list[len] = &item[len];
			len++;
		}
	}
	out->digest = list;
	out->n_digest = len;
	return ERR_OK;
}

enum err
wire_attached_encode(
    const struct wire_batch *from, struct arena *scratch, Parallax__V1__Batch *out)
{
	enum err err = encode_observations(from, scratch, out);

	if (err == ERR_OK) {
		err = encode_figures(from, scratch, out);
	}
	return err == ERR_OK ? encode_digests(from, scratch, out) : err;
}

/* ---- from an agent ---- */

static bool
seconds_to_wall(int64_t seconds, struct wall *out)
{
	return !__builtin_mul_overflow(seconds, CLOCK_NS_PER_S, &out->ns);
}

static bool
decode_observation(const Parallax__V1__Observation *from, struct observation *out)
{
	if (strlen(from->id) >= WIRE_OBSERVATION_ID_BYTES ||
	    strlen(from->title) >= WIRE_OBSERVATION_TEXT_BYTES ||
	    strlen(from->scope) >= WIRE_OBSERVATION_TEXT_BYTES ||
	    strlen(from->url) >= LIMIT_URL_BYTES || from->claim >= CLAIM_COUNT ||
	    !wire_text_ok(from->id) || !wire_text_ok(from->title) ||
	    !wire_text_ok(from->scope) || !wire_text_ok(from->url)) {
		return false;
	}
	*out = (struct observation){.claim = (enum claim)from->claim,
	    .id = from->id,
	    .title = from->title,
	    .scope = from->scope,
	    .url = from->url};
	return seconds_to_wall(from->begin_s, &out->begin_at) &&
	       seconds_to_wall(from->created_s, &out->created_at) &&
	       seconds_to_wall(from->modified_s, &out->modified_at);
}

/* Observations come in the order of their results; each result gets its run. */
static enum err
decode_observations(const Parallax__V1__Batch *from, struct arena *arena,
    struct result *result, size_t len)
{
	struct observation *item;
	uint32_t last = 0;

	if (from->n_observation > LIMIT_BATCH_OBSERVATIONS) {
		return ERR_LIMIT;
	}
	item = arena_take(arena, from->n_observation, sizeof(*item));
	if (item == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->n_observation; i++) {
		uint32_t at = from->observation[i]->result;

		if (at >= len || at < last ||
		    !decode_observation(from->observation[i], &item[i])) {
			return ERR_FORMAT;
		}
		if (result[at].observation_len == 0) {
			result[at].observation = &item[i];
		}
		result[at].observation_len++;
		last = at;
	}
	return ERR_OK;
}

static bool
price_decode(uint64_t sent, int64_t *out)
{
	if (sent > INT64_MAX) {
		return false;
	}
	*out = (int64_t)sent - 1;
	return true;
}

static bool
ppm_decode(uint32_t sent, int32_t *out)
{
	if (sent > PPM_MAX + 1) {
		return false;
	}
	*out = (int32_t)sent - 1;
	return true;
}

static bool
quantiles_decode(const uint32_t *from, size_t len, uint32_t out[FIGURE_QUANTILES])
{
	if (len != 0 && len != FIGURE_QUANTILES) {
		return false;
	}
	memset(out, 0, FIGURE_QUANTILES * sizeof(*out));
	if (len != 0) {
		memcpy(out, from, FIGURE_QUANTILES * sizeof(*out));
	}
	return true;
}

static bool
figure_text_ok(const char *text)
{
	return strlen(text) < WIRE_FIGURE_TEXT_BYTES && wire_text_ok(text);
}

static bool
decode_figure(const Parallax__V1__Figure *from, struct figure *out)
{
	out->model = from->model;
	out->provider = from->provider;
	out->status = from->status;
	out->context_tokens = from->context_tokens;
	return figure_text_ok(from->model) && figure_text_ok(from->provider) &&
	       ppm_decode(from->uptime_5m_ppm, &out->uptime_5m_ppm) &&
	       ppm_decode(from->uptime_30m_ppm, &out->uptime_30m_ppm) &&
	       ppm_decode(from->uptime_1d_ppm, &out->uptime_1d_ppm) &&
	       price_decode(from->price_in_nanousd, &out->price_in_nanousd) &&
	       price_decode(from->price_out_nanousd, &out->price_out_nanousd) &&
	       price_decode(from->price_image_nanousd, &out->price_image_nanousd) &&
	       quantiles_decode(
		   from->latency_ms, from->n_latency_ms, out->latency_ms) &&
	       quantiles_decode(from->throughput_mtps, from->n_throughput_mtps,
		   out->throughput_mtps);
}

/* Figures come in the order of their results; each result gets its run. */
static enum err
decode_figures(const Parallax__V1__Batch *from, struct arena *arena,
    struct result *result, size_t len)
{
	struct figure *item;
	uint32_t last = 0;

	if (from->n_figure > LIMIT_BATCH_FIGURES) {
		return ERR_LIMIT;
	}
	item = arena_take(arena, from->n_figure, sizeof(*item));
	if (item == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->n_figure; i++) {
		uint32_t at = from->figure[i]->result;

		if (at >= len || at < last ||
		    !decode_figure(from->figure[i], &item[i])) {
			return ERR_FORMAT;
		}
		if (result[at].figure_len == 0) {
			result[at].figure = &item[i];
		}
		result[at].figure_len++;
		last = at;
	}
	return ERR_OK;
}

static enum err
decode_digests(const Parallax__V1__Batch *from, struct result *result, size_t len)
{
	size_t next = 0; /* the first result that may have the next one */

	for (size_t i = 0; i < from->n_digest; i++) {
		uint32_t at = from->digest[i]->result;

		if (at >= len || at < next) {
			return ERR_FORMAT;
		}
		result[at].digest = from->digest[i]->value;
		next = (size_t)at + 1;
	}
	return ERR_OK;
}

enum err
wire_attached_decode(const Parallax__V1__Batch *from, struct arena *arena,
    struct result *result, size_t len)
{
	enum err err = decode_observations(from, arena, result, len);

	if (err == ERR_OK) {
		err = decode_figures(from, arena, result, len);
	}
	return err == ERR_OK ? decode_digests(from, result, len) : err;
}
