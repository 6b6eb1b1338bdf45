/* upstream_control - the port by which tests program the server and wait for events
 * Room: tests/support.
 *
 * Plain HTTP and JSON on a listener of its own; nothing here is authenticated, so bind it
 * to loopback. One thread per connection, as waiting requests block.
 *
 *   GET    /healthz
 *   PUT    /rules             one rule, or an array of them; see upstream_rules.h
 *   GET    /rules             in order of precedence, with `used`
 *   DELETE /rules  /rules/ID
 *   GET    /requests?path=GLOB&client=IP&status=N&last=N    counters and newest requests
 *   GET    /requests?wait=N&timeout_ms=N&...                blocks until N were seen
 *   GET    /hooks/NAME?wait=N&timeout_ms=N                  deliveries, see upstream_hooks.h
 *   DELETE /hooks
 *   GET    /state   PUT /state                              see upstream_state.h
 *   GET    /relays  PUT /relays/NAME                        see upstream_relay.h
 *   GET    /shapes            names for an action's `shape`
 *   GET    /ca.pem            the CA behind the minted certificates
 *   POST   /reset             rules, counters, hooks, state and relays as at start
 * A wait that times out answers 408 with what there is. A bad request answers 400 and
 * {"error":TEXT}; the default timeout is 30 s, the longest 10 minutes. */
#ifndef TESTS_SUPPORT_UPSTREAM_CONTROL_H
#define TESTS_SUPPORT_UPSTREAM_CONTROL_H

#include "tests/support/upstream.h"

struct upstream_control;

/* Starts on `addr`, whose port 0 is replaced; NULL with a line on stderr. `up` is kept. */
struct upstream_control *upstream_control_new(
    const struct upstream *up, struct upstream_net_addr *addr);

/* Ends it; end all waits first. NULL is legal. */
void upstream_control_free(struct upstream_control *control);

#endif
