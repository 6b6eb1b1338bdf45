/* classify - what an HTTP answer means, by the protocol that was spoken
 * Room: agent/core (pure).
 *
 * One file per protocol holds its ordered tables as data; this one holds what they
 * share: the fields picked out of a streaming answer, the row matcher, and the shapes
 * that are judged before any table (redirects, HTML where JSON is due). An image answer
 * is good only when a whole picture is in it; a status page is "clear" only when every
 * entry was understood. */
#ifndef AGENT_CORE_CLASSIFY_H
#define AGENT_CORE_CLASSIFY_H

#include "agent/core/capture.h"
#include "agent/core/image.h"
#include "agent/core/redact.h"
#include "common/core/base64.h"
#include "common/core/limits.h"
#include "common/core/outcome.h"
#include "common/core/plan.h"
#include "common/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CLASSIFY_WORD_BYTES = 56,      /* status, reason, finish reason */
	CLASSIFY_MESSAGE_BYTES = 1024, /* Google's quota messages run to 900 */
	CLASSIFY_HEAD_BYTES = 256,     /* of a body that is not JSON */
	CLASSIFY_OBSERVATIONS = 8,     /* open entries kept of one status page */
	CLASSIFY_ID_BYTES = 48,
	CLASSIFY_TITLE_BYTES = 160,
	CLASSIFY_TITLE_RAW_BYTES = 320,
	CLASSIFY_SCOPE_BYTES = 208,
	CLASSIFY_PAGE_BYTES = 128
};

/* What was seen in the body; a set of bits. */
enum seen {
	SEEN_ERROR = 1 << 0,	   /* an error object or text */
	SEEN_QUOTA = 1 << 1,	   /* a violation of a quota */
	SEEN_QUOTA_DAY = 1 << 2,   /* of a daily one */
	SEEN_RETRY = 1 << 3,	   /* RetryInfo */
	SEEN_RESULT = 1 << 4,	   /* candidates or data, with an entry */
	SEEN_IMAGE = 1 << 5,	   /* a whole picture */
	SEEN_BAD_IMAGE = 1 << 6,   /* something in a picture's place */
	SEEN_URL = 1 << 7,	   /* a link to a picture */
	SEEN_NAME = 1 << 8,	   /* a model's description */
	SEEN_CHOICES = 1 << 9,	   /* a chat answer where a picture is due */
	SEEN_FLAGGED = 1 << 10,	   /* moderation metadata of a gateway */
	SEEN_SHARED_POOL = 1 << 11 /* a gateway's shared pool is the limit */
};

/* The fields of an answer of a model API. `status` and `reason` are what the vendor
 * calls error.status and ErrorInfo.reason (Google), error.type and error.code (OpenAI).
 */
struct answer {
	uint32_t seen; /* enum seen */
	uint32_t code; /* numeric error.code, 0 = none */
	uint32_t retry_ms;
	uint16_t message_len;
	bool message_cut;
	bool image_open; /* a picture's text is being read */
	bool image_skip; /* its "data:" prefix is being passed over */
	bool image_failed;
	uint32_t image_chars;
	char status[CLASSIFY_WORD_BYTES];
	char reason[CLASSIFY_WORD_BYTES];
	char finish[CLASSIFY_WORD_BYTES];
	char block[CLASSIFY_WORD_BYTES];
	char quota[CLASSIFY_WORD_BYTES * 2];
	char delay[CLASSIFY_WORD_BYTES];
	char word[CLASSIFY_WORD_BYTES]; /* error.code as text, when it is one */
	char request_id[LIMIT_REQUEST_ID_BYTES];
	char message[CLASSIFY_MESSAGE_BYTES];
	struct base64 base64;
	struct image image;
	struct image_info info;
};

/* One row of an ordered table: the first whose every given field fits, decides. */
struct classify_row {
	uint16_t http;	     /* 0 = any */
	uint16_t http_last;  /* end of a range, 0 = `http` alone */
	const char *status;  /* exact, NULL = any */
	const char *reason;  /* exact, NULL = any */
	const char *message; /* part of it, letters of any case, NULL = any */
	uint32_t seen;	     /* all of these */
	enum outcome outcome;
	uint32_t flags;
};

/* One entry of a status page while it is read. */
struct classify_entry {
	struct wall begin_at;
	struct wall created_at;
	struct wall modified_at;
	enum claim claim;
	bool matched;	   /* concerns a watched product */
	bool has_products; /* says what it concerns */
	bool closed;
	bool title_cut;
	uint16_t title_len;
	uint16_t scope_more; /* locations that found no room */
	char id[CLASSIFY_ID_BYTES];
	char word[CLASSIFY_WORD_BYTES]; /* the text value being read */
	char uri[CLASSIFY_PAGE_BYTES];
	char title[CLASSIFY_TITLE_RAW_BYTES];
	char scope[CLASSIFY_SCOPE_BYTES];
};

/* The texts of one kept observation. */
struct classify_texts {
	char id[CLASSIFY_ID_BYTES];
	char title[CLASSIFY_TITLE_BYTES];
	char scope[CLASSIFY_SCOPE_BYTES];
	char url[CLASSIFY_PAGE_BYTES];
};

struct classify_page {
	uint32_t entries;
	uint32_t odd;  /* entries that were not understood */
	uint32_t open; /* open ones that concern us, groups counted once */
	uint32_t kept;
	bool in_entry;
	struct classify_entry entry;
	struct observation observation[CLASSIFY_OBSERVATIONS + 1];
	struct classify_texts texts[CLASSIFY_OBSERVATIONS];
};

struct classify {
	const struct plan_probe *probe; /* borrowed */
	const struct redact *redact;	/* borrowed */
	struct capture capture;
	enum json_status json;
	uint16_t head_len;
	uint64_t bytes;
	char head[CLASSIFY_HEAD_BYTES];
	union {
		struct answer answer;	   /* Gemini, OpenAI */
		struct classify_page page; /* status pages */
	} u;
};

/* How the transfer of the body went, for classify_finish(). */
struct classify_http {
	uint16_t status;
	bool whole; /* the body came to its proper end */
	bool html;  /* the head says it is a page */
};

/* What classify_finish() found. The texts point into the classifier. */
struct classify_verdict {
	enum outcome outcome;
	uint32_t flags;
	uint32_t retry_ms;	/* asked for in the body, 0 = not */
	const char *request_id; /* from the body, "" = none; not yet redacted */
	const struct observation *observation;
	uint32_t observation_len;
};

/* Starts an answer to `probe`; both arguments are borrowed until classify_finish(). */
void classify_begin(struct classify *classify, const struct plan_probe *probe,
    const struct redact *redact);

/* A piece of the body. */
void classify_body(struct classify *classify, const void *data, size_t len);

/* Judges the answer. `detail` (`cap` bytes) gets a redacted text for people, "" when
 * there is nothing to say. To be called once. */
void classify_finish(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out, char *detail, size_t cap);

/* The last picture of the answer. */
const struct image_info *classify_image(const struct classify *classify);

#endif
