#include "agent/core/classify_source.h"

#include "agent/core/classify_http.h"

#include <stdio.h>
#include <string.h>

static bool
is_feed(const struct classify *classify)
{
	return classify->probe->kind == PROBE_FEED ||
	       classify->probe->kind == PROBE_GCLOUD_FEED;
}

void
classify_source_begin(struct classify *classify)
{
	const struct plan_probe *probe = classify->probe;
	const struct redact *redact = classify->redact;
	struct capture *capture = &classify->capture;
	enum probe_kind kind = probe->kind;

	if (kind == PROBE_GCLOUD_STATUS) {
		classify_gcloud_begin(capture, &classify->u.gcloud, probe, redact);
	} else if (kind == PROBE_AISTUDIO_STATUS) {
		classify_aistudio_begin(capture, &classify->u.aistudio, probe, redact);
	} else if (kind == PROBE_OPENROUTER_ENDPOINTS) {
		classify_openrouter_begin(
		    capture, &classify->u.openrouter, probe, redact);
	} else if (kind == PROBE_OPENROUTER_MODELS) {
		classify_openrouter_models_begin(
		    capture, &classify->u.models, probe, redact);
	} else if (kind == PROBE_DATADOG_STATUS) {
		classify_datadog_begin(capture, &classify->u.datadog, probe, redact);
	} else if (kind == PROBE_FEED) {
		classify_feed_begin(&classify->u.feed, probe, redact);
	} else if (kind == PROBE_GCLOUD_FEED) {
		classify_gcloud_feed_begin(&classify->u.gcloud_feed, probe, redact);
	} else {
		classify_statuspage_begin(
		    capture, &classify->u.statuspage, probe, redact);
	}
	classify->json_due = !is_feed(classify);
}

void
classify_source_push(struct classify *classify, const void *data, size_t len)
{
	if (classify->probe->kind == PROBE_FEED) {
		classify_feed_push(&classify->u.feed, data, len);
	} else if (classify->probe->kind == PROBE_GCLOUD_FEED) {
		classify_gcloud_feed_push(&classify->u.gcloud_feed, data, len);
	} else {
		classify->json = capture_push(&classify->capture, data, len);
	}
}

/* What the readers of all pages but Google Cloud's incidents.json share. */
static const struct page *
page_of(const struct classify *classify)
{
	enum probe_kind kind = classify->probe->kind;

	if (kind == PROBE_AISTUDIO_STATUS) {
		return &classify->u.aistudio.page;
	}
	if (kind == PROBE_OPENROUTER_ENDPOINTS) {
		return &classify->u.openrouter.page;
	}
	if (kind == PROBE_OPENROUTER_MODELS) {
		return &classify->u.models.page;
	}
	if (kind == PROBE_DATADOG_STATUS) {
		return &classify->u.datadog.page;
	}
	if (kind == PROBE_FEED) {
		return &classify->u.feed.page;
	}
	if (kind == PROBE_GCLOUD_FEED) {
		return &classify->u.gcloud_feed.page;
	}
	return &classify->u.statuspage.page;
}

/* NULL where none are given. */
static const struct figures *
figures_of(const struct classify *classify)
{
	if (classify->probe->kind == PROBE_OPENROUTER_ENDPOINTS) {
		return &classify->u.openrouter.figures;
	}
	return classify->probe->kind == PROBE_OPENROUTER_MODELS
		   ? &classify->u.models.figures
		   : NULL;
}

/* Ends the reading of a page that is one JSON value; true when it has something to say. */
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
	if (kind == PROBE_OPENROUTER_ENDPOINTS) {
		return classify_openrouter_done(&classify->u.openrouter);
	}
	if (kind == PROBE_OPENROUTER_MODELS) {
		return classify_openrouter_models_done(&classify->u.models);
	}
	return kind == PROBE_DATADOG_STATUS
		   ? classify_datadog_done(&classify->u.datadog)
		   : classify_statuspage_done(&classify->u.statuspage);
}

static void
give(const struct classify *classify, struct classify_verdict *out)
{
	const struct figures *figures = figures_of(classify);

	out->observation = page_of(classify)->observation;
	out->observation_len = page_of(classify)->kept;
	if (figures != NULL) {
		out->figure = figures->figure;
		out->figure_len = figures->len;
	}
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
	if (!is_said(classify, array)) {
		return false;
	}
	give(classify, out);
	return true;
}

/* True when the body begins with `sign`, whatever the case of its letters. */
static bool
begins_with(const struct classify *classify, size_t at, const char *sign)
{
	for (; *sign != '\0'; sign++, at++) {
		char c = at < classify->head_len ? classify->head[at] : '\0';

		c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		if (c != *sign) {
			return false;
		}
	}
	return true;
}

/* A feed begins with '<' as pages do; a page is what says that it is one. */
static bool
is_page(const struct classify *classify, const struct classify_http *http)
{
	size_t at = 0;

	if (!is_feed(classify)) {
		return classify_is_page(classify, http);
	}
	while (at < classify->head_len && (unsigned char)classify->head[at] <= ' ') {
		at++;
	}
	return begins_with(classify, at, "<!doctype html") ||
	       begins_with(classify, at, "<html");
}

static struct finding
judge_feed(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out)
{
	bool said = classify->probe->kind == PROBE_FEED
			? classify_feed_done(&classify->u.feed, http->at)
			: classify_gcloud_feed_done(&classify->u.gcloud_feed);

	if (said) {
		give(classify, out);
	}
	return (struct finding){said ? OUTCOME_OK : OUTCOME_MALFORMED, 0};
}

/* What the status alone tells of a page, in whatever form it is put: a source that is gone
 * or barred mostly says so in HTML. */
static bool
is_plain_refusal(uint16_t http)
{
	return http >= 400 && http <= 499 && http != 407 && http != 429;
}

/* A status page. Whatever goes wrong here is "unknown", never "clear". */
struct finding
classify_source_judge(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out)
{
	struct finding finding;

	if (http->status == 304) {
		return (struct finding){OUTCOME_OK, FLAG_UNCHANGED};
	}
	if (!is_plain_refusal(http->status) &&
	    classify_http_shape(http->status, is_page(classify, http),
		is_feed(classify) || classify_is_json(classify), &finding)) {
		return finding;
	}
	if (classify->probe->kind == PROBE_AISTUDIO_STATUS &&
	    (http->status == 401 || http->status == 403)) {
		return (struct finding){OUTCOME_AUTH_ERROR, 0}; /* another key is due */
	}
	if (http->status < 200 || http->status > 299) {
		return classify_http_source(http->status);
	}
	if (is_feed(classify)) {
		return judge_feed(classify, http, out);
	}
	if (classify->json != JSON_COMPLETE) {
		return classify_broken(classify);
	}
	return (struct finding){
	    read_page(classify, out) ? OUTCOME_OK : OUTCOME_MALFORMED, 0};
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

/* What has to be said of an answer although nothing is wrong with it. */
static void
quote_notes(const struct classify *classify, struct classify_raw *raw)
{
	const struct figures *figures = figures_of(classify);
	uint32_t odd = classify->probe->kind == PROBE_OPENROUTER_ENDPOINTS
			   ? classify->u.openrouter.oddities
			   : 0;
	size_t used = strlen(raw->text);

	if (odd > 0) {
		(void)snprintf(raw->text + used, sizeof(raw->text) - used,
		    "%suptime of %u below 1: taken as percent", used > 0 ? "; " : "",
		    (unsigned)odd);
		used = strlen(raw->text);
	}
	if (figures != NULL && figures->dropped > 0) {
		(void)snprintf(raw->text + used, sizeof(raw->text) - used,
		    "%s%u figures found no room", used > 0 ? "; " : "",
		    (unsigned)figures->dropped);
	}
}

static void
quote_good(
    const struct classify *classify, struct tally tally, struct classify_raw *raw)
{
	if (tally.open > 0) {
		(void)snprintf(raw->text, sizeof(raw->text),
		    "%u open of %u entries, %u kept", tally.open, tally.entries,
		    tally.kept);
	}
	quote_notes(classify, raw);
}

static bool
is_broken(const struct classify *classify)
{
	if (classify->probe->kind == PROBE_FEED) {
		return classify->u.feed.feed.xml.status != XML_WHOLE;
	}
	if (classify->probe->kind == PROBE_GCLOUD_FEED) {
		return classify->u.gcloud_feed.feed.xml.status != XML_WHOLE;
	}
	return classify->json != JSON_COMPLETE;
}

void
classify_source_quote(const struct classify *classify, const struct classify_http *http,
    struct finding finding, struct classify_raw *raw)
{
	struct tally tally = tally_of(classify);

	if (http->status == 304) {
		return;
	}
	if (finding.outcome == OUTCOME_OK) {
		quote_good(classify, tally, raw);
	} else if (is_page(classify, http)) {
		classify_quote_page(classify, raw);
	} else if (is_feed(classify) && is_broken(classify)) {
		(void)snprintf(raw->text, sizeof(raw->text), "%s",
		    classify->bytes == 0 ? "empty body" : "no whole feed");
	} else if (is_broken(classify)) {
		classify_quote_broken(classify, raw);
	} else if (tally.entries == 0) {
		(void)snprintf(raw->text, sizeof(raw->text), "no such page");
	} else {
		(void)snprintf(raw->text, sizeof(raw->text),
		    "%u of %u entries not understood", tally.odd, tally.entries);
	}
}
