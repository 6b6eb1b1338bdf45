#include "agent/core/sched.h"

#include "common/core/limits.h"

#include <assert.h>
#include <string.h>

#define NO_SLOT UINT32_MAX

/* Free: no probe, no run. Live: a probe of the plan. Retired: no probe any more, but
 * its run is still in flight. */
struct sched_slot {
	const char *series; /* borrowed from the plan */
	int64_t nominal_ns; /* the grid: next instant to serve */
	int64_t due_ns;     /* the same with jitter, or where a stall moved it */
	int64_t interval_ns;
	uint32_t phase_ms;
	uint32_t probe; /* index into the plan, or SCHED_NO_PROBE */
	uint32_t generation;
	bool in_flight;
	bool demanded;
};

static uint32_t
slots_max(const struct sched_conf *conf)
{
	return conf->probes_max + conf->in_flight_max;
}

/* At most half full, so that a search ends soon. */
static uint32_t
name_table_cap(size_t names)
{
	uint32_t cap = 2;

	while (cap < 2 * names) {
		cap *= 2;
	}
	return cap;
}

size_t
sched_bytes(const struct sched_conf *conf)
{
	uint32_t slots = slots_max(conf);

	return heap_bytes(slots) + arena_bytes(slots, sizeof(struct sched_slot)) +
	       arena_bytes(slots, sizeof(uint32_t)) +
	       arena_bytes(name_table_cap(conf->probes_max), sizeof(uint32_t)) +
	       arena_bytes(conf->probes_max, sizeof(uint32_t));
}

enum err
sched_init(struct sched *sched, struct arena *arena, const struct sched_conf *conf)
{
	uint32_t slots;

	if (conf->probes_max > LIMIT_PLAN_PROBES || conf->in_flight_max == 0 ||
	    conf->in_flight_max > LIMIT_IN_FLIGHT_PROBES) {
		return ERR_INVALID;
	}
	slots = slots_max(conf);
	memset(sched, 0, sizeof(*sched));
	sched->conf = *conf;
	rng_init(&sched->rng, conf->seed);
	if (heap_init(&sched->heap, arena, slots) != ERR_OK) {
		return ERR_LIMIT;
	}
	sched->slot = arena_take(arena, slots, sizeof(*sched->slot));
	sched->free_slot = arena_take(arena, slots, sizeof(*sched->free_slot));
	sched->name_table = arena_take(
	    arena, name_table_cap(conf->probes_max), sizeof(*sched->name_table));
	sched->by_probe = arena_take(arena, conf->probes_max, sizeof(*sched->by_probe));
	if (arena_failed(arena)) {
		return ERR_LIMIT;
	}
	return ERR_OK;
}

static void
set_due(struct sched *sched, uint32_t at, int64_t due_ns)
{
	sched->slot[at].due_ns = due_ns;
	heap_set(&sched->heap, at, due_ns);
}

/* Draws the due time of the nominal instant. */
static int64_t
draw_due(struct sched *sched, const struct sched_slot *slot)
{
	int64_t bound_ns = slot->interval_ns / SCHED_JITTER_DIVISOR;
	uint64_t drawn = rng_below(&sched->rng, 2 * (uint64_t)bound_ns + 1);

	return clock_add_ns(slot->nominal_ns, (int64_t)drawn - bound_ns);
}

/* Nanoseconds from `wall` to the next instant of the grid, which may be this one. */
static int64_t
until_grid(struct wall wall, int64_t interval_ns, uint32_t phase_ms)
{
	int64_t phase_ns = phase_ms * CLOCK_NS_PER_MS % interval_ns;
	int64_t past_ns = clock_sub_ns(wall.ns, phase_ns) % interval_ns;

	if (past_ns < 0) {
		past_ns += interval_ns;
	}
	return past_ns == 0 ? 0 : interval_ns - past_ns;
}

static void
lay_grid(
    struct sched *sched, uint32_t at, const struct plan_probe *probe, struct now now)
{
	struct sched_slot *slot = &sched->slot[at];
	int64_t due_ns;

	slot->interval_ns = probe->interval_ms * CLOCK_NS_PER_MS;
	slot->phase_ms = probe->phase_ms;
	slot->nominal_ns = clock_add_ns(
	    now.mono.ns, until_grid(now.wall, slot->interval_ns, slot->phase_ms));
	due_ns = draw_due(sched, slot);
	if (due_ns < now.mono.ns) {
		due_ns = now.mono.ns;
	}
	set_due(sched, at, due_ns);
	if (slot->demanded) {
		heap_set(&sched->heap, at, now.mono.ns);
	}
}

/* Moves the grid past the nominal instant nearest to `now`; instants before that one
 * were served by nobody. */
static void
advance(struct sched *sched, uint32_t at, struct mono now)
{
	struct sched_slot *slot = &sched->slot[at];
	int64_t behind_ns = clock_sub_ns(now.ns, slot->nominal_ns);
	int64_t passed =
	    clock_add_ns(behind_ns, slot->interval_ns / 2) / slot->interval_ns;

	if (passed < 0) {
		passed = 0; /* a due time drawn before the nominal instant */
	}
	sched->counts.missed += (uint64_t)passed;
	slot->nominal_ns = clock_add_ns(slot->nominal_ns, passed * slot->interval_ns);
	slot->nominal_ns = clock_add_ns(slot->nominal_ns, slot->interval_ns);
	set_due(sched, at, draw_due(sched, slot));
}

/* FNV-1a, started from the seed so that nobody can choose names that collide. */
static uint32_t
name_hash(const struct sched *sched, const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ sched->conf.seed;

	for (; *name != '\0'; name++) {
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	}
	return (uint32_t)(hash ^ (hash >> 32));
}

/* Where in the table `name` is, or the empty place it would take. The table holds
 * indexes into `plan` plus one. */
static uint32_t *
name_place(const struct sched *sched, const struct plan *plan, const char *name)
{
	uint32_t mask = sched->name_mask;
	uint32_t at = name_hash(sched, name) & mask;

	while (sched->name_table[at] != 0 &&
	       strcmp(plan->probe[sched->name_table[at] - 1].series, name) != 0) {
		at = (at + 1) & mask;
	}
	return &sched->name_table[at];
}

/* Fills the name table; finds what no plan may hold. */
static enum err
read_names(struct sched *sched, const struct plan *plan)
{
	if (plan->len > sched->conf.probes_max) {
		return ERR_LIMIT;
	}
	/* No larger than this plan needs: memory that is not used stays untouched. */
	sched->name_mask = name_table_cap(plan->len) - 1;
	memset(sched->name_table, 0,
	    ((size_t)sched->name_mask + 1) * sizeof(*sched->name_table));
	for (uint32_t i = 0; i < plan->len; i++) {
		const struct plan_probe *probe = &plan->probe[i];
		uint32_t *place = name_place(sched, plan, probe->series);

		if (*place != 0 || probe->interval_ms == 0 ||
		    probe->interval_ms > SCHED_INTERVAL_MS_MAX) {
			return ERR_INVALID;
		}
		*place = i + 1;
	}
	return ERR_OK;
}

static void
free_slot(struct sched *sched, uint32_t at)
{
	assert(sched->free_len < sched->slots_used);
	sched->free_slot[sched->free_len++] = at;
}

/* Finds the probe of a slot in the new plan, or takes the slot out of the schedule. */
static void
carry_over(struct sched *sched, uint32_t at, const struct plan *plan, struct now now)
{
	struct sched_slot *slot = &sched->slot[at];
	uint32_t place = *name_place(sched, plan, slot->series);
	const struct plan_probe *probe;

	if (place == 0) {
		(void)heap_remove(&sched->heap, at);
		slot->probe = SCHED_NO_PROBE;
		slot->series = NULL;
		slot->demanded = false;
		if (!slot->in_flight) {
			free_slot(sched, at);
		}
		return;
	}
	probe = &plan->probe[place - 1];
	slot->probe = place - 1;
	slot->series = probe->series;
	sched->by_probe[slot->probe] = at;
	if (slot->interval_ns != probe->interval_ms * CLOCK_NS_PER_MS ||
	    slot->phase_ms != probe->phase_ms) {
		lay_grid(sched, at, probe, now);
	}
}

static void
take_slot(
    struct sched *sched, uint32_t index, const struct plan_probe *probe, struct now now)
{
	uint32_t at;

	if (sched->free_len > 0) {
		at = sched->free_slot[--sched->free_len];
	} else {
		assert(sched->slots_used < slots_max(&sched->conf));
		at = sched->slots_used++;
	}
	sched->slot[at].probe = index;
	sched->slot[at].series = probe->series;
	sched->by_probe[index] = at;
	lay_grid(sched, at, probe, now);
}

enum err
sched_apply(struct sched *sched, const struct plan *plan, struct now now)
{
	enum err err = read_names(sched, plan);

	if (err != ERR_OK) {
		return err;
	}
	sched->probes = (uint32_t)plan->len;
	for (uint32_t i = 0; i < sched->probes; i++) {
		sched->by_probe[i] = NO_SLOT;
	}
	for (uint32_t at = 0; at < sched->slots_used; at++) {
		if (sched->slot[at].probe != SCHED_NO_PROBE) {
			carry_over(sched, at, plan, now);
		}
	}
	for (uint32_t i = 0; i < sched->probes; i++) {
		if (sched->by_probe[i] == NO_SLOT) {
			take_slot(sched, i, &plan->probe[i], now);
		}
	}
	return ERR_OK;
}

/* After a stall everything due lies at the front: moves it behind `now`, spread out. */
static void
spread_pile(struct sched *sched, struct mono now)
{
	struct heap_item first;

	if (sched->piled || !heap_first(&sched->heap, &first) ||
	    clock_sub_ns(now.ns, first.key) <= SCHED_STALL_NS) {
		return;
	}
	sched->counts.stalls++;
	while (heap_first(&sched->heap, &first) && first.key <= now.ns) {
		const struct sched_slot *slot = &sched->slot[first.id];
		int64_t room_ns = slot->interval_ns / 4;
		uint64_t wait_ns;

		if (slot->due_ns > now.ns) {
			/* Here on demand only, which goes first; its schedule stands. */
			heap_set(&sched->heap, first.id, clock_add_ns(now.ns, 1));
			continue;
		}
		if (room_ns > SCHED_SPREAD_NS) {
			room_ns = SCHED_SPREAD_NS;
		}
		wait_ns = rng_below(&sched->rng, (uint64_t)room_ns);
		set_due(sched, first.id, clock_add_ns(now.ns, 1 + (int64_t)wait_ns));
	}
}

static void
start(struct sched *sched, uint32_t at, struct mono now, int64_t due_ns,
    struct sched_due *out_due)
{
	struct sched_slot *slot = &sched->slot[at];
	int64_t late_ns = clock_sub_ns(now.ns, due_ns);

	sched->in_flight++;
	sched->counts.runs++;
	if (late_ns > slot->interval_ns / SCHED_JITTER_DIVISOR) {
		sched->counts.late++;
	}
	if (late_ns > sched->counts.late_max_ns) {
		sched->counts.late_max_ns = late_ns;
	}
	slot->generation++;
	slot->in_flight = true;
	*out_due = (struct sched_due){
	    .run = {.slot = at, .generation = slot->generation},
	    .probe = slot->probe,
	    .on_demand = slot->demanded,
	    .late_ns = late_ns,
	};
	slot->demanded = false;
	if (slot->due_ns <= now.ns) {
		advance(sched, at, now);
	} else {
		/* On demand, before its time: the schedule stands. */
		heap_set(&sched->heap, at, slot->due_ns);
	}
}

bool
sched_next(struct sched *sched, struct mono now, struct sched_due *out_due)
{
	struct heap_item first;

	spread_pile(sched, now);
	while (heap_first(&sched->heap, &first) && first.key <= now.ns) {
		if (sched->slot[first.id].in_flight) {
			sched->counts.overrun++;
			advance(sched, first.id, now);
			continue;
		}
		if (sched->in_flight == sched->conf.in_flight_max) {
			sched->piled = true;
			return false;
		}
		start(sched, first.id, now, first.key, out_due);
		return true;
	}
	sched->piled = false;
	return false;
}

enum err
sched_demand(struct sched *sched, uint32_t probe, struct mono now)
{
	struct sched_slot *slot;

	if (probe >= sched->probes) {
		return ERR_NOTFOUND;
	}
	slot = &sched->slot[sched->by_probe[probe]];
	if (slot->in_flight) {
		return ERR_AGAIN;
	}
	if (!slot->demanded && slot->due_ns > now.ns) {
		heap_set(&sched->heap, sched->by_probe[probe], now.ns);
	}
	slot->demanded = true;
	return ERR_OK;
}

/* The slot whose run in flight this is, NULL for a stale name. */
static struct sched_slot *
find_run(const struct sched *sched, struct sched_run run)
{
	struct sched_slot *slot;

	if (run.slot >= sched->slots_used) {
		return NULL;
	}
	slot = &sched->slot[run.slot];
	return slot->in_flight && slot->generation == run.generation ? slot : NULL;
}

bool
sched_finished(struct sched *sched, struct sched_run run)
{
	struct sched_slot *slot = find_run(sched, run);

	if (slot == NULL) {
		return false;
	}
	slot->in_flight = false;
	assert(sched->in_flight > 0);
	sched->in_flight--;
	if (slot->probe == SCHED_NO_PROBE) {
		free_slot(sched, run.slot);
	}
	return true;
}

uint32_t
sched_probe(const struct sched *sched, struct sched_run run)
{
	const struct sched_slot *slot = find_run(sched, run);

	return slot == NULL ? SCHED_NO_PROBE : slot->probe;
}

struct mono
sched_deadline(const struct sched *sched)
{
	struct heap_item first;

	if (sched->in_flight == sched->conf.in_flight_max ||
	    !heap_first(&sched->heap, &first)) {
		return MONO_NEVER;
	}
	return (struct mono){first.key};
}
