#include "collector/core/facts.h"

#include "common/core/json.h"
#include "common/core/utf8.h"

#include <string.h>

enum {
	DEPTH = 3, /* objects and arrays that are looked into */
	KEY_BYTES = 24
};

struct reader {
	struct facts *facts;
	size_t depth;
	char key[DEPTH][KEY_BYTES]; /* of the object at that depth, "" in an array */
	size_t evidence;            /* begun */
	size_t item;                /* likewise */
	char *text;                 /* being written, NULL = nobody wants it */
	size_t cap;
	size_t len;
	char word[64]; /* texts that stand for something */
	char schema[32];
	bool has_kind;
};

/* ---- where a text goes ---- */

struct place {
	const char *key;
	size_t offset;
	size_t cap;
};

#define PLACE(name, type, member)                                                      \
	{                                                                              \
		name, offsetof(struct type, member),                                   \
		    sizeof(((struct type *)0)->member)                                 \
	}

static const struct place top_place[] = {
    PLACE("headline", facts, headline),
    PLACE("text", facts, text),
    PLACE("external", facts, external),
    PLACE("since", facts, since_text),
    PLACE("group", facts, group),
};
static const struct place scope_place[] = {
    PLACE("name", facts, scope_name),
    PLACE("target", facts, target),
    PLACE("text", facts, scope),
    PLACE("regions_bad", facts, regions_bad),
    PLACE("regions_good", facts, regions_good),
};
static const struct place rival_place[] = {
    PLACE("text", facts, rival_text),
};
static const struct place item_place[] = {
    PLACE("text", facts_item, scope),
};
static const struct place evidence_place[] = {
    PLACE("role", facts_evidence, role),
    PLACE("target", facts_evidence, target),
    PLACE("outcome", facts_evidence, outcome),
    PLACE("phase", facts_evidence, phase),
    PLACE("regions", facts_evidence, regions),
};

static bool
find_place(struct reader *reader, const struct place *place, size_t len, void *base,
    const char *key)
{
	for (size_t i = 0; i < len; i++) {
		if (strcmp(place[i].key, key) == 0) {
			reader->text = (char *)base + place[i].offset;
			reader->cap = place[i].cap;
			return true;
		}
	}
	return false;
}

#define FIND(table, base, key)                                                         \
	find_place(reader, table, sizeof(table) / sizeof((table)[0]), base, key)

static struct facts_evidence *
evidence_now(const struct reader *reader)
{
	size_t at = reader->evidence - 1;

	return reader->evidence > 0 && at < FACTS_EVIDENCE
		   ? &reader->facts->evidence[at]
		   : NULL;
}

static struct facts_item *
item_now(const struct reader *reader)
{
	size_t at = reader->item - 1;

	return reader->item > 0 && at < FACTS_ITEMS ? &reader->facts->item[at] : NULL;
}

static bool
is_in(const struct reader *reader, const char *outer, size_t depth)
{
	return reader->depth == depth && strcmp(reader->key[0], outer) == 0;
}

/* The text that begins now belongs to the keys that are open. */
static void
begin_text(struct reader *reader)
{
	struct facts *facts = reader->facts;
	bool found = false;

	if (reader->depth == 1) {
		found = FIND(top_place, facts, reader->key[0]);
	} else if (is_in(reader, "scope", 2)) {
		found = FIND(scope_place, facts, reader->key[1]);
	} else if (is_in(reader, "rival", 2)) {
		found = FIND(rival_place, facts, reader->key[1]);
	} else if (is_in(reader, "evidence", 3) && evidence_now(reader) != NULL) {
		found = FIND(evidence_place, evidence_now(reader), reader->key[2]);
	} else if (is_in(reader, "incidents", 3) && item_now(reader) != NULL) {
		found = FIND(item_place, item_now(reader), reader->key[2]);
	}
	if (!found) {
		reader->text = reader->word;
		reader->cap = sizeof(reader->word);
	}
	reader->len = 0;
	reader->text[0] = '\0';
}

static void
add_text(struct reader *reader, const struct json_event *event)
{
	size_t room = reader->cap - 1 - reader->len;
	size_t len = event->len < room ? event->len : room;

	memcpy(reader->text + reader->len, event->text, len);
	reader->len += len;
	reader->text[reader->len] = '\0';
}

/* ---- texts that stand for something ---- */

static void
read_scope_kind(struct facts *facts, const char *word)
{
	for (int kind = 0; kind <= SCOPE_PROVIDER; kind++) {
		if (strcmp(scope_kind_name((enum scope_kind)kind), word) == 0) {
			facts->scope_kind = (enum scope_kind)kind;
		}
	}
}

static bool
kind_find(const char *word, enum message_kind *out_kind)
{
	for (int kind = 0; kind < MESSAGE_KIND_COUNT; kind++) {
		if (strcmp(message_kind_name((enum message_kind)kind), word) == 0) {
			*out_kind = (enum message_kind)kind;
			return true;
		}
	}
	return false;
}

static void
item_word(struct facts_item *item, const char *key, const char *word)
{
	if (strcmp(key, "kind") == 0) {
		(void)kind_find(word, &item->kind);
	} else if (strcmp(key, "level") == 0) {
		(void)level_find(word, &item->level);
	} else if (strcmp(key, "verdict") == 0) {
		(void)verdict_find(word, &item->verdict);
	}
}

static void
top_word(struct reader *reader, const char *key)
{
	struct facts *facts = reader->facts;
	const char *word = reader->word;

	if (strcmp(key, "schema") == 0) {
		memcpy(reader->schema, word, sizeof(reader->schema) - 1);
	} else if (strcmp(key, "kind") == 0) {
		reader->has_kind = kind_find(word, &facts->kind) || reader->has_kind;
	} else if (strcmp(key, "state") == 0) {
		facts->is_resolved = strcmp(word, "resolved") == 0;
	} else if (strcmp(key, "verdict") == 0) {
		(void)verdict_find(word, &facts->verdict);
	} else if (strcmp(key, "suspect") == 0) {
		(void)verdict_find(word, &facts->suspect);
	} else if (strcmp(key, "level") == 0) {
		(void)level_find(word, &facts->level);
	} else if (strcmp(key, "at") == 0) {
		(void)rfc3339_read(word, &facts->at);
	} else if (strcmp(key, "opened") == 0) {
		(void)rfc3339_read(word, &facts->opened);
	} else if (strcmp(key, "resolved") == 0) {
		(void)rfc3339_read(word, &facts->resolved);
	}
}

static void
end_text(struct reader *reader)
{
	struct facts *facts = reader->facts;

	reader->text[utf8_cut(reader->text, reader->len)] = '\0';
	if (reader->text == facts->since_text) {
		(void)rfc3339_read(facts->since_text, &facts->since);
	}
	if (reader->text == reader->word && reader->depth == 1) {
		top_word(reader, reader->key[0]);
	} else if (reader->text == reader->word && is_in(reader, "scope", 2) &&
		   strcmp(reader->key[1], "kind") == 0) {
		read_scope_kind(facts, reader->word);
	} else if (reader->text == reader->word && is_in(reader, "rival", 2) &&
		   strcmp(reader->key[1], "verdict") == 0) {
		facts->has_rival = verdict_find(reader->word, &facts->rival);
	} else if (reader->text == reader->word && is_in(reader, "incidents", 3) &&
		   item_now(reader) != NULL) {
		item_word(item_now(reader), reader->key[2], reader->word);
	}
	reader->text = NULL;
}

/* ---- numbers ---- */

static uint64_t
whole(const struct json_event *event)
{
	uint64_t value = 0;

	for (size_t i = 0; i < event->len; i++) {
		char digit = event->text[i];

		if (digit < '0' || digit > '9' || value > UINT64_MAX / 10 - 1) {
			break;
		}
		value = value * 10 + (uint64_t)(digit - '0');
	}
	return value;
}

/* "0.972000" in millionths, as render.c writes it; more than 1 counts as 1. */
static uint32_t
share(const struct json_event *event)
{
	const uint32_t one = 1000000;
	uint32_t value = 0;
	uint32_t place = one;
	size_t i = 0;

	for (; i < event->len && event->text[i] != '.'; i++) {
		if (event->text[i] != '0') {
			return one;
		}
	}
	for (i++; i < event->len && place > 1; i++) {
		if (event->text[i] < '0' || event->text[i] > '9') {
			break;
		}
		place /= 10;
		value += place * (uint32_t)(event->text[i] - '0');
	}
	return value;
}

static void
number(struct reader *reader, const struct json_event *event)
{
	struct facts *facts = reader->facts;
	const struct {
		const char *key;
		uint64_t *out;
	} place[] = {
	    {"seq", &facts->seq},
	    {"incident", &facts->incident},
	    {"reopened", &facts->reopened},
	    {"agents_reporting", &facts->agents_reporting},
	    {"agents_total", &facts->agents_total},
	    {"results_failed", &facts->failed},
	    {"results_total", &facts->total},
	    {"group_firing", &facts->group_firing},
	    {"group_resolved", &facts->group_resolved},
	    {"group_told", &facts->group_told},
	};

	if (reader->depth == 1) {
		for (size_t i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
			if (strcmp(place[i].key, reader->key[0]) == 0) {
				*place[i].out = whole(event);
			}
		}
		if (strcmp(reader->key[0], "confidence") == 0) {
			facts->confidence_ppm = share(event);
		} else if (strcmp(reader->key[0], "rate") == 0) {
			facts->rate_ppm = share(event);
		}
	} else if (is_in(reader, "rival", 2) &&
		   strcmp(reader->key[1], "confidence") == 0) {
		facts->rival_ppm = share(event);
	} else if (is_in(reader, "evidence", 3) && evidence_now(reader) != NULL &&
		   strcmp(reader->key[2], "count") == 0) {
		evidence_now(reader)->count = whole(event);
	} else if (is_in(reader, "incidents", 3) && item_now(reader) != NULL &&
		   strcmp(reader->key[2], "incident") == 0) {
		item_now(reader)->incident = whole(event);
	}
}

/* ---- the walk ---- */

static void
deeper(struct reader *reader, bool is_object)
{
	if (is_object && is_in(reader, "evidence", 2)) {
		reader->evidence++;
	} else if (is_object && is_in(reader, "incidents", 2)) {
		reader->item++;
	}
	if (reader->depth < DEPTH) {
		reader->key[reader->depth][0] = '\0';
	}
	reader->depth++;
}

static void
key(struct reader *reader, const struct json_event *event)
{
	size_t len = event->len < KEY_BYTES - 1 ? event->len : KEY_BYTES - 1;

	if (reader->depth <= DEPTH) {
		char *out = reader->key[reader->depth - 1];

		memcpy(out, event->text, len);
		out[len] = '\0';
	}
}

static void
truth(struct reader *reader)
{
	if (reader->depth == 1 && strcmp(reader->key[0], "flapping") == 0) {
		reader->facts->is_flapping = true;
	} else if (reader->depth == 1 && strcmp(reader->key[0], "test") == 0) {
		reader->facts->is_test = true;
	}
}

static void
on_event(void *context, const struct json_event *event)
{
	struct reader *reader = context;

	switch (event->kind) {
	case JSON_OBJECT_BEGIN:
	case JSON_ARRAY_BEGIN:
		deeper(reader, event->kind == JSON_OBJECT_BEGIN);
		break;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		reader->depth--;
		break;
	case JSON_KEY:
		key(reader, event);
		break;
	case JSON_TEXT:
		if (reader->text == NULL) {
			begin_text(reader);
		}
		add_text(reader, event);
		if (event->last) {
			end_text(reader);
		}
		break;
	case JSON_NUMBER:
		number(reader, event);
		break;
	case JSON_LITERAL_TRUE:
		truth(reader);
		break;
	case JSON_LITERAL_FALSE:
	case JSON_LITERAL_NULL:
	case JSON_KIND_COUNT:
		break;
	}
}

enum err
facts_read(const char *json, size_t len, struct facts *out)
{
	struct reader reader = {.facts = out};
	struct json parser;
	enum json_status status;

	memset(out, 0, sizeof(*out));
	json_init(&parser, on_event, &reader);
	status = json_push(&parser, json, len);
	if (status == JSON_MORE || status == JSON_COMPLETE) {
		status = json_end(&parser);
	}
	out->evidence_len =
	    reader.evidence < FACTS_EVIDENCE ? reader.evidence : FACTS_EVIDENCE;
	out->item_len = reader.item < FACTS_ITEMS ? reader.item : FACTS_ITEMS;
	if (status != JSON_COMPLETE || !reader.has_kind ||
	    strcmp(reader.schema, "parallax.alert/1") != 0) {
		return ERR_FORMAT;
	}
	return ERR_OK;
}
