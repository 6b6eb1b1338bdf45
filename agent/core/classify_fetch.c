#include "agent/core/classify_fetch.h"

#include <stdio.h>
#include <string.h>

void
classify_fetch_begin(struct classify *classify)
{
	classify->head_len = 0;
	classify->bytes = 0;
	classify->json_due = false;
	answer_fetch_begin(&classify->u.answer);
}

void
classify_fetch_body(struct classify *classify, const void *data, size_t len)
{
	classify_head(classify, data, len);
	answer_fetch(&classify->u.answer, data, len);
}

static struct finding
judge(const struct classify *classify, const struct classify_http *http)
{
	const struct answer *answer = &classify->u.answer;
	uint16_t status = http->status;

	if (status < 200 || status >= 600) {
		return (struct finding){OUTCOME_MALFORMED, 0};
	}
	if ((status >= 300 && status < 400) || status == 407 || status == 511) {
		return (struct finding){OUTCOME_MALFORMED, FLAG_PORTAL};
	}
	if (status >= 400) {
		return (struct finding){OUTCOME_UPSTREAM_ERROR, 0};
	}
	if ((answer->seen & SEEN_IMAGE) != 0) {
		return (struct finding){OUTCOME_OK, 0};
	}
	if (classify_is_page(classify, http)) {
		return (struct finding){OUTCOME_MALFORMED, FLAG_PORTAL};
	}
	return (struct finding){OUTCOME_MALFORMED, FLAG_BAD_IMAGE};
}

static void
quote(const struct classify *classify, const struct classify_http *http,
    struct finding finding, struct classify_raw *raw)
{
	raw->text[0] = '\0';
	raw->cut = false;
	if (finding.outcome == OUTCOME_OK) {
		return;
	}
	if ((finding.flags & FLAG_BAD_IMAGE) != 0) {
		classify_quote_bad_image(&classify->u.answer, raw);
	} else if (http->status < 400 && classify->bytes > 0 &&
		   classify_is_page(classify, http)) {
		classify_quote_page(classify, raw);
	} else {
		(void)snprintf(raw->text, sizeof(raw->text),
		    "HTTP %u where the picture should be", (unsigned)http->status);
	}
}

void
classify_fetch_finish(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out, char *detail, size_t cap)
{
	struct classify_raw raw;

	*out = (struct classify_verdict){0};
	answer_fetch_end(&classify->u.answer);
	out->finding = judge(classify, http);
	if (!http->whole) {
		out->finding.flags |= FLAG_PARTIAL_BODY;
	}
	quote(classify, http, out->finding, &raw);
	(void)redact_text(
	    classify->redact, raw.text, strlen(raw.text), raw.cut, detail, cap);
}
