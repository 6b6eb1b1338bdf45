#include "tests/sim/chance.h"

#include "common/core/rng.h"

#include <stdlib.h>

struct event {
	int64_t at_ns;
	uint64_t order;
	void (*happen)(void *what, uint64_t number);
	void *what;
	uint64_t number;
};

static struct {
	struct rng rng;
	int64_t now_ns;
	uint64_t order;
	struct event *event; /* a heap */
	size_t len;
	size_t cap;
} line;

void
chance_begin(uint64_t seed)
{
	rng_init(&line.rng, seed);
	line.now_ns = 0;
	line.order = 0;
	line.len = 0;
}

void
chance_end(void)
{
	free(line.event);
	line.event = NULL;
	line.len = 0;
	line.cap = 0;
}

uint64_t
chance_next(void)
{
	return rng_next(&line.rng);
}

uint64_t
chance_below(uint64_t bound)
{
	return rng_below(&line.rng, bound);
}

int64_t
chance_between(int64_t low, int64_t high)
{
	return low + (int64_t)rng_below(&line.rng, (uint64_t)(high - low) + 1);
}

bool
chance_percent(unsigned percent)
{
	return rng_below(&line.rng, 100) < percent;
}

int64_t
chance_now(void)
{
	return line.now_ns;
}

static bool
is_before(const struct event *a, const struct event *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

void
chance_add(int64_t at_ns, void (*happen)(void *what, uint64_t number), void *what,
    uint64_t number)
{
	struct event event = {.at_ns = at_ns > line.now_ns ? at_ns : line.now_ns,
	    .order = line.order++,
	    .happen = happen,
	    .what = what,
	    .number = number};
	size_t at = line.len++;

	if (line.len > line.cap) {
		line.cap = line.cap == 0 ? 256 : 2 * line.cap;
		line.event = realloc(line.event, line.cap * sizeof(*line.event));
		if (line.event == NULL) {
			abort();
		}
	}
	while (at > 0 && is_before(&event, &line.event[(at - 1) / 2])) {
		line.event[at] = line.event[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	line.event[at] = event;
}

/* Takes the root out. */
static void
take_root(void)
{
	struct event last = line.event[--line.len];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= line.len) {
			break;
		}
		if (child + 1 < line.len &&
		    is_before(&line.event[child + 1], &line.event[child])) {
			child++;
		}
		if (!is_before(&line.event[child], &last)) {
			break;
		}
		line.event[at] = line.event[child];
		at = child;
	}
	if (line.len > 0) {
		line.event[at] = last;
	}
}

bool
chance_step(int64_t until_ns)
{
	struct event event;

	if (line.len == 0 || line.event[0].at_ns > until_ns) {
		line.now_ns = until_ns > line.now_ns ? until_ns : line.now_ns;
		return false;
	}
	event = line.event[0];
	take_root();
	line.now_ns = event.at_ns;
	event.happen(event.what, event.number);
	return true;
}
