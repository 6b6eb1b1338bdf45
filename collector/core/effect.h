/* effect - what the collector machine wants done to the world
 * Room: collector/core (pure).
 *
 * One step fills one `struct effects`; the shell performs it in this order, which is a
 * promise: all rows in ONE store transaction, then replies, then sends. If the
 * transaction fails nothing else is performed. Bytes live in the effects' own arena
 * until the next effects_reset(). Running out of room is a bug of ours (the maxima of
 * one step are known) and asserts. */
#ifndef COLLECTOR_CORE_EFFECT_H
#define COLLECTOR_CORE_EFFECT_H

#include "common/core/arena.h"
#include "common/core/buf.h"
#include "common/core/clock.h"

#include <stddef.h>
#include <stdint.h>

/* Tables of the store. Values are fixed: they name LMDB databases (keys.h). */
enum table {
	TABLE_META = 0, /* schema version, snapshot, counters */
	TABLE_JOURNAL,  /* sequence -> input as received */
	TABLE_AGENT,    /* agent name -> high-water marks, clock, last seen */
	TABLE_INCIDENT, /* incident id -> record */
	TABLE_OUTBOX,   /* row key -> delivery row */
	TABLE_TIMELINE, /* sequence -> what happened, for people and programs */
	TABLE_SOURCE,   /* series -> last observations */
	TABLE_MEMBER,   /* agent name -> how it was let in (registry.h) */
	TABLE_AUDIT,    /* journal sequence -> what somebody ordered (orders.h) */
	TABLE_COUNT
};

enum effect_kind {
	EFFECT_PUT = 0, /* row: table, key, value */
	EFFECT_DELETE,  /* row: table, key */
	EFFECT_SEND, /* hand an outbox row to its channel; performed after the commit */
	EFFECT_ASK   /* have an agent run a probe now, if it can be reached; likewise */
};

/* Indices into the topology. */
struct effect_ask {
	uint16_t agent;
	uint16_t probe;
};

/* A message for a channel: everything the notifier needs, frozen when it was leased. */
struct outbound {
	uint64_t row;     /* outbox row id */
	uint64_t key[4];  /* idempotency key, SHA-256-sized, stable over retries */
	uint16_t channel; /* index into the channel configuration */
	uint32_t attempt; /* 1 for the first */
	const char *json; /* the message as JSON (see render.h), NUL-terminated */
	size_t json_len;
};

struct effect {
	enum effect_kind kind;
	enum table table;
	const void *key;
	size_t key_len;
	const void *value;
	size_t value_len;
	struct outbound send;
	struct effect_ask ask;
};

enum {
	EFFECTS_MAX = 1024,
	EFFECTS_ARENA_BYTES = 24 << 20
};

struct effects {
	struct effect item[EFFECTS_MAX];
	size_t len;
	struct arena arena;
};

/* Prepares `effects` with `EFFECTS_ARENA_BYTES` at `memory` (borrowed). */
void effects_init(struct effects *effects, void *memory);
void effects_reset(struct effects *effects);

/* Bytes free for a row about to be written with buf.h; effects_row() keeps what was
 * used. */
void *effects_scratch(struct effects *effects, size_t cap);

/* Adds a put of a row. Key and value are copied. */
void effects_put(struct effects *effects, enum table table, const void *key,
    size_t key_len, const void *value, size_t value_len);

/* The same with a big-endian 64-bit key, the layout of all sequence-keyed tables. */
void effects_put_u64(struct effects *effects, enum table table, uint64_t key,
    const void *value, size_t value_len);

void effects_delete_u64(struct effects *effects, enum table table, uint64_t key);

/* Asks `agent` to run `probe` now. An ask that reaches nobody is forgotten. */
void effects_ask(struct effects *effects, uint16_t agent, uint16_t probe);

/* Adds a send; `outbound->json` is copied. */
void effects_send(struct effects *effects, const struct outbound *outbound);

#endif
