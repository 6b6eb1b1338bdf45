#include "proto/wire_internal.h"

/* ---- columns: one place that knows which member of a result is which column ---- */

/* Names the numeric columns: the field of the message and how to read it from a result.
 * Phases, texts and times have rules of their own below. */
#define PLAIN_COLUMNS(apply)                                                           \
	apply(outcome, (uint32_t)r->outcome) apply(phase, (uint32_t)r->phase)          \
	    apply(http_status, r->http_status) apply(flags, r->flags)                  \
		apply(server_us, r->server_us) apply(body_bytes, r->body_bytes)        \
		    apply(retry_after_ms, r->retry_after_ms)

/* ---- texts ---- */

struct text_table {
	const char **text;
	uint32_t *bucket; /* open addressing, index + 1 */
	size_t bucket_mask;
	size_t len;
};

static bool
text_table_init(struct text_table *table, struct arena *scratch)
{
	const size_t buckets = (size_t)LIMIT_BATCH_STRINGS * 4;

	table->text = arena_take(scratch, LIMIT_BATCH_STRINGS, sizeof(*table->text));
	table->bucket = arena_take(scratch, buckets, sizeof(*table->bucket));
	table->bucket_mask = buckets - 1;
	table->len = 1;
	if (arena_failed(scratch)) {
		return false;
	}
	table->text[0] = "";
	return true;
}

static size_t
text_hash(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; *text != '\0'; text++) {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	}
	return (size_t)(hash ^ (hash >> 32));
}

/* The index of `text`, added when new; 0 (the empty text) once the table is full: rare
 * text is a comfort, a result is not lost for it. */
static uint32_t
text_index(struct text_table *table, const char *text)
{
	size_t at;

	if (text == NULL || *text == '\0') {
		return 0;
	}
	at = text_hash(text) & table->bucket_mask;
	while (table->bucket[at] != 0) {
		uint32_t index = table->bucket[at] - 1;

		if (strcmp(table->text[index], text) == 0) {
			return index;
		}
		at = (at + 1) & table->bucket_mask;
	}
	if (table->len >= LIMIT_BATCH_STRINGS) {
		return 0;
	}
	table->text[table->len] = text;
	table->bucket[at] = (uint32_t)table->len + 1;
	return (uint32_t)table->len++;
}

/* ---- encoding ---- */

static uint32_t *
column(struct arena *scratch, size_t len)
{
	return arena_take(scratch, len, sizeof(uint32_t));
}

/* An all-zero column is left out. */
static size_t
column_len(const uint32_t *values, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (values[i] != 0) {
			return len;
		}
	}
	return 0;
}

static uint32_t
phase_step(uint32_t at_us, uint32_t *last_us)
{
	uint32_t step;

	if (at_us == 0) {
		return 0;
	}
	step = at_us > *last_us ? at_us - *last_us : 0;
	*last_us = at_us > *last_us ? at_us : *last_us;
	return step == UINT32_MAX ? step : step + 1;
}

static void
encode_timing(Parallax__V1__Batch *batch, const struct result *result, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const struct timing *timing = &result[i].timing;
		uint32_t last_us = 0;

		batch->dns_us[i] = phase_step(timing->dns_us, &last_us);
		batch->connect_us[i] = phase_step(timing->connect_us, &last_us);
		batch->tls_us[i] = phase_step(timing->tls_us, &last_us);
		batch->first_byte_us[i] = phase_step(timing->first_byte_us, &last_us);
		batch->total_us[i] = phase_step(timing->total_us, &last_us);
	}
	batch->n_dns_us = column_len(batch->dns_us, len);
	batch->n_connect_us = column_len(batch->connect_us, len);
	batch->n_tls_us = column_len(batch->tls_us, len);
	batch->n_first_byte_us = column_len(batch->first_byte_us, len);
	batch->n_total_us = column_len(batch->total_us, len);
}

static void
encode_started(Parallax__V1__Batch *batch, const struct result *result, size_t len)
{
	int64_t last_us = len > 0 ? result[0].started_at.ns / CLOCK_NS_PER_US : 0;

	batch->base_us = last_us;
	for (size_t i = 0; i < len; i++) {
		int64_t at_us = result[i].started_at.ns / CLOCK_NS_PER_US;

		batch->started_us[i] = clock_sub_ns(at_us, last_us);
		last_us = at_us;
	}
	batch->n_started_us = len;
}

static enum err
encode_plain(Parallax__V1__Batch *batch, const struct wire_batch *from,
    struct text_table *table, struct arena *scratch)
{
	size_t len = from->len;

#define TAKE(name, value) batch->name = column(scratch, len);
	PLAIN_COLUMNS(TAKE)
#undef TAKE
	batch->series = column(scratch, len);
	batch->detail = column(scratch, len);
	batch->request_id = column(scratch, len);
	if (arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	/* Series first: they must be in the table, the other texts may miss it. */
	for (size_t i = 0; i < len; i++) {
		batch->series[i] = text_index(table, from->result[i].series);
	}
	for (size_t i = 0; i < len; i++) {
		const struct result *r = &from->result[i];

#define FILL(name, value) batch->name[i] = (value);
		PLAIN_COLUMNS(FILL)
#undef FILL
		batch->detail[i] = text_index(table, r->detail);
		batch->request_id[i] = text_index(table, r->request_id);
	}
#define COUNT(name, value) batch->n_##name = column_len(batch->name, len);
	PLAIN_COLUMNS(COUNT)
#undef COUNT
	batch->n_series = column_len(batch->series, len);
	batch->n_detail = column_len(batch->detail, len);
	batch->n_request_id = column_len(batch->request_id, len);
	return ERR_OK;
}

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
	out->id = wire_text(from->id);
	out->title = wire_text(from->title);
	out->scope = wire_text(from->scope);
	out->url = wire_text(from->url);
}

static enum err
encode_observations(
    Parallax__V1__Batch *batch, const struct wire_batch *from, struct arena *scratch)
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
	batch->observation = list;
	batch->n_observation = len;
	return ERR_OK;
}

static enum err
encode_holes(
    Parallax__V1__Batch *batch, const struct wire_batch *from, struct arena *scratch)
{
	Parallax__V1__Hole **list = arena_take(scratch, from->hole_len, sizeof(*list));
	Parallax__V1__Hole *item =
	    arena_take(scratch, from->hole_len, sizeof(Parallax__V1__Hole));
	Parallax__V1__Range *range =
	    arena_take(scratch, from->hole_len, sizeof(Parallax__V1__Range));

	if (from->hole_len > WIRE_HOLES || arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->hole_len; i++) {
		parallax__v1__hole__init(&item[i]);
		parallax__v1__range__init(&range[i]);
		range[i].first = from->hole[i].range.first;
		range[i].last = from->hole[i].range.last;
		item[i].range = &range[i];
		item[i].why = from->hole[i].why == HOLE_DROPPED
				  ? PARALLAX__V1__HOLE__WHY__WHY_DROPPED
				  : PARALLAX__V1__HOLE__WHY__WHY_UNUSED;
		list[i] = &item[i];
	}
	batch->hole = list;
	batch->n_hole = from->hole_len;
	return ERR_OK;
}

static enum err
encode_columns(
    Parallax__V1__Batch *batch, const struct wire_batch *from, struct arena *scratch)
{
	struct text_table table;
	enum err err;

	if (!text_table_init(&table, scratch)) {
		return ERR_LIMIT;
	}
	batch->dns_us = column(scratch, from->len);
	batch->connect_us = column(scratch, from->len);
	batch->tls_us = column(scratch, from->len);
	batch->first_byte_us = column(scratch, from->len);
	batch->total_us = column(scratch, from->len);
	batch->started_us = arena_take(scratch, from->len, sizeof(int64_t));
	batch->text = arena_take(scratch, LIMIT_BATCH_STRINGS, sizeof(char *));
	if (arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	err = encode_plain(batch, from, &table, scratch);
	if (err != ERR_OK) {
		return err;
	}
	encode_timing(batch, from->result, from->len);
	encode_started(batch, from->result, from->len);
	for (size_t i = 1; i < table.len; i++) {
		batch->text[i - 1] = wire_text(table.text[i]);
	}
	batch->n_text = table.len - 1;
	return ERR_OK;
}

enum err
wire_batch_encode(
    const struct wire_batch *from, struct arena *scratch, Parallax__V1__Batch **out)
{
	Parallax__V1__Batch *batch = arena_take(scratch, 1, sizeof(*batch));
	enum err err;

	if (batch == NULL || from->len > LIMIT_BATCH_RESULTS) {
		return ERR_LIMIT;
	}
	parallax__v1__batch__init(batch);
	batch->session = from->session;
	batch->incarnation = from->incarnation;
	batch->first_seq = from->first_seq;
	batch->count = (uint32_t)from->len;
	batch->sent_ns = from->sent_at.ns;
	batch->rtt_us = from->rtt_us;
	err = encode_columns(batch, from, scratch);
	if (err == ERR_OK) {
		err = encode_observations(batch, from, scratch);
	}
	if (err == ERR_OK) {
		err = encode_holes(batch, from, scratch);
	}
	if (err != ERR_OK) {
		return err;
	}
	*out = batch;
	return ERR_OK;
}

/* ---- decoding ---- */

/* Every column is absent or exactly as long as the batch. */
static bool
columns_fit(const Parallax__V1__Batch *from)
{
	size_t len = from->count;
	bool fit = true;

#define FITS(name, value) fit = fit && (from->n_##name == 0 || from->n_##name == len);
	PLAIN_COLUMNS(FITS)
	FITS(dns_us, 0)
	FITS(connect_us, 0)
	FITS(tls_us, 0)
	FITS(first_byte_us, 0)
	FITS(total_us, 0)
	FITS(detail, 0)
	FITS(request_id, 0)
#undef FITS
	return fit && from->n_series == len && from->n_started_us == len;
}

/* Whatever is shown or stored must be printable: agents are not trusted to have cleaned
 * the excerpts they took from upstreams. */
static bool
texts_ok(const Parallax__V1__Batch *from)
{
	for (size_t i = 0; i < from->n_text; i++) {
		if (!wire_text_ok(from->text[i])) {
			return false;
		}
	}
	return true;
}

static uint32_t
value(const uint32_t *values, size_t len, size_t i)
{
	return i < len ? values[i] : 0;
}

static uint32_t
phase_end(uint32_t step, uint32_t *last_us)
{
	if (step == 0) {
		return 0;
	}
	step--;
	*last_us = step > UINT32_MAX - *last_us ? UINT32_MAX : *last_us + step;
	return *last_us;
}

static struct timing
timing_of(const Parallax__V1__Batch *from, size_t i)
{
	struct timing timing = {0};
	uint32_t last_us = 0;

	timing.dns_us = phase_end(value(from->dns_us, from->n_dns_us, i), &last_us);
	timing.connect_us =
	    phase_end(value(from->connect_us, from->n_connect_us, i), &last_us);
	timing.tls_us = phase_end(value(from->tls_us, from->n_tls_us, i), &last_us);
	timing.first_byte_us =
	    phase_end(value(from->first_byte_us, from->n_first_byte_us, i), &last_us);
	timing.total_us =
	    phase_end(value(from->total_us, from->n_total_us, i), &last_us);
	return timing;
}

/* Text `index`, or NULL when there is none: 0 is "", 1 the first of the table. */
static const char *
text_at(const Parallax__V1__Batch *from, uint32_t index)
{
	if (index == 0) {
		return "";
	}
	return index <= from->n_text ? from->text[index - 1] : NULL;
}

static bool
decode_result(const Parallax__V1__Batch *from, size_t i, struct result *out)
{
	uint32_t outcome = value(from->outcome, from->n_outcome, i);
	uint32_t phase = value(from->phase, from->n_phase, i);
	uint32_t http_status = value(from->http_status, from->n_http_status, i);

	out->seq = from->first_seq + i;
	out->series = text_at(from, from->series[i]);
	out->detail = text_at(from, value(from->detail, from->n_detail, i));
	out->request_id = text_at(from, value(from->request_id, from->n_request_id, i));
	if (out->series == NULL || out->series[0] == '\0' || out->detail == NULL ||
	    out->request_id == NULL || strlen(out->series) >= LIMIT_SERIES_BYTES ||
	    strlen(out->detail) >= LIMIT_DETAIL_BYTES ||
	    strlen(out->request_id) >= LIMIT_REQUEST_ID_BYTES || http_status > 999) {
		return false;
	}
	out->outcome =
	    outcome < OUTCOME_COUNT ? (enum outcome)outcome : OUTCOME_MALFORMED;
	out->phase = phase < PHASE_COUNT ? (enum phase)phase : PHASE_LOCAL;
	out->http_status = (uint16_t)http_status;
	out->flags = value(from->flags, from->n_flags, i) & FLAG_KNOWN_MASK;
	out->server_us = value(from->server_us, from->n_server_us, i);
	out->body_bytes = value(from->body_bytes, from->n_body_bytes, i);
	out->retry_after_ms = value(from->retry_after_ms, from->n_retry_after_ms, i);
	out->timing = timing_of(from, i);
	return true;
}

static enum err
decode_results(
    const Parallax__V1__Batch *from, struct arena *arena, struct wire_batch *out)
{
	struct result *result = arena_take(arena, from->count, sizeof(*result));
	int64_t at_us = from->base_us;

	if (result == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->count; i++) {
		at_us = clock_add_ns(at_us, from->started_us[i]);
		if (!decode_result(from, i, &result[i]) ||
		    __builtin_mul_overflow(
			at_us, CLOCK_NS_PER_US, &result[i].started_at.ns)) {
			return ERR_FORMAT;
		}
	}
	out->result = result;
	out->len = from->count;
	return ERR_OK;
}

static bool
seconds_to_wall(int64_t seconds, struct wall *out)
{
	return !__builtin_mul_overflow(seconds, CLOCK_NS_PER_S, &out->ns);
}

static bool
decode_observation(const Parallax__V1__Observation *from, struct observation *out)
{
	if (strlen(from->id) >= LIMIT_SERIES_BYTES ||
	    strlen(from->title) >= LIMIT_DETAIL_BYTES ||
	    strlen(from->scope) >= LIMIT_DETAIL_BYTES ||
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
decode_observations(
    const Parallax__V1__Batch *from, struct arena *arena, struct wire_batch *out)
{
	struct observation *item;
	union {
		const struct result *in;
		struct result *out;
	} result = {.in = out->result}; /* ours, made a moment ago in this arena */
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

		if (at >= out->len || at < last ||
		    !decode_observation(from->observation[i], &item[i])) {
			return ERR_FORMAT;
		}
		if (result.out[at].observation_len == 0) {
			result.out[at].observation = &item[i];
		}
		result.out[at].observation_len++;
		last = at;
	}
	return ERR_OK;
}

static enum err
decode_holes(
    const Parallax__V1__Batch *from, struct arena *arena, struct wire_batch *out)
{
	struct wire_hole *hole;

	if (from->n_hole > WIRE_HOLES) {
		return ERR_LIMIT;
	}
	hole = arena_take(arena, from->n_hole, sizeof(*hole));
	if (hole == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->n_hole; i++) {
		const Parallax__V1__Hole *each = from->hole[i];

		if (each->range == NULL || each->range->first > each->range->last) {
			return ERR_FORMAT;
		}
		hole[i].range =
		    (struct seq_range){each->range->first, each->range->last};
		hole[i].why = each->why == PARALLAX__V1__HOLE__WHY__WHY_DROPPED
				  ? HOLE_DROPPED
				  : HOLE_UNUSED;
	}
	out->hole = hole;
	out->hole_len = from->n_hole;
	return ERR_OK;
}

enum err
wire_batch_decode(
    const Parallax__V1__Batch *from, struct arena *arena, struct wire_batch *out)
{
	enum err err;

	if (from->count > LIMIT_BATCH_RESULTS || from->n_text > LIMIT_BATCH_STRINGS) {
		return ERR_LIMIT;
	}
	if (!columns_fit(from) || !texts_ok(from) ||
	    from->first_seq > UINT64_MAX - LIMIT_BATCH_RESULTS) {
		return ERR_FORMAT;
	}
	*out = (struct wire_batch){.session = from->session,
	    .incarnation = from->incarnation,
	    .first_seq = from->first_seq,
	    .sent_at = {from->sent_ns},
	    .rtt_us = from->rtt_us};
	err = decode_results(from, arena, out);
	if (err == ERR_OK) {
		err = decode_observations(from, arena, out);
	}
	if (err == ERR_OK) {
		err = decode_holes(from, arena, out);
	}
	return err;
}
