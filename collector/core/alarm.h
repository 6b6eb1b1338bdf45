/* alarm - how strong evidence must be, from how many false pages a year are allowed
 * Room: collector/core (pure). Private to the correlation.
 *
 * For every hypothesis h and bucket n, R(h, n) = (1 + R(h, n-1)) e^S(h, n) is the
 * Shiryaev-Roberts statistic of the evidence S. While nothing is wrong e^S is at most one in
 * the mean (hypothesis.h holds to that), so for any set H of hypotheses with priors p(h)
 *     sum over H of p(h) R(h, n)  -  n * P(H),    P(H) = sum over H of p(h)
 * goes down in the mean: it is a supermartingale, whatever depends on what and however the
 * evidence is distributed (the e-detector argument of Shin, Ramdas and Rinaldo, 2023). CUSUM
 * is below it, p(h) e^W(h, n) <= sum of p R. Hence a page only where
 *     W(h, n) + ln p(h) >= c
 * comes, from all of H together, at most P(H) e^-c times a bucket, that is
 *     P(H) * e^-c * (year / bucket) times a year.
 * Turned round: b pages a year for H need c = ln(year / bucket) + ln P(H) - ln b.
 *
 * The whole fleet has one budget B. Tiers that are given a number have that for the hypotheses
 * of their targets; what is left of B is for all others together, the faults that targets
 * share among them. The sum is B. With no tier named, c = ln(year / bucket) - ln B for all.
 *
 * Intervals below six seconds (buckets below one) are for demonstrations and tests: they are to
 * show what a minute would, only sooner, so their year is counted in buckets of ten seconds.
 *
 * While a source claims a fault (testimony.h) the share of the upstream's hypotheses can be up
 * to e^3 times as large; that is the price of listening, and it lasts as long as the claim. */
#ifndef COLLECTOR_CORE_ALARM_H
#define COLLECTOR_CORE_ALARM_H

#include "collector/core/topology.h"

enum {
	ALARM_PAGES_MILLI = 1000, /* one false page a year */
	ALARM_CLASSES = TIER_COUNT + 1,
	ALARM_SHARED = TIER_COUNT /* faults that are of no single target */
};

/* Thousandths of a page a year. */
struct alarm_conf {
	uint32_t pages_milli;            /* of the whole fleet; 0 = ALARM_PAGES_MILLI */
	uint32_t tier_milli[TIER_COUNT]; /* 0 = its share of what is left */
};

struct hypotheses;

/* The same threshold for all: the budget undivided. Milli-nats. */
int32_t alarm_undivided(int64_t bucket_ns, const struct alarm_conf *conf);

/* Divides the budget among the classes of `table`: its tiers, and what they share. */
void alarm_divide(const struct hypotheses *table, int64_t bucket_ns,
    const struct alarm_conf *conf, int32_t out_mnats[ALARM_CLASSES]);

/* Which of the thresholds a target's own faults have; TOPOLOGY_NONE: the shared ones. */
size_t alarm_class(const struct topology *topology, uint16_t target);

#endif
