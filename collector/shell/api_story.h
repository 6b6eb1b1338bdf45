/* api_story - incidents as JSON: in short for lists, whole with their evidence
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_API_STORY_H
#define COLLECTOR_SHELL_API_STORY_H

#include "collector/shell/api_query.h"
#include "collector/shell/api_source.h"

#include <jansson.h>

/* A new reference with the fields documented as "incident" in http.h, or NULL. */
json_t *api_story_short(const struct incident *incident);

/* The same and its evidence, runner-up, sources as they are now, and response flow. */
json_t *api_story_whole(const struct incident *incident, const struct view *view);

/* Stored incidents that `query` asks for, newest first, with "more" when there are others.
 * `since` and `until` choose those that were open at some time between them. Errors are
 * those of api_incidents(), or ERR_NOMEM. */
enum err api_story_list(struct api_source *source, const struct view *view,
    const struct api_query *query, json_t **out_json) WARN_UNUSED;

#endif
