/* channel_work - the request for one attempt, while it is written
 * Room: collector/core (pure).
 *
 * Big, so it is the caller's: one for each thread that sends. After channel_write() it holds
 * the request, secrets included; wipe it when they are gone. */
#ifndef COLLECTOR_CORE_CHANNEL_WORK_H
#define COLLECTOR_CORE_CHANNEL_WORK_H

#include "collector/core/channel_kind.h"
#include "collector/core/letter.h"
#include "collector/core/markup.h"

enum {
	CHANNEL_URL_BYTES = 10240,
	CHANNEL_HEADERS_MAX = 6,
	CHANNEL_HEADER_BYTES = 8448, /* a token has up to 8192 */
	CHANNEL_BODY_BYTES = 64 << 10,
	CHANNEL_SCRATCH_BYTES = 32 << 10,
	CHANNEL_KEY_BYTES = 65 /* of a message, as hexadecimal */
};

struct channel_work {
	struct facts facts;
	struct letter letter;
	char key[CHANNEL_KEY_BYTES];
	size_t share; /* bytes that one text may take, as written for the channel */
	struct text url;
	struct text body;
	char header[CHANNEL_HEADERS_MAX][CHANNEL_HEADER_BYTES]; /* "Name: value" */
	size_t header_len;
	char url_bytes[CHANNEL_URL_BYTES];
	char body_bytes[CHANNEL_BODY_BYTES];
	char scratch[CHANNEL_SCRATCH_BYTES];
};

/* Writes the request of one attempt: url, headers and body. Texts are shortened until it is
 * inside the limits of the kind. False when the frozen message cannot be read or nothing
 * helps: no use in trying again. Not for CHANNEL_BY_FILE. */
bool channel_write(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);

/* What came back over HTTP. */
struct channel_return {
	enum channel_exchange exchange;
	unsigned status;
	int64_t retry_after_ns; /* the header's, 0 = none */
	const char *body;       /* what was read of it, at most REPLY_BODY_BYTES */
	size_t body_len;
};

/* What it means: fills all of `answer` but the row. */
void channel_judge(enum channel_kind kind, const struct channel_return *back,
    struct message_answer *answer);

/* For encoders: adds a header, cut (and `work->url` spoiled) when it is too long. */
void channel_add_header(
    struct channel_work *work, const char *name, const char *before, const char *value);

/* For encoders: the lines of a message as one text with a markup. */
struct channel_layout {
	enum markup markup;
	const char *bold;     /* before a label */
	const char *bold_end; /* behind it */
	const char *line;     /* between lines */
	bool with_title;
	bool with_link; /* the bare address at the end */
};
void channel_compose(const struct channel_work *work,
    const struct channel_layout *layout, struct text *text);

#endif
