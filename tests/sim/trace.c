#include "tests/sim/trace.h"

#include "common/core/clock.h"
#include "tests/sim/chance.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINES = 50,
	LINE_BYTES = 240
};

static struct {
	uint64_t seed;
	bool show;
	uint64_t hash;
	uint64_t count;
	char line[LINES][LINE_BYTES];
} trace;

void
trace_begin(uint64_t seed, bool show)
{
	memset(&trace, 0, sizeof(trace));
	trace.seed = seed;
	trace.show = show;
	trace.hash = UINT64_C(0xcbf29ce484222325);
}

/* FNV-1a, 64 bits. */
static void
mix(const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		trace.hash =
		    (trace.hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	}
}

void
trace_line(const char *who, const char *format, ...)
{
	char *line = trace.line[trace.count++ % LINES];
	int64_t now_us = chance_now() / CLOCK_NS_PER_US;
	int n = snprintf(line, LINE_BYTES, "%6lld.%06lld %-4s ",
	    (long long)(now_us / 1000000), (long long)(now_us % 1000000), who);
	va_list list;

	va_start(list, format);
	(void)vsnprintf(line + n, LINE_BYTES - (size_t)n, format, list);
	va_end(list);
	mix(line);
	if (trace.show) {
		(void)puts(line);
	}
}

uint64_t
trace_hash(void)
{
	return trace.hash;
}

uint64_t
trace_count(void)
{
	return trace.count;
}

void
trace_fail(const char *format, ...)
{
	uint64_t first = trace.count > LINES ? trace.count - LINES : 0;
	va_list list;

	if (!trace.show) {
		for (uint64_t i = first; i < trace.count; i++) {
			(void)puts(trace.line[i % LINES]);
		}
	}
	(void)printf("not ok seed %llu: ", (unsigned long long)trace.seed);
	va_start(list, format);
	(void)vprintf(format, list);
	va_end(list);
	(void)printf(
	    "\nreplay: sim --seed %llu --trace\n", (unsigned long long)trace.seed);
	(void)fflush(stdout);
	_Exit(1);
}
