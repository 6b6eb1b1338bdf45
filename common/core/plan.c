#include "common/core/plan.h"

#include <string.h>

const char *
probe_kind_name(enum probe_kind kind)
{
	switch (kind) {
	case PROBE_HTTP:
		return "http";
	case PROBE_GEMINI_IMAGE:
		return "gemini-image";
	case PROBE_GEMINI_MODEL:
		return "gemini-model";
	case PROBE_OPENAI_IMAGE:
		return "openai-image";
	case PROBE_GCLOUD_STATUS:
		return "gcloud-status";
	case PROBE_STATUSPAGE:
		return "statuspage";
	case PROBE_AISTUDIO_STATUS:
		return "aistudio-status";
	case PROBE_OPENROUTER_ENDPOINTS:
		return "openrouter-endpoints";
	case PROBE_KIND_COUNT:
		break;
	}
	return "unknown";
}

bool
probe_kind_find(const char *name, enum probe_kind *out_kind)
{
	for (int i = 0; i < PROBE_KIND_COUNT; i++) {
		if (strcmp(name, probe_kind_name((enum probe_kind)i)) == 0) {
			*out_kind = (enum probe_kind)i;
			return true;
		}
	}
	return false;
}

const char *
probe_role_name(enum probe_role role)
{
	switch (role) {
	case ROLE_TARGET:
		return "target";
	case ROLE_FREE:
		return "free";
	case ROLE_CONTROL:
		return "control";
	case ROLE_SOURCE:
		return "source";
	case ROLE_COUNT:
		break;
	}
	return "unknown";
}
