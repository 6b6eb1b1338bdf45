/* yaml - a bounded YAML file: its values by libcyaml, its lines by libyaml
 * Room: common/shell.
 *
 * libcyaml turns a file into structs by a schema, but stops at the first thing it does not
 * like, names the line before it, and quotes values, which may be secrets. So the file is
 * composed into a tree first (libyaml keeps a mark per node), the tree is compared with the
 * same schema (yaml_shape.h), and only a file without errors goes through libcyaml.
 *
 * Refused, because configuration needs none of it and it can be made to grow: aliases and
 * anchors, tags, several documents, more than 1 MiB, 32 levels or 65,536 nodes. UTF-8 only.
 * Schema: booleans and numbers as CYAML_STRING, read by settings.h (libcyaml takes any
 * unknown word for `true`); free mappings as CYAML_IGNORE, read by yaml_pairs(). */
#ifndef COMMON_SHELL_YAML_H
#define COMMON_SHELL_YAML_H

#include "common/core/err.h"
#include "common/shell/remarks.h"

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	YAML_FILE_BYTES_MAX = 1 << 20,
	YAML_DEPTH_MAX = 32,
	YAML_NODES_MAX = 1 << 16
};

struct yaml_file;

/* Reads and composes `path`. On success `*out_file` is given; on failure one error is in
 * `remarks`. ERR_NOTFOUND, ERR_DENIED, ERR_IO, ERR_LIMIT, ERR_FORMAT, ERR_NOMEM. */
enum err yaml_open(
    const char *path, struct yaml_file **out_file, struct remarks *remarks) WARN_UNUSED;

/* The same for `len` bytes at `text` (borrowed for the call), called `path` in remarks. */
enum err yaml_open_text(const char *path, const char *text, size_t len,
    struct yaml_file **out_file, struct remarks *remarks) WARN_UNUSED;

/* Compares with `schema` (top level: mapping, CYAML_FLAG_POINTER), remarks every
 * difference, and loads when there is none. `*out_data` is given: to be freed with
 * yaml_free_data(). ERR_FORMAT, ERR_NOMEM. */
enum err yaml_load(const struct yaml_file *file, const cyaml_schema_value_t *schema,
    void **out_data, struct remarks *remarks) WARN_UNUSED;

/* Frees what yaml_load() gave; NULL is fine. */
void yaml_free_data(const cyaml_schema_value_t *schema, void *data);

/* The line (from 1) where `targets[2].probes[0].timeout` is written; when it is not, that of
 * the nearest thing around it that is. */
size_t yaml_locate(const struct yaml_file *file, const char *path);

/* Whether `path` is written, if only as an empty list, which libcyaml loads as nothing. */
bool yaml_has(const struct yaml_file *file, const char *path);

/* One line of a free mapping; texts borrowed from the file. */
struct yaml_pair {
	const char *key;
	const char *value;
};

/* Reads the mapping of texts at `path` into `out`; 0 when it is not there. What is no
 * mapping of texts, double, or more than `cap` is remarked and left out. */
size_t yaml_pairs(const struct yaml_file *file, const char *path, struct yaml_pair *out,
    size_t cap, struct remarks *remarks);

/* The name it was opened with, for remarks. */
const char *yaml_path(const struct yaml_file *file);

/* NULL is fine. */
void yaml_close(struct yaml_file *file);

#endif
