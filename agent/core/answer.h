/* answer - the few fields of a model API's answer that decide what it means
 * Room: agent/core (pure).
 *
 * Filled while the answer streams by; pictures in it are decoded and checked on the fly and
 * forgotten. Gemini and OpenAI differ in where the fields stand and in the tables that are
 * laid over them, not in what the fields are. */
#ifndef AGENT_CORE_ANSWER_H
#define AGENT_CORE_ANSWER_H

#include "agent/core/embed.h"
#include "agent/core/image.h"
#include "agent/core/usage.h"
#include "common/core/json.h"
#include "common/core/limits.h"
#include "common/core/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ANSWER_WORD_BYTES = 56,
	ANSWER_MODEL_BYTES = LIMIT_SERIES_BYTES + 8, /* with "models/" before it */
	ANSWER_LINK_BYTES = 2048,                    /* signed links run to 1.5 KB */
	ANSWER_MESSAGE_BYTES = 1024 /* Google's quota messages run to 900 */
};

/* Tags of the values, for the path tables of the protocols. */
enum answer_field {
	ANSWER_ERROR = 0, /* an object, or a text that is the message itself */
	ANSWER_CODE,      /* a number, or a text that may hold one */
	ANSWER_STATUS,    /* error.status (Google), error.type (OpenAI) */
	ANSWER_REASON,    /* ErrorInfo.reason (Google) */
	ANSWER_MESSAGE,   /* of an error */
	ANSWER_RAW,   /* what the upstream told a gateway, better than its own words */
	ANSWER_NOTE,  /* why there is no picture */
	ANSWER_WORDS, /* what the model wrote */
	ANSWER_RETRY, /* RetryInfo.retryDelay, "34.4s" */
	ANSWER_VIOLATION, /* an item of QuotaFailure.violations */
	ANSWER_QUOTA_ID,  /* its quotaId */
	ANSWER_ENTRY,     /* an item of candidates or data */
	ANSWER_FINISH,    /* finishReason */
	ANSWER_BLOCK,     /* promptFeedback.blockReason */
	ANSWER_IMAGE,     /* of a picture base64, a data: URL, or a link */
	ANSWER_NAME,      /* of a model */
	ANSWER_KEY,       /* what is known of our key */
	ANSWER_LISTED,    /* name of one of many */
	ANSWER_LIST,      /* the array they are in */
	ANSWER_MORE,      /* the list goes on elsewhere: a token, or true */
	ANSWER_CHOICES,   /* of a chat answer */
	ANSWER_NATIVE,    /* the provider's own finish reason, behind a gateway's */
	ANSWER_REFUSAL,   /* the model's words for "no" */
	ANSWER_FLAGGED,   /* moderation metadata */
	ANSWER_POOL,      /* a gateway's limit_source */
	ANSWER_REMAINING, /* of a key's credit, in dollars */
	ANSWER_COUNTED,   /* totalTokens of countTokens */
	ANSWER_TOKENS_IN,
	ANSWER_TOKENS_OUT,
	ANSWER_TOKENS_THOUGHT,
	ANSWER_COST,       /* in dollars */
	ANSWER_REQUEST_ID, /* responseId */
	ANSWER_FIELD_COUNT
};

/* What was seen; a set of bits. */
enum seen {
	SEEN_ERROR = 1 << 0,
	SEEN_QUOTA = 1 << 1,     /* a violation of a quota */
	SEEN_QUOTA_DAY = 1 << 2, /* of a daily one */
	SEEN_RETRY = 1 << 3,
	SEEN_ENTRY = 1 << 4,
	SEEN_IMAGE = 1 << 5,     /* a whole picture */
	SEEN_BAD_IMAGE = 1 << 6, /* something else in a picture's place */
	SEEN_LINK = 1 << 7,      /* to a picture, of a usable form or not */
	SEEN_NAME = 1 << 8,
	SEEN_CHOICES = 1 << 9,
	SEEN_FLAGGED = 1 << 10,
	SEEN_SHARED_POOL = 1 << 11, /* a gateway's pool at the provider is the limit */
	SEEN_IN_FLIGHT = 1 << 12,   /* a gateway's budget for what runs at once is */
	SEEN_LIST = 1 << 13,
	SEEN_LISTED = 1 << 14, /* `wanted` is among them */
	SEEN_MORE = 1 << 15,
	SEEN_REFUSAL = 1 << 16,
	SEEN_SPENT = 1 << 17, /* no credit remains */
	SEEN_COUNTED = 1 << 18
};

struct answer {
	uint32_t seen; /* enum seen */
	uint32_t code; /* numeric error.code, 0 = none */
	uint32_t retry_ms;
	uint16_t len;   /* of the text being read */
	bool open;      /* a text is being read */
	bool skip;      /* and not kept */
	bool cut;       /* and longer than its place */
	bool link_open; /* the text of a picture is a link */
	bool link_cut;
	bool message_cut;
	uint8_t message_rank;
	enum image_verdict image_verdict; /* of `info` */
	char status[ANSWER_WORD_BYTES];
	char reason[ANSWER_WORD_BYTES];
	char code_word[ANSWER_WORD_BYTES];
	char finish[ANSWER_WORD_BYTES];
	char native[ANSWER_WORD_BYTES];
	char block[ANSWER_WORD_BYTES];
	char request_id[LIMIT_REQUEST_ID_BYTES];
	char word[ANSWER_MODEL_BYTES]; /* a value that is looked at and not kept */
	char message[ANSWER_MESSAGE_BYTES];
	char link[ANSWER_LINK_BYTES]; /* the first, "" when it is too long */
	const char *wanted;           /* name that a list is searched for, borrowed */
	struct usage usage;
	struct embed embed;
	struct image_info info; /* of the first whole picture, else of the last one */
};

/* An outcome and what was seen with it. */
struct finding {
	enum outcome outcome;
	uint32_t flags; /* enum flag */
};

/* One row of an ordered table: the first whose every given field fits, decides. */
struct answer_row {
	uint16_t http;      /* 0 = any */
	uint16_t http_last; /* end of a range that begins at `http`; 0 = `http` alone */
	const char *status; /* exact, NULL = any */
	const char *reason; /* exact, of ErrorInfo.reason or error.code; NULL = any */
	const char *word;   /* a part of one of the three words, NULL = any */
	const char *message; /* a part of it, in lower case, NULL = any */
	uint32_t seen;       /* all of these */
	struct finding finding;
};

/* `wanted` is the model that a list of them is searched for, borrowed, "" = none. */
void answer_init(struct answer *answer, const char *wanted);

/* A picture that comes by itself, in bare bytes, in the place of what was there before:
 * answer_fetch() any number of times, then answer_fetch_end(). */
void answer_fetch_begin(struct answer *answer);
void answer_fetch(struct answer *answer, const void *data, size_t len);
void answer_fetch_end(struct answer *answer);

/* A value of field `tag` (enum answer_field); `context` is a struct answer. To be given to
 * capture_init(). */
void answer_value(void *context, int tag, const struct json_event *event);

/* The HTTP status an error stands for: `http` itself when it is one, else what the fields
 * say (errors come inside 200, too); 500 when they say nothing we know. */
uint16_t answer_http(const struct answer *answer, uint16_t http);

/* The first of `len` rows that fits, NULL when none does. */
const struct answer_row *answer_match(const struct answer *answer, uint16_t http,
    const struct answer_row *rows, size_t len);

/* True when `part`, in lower case, occurs in the message, letters of any case. A digit at
 * its end must end a number there: "limit: 0" is not in "limit: 0.5" or "limit: 01". */
bool answer_says(const struct answer *answer, const char *part);

/* True when `word` is one of `len` at `words`. */
bool answer_is_among(const char *word, const char *const *words, size_t len);

#endif
