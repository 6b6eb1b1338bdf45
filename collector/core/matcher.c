#include "collector/core/matcher.h"

#include "common/core/text.h"

#include <stdio.h>
#include <string.h>

static const char *const names[LABEL_COUNT] = {
    [LABEL_TARGET] = "target",
    [LABEL_GROUP] = "group",
    [LABEL_TIER] = "tier",
    [LABEL_REGION] = "region",
    [LABEL_AGENT] = "agent",
    [LABEL_KEY] = "key",
    [LABEL_SCOPE] = "scope",
    [LABEL_VERDICT] = "verdict",
    [LABEL_BLAME] = "blame",
    [LABEL_LEVEL] = "level",
};

const char *
label_name(enum label label)
{
	return label < LABEL_COUNT ? names[label] : "unknown";
}

bool
label_find(const char *name, size_t len, enum label *out_label)
{
	for (unsigned i = 0; i < LABEL_COUNT; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) {
			*out_label = (enum label)i;
			return true;
		}
	}
	return false;
}

static const char *
group_of(const struct topology *topology, const char *target)
{
	uint16_t at = topology_target_find(topology, target);

	return at == TOPOLOGY_NONE ? "" : topology->target[at].group;
}

static const char *
region_of(const struct topology *topology, const char *agent)
{
	uint16_t at = topology_agent_find(topology, agent);

	return at == TOPOLOGY_NONE ? ""
				   : topology->region[topology->agent[at].region].name;
}

void
labels_of(struct labels *out, const struct incident *incident,
    const struct topology *topology)
{
	for (size_t i = 0; i < LABEL_COUNT; i++) {
		out->value[i] = "";
	}
	out->value[LABEL_TARGET] = incident->target;
	out->value[LABEL_TIER] = tier_name(incident->tier);
	out->value[LABEL_SCOPE] = scope_kind_name(incident->scope_kind);
	out->value[LABEL_VERDICT] = verdict_name(incident->verdict);
	out->value[LABEL_BLAME] = blame_name(verdict_blame(incident->verdict));
	out->value[LABEL_LEVEL] = level_name(incident->level);
	if (topology != NULL && incident->target[0] != '\0') {
		out->value[LABEL_GROUP] = group_of(topology, incident->target);
	}
	switch (incident->scope_kind) {
	case SCOPE_REGION:
	case SCOPE_SERVING:
		out->value[LABEL_REGION] = incident->scope_name;
		break;
	case SCOPE_AGENT:
		out->value[LABEL_AGENT] = incident->scope_name;
		if (topology != NULL) {
			out->value[LABEL_REGION] =
			    region_of(topology, incident->scope_name);
		}
		break;
	case SCOPE_KEY:
		out->value[LABEL_KEY] = incident->scope_name;
		break;
	case SCOPE_TARGET:
	case SCOPE_DOMAIN:
	case SCOPE_FLEET:
	case SCOPE_PROVIDER:
		break;
	}
}

/* One alternative against one value. Linear but for the last star, which is the only one
 * that is ever tried again. */
static bool
glob(const char *pattern, const char *pattern_end, const char *text,
    const char *text_end)
{
	const char *star = NULL;
	const char *mark = text;

	while (text < text_end) {
		if (pattern < pattern_end && *pattern == '*') {
			star = ++pattern;
			mark = text;
		} else if (pattern < pattern_end &&
			   (*pattern == '?' || *pattern == *text)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++mark;
		} else {
			return false;
		}
	}
	while (pattern < pattern_end && *pattern == '*') {
		pattern++;
	}
	return pattern == pattern_end;
}

/* One of the alternatives fits the value. */
static bool
fits_one(const char *pattern, const char *text, const char *text_end)
{
	for (;;) {
		const char *end = pattern + strcspn(pattern, "|");

		if (glob(pattern, end, text, text_end)) {
			return true;
		}
		if (*end == '\0') {
			return false;
		}
		pattern = end + 1;
	}
}

static bool
fits_term(const struct matcher_term *term, const char *value)
{
	if (value[0] == '\0') {
		return term->negated;
	}
	for (;;) {
		const char *end = value + strcspn(value, ",");

		/* `=` wants all of a list, `!=` none of it: both end at the first that is
		 * not as wanted */
		if (fits_one(term->pattern, value, end) == term->negated) {
			return false;
		}
		if (*end == '\0') {
			return true;
		}
		value = end + 1;
	}
}

bool
matcher_fits(const struct matcher *matcher, const struct labels *labels)
{
	for (size_t i = 0; i < matcher->len; i++) {
		const struct matcher_term *term = &matcher->term[i];

		if (!fits_term(term, labels->value[term->label])) {
			return false;
		}
	}
	return true;
}

static bool
is_pattern(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!(text[i] >= 'a' && text[i] <= 'z') &&
		    !(text[i] >= '0' && text[i] <= '9') &&
		    strchr("._-*?|", text[i]) == NULL) {
			return false;
		}
		/* an empty alternative would be a name that cannot be */
		if (text[i] == '|' && (i == 0 || text[i - 1] == '|')) {
			return false;
		}
	}
	return len > 0 && text[len - 1] != '|';
}

/* `word` is one of the words of `list`. */
static bool
is_among(const char *word, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (strcmp(word, *list) == 0) {
			return true;
		}
	}
	return false;
}

/* A value that a closed label never has is a slip of the pen. */
static bool
is_possible(enum label label, const char *text, size_t len)
{
	static const char *const blames[] = {
	    "nobody", "them", "network", "us", "unsure", NULL};
	static const char *const scopes[] = {
	    "target", "serving", "region", "domain", "agent", "key", "fleet", NULL};
	char word[MATCHER_PATTERN_BYTES];
	enum verdict verdict;
	enum level level;
	enum tier tier;

	memcpy(word, text, len);
	word[len] = '\0';
	if (strpbrk(word, "*?") != NULL) {
		return true;
	}
	switch (label) {
	case LABEL_TIER:
		return tier_find(word, &tier);
	case LABEL_VERDICT:
		return verdict_find(word, &verdict);
	case LABEL_LEVEL:
		return level_find(word, &level);
	case LABEL_BLAME:
		return is_among(word, blames);
	case LABEL_SCOPE:
		return is_among(word, scopes);
	case LABEL_TARGET:
	case LABEL_GROUP:
	case LABEL_REGION:
	case LABEL_AGENT:
	case LABEL_KEY:
	case LABEL_COUNT:
		break;
	}
	return true;
}

static bool
check_words(const struct matcher_term *term, char why[MATCHER_WHY_BYTES])
{
	const char *at = term->pattern;

	for (;;) {
		size_t len = strcspn(at, "|");

		if (!is_possible(term->label, at, len)) {
			(void)snprintf(why, MATCHER_WHY_BYTES,
			    "'%.*s' is no %s, expected one of those there are",
			    (int)len, at, label_name(term->label));
			return false;
		}
		if (at[len] == '\0') {
			return true;
		}
		at += len + 1;
	}
}

static bool
parse_term(
    const char *text, size_t len, struct matcher_term *out, char why[MATCHER_WHY_BYTES])
{
	size_t name_len = strcspn(text, "=!");
	const char *pattern;
	size_t pattern_len;

	if (name_len >= len || !label_find(text, name_len, &out->label)) {
		(void)snprintf(why, MATCHER_WHY_BYTES,
		    "'%.*s', expected LABEL=PATTERN or LABEL!=PATTERN with a label of "
		    "target group tier region agent key scope verdict blame level",
		    (int)(len < 40 ? len : 40), text);
		return false;
	}
	out->negated = text[name_len] == '!';
	pattern = text + name_len + (out->negated ? 2 : 1);
	pattern_len = pattern < text + len ? (size_t)(text + len - pattern) : 0;
	if ((out->negated && text[name_len + 1] != '=') ||
	    pattern_len >= sizeof(out->pattern) || !is_pattern(pattern, pattern_len)) {
		(void)snprintf(why, MATCHER_WHY_BYTES,
		    "'%.*s', expected a pattern of a-z 0-9 . _ - * ? and | after %s",
		    (int)(len < 40 ? len : 40), text, label_name(out->label));
		return false;
	}
	memcpy(out->pattern, pattern, pattern_len);
	out->pattern[pattern_len] = '\0';
	return check_words(out, why);
}

bool
matcher_parse(const char *text, struct matcher *out, char why[MATCHER_WHY_BYTES])
{
	static const char separators[] = ", \t";
	struct matcher matcher = {0};
	const char *at = text + strspn(text, separators);

	if (strcmp(at, "all") == 0) {
		*out = matcher;
		return true;
	}
	while (*at != '\0') {
		size_t len = strcspn(at, separators);

		if (matcher.len == MATCHER_TERMS) {
			(void)snprintf(why, MATCHER_WHY_BYTES,
			    "has more than %d conditions, expected fewer",
			    MATCHER_TERMS);
			return false;
		}
		if (!parse_term(at, len, &matcher.term[matcher.len], why)) {
			return false;
		}
		matcher.len++;
		at += len + strspn(at + len, separators);
	}
	if (matcher.len == 0) {
		(void)snprintf(why, MATCHER_WHY_BYTES,
		    "is empty, expected conditions like target=NAME, or 'all'");
		return false;
	}
	*out = matcher;
	return true;
}

const char *
matcher_text(const struct matcher *matcher, char out[MATCHER_TEXT_BYTES])
{
	struct text text;

	text_init(&text, out, MATCHER_TEXT_BYTES);
	if (matcher->len == 0) {
		text_add(&text, "all");
	}
	for (size_t i = 0; i < matcher->len; i++) {
		text_add(&text, i > 0 ? "," : "");
		text_add(&text, label_name(matcher->term[i].label));
		text_add(&text, matcher->term[i].negated ? "!=" : "=");
		text_add(&text, matcher->term[i].pattern);
	}
	return out;
}
