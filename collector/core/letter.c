#include "collector/core/letter.h"

#include "collector/core/template.h"

#include <string.h>

enum {
	PPM = 1000000
};

/* Colours of levels, as data: here and nowhere else. */
static const struct letter_look looks[LEVEL_COUNT] = {
    [LEVEL_INFO] = {0x2f7ed8, "blue", "comment", "accent", "info", "information_source",
	3},
    [LEVEL_WARNING] = {0xe8a317, "orange", "warning", "warning", "warning", "warning",
	4},
    [LEVEL_CRITICAL] = {0xd62728, "red", "warning", "attention", "critical",
	"rotating_light", 5},
};
static const struct letter_look look_resolved = {
    0x2ca02c, "green", "info", "good", "info", "white_check_mark", 3};
static const struct letter_look look_test = {
    0x7f7f7f, "grey", "comment", "emphasis", "info", "test_tube", 2};

struct pen {
	const struct facts *facts;
	struct letter *letter;
	struct text text;
};

static void
say(struct pen *pen, enum catalogue_key key)
{
	text_add(&pen->text, catalogue_text(pen->letter->language, key));
}

static void
add_duration(struct text *text, enum language language, int64_t duration_ns)
{
	static const struct {
		enum catalogue_key key;
		int64_t seconds;
	} unit[] = {{CATALOGUE_DAYS, 86400}, {CATALOGUE_HOURS, 3600},
	    {CATALOGUE_MINUTES, 60}, {CATALOGUE_SECONDS, 1}};
	int64_t left = duration_ns < 0 ? 0 : duration_ns / CLOCK_NS_PER_S;
	size_t i = 0;
	int parts = 0;

	while (i < 3 && left < 2 * unit[i].seconds) {
		i++;
	}
	/* two units when the first is long: 3 d 4 h, 2 h 5 min, but 37 s, 4 min */
	for (; i < 4 && parts < 2; i++, parts++) {
		if (parts > 0) {
			if (unit[i].seconds < 60 || left < unit[i].seconds) {
				break;
			}
			text_add(text, " ");
		}
		text_uint(text, (uint64_t)(left / unit[i].seconds));
		text_add(text, catalogue_text(language, unit[i].key));
		left %= unit[i].seconds;
	}
}

/* Rounded towards doubt; certainty is never claimed. */
static void
add_percent(struct text *text, uint32_t ppm)
{
	if (ppm < PPM / 100) {
		text_add(text, "<1 %");
	} else if (ppm >= PPM / 1000 * 995) {
		text_add(text, ">99 %");
	} else {
		text_uint(text, ppm / (PPM / 100));
		text_add(text, " %");
	}
}

/* The next part; its value is written by `pen->text`. */
static void
begin_part(struct pen *pen, enum catalogue_key label)
{
	struct letter *letter = pen->letter;
	struct letter_part *part = &letter->part[letter->parts++];

	part->label = catalogue_text(letter->language, label);
	text_init(&pen->text, part->value, sizeof(part->value));
}

static void
write_scope(struct pen *pen)
{
	const struct facts *facts = pen->facts;
	struct letter *letter = pen->letter;
	struct text text;

	text_init(&text, letter->scope, sizeof(letter->scope));
	if (letter->language == LANGUAGE_EN) {
		text_add(&text, facts->scope);
	} else {
		struct catalogue_scope scope = catalogue_scope(
		    letter->language, facts->scope_kind, facts->target[0] != '\0');

		text_add(&text, facts->target);
		text_add(&text, scope.between);
		text_add(&text, facts->scope_name);
		text_add(&text, scope.after);
	}
}

static void
write_mark(struct pen *pen)
{
	static const enum catalogue_key level[LEVEL_COUNT] = {
	    [LEVEL_INFO] = CATALOGUE_INFO,
	    [LEVEL_WARNING] = CATALOGUE_WARNING,
	    [LEVEL_CRITICAL] = CATALOGUE_CRITICAL,
	};
	const struct facts *facts = pen->facts;

	if (facts->kind == MESSAGE_RESOLVED) {
		say(pen, CATALOGUE_RESOLVED);
		return;
	}
	text_add(&pen->text, "[");
	say(pen, level[facts->level]);
	if (facts->kind == MESSAGE_UPDATE) {
		say(pen, CATALOGUE_COMMA);
		say(pen, CATALOGUE_UPDATE);
	}
	text_add(&pen->text, "] ");
}

static void
write_title(struct pen *pen)
{
	const struct facts *facts = pen->facts;
	struct letter *letter = pen->letter;

	text_init(&pen->text, letter->title, sizeof(letter->title));
	if (facts->is_test) {
		say(pen, CATALOGUE_TEST);
		text_add(&pen->text, "Parallax");
		say(pen, CATALOGUE_COLON);
		say(pen, CATALOGUE_TEST_TITLE);
		return;
	}
	write_mark(pen);
	if (facts->group[0] != '\0') {
		text_uint(&pen->text, facts->group_told);
		say(pen, CATALOGUE_INCIDENTS);
		text_uint(&pen->text, facts->group_firing);
		say(pen, CATALOGUE_FIRING);
		say(pen, CATALOGUE_COLON);
	}
	text_add(&pen->text, catalogue_verdict(letter->language, facts->verdict));
	say(pen, CATALOGUE_COLON);
	text_add(&pen->text, letter->scope);
}

/* The incidents of a group, one a line. */
static void
write_items(struct pen *pen)
{
	const struct facts *facts = pen->facts;

	if (facts->group[0] == '\0') {
		return;
	}
	begin_part(pen, CATALOGUE_WHAT);
	for (size_t i = 0; i < facts->item_len; i++) {
		const struct facts_item *item = &facts->item[i];

		if (i > 0) {
			text_char(&pen->text, '\n');
		}
		text_uint(&pen->text, item->incident);
		text_add(&pen->text, ". ");
		if (item->kind == MESSAGE_RESOLVED) {
			say(pen, CATALOGUE_ITEM_OVER);
		}
		text_add(&pen->text,
		    catalogue_verdict(pen->letter->language, item->verdict));
		say(pen, CATALOGUE_COLON);
		text_add(&pen->text, item->scope);
	}
	if (facts->group_told > facts->item_len) {
		text_char(&pen->text, '\n');
		say(pen, CATALOGUE_MORE_BEFORE);
		text_uint(&pen->text, facts->group_told - facts->item_len);
		say(pen, CATALOGUE_MORE_AFTER);
	}
}

static void
write_since(struct pen *pen)
{
	const struct facts *facts = pen->facts;

	if (facts->is_resolved) {
		begin_part(pen, CATALOGUE_LASTED);
		text_add(&pen->text, pen->letter->duration);
		text_add(&pen->text, " (");
		text_add(&pen->text, facts->since_text);
		text_add(&pen->text, ")");
		return;
	}
	begin_part(pen, CATALOGUE_SINCE);
	text_add(&pen->text, facts->since_text);
	text_add(&pen->text, " (");
	text_add(&pen->text, pen->letter->duration);
	text_add(&pen->text, ")");
	if (facts->reopened > 0) {
		say(pen, CATALOGUE_COMMA);
		say(pen, CATALOGUE_REOPENED);
	}
	if (facts->is_flapping) {
		say(pen, CATALOGUE_COMMA);
		say(pen, CATALOGUE_FLAPPING);
	}
}

static void
write_sure(struct pen *pen)
{
	const struct facts *facts = pen->facts;

	begin_part(pen, facts->is_resolved ? CATALOGUE_CAUSE : CATALOGUE_SURE);
	if (facts->suspect != facts->verdict && facts->suspect != VERDICT_HEALTHY) {
		say(pen, CATALOGUE_PERHAPS);
		text_add(&pen->text,
		    catalogue_verdict(pen->letter->language, facts->suspect));
		say(pen, CATALOGUE_COMMA);
	} else if (facts->is_resolved) {
		text_add(&pen->text,
		    catalogue_verdict(pen->letter->language, facts->verdict));
		say(pen, CATALOGUE_COMMA);
	}
	if (facts->confidence_ppm == 0) {
		text_add(&pen->text, "?"); /* a rule counted, nothing was weighed */
		return;
	}
	add_percent(&pen->text, facts->confidence_ppm);
}

static void
of(struct pen *pen, uint64_t part, uint64_t all, enum catalogue_key what)
{
	text_uint(&pen->text, part);
	text_add(&pen->text, "/");
	text_uint(&pen->text, all);
	say(pen, what);
}

static void
write_how_bad(struct pen *pen)
{
	const struct facts *facts = pen->facts;

	begin_part(pen, CATALOGUE_HOW_BAD);
	add_percent(&pen->text, facts->rate_ppm);
	say(pen, CATALOGUE_AFFECTED);
	if (facts->total > 0) {
		say(pen, CATALOGUE_COMMA);
		of(pen, facts->failed, facts->total, CATALOGUE_FAILED);
	}
	say(pen, CATALOGUE_COMMA);
	of(pen, facts->agents_reporting, facts->agents_total, CATALOGUE_AGENTS);
	if (facts->regions_bad[0] != '\0') {
		text_char(&pen->text, '\n');
		say(pen, CATALOGUE_BAD);
		text_add(&pen->text, facts->regions_bad);
	}
	if (facts->regions_good[0] != '\0') {
		text_char(&pen->text, '\n');
		say(pen, CATALOGUE_GOOD);
		text_add(&pen->text, facts->regions_good);
	}
}

static void
add_evidence(struct pen *pen, const struct facts_evidence *evidence)
{
	text_uint(&pen->text, evidence->count);
	text_add(&pen->text, " x ");
	text_add(&pen->text, evidence->outcome);
	if (evidence->phase[0] != '\0' && strcmp(evidence->outcome, "ok") != 0) {
		text_add(&pen->text, " (");
		text_add(&pen->text, evidence->phase);
		text_add(&pen->text, ")");
	}
	say(pen, CATALOGUE_COMMA);
	if (strcmp(evidence->role, "target") == 0) {
		text_add(&pen->text, evidence->target);
		say(pen, CATALOGUE_REQUESTS);
	} else if (strcmp(evidence->role, "free") == 0) {
		text_add(&pen->text, evidence->target);
		say(pen, CATALOGUE_FREE_CALLS);
	} else {
		say(pen, strcmp(evidence->role, "control") == 0
			     ? CATALOGUE_CONTROLS
			     : CATALOGUE_STATUS_PAGES);
	}
	if (evidence->regions[0] != '\0') {
		say(pen, CATALOGUE_FROM);
		text_add(&pen->text, evidence->regions);
	}
}

static void
write_why(struct pen *pen)
{
	const struct facts *facts = pen->facts;
	bool any = false;

	for (size_t i = 0; i < facts->evidence_len; i++) {
		const struct facts_evidence *evidence = &facts->evidence[i];

		if (strcmp(evidence->role, "rest") == 0) {
			continue;
		}
		if (!any) {
			begin_part(pen, CATALOGUE_WHY);
		} else {
			text_char(&pen->text, '\n');
		}
		add_evidence(pen, evidence);
		any = true;
	}
	if (facts->has_rival && facts->rival != VERDICT_HEALTHY) {
		begin_part(pen, CATALOGUE_RIVAL);
		text_add(
		    &pen->text, catalogue_verdict(pen->letter->language, facts->rival));
		say(pen, CATALOGUE_COMMA);
		text_add(&pen->text, facts->rival_text);
		say(pen, CATALOGUE_COMMA);
		add_percent(&pen->text, facts->rival_ppm);
	}
}

static void
write_sources(struct pen *pen)
{
	const struct facts *facts = pen->facts;
	bool is_money = facts->verdict == VERDICT_BUDGET;

	if (facts->external[0] != '\0') {
		begin_part(pen, is_money ? CATALOGUE_BOOKS : CATALOGUE_SOURCES);
		text_add(&pen->text, facts->external);
	} else if (facts->is_resolved && verdict_blame(facts->verdict) == BLAME_THEM) {
		begin_part(pen, CATALOGUE_SOURCES);
		say(pen, CATALOGUE_NEVER_SAID);
	}
}

static void
write_next(struct pen *pen)
{
	enum language language = pen->letter->language;

	begin_part(pen, CATALOGUE_NEXT);
	if (pen->facts->is_resolved) {
		say(pen, CATALOGUE_UNDO);
		return;
	}
	for (size_t i = 0; i < CATALOGUE_STEPS; i++) {
		const char *step = catalogue_step(language, pen->facts->verdict, i);

		if (step == NULL) {
			return;
		}
		if (i > 0) {
			text_char(&pen->text, '\n');
		}
		text_uint(&pen->text, i + 1);
		text_add(&pen->text, ". ");
		text_add(&pen->text, step);
	}
}

static void
write_parts(struct pen *pen)
{
	struct letter *letter = pen->letter;

	if (pen->facts->is_test) {
		begin_part(pen, CATALOGUE_WHAT);
		say(pen, CATALOGUE_TEST_TEXT);
		return;
	}
	write_items(pen);
	begin_part(pen, CATALOGUE_WHERE);
	text_add(&pen->text, letter->scope);
	if (!pen->facts->is_resolved) {
		begin_part(pen, CATALOGUE_WHO);
		text_add(&pen->text, catalogue_blame(letter->language,
					 verdict_blame(pen->facts->verdict)));
	}
	write_since(pen);
	write_sure(pen);
	write_how_bad(pen);
	if (!pen->facts->is_resolved) {
		write_why(pen);
	}
	write_sources(pen);
	write_next(pen);
}

static struct letter_look
look_of(const struct facts *facts)
{
	if (facts->is_test) {
		return look_test;
	}
	return facts->kind == MESSAGE_RESOLVED ? look_resolved : looks[facts->level];
}

static bool
is_set(const char *template)
{
	return template != NULL && template[0] != '\0';
}

/* What the configuration says otherwise. */
static void
restyle(struct pen *pen, const struct letter_style *style)
{
	struct letter *letter = pen->letter;
	char title[LETTER_TITLE_BYTES];
	char value[LETTER_VALUE_BYTES];
	struct text text;

	if (is_set(style->link)) {
		text_init(&text, letter->link, sizeof(letter->link));
		template_fill(&text, style->link, MARKUP_URL, pen->facts, letter);
		if (text.cut) {
			letter->link[0] = '\0'; /* half an address leads elsewhere */
		}
	}
	if (is_set(style->title)) {
		text_init(&text, title, sizeof(title));
		template_fill(&text, style->title, MARKUP_PLAIN, pen->facts, letter);
		memcpy(letter->title, title, sizeof(title));
	}
	if (is_set(style->text)) {
		text_init(&text, value, sizeof(value));
		template_fill(&text, style->text, MARKUP_PLAIN, pen->facts, letter);
		letter->parts = 1;
		letter->part[0].label = NULL;
		memcpy(letter->part[0].value, value, sizeof(value));
	}
}

void
letter_write(
    const struct facts *facts, const struct letter_style *style, struct letter *out)
{
	struct pen pen = {.facts = facts, .letter = out};
	struct wall until = facts->is_resolved ? facts->resolved : facts->at;
	struct text text;

	memset(out, 0, sizeof(*out));
	out->language = style->language;
	out->look = look_of(facts);
	text_init(&text, out->duration, sizeof(out->duration));
	add_duration(&text, out->language, wall_since(until, facts->since));
	write_scope(&pen);
	write_title(&pen);
	write_parts(&pen);
	text_init(&pen.text, out->footer, sizeof(out->footer));
	if (!facts->is_test) {
		bool is_group = facts->group[0] != '\0';

		say(&pen, is_group ? CATALOGUE_GROUP : CATALOGUE_INCIDENT);
		if (is_group) {
			text_add(&pen.text, facts->group);
		} else {
			text_uint(&pen.text, facts->incident);
		}
		say(&pen, CATALOGUE_MESSAGE);
		text_uint(&pen.text, facts->seq);
	}
	restyle(&pen, style);
}
