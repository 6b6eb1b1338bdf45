/* utcday - days and months in UTC, as whole numbers
 * Room: common/core (pure).
 *
 * What is spent is counted by day and by month, at both ends of the wire alike. */
#ifndef COMMON_CORE_UTCDAY_H
#define COMMON_CORE_UTCDAY_H

#include "common/core/clock.h"

#include <stdint.h>

#define UTCDAY_NS (86400 * CLOCK_NS_PER_S)

/* Days since 1970-01-01 at `at`; 0 for what is before it. */
uint32_t utcday_of(struct wall at);

/* When `day` begins. */
struct wall utcday_begin(uint32_t day);

/* The first day of the month (of the Gregorian calendar) that `day` is in, and of the month
 * after it. */
uint32_t utcday_month(uint32_t day);
uint32_t utcday_next_month(uint32_t day);

#endif
