#include "agent/core/classify.h"

#include "agent/core/classify_api.h"
#include "agent/core/classify_http.h"
#include "agent/core/classify_source.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct image_info no_image;
static const struct usage no_usage;

static enum probe_family
family_of(const struct classify *classify)
{
	return probe_traits(classify->probe->kind)->family;
}

void
classify_begin(struct classify *classify, const struct plan_probe *probe,
    const struct redact *redact)
{
	classify->probe = probe;
	classify->redact = redact;
	classify->json = JSON_MORE;
	classify->json_due = true;
	classify->head_len = 0;
	classify->bytes = 0;
	switch (family_of(classify)) {
	case FAMILY_GOOGLE:
	case FAMILY_OPENAI:
	case FAMILY_OPENROUTER:
		classify_api_begin(classify);
		break;
	case FAMILY_PAGE:
		classify_source_begin(classify);
		break;
	case FAMILY_PLAIN:
		expect_begin(&classify->u.expect, probe);
		classify->json_due = false;
		break;
	case FAMILY_NET:
		classify->json_due = false;
		break;
	}
}

void
classify_head(struct classify *classify, const void *data, size_t len)
{
	size_t room = sizeof(classify->head) - classify->head_len;
	size_t kept = len < room ? len : room;

	memcpy(classify->head + classify->head_len, data, kept);
	classify->head_len = (uint16_t)(classify->head_len + kept);
	classify->bytes += len;
}

void
classify_body(struct classify *classify, const void *data, size_t len)
{
	classify_head(classify, data, len);
	switch (family_of(classify)) {
	case FAMILY_GOOGLE:
	case FAMILY_OPENAI:
	case FAMILY_OPENROUTER:
		classify_api_push(classify, data, len);
		break;
	case FAMILY_PAGE:
		classify_source_push(classify, data, len);
		break;
	case FAMILY_PLAIN:
		expect_push(&classify->u.expect, data, len);
		break;
	case FAMILY_NET:
		break;
	}
}

static bool
has_answer(const struct classify *classify)
{
	enum probe_family family = family_of(classify);

	return family == FAMILY_GOOGLE || family == FAMILY_OPENAI ||
	       family == FAMILY_OPENROUTER;
}

bool
classify_is_json(const struct classify *classify)
{
	return classify->json_due && classify->bytes > 0 &&
	       (classify->json == JSON_COMPLETE || classify->json == JSON_MORE);
}

bool
classify_is_page(const struct classify *classify, const struct classify_http *http)
{
	size_t at = 0;

	while (at < classify->head_len && (unsigned char)classify->head[at] <= ' ') {
		at++;
	}
	if (at < classify->head_len && classify->head[at] == '<') {
		return true;
	}
	bool json = classify->json == JSON_COMPLETE ||
		    (classify->json == JSON_MORE && classify->bytes > 0);
	return http->html && !(classify->json_due && json);
}

struct finding
classify_broken(const struct classify *classify)
{
	bool partial = classify->json == JSON_MORE && classify->bytes > 0;

	return (struct finding){OUTCOME_MALFORMED, partial ? FLAG_PARTIAL_BODY : 0};
}

void
classify_quote_page(const struct classify *classify, struct classify_raw *raw)
{
	static const char open[] = "<title>";
	const char *from = classify->head;
	size_t len = classify->head_len;
	char head[CLASSIFY_HEAD_BYTES + 1];

	for (size_t i = 0; i < len; i++) {
		char c = from[i];
		c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		head[i] = c == '\0' ? ' ' : c;
	}
	head[len] = '\0';
	const char *title = strstr(head, open);
	raw->cut = classify->bytes > len;
	if (title != NULL) {
		size_t skip = (size_t)(title - head) + sizeof(open) - 1;
		const char *end = strstr(head + skip, "</");
		raw->cut = raw->cut && end == NULL;
		from += skip;
		len = end == NULL ? len - skip : (size_t)(end - head) - skip;
	}
	for (size_t i = 0; i < len; i++) {
		raw->text[i] = from[i] == '\0' ? ' ' : from[i];
	}
	raw->text[len] = '\0';
}

void
classify_quote_bad_image(const struct answer *answer, struct classify_raw *raw)
{
	const struct image_info *info = &answer->info;
	const char *what =
	    answer->image_verdict == IMAGE_TRUNCATED ? "cut short" : "broken";

	(void)snprintf(raw->text, sizeof(raw->text), "%s image %s after %llu bytes",
	    image_format_name(info->format), what, (unsigned long long)info->bytes);
}

void
classify_quote_broken(const struct classify *classify, struct classify_raw *raw)
{
	const struct json *json = &classify->capture.json;

	if (classify->bytes == 0) {
		(void)snprintf(raw->text, sizeof(raw->text), "empty body");
		return;
	}
	int len = snprintf(raw->text, sizeof(raw->text),
	    "%s at byte %llu: ", classify->json == JSON_MORE ? "ends" : "not JSON",
	    (unsigned long long)json_at(json));
	size_t used = len > 0 ? (size_t)len : 0;
	for (size_t i = 0; i < classify->head_len; i++) {
		char c = classify->head[i];
		raw->text[used + i] = c == '\0' ? ' ' : c;
	}
	raw->text[used + classify->head_len] = '\0';
	raw->cut = classify->bytes > classify->head_len;
}

static struct finding
judge_plain(struct classify *classify, const struct classify_http *http)
{
	struct finding finding = classify_http_plain(classify->probe->expect_status,
	    http->status, classify_is_page(classify, http));

	if (finding.outcome == OUTCOME_OK && !expect_met(&classify->u.expect)) {
		finding = (struct finding){OUTCOME_MALFORMED, FLAG_MISMATCH};
	}
	return finding;
}

/* What was expected and what was found; the title of a page says who answered instead. */
static void
quote_plain(const struct classify *classify, const struct classify_http *http,
    struct finding finding, struct classify_raw *raw)
{
	uint16_t expected = classify->probe->expect_status;
	struct classify_raw page;
	size_t len;

	if ((finding.flags & FLAG_MISMATCH) == 0) {
		raw->text[0] = '\0';
	} else if (expected != 0 && expected != http->status) {
		(void)snprintf(raw->text, sizeof(raw->text),
		    "expected status %u, found %u", (unsigned)expected,
		    (unsigned)http->status);
	} else {
		raw->cut =
		    expect_quote(&classify->u.expect, raw->text, sizeof(raw->text));
	}
	if (classify_is_page(classify, http)) {
		len = strlen(raw->text);
		classify_quote_page(classify, &page);
		(void)snprintf(raw->text + len, sizeof(raw->text) - len, "%s%.*s",
		    len > 0 ? ": " : "", CLASSIFY_HEAD_BYTES, page.text);
		raw->cut = page.cut;
	}
}

static struct finding
judge(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out)
{
	switch (family_of(classify)) {
	case FAMILY_GOOGLE:
	case FAMILY_OPENAI:
	case FAMILY_OPENROUTER:
		return classify_api_judge(classify, http);
	case FAMILY_PAGE:
		return classify_source_judge(classify, http, out);
	case FAMILY_PLAIN:
	case FAMILY_NET:
		break;
	}
	return judge_plain(classify, http);
}

/* What to say about a finding; nothing when all is as it should be. */
static void
quote(const struct classify *classify, const struct classify_http *http,
    struct finding finding, struct classify_raw *raw)
{
	raw->text[0] = '\0';
	raw->cut = false;
	switch (family_of(classify)) {
	case FAMILY_GOOGLE:
	case FAMILY_OPENAI:
	case FAMILY_OPENROUTER:
		classify_api_quote(classify, http, finding, raw);
		break;
	case FAMILY_PAGE:
		classify_source_quote(classify, http, finding, raw);
		break;
	case FAMILY_PLAIN:
		if (finding.outcome != OUTCOME_OK) {
			quote_plain(classify, http, finding, raw);
		}
		break;
	case FAMILY_NET:
		break;
	}
}

static void
end_body(struct classify *classify)
{
	if (has_answer(classify)) {
		classify_api_end(classify);
	} else if (classify->json_due) {
		classify->json = capture_end(&classify->capture);
	}
}

void
classify_finish(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out, char *detail, size_t cap)
{
	struct classify_raw raw;

	*out = (struct classify_verdict){0};
	end_body(classify);
	out->finding = judge(classify, http, out);
	if (!http->whole) {
		out->finding.flags |= FLAG_PARTIAL_BODY;
	}
	if (has_answer(classify)) {
		/* A day's quota does not come back after the delay that is named with it. */
		out->retry_ms = out->finding.outcome == OUTCOME_QUOTA_EXHAUSTED
				    ? 0
				    : classify->u.answer.retry_ms;
	}
	quote(classify, http, out->finding, &raw);
	(void)redact_text(
	    classify->redact, raw.text, strlen(raw.text), raw.cut, detail, cap);
	if (detail[0] == '\0' && has_answer(classify) &&
	    out->finding.outcome != OUTCOME_OK) {
		(void)snprintf(detail, cap, "nothing in it can be quoted");
	}
}

const char *
classify_request_id(const struct classify *classify)
{
	return has_answer(classify) ? classify->u.answer.request_id : "";
}

const struct usage *
classify_usage(const struct classify *classify)
{
	return has_answer(classify) ? &classify->u.answer.usage : &no_usage;
}

const char *
classify_link(const struct classify *classify)
{
	return has_answer(classify) ? classify_api_link(classify) : "";
}

const struct image_info *
classify_image(const struct classify *classify)
{
	return has_answer(classify) ? &classify->u.answer.info : &no_image;
}

bool
classify_has_image(const struct classify *classify)
{
	return has_answer(classify) && (classify->u.answer.seen & SEEN_IMAGE) != 0;
}
