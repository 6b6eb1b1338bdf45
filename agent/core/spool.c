#include "agent/core/spool.h"

#include "common/core/limits.h"

#include <string.h>

/* Version 2 has the fields of version 1, and rows beside it that an agent of then could not
 * read: it must leave the spool alone. */
enum {
	BOOK_VERSION = 2
};

void
spool_book_init(struct spool_book *book, uint64_t incarnation)
{
	memset(book, 0, sizeof(*book));
	book->incarnation = incarnation;
	book->next_seq = 1;
	seqset_init(&book->dropped);
}

uint64_t
spool_book_append(struct spool_book *book, size_t row_bytes)
{
	book->rows++;
	book->bytes += row_bytes;
	return book->next_seq++;
}

static void
take_out(struct spool_book *book, size_t row_bytes)
{
	book->rows -= book->rows > 0 ? 1 : 0;
	book->bytes -= book->bytes > row_bytes ? row_bytes : book->bytes;
}

void
spool_book_forget(struct spool_book *book, uint64_t seq, size_t row_bytes)
{
	(void)seq;
	take_out(book, row_bytes);
}

bool
spool_book_must_drop(const struct spool_book *book, const struct spool_limits *limits,
    struct wall row_at, struct wall now)
{
	return book->bytes > limits->bytes_max ||
	       wall_since(now, row_at) > limits->age_max_ns;
}

enum err
spool_book_drop(struct spool_book *book, uint64_t seq, size_t row_bytes)
{
	const struct seqset *dropped = &book->dropped;
	enum err err = seqset_add(&book->dropped, seq, seq);

	if (err == ERR_LIMIT && seq > dropped->range[dropped->len - 1].last) {
		err = seqset_add(
		    &book->dropped, dropped->range[dropped->len - 1].first, seq);
	}
	if (err == ERR_OK) {
		take_out(book, row_bytes);
		book->dropped_rows++;
	}
	return err;
}

enum err
spool_book_damage(struct spool_book *book, uint64_t seq, size_t row_bytes)
{
	enum err err = seqset_add(&book->dropped, seq, seq);

	if (err == ERR_OK) {
		take_out(book, row_bytes);
		book->dropped_rows++;
	}
	return err;
}

void
spool_book_save(const struct spool_book *book, struct buf *buf)
{
	buf_put_varint(buf, BOOK_VERSION);
	buf_put_u64(buf, book->incarnation);
	buf_put_varint(buf, book->next_seq);
	buf_put_varint(buf, book->rows);
	buf_put_varint(buf, book->bytes);
	buf_put_varint(buf, book->dropped_rows);
	seqset_save(&book->dropped, buf);
}

enum err
spool_book_load(struct spool_book *book, struct buf *buf)
{
	struct spool_book loaded;
	uint64_t version = buf_get_varint(buf);
	enum err err;

	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	if (version < 1 || version > BOOK_VERSION) {
		return ERR_VERSION;
	}
	memset(&loaded, 0, sizeof(loaded));
	loaded.incarnation = buf_get_u64(buf);
	loaded.next_seq = buf_get_varint(buf);
	loaded.rows = buf_get_varint(buf);
	loaded.bytes = buf_get_varint(buf);
	loaded.dropped_rows = buf_get_varint(buf);
	err = seqset_load(&loaded.dropped, buf);
	if (err != ERR_OK || !buf_ok(buf) || loaded.next_seq == 0) {
		return ERR_FORMAT;
	}
	*book = loaded;
	return ERR_OK;
}

static void
put_observation(const struct observation *observation, struct buf *buf)
{
	buf_put_varint(buf, (uint64_t)observation->claim);
	buf_put_signed(buf, observation->begin_at.ns);
	buf_put_signed(buf, observation->created_at.ns);
	buf_put_signed(buf, observation->modified_at.ns);
	buf_put_text(buf, observation->id);
	buf_put_text(buf, observation->title);
	buf_put_text(buf, observation->scope);
	buf_put_text(buf, observation->url);
}

static void
put_figure(const struct figure *figure, struct buf *buf)
{
	buf_put_text(buf, figure->model);
	buf_put_text(buf, figure->provider);
	buf_put_signed(buf, figure->status);
	buf_put_signed(buf, figure->uptime_5m_ppm);
	buf_put_signed(buf, figure->uptime_30m_ppm);
	buf_put_signed(buf, figure->uptime_1d_ppm);
	for (size_t i = 0; i < FIGURE_QUANTILES; i++) {
		buf_put_varint(buf, figure->latency_ms[i]);
		buf_put_varint(buf, figure->throughput_mtps[i]);
	}
	buf_put_signed(buf, figure->price_in_nanousd);
	buf_put_signed(buf, figure->price_out_nanousd);
	buf_put_signed(buf, figure->price_image_nanousd);
	buf_put_varint(buf, figure->context_tokens);
}

/* What version 2 added, behind all of version 1. */
static void
put_second(const struct result *result, struct buf *buf)
{
	buf_put_varint(buf, result->timing.sent_us);
	buf_put_varint(buf, result->timing.answered_us);
	buf_put_varint(buf, result->decode_us);
	buf_put_varint(buf, result->cost_microusd);
	buf_put_varint(buf, result->cert_days);
	buf_put_varint(buf, result->digest != 0 ? 1 : 0);
	if (result->digest != 0) {
		buf_put_u64(buf, result->digest);
	}
	buf_put_varint(buf, result->figure_len);
	for (uint32_t i = 0; i < result->figure_len; i++) {
		put_figure(&result->figure[i], buf);
	}
}

void
spool_row_encode(const struct result *result, struct buf *buf)
{
	buf_put_u64(buf, (uint64_t)result->started_at.ns);
	buf_put_varint(buf, SPOOL_ROW_VERSION);
	buf_put_text(buf, result->series);
	buf_put_varint(buf, (uint64_t)result->outcome);
	buf_put_varint(buf, (uint64_t)result->phase);
	buf_put_varint(buf, result->http_status);
	buf_put_varint(buf, result->flags);
	buf_put_varint(buf, result->timing.dns_us);
	buf_put_varint(buf, result->timing.connect_us);
	buf_put_varint(buf, result->timing.tls_us);
	buf_put_varint(buf, result->timing.first_byte_us);
	buf_put_varint(buf, result->timing.total_us);
	buf_put_varint(buf, result->server_us);
	buf_put_varint(buf, result->body_bytes);
	buf_put_varint(buf, result->retry_after_ms);
	buf_put_text(buf, result->detail);
	buf_put_text(buf, result->outcome == OUTCOME_OK ? "" : result->request_id);
	buf_put_varint(buf, result->observation_len);
	for (uint32_t i = 0; i < result->observation_len; i++) {
		put_observation(&result->observation[i], buf);
	}
	put_second(result, buf);
}

static const char *
get_text(struct buf *buf, struct arena *arena)
{
	size_t len;
	const char *text = buf_get_bytes(buf, &len);

	if (text == NULL || memchr(text, '\0', len) != NULL) {
		buf->failed = true;
		return "";
	}
	return arena_text(arena, text, len);
}

static uint32_t
get_u32(struct buf *buf)
{
	uint64_t value = buf_get_varint(buf);

	if (value > UINT32_MAX) {
		buf->failed = true;
		return 0;
	}
	return (uint32_t)value;
}

/* A value of a closed enum, or the error. */
static uint32_t
get_below(struct buf *buf, uint32_t bound)
{
	uint32_t value = get_u32(buf);

	if (value >= bound) {
		buf->failed = true;
		return 0;
	}
	return value;
}

static void
get_observation(struct buf *buf, struct arena *arena, struct observation *out)
{
	out->claim = (enum claim)get_below(buf, CLAIM_COUNT);
	out->begin_at.ns = buf_get_signed(buf);
	out->created_at.ns = buf_get_signed(buf);
	out->modified_at.ns = buf_get_signed(buf);
	out->id = get_text(buf, arena);
	out->title = get_text(buf, arena);
	out->scope = get_text(buf, arena);
	out->url = get_text(buf, arena);
}

static void
get_observations(struct buf *buf, struct arena *arena, struct result *out)
{
	uint32_t len = get_below(buf, LIMIT_BATCH_OBSERVATIONS + 1);
	struct observation *item = arena_take(arena, len, sizeof(*item));

	if (item == NULL) {
		buf->failed = true;
		return;
	}
	for (uint32_t i = 0; i < len; i++) {
		get_observation(buf, arena, &item[i]);
	}
	out->observation = item;
	out->observation_len = len;
}

static int32_t
get_i32(struct buf *buf)
{
	int64_t value = buf_get_signed(buf);

	if (value < INT32_MIN || value > INT32_MAX) {
		buf->failed = true;
		return 0;
	}
	return (int32_t)value;
}

static void
get_figure(struct buf *buf, struct arena *arena, struct figure *out)
{
	out->model = get_text(buf, arena);
	out->provider = get_text(buf, arena);
	out->status = get_i32(buf);
	out->uptime_5m_ppm = get_i32(buf);
	out->uptime_30m_ppm = get_i32(buf);
	out->uptime_1d_ppm = get_i32(buf);
	for (size_t i = 0; i < FIGURE_QUANTILES; i++) {
		out->latency_ms[i] = get_u32(buf);
		out->throughput_mtps[i] = get_u32(buf);
	}
	out->price_in_nanousd = buf_get_signed(buf);
	out->price_out_nanousd = buf_get_signed(buf);
	out->price_image_nanousd = buf_get_signed(buf);
	out->context_tokens = get_u32(buf);
}

static void
get_figures(struct buf *buf, struct arena *arena, struct result *out)
{
	uint32_t len = get_below(buf, LIMIT_BATCH_FIGURES + 1);
	struct figure *item = arena_take(arena, len, sizeof(*item));

	if (item == NULL) {
		buf->failed = true;
		return;
	}
	for (uint32_t i = 0; i < len; i++) {
		get_figure(buf, arena, &item[i]);
	}
	out->figure = item;
	out->figure_len = len;
}

static void
get_second(struct buf *buf, struct arena *arena, struct result *out)
{
	out->timing.sent_us = get_u32(buf);
	out->timing.answered_us = get_u32(buf);
	out->decode_us = get_u32(buf);
	out->cost_microusd = get_u32(buf);
	out->cert_days = (uint16_t)get_below(buf, UINT16_MAX + 1);
	if (get_below(buf, 2) != 0) {
		out->digest = buf_get_u64(buf);
	}
	get_figures(buf, arena, out);
}

static void
get_first(struct buf *buf, struct arena *arena, struct result *out)
{
	out->series = get_text(buf, arena);
	out->outcome = (enum outcome)get_below(buf, OUTCOME_COUNT);
	out->phase = (enum phase)get_below(buf, PHASE_COUNT);
	out->http_status = (uint16_t)get_below(buf, 1000);
	out->flags = get_u32(buf);
	out->timing.dns_us = get_u32(buf);
	out->timing.connect_us = get_u32(buf);
	out->timing.tls_us = get_u32(buf);
	out->timing.first_byte_us = get_u32(buf);
	out->timing.total_us = get_u32(buf);
	out->server_us = get_u32(buf);
	out->body_bytes = get_u32(buf);
	out->retry_after_ms = get_u32(buf);
	out->detail = get_text(buf, arena);
	out->request_id = get_text(buf, arena);
	get_observations(buf, arena, out);
}

enum err
spool_row_decode(struct buf *buf, struct arena *arena, struct result *out)
{
	struct result row = {0};
	uint64_t version;

	row.started_at.ns = (int64_t)buf_get_u64(buf);
	version = buf_get_varint(buf);
	if (buf_ok(buf) && (version < 1 || version > SPOOL_ROW_VERSION)) {
		return ERR_VERSION;
	}
	get_first(buf, arena, &row);
	if (version >= 2) {
		get_second(buf, arena, &row);
	}
	if (arena_failed(arena)) {
		return ERR_LIMIT;
	}
	if (!buf_ok(buf) || row.series[0] == '\0' ||
	    strlen(row.series) >= LIMIT_SERIES_BYTES) {
		return ERR_FORMAT;
	}
	*out = row;
	return ERR_OK;
}

enum err
spool_row_time(struct buf *buf, struct wall *out)
{
	int64_t ns = (int64_t)buf_get_u64(buf);

	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	out->ns = ns;
	return ERR_OK;
}
