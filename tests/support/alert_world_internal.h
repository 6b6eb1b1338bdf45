/* alert_world_internal - what the files of the alert world share
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_ALERT_WORLD_INTERNAL_H
#define TESTS_SUPPORT_ALERT_WORLD_INTERNAL_H

#include "tests/support/alert_world.h"

/* Fails the test with the name of the invariant unless it holds. */
void world_check(const char *invariant, const char *condition, bool holds);

#define CHECK(invariant, condition) world_check(invariant, #condition, condition)

/* It is not over. */
bool world_is_live(const struct world_row *row);

/* The last news about the incident that arrived on the channel, or NULL. */
const struct world_arrival *world_last_arrival(
    const struct world *world, uint64_t incident, uint16_t channel);

#endif
