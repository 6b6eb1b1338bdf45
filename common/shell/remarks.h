/* remarks - what is wrong with a file, one line each
 * Room: common/shell.
 *
 * A fixed list that the caller owns and prints: checks add to it and never print. Lines
 * read `file:line: what, what was expected`, are printable ASCII or UTF-8 without line
 * breaks, and never hold a secret: those who add a remark keep values of settings that may
 * be secret out of it. Sorted by line. An error makes the file unusable, a warning does not. */
#ifndef COMMON_SHELL_REMARKS_H
#define COMMON_SHELL_REMARKS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	REMARKS_MAX = 128,
	REMARK_BYTES = 448
};

enum severity {
	SEVERITY_WARNING = 0,
	SEVERITY_ERROR
};

struct remark {
	enum severity severity;
	size_t line; /* 0 = the file as a whole */
	char text[REMARK_BYTES];
};

struct remarks {
	struct remark remark[REMARKS_MAX];
	size_t len;
	size_t errors;   /* all of them, also those that found no room */
	size_t warnings; /* the same */
};

/* An empty list. About 57 KiB: keep it off small stacks. */
void remarks_init(struct remarks *remarks);

/* Adds `file:line: ` and the formatted text; `line` 0 leaves the line out. A full list
 * counts and drops, but gives an error the place of the last warning. */
void remarks_add(struct remarks *remarks, enum severity severity, const char *file,
    size_t line, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same with a va_list. */
void remarks_addv(struct remarks *remarks, enum severity severity, const char *file,
    size_t line, const char *format, va_list args)
    __attribute__((format(printf, 5, 0)));

/* True when nothing forbids using the file. */
bool remarks_ok(const struct remarks *remarks);

/* The first error, or the first warning, or "": for a log line. */
const char *remarks_first(const struct remarks *remarks);

/* "warning" or "error"; never NULL. */
const char *remarks_severity_name(enum severity severity);

#endif
