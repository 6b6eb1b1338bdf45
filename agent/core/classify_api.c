#include "agent/core/classify_api.h"

#include "agent/core/classify_gemini.h"
#include "agent/core/classify_http.h"
#include "agent/core/classify_openai.h"
#include "agent/core/classify_router.h"
#include "agent/core/request.h"

#include <stdio.h>
#include <string.h>

static enum probe_family
family_of(const struct classify *classify)
{
	return probe_traits(classify->probe->kind)->family;
}

/* Makes the reader of one JSON value ready; `u.answer` goes on with what it has. */
static void
begin_value(struct classify *classify)
{
	struct capture *capture = &classify->capture;
	struct answer *answer = &classify->u.answer;

	switch (family_of(classify)) {
	case FAMILY_OPENAI:
		classify_openai_begin(capture, answer);
		break;
	case FAMILY_OPENROUTER:
		classify_router_begin(capture, answer);
		break;
	case FAMILY_GOOGLE:
	case FAMILY_PLAIN:
	case FAMILY_PAGE:
	case FAMILY_NET:
		classify_gemini_begin(capture, answer);
		break;
	}
}

/* The words that some servers end a stream with; not JSON. */
static bool
is_farewell(const struct classify_stream *stream)
{
	static const char done[] = "[DONE]";

	return stream->head_len == sizeof(done) - 1 &&
	       memcmp(stream->head, done, sizeof(done) - 1) == 0;
}

/* One event is over. The stream is as good as the first that was not. */
static void
end_event(struct classify *classify)
{
	struct classify_stream *stream = &classify->stream;
	enum json_status json = capture_end(&classify->capture);
	bool object = classify->capture.root == JSON_OBJECT_BEGIN;
	bool error = (classify->u.answer.seen & SEEN_ERROR) != 0;

	stream->inside = false;
	if (is_farewell(stream)) {
		return;
	}
	stream->any = true;
	if (json == JSON_COMPLETE && !object && !error) {
		json = JSON_ERROR; /* JSON, but nothing of this API */
	}
	if (stream->json == JSON_COMPLETE) {
		stream->json = json;
	}
}

static void
on_event(void *context, const char *data, size_t len)
{
	struct classify *classify = context;
	struct classify_stream *stream = &classify->stream;

	if (data == NULL) {
		end_event(classify);
		return;
	}
	if (!stream->inside) {
		stream->inside = true;
		stream->head_len = 0;
		classify->u.answer.open = false;
		begin_value(classify);
	}
	for (size_t i = 0; i < len && stream->head_len < sizeof(stream->head); i++) {
		stream->head[stream->head_len++] = data[i];
	}
	(void)capture_push(&classify->capture, data, len);
}

void
classify_api_begin(struct classify *classify)
{
	struct classify_stream *stream = &classify->stream;

	answer_init(&classify->u.answer, classify->probe->model);
	begin_value(classify);
	*stream = (struct classify_stream){
	    .due = classify->probe->kind == PROBE_GEMINI_STREAM,
	    .json = JSON_COMPLETE,
	};
	sse_init(&stream->sse, on_event, classify);
}

/* A stream is one unless it begins like JSON: errors come plain, and so does everything
 * from those who do not know what `alt=sse` is. */
static bool
begins_stream(const char *data, size_t len)
{
	return len > 0 && *data != '{' && *data != '[';
}

void
classify_api_push(struct classify *classify, const void *data, size_t len)
{
	struct classify_stream *stream = &classify->stream;
	const char *at = data;

	while (stream->due && !stream->begun && len > 0 && (unsigned char)*at <= ' ') {
		at++; /* nothing yet tells which it is */
		len--;
	}
	if (stream->due && len > 0) {
		stream->begun = stream->begun || begins_stream(at, len);
		stream->due = false;
	}
	if (stream->begun) {
		sse_push(&stream->sse, at, len);
	} else {
		classify->json = capture_push(&classify->capture, at, len);
	}
}

void
classify_api_end(struct classify *classify)
{
	struct classify_stream *stream = &classify->stream;

	if (!stream->begun) {
		classify->json = capture_end(&classify->capture);
		return;
	}
	(void)sse_end(&stream->sse);
	/* Neither JSON nor events of it is anybody's text. */
	classify->json = stream->any ? stream->json : JSON_ERROR;
}

static struct finding
judge_error(const struct classify *classify, uint16_t http)
{
	const struct answer *answer = &classify->u.answer;

	http = answer_http(answer, http);
	switch (family_of(classify)) {
	case FAMILY_OPENAI:
		return classify_openai_error(answer, http);
	case FAMILY_OPENROUTER:
		return classify_router_error(answer, http);
	case FAMILY_GOOGLE:
	case FAMILY_PLAIN:
	case FAMILY_PAGE:
	case FAMILY_NET:
		break;
	}
	return classify_gemini_error(answer, http);
}

/* What a well-formed 200 of Google's means. */
static struct finding
judge_google(const struct classify *classify)
{
	const struct answer *answer = &classify->u.answer;
	enum probe_kind kind = classify->probe->kind;

	if (kind == PROBE_GEMINI_MODEL) {
		return classify_gemini_model(answer);
	}
	if (kind == PROBE_GEMINI_MODELS) {
		return classify_gemini_models(answer);
	}
	if (kind == PROBE_GEMINI_TOKENS || kind == PROBE_VERTEX_TOKENS) {
		return classify_gemini_tokens(answer);
	}
	if (kind == PROBE_VERTEX_IMAGEN) {
		return classify_gemini_imagen(answer);
	}
	return kind == PROBE_GEMINI_STREAM ? classify_gemini_stream(answer)
					   : classify_gemini_image(answer);
}

/* A well-formed 200 in which nobody speaks of an error. */
static struct finding
judge_success(const struct classify *classify)
{
	const struct answer *answer = &classify->u.answer;
	enum probe_kind kind = classify->probe->kind;

	switch (family_of(classify)) {
	case FAMILY_OPENAI:
		return kind == PROBE_OPENAI_MODELS ? classify_openai_models(answer)
						   : classify_openai_image(answer);
	case FAMILY_OPENROUTER:
		return kind == PROBE_OPENROUTER_KEY ? classify_router_key(answer)
						    : classify_router_image(answer);
	case FAMILY_GOOGLE:
	case FAMILY_PLAIN:
	case FAMILY_PAGE:
	case FAMILY_NET:
		break;
	}
	return judge_google(classify);
}

/* The picture is there whatever else is said: OpenRouter's own order. */
static bool
is_good_anyway(const struct classify *classify)
{
	return family_of(classify) == FAMILY_OPENROUTER &&
	       (classify->u.answer.seen & SEEN_IMAGE) != 0;
}

/* Where one object is due. The values of a stream have been looked at one by one, and one
 * that is not asked for as such is an array of them. */
static bool
has_root(const struct classify *classify)
{
	return classify->probe->kind == PROBE_GEMINI_STREAM ||
	       classify->capture.root == JSON_OBJECT_BEGIN;
}

struct finding
classify_api_judge(const struct classify *classify, const struct classify_http *http)
{
	const struct answer *answer = &classify->u.answer;
	bool error = (answer->seen & SEEN_ERROR) != 0;
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
	if (error && !is_good_anyway(classify)) {
		return judge_error(classify, http->status);
	}
	if (!has_root(classify)) {
		return (struct finding){OUTCOME_MALFORMED, 0};
	}
	return judge_success(classify);
}

const char *
classify_api_link(const struct classify *classify)
{
	const struct answer *answer = &classify->u.answer;
	const uint32_t other = SEEN_ERROR | SEEN_IMAGE;
	struct request_host api;
	struct request_host host;

	if (classify->json != JSON_COMPLETE || (answer->seen & other) != 0 ||
	    answer->open || !probe_traits(classify->probe->kind)->makes_image ||
	    request_host(answer->link, &host) != ERR_OK ||
	    request_host(classify->probe->url, &api) != ERR_OK) {
		return "";
	}
	bool follow = host.loopback ? api.loopback : host.https;
	return follow ? answer->link : "";
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

/* The provider's own reason tells more than a gateway's. */
static const char *
finish_word(const struct answer *answer)
{
	if (answer->block[0] != '\0') {
		return answer->block;
	}
	return answer->native[0] != '\0' ? answer->native : answer->finish;
}

static void
quote_no_image(
    const struct classify *classify, const char *what, struct classify_raw *raw)
{
	const struct answer *answer = &classify->u.answer;
	const char *word = finish_word(answer);

	(void)snprintf(raw->text, sizeof(raw->text), "%s%s%s%s%s", what,
	    word[0] != '\0' ? ", " : "", word, answer->message[0] != '\0' ? ": " : "",
	    answer->message);
	raw->cut = answer->message_cut;
}

/* What is wrong with an answer in which nobody speaks of an error. */
static const char *
complaint(const struct classify *classify, struct finding finding)
{
	const struct answer *answer = &classify->u.answer;

	if ((finding.flags & FLAG_MODEL_GONE) != 0) {
		return "the model is not among those that are listed";
	}
	if (finding.outcome == OUTCOME_QUOTA_EXHAUSTED) {
		return "no credit is left for this key";
	}
	if ((finding.flags & FLAG_PARTIAL_BODY) != 0) {
		return "the stream ended without a reason to finish";
	}
	if ((answer->seen & SEEN_LINK) != 0) {
		return classify_api_link(classify)[0] != '\0'
			   ? "no image, only a link that was not fetched"
			   : "no image, only a link that is not followed";
	}
	if (finding.outcome == OUTCOME_CONTENT_BLOCKED ||
	    (finding.flags & FLAG_NO_IMAGE) != 0) {
		return "no image";
	}
	return finding.outcome == OUTCOME_UPSTREAM_ERROR ? "ended with an error"
							 : "not an answer of this call";
}

/* What is wrong with a stream that could not be read to its end. */
static void
quote_stream(const struct classify *classify, struct classify_raw *raw)
{
	const struct classify_stream *stream = &classify->stream;
	const char *what = "no events";
	const char *text = classify->head;
	int len = classify->head_len;
	bool cut = classify->bytes > classify->head_len;

	if (stream->any) {
		what = stream->json == JSON_MORE ? "ends inside an event"
						 : "an event is not JSON";
		text = stream->head;
		len = stream->head_len;
		cut = stream->head_len == sizeof(stream->head);
	}
	(void)snprintf(raw->text, sizeof(raw->text), "%s: %.*s", what, len, text);
	raw->cut = cut;
}

static void
quote_success(const struct classify *classify, const struct classify_http *http,
    struct finding finding, struct classify_raw *raw)
{
	const struct answer *answer = &classify->u.answer;

	if (classify->stream.begun && classify->json != JSON_COMPLETE) {
		quote_stream(classify, raw);
	} else if (classify->json != JSON_COMPLETE) {
		classify_quote_broken(classify, raw);
	} else if ((finding.flags & FLAG_BAD_IMAGE) != 0) {
		classify_quote_bad_image(answer, raw);
	} else if (http->status >= 400) {
		quote_error(answer, raw);
	} else {
		quote_no_image(classify, complaint(classify, finding), raw);
	}
}

void
classify_api_quote(const struct classify *classify, const struct classify_http *http,
    struct finding finding, struct classify_raw *raw)
{
	const struct answer *answer = &classify->u.answer;
	const uint32_t list = SEEN_LISTED | SEEN_MORE;

	if (finding.outcome == OUTCOME_OK && (answer->seen & list) == SEEN_MORE) {
		(void)snprintf(raw->text, sizeof(raw->text),
		    "the model is not on this page of the list, which goes on");
	} else if (finding.outcome == OUTCOME_OK) {
		return;
	} else if (classify_is_page(classify, http)) {
		classify_quote_page(classify, raw);
	} else if ((answer->seen & SEEN_ERROR) == 0) {
		quote_success(classify, http, finding, raw);
	} else {
		quote_error(answer, raw);
	}
}
