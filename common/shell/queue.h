/* queue - bounded hand-over of values between threads
 * Room: common/shell. Any number of producers, one consumer.
 *
 * Items are copied in and out; what an item points to changes owner with it. A full queue
 * refuses at once, so that no producer (a library's callback, say) ever blocks. */
#ifndef COMMON_SHELL_QUEUE_H
#define COMMON_SHELL_QUEUE_H

#include "common/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

/* `cap` items of `item_bytes`. NULL without memory. */
struct queue *queue_new(size_t item_bytes, size_t cap);

/* No producer or consumer may be left; items still in it are dropped as they are. */
void queue_free(struct queue *queue);

/* Copies `item` in. ERR_FULL: no room; ERR_REFUSED: closed. Does not block. */
enum err queue_push(struct queue *queue, const void *item) WARN_UNUSED;

/* Takes the oldest item; false when there is none. Does not block. */
bool queue_pop(struct queue *queue, void *out);

/* The same, waiting at most `timeout_ns` (negative: for ever) on the monotonic clock; false
 * when the time passed, the queue was closed empty, or queue_wake() was called. */
bool queue_wait(struct queue *queue, void *out, int64_t timeout_ns);

/* Ends a queue_wait() that is going on, or the next one. Any thread. */
void queue_wake(struct queue *queue);

/* Nothing more goes in; what is in it can be taken. */
void queue_close(struct queue *queue);

/* Items in it now. */
size_t queue_len(struct queue *queue);

#endif
