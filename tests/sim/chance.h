/* chance - everything that the seed decides, and the line of events in virtual time
 * Room: tests/sim.
 *
 * Virtual time counts nanoseconds from the beginning of a world. Events of the same instant
 * come in the order in which they were added. */
#ifndef TESTS_SIM_CHANCE_H
#define TESTS_SIM_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begins a world: time 0, no events. */
void chance_begin(uint64_t seed);
void chance_end(void);

uint64_t chance_next(void);
uint64_t chance_below(uint64_t bound);
int64_t chance_between(int64_t low, int64_t high); /* both included */
bool chance_percent(unsigned percent);

int64_t chance_now(void);

/* `happen` is called with both at `at_ns`, or now when that has passed. */
void chance_add(int64_t at_ns, void (*happen)(void *what, uint64_t number), void *what,
    uint64_t number);

/* Lets the next event happen, if it is not after `until_ns`; false when there is none. */
bool chance_step(int64_t until_ns);

#endif
