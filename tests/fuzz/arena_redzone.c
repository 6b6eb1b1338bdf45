/* arena_redzone - the arena, with room between what is taken that nobody may touch
 *
 * Takes the place of common/core/arena.c in fuzz targets: the address sanitizer cannot see
 * that a decoder runs from one taken piece into the next, unless it is told. Without the
 * sanitizer it is an arena that wastes a little. */
#include "common/core/arena.h"

#include <stdint.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#endif

#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#define CLOSE(at, bytes) __asan_poison_memory_region(at, bytes)
#define OPEN(at, bytes)  __asan_unpoison_memory_region(at, bytes)
#else
#define CLOSE(at, bytes) ((void)(at), (void)(bytes))
#define OPEN(at, bytes)  ((void)(at), (void)(bytes))
#endif

#define REDZONE ((size_t)32)

void
arena_init(struct arena *arena, void *base, size_t cap)
{
	size_t skip = (16 - ((uintptr_t)base & 15)) & 15;

	skip = skip < cap ? skip : cap;
	*arena =
	    (struct arena){.base = (unsigned char *)base + skip, .cap = cap - skip};
	CLOSE(arena->base, arena->cap);
}

/* Here every take is zeroed again. */
void
arena_init_zeroed(struct arena *arena, void *base, size_t cap)
{
	arena_init(arena, base, cap);
}

void
arena_reset(struct arena *arena)
{
	arena->used = 0;
	arena->failed = false;
	CLOSE(arena->base, arena->cap);
}

size_t
arena_bytes(size_t count, size_t item_bytes)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, item_bytes, &bytes) ||
	    bytes > SIZE_MAX - 2 * REDZONE) {
		return SIZE_MAX;
	}
	return ((bytes + 15) & ~(size_t)15) + REDZONE;
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
	arena->used += bytes;
	OPEN(taken, count * item_bytes);
	memset(taken, 0, count * item_bytes);
	return taken;
}

const char *
arena_text(struct arena *arena, const char *text, size_t len)
{
	char *copy = len > 0 ? arena_take(arena, len + 1, 1) : NULL;

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
