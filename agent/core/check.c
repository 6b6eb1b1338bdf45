#include "agent/core/check.h"

#include "agent/core/classify_fetch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void
check_begin(
    struct check *check, const struct plan_probe *probe, const struct redact *redact)
{
	check->probe = probe;
	check->redact = redact;
	check->body_bytes = 0;
	check->answer_bytes = 0;
	check->answer_status = 0;
	check->answer_server_us = 0;
	check->too_large = false;
	check->fetching = false;
	check->detail[0] = '\0';
	check->request_id[0] = '\0';
	header_init(&check->header);
	classify_begin(&check->classify, probe, redact);
}

void
check_header(struct check *check, const char *line, size_t len)
{
	if (header_line(&check->header, line, len) && check->body_bytes > 0) {
		check->body_bytes = 0;
		check->too_large = false;
		if (check->fetching) {
			classify_fetch_begin(&check->classify);
		} else {
			classify_begin(&check->classify, check->probe, check->redact);
		}
	}
}

bool
check_body(struct check *check, const void *data, size_t len)
{
	if (check->too_large || len > LIMIT_BODY_BYTES - check->body_bytes) {
		check->too_large = true;
		return false;
	}
	check->body_bytes += len;
	if (check->fetching) {
		classify_fetch_body(&check->classify, data, len);
	} else {
		classify_body(&check->classify, data, len);
	}
	return true;
}

/* How a transfer that brought no whole answer is judged. */
static const struct finding ends[TRANSPORT_END_COUNT] = {
    [TRANSPORT_DONE] = {OUTCOME_OK, 0},
    [TRANSPORT_DNS] = {OUTCOME_NET_DNS, 0},
    [TRANSPORT_CONNECT] = {OUTCOME_NET_CONNECT, 0},
    [TRANSPORT_CONNECT_TIMEOUT] = {OUTCOME_NET_CONNECT, 0},
    [TRANSPORT_TLS] = {OUTCOME_NET_TLS, 0},
    [TRANSPORT_BAD_CERT] = {OUTCOME_NET_TLS, FLAG_BAD_CERT},
    [TRANSPORT_TIMEOUT] = {OUTCOME_TIMEOUT, 0},
    [TRANSPORT_RESET] = {OUTCOME_NET_CONNECT, 0},
    [TRANSPORT_PARTIAL] = {OUTCOME_MALFORMED, FLAG_PARTIAL_BODY},
    [TRANSPORT_TOO_LARGE] = {OUTCOME_MALFORMED, FLAG_PARTIAL_BODY},
    [TRANSPORT_BAD_ENCODING] = {OUTCOME_MALFORMED, FLAG_PARTIAL_BODY},
    [TRANSPORT_REDIRECT] = {OUTCOME_MALFORMED, FLAG_PORTAL},
    [TRANSPORT_LOCAL] = {OUTCOME_LOCAL_ERROR, 0},
    [TRANSPORT_MISMATCH] = {OUTCOME_MALFORMED, FLAG_MISMATCH},
};

/* A deadline belongs to the phase it ended: OUTCOME_TIMEOUT means that the connection
 * stood. */
static const enum outcome timeouts[PHASE_COUNT] = {
    [PHASE_LOCAL] = OUTCOME_LOCAL_ERROR,
    [PHASE_DNS] = OUTCOME_NET_DNS,
    [PHASE_CONNECT] = OUTCOME_NET_CONNECT,
    [PHASE_TLS] = OUTCOME_NET_TLS,
    [PHASE_WAIT] = OUTCOME_TIMEOUT,
    [PHASE_BODY] = OUTCOME_TIMEOUT,
    [PHASE_DONE] = OUTCOME_TIMEOUT,
    [PHASE_FETCH] = OUTCOME_TIMEOUT,
    [PHASE_TOKEN] = OUTCOME_TIMEOUT,
};

static const char *const end_texts[TRANSPORT_END_COUNT] = {
    [TRANSPORT_DONE] = "",
    [TRANSPORT_DNS] = "name not resolved",
    [TRANSPORT_CONNECT] = "no connection",
    [TRANSPORT_CONNECT_TIMEOUT] = "no connection in time",
    [TRANSPORT_TLS] = "no TLS session",
    [TRANSPORT_BAD_CERT] = "certificate not trusted",
    [TRANSPORT_TIMEOUT] = "no whole answer in time",
    [TRANSPORT_RESET] = "closed before an answer",
    [TRANSPORT_PARTIAL] = "closed inside the answer",
    [TRANSPORT_TOO_LARGE] = "answer too large",
    [TRANSPORT_BAD_ENCODING] = "answer not readable as HTTP",
    [TRANSPORT_REDIRECT] = "redirected",
    [TRANSPORT_LOCAL] = "not tried",
    [TRANSPORT_MISMATCH] = "not what was expected",
};

static struct finding
judge_end(
    const struct transport *transport, enum transport_end end, uint64_t body_bytes)
{
	struct finding finding = ends[end];

	if (end == TRANSPORT_TIMEOUT) {
		finding.outcome = timeouts[transport->phase];
		finding.flags = body_bytes > 0 ? FLAG_PARTIAL_BODY : 0;
	}
	return finding;
}

/* An error status counts even when its body did not come whole. Below HTTP there is
 * nothing to read: how the transfer ended says it all. */
static bool
answer_counts(enum probe_kind kind, enum transport_end end, uint16_t http)
{
	bool began = end == TRANSPORT_PARTIAL || end == TRANSPORT_TOO_LARGE ||
		     end == TRANSPORT_TIMEOUT || end == TRANSPORT_BAD_ENCODING;

	return probe_traits(kind)->family != FAMILY_NET &&
	       (end == TRANSPORT_DONE || (began && http >= 400));
}

/* The instants of a run never decrease, and none is later than the end. */
static struct timing
clean_timing(const struct timing *timing)
{
	struct timing clean = *timing;
	uint32_t *const instants[] = {&clean.dns_us, &clean.connect_us, &clean.tls_us,
	    &clean.sent_us, &clean.first_byte_us, &clean.answered_us};
	uint32_t latest = 0;

	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		if (*instants[i] == 0) {
			continue;
		}
		if (*instants[i] < latest) {
			*instants[i] = latest;
		}
		latest = *instants[i];
	}
	if (clean.total_us < latest) {
		clean.total_us = latest;
	}
	return clean;
}

/* Where it stopped; a transport that says nothing sensible is brought to what its end
 * implies. */
static enum phase
phase_of(const struct transport *transport, enum transport_end end)
{
	static const enum phase implied[TRANSPORT_END_COUNT] = {
	    [TRANSPORT_DONE] = PHASE_DONE,
	    [TRANSPORT_DNS] = PHASE_DNS,
	    [TRANSPORT_CONNECT] = PHASE_CONNECT,
	    [TRANSPORT_CONNECT_TIMEOUT] = PHASE_CONNECT,
	    [TRANSPORT_TLS] = PHASE_TLS,
	    [TRANSPORT_BAD_CERT] = PHASE_TLS,
	    [TRANSPORT_RESET] = PHASE_WAIT,
	    [TRANSPORT_PARTIAL] = PHASE_BODY,
	    [TRANSPORT_TOO_LARGE] = PHASE_BODY,
	    [TRANSPORT_BAD_ENCODING] = PHASE_BODY,
	    [TRANSPORT_REDIRECT] = PHASE_BODY,
	    [TRANSPORT_LOCAL] = PHASE_LOCAL,
	    [TRANSPORT_MISMATCH] = PHASE_DONE,
	};

	if (transport->phase == PHASE_TOKEN && end != TRANSPORT_DONE) {
		return PHASE_TOKEN;
	}
	if (end == TRANSPORT_TIMEOUT || end == TRANSPORT_RESET) {
		return transport->phase == PHASE_DONE ? PHASE_BODY : transport->phase;
	}
	return implied[end];
}

/* Theirs, but only when nothing in it had to be taken out. */
static void
keep_request_id(struct check *check, const char *id)
{
	size_t len = strlen(id);

	(void)redact_text(check->redact, id, len, false, check->request_id,
	    sizeof(check->request_id));
	if (strcmp(check->request_id, id) != 0) {
		check->request_id[0] = '\0';
	}
}

static void
transport_detail(
    struct check *check, const struct transport *transport, enum transport_end end)
{
	const char *text = transport->text == NULL ? "" : transport->text;

	if (text[0] == '\0') {
		text = end_texts[end];
	}
	(void)redact_text(check->redact, text, strlen(text), false, check->detail,
	    sizeof(check->detail));
}

/* Theirs, from the head or from the answer itself. */
static void
find_request_id(struct check *check)
{
	const char *id = check->header.request_id;

	keep_request_id(
	    check, id[0] != '\0' ? id : classify_request_id(&check->classify));
}

/* Takes over what the answer itself says, or what came of its picture. */
static void
finish_answer(struct check *check, const struct transport *transport,
    enum transport_end end, struct result *out)
{
	struct classify_verdict verdict;
	struct wall now = wall_add(
	    transport->started_at, (int64_t)out->timing.total_us * CLOCK_NS_PER_US);
	struct classify_http http = {
	    .status = out->http_status,
	    .whole = end == TRANSPORT_DONE,
	    .html = header_is_html(&check->header),
	    .at = now,
	};

	if (check->fetching) {
		classify_fetch_finish(&check->classify, &http, &verdict, check->detail,
		    sizeof(check->detail));
	} else {
		classify_finish(&check->classify, &http, &verdict, check->detail,
		    sizeof(check->detail));
		find_request_id(check);
	}
	out->outcome = verdict.finding.outcome;
	out->flags = verdict.finding.flags;
	out->observation = verdict.observation;
	out->observation_len = verdict.observation_len;
	out->figure = verdict.figure;
	out->figure_len = verdict.figure_len;
	out->retry_after_ms = verdict.retry_ms != 0
				  ? verdict.retry_ms
				  : header_retry_after_ms(&check->header, now);
}

static void
finish_transport(struct check *check, const struct transport *transport,
    enum transport_end end, struct result *out)
{
	struct finding finding = judge_end(transport, end, check->body_bytes);

	out->outcome = finding.outcome;
	out->flags = finding.flags;
	if (!check->fetching) {
		keep_request_id(check, check->header.request_id);
	}
	transport_detail(check, transport, end);
}

static void
reckon_cost(const struct check *check, uint16_t http, struct result *out)
{
	bool reported = false;

	out->cost_microusd =
	    usage_cost(classify_usage(&check->classify), check->probe, http, &reported);
	out->flags |= reported ? FLAG_COST_REPORTED : 0;
}

/* How long their certificate lasts says something beside whatever else came of it. */
static void
judge_certificate(
    const struct check *check, const struct transport *transport, struct result *out)
{
	out->cert_days = transport->cert_days;
	if (out->cert_days > 0 && out->cert_days - 1 < check->probe->expect_days) {
		out->flags |= FLAG_EXPIRING;
	}
}

const char *
check_link(const struct check *check)
{
	uint16_t status = check->header.status;

	if (check->fetching || check->too_large || status < 200 || status > 299) {
		return "";
	}
	return classify_link(&check->classify);
}

void
check_fetch_begin(struct check *check)
{
	assert(check_link(check)[0] != '\0');
	find_request_id(check);
	check->fetching = true;
	check->answer_bytes = (uint32_t)check->body_bytes;
	check->answer_status = check->header.status;
	check->answer_server_us = check->header.server_us;
	check->body_bytes = 0;
	header_init(&check->header);
	classify_fetch_begin(&check->classify);
}

/* What is known before anything is judged. */
static struct result
blank(const struct check *check, const struct transport *transport)
{
	uint16_t status = transport->http_status;

	if (status == 0) {
		status = check->header.status;
	}
	return (struct result){
	    .series = check->probe->series,
	    .started_at = transport->started_at,
	    .http_status = status != 0 ? status : check->answer_status,
	    .timing = clean_timing(&transport->timing),
	    .server_us =
		check->fetching ? check->answer_server_us : check->header.server_us,
	    .body_bytes = check->answer_bytes + (uint32_t)check->body_bytes,
	    .detail = check->detail,
	    .request_id = check->request_id,
	};
}

void
check_finish(struct check *check, const struct transport *transport, struct result *out)
{
	enum transport_end end =
	    check->too_large ? TRANSPORT_TOO_LARGE : transport->end;
	bool fetch = check->fetching || check_link(check)[0] != '\0';

	assert(end < TRANSPORT_END_COUNT);
	assert(transport->phase < PHASE_COUNT);
	*out = blank(check, transport);
	out->phase = phase_of(transport, end);
	if (answer_counts(check->probe->kind, end, out->http_status)) {
		finish_answer(check, transport, end, out);
	} else {
		finish_transport(check, transport, end, out);
	}
	if (fetch && out->outcome != OUTCOME_OK) {
		out->phase = PHASE_FETCH;
	}
	reckon_cost(
	    check, check->fetching ? check->answer_status : out->http_status, out);
	judge_certificate(check, transport, out);
}

const char *
check_etag(const struct check *check)
{
	return check->header.etag;
}

const char *
check_last_modified(const struct check *check)
{
	return check->header.last_modified;
}

const struct image_info *
check_image(const struct check *check)
{
	return classify_image(&check->classify);
}

uint64_t
check_image_digest(const struct check *check)
{
	return classify_has_image(&check->classify) ? check_image(check)->digest : 0;
}
