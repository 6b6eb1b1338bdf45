/* api_members - letting agents in and keeping them out, as requests
 * Room: collector/shell.
 *
 *   POST /api/v1/agents               {"name","region","domain"?,"ttl_s"?} -> {"token",
 *                                     "name","region","ends_at"}; the operator's
 *   POST /api/v1/agents/{name}/revoke -> {"name","state"}; the operator's
 *   GET  /api/v1/authority            -> {"certificate","sha256"}; anybody's
 *   POST /api/v1/enrol                {"secret","request"} -> {"name","region","domain",
 *                                     "certificate","authority","collectors"[],
 *                                     "server_name","ends_at"};
 *                                     whoever has a token
 *
 * Unknown members of a body are refused: a misspelt one would be a default in silence. */
#ifndef COLLECTOR_SHELL_API_MEMBERS_H
#define COLLECTOR_SHELL_API_MEMBERS_H

#include "collector/shell/api.h"
#include "collector/shell/api_route.h"
#include "collector/shell/api_source.h"

#include <stddef.h>

/* Carries out one of the above. Blocks until the engine has done it, or is going to end. */
void api_members_answer(struct api_source *source, const struct api_route *route,
    const struct api_post *post, struct api_reply *out_reply);

#endif
