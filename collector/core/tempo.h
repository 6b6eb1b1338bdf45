/* tempo - every time constant of the method, as multiples of one interval
 * Room: collector/core (pure).
 *
 * The method was worked out for target probes of one minute; here every constant is that
 * number scaled by the interval in use. Where probes may take longer than the interval
 * (timeouts), what waits for their evidence waits that much longer. */
#ifndef COLLECTOR_CORE_TEMPO_H
#define COLLECTOR_CORE_TEMPO_H

#include "collector/core/correlate.h"

enum {
	TEMPO_RING = 90, /* buckets: the lateness that is still weighed */
	TEMPO_OPEN_PPM = 930000,
	TEMPO_OPEN_PATH_PPM = 999800,
	TEMPO_UPDATE_PPM = 950000,
	TEMPO_FLAP_AFTER = 3,
	TEMPO_CLOSE_MNATS = 9211, /* ln 10^4 */
	TEMPO_SURE_MNATS = 55262, /* ln 10^24 */
	TEMPO_SLACK_MNATS = 5000, /* how far CUSUM may rise above its threshold */
	TEMPO_RECOVERING_MNATS = 2000,
	TEMPO_DECAY = 977,      /* of 1024 per bucket: half-life 2.5 intervals */
	TEMPO_RATE_DECAY = 1016 /* half-life 15 intervals */
};

struct tempo {
	int64_t bucket_ns; /* base / 6 */
	int64_t base_ns;
	int64_t live_ns;    /* younger evidence is no replay */
	int64_t fresh_ns;   /* a page needs evidence this young */
	int64_t isolate_ns; /* longest wait for a sure cause */
	int64_t quiet_ns;   /* without explained failure before closing */
	int64_t reopen_ns;
	int64_t hold_ns;     /* verdicts wait for a replay to end, */
	int64_t hold_max_ns; /* but not longer */
	int64_t silent_ns;
	int64_t group_ns; /* silent agents are waited for before one is named */
	int64_t round_buckets;
	uint32_t flap_after;
	int32_t threshold_mnats[ALARM_CLASSES]; /* undivided, until there is a table */
};

void tempo_init(struct tempo *tempo, const struct topology *topology,
    const struct correlate_conf *conf);

/* The bucket an instant lies in; negative instants too. */
int64_t tempo_bucket(const struct tempo *tempo, struct mono at);

/* Where a bucket lies in a ring of `len`; here so that a constant `len` is no division. */
static inline size_t
tempo_ring(int64_t bucket, size_t len)
{
	int64_t rest = bucket % (int64_t)len;

	return (size_t)(rest < 0 ? rest + (int64_t)len : rest);
}

#endif
