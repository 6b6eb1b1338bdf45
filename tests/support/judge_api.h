/* judge_api - tables of what a model API answers and what is to be made of it
 * Room: tests/support. cmocka's header comes first (test.h). */
#ifndef TESTS_SUPPORT_JUDGE_API_H
#define TESTS_SUPPORT_JUDGE_API_H

#include "tests/support/judge.h"
#include "tests/support/test.h"

#define PNG                                                                            \
	"iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAA3RFWHRhAGLcSaI7AAAAEElEQVR4" \
	"nGNI"                                                                         \
	"TEpmSElNAwAJRgJWauDRSAAAAABJRU5ErkJggg=="
#define JPEG                                                                           \
	"/9j/4AAQSkZJRgABAQAAAQABAAD//8AACwgAAgADAQERAP/aAAgBAQAAPwABAv8AA//QBP//"     \
	"xAAFAAAA"                                                                     \
	"/9oACAEBAAA/AAX//9k="
/* The first 45 bytes of the picture: whole base64, half a picture. */
#define HALF "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAA3RFWHRhAGLc"

#define ERR(code, status, message)                                                     \
	"{\"error\":{\"code\":" #code ",\"message\":\"" message                        \
	"\",\"status\":\"" status "\"}}"
#define ERR_DETAILS(code, status, message, details)                                    \
	"{\"error\":{\"code\":" #code ",\"message\":\"" message                        \
	"\",\"status\":\"" status "\",\"details\":[" details "]}}"
#define REASON(reason)                                                                 \
	"{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"" reason \
	"\"}"
#define QUOTA(ids)                                                                     \
	"{\"@type\":\"type.googleapis.com/"                                            \
	"google.rpc.QuotaFailure\",\"violations\":[" ids "]}"
#define QUOTA_ID(id) "{\"quotaId\":\"" id "\"}"
#define RETRY(delay)                                                                   \
	"{\"@type\":\"type.googleapis.com/"                                            \
	"google.rpc.RetryInfo\",\"retryDelay\":\"" delay "\"}"
#define CANDIDATE(parts, finish)                                                       \
	"{\"candidates\":[{\"content\":{\"parts\":[" parts                             \
	"],\"role\":\"model\"},\"finishReason\":\"" finish                             \
	"\"}],\"responseId\":\"r1\"}"
#define INLINE(data)                                                                   \
	"{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"" data "\"}}"
/* One event of a stream. */
#define EVENT(json) "data: " json "\r\n\r\n"
#define OPENAI(code, type, message)                                                    \
	"{\"error\":{\"message\":\"" message "\",\"type\":\"" type                     \
	"\",\"param\":null,\"code\":\"" code "\"}}"

/* One answer. */
struct judge_api_row {
	unsigned http;
	const char *type; /* content type, NULL = application/json */
	const char *body;
	enum outcome outcome;
	uint32_t flags;
	uint32_t retry_ms;
};

static inline void
judge_api_row(struct check *check, const struct plan_probe *probe,
    const struct judge_api_row *row, size_t step)
{
	struct result result = judge_answer(check, probe, row->http,
	    row->type == NULL ? "application/json" : row->type,
	    judge_body(row->body, strlen(row->body), step));
	char flags[256];

	(void)flags_text(result.flags, flags, sizeof(flags));
	if (result.outcome != row->outcome || result.flags != row->flags ||
	    result.retry_after_ms != row->retry_ms) {
		fail_msg("%u %.300s: %s [%s] retry %u, %s", row->http, row->body,
		    outcome_name(result.outcome), flags, result.retry_after_ms,
		    result.detail);
	}
	/* Every finding that is not good is explained. */
	assert_true(result.outcome == OUTCOME_OK || result.detail[0] != '\0');
	assert_int_equal(result.http_status, row->http);
}

/* Judges every row three times: whole, byte by byte, and in pieces of 13. */
static inline void
judge_api_rows(struct check *check, const struct plan_probe *probe,
    const struct judge_api_row *rows, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		judge_api_row(check, probe, &rows[i], SIZE_MAX);
		judge_api_row(check, probe, &rows[i], 1);
		judge_api_row(check, probe, &rows[i], 13);
	}
}

/* Wants a `struct check check`. */
#define JUDGE(kind, rows)                                                              \
	do {                                                                           \
		struct plan_probe probe = judge_probe(kind);                           \
		judge_api_rows(                                                        \
		    &check, &probe, rows, sizeof(rows) / sizeof((rows)[0]));           \
	} while (0)

#endif
