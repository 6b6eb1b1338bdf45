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

/* Bounds of the texts of an observation and of a figure, with the NUL. */
enum {
	WIRE_OBSERVATION_ID_BYTES = LIMIT_SERIES_BYTES,
	WIRE_OBSERVATION_TEXT_BYTES = LIMIT_DETAIL_BYTES,
	WIRE_FIGURE_TEXT_BYTES = LIMIT_SERIES_BYTES
};

/* `text`, or "" when the collector would refuse it: a text nobody may see is left out, the
 * result is not lost for it. */
static inline const char *
wire_usable(const char *text, size_t cap)
{
	return text != NULL && strlen(text) < cap && wire_text_ok(text) ? text : "";
}

/* What lies in time between start and end of a run: field, and member of struct timing.
 * Each `phase` begins where the last one that was reached ended; a point `beside` them is
 * measured from there too, and nothing is measured from it. */
#define WIRE_TIMING_COLUMNS(phase, beside)                                             \
	phase(dns, dns_us) phase(connect, connect_us) phase(tls, tls_us)               \
	    beside(sent, sent_us) phase(first_byte, first_byte_us)                     \
		beside(answered, answered_us) phase(total, total_us)

/* The columns that hold value ^ last: field, and how to read it from result `r`. */
#define WIRE_XOR_COLUMNS(apply)                                                        \
	apply(outcome, (uint32_t)r->outcome) apply(phase, (uint32_t)r->phase)          \
	    apply(http_status, r->http_status) apply(flags, r->flags)                  \
		apply(cost_microusd, r->cost_microusd) apply(cert_days, r->cert_days)

/* What the result before of the same series had, while a batch is encoded or decoded. */
struct wire_last {
	uint32_t dns;
	uint32_t connect;
	uint32_t tls;
	uint32_t sent;
	uint32_t first_byte;
	uint32_t answered;
	uint32_t total;
	uint32_t server;
	uint32_t decode;
	uint32_t outcome;
	uint32_t phase;
	uint32_t http_status;
	uint32_t flags;
	uint32_t cost_microusd;
	uint32_t cert_days;
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

/* wire_hello.c: who greets, and how it proves that. */
enum err wire_hello_decode(
    const Parallax__V1__Hello *from, struct wire_hello *out) WARN_UNUSED;
enum err wire_hello_encode(
    const struct wire_hello *from, Parallax__V1__Hello *out) WARN_UNUSED;
enum err wire_challenge_decode(
    const Parallax__V1__Challenge *from, struct wire_challenge *out) WARN_UNUSED;
enum err wire_renew_encode(
    const struct wire_renew *from, Parallax__V1__Renew *out) WARN_UNUSED;
enum err wire_renew_decode(
    const Parallax__V1__Renew *from, struct wire_renew *out) WARN_UNUSED;
enum err wire_certificate_encode(
    struct wire_bytes from, Parallax__V1__Certificate *out) WARN_UNUSED;
enum err wire_certificate_decode(
    const Parallax__V1__Certificate *from, struct wire_bytes *out) WARN_UNUSED;
enum err wire_challenge_encode(
    const struct wire_challenge *from, Parallax__V1__Challenge *out) WARN_UNUSED;

enum err wire_batch_decode(const Parallax__V1__Batch *from, struct arena *arena,
    struct wire_batch *out) WARN_UNUSED;
enum err wire_batch_encode(const struct wire_batch *from, struct arena *scratch,
    Parallax__V1__Batch **out) WARN_UNUSED;

/* wire_attached.c: observations, figures and digests of the results of a batch. */
enum err wire_attached_decode(const Parallax__V1__Batch *from, struct arena *arena,
    struct result *result, size_t len) WARN_UNUSED;
enum err wire_attached_encode(const struct wire_batch *from, struct arena *scratch,
    Parallax__V1__Batch *out) WARN_UNUSED;

enum err wire_plan_decode(
    const Parallax__V1__Plan *from, struct arena *arena, struct plan *out) WARN_UNUSED;
enum err wire_plan_encode(const struct plan *from, struct arena *scratch,
    Parallax__V1__Plan **out) WARN_UNUSED;

/* wire_money.c: what may be spent, and what was. */
enum err wire_budgets_decode(
    const Parallax__V1__Plan *from, struct arena *arena, struct plan *out) WARN_UNUSED;
enum err wire_budgets_encode(const struct plan *from, struct arena *scratch,
    Parallax__V1__Plan *out) WARN_UNUSED;
enum err wire_grants_decode(const Parallax__V1__Directive *from, struct arena *arena,
    struct wire_directive *out) WARN_UNUSED;
enum err wire_grants_encode(const struct wire_directive *from, struct arena *scratch,
    Parallax__V1__Directive *out) WARN_UNUSED;
enum err wire_spent_decode(const Parallax__V1__Poll *from, struct arena *arena,
    struct wire_poll *out) WARN_UNUSED;
enum err wire_spent_encode(const struct wire_poll *from, struct arena *scratch,
    Parallax__V1__Poll *out) WARN_UNUSED;

#endif
