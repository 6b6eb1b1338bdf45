/* api_audit - what was ordered, by whom, and what came of it, as a document
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_API_AUDIT_H
#define COLLECTOR_SHELL_API_AUDIT_H

#include "collector/shell/api_query.h"
#include "collector/shell/api_source.h"

#include <jansson.h>

/* The rows of the period, newest first, at most `query->limit`. ERR_NOMEM, ERR_IO. */
enum err api_audit_list(struct api_source *source, const struct view *view,
    const struct api_query *query, json_t **out_json) WARN_UNUSED;

#endif
