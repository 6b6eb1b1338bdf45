/* silence - agents that say nothing
 * Room: collector/core (pure).
 *
 * Silence is neither good nor bad: it never becomes evidence about a target. It is told as
 * a finding of its own, grouped: an agent, a whole region, or nearly the whole fleet, which
 * is most likely the collector's own view. */
#ifndef COLLECTOR_CORE_SILENCE_H
#define COLLECTOR_CORE_SILENCE_H

#include "collector/core/tempo.h"

enum {
	SILENCE_SCOPES = 16 /* most that one step names */
};

struct silence {
	const struct topology *topology;
	struct mono *heard_at; /* [agents] */
	bool *has_left;
	bool *is_silent;
	bool *
	    is_told; /* an open finding speaks of it; set by the caller before each step */
	struct mono
	    waiting_since; /* first silent agent nobody speaks of, or MONO_NEVER */
	bool is_started;
};

size_t silence_bytes(const struct topology *topology);
bool silence_init(
    struct silence *silence, struct arena *arena, const struct topology *topology);

/* The clock starts: nobody is silent yet. Also after loading a state, since it is then
 * the collector that was away. */
void silence_start(struct silence *silence, struct mono now);
void silence_heard(struct silence *silence, uint16_t agent, struct mono now);
void silence_left(struct silence *silence, uint16_t agent);

/* Recomputes who is silent. */
void silence_update(
    struct silence *silence, const struct tempo *tempo, struct mono now);

/* Scopes that have to be told now, widest first; 0 while silent agents are still being
 * gathered. Call after silence_update() and after setting `is_told`. */
size_t silence_scopes(struct silence *silence, const struct tempo *tempo,
    struct mono now, struct scope out[SILENCE_SCOPES]);

/* True when the agent belongs to the scope of a silence. */
bool silence_in_scope(
    const struct topology *topology, struct scope scope, uint16_t agent);

#endif
