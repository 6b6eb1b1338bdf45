/* The collector's queue of events, in a world with one thread. Takes the place of
 * common/shell/queue.c. */
#include "common/shell/queue.h"
#include "tests/sim/chance.h"
#include "tests/sim/node.h"

#include <stdlib.h>
#include <string.h>

struct queue {
	struct node *owner;
	size_t item_bytes;
	size_t cap;
	size_t head;
	size_t len;
	unsigned char *item;
};

struct queue *
queue_new(size_t item_bytes, size_t cap)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL) {
		abort();
	}
	queue->owner = node_current();
	queue->item_bytes = item_bytes;
	queue->cap = cap;
	queue->item = malloc(item_bytes * cap); /* touched as far as it is used */
	if (queue->item == NULL) {
		abort();
	}
	return queue;
}

void
queue_free(struct queue *queue)
{
	if (queue != NULL) {
		free(queue->item);
		free(queue);
	}
}

enum err
queue_push(struct queue *queue, const void *item)
{
	if (queue->len == queue->cap) {
		return ERR_FULL;
	}
	memcpy(
	    queue->item + (queue->head + queue->len) % queue->cap * queue->item_bytes,
	    item, queue->item_bytes);
	queue->len++;
	node_wake(queue->owner);
	return ERR_OK;
}

bool
queue_pop(struct queue *queue, void *out)
{
	if (queue->len == 0) {
		return false;
	}
	memcpy(out, queue->item + queue->head * queue->item_bytes, queue->item_bytes);
	queue->head = (queue->head + 1) % queue->cap;
	queue->len--;
	/* So that few pages are touched, and the same ones again. */
	queue->head = queue->len == 0 ? 0 : queue->head;
	return true;
}

bool
queue_wait(struct queue *queue, void *out, int64_t timeout_ns)
{
	if (queue->len == 0) {
		node_wait(timeout_ns < 0 ? INT64_MAX : chance_now() + timeout_ns);
	}
	return queue_pop(queue, out);
}

void
queue_wake(struct queue *queue)
{
	node_wake(queue->owner);
}

void
queue_close(struct queue *queue)
{
	(void)queue;
}

size_t
queue_len(struct queue *queue)
{
	return queue->len;
}
