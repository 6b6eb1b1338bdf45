/* slowness - what is slow for this probe, seen from this region
 * Room: collector/core (pure).
 *
 * Keeps an estimate of the 99th percentile of the duration of good answers per (target,
 * witness, region) and per (control, region): the second largest of the first 200, then a
 * step of 1.55 % up for each answer beyond it and 1/99 of that down for each other one, so
 * a single hour-long answer moves it as little as one slightly late. An answer is slow when
 * it takes 1.5 times as long as that. Nothing is slow before 200 samples. Updates are
 * gathered and applied per step, so the order within a step is nothing. */
#ifndef COLLECTOR_CORE_SLOWNESS_H
#define COLLECTOR_CORE_SLOWNESS_H

#include "collector/core/rounds.h"

enum {
	SLOWNESS_WARMUP = 200
};

struct gauge {
	uint32_t limit_us; /* the estimate; 0 until warm */
	uint32_t largest_us[2];
	uint32_t count;
	uint32_t over; /* since the last step */
	uint32_t under;
};

struct slowness {
	struct gauge *gauge;
	size_t len;
	uint16_t region_len;
	uint16_t target_len;
};

size_t slowness_bytes(const struct topology *topology);
bool slowness_init(
    struct slowness *slowness, struct arena *arena, const struct topology *topology);

/* The gauge of a target's witness, or of a control (`member`), in a region. */
struct gauge *slowness_target(
    struct slowness *slowness, uint16_t target, enum witness witness, uint16_t region);
struct gauge *slowness_control(
    struct slowness *slowness, uint8_t member, uint16_t region);

bool gauge_is_slow(const struct gauge *gauge, uint32_t total_us);
void gauge_note(struct gauge *gauge, uint32_t total_us);

/* Applies what was noted. */
void slowness_step(struct slowness *slowness);

#endif
