#include "common/core/outcome.h"

#include <stdio.h>
#include <string.h>

const char *
outcome_name(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_OK:
		return "ok";
	case OUTCOME_RATE_LIMITED:
		return "rate_limited";
	case OUTCOME_QUOTA_EXHAUSTED:
		return "quota_exhausted";
	case OUTCOME_AUTH_ERROR:
		return "auth_error";
	case OUTCOME_BAD_REQUEST:
		return "bad_request";
	case OUTCOME_CONTENT_BLOCKED:
		return "content_blocked";
	case OUTCOME_UPSTREAM_ERROR:
		return "upstream_error";
	case OUTCOME_TIMEOUT:
		return "timeout";
	case OUTCOME_NET_DNS:
		return "net_dns";
	case OUTCOME_NET_CONNECT:
		return "net_connect";
	case OUTCOME_NET_TLS:
		return "net_tls";
	case OUTCOME_MALFORMED:
		return "malformed";
	case OUTCOME_LOCAL_ERROR:
		return "local_error";
	case OUTCOME_SKIPPED:
		return "skipped";
	case OUTCOME_COUNT:
		break;
	}
	return "unknown";
}

const char *
phase_name(enum phase phase)
{
	switch (phase) {
	case PHASE_LOCAL:
		return "local";
	case PHASE_DNS:
		return "dns";
	case PHASE_CONNECT:
		return "connect";
	case PHASE_TLS:
		return "tls";
	case PHASE_WAIT:
		return "wait";
	case PHASE_BODY:
		return "body";
	case PHASE_DONE:
		return "done";
	case PHASE_FETCH:
		return "fetch";
	case PHASE_TOKEN:
		return "token";
	case PHASE_COUNT:
		break;
	}
	return "unknown";
}

bool
outcome_find(const char *name, enum outcome *out_outcome)
{
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (strcmp(name, outcome_name((enum outcome)i)) == 0) {
			*out_outcome = (enum outcome)i;
			return true;
		}
	}
	return false;
}

static const char *const flag_names[] = {"capacity", "region_block", "no_image",
    "model_gone", "partial_body", "overloaded", "deadline", "bad_cert", "gateway",
    "unchanged", "portal", "bad_image", "slow", "drill", "on_demand", "cost_reported",
    "expiring", "repeated", "mismatch"};

size_t
flags_text(uint32_t flags, char *out, size_t cap)
{
	size_t len = 0;

	if (cap == 0) {
		return 0;
	}
	out[0] = '\0';
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
		if ((flags & (1U << i)) == 0) {
			continue;
		}
		int n = snprintf(
		    out + len, cap - len, "%s%s", len > 0 ? "," : "", flag_names[i]);
		if (n < 0 || (size_t)n >= cap - len) {
			out[len] = '\0';
			return len;
		}
		len += (size_t)n;
	}
	return len;
}

bool
outcome_is_failure(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_UPSTREAM_ERROR:
	case OUTCOME_TIMEOUT:
	case OUTCOME_NET_DNS:
	case OUTCOME_NET_CONNECT:
	case OUTCOME_NET_TLS:
	case OUTCOME_MALFORMED:
		return true;
	case OUTCOME_OK:
	case OUTCOME_RATE_LIMITED:
	case OUTCOME_QUOTA_EXHAUSTED:
	case OUTCOME_AUTH_ERROR:
	case OUTCOME_BAD_REQUEST:
	case OUTCOME_CONTENT_BLOCKED:
	case OUTCOME_LOCAL_ERROR:
	case OUTCOME_SKIPPED:
	case OUTCOME_COUNT:
		break;
	}
	return false;
}

bool
outcome_is_neutral(enum outcome outcome)
{
	return outcome != OUTCOME_OK && !outcome_is_failure(outcome);
}
