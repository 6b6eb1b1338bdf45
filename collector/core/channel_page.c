#include "collector/core/channel_page.h"

#include "collector/core/json_put.h"
#include "collector/core/template.h"
#include "common/core/hmac.h"

#include <stdio.h>
#include <string.h>

enum {
	SUMMARY_BYTES = 1024,
	DETAIL_BYTES = 4096
};

/* ---- the generic webhook ---- */

static void
sign(const struct channel_setup *setup, const char *stamp, struct channel_work *work)
{
	const struct hmac_piece piece[] = {
	    {stamp, strlen(stamp)}, {".", 1}, {work->body.data, work->body.len}};
	unsigned char digest[SHA256_BYTES];
	char hex[SHA256_HEX_BYTES];

	hmac_sha256(setup->secret, strlen(setup->secret), piece, 3, digest);
	sha256_hex(digest, hex);
	channel_add_header(work, "X-Parallax-Signature", "sha256=", hex);
}

bool
channel_page_frozen(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	struct text *body = &work->body;

	(void)setup;
	if (attempt->json_len >= body->cap) {
		return false;
	}
	memcpy(body->data, attempt->json, attempt->json_len);
	body->len = attempt->json_len;
	body->data[body->len] = '\0';
	return true;
}

/* Idempotency-Key is the same for all attempts; the timestamp in the signature lets a
 * receiver refuse what is replayed. */
bool
channel_page_webhook(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	const char *template = setup->conf->body;
	char stamp[24];

	if (template != NULL && template[0] != '\0') {
		template_fill(
		    &work->body, template, MARKUP_JSON, &work->facts, &work->letter);
	} else if (!channel_page_frozen(setup, attempt, work)) {
		return false;
	}
	(void)snprintf(
	    stamp, sizeof(stamp), "%lld", (long long)(attempt->at.ns / CLOCK_NS_PER_S));
	channel_add_header(work, "Idempotency-Key", "", work->key);
	channel_add_header(work, "X-Parallax-Timestamp", "", stamp);
	if (setup->secret[0] != '\0') {
		sign(setup, stamp, work);
	}
	return true;
}

/* ---- PagerDuty ---- */

/* The same for all messages of an incident, or of a group, also after the collector lost its store. */
static void
put_incident_key(struct text *text, const struct facts *facts)
{
	text_add(text, "parallax-");
	if (facts->is_test) {
		text_add(text, "test");
		return;
	}
	if (facts->group[0] != '\0') {
		text_add(text, "group-");
		text_add(text, facts->group);
		return;
	}
	text_uint(text, facts->incident);
	text_char(text, '-');
	text_uint(text, (uint64_t)(facts->opened.ns / CLOCK_NS_PER_MS));
}

static const char *
shortened(struct channel_work *work, const char *value, size_t max)
{
	struct text text;

	text_init(&text, work->scratch, sizeof(work->scratch));
	markup_add(&text, MARKUP_PLAIN, value, work->share < max ? work->share : max);
	return work->scratch;
}

static void
pagerduty_payload(const struct channel_setup *setup, struct channel_work *work)
{
	const struct facts *facts = &work->facts;
	const struct letter *letter = &work->letter;
	struct text *body = &work->body;

	json_put_open(body, "payload", '{');
	json_put_text(body, "summary", shortened(work, letter->title, SUMMARY_BYTES));
	json_put_text(
	    body, "source", facts->target[0] != '\0' ? facts->target : "parallax");
	json_put_text(body, "severity", letter->look.severity);
	if (facts->since_text[0] != '\0') {
		json_put_text(body, "timestamp", facts->since_text);
	}
	json_put_text(body, "component", shortened(work, letter->scope, SUMMARY_BYTES));
	json_put_text(body, "group", setup->conf->name);
	json_put_text(body, "class", verdict_name(facts->verdict));
	json_put_open(body, "custom_details", '{');
	for (size_t i = 0; i < letter->parts; i++) {
		const struct letter_part *part = &letter->part[i];

		json_put_text(body, part->label == NULL ? "text" : part->label,
		    shortened(work, part->value, DETAIL_BYTES));
	}
	json_put_close(body, '}');
	json_put_close(body, '}');
}

bool
channel_page_pagerduty(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	const struct facts *facts = &work->facts;
	struct text *body = &work->body;
	struct text key;

	(void)attempt;
	json_put_open(body, NULL, '{');
	json_put_text(body, "routing_key", setup->secret);
	json_put_text(body, "event_action",
	    facts->kind == MESSAGE_RESOLVED ? "resolve" : "trigger");
	text_init(&key, work->scratch, sizeof(work->scratch));
	put_incident_key(&key, facts);
	json_put_text(body, "dedup_key", work->scratch);
	json_put_text(body, "client", "Parallax");
	pagerduty_payload(setup, work);
	if (work->letter.link[0] != '\0') {
		json_put_open(body, "links", '[');
		json_put_open(body, NULL, '{');
		json_put_text(body, "href", work->letter.link);
		json_put_text(body, "text",
		    catalogue_text(work->letter.language, CATALOGUE_LINK));
		json_put_close(body, '}');
		json_put_close(body, ']');
	}
	json_put_close(body, '}');
	return true;
}

void
channel_page_answer_pagerduty(
    unsigned status, const struct reply *reply, struct message_answer *answer)
{
	if (status == 202 && reply->is_success) {
		answer->delivery = DELIVERY_DONE;
	} else if (status == 429 && answer->retry_after_ns == 0) {
		answer->retry_after_ns = 60 * CLOCK_NS_PER_S;
	}
}

/* ---- Alertmanager ---- */

static void
put_time(struct text *body, const char *key, struct wall at)
{
	char time[RFC3339_BYTES];

	rfc3339_write(at, time);
	json_put_text(body, key, time);
}

/* Alertmanager knows an alert by its labels, so a change of level is another alert: each
 * message says of every level whether it is the one. */
static void
put_alert(struct channel_work *work, const struct channel_attempt *attempt,
    enum level level, bool is_firing)
{
	const struct facts *facts = &work->facts;
	const struct letter *letter = &work->letter;
	struct text *body = &work->body;
	struct text key;

	json_put_open(body, NULL, '{');
	json_put_open(body, "labels", '{');
	json_put_text(
	    body, "alertname", facts->is_test ? "ParallaxTest" : "ParallaxIncident");
	text_init(&key, work->scratch, sizeof(work->scratch));
	put_incident_key(&key, facts);
	json_put_text(body, "incident", work->scratch);
	json_put_text(body, "severity", level_name(level));
	json_put_close(body, '}');
	json_put_open(body, "annotations", '{');
	json_put_text(body, "summary", shortened(work, letter->title, SUMMARY_BYTES));
	json_put_text(body, "description", shortened(work, facts->text, DETAIL_BYTES));
	json_put_text(body, "verdict", verdict_name(facts->verdict));
	json_put_text(body, "scope", shortened(work, letter->scope, SUMMARY_BYTES));
	json_put_close(body, '}');
	put_time(body, "startsAt", facts->since);
	if (is_firing) {
		put_time(body, "endsAt",
		    wall_add(attempt->at, CHANNEL_PAGE_EXPIRE_S * CLOCK_NS_PER_S));
	} else {
		put_time(
		    body, "endsAt", facts->is_resolved ? facts->resolved : facts->at);
	}
	if (letter->link[0] != '\0') {
		json_put_text(body, "generatorURL", letter->link);
	}
	json_put_close(body, '}');
}

bool
channel_page_alertmanager(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	const struct facts *facts = &work->facts;

	if (strstr(setup->url, "/api/v2/") == NULL) {
		size_t len = strlen(setup->url);
		bool has_slash = len > 0 && setup->url[len - 1] == '/';

		text_add(&work->url, has_slash ? "api/v2/alerts" : "/api/v2/alerts");
	}
	text_char(&work->body, '[');
	for (int level = 0; level < LEVEL_COUNT; level++) {
		put_alert(work, attempt, (enum level)level,
		    facts->kind != MESSAGE_RESOLVED && !facts->is_test &&
			(enum level)level == facts->level);
	}
	text_char(&work->body, ']');
	return true;
}
