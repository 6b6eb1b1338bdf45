/* xml - well-formed XML, read as a stream of events in fixed memory
 * Room: agent/core (pure; libexpat parses, on memory that lies in here).
 *
 * Bytes go in, in pieces of any size; elements and texts come out through a callback. All
 * that the parser keeps lives in `memory`: a document that needs more than that (a tag, a
 * comment or a name of many kilobytes, hundreds of different names) is broken, as is one
 * that is nested too deeply or too long. A document type is refused, whatever it holds, so
 * that there are no entities but the five of XML itself. Nothing has to be released.
 *
 * The parser gets slices of one size, in whatever pieces the bytes come: what it needs of
 * the memory, and so what is broken, does not depend on the network.
 *
 * A struct xml must not be moved between xml_init() and its last use. */
#ifndef AGENT_CORE_XML_H
#define AGENT_CORE_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	XML_DEPTH_MAX = 32,         /* open elements */
	XML_BYTES_MAX = 8 << 20,    /* of a document */
	XML_SLICE_BYTES = 1024,     /* handed to the parser at once */
	XML_MEMORY_BYTES = 32 << 10 /* ordinary feeds need 9 KB of it */
};

enum xml_kind {
	XML_ELEMENT = 0, /* begins; `name` and `attribute` */
	XML_ELEMENT_END, /* `name` */
	XML_TEXT         /* a piece of a text, UTF-8; it may end inside a character */
};

struct xml_event {
	enum xml_kind kind;
	uint32_t depth; /* of the element: 1 for the root; a text has that around it */
	const char *name; /* with its prefix, as it is written */
	const char *const
	    *attribute;   /* names and values in turn, NULL behind the last */
	const char *text; /* not NUL-terminated */
	size_t len;
};

enum xml_status {
	XML_GOING = 0, /* fine so far */
	XML_WHOLE,     /* xml_end() only: one document, from end to end */
	XML_BROKEN     /* not XML, refused, or too much of it */
};

/* Everything in the event is borrowed for the call. */
typedef void xml_handler(void *context, const struct xml_event *event);

struct xml {
	xml_handler *handler;
	void *context;
	void *parser; /* in `memory`, NULL when even that had no room */
	uint64_t bytes;
	uint32_t depth;
	enum xml_status status;
	uint32_t held;
	char hold[XML_SLICE_BYTES]; /* the slice that is not whole yet */
	_Alignas(max_align_t) unsigned char memory[XML_MEMORY_BYTES];
};

/* Starts a document; `handler` and `context` are kept until the last xml_push(). */
void xml_init(struct xml *xml, xml_handler *handler, void *context);

/* Reads `len` more bytes. Once it returned XML_BROKEN it goes on doing so, and calls the
 * handler no more. */
enum xml_status xml_push(struct xml *xml, const void *data, size_t len);

/* Says that no more bytes come: XML_WHOLE or XML_BROKEN. */
enum xml_status xml_end(struct xml *xml);

#endif
