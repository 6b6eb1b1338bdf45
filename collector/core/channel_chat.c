#include "collector/core/channel_chat.h"

#include "collector/core/json_put.h"

#include <string.h>

enum {
	SLACK_HEADER_BYTES = 150,
	SLACK_SECTION_BYTES = 2900,
	TELEGRAM_BYTES = 4096,
	DISCORD_TITLE_BYTES = 256,
	DISCORD_TEXT_BYTES = 4096,
	NTFY_TITLE_BYTES = 240,
	NTFY_TEXT_BYTES = 4000
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static const char *
label_of(const struct letter *letter)
{
	return catalogue_text(letter->language, CATALOGUE_LINK);
}

/* `value` in a markup, in the scratch. */
static const char *
marked(struct channel_work *work, enum markup markup, const char *value, size_t max)
{
	struct text text;

	text_init(&text, work->scratch, sizeof(work->scratch));
	markup_add(&text, markup, value, least(work->share, max));
	return work->scratch;
}

/* ---- Slack: sections of plain text, in which nothing is markup ---- */

static void
slack_plain(struct text *body, const char *key, const char *content)
{
	json_put_open(body, key, '{');
	json_put_text(body, "type", "plain_text");
	json_put_bool(body, "emoji", false);
	json_put_text(body, "text", content);
	json_put_close(body, '}');
}

static void
slack_part(struct channel_work *work, const struct letter_part *part)
{
	const struct letter *letter = &work->letter;
	struct text *body = &work->body;
	struct text line;

	text_init(&line, work->scratch, SLACK_SECTION_BYTES);
	if (part->label != NULL) {
		text_add(&line, part->label);
		text_add(&line, catalogue_text(letter->language, CATALOGUE_COLON));
	}
	markup_add(&line, MARKUP_SLACK, part->value,
	    least(work->share, SLACK_SECTION_BYTES - 100));
	json_put_open(body, NULL, '{');
	json_put_text(body, "type", "section");
	slack_plain(body, "text", work->scratch);
	json_put_close(body, '}');
}

static void
slack_end(struct channel_work *work)
{
	const struct letter *letter = &work->letter;
	struct text *body = &work->body;

	if (letter->link[0] != '\0') {
		json_put_open(body, NULL, '{');
		json_put_text(body, "type", "actions");
		json_put_open(body, "elements", '[');
		json_put_open(body, NULL, '{');
		json_put_text(body, "type", "button");
		slack_plain(body, "text", label_of(letter));
		json_put_text(body, "url", letter->link);
		json_put_close(body, '}');
		json_put_close(body, ']');
		json_put_close(body, '}');
	}
	if (letter->footer[0] != '\0') {
		json_put_open(body, NULL, '{');
		json_put_text(body, "type", "context");
		json_put_open(body, "elements", '[');
		slack_plain(body, NULL, letter->footer);
		json_put_close(body, ']');
		json_put_close(body, '}');
	}
}

/* The colour needs an attachment; `text` is what notifications show. */
bool
channel_chat_slack(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	static const char hex[] = "0123456789abcdef";
	struct text *body = &work->body;
	char colour[8] = "#";

	(void)setup;
	(void)attempt;
	for (int i = 0; i < 6; i++) {
		colour[i + 1] = hex[work->letter.look.rgb >> (20 - 4 * i) & 15];
	}
	json_put_open(body, NULL, '{');
	json_put_text(body, "text",
	    marked(work, MARKUP_SLACK, work->letter.title, SLACK_SECTION_BYTES));
	json_put_open(body, "attachments", '[');
	json_put_open(body, NULL, '{');
	json_put_text(body, "color", colour);
	json_put_open(body, "blocks", '[');
	json_put_open(body, NULL, '{');
	json_put_text(body, "type", "header");
	slack_plain(body, "text",
	    marked(work, MARKUP_SLACK, work->letter.title, SLACK_HEADER_BYTES));
	json_put_close(body, '}');
	for (size_t i = 0; i < work->letter.parts; i++) {
		slack_part(work, &work->letter.part[i]);
	}
	slack_end(work);
	json_put_close(body, ']');
	json_put_close(body, '}');
	json_put_close(body, ']');
	json_put_close(body, '}');
	return true;
}

static bool
has_word(const char *text, const char *const *word)
{
	for (; *word != NULL; word++) {
		if (strstr(text, *word) != NULL) {
			return true;
		}
	}
	return false;
}

void
channel_chat_answer_slack(
    unsigned status, const struct reply *reply, struct message_answer *answer)
{
	static const char *const later[] = {
	    "rate_limited", "ratelimited", "rollup_error", NULL};

	if (status == 200 && !reply->is_object && strcmp(reply->text, "ok") == 0) {
		answer->delivery = DELIVERY_DONE;
	} else if (has_word(reply->text, later)) {
		answer->delivery = DELIVERY_REJECTED_RETRY;
	}
}

/* ---- Telegram ---- */

bool
channel_chat_telegram(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	static const struct channel_layout layout = {.markup = MARKUP_HTML,
	    .bold = "<b>",
	    .bold_end = "</b>",
	    .line = "\n",
	    .with_title = true};
	const struct letter *letter = &work->letter;
	struct text *body = &work->body;
	struct text text;

	(void)attempt;
	text_add(&work->url, "/bot");
	text_add(&work->url, setup->secret);
	text_add(&work->url, "/sendMessage");
	text_init(&text, work->scratch, TELEGRAM_BYTES);
	channel_compose(work, &layout, &text);
	if (letter->link[0] != '\0') {
		text_add(&text, "<a href=\"");
		markup_add(&text, MARKUP_HTML, letter->link, TELEGRAM_BYTES);
		text_add(&text, "\">");
		text_add(&text, label_of(letter));
		text_add(&text, "</a>");
	}
	json_put_open(body, NULL, '{');
	json_put_text(body, "chat_id", setup->conf->to[0]);
	json_put_text(body, "parse_mode", "HTML");
	json_put_bool(body, "disable_web_page_preview", true);
	json_put_text(body, "text", work->scratch);
	json_put_close(body, '}');
	return !text.cut;
}

void
channel_chat_answer_telegram(
    unsigned status, const struct reply *reply, struct message_answer *answer)
{
	if (!reply->has_ok) {
		return;
	}
	if (reply->ok) {
		answer->delivery = status == 200 ? DELIVERY_DONE : DELIVERY_UNKNOWN;
	} else if (answer->delivery == DELIVERY_UNKNOWN && status < 300) {
		/* refused under 200: certain, but who knows why */
		answer->delivery = DELIVERY_REJECTED_RETRY;
	}
}

/* ---- Discord ---- */

bool
channel_chat_discord(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	static const struct channel_layout layout = {
	    .markup = MARKUP_MARKDOWN, .bold = "**", .bold_end = "**", .line = "\n"};
	const struct letter *letter = &work->letter;
	struct text *body = &work->body;
	struct text text;

	(void)attempt;
	/* Without it Discord answers before it knows whether it could. */
	text_add(&work->url, strchr(setup->url, '?') == NULL ? "?" : "&");
	text_add(&work->url, "wait=true");
	json_put_open(body, NULL, '{');
	json_put_open(body, "allowed_mentions", '{');
	json_put_open(body, "parse", '[');
	json_put_close(body, ']');
	json_put_close(body, '}');
	json_put_open(body, "embeds", '[');
	json_put_open(body, NULL, '{');
	json_put_text(body, "title",
	    marked(work, MARKUP_MARKDOWN, letter->title, DISCORD_TITLE_BYTES));
	json_put_uint(body, "color", letter->look.rgb);
	if (letter->link[0] != '\0') {
		json_put_text(body, "url", letter->link);
	}
	text_init(&text, work->scratch, DISCORD_TEXT_BYTES);
	channel_compose(work, &layout, &text);
	json_put_text(body, "description", work->scratch);
	if (letter->footer[0] != '\0') {
		json_put_open(body, "footer", '{');
		json_put_text(body, "text", letter->footer);
		json_put_close(body, '}');
	}
	json_put_close(body, '}');
	json_put_close(body, ']');
	json_put_close(body, '}');
	return !text.cut;
}

void
channel_chat_answer_id(
    unsigned status, const struct reply *reply, struct message_answer *answer)
{
	if (status == 200 && reply->is_object && reply->has_id) {
		answer->delivery = DELIVERY_DONE;
	}
}

/* ---- ntfy ---- */

bool
channel_chat_ntfy(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	static const struct channel_layout layout = {
	    .markup = MARKUP_PLAIN, .bold = "", .bold_end = "", .line = "\n"};
	const struct letter *letter = &work->letter;
	struct text *body = &work->body;
	struct text text;

	(void)attempt;
	if (setup->secret[0] != '\0') {
		channel_add_header(work, "Authorization", "Bearer ", setup->secret);
	}
	json_put_open(body, NULL, '{');
	json_put_text(body, "topic", setup->conf->to[0]);
	json_put_text(
	    body, "title", marked(work, MARKUP_PLAIN, letter->title, NTFY_TITLE_BYTES));
	json_put_uint(body, "priority", letter->look.priority);
	json_put_open(body, "tags", '[');
	json_put_text(body, NULL, letter->look.tag);
	json_put_close(body, ']');
	if (letter->link[0] != '\0') {
		json_put_text(body, "click", letter->link);
		json_put_open(body, "actions", '[');
		json_put_open(body, NULL, '{');
		json_put_text(body, "action", "view");
		json_put_text(body, "label", label_of(letter));
		json_put_text(body, "url", letter->link);
		json_put_close(body, '}');
		json_put_close(body, ']');
	}
	text_init(&text, work->scratch, NTFY_TEXT_BYTES);
	channel_compose(work, &layout, &text);
	json_put_text(body, "message", work->scratch);
	json_put_close(body, '}');
	return !text.cut;
}

/* ---- Teams: an Adaptive Card in the envelope that workflows take ---- */

static void
teams_block(struct channel_work *work, const char *label, const char *value)
{
	struct text *body = &work->body;
	struct text line;

	text_init(&line, work->scratch, sizeof(work->scratch));
	if (label != NULL) {
		text_add(&line, "**");
		text_add(&line, label);
		text_add(&line, "**");
		text_add(&line, catalogue_text(work->letter.language, CATALOGUE_COLON));
	}
	markup_add(&line, MARKUP_MARKDOWN, value, work->share);
	json_put_open(body, NULL, '{');
	json_put_text(body, "type", "TextBlock");
	json_put_bool(body, "wrap", true);
	json_put_text(body, "text", work->scratch);
	json_put_close(body, '}');
}

static void
teams_title(struct channel_work *work)
{
	struct text *body = &work->body;

	json_put_open(body, NULL, '{');
	json_put_text(body, "type", "Container");
	json_put_text(body, "style", work->letter.look.container);
	json_put_open(body, "items", '[');
	json_put_open(body, NULL, '{');
	json_put_text(body, "type", "TextBlock");
	json_put_text(body, "size", "medium");
	json_put_text(body, "weight", "bolder");
	json_put_bool(body, "wrap", true);
	json_put_text(body, "text",
	    marked(work, MARKUP_MARKDOWN, work->letter.title, work->share));
	json_put_close(body, '}');
	json_put_close(body, ']');
	json_put_close(body, '}');
}

static void
teams_card(struct channel_work *work)
{
	const struct letter *letter = &work->letter;
	struct text *body = &work->body;

	json_put_text(body, "type", "AdaptiveCard");
	json_put_text(
	    body, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
	json_put_text(body, "version", "1.4");
	json_put_open(body, "body", '[');
	teams_title(work);
	for (size_t i = 0; i < letter->parts; i++) {
		teams_block(work, letter->part[i].label, letter->part[i].value);
	}
	if (letter->footer[0] != '\0') {
		teams_block(work, NULL, letter->footer);
	}
	json_put_close(body, ']');
	if (letter->link[0] != '\0') {
		json_put_open(body, "actions", '[');
		json_put_open(body, NULL, '{');
		json_put_text(body, "type", "Action.OpenUrl");
		json_put_text(body, "title", label_of(letter));
		json_put_text(body, "url", letter->link);
		json_put_close(body, '}');
		json_put_close(body, ']');
	}
}

bool
channel_chat_teams(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work)
{
	struct text *body = &work->body;

	(void)setup;
	(void)attempt;
	json_put_open(body, NULL, '{');
	json_put_text(body, "type", "message");
	json_put_open(body, "attachments", '[');
	json_put_open(body, NULL, '{');
	json_put_text(body, "contentType", "application/vnd.microsoft.card.adaptive");
	json_put_open(body, "content", '{');
	teams_card(work);
	json_put_close(body, '}');
	json_put_close(body, '}');
	json_put_close(body, ']');
	json_put_close(body, '}');
	return true;
}

/* A workflow says 202; what it replaced said 200 and "1", or 200 and an error. */
void
channel_chat_answer_teams(
    unsigned status, const struct reply *reply, struct message_answer *answer)
{
	if (status == 202 || (status == 200 && strcmp(reply->text, "1") == 0)) {
		answer->delivery = DELIVERY_DONE;
	} else if (status == 200 && strstr(reply->text, "error 429") != NULL) {
		answer->delivery = DELIVERY_REJECTED_RETRY;
	}
}
