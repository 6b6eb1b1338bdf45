#include "collector/core/window.h"

#include <string.h>

enum {
	WINDOW_VERSION = 1,
	SAMPLES_MAX = 4096 /* looked at for one sum */
};

struct bucket {
	int64_t number; /* event time / WINDOW_BUCKET_NS; another number = empty */
	uint32_t total;
	uint32_t ok;
	uint32_t failed;
	uint32_t rate_limited;
	uint32_t neutral;
};

struct sample {
	int64_t number;
	uint32_t total_us;
};

struct series {
	struct bucket bucket[WINDOW_BUCKETS];
	struct sample sample[WINDOW_SAMPLES];
	uint32_t sample_next;
	enum outcome last_outcome;
	struct now last;
};

struct windows {
	const struct topology *topology;
	struct series *series; /* [agent * probe_len + probe] */
	bool *is_timed;        /* [probes], whose durations are those of its target */
};

static size_t
series_len(const struct topology *topology)
{
	return (size_t)topology->agent_len * topology->probe_len;
}

size_t
windows_bytes(const struct topology *topology)
{
	return arena_bytes(1, sizeof(struct windows)) +
	       arena_bytes(series_len(topology), sizeof(struct series)) +
	       arena_bytes(topology->probe_len + 1U, sizeof(bool));
}

static bool
makes_image(const struct topology_probe *probe)
{
	return probe->role == ROLE_TARGET && probe_traits(probe->kind)->makes_image;
}

/* The real thing only: a cheap call is no image, and where pictures are made, nothing else
 * of the same target is like them. */
static bool
is_timed(const struct topology *topology, uint16_t index)
{
	const struct topology_probe *probe = &topology->probe[index];

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		if (topology->probe[i].target == probe->target &&
		    makes_image(&topology->probe[i])) {
			return makes_image(probe);
		}
	}
	return probe->role == ROLE_TARGET;
}

struct windows *
windows_init(struct arena *arena, const struct topology *topology)
{
	struct windows *windows = arena_take(arena, 1, sizeof(*windows));
	struct series *series =
	    arena_take(arena, series_len(topology), sizeof(*series));
	bool *timed = arena_take(arena, topology->probe_len + 1U, sizeof(*timed));

	if (arena_failed(arena)) {
		return NULL;
	}
	for (uint16_t i = 0; i < topology->probe_len; i++) {
		timed[i] = is_timed(topology, i);
	}
	*windows = (struct windows){topology, series, timed};
	return windows;
}

static int64_t
bucket_of(struct mono at)
{
	/* Rounds down for instants before the origin, too. */
	int64_t number = at.ns / WINDOW_BUCKET_NS;

	return at.ns < 0 && at.ns % WINDOW_BUCKET_NS != 0 ? number - 1 : number;
}

static void
count(struct bucket *bucket, enum outcome outcome)
{
	bucket->total++;
	if (outcome == OUTCOME_OK) {
		bucket->ok++;
	} else if (outcome_is_failure(outcome)) {
		bucket->failed++;
	} else if (outcome == OUTCOME_RATE_LIMITED) {
		bucket->rate_limited++;
	} else {
		bucket->neutral++;
	}
}

void
windows_add(struct windows *windows, const struct evidence *evidence, struct now ended)
{
	struct series *series =
	    &windows->series[(size_t)evidence->agent * windows->topology->probe_len +
			     evidence->probe];
	int64_t number = bucket_of(ended.mono);
	/* The remainder may be negative: instants before the origin are legal. */
	int64_t slot = ((number % WINDOW_BUCKETS) + WINDOW_BUCKETS) % WINDOW_BUCKETS;
	struct bucket *bucket = &series->bucket[slot];

	if (bucket->total > 0 && bucket->number > number) {
		return; /* later than the ring */
	}
	if (bucket->number != number) {
		*bucket = (struct bucket){.number = number};
	}
	count(bucket, evidence->outcome);
	if (evidence->outcome == OUTCOME_OK) {
		series->sample[series->sample_next % WINDOW_SAMPLES] =
		    (struct sample){number, evidence->total_us};
		series->sample_next++;
	}
	if (series->last.wall.ns == 0 || !mono_before(ended.mono, series->last.mono)) {
		series->last = ended;
		series->last_outcome = evidence->outcome;
	}
}

struct sum {
	struct view_counts counts;
	struct now last;
	uint32_t sample[SAMPLES_MAX];
	size_t samples;
};

static void
add_series(
    struct sum *sum, const struct series *series, int64_t oldest, bool with_samples)
{
	for (int i = 0; i < WINDOW_BUCKETS; i++) {
		const struct bucket *bucket = &series->bucket[i];

		if (bucket->number < oldest) {
			continue;
		}
		sum->counts.total += bucket->total;
		sum->counts.ok += bucket->ok;
		sum->counts.failed += bucket->failed;
		sum->counts.rate_limited += bucket->rate_limited;
		sum->counts.neutral += bucket->neutral;
	}
	for (uint32_t i = 0;
	     with_samples && i < WINDOW_SAMPLES && i < series->sample_next; i++) {
		if (series->sample[i].number >= oldest && sum->samples < SAMPLES_MAX) {
			sum->sample[sum->samples++] = series->sample[i].total_us;
		}
	}
	if (series->last.wall.ns != 0 &&
	    !mono_before(series->last.mono, sum->last.mono)) {
		sum->last = series->last;
		sum->counts.last_outcome = series->last_outcome;
		sum->counts.last_at = series->last.wall;
	}
}

static size_t
count_up_to(const uint32_t *value, size_t len, uint32_t bound)
{
	size_t total = 0;

	for (size_t i = 0; i < len; i++) {
		total += value[i] <= bound ? 1 : 0;
	}
	return total;
}

/* The value at rank `k` of `len`, by bisecting the range of values: at most 32 passes over
 * memory that is read in order, and nothing is moved. */
static uint32_t
select_rank(const uint32_t *value, size_t len, size_t k)
{
	uint32_t low = 0;
	uint32_t high = UINT32_MAX;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (count_up_to(value, len, middle) > k) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return low;
}

static bool
fits(const struct topology *topology, const struct window_filter *filter,
    uint16_t agent, uint16_t probe)
{
	const struct topology_probe *each = &topology->probe[probe];
	bool is_control = each->role == ROLE_CONTROL;

	if (each->role == ROLE_SOURCE || is_control != filter->controls) {
		return false;
	}
	if (filter->agent != TOPOLOGY_NONE && filter->agent != agent) {
		return false;
	}
	if (filter->region != TOPOLOGY_NONE &&
	    filter->region != topology->agent[agent].region) {
		return false;
	}
	return filter->controls || filter->target == TOPOLOGY_NONE ||
	       filter->target == each->target;
}

struct view_counts
windows_sum(
    const struct windows *windows, const struct window_filter *filter, struct mono now)
{
	const struct topology *topology = windows->topology;
	struct sum sum = {.last = {.mono = {INT64_MIN}}};
	int64_t oldest = bucket_of(now) - WINDOW_BUCKETS + 1;

	for (uint16_t agent = 0; agent < topology->agent_len; agent++) {
		for (uint16_t probe = 0; probe < topology->probe_len; probe++) {
			if (fits(topology, filter, agent, probe)) {
				add_series(&sum,
				    &windows
					 ->series[(size_t)agent * topology->probe_len +
						  probe],
				    oldest, windows->is_timed[probe]);
			}
		}
	}
	if (sum.samples > 0) {
		sum.counts.p50_us =
		    select_rank(sum.sample, sum.samples, sum.samples / 2);
		sum.counts.p95_us =
		    select_rank(sum.sample, sum.samples, sum.samples * 95 / 100);
	}
	return sum.counts;
}

size_t
windows_save_bytes(const struct topology *topology)
{
	return 32 + series_len(topology) *
			(LIMIT_NAME_BYTES + LIMIT_SERIES_BYTES + 16 +
			    WINDOW_BUCKETS * 36 + WINDOW_SAMPLES * 16 + 48);
}

static void
save_series(const struct series *series, struct buf *buf)
{
	for (int i = 0; i < WINDOW_BUCKETS; i++) {
		const struct bucket *bucket = &series->bucket[i];

		buf_put_signed(buf, bucket->number);
		buf_put_varint(buf, bucket->total);
		buf_put_varint(buf, bucket->ok);
		buf_put_varint(buf, bucket->failed);
		buf_put_varint(buf, bucket->rate_limited);
		buf_put_varint(buf, bucket->neutral);
	}
	for (int i = 0; i < WINDOW_SAMPLES; i++) {
		buf_put_signed(buf, series->sample[i].number);
		buf_put_varint(buf, series->sample[i].total_us);
	}
	buf_put_varint(buf, series->sample_next);
	buf_put_varint(buf, (uint64_t)series->last_outcome);
	buf_put_signed(buf, series->last.mono.ns);
	buf_put_signed(buf, series->last.wall.ns);
}

static void
load_series(struct series *series, struct buf *buf)
{
	uint64_t outcome;

	for (int i = 0; i < WINDOW_BUCKETS; i++) {
		struct bucket *bucket = &series->bucket[i];

		bucket->number = buf_get_signed(buf);
		bucket->total = (uint32_t)buf_get_varint(buf);
		bucket->ok = (uint32_t)buf_get_varint(buf);
		bucket->failed = (uint32_t)buf_get_varint(buf);
		bucket->rate_limited = (uint32_t)buf_get_varint(buf);
		bucket->neutral = (uint32_t)buf_get_varint(buf);
	}
	for (int i = 0; i < WINDOW_SAMPLES; i++) {
		series->sample[i].number = buf_get_signed(buf);
		series->sample[i].total_us = (uint32_t)buf_get_varint(buf);
	}
	series->sample_next = (uint32_t)buf_get_varint(buf);
	outcome = buf_get_varint(buf);
	series->last_outcome =
	    outcome < OUTCOME_COUNT ? (enum outcome)outcome : OUTCOME_MALFORMED;
	series->last.mono.ns = buf_get_signed(buf);
	series->last.wall.ns = buf_get_signed(buf);
}

void
windows_save(const struct windows *windows, struct buf *buf)
{
	const struct topology *topology = windows->topology;

	buf_put_varint(buf, WINDOW_VERSION);
	for (uint16_t agent = 0; agent < topology->agent_len; agent++) {
		for (uint16_t probe = 0; probe < topology->probe_len; probe++) {
			const struct series *series =
			    &windows
				 ->series[(size_t)agent * topology->probe_len + probe];

			if (series->last.wall.ns == 0) {
				continue;
			}
			buf_put_text(buf, topology->agent[agent].name);
			buf_put_text(buf, topology->probe[probe].series);
			save_series(series, buf);
		}
	}
	buf_put_text(buf, "");
}

enum err
windows_load(struct windows *windows, struct buf *buf)
{
	const struct topology *topology = windows->topology;
	uint64_t version = buf_get_varint(buf);

	if (buf_ok(buf) && version != WINDOW_VERSION) {
		return ERR_VERSION;
	}
	while (buf_ok(buf)) {
		char agent_name[LIMIT_NAME_BYTES];
		char series_name[LIMIT_SERIES_BYTES];
		struct series series = {0};
		uint16_t agent;
		uint16_t probe;

		buf_get_text(buf, agent_name, sizeof(agent_name));
		if (!buf_ok(buf) || agent_name[0] == '\0') {
			break;
		}
		buf_get_text(buf, series_name, sizeof(series_name));
		load_series(&series, buf);
		agent = topology_agent_find(topology, agent_name);
		probe = topology_probe_find(topology, series_name);
		if (buf_ok(buf) && agent != TOPOLOGY_NONE && probe != TOPOLOGY_NONE) {
			windows->series[(size_t)agent * topology->probe_len + probe] =
			    series;
		}
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}
