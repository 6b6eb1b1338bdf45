/* trace - what happened in a world, line by line
 * Room: tests/sim.
 *
 * Two runs of a seed have the same lines: trace_hash() says so. The last lines are kept and
 * shown when something is wrong. */
#ifndef TESTS_SIM_TRACE_H
#define TESTS_SIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

/* `show`: every line goes to standard output at once. */
void trace_begin(uint64_t seed, bool show);

void trace_line(const char *who, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

uint64_t trace_hash(void);
uint64_t trace_count(void);

/* Shows the seed, what is wrong, and the last lines; ends the program with status 1. */
void __attribute__((noreturn, format(printf, 1, 2)))
trace_fail(const char *format, ...);

#endif
