#include "common/core/result.h"

const char *
claim_name(enum claim claim)
{
	switch (claim) {
	case CLAIM_CLEAR:
		return "clear";
	case CLAIM_INFORMATION:
		return "information";
	case CLAIM_DISRUPTION:
		return "disruption";
	case CLAIM_OUTAGE:
		return "outage";
	case CLAIM_COUNT:
		break;
	}
	return "unknown";
}
