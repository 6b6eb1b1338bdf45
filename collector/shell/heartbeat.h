/* heartbeat - tells somebody else that the collector lives
 * Room: collector/shell.
 *
 * A thread of its own asks a URL of an external dead-man service (GET, in the way of
 * healthchecks.io and its like) every interval, as long as the collector is ready and,
 * while agents are connected, its engine goes round. When the requests stop, that service calls people by a way that does
 * not need us. A request that fails is counted, said in the log, and not repeated before
 * the next interval. The URL is a secret: it is in no log. */
#ifndef COLLECTOR_SHELL_HEARTBEAT_H
#define COLLECTOR_SHELL_HEARTBEAT_H

#include "collector/core/collector_conf.h"
#include "collector/shell/api_source.h"
#include "common/core/err.h"

struct heartbeat;

/* Resolves the URL and starts the thread; `*out` is NULL when there is no URL. `source` is
 * borrowed until heartbeat_free(). On failure `error` says why. */
enum err heartbeat_new(const struct heartbeat_conf *conf, struct api_source *source,
    struct heartbeat **out, char *error, size_t cap) WARN_UNUSED;

/* Ends the thread, and a request that is on its way. NULL is legal. */
void heartbeat_free(struct heartbeat *heartbeat);

#endif
