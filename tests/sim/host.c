/* What a program asks of its machine: clocks, signals, randomness, the log. Takes the place
 * of common/shell/clock_sys.c, signals.c and log.c, of the system's getrandom(), and of what
 * happens when an assertion fails. */
#include "common/shell/clock_sys.h"
#include "common/shell/log.h"
#include "common/shell/signals.h"
#include "tests/sim/chance.h"
#include "tests/sim/node.h"
#include "tests/sim/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* 2026-01-01T00:00:00Z, when every world begins. */
#define EPOCH_NS (INT64_C(1767225600) * CLOCK_NS_PER_S)

/* NOLINTBEGIN(readability-identifier-naming): the linker's --wrap makes these names */
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);
void __attribute__((noreturn)) __wrap___assert_fail(
    const char *text, const char *file, unsigned line, const char *function);

struct now
clock_sys_now(void)
{
	const struct node *node = node_current();

	return (struct now){.mono = {chance_now() + node->started_ns},
	    .wall = {EPOCH_NS + chance_now() + node->skew_ns}};
}

/* Machines of this world are never suspended. */
struct now
clock_sys_boot(void)
{
	return clock_sys_now();
}

int64_t
clock_sys_suspended_ns(void)
{
	return 0;
}

enum signals_event
signals_take(void)
{
	struct node *node = node_current();

	if (!node->must_stop) {
		return SIGNALS_NONE;
	}
	node->must_stop = false;
	return SIGNALS_STOP;
}

enum err
signals_watch(void (*wake)(void *context), void *context)
{
	(void)wake;
	(void)context;
	return ERR_OK;
}

void
__wrap___assert_fail(
    const char *text, const char *file, unsigned line, const char *function)
{
	trace_fail("%s:%u: %s: %s", file, line, function, text);
}

ssize_t
__wrap_getrandom(void *out, size_t len, unsigned flags)
{
	unsigned char *bytes = out;

	(void)flags;
	for (size_t i = 0; i < len; i++) {
		bytes[i] = (unsigned char)chance_next();
	}
	return (ssize_t)len;
}
/* NOLINTEND(readability-identifier-naming) */

void
log_set_level(enum log_level level)
{
	(void)level;
}

bool
log_level_find(const char *name, enum log_level *out_level)
{
	(void)name;
	*out_level = LOG_INFO;
	return true;
}

void
log_line(enum log_level level, const char *event, const char *format, ...)
{
	char text[200];
	va_list list;

	if (level == LOG_DEBUG) {
		return;
	}
	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	trace_line(node_current()->name, "%s %s", event, text);
}
