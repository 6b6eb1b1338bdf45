#include "collector/core/threshold.h"

#include <string.h>

/* Longer ago than anything, and still safe to subtract. */
#define LONG_AGO_NS (INT64_MIN / 4)

void
threshold_init(struct threshold *gauge)
{
	memset(gauge, 0, sizeof(*gauge));
	gauge->from.ns = LONG_AGO_NS;
	gauge->last_at.ns = LONG_AGO_NS;
	for (size_t i = 0; i <= THRESHOLD_BUCKETS; i++) {
		gauge->bucket[i].number = INT64_MIN;
	}
}

static int64_t
bucket_ns(const struct threshold_conf *conf)
{
	return conf->window_ns >= THRESHOLD_BUCKETS
		   ? conf->window_ns / THRESHOLD_BUCKETS
		   : 1;
}

static int64_t
number_of(const struct threshold_conf *conf, struct mono at)
{
	int64_t width_ns = bucket_ns(conf);
	int64_t number = at.ns / width_ns;

	return at.ns < 0 && at.ns % width_ns != 0 ? number - 1 : number;
}

static void
count(struct threshold *gauge, const struct threshold_conf *conf,
    const struct threshold_sample *sample)
{
	int64_t number = number_of(conf, sample->at);
	int64_t place = number % (THRESHOLD_BUCKETS + 1);
	struct threshold_bucket *bucket =
	    &gauge->bucket[place < 0 ? place + THRESHOLD_BUCKETS + 1 : place];

	if (bucket->number > number) {
		return; /* its place is a newer one's already */
	}
	if (bucket->number != number) {
		*bucket = (struct threshold_bucket){.number = number};
	}
	bucket->good += sample->is_bad ? 0 : 1;
	bucket->bad += sample->is_bad ? 1 : 0;
}

static bool
is_before(const struct threshold_sample *a, const struct threshold_sample *b)
{
	return a->at.ns != b->at.ns ? a->at.ns < b->at.ns : a->order < b->order;
}

/* Into its place among the newest; the oldest makes room. */
static void
insert(struct threshold *gauge, const struct threshold_sample *sample)
{
	size_t at = gauge->run_len;

	while (at > 0 && is_before(sample, &gauge->run[at - 1])) {
		at--;
	}
	if (gauge->run_len == THRESHOLD_RUN) {
		if (at == 0) {
			return;
		}
		memmove(
		    &gauge->run[0], &gauge->run[1], (at - 1) * sizeof(gauge->run[0]));
		gauge->run[at - 1] = *sample;
		return;
	}
	memmove(&gauge->run[at + 1], &gauge->run[at],
	    (gauge->run_len - at) * sizeof(gauge->run[0]));
	gauge->run[at] = *sample;
	gauge->run_len++;
}

bool
threshold_add(struct threshold *gauge, const struct threshold_conf *conf,
    const struct threshold_sample *sample, struct mono now)
{
	if (mono_since(now, sample->at) > conf->window_ns ||
	    !mono_before(gauge->from, sample->at)) {
		return false;
	}
	if (mono_before(gauge->last_at, sample->at)) {
		gauge->last_at = sample->at;
	}
	gauge->was_heard = true;
	count(gauge, conf, sample);
	insert(gauge, sample);
	return true;
}

/* The last `len` results all ended so, and none of them before `from`. */
static bool
is_run(const struct threshold *gauge, uint8_t len, bool is_bad, struct mono from)
{
	if (gauge->run_len < len) {
		return false;
	}
	for (size_t i = gauge->run_len - len; i < gauge->run_len; i++) {
		if (gauge->run[i].is_bad != is_bad ||
		    mono_before(gauge->run[i].at, from)) {
			return false;
		}
	}
	return true;
}

static bool
is_share(
    const struct threshold *gauge, const struct threshold_conf *conf, struct mono now)
{
	int64_t newest = number_of(conf, now);
	uint64_t good = 0;
	uint64_t bad = 0;

	for (size_t i = 0; i <= THRESHOLD_BUCKETS; i++) {
		const struct threshold_bucket *bucket = &gauge->bucket[i];

		if (bucket->number >= newest - THRESHOLD_BUCKETS &&
		    bucket->number <= newest) {
			good += bucket->good;
			bad += bucket->bad;
		}
	}
	return good + bad >= conf->samples && bad > 0 &&
	       bad * 100 > (good + bad) * conf->percent;
}

static void
recover(struct threshold *gauge)
{
	struct mono from = gauge->last_at;

	threshold_init(gauge);
	gauge->from = from;
	gauge->last_at = from;
	gauge->was_heard = true;
}

enum threshold_says
threshold_judge(
    struct threshold *gauge, const struct threshold_conf *conf, struct mono now)
{
	struct mono oldest = mono_add(now, -conf->window_ns);
	struct mono ever = {LONG_AGO_NS};

	if (gauge->is_down) {
		if (is_run(gauge, conf->successes, false, ever)) {
			recover(gauge);
		}
	} else if (is_run(gauge, conf->failures, true, oldest) ||
		   is_share(gauge, conf, now)) {
		gauge->is_down = true;
	}
	if (!gauge->was_heard || mono_before(gauge->last_at, oldest)) {
		return THRESHOLD_SILENT;
	}
	return gauge->is_down ? THRESHOLD_DOWN : THRESHOLD_UP;
}

void
threshold_save(const struct threshold *gauge, struct buf *buf)
{
	buf_put_varint(buf, (gauge->is_down ? 1U : 0U) | (gauge->was_heard ? 2U : 0U));
	buf_put_signed(buf, gauge->from.ns);
	buf_put_signed(buf, gauge->last_at.ns);
	buf_put_varint(buf, gauge->run_len);
	for (size_t i = 0; i < gauge->run_len; i++) {
		const struct threshold_sample *sample = &gauge->run[i];

		buf_put_signed(buf, sample->at.ns);
		buf_put_varint(buf, (uint64_t)sample->order << 1U | sample->is_bad);
	}
	for (size_t i = 0; i <= THRESHOLD_BUCKETS; i++) {
		const struct threshold_bucket *bucket = &gauge->bucket[i];

		buf_put_signed(buf, bucket->number);
		buf_put_varint(buf, bucket->good);
		buf_put_varint(buf, bucket->bad);
	}
}

void
threshold_load(struct threshold *gauge, struct buf *buf)
{
	uint64_t bits = buf_get_varint(buf);
	struct threshold loaded;
	uint64_t len;

	threshold_init(gauge);
	threshold_init(&loaded);
	loaded.is_down = (bits & 1U) != 0;
	loaded.was_heard = (bits & 2U) != 0;
	loaded.from.ns = buf_get_signed(buf);
	loaded.last_at.ns = buf_get_signed(buf);
	len = buf_get_varint(buf);
	loaded.run_len = len <= THRESHOLD_RUN ? (uint8_t)len : 0;
	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		int64_t at_ns = buf_get_signed(buf);
		uint64_t order = buf_get_varint(buf);

		if (i < loaded.run_len) {
			loaded.run[i] = (struct threshold_sample){
			    {at_ns}, (uint32_t)(order >> 1U), (order & 1U) != 0};
		}
	}
	for (size_t i = 0; i <= THRESHOLD_BUCKETS; i++) {
		loaded.bucket[i].number = buf_get_signed(buf);
		loaded.bucket[i].good = (uint32_t)buf_get_varint(buf);
		loaded.bucket[i].bad = (uint32_t)buf_get_varint(buf);
	}
	if (buf_ok(buf)) {
		*gauge = loaded;
	}
}
