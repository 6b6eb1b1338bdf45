#include "tests/support/upstream_hold.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <microhttpd.h>

#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_net.h"

#define EVENTS_MAX 64
#define WAKE_TAG   UINT64_MAX

struct sleeper {
	struct MHD_Connection *connection; /* NULL = slot is free */
	int fd;
	uint32_t generation; /* tells a late event of an earlier use of the slot */
	int64_t until_ms;    /* INT64_MAX = no limit */
	atomic_int *out_wake;
};

struct upstream_hold {
	pthread_mutex_t lock; /* guards everything below but the two descriptors */
	pthread_t thread;
	int epoll_fd;
	int wake_fd;
	bool stopping;
	int top; /* slots from here on were never used */
	struct sleeper sleepers[UPSTREAM_HOLD_MAX];
};

/* Under the lock. The socket leaves our epoll set before libmicrohttpd can close it, so
 * that a new connection with the same number is never taken for this one. */
static void
hold_resume(struct upstream_hold *hold, struct sleeper *sleeper, int why)
{
	struct MHD_Connection *connection = sleeper->connection;

	(void)epoll_ctl(hold->epoll_fd, EPOLL_CTL_DEL, sleeper->fd, NULL);
	sleeper->connection = NULL;
	sleeper->generation++;
	atomic_store(sleeper->out_wake, why);
	MHD_resume_connection(connection);
}

/* Under the lock: resumes who is due; returns the time until the next one, -1 for none. */
static int
hold_due(struct upstream_hold *hold)
{
	int64_t now_ms = upstream_net_now_ms();
	int64_t next_ms = INT64_MAX;
	struct sleeper *sleeper;
	int i;

	for (i = 0; i < hold->top; i++) {
		sleeper = &hold->sleepers[i];
		if (!sleeper->connection)
			continue;
		if (sleeper->until_ms <= now_ms) {
			hold_resume(hold, sleeper, UPSTREAM_HOLD_DUE);
		} else if (sleeper->until_ms < next_ms) {
			next_ms = sleeper->until_ms;
		}
	}
	if (next_ms == INT64_MAX)
		return -1;
	next_ms -= now_ms;
	return next_ms < INT_MAX ? (int)next_ms : INT_MAX;
}

static void
hold_event(struct upstream_hold *hold, uint64_t tag)
{
	struct sleeper *sleeper = &hold->sleepers[tag & UINT32_MAX];

	if (sleeper->connection && sleeper->generation == (uint32_t)(tag >> 32))
		hold_resume(hold, sleeper, UPSTREAM_HOLD_GONE);
}

static void *
hold_run(void *argument)
{
	struct upstream_hold *hold = argument;
	struct epoll_event events[EVENTS_MAX];
	eventfd_t ticks;
	int i;

	for (;;) {
		(void)pthread_mutex_lock(&hold->lock);
		int timeout_ms = hold_due(hold);
		bool stopping = hold->stopping;
		(void)pthread_mutex_unlock(&hold->lock);
		if (stopping)
			return NULL;
		int n = epoll_wait(hold->epoll_fd, events, EVENTS_MAX, timeout_ms);
		(void)pthread_mutex_lock(&hold->lock);
		for (i = 0; i < n; i++) {
			if (events[i].data.u64 == WAKE_TAG) {
				(void)eventfd_read(hold->wake_fd, &ticks);
			} else {
				hold_event(hold, events[i].data.u64);
			}
		}
		(void)pthread_mutex_unlock(&hold->lock);
	}
}

struct upstream_hold *
upstream_hold_new(void)
{
	struct upstream_hold *hold = upstream_mem_zalloc(sizeof(*hold));
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = WAKE_TAG};

	(void)pthread_mutex_init(&hold->lock, NULL);
	hold->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	hold->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (hold->epoll_fd >= 0 && hold->wake_fd >= 0 &&
	    epoll_ctl(hold->epoll_fd, EPOLL_CTL_ADD, hold->wake_fd, &event) == 0 &&
	    pthread_create(&hold->thread, NULL, hold_run, hold) == 0)
		return hold;
	(void)close(hold->epoll_fd);
	(void)close(hold->wake_fd);
	free(hold);
	return NULL;
}

static struct sleeper *
hold_slot(struct upstream_hold *hold)
{
	int i;

	for (i = 0; i < hold->top; i++) {
		if (!hold->sleepers[i].connection)
			return &hold->sleepers[i];
	}
	return hold->top < UPSTREAM_HOLD_MAX ? &hold->sleepers[hold->top++] : NULL;
}

bool
upstream_hold_park(struct upstream_hold *hold, struct MHD_Connection *connection,
    int fd, int64_t ms, atomic_int *out_wake)
{
	struct epoll_event event = {.events = EPOLLRDHUP};
	struct sleeper *sleeper = NULL;

	(void)pthread_mutex_lock(&hold->lock);
	if (!hold->stopping)
		sleeper = hold_slot(hold);
	if (sleeper) {
		atomic_store(out_wake, UPSTREAM_HOLD_NOT_YET);
		MHD_suspend_connection(connection);
		sleeper->connection = connection;
		sleeper->fd = fd;
		sleeper->until_ms = ms < 0 ? INT64_MAX : upstream_net_now_ms() + ms;
		sleeper->out_wake = out_wake;
		event.data.u64 = (uint64_t)(sleeper - hold->sleepers) |
				 (uint64_t)sleeper->generation << 32;
		(void)epoll_ctl(hold->epoll_fd, EPOLL_CTL_ADD, fd, &event);
		(void)eventfd_write(hold->wake_fd, 1);
	}
	(void)pthread_mutex_unlock(&hold->lock);
	return sleeper != NULL;
}

void
upstream_hold_stop(struct upstream_hold *hold)
{
	int i;

	(void)pthread_mutex_lock(&hold->lock);
	hold->stopping = true;
	for (i = 0; i < hold->top; i++) {
		if (hold->sleepers[i].connection)
			hold_resume(hold, &hold->sleepers[i], UPSTREAM_HOLD_STOPPED);
	}
	(void)eventfd_write(hold->wake_fd, 1);
	(void)pthread_mutex_unlock(&hold->lock);
}

void
upstream_hold_free(struct upstream_hold *hold)
{
	if (!hold)
		return;
	(void)pthread_join(hold->thread, NULL);
	(void)close(hold->epoll_fd);
	(void)close(hold->wake_fd);
	(void)pthread_mutex_destroy(&hold->lock);
	free(hold);
}
