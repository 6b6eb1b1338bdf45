#include "collector/core/testimony.h"

enum {
	CLAIM_MNATS = 3000,
	CLAIM_CREDIT = 5, /* as if so many claims had been confirmed, */
	CLAIM_DOUBT = 1,  /* and so many had not */
	CLEAR_MNATS = -600,
	UPTIME_LOW_PPM = 900000,
	UPTIME_LOW_MNATS = 2000,
	UPTIME_HIGH_PPM = 985000,
	UPTIME_HIGH_MNATS = -1000
};

static int32_t
weigh_claim(const struct testimony *testimony, const struct view_trust *trust)
{
	uint64_t good = (uint64_t)trust->admitted + CLAIM_CREDIT;
	uint64_t all = good + trust->unconfirmed + CLAIM_DOUBT;
	int32_t mnats = (int32_t)(CLAIM_MNATS * good / all);

	/* A notice is said of much that users never see. */
	return testimony->claim == CLAIM_INFORMATION ? mnats / 2 : mnats;
}

static int32_t
weigh_clear(const struct view_trust *trust)
{
	int64_t good = (int64_t)trust->admitted + 1;
	int64_t all = good + trust->missed + 1;

	if (trust->admitted > 0 && trust->median_s > TESTIMONY_PROMPT_S) {
		return 0;
	}
	return (int32_t)(CLEAR_MNATS * good / all);
}

static int32_t
weigh_uptime(int32_t uptime_ppm)
{
	if (uptime_ppm < UPTIME_LOW_PPM) {
		return UPTIME_LOW_MNATS;
	}
	return uptime_ppm > UPTIME_HIGH_PPM ? UPTIME_HIGH_MNATS : 0;
}

int32_t
testimony_weight(const struct testimony *testimony, const struct view_trust *trust)
{
	if (testimony->state == EXTERNAL_UNKNOWN) {
		return 0;
	}
	if (testimony->measures) {
		return testimony->uptime_ppm < 0 ? 0
						 : weigh_uptime(testimony->uptime_ppm);
	}
	return testimony->state == EXTERNAL_INCIDENT ? weigh_claim(testimony, trust)
						     : weigh_clear(trust);
}

int32_t
testimony_mnats(const struct sources *sources, const struct trust *trust,
    uint16_t target, struct mono now)
{
	struct testimony testimony;
	int32_t mnats = 0;

	for (uint16_t i = 0; sources_testify(sources, i, target, now, &testimony);
	     i++) {
		struct view_trust record = trust_view(trust, testimony.probe);

		mnats += testimony_weight(&testimony, &record);
	}
	if (mnats < TESTIMONY_MIN_MNATS) {
		return TESTIMONY_MIN_MNATS;
	}
	return mnats < TESTIMONY_MAX_MNATS ? mnats : TESTIMONY_MAX_MNATS;
}
