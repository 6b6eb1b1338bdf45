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
 * A batch is not kept bit by bit: durations of a result (each phase, server_us,
 * decode_us) arrive within 1 in 256 (0.4 %) of what was measured, exact below 256 us
 * (coarse.h), and started_at is cut to the millisecond. Encoding what was decoded changes
 * nothing more (but for runs of more than 71 minutes, which no uint32_t holds). The
 * instants of a decoded timing never decrease, whatever was sent.
 * Texts that could not be shown (limits.h, utf8.h) leave as "", numbers that cannot be
 * (an uptime above 100 %) as "not said". No decoded text is NULL; what older peers do not
 * send is "", 0, empty, and for uptimes and prices of figures -1. */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "common/core/arena.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/limits.h"
#include "common/core/plan.h"
#include "common/core/result.h"
#include "common/core/seqset.h"

#include <stddef.h>
#include <stdint.h>

enum {
	WIRE_VERSION = 1,
	WIRE_HOLES = 16,     /* in one batch */
	WIRE_PROBE_NOW = 64, /* in one directive */
	/* In one directive, in one poll: two days of every key, around midnight. */
	WIRE_GRANTS = 2 * LIMIT_KEYS,
	WIRE_SPENT = 2 * LIMIT_KEYS,
	WIRE_CERTIFICATE_BYTES = 8 << 10, /* a chain */
	WIRE_REQUEST_BYTES = 2 << 10,
	WIRE_PROOF_BYTES = 512, /* a signature of RSA with 4096 bits */
	WIRE_NONCE_BYTES_MIN = 16,
	WIRE_NONCE_BYTES = 64,
	WIRE_TRANSCRIPT_BYTES = 256, /* room for any */
	WIRE_ARENA_BYTES = 16 << 20  /* enough for any message within limits.h */
};

/* No amount of money is larger: what a whole fleet says can be summed in 64 bits. Larger
 * ones leave as this one, and do not come in. */
#define WIRE_MICROUSD_MAX UINT64_C(1000000000000000)

/* Bytes that are no text; NULL and 0 are none. */
struct wire_bytes {
	const unsigned char *data;
	size_t len;
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
	bool has_identity; /* it answers a challenge */
	/* The answer to a challenge: both, or neither. The certificate is a chain, PEM or
	 * DER, not looked into here; the proof a signature over wire_transcript(). */
	struct wire_bytes certificate;
	struct wire_bytes proof;
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

/* What an agent has spent with one of its keys. */
struct wire_spent {
	const char *key; /* as agent.yaml calls it */
	uint32_t day;    /* days since 1970-01-01 UTC */
	uint64_t day_microusd;
	uint64_t month_microusd; /* of the month that the day is in, the day included */
};

struct wire_poll {
	uint64_t session;
	uint64_t plan_version; /* the one the agent runs */
	struct wall sent_at;
	uint32_t rtt_us;
	uint64_t spooled;
	const struct wire_spent *spent; /* keys with a budget */
	size_t spent_len;               /* at most WIRE_SPENT */
};

enum wire_agent_kind {
	WIRE_HELLO = 1,
	WIRE_BATCH,
	WIRE_POLL,
	WIRE_GOODBYE,
	WIRE_RENEW
};

/* Asks for the next certificate. */
struct wire_renew {
	uint64_t session;
	struct wire_bytes request; /* 1 .. WIRE_REQUEST_BYTES, not looked into here */
};

struct wire_agent_message {
	enum wire_agent_kind kind;
	struct wire_hello hello;
	struct wire_batch batch;
	struct wire_poll poll;
	uint64_t goodbye_session;
	struct wire_renew renew;
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
	WIRE_REASON_IDENTITY, /* certificate wrong, expired, revoked, another agent's */
	WIRE_REASON_ENROL,    /* has no certificate, and needs one */
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

/* More than the plan's share of one day: share and grant together are all the agent may
 * spend with the key on that day. Absolute: the last grant for a day counts, and it does
 * no harm when it comes twice. */
struct wire_grant {
	const char *key; /* as agent.yaml calls it */
	uint32_t day;    /* days since 1970-01-01 UTC */
	uint64_t extra_microusd;
};

struct wire_directive {
	bool has_plan;
	struct plan plan;
	const char *const *probe_now; /* series to run at once */
	size_t probe_now_len;         /* at most WIRE_PROBE_NOW */
	struct wall wall;
	const struct wire_grant *grant;
	size_t grant_len; /* at most WIRE_GRANTS */
};

/* Asks who greets: sent instead of a welcome to an agent that has an identity. */
struct wire_challenge {
	struct wire_bytes nonce; /* WIRE_NONCE_BYTES_MIN .. WIRE_NONCE_BYTES */
};

enum wire_collector_kind {
	WIRE_WELCOME = 1,
	WIRE_REFUSED,
	WIRE_ACK,
	WIRE_DIRECTIVE,
	WIRE_CHALLENGE,
	WIRE_CERTIFICATE
};

struct wire_collector_message {
	enum wire_collector_kind kind;
	struct wire_welcome welcome;
	struct wire_refused refused;
	struct wire_ack ack;
	struct wire_directive directive;
	struct wire_challenge challenge;
	struct wire_bytes certificate; /* 1 .. WIRE_CERTIFICATE_BYTES */
};

/* What an agent signs to prove who it is, and a collector checks; all borrowed. */
struct wire_claim {
	struct wire_bytes nonce;
	const char *agent;
	uint64_t incarnation;
};

/* Writes the bytes to be signed (parallax.proto, Challenge): they begin with what they are
 * for, and every part has its length in front, so that no two claims have the same bytes,
 * and no signature made for something else is one. Returns their number; 0 when a part is
 * longer than it can be in a message (LIMIT_NAME_BYTES, WIRE_NONCE_BYTES). */
size_t wire_transcript(
    const struct wire_claim *claim, unsigned char out[WIRE_TRANSCRIPT_BYTES]);

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
