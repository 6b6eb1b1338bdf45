#include "tests/sim/node.h"

#include "tests/sim/chance.h"
#include "tests/sim/disk.h"
#include "tests/sim/trace.h"

#include <assert.h>
#include <stddef.h>

static struct node *current;

struct node *
node_current(void)
{
	assert(current != NULL);
	return current;
}

/* It has ended or died; what it had in memory is gone. */
static void
bury(struct node *node, bool is_dead)
{
	fiber_free(node->fiber);
	node->fiber = NULL;
	node->turn++;
	node->must_stop = false;
	node->fuse = 0;
	if (is_dead) {
		trace_line(node->name, "dies");
		node->was_ahead = !disk_process_died(node->disk);
	}
	node->done(node);
	node->program = NULL;
	node->prober = NULL;
	trace_line(node->name, "is gone");
	node->died(node);
}

static void
go_on(struct node *node)
{
	bool has_ended;

	node->is_waiting = false;
	current = node;
	has_ended = fiber_resume(node->fiber);
	current = NULL;
	if (has_ended) {
		bury(node, node->program != NULL);
	}
}

static void
alarm_rings(void *what, uint64_t turn)
{
	struct node *node = what;

	if (node->fiber != NULL && node->turn == turn) {
		go_on(node);
	}
}

static void
enter(void *argument)
{
	struct node *node = argument;

	node->run(node);
}

void
node_start(struct node *node)
{
	assert(node->fiber == NULL);
	node->lives++;
	node->is_woken = false;
	trace_line(node->name, "starts");
	node->fiber = fiber_new(enter, node);
	chance_add(chance_now(), alarm_rings, node, ++node->turn);
}

void
node_kill(struct node *node)
{
	assert(current == NULL);
	if (node->fiber == NULL) {
		return;
	}
	current = node;
	fiber_kill(node->fiber);
	current = NULL;
	bury(node, true);
}

void
node_stop(struct node *node)
{
	if (node->fiber != NULL) {
		trace_line(node->name, "is told to stop");
		if (node->stop != NULL) {
			node->stop(node);
		} else {
			node->must_stop = true;
			node_wake(node);
		}
	}
}

void
node_wait(int64_t until_ns)
{
	struct node *node = node_current();

	node->turn++;
	if (node->is_woken) {
		node->is_woken = false;
		until_ns = chance_now();
	}
	if (until_ns != INT64_MAX) {
		chance_add(until_ns, alarm_rings, node, node->turn);
	}
	node->is_waiting = true;
	fiber_wait();
	node->is_woken = false;
}

void
node_wake(struct node *node)
{
	if (node->fiber == NULL) {
		return;
	}
	if (node->is_waiting && !node->is_woken) {
		chance_add(chance_now(), alarm_rings, node, node->turn);
	}
	node->is_woken = true;
}

void
node_sleep(int64_t duration_ns)
{
	struct node *node = node_current();

	chance_add(chance_now() + duration_ns, alarm_rings, node, ++node->turn);
	fiber_wait();
}

void
node_may_die(void)
{
	struct node *node = node_current();

	if (node->fuse > 0 && --node->fuse == 0) {
		trace_line(node->name, "dies in the middle of it");
		fiber_kill(node->fiber);
	}
}
