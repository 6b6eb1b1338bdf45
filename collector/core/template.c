#include "collector/core/template.h"

#include "collector/core/letter.h"

#include <assert.h>
#include <string.h>

enum name {
	NAME_TITLE = 0,
	NAME_TEXT,
	NAME_HEADLINE,
	NAME_KIND,
	NAME_STATE,
	NAME_LEVEL,
	NAME_VERDICT,
	NAME_VERDICT_TITLE,
	NAME_SCOPE,
	NAME_TARGET,
	NAME_REGIONS_BAD,
	NAME_REGIONS_GOOD,
	NAME_SINCE,
	NAME_DURATION,
	NAME_CONFIDENCE,
	NAME_EXTERNAL,
	NAME_INCIDENT,
	NAME_SEQ,
	NAME_COUNT
};

static const char *const names[NAME_COUNT] = {"title", "text", "headline", "kind",
    "state", "level", "verdict", "verdict_title", "scope", "target", "regions_bad",
    "regions_good", "since", "duration", "confidence", "external", "incident", "seq"};

const char *
template_names(void)
{
	return "title, text, headline, kind, state, level, verdict, verdict_title, "
	       "scope, target, regions_bad, regions_good, since, duration, confidence, "
	       "external, incident, seq";
}

static enum name
find(const char *at, size_t len)
{
	for (int i = 0; i < NAME_COUNT; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], at, len) == 0) {
			return (enum name)i;
		}
	}
	return NAME_COUNT;
}

/* The next {{name}} at or after `at`: where it begins and what it is; NULL = no more. */
static const char *
next(const char *at, enum name *out_name, const char **out_end)
{
	const char *open = strstr(at, "{{");
	const char *close = open == NULL ? NULL : strstr(open, "}}");

	if (open == NULL) {
		return NULL;
	}
	*out_name = NAME_COUNT;
	*out_end = open + strlen(open);
	if (close != NULL) {
		const char *from = open + 2;
		const char *to = close;

		while (from < to && *from == ' ') {
			from++;
		}
		while (to > from && to[-1] == ' ') {
			to--;
		}
		*out_name = find(from, (size_t)(to - from));
		*out_end = close + 2;
	}
	return open;
}

bool
template_check(const char *template, char out_name[TEMPLATE_NAME_BYTES])
{
	enum name name = NAME_COUNT;
	const char *end = template;
	const char *open;

	for (open = next(template, &name, &end); open != NULL;
	     open = next(end, &name, &end)) {
		if (name == NAME_COUNT) {
			size_t len = 0;

			for (; open + len < end && len < TEMPLATE_NAME_BYTES - 1;
			     len++) {
				char c = open[len];

				out_name[len] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
			}
			out_name[len] = '\0';
			return false;
		}
	}
	return true;
}

static const char *
text_of(enum name name, const struct facts *facts, const struct letter *letter)
{
	switch (name) {
	case NAME_TITLE:
		return letter->title;
	case NAME_TEXT:
		return facts->text;
	case NAME_HEADLINE:
		return facts->headline;
	case NAME_KIND:
		return message_kind_name(facts->kind);
	case NAME_STATE:
		return facts->is_resolved ? "resolved" : "open";
	case NAME_LEVEL:
		return level_name(facts->level);
	case NAME_VERDICT:
		return verdict_name(facts->verdict);
	case NAME_VERDICT_TITLE:
		return catalogue_verdict(letter->language, facts->verdict);
	case NAME_SCOPE:
		return letter->scope;
	case NAME_TARGET:
		return facts->target;
	case NAME_REGIONS_BAD:
		return facts->regions_bad;
	case NAME_REGIONS_GOOD:
		return facts->regions_good;
	case NAME_SINCE:
		return facts->since_text;
	case NAME_DURATION:
		return letter->duration;
	case NAME_EXTERNAL:
		return facts->external;
	case NAME_CONFIDENCE:
	case NAME_INCIDENT:
	case NAME_SEQ:
	case NAME_COUNT:
		break;
	}
	return NULL;
}

static uint64_t
number_of(enum name name, const struct facts *facts)
{
	if (name == NAME_CONFIDENCE) {
		return facts->confidence_ppm / 10000;
	}
	return name == NAME_SEQ ? facts->seq : facts->incident;
}

/* What the configuration says between two names: bytes as they are. */
static void
add_raw(struct text *text, const char *from, const char *to)
{
	char one[8];

	for (const char *at = from; at < to && !text->cut; at++) {
		if ((unsigned char)*at < 0x80) {
			text_char(text, *at == '\r' ? ' ' : *at);
			continue;
		}
		for (size_t len = 0; len < sizeof(one) - 1; len++) {
			one[len] = at[len];
			one[len + 1] = '\0';
			if (at + len + 1 == to || (at[len + 1] & 0xc0) != 0x80) {
				text_add(text, one);
				at += len;
				break;
			}
		}
	}
}

void
template_fill(struct text *text, const char *template, enum markup markup,
    const struct facts *facts, const struct letter *letter)
{
	enum name name = NAME_COUNT;
	const char *from = template;
	const char *end = template;
	const char *open;

	assert(facts != NULL);
	while ((open = next(from, &name, &end)) != NULL) {
		const char *value = text_of(name, facts, letter);

		add_raw(text, from, open);
		if (value != NULL) {
			markup_add(text, markup, value, TEMPLATE_VALUE_BYTES);
		} else if (name != NAME_COUNT) {
			text_uint(text, number_of(name, facts));
		}
		from = end;
	}
	add_raw(text, from, from + strlen(from));
}
