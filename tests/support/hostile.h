/* hostile - a peer of the collector that keeps to nothing
 * Room: tests/support.
 *
 * Speaks nng's mapping of request and reply over TCP by hand: eight bytes of greeting
 * either way, then messages with their length in eight bytes in front, of which the first
 * four are the number of the request (nng_tcp(7), nng_req(7); the protocol numbers are
 * those of the SP specifications). So every byte of it can be wrong. What fails here, other
 * than being thrown out, fails the running cmocka test. */
#ifndef TESTS_SUPPORT_HOSTILE_H
#define TESTS_SUPPORT_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hostile {
	int fd;
	uint32_t request; /* the last one's number */
};

/* Connects to "A.B.C.D:PORT" and says nothing. With `buffer` > 0 it takes no more bytes
 * than about that many before it reads. */
struct hostile hostile_connect(const char *address, int buffer);

/* Closes; with `is_rude` by a reset. */
void hostile_close(struct hostile *peer, bool is_rude);

/* Connects and greets as a requester does, and takes the greeting that comes back. */
struct hostile hostile_greet(const char *address, int buffer);

/* Writes the bytes as they are; false when the other side has closed. */
bool hostile_write(struct hostile *peer, const void *bytes, size_t len);

/* Sends `data` as the next request. */
bool hostile_request(struct hostile *peer, const void *data, size_t len);

/* The body of the next answer, in `out`; 0 when the other side has closed. */
size_t hostile_answer(struct hostile *peer, unsigned char *out, size_t cap);

/* Blocks until the other side has closed, whatever comes before that. */
void hostile_await_end(struct hostile *peer);

/* True when the other side has closed by now. */
bool hostile_is_ended(struct hostile *peer);

#endif
