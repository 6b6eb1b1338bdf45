/* names - indices of a saved state, turned into those of today
 * Room: collector/core (pure). Private to engine_state.c and engine_slots.c.
 *
 * A saved state opens with the names of what its indices stand for. After a change of the
 * configuration the same names have other indices, or none: TOPOLOGY_NONE. */
#ifndef COLLECTOR_CORE_NAMES_H
#define COLLECTOR_CORE_NAMES_H

#include "collector/core/engine.h"

/* Saved index -> index of today. */
struct names {
	uint16_t domain[LIMIT_DOMAINS];
	uint16_t region[LIMIT_REGIONS];
	uint16_t agent[LIMIT_AGENTS];
	uint16_t target[LIMIT_TARGETS];
	uint16_t key[LIMIT_KEYS];
	uint16_t member[ROUNDS_MEMBERS];
	uint16_t provider[PROVIDER_MAX];
	/* of a provider that has one target left: that one */
	uint16_t provider_rest[PROVIDER_MAX];
	uint64_t domain_len;
	uint64_t region_len;
	uint64_t agent_len;
	uint64_t target_len;
	uint64_t key_len;
	uint64_t member_len;
	uint64_t provider_len;
	uint64_t version; /* of the state */
	/* a fault of a provider that has one target left is one of that target */
	bool takes_rest;
	int64_t bucket_ns; /* of the saved state: its tempo */
	int64_t round_buckets;
};

void names_put(const struct correlate *engine, struct buf *buf);
void names_get(const struct correlate *engine, struct buf *buf, struct names *names);

/* The index of today; TOPOLOGY_NONE when there is none. */
uint16_t names_map(const uint16_t *to, uint64_t len, uint64_t index);

/* The same for a set of at most 64. */
uint64_t names_map_mask(const uint16_t *to, uint64_t len, uint64_t mask);

void names_put_scope(struct buf *buf, struct scope scope);
/* False when what it names is not there any more. */
bool names_get_scope(struct buf *buf, const struct names *names, struct scope *out);

void names_put_hypothesis(
    const struct correlate *engine, struct buf *buf, uint32_t hypothesis);
/* HYPOTHESIS_NONE when its scope is not there any more. */
uint32_t names_get_hypothesis(
    const struct correlate *engine, struct buf *buf, const struct names *names);

#endif
