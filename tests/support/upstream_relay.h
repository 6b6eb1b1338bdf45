/* upstream_relay - TCP relays that tests cut, slow down and heal
 * Room: tests/support.
 *
 * A relay listens, connects each client to its target, and passes bytes both ways. States:
 *   up         passes, with `delay_ms` on each direction and at most `bytes_per_s`
 *   down       nothing listens (connect is refused) and existing connections are reset
 *   blackhole  bytes are swallowed both ways; new clients are accepted and hear nothing
 *   half_out   only what clients send passes; what targets send is swallowed
 *   half_in    only what targets send passes; what clients send is swallowed
 *   freeze     nothing is read, nothing is lost: like packets lost and sent again later
 * In the swallowing states the other side does not learn of a close. A connection that
 * has lost bytes, or was never connected, is reset when its relay leaves that state, as
 * its stream is of no more use; one that lost nothing goes on.
 *
 * One thread serves all relays. Changes are applied by that thread before the function
 * that asked for them returns. */
#ifndef TESTS_SUPPORT_UPSTREAM_RELAY_H
#define TESTS_SUPPORT_UPSTREAM_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define UPSTREAM_RELAY_MAX       32
#define UPSTREAM_RELAY_PAIRS_MAX 1024

struct upstream_relays;

/* No relays, no thread yet. */
struct upstream_relays *upstream_relay_new(void);

/* Binds the relay `NAME=LISTEN_ADDR:PORT,TARGET_ADDR:PORT`; before upstream_relay_start
 * only. False with a line on stderr. */
bool upstream_relay_add(struct upstream_relays *relays, const char *spec);

/* Starts the thread; false if that failed. */
bool upstream_relay_start(struct upstream_relays *relays);

/* {"state":...,"delay_ms":N,"bytes_per_s":N}, each optional. False with one line in
 * `out_error` (of `cap` bytes), and no change. */
bool upstream_relay_put(struct upstream_relays *relays, const char *name,
    const json_t *json, char *out_error, size_t cap);

/* Is there a relay of that name? */
bool upstream_relay_known(struct upstream_relays *relays, const char *name);

/* All relays up, without delay and rate. */
void upstream_relay_reset(struct upstream_relays *relays);

/* [{name, listen, port, target, state, delay_ms, bytes_per_s, connections, accepted,
 * bytes_out, bytes_in}]; the caller owns it. */
json_t *upstream_relay_list(struct upstream_relays *relays);

/* Ends the thread and all connections. NULL is legal. */
void upstream_relay_free(struct upstream_relays *relays);

#endif
