/* api_source - what the HTTP side may ask the rest of the collector
 * Room: collector/shell.
 *
 * Implemented by engine.c (published view) and store_lmdb.c (read transactions); used by
 * http.c and api_*.c, which never touch the machine or LMDB themselves. All functions may
 * be called from any thread and do not block on the engine. */
#ifndef COLLECTOR_SHELL_API_SOURCE_H
#define COLLECTOR_SHELL_API_SOURCE_H

#include "collector/core/incident.h"
#include "collector/core/view.h"
#include "common/core/result.h"

#include <stdbool.h>

struct api_source; /* the engine with its store */

/* Takes a reference to the newest view; never NULL. Give it back with api_view_release(). */
const struct view *api_view_take(struct api_source *source);
void api_view_release(struct api_source *source, const struct view *view);

/* Reads one incident record. ERR_NOTFOUND, ERR_FORMAT, ERR_IO. */
enum err api_incident(
    struct api_source *source, uint64_t id, struct incident *out) WARN_UNUSED;

/* Calls `each` for stored incidents from the newest down, until it returns false. */
enum err api_incidents(struct api_source *source,
    bool (*each)(void *context, const struct incident *incident),
    void *context) WARN_UNUSED;

/* Calls `each` for timeline rows with seq > `after`, oldest first, until it returns false. */
enum err api_timeline(struct api_source *source, uint64_t after,
    bool (*each)(void *context, const struct timeline_row *row),
    void *context) WARN_UNUSED;

/* Blocks until there is a timeline row with seq > `after`, at most `timeout_ns`; true when
 * there is one. The only call here that blocks. */
bool api_timeline_wait(struct api_source *source, uint64_t after, int64_t timeout_ns);

/* A stored result with the agent it came from. */
struct api_result {
	const char *agent;
	struct wall received_at;
	struct wall started_at; /* corrected by the agent's clock offset */
	const struct result *result;
};

/* Calls `each` for stored results from the newest down, until it returns false or results
 * received before `since` begin. */
enum err api_results(struct api_source *source, struct wall since,
    bool (*each)(void *context, const struct api_result *result),
    void *context) WARN_UNUSED;

#endif
