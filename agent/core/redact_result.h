/* redact_result - the last look at a result, right before it is written down
 * Room: agent/core (pure).
 *
 * Classifiers redact what they quote. This is for the one that forgets: every text of every
 * result passes here on its way to the spool, whatever made it. */
#ifndef AGENT_CORE_REDACT_RESULT_H
#define AGENT_CORE_REDACT_RESULT_H

#include "agent/core/redact.h"
#include "common/core/arena.h"
#include "common/core/result.h"

/* Replaces the texts of `result` that are not as redact_text() would leave them; the new
 * ones, and the lists that hold them, live in `arena`. A request id with a secret in it is
 * no longer one and becomes ""; an address loses its query when the secret is there, and is
 * left out when it is elsewhere. A full arena costs observations, figures and texts, never
 * a secret. */
void redact_result(
    const struct redact *redact, struct arena *arena, struct result *result);

#endif
