/* upstream_mem - memory for the test server, which has no use for running without it
 * Room: tests/support.
 *
 * Every function here either succeeds or ends the process with a line on stderr: a test
 * server that goes on with half its state would only make tests lie. */
#ifndef TESTS_SUPPORT_UPSTREAM_MEM_H
#define TESTS_SUPPORT_UPSTREAM_MEM_H

#include <stddef.h>

/* `bytes` zeroed bytes; the caller frees them with free(). */
void *upstream_mem_zalloc(size_t bytes);

/* A copy of `text`, or NULL for NULL; the caller frees it. */
char *upstream_mem_text(const char *text);

#endif
