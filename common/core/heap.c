#include "common/core/heap.h"

#include <assert.h>

size_t
heap_bytes(uint32_t cap)
{
	return arena_bytes(cap, sizeof(struct heap_item)) +
	       arena_bytes(cap, sizeof(uint32_t));
}

enum err
heap_init(struct heap *heap, struct arena *arena, uint32_t cap)
{
	struct heap_item *item = arena_take(arena, cap, sizeof(*item));
	uint32_t *position = arena_take(arena, cap, sizeof(*position));

	if (arena_failed(arena)) {
		return ERR_LIMIT;
	}
	heap->item = item;
	heap->position = position;
	heap->len = 0;
	heap->cap = cap;
	return ERR_OK;
}

static bool
comes_before(struct heap_item a, struct heap_item b)
{
	return a.key != b.key ? a.key < b.key : a.id < b.id;
}

static void
place(struct heap *heap, uint32_t at, struct heap_item item)
{
	heap->item[at] = item;
	heap->position[item.id] = at + 1;
}

static uint32_t
sift_up(struct heap *heap, uint32_t at, struct heap_item item)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;

		if (!comes_before(item, heap->item[parent])) {
			break;
		}
		place(heap, at, heap->item[parent]);
		at = parent;
	}
	return at;
}

static uint32_t
sift_down(struct heap *heap, uint32_t at, struct heap_item item)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= heap->len) {
			break;
		}
		if (child + 1 < heap->len &&
		    comes_before(heap->item[child + 1], heap->item[child])) {
			child++;
		}
		if (!comes_before(heap->item[child], item)) {
			break;
		}
		place(heap, at, heap->item[child]);
		at = child;
	}
	return at;
}

/* `at` is a hole: fills it with `item`, wherever the order wants it. Only one of the
 * two walks moves anything. */
static void
settle(struct heap *heap, uint32_t at, struct heap_item item)
{
	at = sift_up(heap, at, item);
	at = sift_down(heap, at, item);
	place(heap, at, item);
}

void
heap_set(struct heap *heap, uint32_t id, int64_t key)
{
	uint32_t at;

	assert(id < heap->cap);
	at = heap->position[id] != 0 ? heap->position[id] - 1 : heap->len++;
	settle(heap, at, (struct heap_item){.key = key, .id = id});
}

bool
heap_remove(struct heap *heap, uint32_t id)
{
	uint32_t at;
	struct heap_item last;

	assert(id < heap->cap);
	if (heap->position[id] == 0) {
		return false;
	}
	at = heap->position[id] - 1;
	heap->position[id] = 0;
	heap->len--;
	last = heap->item[heap->len];
	if (last.id != id) {
		settle(heap, at, last);
	}
	return true;
}

bool
heap_first(const struct heap *heap, struct heap_item *out_item)
{
	if (heap->len == 0) {
		return false;
	}
	*out_item = heap->item[0];
	return true;
}

bool
heap_has(const struct heap *heap, uint32_t id)
{
	assert(id < heap->cap);
	return heap->position[id] != 0;
}
