/* logn - natural logarithms and their inverse in integers
 * Room: common/core (pure).
 *
 * Statistics are kept in milli-nats (1000 ln), so that sums commute exactly and every
 * machine decides alike. No floating point, no tables of the platform. */
#ifndef COMMON_CORE_LOGN_H
#define COMMON_CORE_LOGN_H

#include <stdint.h>

#define LOGN_ONE (UINT32_C(1) << 30) /* 1.0 for logn_inverse() */

/* floor(1000 ln(`num` / `den`)), both >= 1. The logarithm is exact to 1e-7 nats, so the
 * result can differ from the true floor only where the true value lies within 1e-4
 * milli-nats of a whole number. */
int32_t logn_mnats(uint64_t num, uint64_t den);

/* e^(-`mnats` / 1000) in units of 2^-30, relative error below 5e-6 plus one unit; 0 beyond
 * 20.999 nats. */
uint32_t logn_inverse(uint32_t mnats);

#endif
