#include "tests/support/upstream_wait.h"

#include <time.h>

void
upstream_wait_init(struct upstream_wait *wait)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&wait->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	(void)pthread_mutex_init(&wait->lock, NULL);
	wait->waiters = 0;
	wait->stopping = false;
}

void
upstream_wait_done(struct upstream_wait *wait)
{
	(void)pthread_cond_destroy(&wait->changed);
	(void)pthread_mutex_destroy(&wait->lock);
}

void
upstream_wait_lock(struct upstream_wait *wait)
{
	(void)pthread_mutex_lock(&wait->lock);
}

void
upstream_wait_unlock(struct upstream_wait *wait)
{
	(void)pthread_mutex_unlock(&wait->lock);
}

void
upstream_wait_wake(struct upstream_wait *wait)
{
	if (wait->waiters)
		(void)pthread_cond_broadcast(&wait->changed);
}

bool
upstream_wait_until(struct upstream_wait *wait, int64_t until_ms)
{
	struct timespec until = {
	    .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
	int status;

	if (wait->stopping)
		return false;
	wait->waiters++;
	status = pthread_cond_timedwait(&wait->changed, &wait->lock, &until);
	wait->waiters--;
	return status == 0 && !wait->stopping;
}

void
upstream_wait_stop(struct upstream_wait *wait)
{
	upstream_wait_lock(wait);
	wait->stopping = true;
	(void)pthread_cond_broadcast(&wait->changed);
	upstream_wait_unlock(wait);
}
