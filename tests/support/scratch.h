/* scratch - a folder of the test's own, and texts with one passage exchanged
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include "tests/support/test.h"

#include <unistd.h>

static char scratch_folder[] = "/tmp/parallax-test-XXXXXX";

/* Makes the folder and goes there; a cmocka group setup. */
static inline int
scratch_enter(void **state)
{
	(void)state;
	if (mkdtemp(scratch_folder) == NULL) {
		return -1;
	}
	return chdir(scratch_folder);
}

/* Removes the folder, which must be empty; a cmocka group teardown. */
static inline int
scratch_leave(void **state)
{
	(void)state;
	if (chdir("/") != 0) {
		return -1;
	}
	return rmdir(scratch_folder);
}

/* Writes `len` bytes to `name`, replacing it. */
static inline void
scratch_write(const char *name, const void *bytes, size_t len)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* `base` with the first `find` replaced; to be freed. An empty `find` appends. */
static inline char *
scratch_edit(const char *base, const char *find, const char *replace)
{
	const char *at = find[0] == '\0' ? base + strlen(base) : strstr(base, find);
	size_t cap = strlen(base) + strlen(replace) + 1;
	char *out = malloc(cap);

	assert_non_null(out);
	if (at == NULL) {
		fail_msg("the base has no '%s'", find);
		return out;
	}
	(void)snprintf(
	    out, cap, "%.*s%s%s", (int)(at - base), base, replace, at + strlen(find));
	return out;
}

#endif
