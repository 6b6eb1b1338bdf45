#include "collector/core/slowness.h"

enum {
	STEP_UP = 64,
	STEP_DOWN = 64 * 99
}; /* divisors of the estimate */

static size_t
gauge_count(const struct topology *topology)
{
	return ((size_t)topology->target_len * 2 + ROUNDS_MEMBERS) *
	       topology->region_len;
}

size_t
slowness_bytes(const struct topology *topology)
{
	return arena_bytes(gauge_count(topology), sizeof(struct gauge));
}

bool
slowness_init(
    struct slowness *slowness, struct arena *arena, const struct topology *topology)
{
	slowness->len = gauge_count(topology);
	slowness->gauge = arena_take(arena, slowness->len, sizeof(struct gauge));
	slowness->region_len = topology->region_len;
	slowness->target_len = topology->target_len;
	return slowness->gauge != NULL;
}

struct gauge *
slowness_target(
    struct slowness *slowness, uint16_t target, enum witness witness, uint16_t region)
{
	size_t row = (size_t)target * 2 + (witness == WITNESS_FREE ? 1 : 0);

	return &slowness->gauge[row * slowness->region_len + region];
}

struct gauge *
slowness_control(struct slowness *slowness, uint8_t member, uint16_t region)
{
	size_t row = (size_t)slowness->target_len * 2 + member;

	return &slowness->gauge[row * slowness->region_len + region];
}

bool
gauge_is_slow(const struct gauge *gauge, uint32_t total_us)
{
	return gauge->limit_us > 0 && total_us > (uint64_t)gauge->limit_us * 3 / 2;
}

void
gauge_note(struct gauge *gauge, uint32_t total_us)
{
	if (gauge->limit_us > 0) {
		gauge->over += total_us > gauge->limit_us ? 1 : 0;
		gauge->under += total_us > gauge->limit_us ? 0 : 1;
		return;
	}
	gauge->count++;
	if (total_us > gauge->largest_us[0]) {
		gauge->largest_us[1] = gauge->largest_us[0];
		gauge->largest_us[0] = total_us;
	} else if (total_us > gauge->largest_us[1]) {
		gauge->largest_us[1] = total_us;
	}
}

/* At least one microsecond, so that a small estimate can still move. */
static uint64_t
part(uint64_t estimate, uint64_t divisor, uint64_t times)
{
	return times > 0 ? estimate * times / divisor + 1 : 0;
}

static void
gauge_step(struct gauge *gauge)
{
	uint64_t up = part(gauge->limit_us, STEP_UP, gauge->over);
	uint64_t down = part(gauge->limit_us, STEP_DOWN, gauge->under);
	uint64_t estimate = gauge->limit_us + up;

	estimate = estimate > down ? estimate - down : 1;
	gauge->limit_us = (uint32_t)(estimate < UINT32_MAX ? estimate : UINT32_MAX);
	gauge->over = 0;
	gauge->under = 0;
}

void
slowness_step(struct slowness *slowness)
{
	for (size_t i = 0; i < slowness->len; i++) {
		struct gauge *gauge = &slowness->gauge[i];

		if (gauge->limit_us == 0 && gauge->count >= SLOWNESS_WARMUP) {
			gauge->limit_us =
			    gauge->largest_us[1] > 0 ? gauge->largest_us[1] : 1;
		} else if (gauge->over + gauge->under > 0) {
			gauge_step(gauge);
		}
	}
}
