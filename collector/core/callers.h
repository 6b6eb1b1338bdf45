/* callers - who is on the line, and who has to go when it is full
 * Room: collector/core (pure).
 *
 * Anybody who reaches the port can connect, say nothing and stay. There is room for so many
 * connections; one more ends the oldest of those that nobody is known by, so that strangers
 * push out strangers, and an agent that greets at once always finds its way in. Those that
 * are known stay. Pipes are numbers from 1.
 * Owner: whoever keeps its lock (listener.c). */
#ifndef COLLECTOR_CORE_CALLERS_H
#define COLLECTOR_CORE_CALLERS_H

#include "common/core/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define CALLERS_NOBODY UINT32_C(0)

struct callers;

size_t callers_bytes(uint32_t max);
/* NULL when the arena is too small. */
struct callers *callers_init(struct arena *arena, uint32_t max);

/* A connection is there. Returns the one that is to be ended for it, the new one itself when
 * all others are known, or CALLERS_NOBODY. What is to be ended is forgotten already. */
uint32_t callers_add(struct callers *callers, uint32_t pipe);

/* It is gone; one that nobody knows of is fine. */
void callers_remove(struct callers *callers, uint32_t pipe);

/* An agent greeted on it, or came to be on another one since. */
void callers_know(struct callers *callers, uint32_t pipe, bool is_known);

/* How many there are. */
uint32_t callers_len(const struct callers *callers);

#endif
