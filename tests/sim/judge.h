/* judge - watches what a simulated fleet does, and knows what it must not
 * Room: tests/sim.
 *
 * It reads every transaction that gets onto a disk, of agents and of the collector:
 *  - a number is given once, and a result stored once, as it was found;
 *  - what an agent forgets is on the collector's disk, or was dropped and is told so;
 *  - what is counted as lost was dropped;
 *  - the machine's state after a restart is the state before, byte for byte (but for what
 *    it thinks of clocks, which is not journalled). */
#ifndef TESTS_SIM_JUDGE_H
#define TESTS_SIM_JUDGE_H

#include "tests/sim/disk.h"

#include <stdbool.h>
#include <stdint.h>

struct node;
struct service;

void judge_begin(struct node *collector);
void judge_end(void);

/* Watchers of disks. */
void judge_agent(struct node *node, const struct disk_change *change, size_t len);
void judge_collector(struct node *node, const struct disk_change *change, size_t len);

/* The disk of agent `agent` is lost, with what was only there. */
void judge_disk_lost(uint16_t agent);

/* The collector died, its memory is still there; and is back, before anything new. */
void judge_died(struct service *service);
void judge_restored(struct service *service);

/* It ended in order: it may have written more since. */
void judge_forget(void);

/* While it waits: what a restart would bring back is what it has. */
void judge_replay(struct service *service);

/* Numbers of that agent, in any of its lives, that are neither stored nor declared lost. */
uint64_t judge_missing(uint16_t agent);

/* At the end: the collector's books are right. */
void judge_books(struct service *service, uint16_t agents);

struct judge_counts {
	uint64_t given;
	uint64_t stored;
	uint64_t gaps;
	uint64_t restarts_compared;
	uint64_t replays_compared;
};
struct judge_counts judge_counts(void);

#endif
