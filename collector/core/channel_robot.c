#include "collector/core/channel_robot.h"

#include "collector/core/json_put.h"
#include "common/core/base64.h"
#include "common/core/hmac.h"

#include <stdio.h>
#include <string.h>

enum {
	WECOM_BYTES = 4096,    /* of the markdown; more is an error, not a cut */
	DINGTALK_BYTES = 16384 /* the rest of 20000 is for the JSON around it */
};

#define MINUTE_NS (60 * CLOCK_NS_PER_S)

static void
stamp(int64_t at, const char *secret, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%lld\n%s", (long long)at, secret);
}

void
channel_robot_sign_feishu(
    const char *secret, int64_t at_s, char out[CHANNEL_ROBOT_SIGN_BYTES])
{
	unsigned char digest[SHA256_BYTES];
	char key[8300];

	stamp(at_s, secret, key, sizeof(key));
	hmac_sha256(key, strlen(key), NULL, 0, digest);
	(void)base64_encode(digest, sizeof(digest), out, CHANNEL_ROBOT_SIGN_BYTES);
}

void
channel_robot_sign_dingtalk(
    const char *secret, int64_t at_ms, char out[CHANNEL_ROBOT_SIGN_BYTES])
{
	unsigned char digest[SHA256_BYTES];
	char message[8300];
	struct hmac_piece piece = {.data = message};

	stamp(at_ms, secret, message, sizeof(message));
	piece.len = strlen(message);
	hmac_sha256(secret, strlen(secret), &piece, 1, digest);
	(void)base64_encode(digest, sizeof(digest), out, CHANNEL_ROBOT_SIGN_BYTES);
}

/* A robot with keyword security refuses what does not hold the word. */
static void
add_keyword(const struct channel_setup *setup, const struct channel_work *work,
    struct text *text)
{
	const char *keyword = setup->conf->keyword;

	if (keyword != NULL && keyword[0] != '\0' &&
	    strstr(work->letter.title, keyword) == NULL) {
		text_add(text, keyword);
		text_char(text, ' ');
	}
}

/* ---- Feishu: a card of plain texts, in which nothing is markup ---- */

static void
put_plain(struct text *body, const char *key, const char *content)
{
	json_put_open(body, key, '{');
	json_put_text(body, "tag", "plain_text");
	json_put_text(body, "content", content);
	json_put_close(body, '}');
}

static void
put_div(struct text *body, const char *content)
{
	json_put_open(body, NULL, '{');
	json_put_text(body, "tag", "div");
	put_plain(body, "text", content);
	json_put_close(body, '}');
}

static void
feishu_elements(struct channel_work *work)
{
	const struct letter *letter = &work->letter;
	struct text *body = &work->body;
	struct text line;

	json_put_open(body, "elements", '[');
	for (size_t i = 0; i < letter->parts; i++) {
		text_init(&line, work->scratch, sizeof(work->scratch));
		if (letter->part[i].label != NULL) {
			text_add(&line, letter->part[i].label);
			text_add(
			    &line, catalogue_text(letter->language, CATALOGUE_COLON));
		}
		markup_add(&line, MARKUP_ROBOT, letter->part[i].value, work->share);
		put_div(body, work->scratch);
	}
	if (letter->link[0] != '\0') {
		json_put_open(body, NULL, '{');
		json_put_text(body, "tag", "action");
		json_put_open(body, "actions", '[');
		json_put_open(body, NULL, '{');
		json_put_text(body, "tag", "button");
		put_plain(
		    body, "text", catalogue_text(letter->language, CATALOGUE_LINK));
		json_put_text(body, "url", letter->link);
		json_put_close(body, '}');
		json_put_close(body, ']');
		json_put_close(body, '}');
	}
	if (letter->footer[0] != '\0') {
		json_put_open(body, NULL, '{');
		json_put_text(body, "tag", "note");
		json_put_open(body, "elements", '[');
		put_plain(body, NULL, letter->footer);
		json_put_close(body, ']');
		json_put_close(body, '}');
	}
	json_put_close(body, ']');
}

bool
channel_robot_feishu(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	struct text *body = &work->body;
	struct text title;

	json_put_open(body, NULL, '{');
	if (setup->secret[0] != '\0') {
		int64_t at_s = attempt->at.ns / CLOCK_NS_PER_S;
		char sign[CHANNEL_ROBOT_SIGN_BYTES];
		char stamped[24];

		channel_robot_sign_feishu(setup->secret, at_s, sign);
		(void)snprintf(stamped, sizeof(stamped), "%lld", (long long)at_s);
		json_put_text(body, "timestamp", stamped);
		json_put_text(body, "sign", sign);
	}
	json_put_text(body, "msg_type", "interactive");
	json_put_open(body, "card", '{');
	json_put_open(body, "config", '{');
	json_put_bool(body, "wide_screen_mode", true);
	json_put_close(body, '}');
	json_put_open(body, "header", '{');
	json_put_text(body, "template", work->letter.look.card);
	text_init(&title, work->scratch, sizeof(work->scratch));
	add_keyword(setup, work, &title);
	markup_add(&title, MARKUP_ROBOT, work->letter.title, work->share);
	put_plain(body, "title", work->scratch);
	json_put_close(body, '}');
	feishu_elements(work);
	json_put_close(body, '}');
	json_put_close(body, '}');
	return true;
}

static void
retry(struct message_answer *answer, int64_t after_ns)
{
	answer->delivery = DELIVERY_REJECTED_RETRY;
	if (answer->retry_after_ns < after_ns) {
		answer->retry_after_ns = after_ns;
	}
}

static void
note(struct message_answer *answer, unsigned status, int64_t code)
{
	(void)snprintf(answer->detail, sizeof(answer->detail), "HTTP %u, code %lld",
	    status, (long long)code);
}

/* The codes of `list` will be the same at the next try. */
static bool
is_in(int64_t code, const int32_t *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (list[i] == code) {
			return true;
		}
	}
	return false;
}

#define IS_IN(code, list) is_in(code, list, sizeof(list) / sizeof((list)[0]))

void
channel_robot_answer_feishu(
    unsigned status, const struct reply *reply, struct message_answer *answer)
{
	static const int32_t final[] = {9499, 19001, 19002, 19021, 19022, 19024};
	bool is_slow_down = strstr(reply->text, "too many request") != NULL ||
			    strstr(reply->text, "frequency limit") != NULL;
	int64_t code = reply->has_code ? reply->code : reply->status_code;

	if (!reply->has_code && !reply->has_status_code) {
		return;
	}
	note(answer, status, code);
	if (code == 0) {
		answer->delivery = status == 200 ? DELIVERY_DONE : DELIVERY_UNKNOWN;
	} else if (code == 11232 || is_slow_down) {
		retry(answer, MINUTE_NS);
	} else if (IS_IN(code, final)) {
		answer->delivery = DELIVERY_REJECTED;
	} else {
		retry(answer, 0);
	}
}

/* ---- WeCom ---- */

bool
channel_robot_wecom(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	static const struct channel_layout layout = {.markup = MARKUP_ROBOT,
	    .bold = "**",
	    .bold_end = "**",
	    .line = "\n",
	    .with_link = true};
	struct text *body = &work->body;
	struct text content;

	(void)attempt;
	text_init(&content, work->scratch, WECOM_BYTES + 1);
	add_keyword(setup, work, &content);
	text_add(&content, "<font color=\"");
	text_add(&content, work->letter.look.font);
	text_add(&content, "\">");
	markup_add(&content, MARKUP_ROBOT, work->letter.title, work->share);
	text_add(&content, "</font>");
	text_char(&content, '\n');
	channel_compose(work, &layout, &content);
	json_put_open(body, NULL, '{');
	json_put_text(body, "msgtype", "markdown");
	json_put_open(body, "markdown", '{');
	json_put_text(body, "content", work->scratch);
	json_put_close(body, '}');
	json_put_close(body, '}');
	return !content.cut;
}

void
channel_robot_answer_wecom(
    unsigned status, const struct reply *reply, struct message_answer *answer)
{
	static const int32_t final[] = {40001, 40008, 40014, 40058, 41001, 44004, 45002,
	    93000, 93004, 93008, 93010, 93017};

	if (!reply->has_errcode) {
		return;
	}
	note(answer, status, reply->errcode);
	if (reply->errcode == 0) {
		answer->delivery = status == 200 ? DELIVERY_DONE : DELIVERY_UNKNOWN;
	} else if (reply->errcode == 45009 || reply->errcode == 45033) {
		retry(answer, MINUTE_NS);
	} else if (IS_IN(reply->errcode, final)) {
		answer->delivery = DELIVERY_REJECTED;
	} else {
		retry(answer, 0);
	}
}

/* ---- DingTalk ---- */

bool
channel_robot_dingtalk(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	static const struct channel_layout layout = {.markup = MARKUP_ROBOT,
	    .bold = "**",
	    .bold_end = "**",
	    .line = "  \n",
	    .with_link = true};
	struct text *body = &work->body;
	struct text content;

	if (setup->secret[0] != '\0') {
		int64_t at_ms = attempt->at.ns / CLOCK_NS_PER_MS;
		char sign[CHANNEL_ROBOT_SIGN_BYTES];

		channel_robot_sign_dingtalk(setup->secret, at_ms, sign);
		text_char(&work->url, strchr(setup->url, '?') == NULL ? '?' : '&');
		text_add(&work->url, "timestamp=");
		text_uint(&work->url, (uint64_t)at_ms);
		text_add(&work->url, "&sign=");
		markup_add(&work->url, MARKUP_URL, sign, 3 * sizeof(sign));
	}
	json_put_open(body, NULL, '{');
	json_put_text(body, "msgtype", "markdown");
	json_put_text(body, "msgUuid", work->key);
	json_put_open(body, "markdown", '{');
	text_init(&content, work->scratch, DINGTALK_BYTES);
	add_keyword(setup, work, &content);
	markup_add(&content, MARKUP_ROBOT, work->letter.title, work->share);
	json_put_text(body, "title", work->scratch);
	text_init(&content, work->scratch, DINGTALK_BYTES);
	text_add(&content, "### ");
	add_keyword(setup, work, &content);
	markup_add(&content, MARKUP_ROBOT, work->letter.title, work->share);
	text_char(&content, '\n');
	text_char(&content, '\n');
	channel_compose(work, &layout, &content);
	json_put_text(body, "text", work->scratch);
	json_put_close(body, '}');
	json_put_open(body, "at", '{');
	json_put_bool(body, "isAtAll", false);
	json_put_close(body, '}');
	json_put_close(body, '}');
	return !content.cut;
}

void
channel_robot_answer_dingtalk(
    unsigned status, const struct reply *reply, struct message_answer *answer)
{
	static const int32_t final[] = {40035, 101002, 300001, 310000, 400013, 400101,
	    400102, 400105, 400106, 430101, 430102, 430103, 430104, 460101};

	if (!reply->has_errcode) {
		return;
	}
	note(answer, status, reply->errcode);
	if (reply->errcode == 0) {
		answer->delivery = status == 200 ? DELIVERY_DONE : DELIVERY_UNKNOWN;
	} else if (reply->errcode == 130101 || reply->errcode == 410100) {
		retry(answer, 10 * MINUTE_NS); /* so long it is deaf */
	} else if (IS_IN(reply->errcode, final)) {
		answer->delivery = DELIVERY_REJECTED;
	} else {
		retry(answer, 0);
	}
}
