/* fuzz_snapshot - any bytes as the snapshot of a collector
 *
 * Whatever is loaded: no crash, then and in what follows. A snapshot that loads can be
 * saved, shown, and the machine goes on ticking. */
#include "tests/support/small_collector.h"

#include <assert.h>
#include <stdlib.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
go_on(struct collector *machine)
{
	static struct effects effects;
	static void *memory;
	struct now now = {{600 * CLOCK_NS_PER_S}, {1767225600 * CLOCK_NS_PER_S}};
	size_t view_bytes = collector_view_bytes(machine);
	void *view_memory = malloc(view_bytes);
	struct arena arena;

	if (memory == NULL) {
		memory = malloc(EFFECTS_ARENA_BYTES);
	}
	assert(memory != NULL && view_memory != NULL);
	effects_init(&effects, memory);
	collector_start(machine, now, &effects);
	for (int i = 0; i < 3; i++) {
		effects_reset(&effects);
		now.mono.ns += 10 * CLOCK_NS_PER_S;
		now.wall.ns += 10 * CLOCK_NS_PER_S;
		collector_tick(machine, now, &effects);
	}
	arena_init(&arena, view_memory, view_bytes);
	assert(collector_view(machine, &arena, now) != NULL);
	free(view_memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct small_collector small = small_collector_new();
	struct buf buf;

	buf_read(&buf, data, size);
	if (collector_load(small.machine, &buf) == ERR_OK) {
		size_t len;

		free(small_collector_save(small.machine, &len));
		go_on(small.machine);
	}
	small_collector_free(&small);
	return 0;
}
