/* upstream_glob - path patterns of rules and routes
 * Room: tests/support.
 *
 * A pattern is literal text in which `*` stands for any run of characters, `/` and the
 * empty run included. There is no escape and no other wildcard. */
#ifndef TESTS_SUPPORT_UPSTREAM_GLOB_H
#define TESTS_SUPPORT_UPSTREAM_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Does the whole of `text` match `pattern`? Linear space, no recursion. */
bool upstream_glob_match(const char *pattern, const char *text);

/* How specific a pattern is: twice its literal characters, plus one if it has no `*`. */
size_t upstream_glob_weight(const char *pattern);

#endif
