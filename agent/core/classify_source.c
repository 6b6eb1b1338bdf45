#include "agent/core/classify_source.h"

#include "agent/core/classify_http.h"

#include <stdio.h>

void
classify_source_begin(struct classify *classify)
{
	const struct plan_probe *probe = classify->probe;
	const struct redact *redact = classify->redact;
	struct capture *capture = &classify->capture;

	if (probe->kind == PROBE_GCLOUD_STATUS) {
		classify_gcloud_begin(capture, &classify->u.gcloud, probe, redact);
	} else if (probe->kind == PROBE_AISTUDIO_STATUS) {
		classify_aistudio_begin(capture, &classify->u.aistudio, probe, redact);
	} else if (probe->kind == PROBE_OPENROUTER_ENDPOINTS) {
		classify_openrouter_begin(
		    capture, &classify->u.openrouter, probe, redact);
	} else {
		classify_statuspage_begin(
		    capture, &classify->u.statuspage, probe, redact);
	}
}

void
classify_source_push(struct classify *classify, const void *data, size_t len)
{
	classify->json = capture_push(&classify->capture, data, len);
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
struct finding
classify_source_judge(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out)
{
	struct finding finding;

	if (http->status == 304) {
		return (struct finding){OUTCOME_OK, FLAG_UNCHANGED};
	}
	if (classify_http_shape(http->status, classify_is_page(classify, http),
		classify_is_json(classify), &finding)) {
		return finding;
	}
	if (classify->probe->kind == PROBE_AISTUDIO_STATUS &&
	    (http->status == 401 || http->status == 403)) {
		return (struct finding){OUTCOME_AUTH_ERROR, 0}; /* another key is due */
	}
	if (http->status < 200 || http->status > 299) {
		return classify_http_source(http->status);
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

void
classify_source_quote(const struct classify *classify, const struct classify_http *http,
    struct finding finding, struct classify_raw *raw)
{
	struct tally tally = tally_of(classify);

	if (finding.outcome == OUTCOME_OK && (http->status == 304 || tally.open == 0)) {
		return;
	}
	if (classify_is_page(classify, http)) {
		classify_quote_page(classify, raw);
	} else if (classify->json != JSON_COMPLETE) {
		classify_quote_broken(classify, raw);
	} else if (tally.open > 0) {
		(void)snprintf(raw->text, sizeof(raw->text),
		    "%u open of %u entries, %u kept", tally.open, tally.entries,
		    tally.kept);
	} else {
		(void)snprintf(raw->text, sizeof(raw->text),
		    "%u of %u entries not understood", tally.odd, tally.entries);
	}
}
