#include "tests/support/upstream_blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/upstream_mem.h"

#define FILE_BYTES_MAX (64L * 1024 * 1024)

static struct upstream_blob *
blob_empty(size_t len)
{
	struct upstream_blob *blob = upstream_mem_zalloc(sizeof(*blob) + len + 1);

	atomic_init(&blob->refs, 1);
	blob->len = len;
	return blob;
}

struct upstream_blob *
upstream_blob_new(const void *bytes, size_t len)
{
	struct upstream_blob *blob = blob_empty(len);

	if (len)
		memcpy(blob->bytes, bytes, len);
	return blob;
}

static struct upstream_blob *
blob_read(FILE *file)
{
	struct upstream_blob *blob;
	long len;

	if (fseek(file, 0, SEEK_END) != 0)
		return NULL;
	len = ftell(file);
	if (len < 0 || len > FILE_BYTES_MAX || fseek(file, 0, SEEK_SET) != 0)
		return NULL;
	blob = blob_empty((size_t)len);
	if (fread(blob->bytes, 1, (size_t)len, file) != (size_t)len) {
		upstream_blob_drop(blob);
		return NULL;
	}
	return blob;
}

struct upstream_blob *
upstream_blob_load(const char *path)
{
	FILE *file = fopen(path, "rbe");
	struct upstream_blob *blob;

	if (!file)
		return NULL;
	blob = blob_read(file);
	(void)fclose(file);
	return blob;
}

struct upstream_blob *
upstream_blob_keep(struct upstream_blob *blob)
{
	if (blob)
		atomic_fetch_add(&blob->refs, 1);
	return blob;
}

void
upstream_blob_drop(struct upstream_blob *blob)
{
	if (blob && atomic_fetch_sub(&blob->refs, 1) == 1)
		free(blob);
}
