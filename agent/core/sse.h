/* sse - the data of server-sent events, read as they come
 * Room: agent/core (pure).
 *
 * The stream format of WHATWG HTML, "Server-sent events", as far as a model API uses it:
 * lines end in LF, CR or CRLF; lines of one event's `data` are joined by LF; a blank line
 * ends the event; a byte order mark may lead; comments and other fields are passed over.
 * Nothing is kept but the name of the field being read, so an event of many megabytes
 * passes through in constant memory. The same bytes in other pieces give the same events,
 * but for where their data is divided. */
#ifndef AGENT_CORE_SSE_H
#define AGENT_CORE_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of an event's data, of at least one byte and borrowed for the call; or, with
 * NULL and 0, the end of an event that had a `data` field. */
typedef void sse_handler(void *context, const char *data, size_t len);

struct sse {
	sse_handler *handler;
	void *context;
	uint8_t state;
	uint8_t name_len; /* of the field, as far as it may still be "data" */
	bool open;        /* the event being read has data */
	bool was_cr;      /* a LF now belongs to the line end before */
	uint8_t mark_len; /* bytes of a byte order mark taken */
};

/* Starts a stream; `handler` and `context` are kept until the last call. */
void sse_init(struct sse *sse, sse_handler *handler, void *context);

void sse_push(struct sse *sse, const void *data, size_t len);

/* Says that no more bytes come. True when that was between two events. An event that lacks
 * only its blank line is handed over all the same: some servers hang up there. */
bool sse_end(struct sse *sse);

#endif
