#include "collector/core/channel_work.h"

#include "collector/core/reply.h"

#include <stdio.h>
#include <string.h>

enum {
	SHARE_MIN = 24, /* with so few bytes a text everything fits everywhere */
	DIGITS = 16     /* of a quarter of a key */
};

void
channel_add_header(
    struct channel_work *work, const char *name, const char *before, const char *value)
{
	struct text text;

	if (work->header_len == CHANNEL_HEADERS_MAX) {
		work->url.cut = true;
		return;
	}
	text_init(&text, work->header[work->header_len++], CHANNEL_HEADER_BYTES);
	text_add(&text, name);
	text_add(&text, ": ");
	text_add(&text, before);
	text_add(&text, value);
	work->url.cut = work->url.cut || text.cut;
}

/* Line breaks as the layout wants them; the layout's own hold no markup. */
static void
add_break(struct text *text, const char *line)
{
	for (const char *at = line; *at != '\0'; at++) {
		text_char(text, *at);
	}
}

static void
add_lines(const struct channel_work *work, const struct channel_layout *layout,
    const char *value, struct text *text)
{
	char one[LETTER_VALUE_BYTES];
	const char *from = value;

	for (;;) {
		size_t len = strcspn(from, "\n");

		memcpy(one, from, len);
		one[len] = '\0';
		markup_add(text, layout->markup, one, work->share);
		if (from[len] == '\0') {
			return;
		}
		add_break(text, layout->line);
		from += len + 1;
	}
}

void
channel_compose(const struct channel_work *work, const struct channel_layout *layout,
    struct text *text)
{
	const struct letter *letter = &work->letter;

	if (layout->with_title) {
		text_add(text, layout->bold);
		markup_add(text, layout->markup, letter->title, work->share);
		text_add(text, layout->bold_end);
		add_break(text, layout->line);
	}
	for (size_t i = 0; i < letter->parts; i++) {
		const struct letter_part *part = &letter->part[i];

		if (part->label != NULL) {
			text_add(text, layout->bold);
			text_add(text, part->label);
			text_add(text, layout->bold_end);
			text_add(
			    text, catalogue_text(letter->language, CATALOGUE_COLON));
		}
		add_lines(work, layout, part->value, text);
		add_break(text, layout->line);
	}
	text_add(text, letter->footer);
	if (layout->with_link && letter->link[0] != '\0') {
		add_break(text, layout->line);
		text_add(text, letter->link);
	}
}

static void
begin(const struct channel_setup *setup, size_t body_bytes, struct channel_work *work)
{
	work->header_len = 0;
	text_init(&work->url, work->url_bytes, sizeof(work->url_bytes));
	text_add(&work->url, setup->url);
	text_init(&work->body, work->body_bytes,
	    body_bytes < sizeof(work->body_bytes) ? body_bytes + 1
						  : sizeof(work->body_bytes));
}

bool
channel_write(const struct channel_setup *setup, const struct channel_attempt *attempt,
    struct channel_work *work)
{
	const struct channel_conf *conf = setup->conf;
	const struct channel_kind_row *row = channel_kind_row(conf->kind);
	const struct letter_style style = {.language = conf->language,
	    .title = conf->title,
	    .text = conf->text,
	    .link = conf->link};
	bool is_known =
	    facts_read(attempt->json, attempt->json_len, &work->facts) == ERR_OK;

	/* What is passed on as it is need not be understood. */
	if (row->encode == NULL ||
	    (!is_known && row->need[CHANNEL_SET_BODY] == CHANNEL_REFUSED &&
		row->way != CHANNEL_BY_COMMAND)) {
		return false;
	}
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(work->key + DIGITS * i, sizeof(work->key) - DIGITS * i,
		    "%016llx", (unsigned long long)attempt->key[i]);
	}
	letter_write(&work->facts, &style, &work->letter);
	for (work->share = LETTER_VALUE_BYTES; work->share >= SHARE_MIN;
	     work->share -= work->share / 4) {
		begin(setup, row->body_bytes_max, work);
		if (row->encode(setup, attempt, work) && !work->body.cut) {
			return !work->url.cut;
		}
	}
	return false;
}

/* What a kind makes of an answer that did arrive. */
static void
judge_answer(const struct channel_kind_row *row, const struct channel_return *back,
    struct message_answer *answer)
{
	struct reply reply;

	if (row->classify == NULL) {
		return;
	}
	reply_read(back->body, back->body_len, &reply);
	if (answer->delivery == DELIVERY_DONE) {
		answer->delivery = DELIVERY_UNKNOWN; /* 200 is not success */
	}
	if (answer->retry_after_ns < reply.retry_after_ns) {
		answer->retry_after_ns = reply.retry_after_ns;
	}
	row->classify(back->status, &reply, answer);
}

void
channel_judge(enum channel_kind kind, const struct channel_return *back,
    struct message_answer *answer)
{
	answer->delivery = channel_classify(back->exchange, back->status);
	answer->retry_after_ns = back->retry_after_ns;
	if (back->exchange == CHANNEL_ANSWERED) {
		(void)snprintf(
		    answer->detail, sizeof(answer->detail), "HTTP %u", back->status);
		judge_answer(channel_kind_row(kind), back, answer);
	}
	if (answer->delivery == DELIVERY_DONE) {
		answer->retry_after_ns = 0;
	}
}
