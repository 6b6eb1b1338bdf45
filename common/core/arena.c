#include "common/core/arena.h"

#include <stdint.h>
#include <string.h>

#define ARENA_ALIGN ((size_t)16)

void
arena_init(struct arena *arena, void *base, size_t cap)
{
	uintptr_t offset = (uintptr_t)base & (ARENA_ALIGN - 1);
	size_t skip = offset == 0 ? 0 : ARENA_ALIGN - (size_t)offset;

	if (skip > cap) {
		skip = cap;
	}
	arena->base = (unsigned char *)base + skip;
	arena->cap = cap - skip;
	arena->used = 0;
	arena->zero_from = arena->cap;
	arena->failed = false;
}

void
arena_init_zeroed(struct arena *arena, void *base, size_t cap)
{
	arena_init(arena, base, cap);
	arena->zero_from = 0;
}

void
arena_reset(struct arena *arena)
{
	arena->used = 0;
	arena->failed = false;
}

size_t
arena_bytes(size_t count, size_t item_bytes)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, item_bytes, &bytes) ||
	    bytes > SIZE_MAX - ARENA_ALIGN) {
		return SIZE_MAX;
	}
	return (bytes + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
}

void *
arena_take(struct arena *arena, size_t count, size_t item_bytes)
{
	size_t bytes = arena_bytes(count, item_bytes);
	unsigned char *taken;

	if (arena->failed || bytes > arena->cap - arena->used) {
		arena->failed = true;
		return NULL;
	}
	taken = arena->base + arena->used;
	if (arena->used < arena->zero_from) {
		size_t used_before = arena->zero_from - arena->used;

		memset(taken, 0, bytes < used_before ? bytes : used_before);
	}
	arena->used += bytes;
	if (arena->used > arena->zero_from) {
		arena->zero_from = arena->used;
	}
	return taken;
}

const char *
arena_text(struct arena *arena, const char *text, size_t len)
{
	char *copy;

	if (len == 0) {
		return "";
	}
	copy = arena_take(arena, len + 1, 1);
	if (copy == NULL) {
		return "";
	}
	memcpy(copy, text, len);
	return copy;
}

bool
arena_failed(const struct arena *arena)
{
	return arena->failed;
}
