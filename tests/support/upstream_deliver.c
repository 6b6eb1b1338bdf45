#include "tests/support/upstream_deliver.h"

#include <string.h>

#include <microhttpd.h>

#define FLUSH_MS 5
#define FLUSHES  1000
#define DRIP_MS  20

bool
upstream_deliver_needed(const struct upstream_action *action)
{
	return action &&
	       (action->stall_after_bytes >= 0 || action->reset_after_bytes >= 0 ||
		   action->close_after_bytes >= 0 || action->drip_bytes_per_s >= 0);
}

/* Ends the connection. libmicrohttpd 0.9.75 leaves a socket open whose chunked reader
 * failed until something happens on it, so the end is put there. */
static ssize_t
deliver_end(const struct upstream_deliver *deliver)
{
	(void)upstream_net_flush(deliver->fd);
	(void)shutdown(deliver->fd, SHUT_RDWR);
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* Sleeps; 0 tells libmicrohttpd that there is nothing to send yet. */
static ssize_t
deliver_park(struct upstream_deliver *deliver, int64_t ms)
{
	if (!upstream_hold_park(
		deliver->hold, deliver->connection, deliver->fd, ms, &deliver->wake))
		return deliver_end(deliver);
	return 0;
}

static bool
deliver_reached(int64_t offset, uint64_t pos)
{
	return offset >= 0 && pos >= (uint64_t)offset;
}

/* A reset throws away what the kernel has not sent yet: first the peer must have it. */
static ssize_t
deliver_reset(struct upstream_deliver *deliver)
{
	if (upstream_net_flush(deliver->fd) > 0 && deliver->flushes++ < FLUSHES)
		return deliver_park(deliver, FLUSH_MS);
	upstream_net_reset(deliver->fd);
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* How far the body may go before the next thing happens. */
static uint64_t
deliver_limit(const struct upstream_deliver *deliver)
{
	const struct upstream_action *action = deliver->action;
	uint64_t limit = deliver->body->len;

	if (!action)
		return limit;
	if (action->reset_after_bytes >= 0 &&
	    (uint64_t)action->reset_after_bytes < limit)
		limit = (uint64_t)action->reset_after_bytes;
	if (action->close_after_bytes >= 0 &&
	    (uint64_t)action->close_after_bytes < limit)
		limit = (uint64_t)action->close_after_bytes;
	if (!deliver->stalled && action->stall_after_bytes >= 0 &&
	    (uint64_t)action->stall_after_bytes < limit)
		limit = (uint64_t)action->stall_after_bytes;
	return limit;
}

static ssize_t
deliver_event(struct upstream_deliver *deliver, uint64_t pos)
{
	const struct upstream_action *action = deliver->action;

	if (action && deliver_reached(action->reset_after_bytes, pos))
		return deliver_reset(deliver);
	if (action && deliver_reached(action->close_after_bytes, pos))
		return deliver_end(deliver);
	if (action && !deliver->stalled &&
	    deliver_reached(action->stall_after_bytes, pos)) {
		deliver->stalled = true;
		(void)upstream_net_flush(deliver->fd);
		return deliver_park(deliver, action->stall_ms);
	}
	return MHD_CONTENT_READER_END_OF_STREAM;
}

/* Bytes that the drip allows now. */
static uint64_t
deliver_drip(const struct upstream_deliver *deliver, uint64_t pos)
{
	int64_t elapsed_ms = upstream_net_now_ms() - deliver->started_ms;
	uint64_t allowed;

	allowed = (uint64_t)(elapsed_ms * deliver->action->drip_bytes_per_s / 1000);
	return allowed > pos ? allowed - pos : 0;
}

ssize_t
upstream_deliver_read(void *cls, uint64_t pos, char *out_bytes, size_t max)
{
	struct upstream_deliver *deliver = cls;
	uint64_t limit = deliver_limit(deliver);
	int wake = atomic_load(&deliver->wake);
	uint64_t n;

	if (wake == UPSTREAM_HOLD_GONE || wake == UPSTREAM_HOLD_STOPPED)
		return deliver_end(deliver);
	if (pos >= limit)
		return deliver_event(deliver, pos);
	n = limit - pos < max ? limit - pos : max;
	if (deliver->action && deliver->action->drip_bytes_per_s >= 0) {
		if (deliver_drip(deliver, pos) < n)
			n = deliver_drip(deliver, pos);
		(void)upstream_net_flush(deliver->fd);
	}
	if (n == 0)
		return deliver_park(deliver, DRIP_MS);
	memcpy(out_bytes, deliver->body->bytes + pos, n);
	return (ssize_t)n;
}
