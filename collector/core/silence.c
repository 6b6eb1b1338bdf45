#include "collector/core/silence.h"

size_t
silence_bytes(const struct topology *topology)
{
	size_t agents = (size_t)topology->agent_len + 1;

	return arena_bytes(agents, sizeof(struct mono)) +
	       3 * arena_bytes(agents, sizeof(bool));
}

bool
silence_init(
    struct silence *silence, struct arena *arena, const struct topology *topology)
{
	size_t agents = (size_t)topology->agent_len + 1;

	silence->topology = topology;
	silence->heard_at = arena_take(arena, agents, sizeof(struct mono));
	silence->has_left = arena_take(arena, agents, sizeof(bool));
	silence->is_silent = arena_take(arena, agents, sizeof(bool));
	silence->is_told = arena_take(arena, agents, sizeof(bool));
	silence->waiting_since = MONO_NEVER;
	silence->is_started = false;
	return !arena_failed(arena);
}

void
silence_start(struct silence *silence, struct mono now)
{
	for (uint16_t a = 0; a < silence->topology->agent_len; a++) {
		silence->heard_at[a] = now;
	}
	silence->is_started = true;
}

void
silence_heard(struct silence *silence, uint16_t agent, struct mono now)
{
	if (mono_before(silence->heard_at[agent], now)) {
		silence->heard_at[agent] = now;
	}
	silence->has_left[agent] = false;
}

void
silence_left(struct silence *silence, uint16_t agent)
{
	silence->has_left[agent] = true;
}

void
silence_update(struct silence *silence, const struct tempo *tempo, struct mono now)
{
	for (uint16_t a = 0; a < silence->topology->agent_len; a++) {
		silence->is_silent[a] =
		    !silence->has_left[a] &&
		    mono_since(now, silence->heard_at[a]) > tempo->silent_ns;
	}
}

bool
silence_in_scope(const struct topology *topology, struct scope scope, uint16_t agent)
{
	if (scope.kind == SCOPE_REGION) {
		return topology->agent[agent].region == scope.index;
	}
	return scope.kind == SCOPE_FLEET ||
	       (scope.kind == SCOPE_AGENT && scope.index == agent);
}

/* Counts the agents that should speak and those that do not. */
static void
count(const struct silence *silence, struct scope scope, unsigned *out_all,
    unsigned *out_silent, unsigned *out_untold)
{
	*out_all = 0;
	*out_silent = 0;
	*out_untold = 0;
	for (uint16_t a = 0; a < silence->topology->agent_len; a++) {
		if (silence->has_left[a] ||
		    !silence_in_scope(silence->topology, scope, a)) {
			continue;
		}
		*out_all += 1;
		*out_silent += silence->is_silent[a] ? 1 : 0;
		*out_untold += silence->is_silent[a] && !silence->is_told[a] ? 1 : 0;
	}
}

static size_t
region_scopes(
    const struct silence *silence, uint16_t region, struct scope *out, size_t cap)
{
	struct scope whole = {SCOPE_REGION, region, TOPOLOGY_NONE};
	unsigned all;
	unsigned silent;
	unsigned untold;
	size_t len = 0;

	count(silence, whole, &all, &silent, &untold);
	if (untold == 0 || cap == 0) {
		return 0;
	}
	if (silent == all) {
		out[len++] = whole;
		return len;
	}
	for (uint16_t a = 0; a < silence->topology->agent_len && len < cap; a++) {
		if (silence->is_silent[a] && !silence->is_told[a] &&
		    silence_in_scope(silence->topology, whole, a)) {
			out[len++] = (struct scope){SCOPE_AGENT, a, TOPOLOGY_NONE};
		}
	}
	return len;
}

size_t
silence_scopes(struct silence *silence, const struct tempo *tempo, struct mono now,
    struct scope out[SILENCE_SCOPES])
{
	struct scope fleet = {SCOPE_FLEET, 0, TOPOLOGY_NONE};
	unsigned all;
	unsigned silent;
	unsigned untold;
	size_t len = 0;

	count(silence, fleet, &all, &silent, &untold);
	if (untold == 0) {
		silence->waiting_since = MONO_NEVER;
		return 0;
	}
	silence->waiting_since = mono_min(silence->waiting_since, now);
	if (mono_since(now, silence->waiting_since) < tempo->group_ns) {
		return 0;
	}
	if (silent * 5 >= all * 4) {
		out[len++] = fleet;
		return len;
	}
	for (uint16_t r = 0; r < silence->topology->region_len; r++) {
		len += region_scopes(silence, r, out + len, SILENCE_SCOPES - len);
	}
	return len;
}
