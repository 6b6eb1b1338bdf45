/* request_body - the JSON that a probe posts
 * Room: agent/core (pure).
 *
 * The part of request.c that knows the bodies of all calls. Parameters of the plan are read
 * again here, though the collector has read them: a JSON object, at most
 * REQUEST_PARAMETERS_DEPTH deep, with none of the members that are written here, nor one
 * that would turn the answer into something else than what is expected (`stream`). Of two
 * members with one name it would be left to the server which counts. */
#ifndef AGENT_CORE_REQUEST_BODY_H
#define AGENT_CORE_REQUEST_BODY_H

#include "agent/core/compose.h"
#include "common/core/plan.h"

/* Adds the body of `probe` to `out`; nothing for kinds that send none. `out->err`:
 * ERR_INVALID for texts that are no text and parameters or providers that are none,
 * ERR_LIMIT for what is too long. */
void request_body(const struct plan_probe *probe, struct compose *out);

#endif
