#include "tests/support/recorder.h"

#include "tests/support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	GREETING_BYTES = 8,
	LENGTH_BYTES = 8,
	CHUNK_BYTES = 1 << 16
};

static struct sockaddr_in
address_of(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	const char *colon = strchr(text, ':');
	char host[32];

	assert_non_null(colon);
	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	assert_int_equal(inet_pton(AF_INET, host, &address.sin_addr), 1);
	address.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	return address;
}

static int
connect_to(const char *target)
{
	struct sockaddr_in address = address_of(target);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static void
accept_one(struct recorder *recorder)
{
	int client = accept(recorder->listener, NULL, NULL);
	int target = -1;

	if (client >= 0 && recorder->pairs < RECORDER_PAIRS) {
		target = connect_to(recorder->target);
	}
	if (target < 0) {
		if (client >= 0) {
			(void)close(client);
		}
		return;
	}
	recorder->stream[recorder->pairs][0].fd = client;
	recorder->stream[recorder->pairs][1].fd = target;
	recorder->pairs++;
}

static bool
keep(struct recorder_stream *stream, const unsigned char *bytes, size_t len)
{
	if (len > stream->cap - stream->len) {
		size_t cap = (stream->cap + len) * 2;
		unsigned char *grown = realloc(stream->bytes, cap);

		if (grown == NULL) {
			return false;
		}
		stream->bytes = grown;
		stream->cap = cap;
	}
	memcpy(stream->bytes + stream->len, bytes, len);
	stream->len += len;
	return true;
}

/* Passes on what one side has; false at its end. */
static bool
pass(struct recorder_stream *from, const struct recorder_stream *to)
{
	static unsigned char chunk[CHUNK_BYTES];
	ssize_t got = read(from->fd, chunk, sizeof(chunk));

	if (got <= 0 || !keep(from, chunk, (size_t)got)) {
		return false;
	}
	for (ssize_t at = 0; at < got;) {
		ssize_t sent =
		    send(to->fd, chunk + at, (size_t)(got - at), MSG_NOSIGNAL);

		if (sent <= 0) {
			return false;
		}
		at += sent;
	}
	return true;
}

static void
end_pair(struct recorder_stream pair[2])
{
	for (int side = 0; side < 2; side++) {
		if (pair[side].fd >= 0) {
			(void)close(pair[side].fd);
			pair[side].fd = -1;
		}
	}
}

static void *
run(void *context)
{
	struct recorder *recorder = context;
	struct pollfd list[2 + RECORDER_PAIRS * 2];

	for (;;) {
		size_t pairs = recorder->pairs;

		list[0] = (struct pollfd){.fd = recorder->wake[0], .events = POLLIN};
		list[1] = (struct pollfd){.fd = recorder->listener, .events = POLLIN};
		for (size_t i = 0; i < pairs * 2; i++) {
			list[2 + i] = (struct pollfd){
			    .fd = recorder->stream[i / 2][i % 2].fd, .events = POLLIN};
		}
		if (poll(list, 2 + pairs * 2, -1) < 0 || list[0].revents != 0) {
			return NULL;
		}
		if (list[1].revents != 0) {
			accept_one(recorder);
		}
		for (size_t i = 0; i < pairs * 2; i++) {
			struct recorder_stream *pair = recorder->stream[i / 2];

			if (list[2 + i].revents != 0 && pair[i % 2].fd >= 0 &&
			    !pass(&pair[i % 2], &pair[1 - i % 2])) {
				end_pair(pair);
			}
		}
	}
}

void
recorder_start(struct recorder *recorder, const char *target)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);

	memset(recorder, 0, sizeof(*recorder));
	(void)snprintf(recorder->target, sizeof(recorder->target), "%s", target);
	recorder->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(recorder->listener >= 0);
	assert_int_equal(bind(recorder->listener, (const struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	assert_int_equal(listen(recorder->listener, 16), 0);
	assert_int_equal(
	    getsockname(recorder->listener, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(recorder->address, sizeof(recorder->address), "127.0.0.1:%u",
	    (unsigned)ntohs(address.sin_port));
	assert_int_equal(pipe(recorder->wake), 0);
	assert_int_equal(pthread_create(&recorder->thread, NULL, run, recorder), 0);
}

void
recorder_stop(struct recorder *recorder)
{
	assert_int_equal(write(recorder->wake[1], "x", 1), 1);
	assert_int_equal(pthread_join(recorder->thread, NULL), 0);
	for (size_t i = 0; i < recorder->pairs; i++) {
		end_pair(recorder->stream[i]);
	}
	(void)close(recorder->listener);
	(void)close(recorder->wake[0]);
	(void)close(recorder->wake[1]);
}

static uint64_t
length_at(const unsigned char *bytes)
{
	uint64_t length = 0;

	for (int i = 0; i < LENGTH_BYTES; i++) {
		length = length << 8 | bytes[i];
	}
	return length;
}

size_t
recorder_each(const struct recorder *recorder,
    void (*message)(void *context, const unsigned char *bytes, size_t len),
    void *context)
{
	size_t count = 0;

	for (size_t i = 0; i < recorder->pairs * 2; i++) {
		const struct recorder_stream *stream = &recorder->stream[i / 2][i % 2];
		size_t at = GREETING_BYTES;

		while (at + LENGTH_BYTES <= stream->len) {
			uint64_t length = length_at(stream->bytes + at);

			at += LENGTH_BYTES;
			if (length > stream->len - at) {
				break; /* cut off by the end */
			}
			message(context, stream->bytes + at, (size_t)length);
			at += (size_t)length;
			count++;
		}
	}
	return count;
}

void
recorder_free(struct recorder *recorder)
{
	for (size_t i = 0; i < recorder->pairs * 2; i++) {
		free(recorder->stream[i / 2][i % 2].bytes);
	}
	memset(recorder, 0, sizeof(*recorder));
}
