/* wire_internal - shared by the files of the border post, seen by nobody else
 * Room: proto. */
#ifndef PROTO_WIRE_INTERNAL_H
#define PROTO_WIRE_INTERNAL_H

#include "common/core/utf8.h"
#include "proto/coarse.h"
#include "proto/wire.h"

#include "parallax.pb-c.h"

#include <string.h>

/* True for 1..LIMIT-1 bytes of printable ASCII without spaces, quotes or backslashes:
 * names of agents, regions, series as they may come from outside. */
static inline bool
wire_name_ok(const char *name, size_t cap)
{
	size_t len = strlen(name);

	if (len == 0 || len >= cap) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '"' ||
		    name[i] == '\\') {
			return false;
		}
	}
	return true;
}

/* True for text that can be stored and shown as it is. */
static inline bool
wire_text_ok(const char *text)
{
	return utf8_printable(text, strlen(text));
}

/* Generated structs want char *; they never write through it. */
static inline char *
wire_text(const char *text)
{
	union {
		const char *in;
		char *out;
	} alias = {.in = text};

	return alias.out;
}

/* Bounds of the texts of a result and of an observation, with the NUL. */
enum {
	WIRE_OBSERVATION_ID_BYTES = LIMIT_SERIES_BYTES,
	WIRE_OBSERVATION_TEXT_BYTES = LIMIT_DETAIL_BYTES
};

/* The durations of a batch that follow each other: field, and member of struct timing.
 */
#define WIRE_PHASE_COLUMNS(apply)                                                      \
	apply(dns, dns_us) apply(connect, connect_us) apply(tls, tls_us)               \
	    apply(first_byte, first_byte_us) apply(total, total_us)

/* The columns that hold value ^ last: field, and how to read it from result `r`. */
#define WIRE_XOR_COLUMNS(apply)                                                        \
	apply(outcome, (uint32_t)r->outcome) apply(phase, (uint32_t)r->phase)          \
	    apply(http_status, r->http_status) apply(flags, r->flags)

/* What the result before of the same series had, while a batch is encoded or decoded. */
struct wire_last {
	uint32_t dns;
	uint32_t connect;
	uint32_t tls;
	uint32_t first_byte;
	uint32_t total;
	uint32_t server;
	uint32_t outcome;
	uint32_t phase;
	uint32_t http_status;
	uint32_t flags;
	uint32_t body_bytes;
};

/* Small differences of either sign to small numbers; all modulo 2^32. */
static inline uint32_t
wire_zigzag(uint32_t difference)
{
	return difference << 1 ^ (0U - (difference >> 31));
}

static inline uint32_t
wire_unzigzag(uint32_t value)
{
	return value >> 1 ^ (0U - (value & 1U));
}

enum err wire_ranges_decode(Parallax__V1__Range *const *from, size_t len,
    struct arena *arena, const struct seq_range **out) WARN_UNUSED;
enum err wire_ranges_encode(const struct seq_range *from, size_t len,
    struct arena *scratch, Parallax__V1__Range ***out) WARN_UNUSED;

enum err wire_batch_decode(const Parallax__V1__Batch *from, struct arena *arena,
    struct wire_batch *out) WARN_UNUSED;
enum err wire_batch_encode(const struct wire_batch *from, struct arena *scratch,
    Parallax__V1__Batch **out) WARN_UNUSED;

enum err wire_plan_decode(
    const Parallax__V1__Plan *from, struct arena *arena, struct plan *out) WARN_UNUSED;
enum err wire_plan_encode(const struct plan *from, struct arena *scratch,
    Parallax__V1__Plan **out) WARN_UNUSED;

#endif
