/* bench_world - a fleet to measure the collector with, and the batches it sends
 * Room: tests/bench.
 *
 * A folder with a collector.yaml as people would write it: agents spread over regions, each
 * watching five targets with three probes each and four controls. Batches hold results as
 * an agent has them: healthy but for one in a hundred, durations that spread, in the order
 * of their ends. What is measured is the programs' own code on that input. */
#ifndef TESTS_BENCH_BENCH_WORLD_H
#define TESTS_BENCH_BENCH_WORLD_H

#include "collector/core/collector_conf.h"
#include "collector/shell/conf.h"
#include "common/core/rng.h"
#include "common/shell/frame.h"
#include "proto/wire.h"

enum {
	BENCH_WORLD_TARGETS = 5,
	BENCH_WORLD_PROBES = 3, /* of one target */
	BENCH_WORLD_CONTROLS = 4,
	BENCH_WORLD_SERIES =
	    BENCH_WORLD_TARGETS * BENCH_WORLD_PROBES + BENCH_WORLD_CONTROLS
};

struct bench_world_setup {
	unsigned agents;
	unsigned regions;
	const char *interval; /* of every probe, as in the file */
	const char *channels; /* lines below `channels:` */
	const char *policy;   /* the inside of { } */
};

struct bench_world {
	char folder[64];
	char store[96]; /* where the store goes, below the folder */
	struct collector_conf_file *file;
	struct collector_conf conf;
};

/* Makes the folder and the configuration, or ends the process. */
void bench_world_start(
    struct bench_world *world, const struct bench_world_setup *setup);

/* Removes the store's files; bench_world_end() does so, too, with the folder. */
void bench_world_clear(const struct bench_world *world);
void bench_world_end(struct bench_world *world);

/* Where one agent stands with its results. */
struct bench_batcher {
	const struct topology *topology;
	struct frame *frame;
	void *memory;
	struct arena arena;
	struct rng rng;
	struct result result[LIMIT_BATCH_RESULTS];
};

void bench_batcher_start(
    struct bench_batcher *batcher, const struct topology *topology, uint64_t seed);
void bench_batcher_end(struct bench_batcher *batcher);

/* What a batch is made of; `results` end evenly spread over the time before `sent_at`. */
struct bench_batch {
	uint64_t session;
	uint64_t incarnation;
	uint64_t first_seq;
	struct wall sent_at;
	int64_t span_ns;
	size_t results;
	uint16_t failing_target; /* all of its probes; TOPOLOGY_NONE for none */
};

/* Makes the framed bytes as they travel; borrowed until the next call. */
void bench_batcher_make(struct bench_batcher *batcher, const struct bench_batch *batch,
    const unsigned char **out, size_t *out_len);

/* Packs any message of an agent in the same way. */
void bench_batcher_pack(struct bench_batcher *batcher,
    const struct wire_agent_message *message, const unsigned char **out,
    size_t *out_len);

#endif
