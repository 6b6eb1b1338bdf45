#include "tests/support/upstream_mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *
upstream_mem_zalloc(size_t bytes)
{
	void *memory = calloc(1, bytes ? bytes : 1);

	if (!memory) {
		(void)fprintf(stderr, "upstream.memory_out bytes=%zu\n", bytes);
		abort();
	}
	return memory;
}

char *
upstream_mem_text(const char *text)
{
	size_t bytes;
	char *copy;

	if (!text)
		return NULL;
	bytes = strlen(text) + 1;
	copy = upstream_mem_zalloc(bytes);
	memcpy(copy, text, bytes);
	return copy;
}
