/* test.h - cmocka and the headers it wants before itself.
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* How many of `full` rounds, seeds or steps this run does, at least one: under sanitizers
 * the build asks for fewer (PARALLAX_EFFORT, percent). Everything when run by hand. */
static inline unsigned
test_effort(unsigned full)
{
	const char *effort = getenv("PARALLAX_EFFORT");
	unsigned long part = effort != NULL ? strtoul(effort, NULL, 10) : 100;
	unsigned long rounds = full * part / 100;

	return rounds > 0 ? (unsigned)rounds : 1;
}

#endif
