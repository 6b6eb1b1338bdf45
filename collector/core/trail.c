#include "collector/core/trail.h"

enum {
	INTERVALS = 16, /* the ring and one more */
	CAP_MIN = 1024,
	CAP_MAX = 1 << 20
};

size_t
trail_cap(const struct topology *topology)
{
	size_t probes = 1;
	size_t cap;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		enum probe_role role = topology->probe[i].role;

		probes += role == ROLE_TARGET || role == ROLE_FREE ? 1 : 0;
	}
	cap = probes * topology->agent_len * INTERVALS;
	if (cap < CAP_MIN) {
		return CAP_MIN;
	}
	return cap < CAP_MAX ? cap : CAP_MAX;
}

size_t
trail_bytes(const struct topology *topology)
{
	return arena_bytes(trail_cap(topology), sizeof(struct trail_entry));
}

bool
trail_init(struct trail *trail, struct arena *arena, const struct topology *topology)
{
	trail->cap = trail_cap(topology);
	trail->head = 0;
	trail->entry = arena_take(arena, trail->cap, sizeof(struct trail_entry));
	return trail->entry != NULL;
}

uint64_t
trail_put(struct trail *trail, const struct trail_entry *entry)
{
	trail->entry[trail->head % trail->cap] = *entry;
	return trail->head++;
}

struct trail_entry *
trail_at(const struct trail *trail, uint64_t number)
{
	if (number >= trail->head || number < trail_oldest(trail)) {
		return NULL;
	}
	return &trail->entry[number % trail->cap];
}

uint64_t
trail_oldest(const struct trail *trail)
{
	return trail->head > trail->cap ? trail->head - trail->cap : 0;
}
