/* clock - instants and durations that cannot be mixed up
 * Room: common/core (pure).
 *
 * `struct mono` never goes back and is what deadlines and latencies use; `struct wall` is
 * data for people and for other machines. They are distinct structs, so that comparing one
 * with the other does not compile. Durations are plain int64_t nanoseconds, named `*_ns`.
 * Nobody here reads a clock: shells sample both once per wakeup (common/shell/clock_sys.h). */
#ifndef COMMON_CORE_CLOCK_H
#define COMMON_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_NS_PER_US INT64_C(1000)
#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_NS_PER_S  INT64_C(1000000000)

struct mono {
	int64_t ns; /* since an origin of the owner's choice */
};

struct wall {
	int64_t ns; /* since 1970-01-01T00:00:00Z, no leap seconds */
};

/* Both clocks, sampled together, once per step. */
struct now {
	struct mono mono;
	struct wall wall;
};

/* A deadline that never comes. */
#define MONO_NEVER ((struct mono){INT64_MAX})

/* `a` + `b`, clamped to the range of int64_t instead of wrapping. */
static inline int64_t
clock_add_ns(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum)) {
		return b > 0 ? INT64_MAX : INT64_MIN;
	}
	return sum;
}

/* `a` - `b`, clamped. */
static inline int64_t
clock_sub_ns(int64_t a, int64_t b)
{
	int64_t difference;

	if (__builtin_sub_overflow(a, b, &difference)) {
		return b < 0 ? INT64_MAX : INT64_MIN;
	}
	return difference;
}

static inline struct mono
mono_add(struct mono at, int64_t duration_ns)
{
	return (struct mono){clock_add_ns(at.ns, duration_ns)};
}

/* Nanoseconds from `from` to `to`; negative when `to` is earlier. */
static inline int64_t
mono_since(struct mono to, struct mono from)
{
	return clock_sub_ns(to.ns, from.ns);
}

static inline bool
mono_before(struct mono a, struct mono b)
{
	return a.ns < b.ns;
}

static inline struct mono
mono_min(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

static inline struct wall
wall_add(struct wall at, int64_t duration_ns)
{
	return (struct wall){clock_add_ns(at.ns, duration_ns)};
}

static inline int64_t
wall_since(struct wall to, struct wall from)
{
	return clock_sub_ns(to.ns, from.ns);
}

#endif
