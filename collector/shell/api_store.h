/* api_store - a copy of the store while it is in use, as a request
 * Room: collector/shell.
 *
 *   POST /api/v1/store/copy   {"path"} -> {"path","bytes"}; the operator's
 *
 * The collector writes it, on its own machine, into a folder that must not be there yet; its
 * parent must be, and be writable for the collector. It is the store as of one commit, and
 * opens like any other. */
#ifndef COLLECTOR_SHELL_API_STORE_H
#define COLLECTOR_SHELL_API_STORE_H

#include "collector/shell/api.h"
#include "collector/shell/api_source.h"

#include <stddef.h>

/* Carries it out; blocks as long as copying takes, and nobody else. */
void api_store_answer(struct api_source *source, const char *body, size_t len,
    struct api_reply *out_reply);

#endif
