/* small_collector - a collector machine with a fleet of its own, and inputs for it
 * Room: tests/support.
 *
 * Three regions with an agent each, two targets, a free call, a control and a source. The
 * probes of the targets are paid with two keys, and both have a budget. */
#ifndef TESTS_SUPPORT_SMALL_COLLECTOR_H
#define TESTS_SUPPORT_SMALL_COLLECTOR_H

#include "collector/core/collector.h"

enum {
	SMALL_AGENTS = 3,
	SMALL_PROBES = 5,
	SMALL_SOURCE = 4, /* the probe that is a source */
	SMALL_COST_MICROUSD = 134000
};

const struct collector_conf *small_collector_conf(void);

/* A machine on memory of its own; abort()s without memory. */
struct small_collector {
	void *memory;
	struct collector *machine;
};

struct small_collector small_collector_new(void);
void small_collector_free(struct small_collector *small);

/* What collector_save() writes; to be freed by the caller. */
unsigned char *small_collector_save(const struct collector *machine, size_t *out_len);

#endif
