/* template - texts of the configuration with {{names}} in them
 * Room: collector/core (pure).
 *
 * Substitution and nothing else: no conditions, no loops, no functions. The names are a
 * closed set, so that a mistake is found when the configuration is read and not at night. */
#ifndef COLLECTOR_CORE_TEMPLATE_H
#define COLLECTOR_CORE_TEMPLATE_H

#include "collector/core/facts.h"
#include "collector/core/markup.h"

#include <stdbool.h>

struct letter;

enum {
	TEMPLATE_NAME_BYTES = 32,
	TEMPLATE_VALUE_BYTES = 2048 /* kept of one value */
};

/* True when every {{...}} in `template` is closed and has a name of the set. Else
 * `out_name` is what stands there instead, cut, printable ASCII only. */
bool template_check(const char *template, char out_name[TEMPLATE_NAME_BYTES]);

/* The names for an error message: "title, text, ...". */
const char *template_names(void);

/* Adds `template` with its names filled in; values are made harmless for `markup`, the rest
 * stays as it was written. */
void template_fill(struct text *text, const char *template, enum markup markup,
    const struct facts *facts, const struct letter *letter);

#endif
