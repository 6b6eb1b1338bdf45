/* upstream_pipe - one direction of a relayed connection
 * Room: tests/support.
 *
 * A bounded ring of bytes with a delay and a rate. Backpressure is the socket's own: a
 * full ring is not read into. Used by the relay's thread only. */
#ifndef TESTS_SUPPORT_UPSTREAM_PIPE_H
#define TESTS_SUPPORT_UPSTREAM_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPSTREAM_PIPE_BYTES 65536U /* a power of two */
#define UPSTREAM_PIPE_MARKS 64U    /* separately delayed reads; a power of two */

struct upstream_pipe_mark {
	int64_t due_ms;
	uint64_t end; /* bytes before this one are due then */
};

struct upstream_pipe {
	uint64_t in;  /* bytes taken from the source so far */
	uint64_t out; /* bytes given to the destination so far */
	uint64_t marks_in;
	uint64_t marks_out;
	int64_t rate_at_ms;
	int64_t credit; /* bytes that the rate allows now */
	bool source_ended;
	bool end_passed_on;
	bool blocked; /* the destination took less than was due */
	struct upstream_pipe_mark marks[UPSTREAM_PIPE_MARKS];
	char ring[UPSTREAM_PIPE_BYTES];
};

/* Room for another read? */
bool upstream_pipe_can_fill(const struct upstream_pipe *pipe);

/* Reads once from `fd`; what was read is due `delay_ms` from now. False if the connection
 * is broken. The end of the stream is remembered and is no failure. */
bool upstream_pipe_fill(struct upstream_pipe *pipe, int fd, int64_t delay_ms);

/* Writes what is due and what `bytes_per_s` (0 = no limit) allows, and passes on the end
 * of the stream after the last byte. False if the connection is broken. */
bool upstream_pipe_drain(struct upstream_pipe *pipe, int fd, int64_t bytes_per_s);

/* Milliseconds until there may be something to write, 0 for now, -1 for not before
 * something else happens. */
int64_t upstream_pipe_next_ms(const struct upstream_pipe *pipe);

/* Nothing left to do: the end has been passed on. */
bool upstream_pipe_is_over(const struct upstream_pipe *pipe);

#endif
