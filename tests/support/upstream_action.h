/* upstream_action - what a rule does to a request or a connection
 * Room: tests/support.
 *
 * An action is parsed once from JSON, never changes afterwards, and is counted, so that a
 * request may finish under an action whose rule is gone.
 *
 * Members of the JSON object, all optional:
 *   status N             HTTP status; without `body` the body is a short JSON object
 *   body TEXT|JSON       the body; JSON is sent as it was given
 *   body_file PATH       the body, relative to --data
 *   type TEXT            Content-Type of the body (guessed otherwise)
 *   shape NAME           a named answer, see upstream_shapes.h
 *   headers {NAME:TEXT}  added or replaced
 *   delay_ms N           wait before the first byte
 *   stall_after_bytes N  headers and N body bytes, then nothing until the client leaves
 *   stall_ms N           end of a stall; the rest of the body follows
 *   reset_after_bytes N  TCP reset after N body bytes; 0 = before any answer
 *   close_after_bytes N  orderly close after N body bytes
 *   close true           orderly close without an answer
 *   drip_bytes_per_s N   body bytes per second
 *   garbage true|TEXT    these bytes instead of HTTP, then close
 *   content_encoding_bomb MIB  a gzip body that unpacks to that many MiB of zeroes
 * and those that act on a connection, before HTTP (rule path "connect" or "tls"):
 *   refuse true          reset at once
 *   accept_hang true     accept and never answer
 *   bad_tls NAME         expired, not_yet_valid, wrong_name, self_signed, garbage_hello
 *   delay_ms N           wait before the handshake
 * Without status, body, body_file, shape and bomb the true protocol answers, so that for
 * example a delay can be put on a true answer. */
#ifndef TESTS_SUPPORT_UPSTREAM_ACTION_H
#define TESTS_SUPPORT_UPSTREAM_ACTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "tests/support/upstream.h"

/* The faults a TLS listener can have; the first is none. */
enum upstream_action_tls {
	UPSTREAM_ACTION_TLS_GOOD,
	UPSTREAM_ACTION_TLS_EXPIRED,
	UPSTREAM_ACTION_TLS_NOT_YET_VALID,
	UPSTREAM_ACTION_TLS_WRONG_NAME,
	UPSTREAM_ACTION_TLS_SELF_SIGNED,
	UPSTREAM_ACTION_TLS_GARBAGE_HELLO,
};

/* Offsets and times are -1 where the action does not name them. */
struct upstream_action {
	atomic_uint refs;
	json_t *json; /* as given, for GET /rules */
	int64_t status;
	struct upstream_blob *body;
	char type[64];
	char shape[48];
	int64_t delay_ms;
	int64_t stall_after_bytes;
	int64_t stall_ms;
	int64_t reset_after_bytes;
	int64_t close_after_bytes;
	int64_t drip_bytes_per_s;
	int64_t bomb_mib;
	struct upstream_blob *garbage;
	bool close;
	bool refuse;
	bool accept_hang;
	enum upstream_action_tls tls;
};

#define UPSTREAM_ACTION_ERROR_MAX 160

/* Reads `json` (borrowed). NULL with one line in `out_error`, which has
 * UPSTREAM_ACTION_ERROR_MAX bytes, when a member is unknown or has a wrong value. */
struct upstream_action *upstream_action_new(
    const struct upstream *up, json_t *json, char *out_error);

/* One more holder; returns its argument. */
struct upstream_action *upstream_action_keep(struct upstream_action *action);

/* One holder less. NULL is legal. */
void upstream_action_drop(struct upstream_action *action);

/* Does it act on connections rather than on requests? */
bool upstream_action_is_raw(const struct upstream_action *action);

/* Fills `out` for `request`: the action's own answer where it has one, the true
 * protocol's otherwise, and the action's headers in both cases. */
void upstream_action_answer(const struct upstream_action *action,
    const struct upstream_request *request, struct upstream_answer *out);

/* Text of a TLS fault as `bad_tls` takes it. */
const char *upstream_action_tls_name(enum upstream_action_tls tls);

#endif
