#include "agent/core/pictures.h"

#include <stddef.h>
#include <string.h>

/* FNV-1a, never 0. Two series of one hash would share a row: 64 bits make that nobody's
 * concern. */
static uint64_t
hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++) {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	}
	return hash == 0 ? 1 : hash;
}

/* The row of the series, or else the one not used for longest, emptied for it. */
static struct pictures_row *
row_of(struct pictures *pictures, uint64_t series)
{
	struct pictures_row *oldest = &pictures->row[0];

	for (size_t i = 0; i < PICTURES_SERIES; i++) {
		struct pictures_row *row = &pictures->row[i];

		if (row->series == series) {
			return row;
		}
		if (row->used < oldest->used) {
			oldest = row;
		}
	}
	*oldest = (struct pictures_row){.series = series};
	return oldest;
}

bool
pictures_seen(struct pictures *pictures, const char *series, uint64_t digest)
{
	struct pictures_row *row;
	size_t at = 0;
	bool seen;

	if (digest == 0) {
		return false;
	}
	row = row_of(pictures, hash_of(series));
	row->used = ++pictures->clock;
	while (at < PICTURES_EACH && row->digest[at] != digest) {
		at++;
	}
	seen = at < PICTURES_EACH;
	if (!seen) {
		at = PICTURES_EACH - 1; /* the oldest goes */
	}
	memmove(&row->digest[1], &row->digest[0], at * sizeof(row->digest[0]));
	row->digest[0] = digest;
	return seen;
}
