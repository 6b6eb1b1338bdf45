/* pager - what the hook `pager` of a fleet's px-upstream was told
 * Room: tests/support.
 *
 * A message that comes again has the key it had, and the same body; different messages have
 * different keys. Every function here fails the running test when that does not hold. */
#ifndef TESTS_SUPPORT_PAGER_H
#define TESTS_SUPPORT_PAGER_H

#include "tests/support/fleet_process.h"

/* All deliveries by now, to be released. */
json_t *pager_deliveries(const struct fleet_process *fleet);

/* How many different messages of that kind there are on that incident. */
unsigned pager_count(const json_t *deliveries, json_int_t incident, const char *kind);

/* How many deliveries on that incident have a key that was there before. */
unsigned pager_repeats(const json_t *deliveries, json_int_t incident);

/* Blocks until a delivery says that `incident` is over, for the log may have it sooner;
 * all deliveries, to be released. */
json_t *pager_await_end(const struct fleet_process *fleet, json_int_t incident);

#endif
