#include "common/core/rng.h"

static uint64_t
rotate_left(uint64_t value, unsigned count)
{
	return (value << count) | (value >> (64U - count));
}

void
rng_init(struct rng *rng, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t mixed;

		seed += UINT64_C(0x9e3779b97f4a7c15);
		mixed = seed;
		mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
		rng->state[i] = mixed ^ (mixed >> 31);
	}
}

uint64_t
rng_next(struct rng *rng)
{
	uint64_t *state = rng->state;
	uint64_t value = rotate_left(state[1] * 5, 7) * 9;
	uint64_t shifted = state[1] << 17;

	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= shifted;
	state[3] = rotate_left(state[3], 45);
	return value;
}

uint64_t
rng_below(struct rng *rng, uint64_t bound)
{
	uint64_t reject_below;
	uint64_t value;

	if (bound == 0) {
		return 0;
	}
	/* 2^64 mod bound values at the bottom would be favoured: draw again for them.
	 */
	reject_below = (0 - bound) % bound;
	do {
		value = rng_next(rng);
	} while (value < reject_below);
	return value % bound;
}
