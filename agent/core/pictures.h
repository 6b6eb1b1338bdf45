/* pictures - has this very picture come before?
 * Room: agent/core (pure).
 *
 * A generator does not make the same bytes twice; a cache in front of it does, and then a
 * probe that looks well says nothing about the model. Per series the digests of the last
 * few pictures are kept. Bounded: when full, the series not seen for longest goes, which
 * costs one repetition that is not noticed. */
#ifndef AGENT_CORE_PICTURES_H
#define AGENT_CORE_PICTURES_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PICTURES_SERIES = 128,
	PICTURES_EACH = 4
};

struct pictures_row {
	uint64_t series; /* hash of its name, 0 = free */
	uint64_t used;
	uint64_t digest[PICTURES_EACH]; /* newest first, 0 = none */
};

struct pictures {
	struct pictures_row row[PICTURES_SERIES];
	uint64_t clock; /* counts uses */
};

/* Notes a picture of `series`; true when it is one of the last PICTURES_EACH different ones
 * of it. A `digest` of 0 is none. A zeroed struct pictures is empty. */
bool pictures_seen(struct pictures *pictures, const char *series, uint64_t digest);

#endif
