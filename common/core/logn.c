#include "common/core/logn.h"

#include <assert.h>

#define LN2_NANO INT64_C(693147181)

/* ln(`value`) in 1e-9 nats: the binary logarithm bit by bit (each squaring of a mantissa in
 * [1, 2) yields the next bit), times ln 2. */
static int64_t
ln_nano(uint64_t value)
{
	unsigned exponent = 63U - (unsigned)__builtin_clzll(value);
	uint64_t mantissa = (value << (63U - exponent)) >> 32; /* Q31 in [1, 2) */
	uint64_t fraction = 0;

	for (unsigned i = 0; i < 30; i++) {
		mantissa = (mantissa * mantissa) >> 31;
		fraction <<= 1;
		if (mantissa >= UINT64_C(1) << 32) {
			mantissa >>= 1;
			fraction |= 1;
		}
	}
	return (int64_t)exponent * LN2_NANO +
	       (int64_t)((fraction * (uint64_t)LN2_NANO) >> 30);
}

int32_t
logn_mnats(uint64_t num, uint64_t den)
{
	int64_t nano;
	int64_t mnats;

	assert(num > 0);
	assert(den > 0);
	nano = ln_nano(num) - ln_nano(den);
	mnats = nano / 1000000;
	if (nano < 0 && nano % 1000000 != 0) {
		mnats--;
	}
	return (int32_t)mnats;
}

/* round(2^30 e^-n) and round(2^30 e^(-n/10)) */
static const uint32_t exp_one[21] = {1073741824, 395007542, 145315154, 53458458,
    19666268, 7234816, 2661540, 979126, 360200, 132510, 48748, 17933, 6597, 2427, 893,
    328, 121, 44, 16, 6, 2};
static const uint32_t exp_tenth[10] = {1073741824, 971561780, 879105452, 795447508,
    719750669, 651257337, 589282007, 533204410, 482463302, 436550848};

uint32_t
logn_inverse(uint32_t mnats)
{
	uint32_t whole = mnats / 1000;
	uint64_t rest = mnats % 100;
	uint64_t series;
	uint64_t value;

	if (whole >= sizeof(exp_one) / sizeof(exp_one[0])) {
		return 0;
	}
	/* 1 - r + r^2/2 - r^3/6 for r < 0.1, in 1e-9 */
	series =
	    1000000000 - rest * 1000000 + rest * rest * 500 - rest * rest * rest / 6;
	value = ((uint64_t)exp_one[whole] * exp_tenth[mnats / 100 % 10]) >> 30;
	return (uint32_t)(value * series / 1000000000);
}
