/* rng - seeded generator with its state in the caller's hand
 * Room: common/core (pure).
 *
 * xoshiro256** seeded through splitmix64 (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", 2018). For jitter and tests; never for secrets. */
#ifndef COMMON_CORE_RNG_H
#define COMMON_CORE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state[4];
};

/* Any seed is good, 0 too. The same seed gives the same sequence on every machine. */
void rng_init(struct rng *rng, uint64_t seed);

uint64_t rng_next(struct rng *rng);

/* Uniform in [0, bound), without modulo bias; 0 when `bound` is 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

#endif
