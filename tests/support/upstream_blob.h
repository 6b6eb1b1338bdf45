/* upstream_blob - immutable bytes shared by many answers
 * Room: tests/support.
 *
 * A blob is counted: whoever holds one calls upstream_blob_drop when done, from any
 * thread. The bytes never change after creation, so no lock guards them. */
#ifndef TESTS_SUPPORT_UPSTREAM_BLOB_H
#define TESTS_SUPPORT_UPSTREAM_BLOB_H

#include <stdatomic.h>
#include <stddef.h>

struct upstream_blob {
	atomic_uint refs;
	size_t len;
	char bytes[]; /* `len` bytes and a NUL that `len` does not count */
};

/* A blob with a copy of `len` bytes; the caller holds it. */
struct upstream_blob *upstream_blob_new(const void *bytes, size_t len);

/* The file's content, at most 64 MiB; NULL if it cannot be read. Blocks on the disk. */
struct upstream_blob *upstream_blob_load(const char *path);

/* One more holder; returns its argument. NULL is legal and gives NULL. */
struct upstream_blob *upstream_blob_keep(struct upstream_blob *blob);

/* One holder less; the last one frees it. NULL is legal. */
void upstream_blob_drop(struct upstream_blob *blob);

#endif
