#include "common/shell/yaml.h"

#include "common/shell/yaml_shape.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

struct yaml_file {
	char *path;
	unsigned char *text;
	size_t len;
	yaml_document_t
	    document; /* libyaml reads it through pointers that are not const */
	bool has_document;
};

/* Reading. */

static enum err
err_of_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOTFOUND;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case ENOMEM:
		return ERR_NOMEM;
	default:
		return ERR_IO;
	}
}

/* Reads all of `fd`; one byte more than the limit is enough to know it is too much. */
static enum err
read_all(int fd, struct yaml_file *file)
{
	size_t cap = YAML_FILE_BYTES_MAX + 1;

	file->text = malloc(cap);
	if (file->text == NULL) {
		return ERR_NOMEM;
	}
	while (file->len < cap) {
		ssize_t got = read(fd, file->text + file->len, cap - file->len);

		if (got < 0 && errno != EINTR) {
			return err_of_errno(errno);
		}
		if (got == 0) {
			return ERR_OK;
		}
		file->len += got > 0 ? (size_t)got : 0;
	}
	return ERR_LIMIT;
}

/* Opens without waiting, so that a pipe in the wrong place does not hang the start. */
static enum err
read_file(struct yaml_file *file)
{
	struct stat status;
	enum err err;
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		return err_of_errno(errno);
	}
	if (fstat(fd, &status) != 0) {
		err = err_of_errno(errno);
	} else if (!S_ISREG(status.st_mode)) {
		err = ERR_INVALID;
	} else {
		err = read_all(fd, file);
	}
	(void)close(fd);
	return err;
}

static void
remark_unread(const char *path, enum err err, struct remarks *remarks)
{
	const char *what = "cannot be read, expected a readable file";

	if (err == ERR_NOTFOUND) {
		what = "is not there, expected a YAML file";
	} else if (err == ERR_DENIED) {
		what = "may not be read by this user, expected read permission";
	} else if (err == ERR_INVALID) {
		what = "is not a regular file, expected a YAML file";
	} else if (err == ERR_LIMIT) {
		what = "is too large, expected at most 1 MiB";
	} else if (err == ERR_NOMEM) {
		what = "needs more memory than there is";
	}
	remarks_add(remarks, SEVERITY_ERROR, path, 0, "%s", what);
}

/* Composing. Events come first: they show what must be refused before libyaml takes
 * memory for it. */

struct scan {
	size_t depth;
	size_t nodes;
	size_t documents;
	size_t line;
	const char *wrong; /* NULL so far */
};

static bool
has_tag_or_anchor(const yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT) {
		return event->data.scalar.anchor != NULL ||
		       event->data.scalar.tag != NULL;
	}
	if (event->type == YAML_SEQUENCE_START_EVENT) {
		return event->data.sequence_start.anchor != NULL ||
		       event->data.sequence_start.tag != NULL;
	}
	if (event->type == YAML_MAPPING_START_EVENT) {
		return event->data.mapping_start.anchor != NULL ||
		       event->data.mapping_start.tag != NULL;
	}
	return event->type == YAML_ALIAS_EVENT;
}

static void
scan_event(struct scan *scan, const yaml_event_t *event)
{
	scan->line = event->start_mark.line + 1;
	scan->nodes++;
	if (event->type == YAML_DOCUMENT_START_EVENT) {
		scan->documents++;
	} else if (event->type == YAML_SEQUENCE_START_EVENT ||
		   event->type == YAML_MAPPING_START_EVENT) {
		scan->depth++;
	} else if (event->type == YAML_SEQUENCE_END_EVENT ||
		   event->type == YAML_MAPPING_END_EVENT) {
		scan->depth--;
	}
	if (has_tag_or_anchor(event)) {
		scan->wrong =
		    "anchors, aliases and tags are refused, expected plain values";
	} else if (scan->documents > 1) {
		scan->wrong = "a second document begins, expected one";
	} else if (scan->depth > YAML_DEPTH_MAX) {
		scan->wrong = "too many levels, expected at most 32";
	} else if (scan->nodes > YAML_NODES_MAX) {
		scan->wrong = "too many values, expected at most 65536";
	}
}

/* libyaml's own words are kept: they never hold text of the file. */
static void
remark_parser(
    const struct yaml_file *file, const yaml_parser_t *parser, struct remarks *remarks)
{
	remarks_add(remarks, SEVERITY_ERROR, file->path, parser->problem_mark.line + 1,
	    "not YAML: %s%s%s, expected UTF-8 `name: value` lines, indented by spaces",
	    parser->problem == NULL ? "unreadable" : parser->problem,
	    parser->context == NULL ? "" : " ",
	    parser->context == NULL ? "" : parser->context);
}

static enum err
err_of_parser(const yaml_parser_t *parser)
{
	return parser->error == YAML_MEMORY_ERROR ? ERR_NOMEM : ERR_FORMAT;
}

static bool
parser_begin(yaml_parser_t *parser, const struct yaml_file *file)
{
	if (yaml_parser_initialize(parser) == 0) {
		return false;
	}
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(parser, file->text, file->len);
	return true;
}

static enum err
scan_file(const struct yaml_file *file, struct remarks *remarks)
{
	struct scan scan = {0};
	yaml_parser_t parser;
	bool more = true;
	enum err err = ERR_OK;

	if (!parser_begin(&parser, file)) {
		return ERR_NOMEM;
	}
	while (more && err == ERR_OK) {
		yaml_event_t event;

		if (yaml_parser_parse(&parser, &event) == 0) {
			err = err_of_parser(&parser);
			remark_parser(file, &parser, remarks);
			break;
		}
		scan_event(&scan, &event);
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (scan.wrong != NULL) {
			err = ERR_FORMAT;
			remarks_add(remarks, SEVERITY_ERROR, file->path, scan.line,
			    "%s", scan.wrong);
		}
	}
	yaml_parser_delete(&parser);
	return err;
}

static enum err
compose_file(struct yaml_file *file, struct remarks *remarks)
{
	yaml_parser_t parser;
	enum err err = ERR_OK;

	if (!parser_begin(&parser, file)) {
		return ERR_NOMEM;
	}
	if (yaml_parser_load(&parser, &file->document) == 0) {
		err = err_of_parser(&parser);
		remark_parser(file, &parser, remarks);
	} else {
		file->has_document = true;
	}
	yaml_parser_delete(&parser);
	if (err == ERR_OK && yaml_document_get_root_node(&file->document) == NULL) {
		err = ERR_FORMAT;
		remarks_add(remarks, SEVERITY_ERROR, file->path, 0,
		    "is empty, expected `name: value` lines");
	}
	return err;
}

static enum err
prepare(struct yaml_file *file, struct remarks *remarks)
{
	enum err err = scan_file(file, remarks);

	if (err == ERR_OK) {
		err = compose_file(file, remarks);
	}
	if (err == ERR_NOMEM) {
		remark_unread(file->path, err, remarks);
	}
	return err;
}

static struct yaml_file *
new_file(const char *path)
{
	struct yaml_file *file = calloc(1, sizeof(*file));

	if (file == NULL) {
		return NULL;
	}
	file->path = strdup(path);
	if (file->path == NULL) {
		free(file);
		return NULL;
	}
	return file;
}

/* Gives `file` to the caller when all went well, and frees it otherwise. */
static enum err
finish(enum err err, struct yaml_file *file, struct yaml_file **out_file)
{
	if (err == ERR_OK) {
		*out_file = file;
	} else {
		yaml_close(file);
	}
	return err == ERR_INVALID ? ERR_IO : err;
}

enum err
yaml_open(const char *path, struct yaml_file **out_file, struct remarks *remarks)
{
	struct yaml_file *file = new_file(path);
	enum err err;

	if (file == NULL) {
		remark_unread(path, ERR_NOMEM, remarks);
		return ERR_NOMEM;
	}
	err = read_file(file);
	if (err != ERR_OK) {
		remark_unread(path, err, remarks);
		return finish(err, file, out_file);
	}
	return finish(prepare(file, remarks), file, out_file);
}

enum err
yaml_open_text(const char *path, const char *text, size_t len,
    struct yaml_file **out_file, struct remarks *remarks)
{
	struct yaml_file *file;

	if (len > YAML_FILE_BYTES_MAX) {
		remark_unread(path, ERR_LIMIT, remarks);
		return ERR_LIMIT;
	}
	file = new_file(path);
	if (file != NULL) {
		file->text = malloc(len + 1);
	}
	if (file == NULL || file->text == NULL) {
		yaml_close(file);
		remark_unread(path, ERR_NOMEM, remarks);
		return ERR_NOMEM;
	}
	memcpy(file->text, text, len);
	file->len = len;
	return finish(prepare(file, remarks), file, out_file);
}

const char *
yaml_path(const struct yaml_file *file)
{
	return file->path;
}

void
yaml_close(struct yaml_file *file)
{
	if (file == NULL) {
		return;
	}
	if (file->has_document) {
		yaml_document_delete(&file->document);
	}
	free(file->text);
	free(file->path);
	free(file);
}

/* Loading. libcyaml's own messages quote values, so nobody hears them. */

static const cyaml_config_t cyaml_config = {
    .log_fn = NULL,
    .mem_fn = cyaml_mem,
    .log_level = CYAML_LOG_ERROR,
    .flags = CYAML_CFG_NO_ALIAS,
};

/* libyaml's getters take pointers that are not const but change nothing. */
static yaml_document_t *
document_of(const struct yaml_file *file)
{
	union {
		const yaml_document_t *in;
		yaml_document_t *out;
	} document = {.in = &file->document};

	return document.out;
}

enum err
yaml_load(const struct yaml_file *file, const cyaml_schema_value_t *schema,
    void **out_data, struct remarks *remarks)
{
	size_t errors = remarks->errors;
	cyaml_data_t *data = NULL;
	cyaml_err_t result;

	yaml_shape_check(document_of(file), file->path, schema, remarks);
	if (remarks->errors != errors) {
		return ERR_FORMAT;
	}
	result =
	    cyaml_load_data(file->text, file->len, &cyaml_config, schema, &data, NULL);
	if (result == CYAML_OK && data != NULL) {
		*out_data = data;
		return ERR_OK;
	}
	remarks_add(remarks, SEVERITY_ERROR, file->path, 0, "cannot be loaded: %s",
	    cyaml_strerror(result));
	return result == CYAML_ERR_OOM ? ERR_NOMEM : ERR_FORMAT;
}

void
yaml_free_data(const cyaml_schema_value_t *schema, void *data)
{
	if (data != NULL) {
		(void)cyaml_free(&cyaml_config, schema, data, 0);
	}
}

/* Finding lines. */

static const yaml_node_t *
node_at(const struct yaml_file *file, int index)
{
	return yaml_document_get_node(document_of(file), index);
}

/* The pair of `mapping` whose key is the `len` bytes at `key`, or NULL. */
static const yaml_node_pair_t *
find_pair(const struct yaml_file *file, const yaml_node_t *mapping, const char *key,
    size_t len)
{
	const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	for (; pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = node_at(file, pair->key);

		if (node->type == YAML_SCALAR_NODE && node->data.scalar.length == len &&
		    memcmp(node->data.scalar.value, key, len) == 0) {
			return pair;
		}
	}
	return NULL;
}

/* Where a walk along a path ended. */
struct walk {
	const yaml_node_t *node;
	size_t line;
	const char *rest; /* of the path; "" when all of it is there */
};

/* One step down to `name` or `[index]`; false when there is nothing. */
static bool
step_down(const struct yaml_file *file, struct walk *walk)
{
	const yaml_node_t *node = walk->node;
	char *end = NULL;

	if (walk->rest[0] == '[') {
		unsigned long index = strtoul(walk->rest + 1, &end, 10);

		if (node->type != YAML_SEQUENCE_NODE || *end != ']' ||
		    index >= (unsigned long)(node->data.sequence.items.top -
					     node->data.sequence.items.start)) {
			return false;
		}
		walk->node = node_at(file, node->data.sequence.items.start[index]);
		walk->line = walk->node->start_mark.line + 1;
		walk->rest = end + 1;
		return true;
	}
	const char *name = walk->rest[0] == '.' ? walk->rest + 1 : walk->rest;
	size_t len = strcspn(name, ".[");
	const yaml_node_pair_t *pair =
	    node->type == YAML_MAPPING_NODE ? find_pair(file, node, name, len) : NULL;

	if (pair == NULL) {
		return false;
	}
	walk->line = node_at(file, pair->key)->start_mark.line + 1;
	walk->node = node_at(file, pair->value);
	walk->rest = name + len;
	return true;
}

static struct walk
walk_to(const struct yaml_file *file, const char *path)
{
	struct walk walk = {.rest = path};

	walk.node = yaml_document_get_root_node(document_of(file));
	walk.line = walk.node->start_mark.line + 1;
	while (walk.rest[0] != '\0' && step_down(file, &walk)) {
		/* the step is all there is to do */
	}
	return walk;
}

size_t
yaml_locate(const struct yaml_file *file, const char *path)
{
	return walk_to(file, path).line;
}

bool
yaml_has(const struct yaml_file *file, const char *path)
{
	return walk_to(file, path).rest[0] == '\0';
}

/* Free mappings. */

/* The text of a scalar, or NULL for anything else, also for a text with a NUL or a line
 * break in it. */
static const char *
text_of(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	for (size_t i = 0; i < node->data.scalar.length; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
			return NULL;
		}
	}
	return text;
}

/* Takes one pair into `out`, or says what is wrong with it. */
static const char *
take_pair(const struct yaml_file *file, const yaml_node_t *mapping,
    const yaml_node_pair_t *pair, struct yaml_pair *out)
{
	const yaml_node_t *key = node_at(file, pair->key);

	out->key = text_of(key);
	out->value = text_of(node_at(file, pair->value));
	if (out->key == NULL || out->value == NULL) {
		return "holds something that is no text, expected `name: name` lines";
	}
	if (find_pair(file, mapping, out->key, key->data.scalar.length) != pair) {
		return "has a key twice, expected it once";
	}
	return NULL;
}

size_t
yaml_pairs(const struct yaml_file *file, const char *path, struct yaml_pair *out,
    size_t cap, struct remarks *remarks)
{
	struct walk walk = walk_to(file, path);
	size_t len = 0;

	if (walk.rest[0] != '\0') {
		return 0;
	}
	if (walk.node->type != YAML_MAPPING_NODE) {
		remarks_add(remarks, SEVERITY_ERROR, file->path, walk.line,
		    "%s is not a mapping, expected `name: name` lines", path);
		return 0;
	}
	for (const yaml_node_pair_t *pair = walk.node->data.mapping.pairs.start;
	     pair < walk.node->data.mapping.pairs.top; pair++) {
		const char *wrong = "has too many lines, expected one a name";

		if (len < cap) {
			wrong = take_pair(file, walk.node, pair, &out[len]);
		}
		if (wrong != NULL) {
			remarks_add(remarks, SEVERITY_ERROR, file->path,
			    node_at(file, pair->key)->start_mark.line + 1, "%s %s",
			    path, wrong);
		} else {
			len++;
		}
	}
	return len;
}
