#include "collector/core/alarm.h"

#include "collector/core/hypothesis.h"
#include "common/core/clock.h"
#include "common/core/logn.h"

/* Below the first the second is taken: see the header. */
#define SHOW_BELOW_NS  CLOCK_NS_PER_S
#define SHOW_BUCKET_NS (10 * CLOCK_NS_PER_S)
#define YEAR_NS        (UINT64_C(365) * 24 * 3600 * CLOCK_NS_PER_S)

static uint32_t
budget_milli(const struct alarm_conf *conf)
{
	return conf->pages_milli > 0 ? conf->pages_milli : (uint32_t)ALARM_PAGES_MILLI;
}

/* ln(year / bucket) + ln(mass) - ln(pages). */
static int32_t
threshold(int64_t bucket_ns, uint64_t mass, uint64_t pages_milli)
{
	bool is_show = bucket_ns < SHOW_BELOW_NS;

	return logn_mnats(YEAR_NS, (uint64_t)(is_show ? SHOW_BUCKET_NS : bucket_ns)) +
	       logn_mnats(mass > 0 ? mass : 1, LOGN_ONE) -
	       logn_mnats(pages_milli > 0 ? pages_milli : 1, 1000);
}

int32_t
alarm_undivided(int64_t bucket_ns, const struct alarm_conf *conf)
{
	return threshold(bucket_ns, LOGN_ONE, budget_milli(conf));
}

size_t
alarm_class(const struct topology *topology, uint16_t target)
{
	return target == TOPOLOGY_NONE ? (size_t)ALARM_SHARED
				       : (size_t)topology->target[target].tier;
}

/* Sums of the priors by class, in units of 1 / LOGN_ONE. */
static void
sum_priors(const struct hypotheses *table, uint64_t out_mass[ALARM_CLASSES])
{
	for (size_t i = 0; i < ALARM_CLASSES; i++) {
		out_mass[i] = 0;
	}
	for (uint32_t h = 0; h < table->len; h++) {
		const struct hypothesis *at = &table->at[h];
		uint32_t less = at->prior_mnats < 0 ? (uint32_t)-at->prior_mnats : 0;

		out_mass[alarm_class(table->topology, at->target)] +=
		    logn_inverse(less);
	}
}

static uint64_t
given_milli(const struct alarm_conf *conf, size_t class)
{
	return class < TIER_COUNT ? conf->tier_milli[class] : 0;
}

void
alarm_divide(const struct hypotheses *table, int64_t bucket_ns,
    const struct alarm_conf *conf, int32_t out_mnats[ALARM_CLASSES])
{
	uint64_t mass[ALARM_CLASSES];
	uint64_t rest_mass = 0;
	uint64_t rest_milli = budget_milli(conf);
	bool is_divided = false;

	sum_priors(table, mass);
	for (size_t i = 0; i < ALARM_CLASSES; i++) {
		uint64_t given = given_milli(conf, i);

		if (given == 0) {
			rest_mass += mass[i];
		} else if (mass[i] > 0) { /* a tier without targets needs nothing */
			is_divided = true;
			rest_milli -= given < rest_milli ? given : rest_milli;
		}
	}
	if (!is_divided) { /* exactly, not up to the rounding of priors */
		rest_mass = LOGN_ONE;
	}
	for (size_t i = 0; i < ALARM_CLASSES; i++) {
		uint64_t given = given_milli(conf, i);

		out_mnats[i] = given > 0 && is_divided
				   ? threshold(bucket_ns, mass[i], given)
				   : threshold(bucket_ns, rest_mass, rest_milli);
	}
}
