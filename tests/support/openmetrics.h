/* openmetrics - is this text a valid OpenMetrics exposition?
 * Room: tests/support.
 *
 * The part of OpenMetrics 1.0 that the collector uses: gauge, counter and info families,
 * TYPE and HELP before the samples, families in one piece, no sample twice, label syntax
 * and escapes, numbers, "# EOF" at the end and nothing after it. */
#ifndef TESTS_SUPPORT_OPENMETRICS_H
#define TESTS_SUPPORT_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>

/* True when `text` is valid; otherwise `error` names the first bad line and why. */
bool openmetrics_check(const char *text, char *error, size_t cap);

#endif
