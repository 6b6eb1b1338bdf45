#include "agent/core/classify.h"

#include "agent/core/classify_gemini.h"
#include "agent/core/classify_http.h"
#include "agent/core/classify_openai.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	RAW_BYTES =
	    ANSWER_MESSAGE_BYTES + 4 * ANSWER_WORD_BYTES /* a detail before redaction */
};

/* A detail being made: text for people that nobody has looked through yet. */
struct raw {
	char text[RAW_BYTES];
	bool cut; /* its end is not the end of what it quotes */
};

static const struct image_info no_image;

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
	switch (probe->kind) {
	case PROBE_GEMINI_IMAGE:
	case PROBE_GEMINI_MODEL:
		classify_gemini_begin(&classify->capture, &classify->u.answer);
		break;
	case PROBE_OPENAI_IMAGE:
		classify_openai_begin(&classify->capture, &classify->u.answer);
		break;
	case PROBE_GCLOUD_STATUS:
		classify_gcloud_begin(
		    &classify->capture, &classify->u.gcloud, probe, redact);
		break;
	case PROBE_AISTUDIO_STATUS:
		classify_aistudio_begin(
		    &classify->capture, &classify->u.aistudio, probe, redact);
		break;
	case PROBE_OPENROUTER_ENDPOINTS:
		classify_openrouter_begin(
		    &classify->capture, &classify->u.openrouter, probe, redact);
		break;
	case PROBE_STATUSPAGE:
		classify_statuspage_begin(
		    &classify->capture, &classify->u.statuspage, probe, redact);
		break;
	case PROBE_HTTP:
	case PROBE_GEMINI_STREAM:
	case PROBE_GEMINI_MODELS:
	case PROBE_GEMINI_TOKENS:
	case PROBE_VERTEX_IMAGE:
	case PROBE_VERTEX_IMAGEN:
	case PROBE_VERTEX_TOKENS:
	case PROBE_OPENAI_MODELS:
	case PROBE_OPENROUTER_CHAT:
	case PROBE_OPENROUTER_IMAGE:
	case PROBE_OPENROUTER_KEY:
	case PROBE_OPENROUTER_MODELS:
	case PROBE_GCLOUD_FEED:
	case PROBE_FEED:
	case PROBE_DATADOG_STATUS:
	case PROBE_TCP:
	case PROBE_TLS:
	case PROBE_DNS:
	case PROBE_ICMP:
	case PROBE_KIND_COUNT:
		classify->json_due = false;
		break;
	}
}

void
classify_body(struct classify *classify, const void *data, size_t len)
{
	size_t room = sizeof(classify->head) - classify->head_len;
	size_t kept = len < room ? len : room;

	memcpy(classify->head + classify->head_len, data, kept);
	classify->head_len = (uint16_t)(classify->head_len + kept);
	classify->bytes += len;
	if (classify->json_due) {
		classify->json = capture_push(&classify->capture, data, len);
	}
}

/* Somebody else's statement, not an answer of a model API. */
static bool
is_source(const struct classify *classify)
{
	enum probe_kind kind = classify->probe->kind;

	return kind == PROBE_GCLOUD_STATUS || kind == PROBE_STATUSPAGE ||
	       kind == PROBE_AISTUDIO_STATUS || kind == PROBE_OPENROUTER_ENDPOINTS;
}

static bool
has_answer(const struct classify *classify)
{
	return classify->json_due && !is_source(classify);
}

/* JSON as far as it goes. */
static bool
is_json(const struct classify *classify)
{
	return classify->json_due && classify->bytes > 0 &&
	       (classify->json == JSON_COMPLETE || classify->json == JSON_MORE);
}

/* A page: it begins like one, or says it is one and is not JSON. */
static bool
is_page(const struct classify *classify, const struct classify_http *http)
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

/* Not JSON, or not all of it. Cut short where nobody cut it is their mistake too. */
static struct finding
broken(const struct classify *classify)
{
	bool partial = classify->json == JSON_MORE && classify->bytes > 0;

	return (struct finding){OUTCOME_MALFORMED, partial ? FLAG_PARTIAL_BODY : 0};
}

static struct finding
judge_error(const struct classify *classify, uint16_t http)
{
	const struct answer *answer = &classify->u.answer;

	http = answer_http(answer, http);
	return classify->probe->kind == PROBE_OPENAI_IMAGE
		   ? classify_openai_error(answer, http)
		   : classify_gemini_error(answer, http);
}

/* The answer of a model API. */
static struct finding
judge_answer(const struct classify *classify, const struct classify_http *http)
{
	const struct answer *answer = &classify->u.answer;

	if (http->status >= 400) {
		return judge_error(classify, http->status);
	}
	if (classify->json != JSON_COMPLETE) {
		return broken(classify);
	}
	if ((answer->seen & SEEN_ERROR) != 0) {
		return judge_error(classify, http->status);
	}
	if (classify->capture.root != JSON_OBJECT_BEGIN) {
		return (struct finding){OUTCOME_MALFORMED, 0};
	}
	if (classify->probe->kind == PROBE_OPENAI_IMAGE) {
		return classify_openai_image(answer);
	}
	return classify->probe->kind == PROBE_GEMINI_MODEL
		   ? classify_gemini_model(answer)
		   : classify_gemini_image(answer);
}

/* What the readers of all pages but Google Cloud's share. */
static const struct page *
page_of(const struct classify *classify)
{
	enum probe_kind kind = classify->probe->kind;

	if (kind == PROBE_AISTUDIO_STATUS) {
		return &classify->u.aistudio.page;
	}
	return kind == PROBE_OPENROUTER_ENDPOINTS ? &classify->u.openrouter.page
						  : &classify->u.statuspage.page;
}

/* Ends the reading of the page; true when it has something to say. */
static bool
is_said(struct classify *classify, bool array)
{
	enum probe_kind kind = classify->probe->kind;

	if (kind == PROBE_AISTUDIO_STATUS) {
		return array && classify_aistudio_done(&classify->u.aistudio);
	}
	if (array) {
		return false;
	}
	return kind == PROBE_OPENROUTER_ENDPOINTS
		   ? classify_openrouter_done(&classify->u.openrouter)
		   : classify_statuspage_done(&classify->u.statuspage);
}

/* The open entries of a page that came whole; false when it is none, or nothing can be said. */
static bool
read_page(struct classify *classify, struct classify_verdict *out)
{
	struct classify_gcloud *gcloud = &classify->u.gcloud;
	bool array = classify->capture.root == JSON_ARRAY_BEGIN;

	if (classify->probe->kind == PROBE_GCLOUD_STATUS) {
		out->observation = gcloud->observation;
		if (!array || !classify_gcloud_done(gcloud)) {
			return false;
		}
		out->observation_len = gcloud->kept;
		return true;
	}
	bool said = is_said(classify, array);

	if (said) {
		out->observation = page_of(classify)->observation;
		out->observation_len = page_of(classify)->kept;
	}
	return said;
}

/* A status page. Whatever goes wrong here is "unknown", never "clear". */
static struct finding
judge_source(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out)
{
	if (http->status == 304) {
		return (struct finding){OUTCOME_OK, FLAG_UNCHANGED};
	}
	if (classify->probe->kind == PROBE_AISTUDIO_STATUS &&
	    (http->status == 401 || http->status == 403)) {
		return (struct finding){OUTCOME_AUTH_ERROR, 0}; /* another key is due */
	}
	if (http->status < 200 || http->status > 299) {
		return classify_http_source(http->status);
	}
	if (classify->json != JSON_COMPLETE) {
		return broken(classify);
	}
	return (struct finding){
	    read_page(classify, out) ? OUTCOME_OK : OUTCOME_MALFORMED, 0};
}

static struct finding
judge(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out)
{
	bool page = is_page(classify, http);
	bool source = is_source(classify);
	struct finding finding;

	if (!classify->json_due) {
		return classify_http_plain(
		    classify->probe->expect_status, http->status, page);
	}
	if (!(source && http->status == 304) &&
	    classify_http_shape(http->status, page, is_json(classify), &finding)) {
		return finding;
	}
	return source ? judge_source(classify, http, out)
		      : judge_answer(classify, http);
}

/* The title of a page, or its beginning. */
static void
quote_page(const struct classify *classify, struct raw *raw)
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
	memcpy(raw->text, from, len);
	raw->text[len] = '\0';
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
quote_error(const struct answer *answer, struct raw *raw)
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
quote_bad_image(const struct answer *answer, struct raw *raw)
{
	const struct image_info *info = &answer->info;
	const char *what =
	    answer->image_verdict == IMAGE_TRUNCATED ? "cut short" : "broken";

	(void)snprintf(raw->text, sizeof(raw->text), "%s image %s after %llu bytes",
	    image_format_name(info->format), what, (unsigned long long)info->bytes);
}

static void
quote_no_image(const struct answer *answer, struct raw *raw)
{
	const char *word = answer->block[0] != '\0' ? answer->block : answer->finish;

	(void)snprintf(raw->text, sizeof(raw->text), "no image%s%s%s%s",
	    word[0] != '\0' ? ", " : "", word, answer->message[0] != '\0' ? ": " : "",
	    answer->message);
	raw->cut = answer->message_cut;
}

static void
quote_broken(const struct classify *classify, struct raw *raw)
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

static void
quote_answer(
    const struct classify *classify, const struct finding *finding, struct raw *raw)
{
	const struct answer *answer = &classify->u.answer;
	bool error = (answer->seen & SEEN_ERROR) != 0;

	if (!error && classify->json != JSON_COMPLETE) {
		quote_broken(classify, raw);
	} else if ((finding->flags & FLAG_BAD_IMAGE) != 0) {
		quote_bad_image(answer, raw);
	} else if (!error && (finding->outcome == OUTCOME_CONTENT_BLOCKED ||
				 (finding->flags & FLAG_NO_IMAGE) != 0)) {
		quote_no_image(answer, raw);
	} else {
		quote_error(answer, raw);
	}
}

struct tally {
	unsigned entries;
	unsigned odd;
	unsigned open;
	unsigned kept;
};

static struct tally
tally_of(const struct classify *classify)
{
	const struct classify_gcloud *gcloud = &classify->u.gcloud;
	const struct page *page;

	if (classify->probe->kind == PROBE_GCLOUD_STATUS) {
		return (struct tally){
		    gcloud->entries, gcloud->odd, gcloud->open, gcloud->kept};
	}
	page = page_of(classify);
	return (struct tally){page->entries, page->odd, page->open, page->kept};
}

static void
quote_source(const struct classify *classify, struct raw *raw)
{
	struct tally tally = tally_of(classify);

	if (classify->json != JSON_COMPLETE) {
		quote_broken(classify, raw);
	} else if (tally.open > 0) {
		(void)snprintf(raw->text, sizeof(raw->text),
		    "%u open of %u entries, %u kept", tally.open, tally.entries,
		    tally.kept);
	} else {
		(void)snprintf(raw->text, sizeof(raw->text),
		    "%u of %u entries not understood", tally.odd, tally.entries);
	}
}

/* What to say about a finding; nothing when all is as it should be. */
static void
quote(const struct classify *classify, const struct classify_http *http,
    const struct classify_verdict *verdict, struct raw *raw)
{
	bool source = is_source(classify);
	bool ok = verdict->finding.outcome == OUTCOME_OK;

	raw->text[0] = '\0';
	raw->cut = false;
	if (ok && !(source && http->status != 304 && tally_of(classify).open > 0)) {
		return;
	}
	if (is_page(classify, http)) {
		quote_page(classify, raw);
	} else if (source) {
		quote_source(classify, raw);
	} else if (has_answer(classify)) {
		quote_answer(classify, &verdict->finding, raw);
	}
}

void
classify_finish(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out, char *detail, size_t cap)
{
	struct raw raw;

	*out = (struct classify_verdict){.request_id = ""};
	if (classify->json_due) {
		classify->json = capture_end(&classify->capture);
	}
	out->finding = judge(classify, http, out);
	if (!http->whole) {
		out->finding.flags |= FLAG_PARTIAL_BODY;
	}
	if (has_answer(classify)) {
		out->request_id = classify->u.answer.request_id;
		/* A day's quota does not come back after the delay that is named with it. */
		out->retry_ms = out->finding.outcome == OUTCOME_QUOTA_EXHAUSTED
				    ? 0
				    : classify->u.answer.retry_ms;
	}
	quote(classify, http, out, &raw);
	(void)redact_text(
	    classify->redact, raw.text, strlen(raw.text), raw.cut, detail, cap);
}

const struct image_info *
classify_image(const struct classify *classify)
{
	return has_answer(classify) ? &classify->u.answer.info : &no_image;
}
