/* arena - bump memory, taken once, given back all at once
 * Room: common/core (pure).
 *
 * The owner hands in the bytes; nothing here allocates. Every take is aligned for any
 * type and zeroed. Exhaustion is sticky: after one failed take all later ones return
 * NULL until arena_reset(), so a run of takes is checked once at its end with
 * arena_failed(). */
#ifndef COMMON_CORE_ARENA_H
#define COMMON_CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena {
	unsigned char *base;
	size_t cap;
	size_t used;
	size_t zero_from; /* bytes from here on were never handed out and are zero */
	bool failed;
};

/* Starts with `cap` bytes at `base`, which is borrowed until the last use. */
void arena_init(struct arena *arena, void *base, size_t cap);

/* The same with bytes that are zero already, as calloc() gives them: what the owner never
 * writes to is then never touched, and takes no memory of the system. */
void arena_init_zeroed(struct arena *arena, void *base, size_t cap);

/* Gives everything back; pointers taken before are dead. */
void arena_reset(struct arena *arena);

/* `count` zeroed items of `item_bytes`, or NULL. */
void *arena_take(struct arena *arena, size_t count, size_t item_bytes);

/* A NUL-terminated copy of `len` bytes at `text`; "" (static) when the arena is full,
 * so that readers never meet NULL. */
const char *arena_text(struct arena *arena, const char *text, size_t len);

bool arena_failed(const struct arena *arena);

/* Bytes that `count` items take here, alignment included: for sizing an arena. */
size_t arena_bytes(size_t count, size_t item_bytes);

#endif
