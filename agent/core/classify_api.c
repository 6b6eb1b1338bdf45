#include "agent/core/classify_api.h"

#include "agent/core/classify_gemini.h"
#include "agent/core/classify_http.h"
#include "agent/core/classify_openai.h"

#include <stdio.h>

/* OpenAI's error model, not Google's. */
static bool
is_openai(const struct classify *classify)
{
	return probe_traits(classify->probe->kind)->family != FAMILY_GOOGLE;
}

void
classify_api_begin(struct classify *classify)
{
	if (is_openai(classify)) {
		classify_openai_begin(&classify->capture, &classify->u.answer);
	} else {
		classify_gemini_begin(&classify->capture, &classify->u.answer);
	}
}

void
classify_api_push(struct classify *classify, const void *data, size_t len)
{
	classify->json = capture_push(&classify->capture, data, len);
}

static struct finding
judge_error(const struct classify *classify, uint16_t http)
{
	const struct answer *answer = &classify->u.answer;

	http = answer_http(answer, http);
	return is_openai(classify) ? classify_openai_error(answer, http)
				   : classify_gemini_error(answer, http);
}

struct finding
classify_api_judge(const struct classify *classify, const struct classify_http *http)
{
	const struct answer *answer = &classify->u.answer;
	struct finding finding;

	if (classify_http_shape(http->status, classify_is_page(classify, http),
		classify_is_json(classify), &finding)) {
		return finding;
	}
	if (http->status >= 400) {
		return judge_error(classify, http->status);
	}
	if (classify->json != JSON_COMPLETE) {
		return classify_broken(classify);
	}
	if ((answer->seen & SEEN_ERROR) != 0) {
		return judge_error(classify, http->status);
	}
	if (classify->capture.root != JSON_OBJECT_BEGIN) {
		return (struct finding){OUTCOME_MALFORMED, 0};
	}
	if (is_openai(classify)) {
		return classify_openai_image(answer);
	}
	return classify->probe->kind == PROBE_GEMINI_MODEL
		   ? classify_gemini_model(answer)
		   : classify_gemini_image(answer);
}

/* The vendor's own word for an error, the most telling one. */
static const char *
error_word(const struct answer *answer)
{
	if (answer->reason[0] != '\0') {
		return answer->reason;
	}
	if (answer->code_word[0] != '\0') {
		return answer->code_word;
	}
	return answer->status;
}

static void
quote_error(const struct answer *answer, struct classify_raw *raw)
{
	const char *word = error_word(answer);

	(void)snprintf(raw->text, sizeof(raw->text), "%s%s%s", word,
	    word[0] != '\0' && answer->message[0] != '\0' ? ": " : "", answer->message);
	if (raw->text[0] == '\0') {
		(void)snprintf(raw->text, sizeof(raw->text), "nothing in it says why");
	}
	/* A message that was still being read ends anywhere. */
	raw->cut = answer->message_cut || answer->open;
}

static void
quote_bad_image(const struct answer *answer, struct classify_raw *raw)
{
	const struct image_info *info = &answer->info;
	const char *what =
	    answer->image_verdict == IMAGE_TRUNCATED ? "cut short" : "broken";

	(void)snprintf(raw->text, sizeof(raw->text), "%s image %s after %llu bytes",
	    image_format_name(info->format), what, (unsigned long long)info->bytes);
}

static void
quote_no_image(const struct answer *answer, struct classify_raw *raw)
{
	const char *word = answer->block[0] != '\0' ? answer->block : answer->finish;

	(void)snprintf(raw->text, sizeof(raw->text), "no image%s%s%s%s",
	    word[0] != '\0' ? ", " : "", word, answer->message[0] != '\0' ? ": " : "",
	    answer->message);
	raw->cut = answer->message_cut;
}

void
classify_api_quote(const struct classify *classify, const struct classify_http *http,
    struct finding finding, struct classify_raw *raw)
{
	const struct answer *answer = &classify->u.answer;
	bool error = (answer->seen & SEEN_ERROR) != 0;

	if (finding.outcome == OUTCOME_OK) {
		return;
	}
	if (classify_is_page(classify, http)) {
		classify_quote_page(classify, raw);
	} else if (!error && classify->json != JSON_COMPLETE) {
		classify_quote_broken(classify, raw);
	} else if ((finding.flags & FLAG_BAD_IMAGE) != 0) {
		quote_bad_image(answer, raw);
	} else if (!error && (finding.outcome == OUTCOME_CONTENT_BLOCKED ||
				 (finding.flags & FLAG_NO_IMAGE) != 0)) {
		quote_no_image(answer, raw);
	} else {
		quote_error(answer, raw);
	}
}
