#include "proto/coarse.h"

uint32_t
coarse_code(uint32_t value)
{
	uint32_t shift;

	if (value < COARSE_EXACT) {
		return value;
	}
	shift = 31U - (uint32_t)__builtin_clz(value) - 7U;
	return COARSE_EXACT + (shift - 1) * COARSE_STEPS + (value >> shift) -
	       COARSE_STEPS;
}

uint32_t
coarse_value(uint32_t code)
{
	uint32_t shift;

	if (code < COARSE_EXACT) {
		return code;
	}
	shift = (code - COARSE_EXACT) / COARSE_STEPS + 1;
	return ((code % COARSE_STEPS + COARSE_STEPS) << shift) + (1U << (shift - 1));
}
