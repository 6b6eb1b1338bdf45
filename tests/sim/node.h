/* node - a machine of the simulated world: a program, two clocks, a disk
 * Room: tests/sim.
 *
 * The program is the real one. Where it waits it comes here: node_wait(), node_sleep(). It
 * can die at every such place, and at node_may_die(), which stands between the things that
 * a step does to the world. Its disk and its clocks outlive it. */
#ifndef TESTS_SIM_NODE_H
#define TESTS_SIM_NODE_H

#include "tests/sim/fiber.h"

#include <stdbool.h>
#include <stdint.h>

struct disk;
struct prober;

struct node {
	char name[8];
	uint16_t number; /* agents: index in the topology */
	uint16_t region;
	bool is_collector;
	struct fiber *fiber; /* NULL = does not run */
	bool is_waiting;     /* in node_wait(): may be woken */
	bool is_woken;       /* before it waited */
	uint64_t turn;       /* of its waits: older alarms are stale */
	bool must_stop;      /* SIGTERM, not yet taken */
	unsigned fuse;       /* dies at the so-manieth node_may_die(); 0 = not */
	int64_t skew_ns;     /* wall clock minus the truth */
	int64_t started_ns;  /* CLOCK_MONOTONIC minus virtual time */
	struct disk *disk;
	void *program;               /* what `done` frees */
	struct prober *prober;       /* of the agent that runs */
	void (*run)(struct node *);  /* in the fiber; sets and clears `program` */
	void (*done)(struct node *); /* frees what a dead one had */
	void (*stop)(struct node *); /* passes SIGTERM on, or NULL */
	void (*died)(struct node *); /* tells whoever shall start it again */
	bool was_ahead;              /* it died with more in memory than on its disk */
	unsigned lives;
};

/* Whose program runs; never NULL inside of one. */
struct node *node_current(void);

void node_start(struct node *node);

/* SIGKILL; nothing when it does not run. */
void node_kill(struct node *node);

/* SIGTERM. */
void node_stop(struct node *node);

/* From inside: until that instant of virtual time, or until it is woken. */
void node_wait(int64_t until_ns);
void node_wake(struct node *node);

/* From inside: nothing ends it but its death. */
void node_sleep(int64_t duration_ns);

/* From inside: may be its last moment. */
void node_may_die(void);

#endif
