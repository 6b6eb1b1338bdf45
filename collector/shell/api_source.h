/* api_source - what the HTTP side may ask the rest of the collector
 * Room: collector/shell.
 *
 * Implemented by engine.c (published view) and store_lmdb.c (read transactions); used by
 * http.c and api_*.c, which never touch the machine or LMDB themselves. All functions may
 * be called from any thread and, but for orders, do not block on the engine. */
#ifndef COLLECTOR_SHELL_API_SOURCE_H
#define COLLECTOR_SHELL_API_SOURCE_H

#include "collector/core/incident.h"
#include "collector/core/orders.h"
#include "collector/core/outbox.h"
#include "collector/core/view.h"
#include "common/core/result.h"
#include "common/core/token.h"
#include "common/shell/identity.h"

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
 * there is one. */
bool api_timeline_wait(struct api_source *source, uint64_t after, int64_t timeout_ns);

/* Something to be changed, and what came of it. */
enum api_order_kind {
	API_ORDER_AUTHORITY = 0, /* nothing: asks for the authority's certificate */
	API_ORDER_INVITE,
	API_ORDER_ENROL,
	API_ORDER_REVOKE
};

enum {
	API_ORDER_COLLECTORS = 8,
	API_ORDER_WHY_BYTES = 160
};

struct api_order {
	enum api_order_kind kind;
	char author[ORDERS_AUTHOR_BYTES]; /* for the audit */
	char name[LIMIT_NAME_BYTES];      /* given, or found by the token */
	char region[LIMIT_NAME_BYTES];
	char domain[LIMIT_NAME_BYTES];
	int64_t ttl_ns;
	unsigned char secret[TOKEN_SECRET_BYTES];
	char request[IDENTITY_REQUEST_BYTES];
	/* The answer. */
	char why[API_ORDER_WHY_BYTES]; /* for people, when it failed */
	char token[TOKEN_TEXT_BYTES];
	char cert[IDENTITY_CERT_BYTES];
	char authority[IDENTITY_CERT_BYTES];
	char authority_print[IDENTITY_PRINT_BYTES];
	char collectors[API_ORDER_COLLECTORS][LIMIT_URL_BYTES];
	size_t collectors_len;
	char server_name[LIMIT_NAME_BYTES * 4]; /* in the collectors' certificates */
	struct wall ends_at; /* of the token, or of the certificate */
};

/* Has the engine carry out `order`; returns when it is stored. ERR_NOTFOUND: no such token,
 * or no authority here; ERR_REFUSED: the token is too old; ERR_EXISTS, ERR_INVALID,
 * ERR_FORMAT, ERR_LIMIT: see registry.h and authority.h; ERR_AGAIN: the store takes nothing
 * now, or the collector is ending. Blocks until the engine gets to it. */
enum err api_order(struct api_source *source, struct api_order *order) WARN_UNUSED;

/* Puts any other order to the machine; returns when it is stored and written down, with what
 * came of it: `out->err`, or ERR_AGAIN when the store takes nothing now or the collector is
 * ending. Blocks until the engine gets to it. */
enum err api_order_give(struct api_source *source, const struct order *order,
    struct order_outcome *out) WARN_UNUSED;

/* Calls `each` for what was ordered, from the newest down, until it returns false. */
enum err api_audit(struct api_source *source,
    bool (*each)(void *context, const struct audit_row *row),
    void *context) WARN_UNUSED;

/* Calls `each` for messages to channels, delivered or not, from the newest down, until it
 * returns false. */
enum err api_outbox(struct api_source *source,
    bool (*each)(void *context, const struct outbox_row *row),
    void *context) WARN_UNUSED;

/* Writes the store as of the last commit into a new folder at `path`. ERR_EXISTS, ERR_NOTFOUND
 * (its parent), ERR_DENIED, ERR_FULL, ERR_IO; then nothing is left there. Blocks while it
 * copies; the engine goes on. */
enum err api_store_copy(
    struct api_source *source, const char *path, uint64_t *out_bytes) WARN_UNUSED;

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
