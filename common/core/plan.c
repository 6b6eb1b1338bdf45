#include "common/core/plan.h"

#include <string.h>

/* name, family, makes_image, has_model, has_key */
static const struct probe_traits traits[PROBE_KIND_COUNT + 1] = {
    [PROBE_HTTP] = {"http", FAMILY_PLAIN, false, false, false},
    [PROBE_GEMINI_IMAGE] = {"gemini-image", FAMILY_GOOGLE, true, true, true},
    [PROBE_GEMINI_MODEL] = {"gemini-model", FAMILY_GOOGLE, false, true, true},
    [PROBE_OPENAI_IMAGE] = {"openai-image", FAMILY_OPENAI, true, true, true},
    [PROBE_GCLOUD_STATUS] = {"gcloud-status", FAMILY_PAGE, false, false, false},
    [PROBE_STATUSPAGE] = {"statuspage", FAMILY_PAGE, false, false, false},
    [PROBE_AISTUDIO_STATUS] = {"aistudio-status", FAMILY_PAGE, false, false, false},
    [PROBE_OPENROUTER_ENDPOINTS] = {"openrouter-endpoints", FAMILY_PAGE, false, false,
	false},
    [PROBE_GEMINI_STREAM] = {"gemini-stream", FAMILY_GOOGLE, true, true, true},
    [PROBE_GEMINI_MODELS] = {"gemini-models", FAMILY_GOOGLE, false, true, true},
    [PROBE_GEMINI_TOKENS] = {"gemini-tokens", FAMILY_GOOGLE, false, true, true},
    [PROBE_VERTEX_IMAGE] = {"vertex-image", FAMILY_GOOGLE, true, true, true},
    [PROBE_VERTEX_IMAGEN] = {"vertex-imagen", FAMILY_GOOGLE, true, true, true},
    [PROBE_VERTEX_TOKENS] = {"vertex-tokens", FAMILY_GOOGLE, false, true, true},
    [PROBE_OPENAI_MODELS] = {"openai-models", FAMILY_OPENAI, false, true, true},
    [PROBE_OPENROUTER_CHAT] = {"openrouter-chat", FAMILY_OPENROUTER, true, true, true},
    [PROBE_OPENROUTER_IMAGE] = {"openrouter-image", FAMILY_OPENROUTER, true, true,
	true},
    [PROBE_OPENROUTER_KEY] = {"openrouter-key", FAMILY_OPENROUTER, false, false, true},
    [PROBE_OPENROUTER_MODELS] = {"openrouter-models", FAMILY_PAGE, false, false, false},
    [PROBE_GCLOUD_FEED] = {"gcloud-feed", FAMILY_PAGE, false, false, false},
    [PROBE_FEED] = {"feed", FAMILY_PAGE, false, false, false},
    [PROBE_DATADOG_STATUS] = {"datadog-status", FAMILY_PAGE, false, false, false},
    [PROBE_TCP] = {"tcp", FAMILY_NET, false, false, false},
    [PROBE_TLS] = {"tls", FAMILY_NET, false, false, false},
    [PROBE_DNS] = {"dns", FAMILY_NET, false, false, false},
    [PROBE_ICMP] = {"icmp", FAMILY_NET, false, false, false},
    [PROBE_KIND_COUNT] = {"unknown", FAMILY_PLAIN, false, false, false},
};

const struct probe_traits *
probe_traits(enum probe_kind kind)
{
	return &traits[(unsigned)kind < PROBE_KIND_COUNT ? kind : PROBE_KIND_COUNT];
}

const char *
probe_kind_name(enum probe_kind kind)
{
	return probe_traits(kind)->name;
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
