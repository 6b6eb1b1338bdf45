/* heap - min-heap of deadlines whose items can be moved and removed
 * Room: common/core (pure).
 *
 * Items are small numbers (slots of some table of the owner) with a 64-bit key, usually
 * an instant in nanoseconds. A position index makes every change O(log n). Equal keys
 * come out in the order of their ids, so that the same calls give the same order
 * everywhere. */
#ifndef COMMON_CORE_HEAP_H
#define COMMON_CORE_HEAP_H

#include "common/core/arena.h"
#include "common/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_item {
	int64_t key;
	uint32_t id;
};

struct heap {
	struct heap_item *item;
	uint32_t *position; /* by id: index into `item` plus one, 0 = not in the heap */
	uint32_t len;
	uint32_t cap;
};

/* Bytes of arena that a heap for ids 0..`cap`-1 takes. */
size_t heap_bytes(uint32_t cap);

/* Starts empty, for ids 0..`cap`-1. ERR_LIMIT when the arena is full. */
WARN_UNUSED enum err heap_init(struct heap *heap, struct arena *arena, uint32_t cap);

/* Puts `id` in with `key`, or moves it there when it is in already. */
void heap_set(struct heap *heap, uint32_t id, int64_t key);

/* Takes `id` out; false when it was not in. */
bool heap_remove(struct heap *heap, uint32_t id);

/* The item with the smallest key, which stays in; false when the heap is empty. */
bool heap_first(const struct heap *heap, struct heap_item *out_item);

/* True when `id` is in. */
bool heap_has(const struct heap *heap, uint32_t id);

#endif
