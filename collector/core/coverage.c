#include "collector/core/coverage.h"

#include "collector/core/tempo.h"

#include <assert.h>
#include <string.h>

enum {
	COVERAGE_VERSION = 1,
	DUE_MAX = 63, /* a minute; one a second and the jitter's worth */
	PACKED_END = 45760
};

#define MINUTE_NS (60 * CLOCK_NS_PER_S)
#define STEP_NS   (10 * CLOCK_NS_PER_S)
#define NO_CURSOR INT64_MIN

/* `cursor_ns` is when the last result that was due began, or would have. Minutes up to its
 * own are told by `packed`, at their number modulo COVERAGE_MINUTES. */
struct series {
	int64_t cursor_ns;
	uint16_t packed[COVERAGE_MINUTES];
};

struct tally {
	uint32_t due;
	uint32_t came;
	uint32_t late;
	uint32_t dropped;
};

struct agent {
	int64_t newest; /* minute */
	struct coverage_tally ever;
	bool is_begun; /* all its series have a cursor */
	bool has_left;
	struct tally minute[COVERAGE_MINUTES];
};

struct coverage {
	const struct collector_conf *conf;
	int64_t late_ns;
	int64_t stepped; /* in STEP_NS */
	struct agent *agent;
	struct series *series;
	uint32_t *first; /* [agent + 1] into `series` */
	uint16_t *rank; /* [region * probe_len + probe], TOPOLOGY_NONE: not run there */
};

_Static_assert(sizeof(struct series) == COVERAGE_SERIES_BYTES, "as the header says");
_Static_assert(sizeof(struct agent) <= COVERAGE_AGENT_BYTES, "as the header says");

/* ---- one minute of one series in two bytes ---- */

/* due >= sum >= late, so that all there are can be counted through: those with less due come
 * first, then those with a lesser sum. */
struct cell {
	unsigned due;
	unsigned sum; /* came or came late */
	unsigned late;
};

static unsigned
below(unsigned due)
{
	return due * (due + 1) * (due + 2) / 6;
}

static uint16_t
pack(const struct cell *cell)
{
	assert(
	    cell->due <= DUE_MAX && cell->sum <= cell->due && cell->late <= cell->sum);
	return (
	    uint16_t)(below(cell->due) + cell->sum * (cell->sum + 1) / 2 + cell->late);
}

static struct cell
unpack(unsigned packed)
{
	struct cell cell = {0};

	while (below(cell.due + 1) <= packed) {
		cell.due++;
	}
	packed -= below(cell.due);
	while ((cell.sum + 1) * (cell.sum + 2) / 2 <= packed) {
		cell.sum++;
	}
	cell.late = packed - cell.sum * (cell.sum + 1) / 2;
	return cell;
}

/* ---- places ---- */

static int64_t
number_of(int64_t at_ns, int64_t unit_ns)
{
	int64_t number = at_ns / unit_ns;

	return at_ns < 0 && at_ns % unit_ns != 0 ? number - 1 : number;
}

static int64_t
minute_of(int64_t at_ns)
{
	return number_of(at_ns, MINUTE_NS);
}

static size_t
place_of(int64_t minute)
{
	return tempo_ring(minute, COVERAGE_MINUTES);
}

static bool
is_run(const struct collector_conf *conf, uint16_t region, uint16_t probe)
{
	return conf->probe == NULL ||
	       (conf->probe[probe].region_mask >> region & 1) != 0;
}

static size_t
count_series(const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;
	size_t total = 0;

	for (uint16_t region = 0; region < topology->region_len; region++) {
		size_t probes = 0;

		for (uint16_t i = 0; i < topology->probe_len; i++) {
			probes += is_run(conf, region, i) ? 1 : 0;
		}
		for (uint16_t i = 0; i < topology->agent_len; i++) {
			total += topology->agent[i].region == region ? probes : 0;
		}
	}
	return total;
}

size_t
coverage_bytes(const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;

	return arena_bytes(1, sizeof(struct coverage)) +
	       arena_bytes(topology->agent_len, sizeof(struct agent)) +
	       arena_bytes(count_series(conf), sizeof(struct series)) +
	       arena_bytes((size_t)topology->agent_len + 1, sizeof(uint32_t)) +
	       arena_bytes((size_t)topology->region_len * topology->probe_len,
		   sizeof(uint16_t));
}

static void
fill_places(struct coverage *coverage)
{
	const struct topology *topology = &coverage->conf->topology;
	uint16_t probes[LIMIT_REGIONS] = {0};
	uint32_t total = 0;

	for (uint16_t region = 0; region < topology->region_len; region++) {
		uint16_t *rank = &coverage->rank[(size_t)region * topology->probe_len];

		for (uint16_t i = 0; i < topology->probe_len; i++) {
			rank[i] = is_run(coverage->conf, region, i) ? probes[region]++
								    : TOPOLOGY_NONE;
		}
	}
	for (uint16_t i = 0; i < topology->agent_len; i++) {
		coverage->first[i] = total;
		total += probes[topology->agent[i].region];
	}
	coverage->first[topology->agent_len] = total;
}

struct coverage *
coverage_init(struct arena *arena, const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;
	struct coverage *coverage = arena_take(arena, 1, sizeof(*coverage));
	struct agent *agent = arena_take(arena, topology->agent_len, sizeof(*agent));
	size_t series_len = count_series(conf);
	struct series *series = arena_take(arena, series_len, sizeof(*series));
	uint32_t *first =
	    arena_take(arena, (size_t)topology->agent_len + 1, sizeof(*first));
	uint16_t *rank = arena_take(
	    arena, (size_t)topology->region_len * topology->probe_len, sizeof(*rank));
	struct tempo tempo;

	if (arena_failed(arena)) {
		return NULL;
	}
	tempo_init(&tempo, topology, &conf->correlate);
	*coverage = (struct coverage){.conf = conf,
	    .late_ns = TEMPO_RING * tempo.bucket_ns,
	    .stepped = INT64_MIN,
	    .agent = agent,
	    .series = series,
	    .first = first,
	    .rank = rank};
	fill_places(coverage);
	for (size_t i = 0; i < series_len; i++) {
		series[i].cursor_ns = NO_CURSOR;
	}
	return coverage;
}

static struct series *
series_at(const struct coverage *coverage, uint16_t agent, uint16_t probe)
{
	const struct topology *topology = &coverage->conf->topology;
	uint16_t rank =
	    coverage->rank[(size_t)topology->agent[agent].region * topology->probe_len +
			   probe];

	return rank == TOPOLOGY_NONE ? NULL
				     : &coverage->series[coverage->first[agent] + rank];
}

static int64_t
interval_ns(const struct coverage *coverage, uint16_t probe)
{
	int64_t ns =
	    coverage->conf->topology.probe[probe].interval_ms * CLOCK_NS_PER_MS;

	return ns > COVERAGE_INTERVAL_NS ? ns : COVERAGE_INTERVAL_NS;
}

/* ---- counting ---- */

static bool
holds(const struct series *series, int64_t minute)
{
	int64_t newest = minute_of(series->cursor_ns);

	return minute <= newest && minute > newest - COVERAGE_MINUTES;
}

/* The cursor goes on to `to_ns`; the minutes it passes are empty. */
static void
advance(struct series *series, int64_t to_ns)
{
	int64_t to = minute_of(to_ns);
	int64_t from = minute_of(series->cursor_ns) + 1;

	if (series->cursor_ns == NO_CURSOR || to - from >= COVERAGE_MINUTES) {
		memset(series->packed, 0, sizeof(series->packed));
	} else {
		for (int64_t minute = from; minute <= to; minute++) {
			series->packed[place_of(minute)] = 0;
		}
	}
	series->cursor_ns = to_ns;
}

/* The agent's own minute, NULL when it is too long ago. */
static struct tally *
agent_minute(struct agent *agent, int64_t minute)
{
	if (minute > agent->newest) {
		if (minute - agent->newest >= COVERAGE_MINUTES) {
			memset(agent->minute, 0, sizeof(agent->minute));
		} else {
			for (int64_t i = agent->newest + 1; i <= minute; i++) {
				agent->minute[place_of(i)] = (struct tally){0};
			}
		}
		agent->newest = minute;
	}
	return minute > agent->newest - COVERAGE_MINUTES
		   ? &agent->minute[place_of(minute)]
		   : NULL;
}

static void
count_due(struct agent *agent, struct series *series, int64_t at_ns)
{
	int64_t minute = minute_of(at_ns);
	struct tally *tally = agent_minute(agent, minute);

	agent->ever.due++;
	if (tally != NULL) {
		tally->due++;
	}
	if (holds(series, minute)) {
		uint16_t *packed = &series->packed[place_of(minute)];
		struct cell cell = unpack(*packed);

		cell.due += cell.due < DUE_MAX ? 1 : 0;
		*packed = pack(&cell);
	}
}

static void
count_came(struct agent *agent, struct series *series, int64_t minute, bool is_late)
{
	struct tally *tally = agent_minute(agent, minute);

	agent->ever.came += is_late ? 0 : 1;
	agent->ever.late += is_late ? 1 : 0;
	if (tally != NULL) {
		tally->came += is_late ? 0 : 1;
		tally->late += is_late ? 1 : 0;
	}
	if (holds(series, minute)) {
		uint16_t *packed = &series->packed[place_of(minute)];
		struct cell cell = unpack(*packed);

		if (cell.sum < cell.due) {
			cell.sum++;
			cell.late += is_late ? 1 : 0;
			*packed = pack(&cell);
		}
	}
}

/* `len` results were due, one an interval, the last at `last_ns`: there the cursor is now. */
static void
fall_due(struct agent *agent, struct series *series, int64_t last_ns, int64_t len,
    int64_t every_ns)
{
	int64_t cap = COVERAGE_MINUTES * MINUTE_NS / every_ns + 1;

	if (len <= 0) {
		return;
	}
	advance(series, last_ns);
	if (len > cap) {
		agent->ever.due += (uint64_t)(len - cap);
		len = cap;
	}
	for (int64_t i = len - 1; i >= 0; i--) {
		count_due(agent, series, clock_sub_ns(last_ns, i * every_ns));
	}
}

static bool
has_room(const struct series *series, int64_t minute)
{
	struct cell cell;

	if (!holds(series, minute)) {
		return false;
	}
	cell = unpack(series->packed[place_of(minute)]);
	return cell.sum < cell.due;
}

/* A result from before the cursor: one that was missed so far, of that minute or next to it,
 * or else one nobody waited for. */
static void
fill_past(struct agent *agent, struct series *series, int64_t started_ns, bool is_late)
{
	static const int8_t near[] = {0, -1, 1};
	int64_t minute = minute_of(started_ns);

	for (size_t i = 0; i < sizeof(near); i++) {
		if (has_room(series, minute + near[i])) {
			count_came(agent, series, minute + near[i], is_late);
			return;
		}
	}
	if (holds(series, minute)) {
		count_due(agent, series, started_ns);
	}
	count_came(agent, series, minute, is_late);
}

void
coverage_result(struct coverage *coverage, uint16_t agent, uint16_t probe,
    struct mono started, struct mono ended, struct mono now)
{
	struct series *series = series_at(coverage, agent, probe);
	struct agent *owner = &coverage->agent[agent];
	int64_t every_ns = interval_ns(coverage, probe);
	bool is_late = mono_since(now, ended) > coverage->late_ns;
	int64_t after_ns;

	if (series == NULL || series->cursor_ns == NO_CURSOR) {
		return; /* of a plan before this one */
	}
	after_ns = clock_sub_ns(started.ns, series->cursor_ns);
	if (after_ns >= every_ns / 2) {
		int64_t steps = clock_add_ns(after_ns, every_ns / 2) / every_ns;

		fall_due(owner, series, started.ns, steps, every_ns);
		count_came(owner, series, minute_of(started.ns), is_late);
		return;
	}
	if (after_ns > 0) {
		advance(series, started.ns);
	}
	fill_past(owner, series, started.ns, is_late);
}

/* ---- time ---- */

/* Runs that could be here by now. */
static void
settle_agent(struct coverage *coverage, uint16_t agent, struct mono now)
{
	const struct topology *topology = &coverage->conf->topology;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		struct series *series = series_at(coverage, agent, i);
		int64_t every_ns = interval_ns(coverage, i);
		int64_t wait_ns = topology->probe[i].timeout_ms * CLOCK_NS_PER_MS +
				  COVERAGE_SETTLE_NS + every_ns / 2;

		if (series != NULL && series->cursor_ns != NO_CURSOR) {
			int64_t since_ns = clock_sub_ns(
			    clock_sub_ns(now.ns, wait_ns), series->cursor_ns);
			int64_t len = since_ns / every_ns;

			fall_due(&coverage->agent[agent], series,
			    clock_add_ns(series->cursor_ns, len * every_ns), len,
			    every_ns);
		}
	}
}

void
coverage_step(struct coverage *coverage, struct mono now)
{
	int64_t number = number_of(now.ns, STEP_NS);

	if (number == coverage->stepped) {
		return;
	}
	coverage->stepped = number;
	for (uint16_t i = 0; i < coverage->conf->topology.agent_len; i++) {
		if (!coverage->agent[i].has_left) {
			settle_agent(coverage, i, now);
		}
	}
}

void
coverage_heard(struct coverage *coverage, uint16_t agent, struct mono now)
{
	struct agent *owner = &coverage->agent[agent];

	if (owner->is_begun && !owner->has_left) {
		return;
	}
	for (uint32_t i = coverage->first[agent]; i < coverage->first[agent + 1]; i++) {
		struct series *series = &coverage->series[i];

		if (series->cursor_ns == NO_CURSOR ||
		    (owner->has_left && series->cursor_ns < now.ns)) {
			advance(series, now.ns);
		}
	}
	owner->is_begun = true;
	owner->has_left = false;
}

void
coverage_left(struct coverage *coverage, uint16_t agent, struct mono now)
{
	if (!coverage->agent[agent].has_left) {
		settle_agent(coverage, agent, now);
		coverage->agent[agent].has_left = true;
	}
}

void
coverage_dropped(
    struct coverage *coverage, uint16_t agent, uint64_t count, struct mono now)
{
	struct agent *owner = &coverage->agent[agent];
	int64_t newest = minute_of(now.ns);

	if (count == 0) {
		return;
	}
	settle_agent(coverage, agent, now);
	owner->ever.dropped += count;
	for (int64_t i = 0; i < COVERAGE_MINUTES && count > 0; i++) {
		struct tally *tally = agent_minute(owner, newest - i);
		uint32_t known =
		    tally != NULL ? tally->came + tally->late + tally->dropped : 0;

		if (tally != NULL && tally->due > known) {
			uint32_t room = tally->due - known;
			uint32_t taken = count < room ? (uint32_t)count : room;

			tally->dropped += taken;
			count -= taken;
		}
	}
}

/* ---- questions ---- */

struct coverage_tally
coverage_series(const struct coverage *coverage, uint16_t agent, uint16_t probe,
    unsigned minutes, struct mono now)
{
	const struct series *series = series_at(coverage, agent, probe);
	struct coverage_tally sum = {0};
	int64_t newest = minute_of(now.ns);

	if (series == NULL || series->cursor_ns == NO_CURSOR) {
		return sum;
	}
	for (int64_t i = 0; i < (int64_t)minutes; i++) {
		if (holds(series, newest - i)) {
			struct cell cell = unpack(series->packed[place_of(newest - i)]);

			sum.due += cell.due;
			sum.came += cell.sum - cell.late;
			sum.late += cell.late;
		}
	}
	return sum;
}

struct coverage_tally
coverage_agent(
    const struct coverage *coverage, uint16_t agent, unsigned minutes, struct mono now)
{
	const struct agent *owner = &coverage->agent[agent];
	struct coverage_tally sum = {0};
	int64_t newest = minute_of(now.ns);

	for (int64_t i = newest; i > newest - (int64_t)minutes; i--) {
		if (i <= owner->newest && i > owner->newest - COVERAGE_MINUTES) {
			const struct tally *tally = &owner->minute[place_of(i)];

			sum.due += tally->due;
			sum.came += tally->came;
			sum.late += tally->late;
			sum.dropped += tally->dropped;
		}
	}
	return sum;
}

struct coverage_tally
coverage_ever(const struct coverage *coverage, uint16_t agent)
{
	return coverage->agent[agent].ever;
}

int32_t
coverage_ppm(uint64_t due, uint64_t came)
{
	if (due == 0) {
		return -1;
	}
	return came >= due ? 1000000 : (int32_t)(came * 1000000U / due);
}

/* ---- snapshot ---- */

enum {
	TALLY_BYTES = 1 + 4 * 5,
	CELL_BYTES = 1 + 3,
	AGENT_BYTES = LIMIT_NAME_BYTES + 80 + COVERAGE_MINUTES * TALLY_BYTES,
	SERIES_BYTES = LIMIT_SERIES_BYTES + 16 + COVERAGE_MINUTES * CELL_BYTES
};

size_t
coverage_save_bytes(const struct collector_conf *conf)
{
	return 32 + (size_t)conf->topology.agent_len * AGENT_BYTES +
	       count_series(conf) * SERIES_BYTES;
}

/* Minutes are told by their distance from the newest, from 1; 0 ends them. */
static void
save_agent(const struct agent *agent, struct buf *buf)
{
	buf_put_varint(buf, agent->has_left ? 1 : 0);
	buf_put_varint(buf, agent->ever.due);
	buf_put_varint(buf, agent->ever.came);
	buf_put_varint(buf, agent->ever.late);
	buf_put_varint(buf, agent->ever.dropped);
	buf_put_signed(buf, agent->newest);
	for (int i = 0; i < COVERAGE_MINUTES; i++) {
		const struct tally *tally = &agent->minute[place_of(agent->newest - i)];

		if (tally->due > 0 || tally->came > 0 || tally->late > 0) {
			buf_put_varint(buf, (uint64_t)i + 1);
			buf_put_varint(buf, tally->due);
			buf_put_varint(buf, tally->came);
			buf_put_varint(buf, tally->late);
			buf_put_varint(buf, tally->dropped);
		}
	}
	buf_put_varint(buf, 0);
}

static void
save_series(const struct series *series, struct buf *buf)
{
	int64_t newest = minute_of(series->cursor_ns);

	buf_put_signed(buf, series->cursor_ns);
	for (int i = 0; i < COVERAGE_MINUTES; i++) {
		uint16_t packed = series->packed[place_of(newest - i)];

		if (packed != 0) {
			buf_put_varint(buf, (uint64_t)i + 1);
			buf_put_varint(buf, packed);
		}
	}
	buf_put_varint(buf, 0);
}

void
coverage_save(const struct coverage *coverage, struct buf *buf)
{
	const struct topology *topology = &coverage->conf->topology;

	buf_put_varint(buf, COVERAGE_VERSION);
	buf_put_signed(buf, coverage->stepped);
	for (uint16_t agent = 0; agent < topology->agent_len; agent++) {
		buf_put_text(buf, topology->agent[agent].name);
		save_agent(&coverage->agent[agent], buf);
		for (uint16_t probe = 0; probe < topology->probe_len; probe++) {
			const struct series *series = series_at(coverage, agent, probe);

			if (series != NULL && series->cursor_ns != NO_CURSOR) {
				buf_put_text(buf, topology->probe[probe].series);
				save_series(series, buf);
			}
		}
		buf_put_text(buf, "");
	}
	buf_put_text(buf, "");
}

/* The distance of the next minute, from 0; -1 after the last. */
static int64_t
load_distance(struct buf *buf)
{
	uint64_t distance = buf_get_varint(buf);

	buf->failed = buf->failed || distance > COVERAGE_MINUTES;
	return buf_ok(buf) ? (int64_t)distance - 1 : -1;
}

static void
load_agent(struct agent *agent, struct buf *buf)
{
	int64_t i;

	memset(agent, 0, sizeof(*agent));
	agent->has_left = buf_get_varint(buf) != 0;
	agent->ever.due = buf_get_varint(buf);
	agent->ever.came = buf_get_varint(buf);
	agent->ever.late = buf_get_varint(buf);
	agent->ever.dropped = buf_get_varint(buf);
	agent->newest = buf_get_signed(buf) % (INT64_MAX / MINUTE_NS);
	while ((i = load_distance(buf)) >= 0) {
		struct tally *tally = &agent->minute[place_of(agent->newest - i)];

		tally->due = (uint32_t)buf_get_varint(buf);
		tally->came = (uint32_t)buf_get_varint(buf);
		tally->late = (uint32_t)buf_get_varint(buf);
		tally->dropped = (uint32_t)buf_get_varint(buf);
	}
}

static void
load_series(struct series *series, struct buf *buf)
{
	int64_t i;

	memset(series, 0, sizeof(*series));
	series->cursor_ns = buf_get_signed(buf);
	while ((i = load_distance(buf)) >= 0) {
		uint64_t packed = buf_get_varint(buf);

		buf->failed = buf->failed || packed >= PACKED_END;
		series->packed[place_of(minute_of(series->cursor_ns) - i)] =
		    (uint16_t)packed;
	}
}

/* The series of one agent, up to an empty name; what is configured no more is passed over. */
static void
load_all_series(struct coverage *coverage, uint16_t agent, struct buf *buf)
{
	while (buf_ok(buf)) {
		char name[LIMIT_SERIES_BYTES];
		struct series loaded;
		struct series *series = NULL;
		uint16_t probe;

		buf_get_text(buf, name, sizeof(name));
		if (!buf_ok(buf) || name[0] == '\0') {
			return;
		}
		load_series(&loaded, buf);
		probe = topology_probe_find(&coverage->conf->topology, name);
		if (agent != TOPOLOGY_NONE && probe != TOPOLOGY_NONE) {
			series = series_at(coverage, agent, probe);
		}
		if (buf_ok(buf) && series != NULL) {
			*series = loaded;
		}
	}
}

static bool
is_begun(const struct coverage *coverage, uint16_t agent)
{
	for (uint32_t i = coverage->first[agent]; i < coverage->first[agent + 1]; i++) {
		if (coverage->series[i].cursor_ns == NO_CURSOR) {
			return false;
		}
	}
	return true;
}

enum err
coverage_load(struct coverage *coverage, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);

	if (buf_ok(buf) && version != COVERAGE_VERSION) {
		return ERR_VERSION;
	}
	coverage->stepped = buf_get_signed(buf);
	while (buf_ok(buf)) {
		char name[LIMIT_NAME_BYTES];
		struct agent loaded;
		uint16_t agent;

		buf_get_text(buf, name, sizeof(name));
		if (!buf_ok(buf) || name[0] == '\0') {
			break;
		}
		load_agent(&loaded, buf);
		agent = topology_agent_find(&coverage->conf->topology, name);
		load_all_series(coverage, agent, buf);
		if (buf_ok(buf) && agent != TOPOLOGY_NONE) {
			loaded.is_begun = is_begun(coverage, agent);
			coverage->agent[agent] = loaded;
		}
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}
