/* expect - whether a plain answer is the one a probe expects
 * Room: agent/core (pure).
 *
 * The body streams through: a text is searched for across the borders of its pieces, a
 * value is picked out of JSON by its pointer (RFC 6901). Nothing is kept of either but the
 * beginning of that value, for the words. */
#ifndef AGENT_CORE_EXPECT_H
#define AGENT_CORE_EXPECT_H

#include "common/core/json.h"
#include "common/core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EXPECT_TEXT_BYTES_MAX = 1024,
	EXPECT_FOUND_BYTES = 96 /* kept of the value that was found */
};

/* What is at the pointer. */
enum expect_found {
	EXPECT_NOTHING = 0,
	EXPECT_SCALAR,
	EXPECT_OBJECT,
	EXPECT_ARRAY
};

struct expect {
	const struct plan_probe *probe; /* borrowed */
	uint64_t bytes;
	bool usable;
	/* the text */
	uint16_t fall[EXPECT_TEXT_BYTES_MAX]; /* Knuth, Morris, Pratt: where to go on */
	uint16_t text_len;
	uint16_t text_at; /* bytes of it that match here; `text_len` = found */
	/* the value */
	struct json json;
	enum json_status status;
	uint8_t segments;
	uint16_t segment[JSON_DEPTH_MAX]; /* where each begins in the pointer */
	uint32_t index[JSON_DEPTH_MAX];   /* next item of each open array */
	uint64_t arrays; /* bit d: the open container at depth d+1 is an array */
	uint8_t depth;   /* open containers */
	uint8_t path;    /* of these, the outer ones that the pointer leads through */
	bool key_fits;   /* the name before the value being read is the one */
	bool taking;     /* a string at the pointer is being read */
	enum expect_found found;
	bool differs; /* from the value expected */
	size_t same;  /* bytes of it that were as expected */
	bool cut;     /* `text` is not all of what was found */
	uint8_t len;
	char text[EXPECT_FOUND_BYTES];
};

/* True when what `probe` expects of a body can be looked for: a text that is not too long,
 * a well-formed pointer of no more than JSON_DEPTH_MAX segments, a value only with one. */
bool expect_is_valid(const struct plan_probe *probe);

/* Starts a body; `probe` is borrowed until expect_met(). What is not valid is never met. */
void expect_begin(struct expect *expect, const struct plan_probe *probe);

/* A piece of the body. */
void expect_push(struct expect *expect, const void *data, size_t len);

/* True when the whole body is as expected: the text is in it; it is one JSON value, of
 * which the pointer names a part, and that is the scalar expected: a string without its
 * quotes and escapes, numbers as they are written, true, false, null. Of names that come
 * twice the last counts, as with most parsers. To be called once, at the end. */
bool expect_met(struct expect *expect);

/* What was found instead, when expect_met() was not; not redacted. True when the end of it
 * is the middle of what it quotes. */
bool expect_quote(const struct expect *expect, char *out, size_t cap);

#endif
