/* reply - what a channel's answer says in its body
 * Room: collector/core (pure).
 *
 * Vendors say no under HTTP 200. Their bodies are small JSON objects, or a word; what they
 * all have in common is read here, and channel_kind.c says what it means. Total: any bytes
 * give some reply. */
#ifndef COLLECTOR_CORE_REPLY_H
#define COLLECTOR_CORE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REPLY_BODY_BYTES = 8192, /* of a body that are looked at */
	REPLY_TEXT_BYTES = 128
};

struct reply {
	bool is_object;       /* one whole JSON object */
	bool has_code;        /* "code" */
	bool has_status_code; /* "StatusCode" */
	bool has_errcode;     /* "errcode" */
	bool has_ok;          /* "ok": true or false */
	bool has_id;          /* "id": a string that is not empty, or a number */
	bool ok;
	bool is_success; /* "status": "success" */
	int64_t code;
	int64_t status_code;
	int64_t errcode;
	int64_t retry_after_ns;      /* "retry_after", also in "parameters"; 0 = none */
	char text[REPLY_TEXT_BYTES]; /* "msg", or the start of a body that is no object;
				      * lower case, printable ASCII. For decisions only: it
				      * may repeat a secret */
};

/* Reads `len` bytes at `body`. */
void reply_read(const char *body, size_t len, struct reply *out);

#endif
