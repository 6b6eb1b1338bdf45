#include "common/shell/yaml_shape.h"

#include "common/core/limits.h"
#include "common/core/syntax.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	PATH_BYTES = 160,
	HINT_BYTES = 200,
	NEAR_LETTERS = 2 /* a key that is farther away was not meant */
};

/* A place in the tree while walking down. */
struct place {
	yaml_document_t *document;
	const char *file;
	struct remarks *remarks;
	yaml_node_t *node;
	char path[PATH_BYTES]; /* "targets[0].name"; "" at the top */
};

static size_t
line_of(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

/* What people call a node of that kind. */
static const char *
kind_of(const yaml_node_t *node)
{
	switch (node->type) {
	case YAML_SCALAR_NODE:
		return "a text";
	case YAML_SEQUENCE_NODE:
		return "a list";
	case YAML_MAPPING_NODE:
		return "a mapping";
	case YAML_NO_NODE:
		break;
	}
	return "nothing";
}

static const char *
name_of(const struct place *place)
{
	return place->path[0] == '\0' ? "the file" : place->path;
}

/* True for `key:` with nothing behind it, which is neither a text nor a mapping. */
static bool
is_empty(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0 &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static void
remark_kind(const struct place *place, const char *expected)
{
	remarks_add(place->remarks, SEVERITY_ERROR, place->file, line_of(place->node),
	    "%s %s%s, expected %s", name_of(place), is_empty(place->node) ? "" : "is ",
	    is_empty(place->node) ? "has no value" : kind_of(place->node), expected);
}

/* A key may be a secret in the wrong column: only what looks like one of our words is
 * worth repeating. */
static bool
is_quotable(const char *key)
{
	size_t len = strlen(key);

	return len > 0 && len <= 24 &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyz_-<") == len;
}

/* All keys the schema knows, or as many as fit. */
static void
list_fields(const cyaml_schema_field_t *fields, char out[HINT_BYTES])
{
	size_t len = 0;

	out[0] = '\0';
	for (; fields->key != NULL; fields++) {
		int more = snprintf(out + len, HINT_BYTES - len, "%s%s",
		    len == 0 ? "" : ", ", fields->key);

		if (more < 0 || len + (size_t)more >= HINT_BYTES) {
			out[len] = '\0';
			return;
		}
		len += (size_t)more;
	}
}

static const cyaml_schema_field_t *
find_field(const cyaml_schema_field_t *fields, const char *key)
{
	while (fields->key != NULL && strcmp(fields->key, key) != 0) {
		fields++;
	}
	return fields->key == NULL ? NULL : fields;
}

static const char *
nearest_field(const cyaml_schema_field_t *fields, const char *key)
{
	const char *nearest = NULL;
	size_t distance = NEAR_LETTERS + 1;

	for (; fields->key != NULL; fields++) {
		size_t letters = syntax_distance(fields->key, key);

		if (letters < distance && letters < strlen(fields->key)) {
			distance = letters;
			nearest = fields->key;
		}
	}
	return nearest;
}

static void
remark_unknown(const struct place *place, const yaml_node_t *key_node,
    const cyaml_schema_field_t *fields)
{
	const char *key = (const char *)key_node->data.scalar.value;
	const char *nearest = nearest_field(fields, key);
	char known[HINT_BYTES];
	char quoted[32] = "";

	if (is_quotable(key)) {
		(void)snprintf(quoted, sizeof(quoted), " '%s'", key);
	}
	list_fields(fields, known);
	remarks_add(place->remarks, SEVERITY_ERROR, place->file, line_of(key_node),
	    "unknown key%s in %s, expected %s%s%s", quoted, name_of(place),
	    nearest == NULL ? "one of " : "'", nearest == NULL ? known : nearest,
	    nearest == NULL ? "" : "'");
}

static void
check_text(const struct place *place, const cyaml_schema_value_t *schema)
{
	const yaml_node_t *node = place->node;
	const char *wrong = NULL;

	if (node->type != YAML_SCALAR_NODE || is_empty(node)) {
		remark_kind(place, "a text");
		return;
	}
	const char *text = (const char *)node->data.scalar.value;
	size_t len = node->data.scalar.length;
	bool many_lines = schema->string.max >= LIMIT_TEXT_BYTES - 1;

	if (len > schema->string.max) {
		remarks_add(place->remarks, SEVERITY_ERROR, place->file, line_of(node),
		    "%s is %zu bytes long, expected at most %u", name_of(place), len,
		    schema->string.max);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		bool is_break = text[i] == '\n' || text[i] == '\t';

		if (((unsigned char)text[i] < ' ' && !is_break) || text[i] == 0x7f) {
			wrong = "holds a control character, expected printable text";
		} else if (is_break && !many_lines && wrong == NULL) {
			wrong = "has several lines, expected one";
		}
	}
	if (wrong != NULL) {
		remarks_add(place->remarks, SEVERITY_ERROR, place->file, line_of(node),
		    "%s %s", name_of(place), wrong);
	}
}

static void check_value(struct place *place, const cyaml_schema_value_t *schema);

/* Steps down to `node`, called `name` or `[index]`, and comes back. */
static void
check_below(struct place *place, yaml_node_t *node, const char *name, size_t index,
    const cyaml_schema_value_t *schema)
{
	yaml_node_t *above = place->node;
	size_t len = strlen(place->path);

	if (name == NULL) {
		(void)snprintf(place->path + len, PATH_BYTES - len, "[%zu]", index);
	} else {
		(void)snprintf(place->path + len, PATH_BYTES - len, "%s%s",
		    len == 0 ? "" : ".", name);
	}
	place->node = node;
	check_value(place, schema);
	place->node = above;
	place->path[len] = '\0';
}

static void
check_list(struct place *place, const cyaml_schema_value_t *schema)
{
	yaml_node_t *node = place->node;

	if (node->type != YAML_SEQUENCE_NODE) {
		remark_kind(place, "a list (lines that begin with '-')");
		return;
	}
	size_t count =
	    (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);

	if (count < schema->sequence.min || count > schema->sequence.max) {
		remarks_add(place->remarks, SEVERITY_ERROR, place->file, line_of(node),
		    "%s has %zu entries, expected %s %u", name_of(place), count,
		    count < schema->sequence.min ? "at least" : "at most",
		    count < schema->sequence.min ? schema->sequence.min
						 : schema->sequence.max);
	}
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *entry = yaml_document_get_node(
		    place->document, node->data.sequence.items.start[i]);

		check_below(place, entry, NULL, i, schema->sequence.entry);
	}
}

/* True when an earlier pair of the mapping has the same key. */
static bool
is_double(const struct place *place, const yaml_node_pair_t *pair, const char *key)
{
	const yaml_node_pair_t *at = place->node->data.mapping.pairs.start;

	for (; at < pair; at++) {
		const yaml_node_t *node =
		    yaml_document_get_node(place->document, at->key);

		if (node->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)node->data.scalar.value, key) == 0) {
			return true;
		}
	}
	return false;
}

static void
check_pair(struct place *place, const yaml_node_pair_t *pair,
    const cyaml_schema_field_t *fields)
{
	yaml_node_t *key_node = yaml_document_get_node(place->document, pair->key);
	yaml_node_t *value = yaml_document_get_node(place->document, pair->value);
	const cyaml_schema_field_t *field;
	const char *key;

	if (key_node->type != YAML_SCALAR_NODE ||
	    strlen((const char *)key_node->data.scalar.value) !=
		key_node->data.scalar.length) {
		remarks_add(place->remarks, SEVERITY_ERROR, place->file,
		    line_of(key_node),
		    "a key of %s is not a text, expected `name: value`",
		    name_of(place));
		return;
	}
	key = (const char *)key_node->data.scalar.value;
	field = find_field(fields, key);
	if (field == NULL) {
		remark_unknown(place, key_node, fields);
	} else if (is_double(place, pair, key)) {
		remarks_add(place->remarks, SEVERITY_ERROR, place->file,
		    line_of(key_node), "%s has '%s' twice, expected it once",
		    name_of(place), field->key);
	} else {
		check_below(place, value, field->key, 0, &field->value);
	}
}

static bool
has_key(const struct place *place, const char *key)
{
	return is_double(place, place->node->data.mapping.pairs.top, key);
}

static void
check_mapping(struct place *place, const cyaml_schema_value_t *schema)
{
	const yaml_node_t *node = place->node;
	const cyaml_schema_field_t *field = schema->mapping.fields;

	if (node->type != YAML_MAPPING_NODE) {
		remark_kind(place, "a mapping (`name: value` lines)");
		return;
	}
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		check_pair(place, pair, schema->mapping.fields);
	}
	for (; field->key != NULL; field++) {
		if (((unsigned)field->value.flags & CYAML_FLAG_OPTIONAL) == 0 &&
		    !has_key(place, field->key)) {
			remarks_add(place->remarks, SEVERITY_ERROR, place->file,
			    line_of(node), "%s has no '%s', expected `%s: ...`",
			    name_of(place), field->key, field->key);
		}
	}
}

/* Only the types our schemas use; another one would be a bug of ours. */
static void
check_value(struct place *place, const cyaml_schema_value_t *schema)
{
	if (schema->type == CYAML_STRING) {
		check_text(place, schema);
	} else if (schema->type == CYAML_SEQUENCE) {
		check_list(place, schema);
	} else if (schema->type == CYAML_MAPPING) {
		check_mapping(place, schema);
	} else {
		assert(schema->type == CYAML_IGNORE);
	}
}

void
yaml_shape_check(yaml_document_t *document, const char *path,
    const cyaml_schema_value_t *schema, struct remarks *remarks)
{
	struct place place = {
	    .document = document,
	    .file = path,
	    .remarks = remarks,
	    .node = yaml_document_get_root_node(document),
	};

	assert(place.node != NULL);
	check_value(&place, schema);
}
