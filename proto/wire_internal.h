/* wire_internal - shared by the files of the border post, seen by nobody else
 * Room: proto. */
#ifndef PROTO_WIRE_INTERNAL_H
#define PROTO_WIRE_INTERNAL_H

#include "common/core/utf8.h"
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
