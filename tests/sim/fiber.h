/* fiber - a program that runs until it waits, and goes on when it is told to
 * Room: tests/sim.
 *
 * The shells of the product are loops that block. Here each runs on a stack of its own and
 * gives the processor back where it would block, so that one thread runs a whole fleet and
 * nothing but the seed decides in which order. One fiber runs at a time; those that resume
 * it are not fibers. */
#ifndef TESTS_SIM_FIBER_H
#define TESTS_SIM_FIBER_H

#include <stdbool.h>

struct fiber;

/* Begins with the first fiber_resume(); abort()s without memory. */
struct fiber *fiber_new(void (*run)(void *argument), void *argument);

/* Runs it until it waits or has ended; true when it has ended. */
bool fiber_resume(struct fiber *fiber);

/* From inside: gives the processor back, until the next fiber_resume(). */
void fiber_wait(void);

/* Ends it where it stands, as the death of a process does: nothing of it runs any more.
 * From inside it does not return. */
void fiber_kill(struct fiber *fiber);

/* Gives the stack of one that has ended back. */
void fiber_free(struct fiber *fiber);

#endif
