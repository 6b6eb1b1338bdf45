#include "proto/wire_internal.h"

/* Every column is absent or exactly as long as the batch. */
static bool
columns_fit(const Parallax__V1__Batch *from)
{
	size_t len = from->count;
	bool fit = from->n_series == len && from->n_started_ms == len;

#define FITS(field, unused)                                                            \
	fit = fit && (from->n_##field == 0 || from->n_##field == len);
	WIRE_XOR_COLUMNS(FITS)
	WIRE_TIMING_COLUMNS(FITS, FITS)
	FITS(server, 0)
	FITS(decode, 0)
	FITS(body_bytes, 0)
	FITS(retry_after_ms, 0)
	FITS(detail, 0)
	FITS(request_id, 0)
#undef FITS
	return fit;
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

/* Reads one value of a duration column; false when it is none. 0 leaves `last` alone. */
static bool
duration(uint32_t value, uint32_t *last, uint32_t *out_us)
{
	*out_us = 0;
	if (value == 0) {
		return true;
	}
	*last += wire_unzigzag(value - 1);
	if (*last >= COARSE_CODES) {
		return false;
	}
	*out_us = coarse_value(*last);
	return true;
}

/* The end of a phase, 0 = not reached. */
static bool
phase_end(uint32_t value, uint32_t *last, uint32_t *end_us, uint32_t *out_us)
{
	uint32_t step_us;

	*out_us = 0;
	if (!duration(value, last, &step_us)) {
		return false;
	}
	if (value != 0) {
		*end_us =
		    step_us > UINT32_MAX - *end_us ? UINT32_MAX : *end_us + step_us;
		*out_us = *end_us;
	}
	return true;
}

/* A point beside the phases, 0 = not reached. */
static bool
point(uint32_t value, uint32_t *last, uint32_t end_us, uint32_t *out_us)
{
	return phase_end(value, last, &end_us, out_us);
}

static uint32_t
at_most(uint32_t at_us, uint32_t bound_us)
{
	return bound_us != 0 && at_us > bound_us ? bound_us : at_us;
}

static bool
decode_timing(const Parallax__V1__Batch *from, size_t i, struct wire_last *last,
    struct timing *out)
{
	uint32_t end_us = 0;
	bool ok = true;

#define PHASE(field, member)                                                           \
	ok = ok && phase_end(value(from->field, from->n_##field, i), &last->field,     \
		       &end_us, &out->member);
#define BESIDE(field, member)                                                          \
	ok = ok && point(value(from->field, from->n_##field, i), &last->field, end_us, \
		       &out->member);
	WIRE_TIMING_COLUMNS(PHASE, BESIDE)
#undef BESIDE
#undef PHASE
	/* The phases are in order by the way they are sent; these are only if they were. */
	out->answered_us = at_most(out->answered_us, out->total_us);
	out->sent_us = at_most(out->sent_us, out->total_us);
	out->sent_us = at_most(out->sent_us, out->answered_us);
	out->sent_us = at_most(out->sent_us, out->first_byte_us);
	return ok;
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
decode_texts(const Parallax__V1__Batch *from, size_t i, struct result *out)
{
	out->series = text_at(from, from->series[i]);
	out->detail = text_at(from, value(from->detail, from->n_detail, i));
	out->request_id = text_at(from, value(from->request_id, from->n_request_id, i));
	return out->series != NULL && out->series[0] != '\0' && out->detail != NULL &&
	       out->request_id != NULL && strlen(out->series) < LIMIT_SERIES_BYTES &&
	       strlen(out->detail) < LIMIT_DETAIL_BYTES &&
	       strlen(out->request_id) < LIMIT_REQUEST_ID_BYTES;
}

static bool
decode_result(const Parallax__V1__Batch *from, size_t i, struct wire_last *last,
    struct result *out)
{
#define XOR(field, unused) last->field ^= value(from->field, from->n_##field, i);
	WIRE_XOR_COLUMNS(XOR)
#undef XOR
	last->body_bytes +=
	    wire_unzigzag(value(from->body_bytes, from->n_body_bytes, i));
	out->seq = from->first_seq + i;
	out->outcome = last->outcome < OUTCOME_COUNT ? (enum outcome)last->outcome
						     : OUTCOME_MALFORMED;
	out->phase = last->phase < PHASE_COUNT ? (enum phase)last->phase : PHASE_LOCAL;
	out->http_status = (uint16_t)last->http_status;
	out->flags = last->flags & FLAG_KNOWN_MASK;
	out->body_bytes = last->body_bytes;
	out->retry_after_ms = value(from->retry_after_ms, from->n_retry_after_ms, i);
	out->cost_microusd = last->cost_microusd;
	out->cert_days = (uint16_t)last->cert_days;
	return last->http_status <= 999 && last->cert_days <= UINT16_MAX &&
	       duration(value(from->server, from->n_server, i), &last->server,
		   &out->server_us) &&
	       duration(value(from->decode, from->n_decode, i), &last->decode,
		   &out->decode_us) &&
	       decode_timing(from, i, last, &out->timing);
}

static enum err
decode_results(
    const Parallax__V1__Batch *from, struct arena *arena, struct result *result)
{
	struct wire_last *last = arena_take(arena, from->n_text + 1, sizeof(*last));
	int64_t at_ms = from->base_ms;

	if (last == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->count; i++) {
		at_ms = clock_add_ns(at_ms, from->started_ms[i]);
		/* The texts first: they tell that the series is one of the table. */
		if (!decode_texts(from, i, &result[i]) ||
		    !decode_result(from, i, &last[from->series[i]], &result[i]) ||
		    __builtin_mul_overflow(
			at_ms, CLOCK_NS_PER_MS, &result[i].started_at.ns)) {
			return ERR_FORMAT;
		}
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

		/* Numbers are given one by one: none is near the end of the range. */
		if (each->range == NULL || each->range->first > each->range->last ||
		    each->range->last > UINT64_MAX - LIMIT_BATCH_RESULTS) {
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
	struct result *result;
	enum err err;

	if (from->count > LIMIT_BATCH_RESULTS || from->n_text > LIMIT_BATCH_STRINGS) {
		return ERR_LIMIT;
	}
	if (!columns_fit(from) || !texts_ok(from) ||
	    from->first_seq > UINT64_MAX - LIMIT_BATCH_RESULTS) {
		return ERR_FORMAT;
	}
	result = arena_take(arena, from->count, sizeof(*result));
	if (result == NULL) {
		return ERR_LIMIT;
	}
	*out = (struct wire_batch){.session = from->session,
	    .incarnation = from->incarnation,
	    .first_seq = from->first_seq,
	    .sent_at = {from->sent_ns},
	    .rtt_us = from->rtt_us,
	    .result = result,
	    .len = from->count};
	err = decode_results(from, arena, result);
	if (err == ERR_OK) {
		err = wire_attached_decode(from, arena, result, from->count);
	}
	if (err == ERR_OK) {
		err = decode_holes(from, arena, out);
	}
	return err;
}
