#include "collector/core/callers.h"

#include <stddef.h>

struct caller {
	uint32_t pipe;
	bool is_known;
};

/* In the order they came. */
struct callers {
	struct caller *caller;
	uint32_t len;
	uint32_t max;
};

size_t
callers_bytes(uint32_t max)
{
	return arena_bytes(1, sizeof(struct callers)) +
	       arena_bytes(max, sizeof(struct caller));
}

struct callers *
callers_init(struct arena *arena, uint32_t max)
{
	struct callers *callers = arena_take(arena, 1, sizeof(*callers));
	struct caller *caller = arena_take(arena, max, sizeof(*caller));

	if (arena_failed(arena)) {
		return NULL;
	}
	callers->caller = caller;
	callers->max = max;
	return callers;
}

static void
take_out(struct callers *callers, uint32_t at)
{
	callers->len--;
	for (uint32_t i = at; i < callers->len; i++) {
		callers->caller[i] = callers->caller[i + 1];
	}
}

/* Makes room; false when everybody is known. */
static bool
oust(struct callers *callers, uint32_t *out_pipe)
{
	for (uint32_t i = 0; i < callers->len; i++) {
		if (!callers->caller[i].is_known) {
			*out_pipe = callers->caller[i].pipe;
			take_out(callers, i);
			return true;
		}
	}
	return false;
}

uint32_t
callers_add(struct callers *callers, uint32_t pipe)
{
	uint32_t ousted = CALLERS_NOBODY;

	if (callers->len == callers->max && !oust(callers, &ousted)) {
		return pipe;
	}
	callers->caller[callers->len++] = (struct caller){.pipe = pipe};
	return ousted;
}

void
callers_remove(struct callers *callers, uint32_t pipe)
{
	for (uint32_t i = 0; i < callers->len; i++) {
		if (callers->caller[i].pipe == pipe) {
			take_out(callers, i);
			return;
		}
	}
}

void
callers_know(struct callers *callers, uint32_t pipe, bool is_known)
{
	for (uint32_t i = 0; i < callers->len; i++) {
		if (callers->caller[i].pipe == pipe) {
			callers->caller[i].is_known = is_known;
			return;
		}
	}
}

uint32_t
callers_len(const struct callers *callers)
{
	return callers->len;
}
