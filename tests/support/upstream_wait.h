/* upstream_wait - a lock with an event that control requests may wait for
 * Room: tests/support.
 *
 * The owner embeds it, guards its state by the lock, and calls upstream_wait_wake under
 * the lock whenever a condition may have become true. */
#ifndef TESTS_SUPPORT_UPSTREAM_WAIT_H
#define TESTS_SUPPORT_UPSTREAM_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct upstream_wait {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int waiters;
	bool stopping;
};

void upstream_wait_init(struct upstream_wait *wait);
void upstream_wait_done(struct upstream_wait *wait);
void upstream_wait_lock(struct upstream_wait *wait);
void upstream_wait_unlock(struct upstream_wait *wait);

/* Under the lock: wakes all waiters; costs nothing where there are none. */
void upstream_wait_wake(struct upstream_wait *wait);

/* Under the lock: sleeps until the next wake, or `until_ms` of the monotonic clock. False
 * when the time is over or upstream_wait_stop was called. */
bool upstream_wait_until(struct upstream_wait *wait, int64_t until_ms);

/* Without the lock: ends all sleeps, now and later. */
void upstream_wait_stop(struct upstream_wait *wait);

#endif
