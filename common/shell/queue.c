#include "common/shell/queue.h"

#include "common/shell/clock_sys.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t item_bytes;
	size_t cap;
	size_t head;
	size_t len;
	bool is_closed;
	bool is_woken;
	unsigned char *item;
};

/* A condition that waits by CLOCK_MONOTONIC: steps of the wall clock do not matter. */
static int
init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attribute;
	int rc = pthread_condattr_init(&attribute);

	if (rc != 0) {
		return rc;
	}
	rc = pthread_condattr_setclock(&attribute, CLOCK_MONOTONIC);
	if (rc == 0) {
		rc = pthread_cond_init(condition, &attribute);
	}
	(void)pthread_condattr_destroy(&attribute);
	return rc;
}

struct queue *
queue_new(size_t item_bytes, size_t cap)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL) {
		return NULL;
	}
	queue->item = calloc(cap, item_bytes);
	queue->item_bytes = item_bytes;
	queue->cap = cap;
	if (queue->item == NULL || pthread_mutex_init(&queue->mutex, NULL) != 0) {
		free(queue->item);
		free(queue);
		return NULL;
	}
	if (init_condition(&queue->changed) != 0) {
		(void)pthread_mutex_destroy(&queue->mutex);
		free(queue->item);
		free(queue);
		return NULL;
	}
	return queue;
}

void
queue_free(struct queue *queue)
{
	if (queue == NULL) {
		return;
	}
	(void)pthread_cond_destroy(&queue->changed);
	(void)pthread_mutex_destroy(&queue->mutex);
	free(queue->item);
	free(queue);
}

enum err
queue_push(struct queue *queue, const void *item)
{
	enum err err = ERR_OK;

	(void)pthread_mutex_lock(&queue->mutex);
	if (queue->is_closed) {
		err = ERR_REFUSED;
	} else if (queue->len == queue->cap) {
		err = ERR_FULL;
	} else {
		size_t at = (queue->head + queue->len) % queue->cap;

		memcpy(queue->item + at * queue->item_bytes, item, queue->item_bytes);
		queue->len++;
		(void)pthread_cond_signal(&queue->changed);
	}
	(void)pthread_mutex_unlock(&queue->mutex);
	return err;
}

static bool
take(struct queue *queue, void *out)
{
	if (queue->len == 0) {
		return false;
	}
	memcpy(out, queue->item + queue->head * queue->item_bytes, queue->item_bytes);
	queue->head = (queue->head + 1) % queue->cap;
	queue->len--;
	return true;
}

bool
queue_pop(struct queue *queue, void *out)
{
	bool taken;

	(void)pthread_mutex_lock(&queue->mutex);
	taken = take(queue, out);
	(void)pthread_mutex_unlock(&queue->mutex);
	return taken;
}

static struct timespec
deadline_of(int64_t timeout_ns)
{
	int64_t at_ns = clock_add_ns(clock_sys_now().mono.ns, timeout_ns);

	return (struct timespec){.tv_sec = (time_t)(at_ns / CLOCK_NS_PER_S),
	    .tv_nsec = (long)(at_ns % CLOCK_NS_PER_S)};
}

bool
queue_wait(struct queue *queue, void *out, int64_t timeout_ns)
{
	struct timespec deadline = deadline_of(timeout_ns < 0 ? 0 : timeout_ns);
	bool taken;
	int rc = 0;

	(void)pthread_mutex_lock(&queue->mutex);
	while (queue->len == 0 && !queue->is_closed && !queue->is_woken &&
	       rc != ETIMEDOUT) {
		rc = timeout_ns < 0 ? pthread_cond_wait(&queue->changed, &queue->mutex)
				    : pthread_cond_timedwait(
					  &queue->changed, &queue->mutex, &deadline);
	}
	queue->is_woken = false;
	taken = take(queue, out);
	(void)pthread_mutex_unlock(&queue->mutex);
	return taken;
}

void
queue_wake(struct queue *queue)
{
	(void)pthread_mutex_lock(&queue->mutex);
	queue->is_woken = true;
	(void)pthread_cond_signal(&queue->changed);
	(void)pthread_mutex_unlock(&queue->mutex);
}

void
queue_close(struct queue *queue)
{
	(void)pthread_mutex_lock(&queue->mutex);
	queue->is_closed = true;
	(void)pthread_cond_broadcast(&queue->changed);
	(void)pthread_mutex_unlock(&queue->mutex);
}

size_t
queue_len(struct queue *queue)
{
	size_t len;

	(void)pthread_mutex_lock(&queue->mutex);
	len = queue->len;
	(void)pthread_mutex_unlock(&queue->mutex);
	return len;
}
