#include "proto/wire_internal.h"

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
text_index(struct text_table *table, const char *text, size_t cap)
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
	if (table->len >= LIMIT_BATCH_STRINGS || *wire_usable(text, cap) == '\0') {
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

/* One value of a duration column. */
static uint32_t
duration(uint32_t us, uint32_t *last)
{
	uint32_t code = coarse_code(us);
	uint32_t difference = code - *last;

	*last = code;
	return 1 + wire_zigzag(difference);
}

/* A phase that ended at `at_us`, 0 = not reached; phases never end before the last one. */
static uint32_t
phase(uint32_t at_us, uint32_t *end_us, uint32_t *last)
{
	uint32_t begin_us = *end_us;

	if (at_us == 0) {
		return 0;
	}
	*end_us = at_us > begin_us ? at_us : begin_us;
	return duration(*end_us - begin_us, last);
}

/* A point beside the phases, 0 = not reached; `end_us` stays the end of the last phase. */
static uint32_t
beside(uint32_t at_us, uint32_t end_us, uint32_t *last)
{
	if (at_us == 0) {
		return 0;
	}
	return duration(at_us > end_us ? at_us - end_us : 0, last);
}

static void
encode_values(Parallax__V1__Batch *batch, const struct result *r, size_t i,
    struct wire_last *last)
{
	uint32_t end_us = 0;

#define PHASE(field, member)                                                           \
	batch->field[i] = phase(r->timing.member, &end_us, &last->field);
#define BESIDE(field, member)                                                          \
	batch->field[i] = beside(r->timing.member, end_us, &last->field);
	WIRE_TIMING_COLUMNS(PHASE, BESIDE)
#undef BESIDE
#undef PHASE
#define XOR(field, value)                                                              \
	batch->field[i] = (value) ^ last->field;                                       \
	last->field = (value);
	WIRE_XOR_COLUMNS(XOR)
#undef XOR
	batch->server[i] = r->server_us > 0 ? duration(r->server_us, &last->server) : 0;
	batch->decode[i] = r->decode_us > 0 ? duration(r->decode_us, &last->decode) : 0;
	batch->body_bytes[i] = wire_zigzag(r->body_bytes - last->body_bytes);
	last->body_bytes = r->body_bytes;
	batch->retry_after_ms[i] = r->retry_after_ms;
}

static void
encode_started(Parallax__V1__Batch *batch, const struct result *result, size_t len)
{
	int64_t last_ms = len > 0 ? result[0].started_at.ns / CLOCK_NS_PER_MS : 0;

	batch->base_ms = last_ms;
	for (size_t i = 0; i < len; i++) {
		int64_t at_ms = result[i].started_at.ns / CLOCK_NS_PER_MS;

		batch->started_ms[i] = at_ms - last_ms; /* both are far from the ends */
		last_ms = at_ms;
	}
	batch->n_started_ms = len;
}

/* Every column of uint32; WIRE_XOR_COLUMNS and WIRE_TIMING_COLUMNS among them. */
#define COLUMNS(apply)                                                                 \
	apply(series) apply(outcome) apply(phase) apply(http_status) apply(flags)      \
	    apply(dns) apply(connect) apply(tls) apply(sent) apply(first_byte)         \
		apply(answered) apply(total) apply(server) apply(decode)               \
		    apply(body_bytes) apply(retry_after_ms) apply(detail)              \
			apply(request_id) apply(cost_microusd) apply(cert_days)

static bool
take_columns(Parallax__V1__Batch *batch, size_t len, struct arena *scratch)
{
#define TAKE(field) batch->field = column(scratch, len);
	COLUMNS(TAKE)
#undef TAKE
	batch->started_ms = arena_take(scratch, len, sizeof(int64_t));
	batch->text = arena_take(scratch, LIMIT_BATCH_STRINGS, sizeof(char *));
	return !arena_failed(scratch);
}

static void
count_columns(Parallax__V1__Batch *batch, size_t len)
{
#define COUNT(field) batch->n_##field = column_len(batch->field, len);
	COLUMNS(COUNT)
#undef COUNT
}

static void
encode_texts(
    Parallax__V1__Batch *batch, const struct wire_batch *from, struct text_table *table)
{
	const size_t cap = LIMIT_SERIES_BYTES;

	/* Series first: they must be in the table, the other texts may miss it. A name
	 * that cannot be is one nobody knows. */
	for (size_t i = 0; i < from->len; i++) {
		uint32_t index = text_index(table, from->result[i].series, cap);

		batch->series[i] =
		    index != 0 ? index : text_index(table, "unknown", cap);
	}
	for (size_t i = 0; i < from->len; i++) {
		const struct result *r = &from->result[i];

		batch->detail[i] = text_index(table, r->detail, LIMIT_DETAIL_BYTES);
		batch->request_id[i] =
		    text_index(table, r->request_id, LIMIT_REQUEST_ID_BYTES);
	}
	for (size_t i = 1; i < table->len; i++) {
		batch->text[i - 1] = wire_text(table->text[i]);
	}
	batch->n_text = table->len - 1;
}

static enum err
encode_columns(
    Parallax__V1__Batch *batch, const struct wire_batch *from, struct arena *scratch)
{
	struct text_table table;
	struct wire_last *last;

	if (!text_table_init(&table, scratch) ||
	    !take_columns(batch, from->len, scratch)) {
		return ERR_LIMIT;
	}
	encode_texts(batch, from, &table);
	last = arena_take(scratch, table.len, sizeof(*last));
	if (last == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->len; i++) {
		encode_values(batch, &from->result[i], i, &last[batch->series[i]]);
	}
	encode_started(batch, from->result, from->len);
	count_columns(batch, from->len);
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
		err = wire_attached_encode(from, scratch, batch);
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
