#include "tests/support/upstream_pipe.h"

#include <errno.h>
#include <sys/socket.h>

#include "tests/support/upstream_net.h"

#define RATE_STEP_MS 10

bool
upstream_pipe_can_fill(const struct upstream_pipe *pipe)
{
	return !pipe->source_ended && pipe->in - pipe->out < UPSTREAM_PIPE_BYTES &&
	       pipe->marks_in - pipe->marks_out < UPSTREAM_PIPE_MARKS;
}

static bool
pipe_would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static void
pipe_mark(struct upstream_pipe *pipe, int64_t due_ms)
{
	struct upstream_pipe_mark *mark;

	/* Bytes stay in order, so a shortened delay cannot overtake a longer one. */
	if (pipe->marks_in != pipe->marks_out) {
		mark = &pipe->marks[(pipe->marks_in - 1) % UPSTREAM_PIPE_MARKS];
		if (mark->due_ms > due_ms)
			due_ms = mark->due_ms;
	}
	mark = &pipe->marks[pipe->marks_in++ % UPSTREAM_PIPE_MARKS];
	mark->due_ms = due_ms;
	mark->end = pipe->in;
}

bool
upstream_pipe_fill(struct upstream_pipe *pipe, int fd, int64_t delay_ms)
{
	size_t at = pipe->in % UPSTREAM_PIPE_BYTES;
	size_t room = UPSTREAM_PIPE_BYTES - (size_t)(pipe->in - pipe->out);
	ssize_t n;

	if (room > UPSTREAM_PIPE_BYTES - at)
		room = UPSTREAM_PIPE_BYTES - at;
	n = recv(fd, pipe->ring + at, room, 0);
	if (n < 0)
		return pipe_would_block();
	if (n == 0)
		pipe->source_ended = true;
	pipe->in += (uint64_t)n;
	pipe_mark(pipe, upstream_net_now_ms() + delay_ms);
	return true;
}

/* The bytes that may leave now. */
static size_t
pipe_due(struct upstream_pipe *pipe, int64_t bytes_per_s, int64_t now_ms)
{
	uint64_t end = pipe->out;
	uint64_t i;

	for (i = pipe->marks_out; i != pipe->marks_in; i++) {
		const struct upstream_pipe_mark *mark =
		    &pipe->marks[i % UPSTREAM_PIPE_MARKS];
		if (mark->due_ms > now_ms)
			break;
		end = mark->end;
	}
	if (bytes_per_s <= 0)
		return (size_t)(end - pipe->out);
	if (now_ms - pipe->rate_at_ms >= RATE_STEP_MS) {
		/* An idle pipe saves up a tenth of a second, not more. */
		int64_t span_ms = now_ms - pipe->rate_at_ms;

		pipe->credit +=
		    bytes_per_s * (span_ms < 100 ? span_ms : 100) / 1000 + 1;
		if (pipe->credit > bytes_per_s / 10 + 1)
			pipe->credit = bytes_per_s / 10 + 1;
		pipe->rate_at_ms = now_ms;
	}
	if (end - pipe->out > (uint64_t)pipe->credit)
		end = pipe->out + (uint64_t)pipe->credit;
	return (size_t)(end - pipe->out);
}

static void
pipe_forget_marks(struct upstream_pipe *pipe, int64_t now_ms)
{
	while (pipe->marks_out != pipe->marks_in) {
		const struct upstream_pipe_mark *mark =
		    &pipe->marks[pipe->marks_out % UPSTREAM_PIPE_MARKS];

		if (mark->end > pipe->out || mark->due_ms > now_ms)
			return;
		pipe->marks_out++;
	}
}

bool
upstream_pipe_drain(struct upstream_pipe *pipe, int fd, int64_t bytes_per_s)
{
	int64_t now_ms = upstream_net_now_ms();
	size_t due = pipe_due(pipe, bytes_per_s, now_ms);

	pipe->blocked = false;
	while (due && !pipe->blocked) {
		size_t at = pipe->out % UPSTREAM_PIPE_BYTES;
		size_t part =
		    due < UPSTREAM_PIPE_BYTES - at ? due : UPSTREAM_PIPE_BYTES - at;
		ssize_t n = send(fd, pipe->ring + at, part, MSG_NOSIGNAL);
		if (n < 0 && !pipe_would_block())
			return false;
		pipe->blocked = n < (ssize_t)part;
		if (n > 0) {
			pipe->out += (uint64_t)n;
			pipe->credit -= bytes_per_s > 0 ? n : 0;
			due -= (size_t)n;
		}
	}
	pipe_forget_marks(pipe, now_ms);
	if (pipe->source_ended && !pipe->end_passed_on &&
	    pipe->marks_in == pipe->marks_out) {
		(void)shutdown(fd, SHUT_WR);
		pipe->end_passed_on = true;
	}
	return true;
}

int64_t
upstream_pipe_next_ms(const struct upstream_pipe *pipe)
{
	const struct upstream_pipe_mark *mark;
	int64_t wait_ms;

	if (pipe->marks_out == pipe->marks_in || pipe->blocked)
		return -1;
	mark = &pipe->marks[pipe->marks_out % UPSTREAM_PIPE_MARKS];
	wait_ms = mark->due_ms - upstream_net_now_ms();
	return wait_ms > 0 ? wait_ms : RATE_STEP_MS;
}

bool
upstream_pipe_is_over(const struct upstream_pipe *pipe)
{
	return pipe->end_passed_on;
}
