#include "collector/core/tempo.h"

/* With an interval of a second, a busy machine alone can be quiet for longer. */
#define SILENT_MIN_NS (5 * CLOCK_NS_PER_S)

static int64_t
max_ns(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Longest time a probe of the targets may hold back its evidence beyond one interval. */
static int64_t
slack_ns(const struct topology *topology, int64_t base_ns)
{
	int64_t timeout_ns = 0;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		const struct topology_probe *probe = &topology->probe[i];

		if (probe->role == ROLE_TARGET || probe->role == ROLE_FREE) {
			timeout_ns =
			    max_ns(timeout_ns, probe->timeout_ms * CLOCK_NS_PER_MS);
		}
	}
	return max_ns(0, timeout_ns - base_ns);
}

static int64_t
round_ns(const struct topology *topology, int64_t base_ns)
{
	int64_t longest_ns = base_ns;

	for (uint16_t i = 0; i < topology->probe_len; i++) {
		const struct topology_probe *probe = &topology->probe[i];

		if (probe->role == ROLE_CONTROL) {
			longest_ns =
			    max_ns(longest_ns, probe->interval_ms * CLOCK_NS_PER_MS);
			longest_ns =
			    max_ns(longest_ns, probe->timeout_ms * CLOCK_NS_PER_MS);
		}
	}
	return longest_ns;
}

void
tempo_init(struct tempo *tempo, const struct topology *topology,
    const struct correlate_conf *conf)
{
	int64_t base_ns = max_ns(conf->base_ns, 6);
	int64_t late_ns = slack_ns(topology, base_ns);

	tempo->base_ns = base_ns;
	tempo->bucket_ns = base_ns / 6;
	tempo->live_ns = base_ns + late_ns;
	tempo->fresh_ns = 2 * base_ns + late_ns;
	tempo->isolate_ns = 2 * base_ns + late_ns;
	tempo->quiet_ns = 3 * base_ns + late_ns;
	tempo->reopen_ns = conf->reopen_ns > 0 ? conf->reopen_ns : 30 * base_ns;
	tempo->hold_ns = base_ns / 6;
	tempo->hold_max_ns = base_ns * 2 / 3;
	tempo->silent_ns = conf->silent_after_ns > 0
			       ? conf->silent_after_ns
			       : max_ns(base_ns * 5 / 2 + late_ns, SILENT_MIN_NS);
	tempo->group_ns = base_ns;
	tempo->round_buckets =
	    (round_ns(topology, base_ns) + tempo->bucket_ns - 1) / tempo->bucket_ns;
	if (tempo->round_buckets > TEMPO_RING) {
		tempo->round_buckets = TEMPO_RING;
	}
	tempo->flap_after = conf->flap_after > 0 ? conf->flap_after : TEMPO_FLAP_AFTER;
	for (size_t i = 0; i < ALARM_CLASSES; i++) {
		tempo->threshold_mnats[i] =
		    alarm_undivided(tempo->bucket_ns, &conf->alarm);
	}
}

int64_t
tempo_bucket(const struct tempo *tempo, struct mono at)
{
	int64_t bucket = at.ns / tempo->bucket_ns;

	return at.ns < 0 && at.ns % tempo->bucket_ns != 0 ? bucket - 1 : bucket;
}
