/* yaml_shape - does a YAML tree have the shape a libcyaml schema asks for?
 * Room: common/shell.
 *
 * The schema is the one libcyaml loads with; this walk finds every difference instead of the
 * first one, says on which line, and what the schema knows instead. Values are never quoted:
 * they may be secrets. */
#ifndef COMMON_SHELL_YAML_SHAPE_H
#define COMMON_SHELL_YAML_SHAPE_H

#include "common/shell/remarks.h"

#include <cyaml/cyaml.h>
#include <yaml.h>

/* Adds an error to `remarks` for every difference between the document's root and `schema`:
 * unknown, double and missing keys, wrong kinds, lengths, counts, empty values. Texts of a
 * schema maximum below LIMIT_TEXT_BYTES - 1 must be one line. Recursion is bounded by the
 * depth of the schema. */
void yaml_shape_check(yaml_document_t *document, const char *path,
    const cyaml_schema_value_t *schema, struct remarks *remarks);

#endif
