/* api_rows - stored results and the timeline, filtered, as JSON
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_API_ROWS_H
#define COLLECTOR_SHELL_API_ROWS_H

#include "collector/shell/api_query.h"
#include "collector/shell/api_source.h"

#include <jansson.h>

enum {
	/* Stored rows one request may look at; a rarer match is found by narrowing the
	 * time, and "examined" with "more" says that this happened. */
	API_ROWS_EXAMINED_MAX = 500000
};

/* Results, newest first. Errors are those of api_results(), or ERR_NOMEM. */
enum err api_rows_results(struct api_source *source, const struct view *view,
    const struct api_query *query, json_t **out_json) WARN_UNUSED;

/* Timeline rows after `query->after`, oldest first; with `query->tail` the newest ones.
 * Does not wait. Errors are those of api_timeline(), or ERR_NOMEM. */
enum err api_rows_events(struct api_source *source, const struct view *view,
    const struct api_query *query, json_t **out_json) WARN_UNUSED;

#endif
