#include "collector/core/channel_mail.h"

#include "common/core/base64.h"
#include "common/core/utf8.h"

#include <stdio.h>
#include <string.h>

enum {
	ADDRESS_BYTES = 254, /* RFC 5321, section 4.5.3.1.3 */
	WORD_BYTES = 45,     /* of UTF-8 in an encoded word: 60 characters of base64 */
	LINE_BYTES = 57,     /* 76 characters of base64 */
	DAY_S = 86400
};

bool
channel_mail_is_address(const char *text)
{
	size_t len = strlen(text);
	const char *at = strchr(text, '@');

	if (len == 0 || len > ADDRESS_BYTES || at == NULL || at == text ||
	    at[1] == '\0' || strchr(at + 1, '@') != NULL) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= 0x20 || text[i] >= 0x7f ||
		    strchr("<>()[],;:\\\"", text[i]) != NULL) {
			return false;
		}
	}
	return true;
}

static void
line(struct text *body, const char *text)
{
	text_add(body, text);
	text_char(body, '\r');
	text_char(body, '\n');
}

/* "Tue, 24 Nov 2026 00:21:55 +0000" */
static void
put_date(struct text *body, struct wall at)
{
	static const char *const day[] = {
	    "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int64_t seconds = at.ns < 0 ? 0 : at.ns / CLOCK_NS_PER_S;
	char iso[RFC3339_BYTES];
	char date[64];
	size_t m;

	rfc3339_write((struct wall){seconds * CLOCK_NS_PER_S}, iso);
	m = (size_t)(iso[5] - '0') * 10 + (size_t)(iso[6] - '0') - 1;
	(void)snprintf(date, sizeof(date), "Date: %s, %.2s %s %.4s %.8s +0000",
	    day[seconds / DAY_S % 7], iso + 8, m < 12 ? month[m] : "Jan", iso,
	    iso + 11);
	line(body, date);
}

/* As it is where that can mean nothing else, else in encoded words (RFC 2047). */
static void
put_subject(struct text *body, const char *title)
{
	size_t left = strlen(title);
	bool is_plain = left < 900 && strstr(title, "=?") == NULL;

	for (const char *at = title; *at != '\0'; at++) {
		is_plain = is_plain && *at >= 0x20 && *at < 0x7f;
	}
	text_add(body, "Subject: ");
	if (is_plain) {
		line(body, title);
		return;
	}
	for (const char *at = title; left > 0;) {
		char word[WORD_BYTES * 2];
		size_t len = left > WORD_BYTES ? utf8_cut(at, WORD_BYTES) : left;

		if (at != title) {
			text_add(body, " ");
		}
		(void)base64_encode(at, len, word, sizeof(word));
		text_add(body, "=?UTF-8?B?");
		text_add(body, word);
		line(body, "?=");
		at += len;
		left -= len;
	}
}

static void
put_base64(struct text *body, const char *data, size_t len)
{
	char encoded[96];

	for (size_t at = 0; at < len; at += LINE_BYTES) {
		size_t part = len - at < LINE_BYTES ? len - at : LINE_BYTES;

		(void)base64_encode(data + at, part, encoded, sizeof(encoded));
		line(body, encoded);
	}
}

static const char *
host_of(const char *address)
{
	const char *at = strchr(address, '@');

	return at == NULL ? "localhost" : at + 1;
}

static void
put_id(struct text *body, const char *header, const char *local, const char *host)
{
	text_add(body, header);
	text_add(body, ": <parallax.");
	text_add(body, local);
	text_add(body, "@");
	text_add(body, host);
	line(body, ">");
}

static void
put_thread(struct text *body, const struct facts *facts, const char *host)
{
	char root[64];

	if (facts->is_test) {
		return;
	}
	if (facts->group[0] != '\0') {
		(void)snprintf(root, sizeof(root), "group.%s", facts->group);
	} else {
		(void)snprintf(root, sizeof(root), "incident.%llu.%llu",
		    (unsigned long long)facts->incident,
		    (unsigned long long)(facts->opened.ns / CLOCK_NS_PER_MS));
	}
	put_id(body, "In-Reply-To", root, host);
	put_id(body, "References", root, host);
}

static void
put_headers(const struct channel_conf *conf, const struct channel_attempt *attempt,
    struct channel_work *work)
{
	struct text *body = &work->body;

	put_date(body, attempt->at);
	text_add(body, "From: Parallax <");
	text_add(body, conf->from);
	line(body, ">");
	text_add(body, "To: ");
	for (size_t i = 0; i < conf->to_len; i++) {
		if (i > 0) {
			line(body, ",");
			text_add(body, " ");
		}
		text_add(body, "<");
		text_add(body, conf->to[i]);
		text_add(body, ">");
	}
	line(body, "");
	put_subject(body, work->letter.title);
	put_id(body, "Message-ID", work->key, host_of(conf->from));
	put_thread(body, &work->facts, host_of(conf->from));
	line(body, "Auto-Submitted: auto-generated");
	line(body, "X-Auto-Response-Suppress: All");
	if (work->facts.level == LEVEL_CRITICAL && work->facts.kind == MESSAGE_FIRING &&
	    !work->facts.is_test) {
		line(body, "Importance: high");
	}
	line(body, "MIME-Version: 1.0");
}

static void
begin_part(struct text *body, const char *boundary, const char *type)
{
	text_add(body, "--");
	line(body, boundary);
	text_add(body, "Content-Type: ");
	text_add(body, type);
	line(body, "; charset=utf-8");
	line(body, "Content-Transfer-Encoding: base64");
	line(body, "");
}

static void
write_html(struct channel_work *work, struct text *text)
{
	const struct letter *letter = &work->letter;
	char colour[64];

	(void)snprintf(colour, sizeof(colour), "<h2 style=\"color:#%06x\">",
	    (unsigned)letter->look.rgb & 0xffffffU);
	text_add(text, "<!DOCTYPE html><html><body>");
	text_add(text, colour);
	markup_add(text, MARKUP_HTML, letter->title, work->share);
	text_add(text, "</h2><table cellpadding=\"4\">");
	for (size_t i = 0; i < letter->parts; i++) {
		text_add(text, "<tr valign=\"top\"><th align=\"left\">");
		text_add(
		    text, letter->part[i].label == NULL ? "" : letter->part[i].label);
		text_add(text, "</th><td style=\"white-space:pre-line\">");
		markup_add(text, MARKUP_HTML, letter->part[i].value, work->share);
		text_add(text, "</td></tr>");
		text_char(text, '\n');
	}
	text_add(text, "</table>");
	if (letter->link[0] != '\0') {
		text_add(text, "<p><a href=\"");
		markup_add(text, MARKUP_HTML, letter->link, 8 * LETTER_LINK_BYTES);
		text_add(text, "\">");
		text_add(text, catalogue_text(letter->language, CATALOGUE_LINK));
		text_add(text, "</a></p>");
	}
	text_add(text, "<p style=\"color:#777\">");
	text_add(text, letter->footer);
	text_add(text, "</p></body></html>");
}

bool
channel_mail_write(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	static const struct channel_layout layout = {.markup = MARKUP_PLAIN,
	    .bold = "",
	    .bold_end = "",
	    .line = "\r\n",
	    .with_title = true,
	    .with_link = true};
	struct text *body = &work->body;
	char boundary[40];
	bool is_whole;
	struct text text;

	(void)snprintf(boundary, sizeof(boundary), "parallax-%.24s", work->key);
	put_headers(setup->conf, attempt, work);
	text_add(body, "Content-Type: multipart/alternative; boundary=\"");
	text_add(body, boundary);
	line(body, "\"");
	line(body, "");
	begin_part(body, boundary, "text/plain");
	text_init(&text, work->scratch, sizeof(work->scratch));
	channel_compose(work, &layout, &text);
	is_whole = !text.cut;
	put_base64(body, work->scratch, text.len);
	begin_part(body, boundary, "text/html");
	text_init(&text, work->scratch, sizeof(work->scratch));
	write_html(work, &text);
	put_base64(body, work->scratch, text.len);
	text_add(body, "--");
	text_add(body, boundary);
	line(body, "--");
	return is_whole && !text.cut;
}

void
channel_mail_judge(
    enum channel_exchange exchange, unsigned reply, struct message_answer *answer)
{
	answer->retry_after_ns = 0;
	if (exchange != CHANNEL_ANSWERED && (reply < 400 || reply > 599)) {
		answer->delivery = channel_classify(exchange, 0);
		return;
	}
	(void)snprintf(answer->detail, sizeof(answer->detail), "SMTP %u", reply);
	if (reply >= 200 && reply < 300) {
		answer->delivery = DELIVERY_DONE;
	} else if (reply >= 400 && reply < 500) {
		answer->delivery = DELIVERY_REJECTED_RETRY;
	} else if (reply >= 500 && reply < 600) {
		answer->delivery = DELIVERY_REJECTED;
	} else {
		answer->delivery = DELIVERY_UNKNOWN;
	}
}
