/* wire - the border post: bytes of the wire <-> structs of the core
 * Room: proto (generated code and common/core, nothing else).
 *
 * The only place that sees generated code. Decoding takes all its memory from the
 * caller's arena, so a message can never cost more than that; what is decoded is
 * checked (names, ranges, column lengths, enum values) before anybody else sees it:
 * past this point input is well formed, though still untrusted. Structs and texts that
 * come out live in the arena. Encoding writes into the caller's bytes and uses the
 * arena as scratch.
 *
 * A batch is not kept bit by bit: durations of a result (each phase, server_us) arrive
 * within 1 in 256 (0.4 %) of what was measured, exact below 256 us (coarse.h), and
 * started_at is cut to the millisecond. Encoding what was decoded changes nothing more
 * (but for runs of more than 71 minutes, which no uint32_t holds).
 * Texts that could not be shown (limits.h, utf8.h) leave as "". */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "common/core/arena.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/plan.h"
#include "common/core/result.h"
#include "common/core/seqset.h"

#include <stddef.h>
#include <stdint.h>

enum {
	WIRE_VERSION = 1,
	WIRE_HOLES = 16,            /* in one batch */
	WIRE_PROBE_NOW = 64,        /* in one directive */
	WIRE_ARENA_BYTES = 16 << 20 /* enough for any message within limits.h */
};

struct wire_hello {
	uint32_t version;
	const char *agent;
	const char *region;
	const char *build;
	uint64_t incarnation;
	uint64_t next_seq;
	uint64_t spooled;
	struct wall wall;
};

enum hole_why {
	HOLE_UNUSED = 1,
	HOLE_DROPPED = 2
};

struct wire_hole {
	struct seq_range range;
	enum hole_why why;
};

/* Results `first_seq` .. `first_seq + len - 1`; `result[i].seq` agrees with that. */
struct wire_batch {
	uint64_t session;
	uint64_t incarnation;
	uint64_t first_seq;
	struct wall sent_at;
	uint32_t rtt_us;
	const struct result *result;
	size_t len;
	const struct wire_hole *hole;
	size_t hole_len;
};

struct wire_poll {
	uint64_t session;
	uint64_t plan_version;
	struct wall sent_at;
	uint32_t rtt_us;
	uint64_t spooled;
};

enum wire_agent_kind {
	WIRE_HELLO = 1,
	WIRE_BATCH,
	WIRE_POLL,
	WIRE_GOODBYE
};

struct wire_agent_message {
	enum wire_agent_kind kind;
	struct wire_hello hello;
	struct wire_batch batch;
	struct wire_poll poll;
	uint64_t goodbye_session;
};

struct wire_welcome {
	uint32_t version;
	uint64_t session;
	const struct seq_range *received;
	size_t received_len;
	uint64_t plan_version;
	struct wall wall;
	uint32_t credit;
};

enum wire_reason {
	WIRE_REASON_NONE = 0,
	WIRE_REASON_HELLO_FIRST,
	WIRE_REASON_VERSION,
	WIRE_REASON_UNKNOWN_AGENT,
	WIRE_REASON_WRONG_REGION,
	WIRE_REASON_DUPLICATE,
	WIRE_REASON_MALFORMED,
	WIRE_REASON_BUSY,
	WIRE_REASON_COUNT
};

const char *wire_reason_name(enum wire_reason reason);

struct wire_refused {
	enum wire_reason reason;
	const char *text;
	uint32_t retry_after_ms;
};

struct wire_ack {
	const struct seq_range *durable;
	size_t durable_len;
	uint64_t plan_version;
	struct wall wall;
	uint32_t credit;
};

struct wire_directive {
	bool has_plan;
	struct plan plan;
	const char *const *probe_now;
	size_t probe_now_len;
	struct wall wall;
};

enum wire_collector_kind {
	WIRE_WELCOME = 1,
	WIRE_REFUSED,
	WIRE_ACK,
	WIRE_DIRECTIVE
};

struct wire_collector_message {
	enum wire_collector_kind kind;
	struct wire_welcome welcome;
	struct wire_refused refused;
	struct wire_ack ack;
	struct wire_directive directive;
};

/* Encodes into at most `cap` bytes at `out`. ERR_LIMIT when it does not fit, or when
 * something is over its limit; the message is only read. */
enum err wire_agent_encode(const struct wire_agent_message *message,
    struct arena *scratch, unsigned char *out, size_t cap, size_t *out_len) WARN_UNUSED;
enum err wire_collector_encode(const struct wire_collector_message *message,
    struct arena *scratch, unsigned char *out, size_t cap, size_t *out_len) WARN_UNUSED;

/* Decodes and checks `len` bytes at `data`. ERR_FORMAT for anything that breaks the
 * protocol, ERR_LIMIT for what is over a limit or does not fit the arena; `out` is then
 * undefined. Unknown fields of newer peers are passed over, unknown outcomes become
 * OUTCOME_MALFORMED, unknown flags are dropped. */
enum err wire_agent_decode(const unsigned char *data, size_t len, struct arena *arena,
    struct wire_agent_message *out) WARN_UNUSED;
enum err wire_collector_decode(const unsigned char *data, size_t len,
    struct arena *arena, struct wire_collector_message *out) WARN_UNUSED;

#endif
