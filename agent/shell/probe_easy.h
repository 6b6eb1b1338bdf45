/* probe_easy - one leg of a run through curl's easy handle
 * Room: agent/shell. Inside the prober, on its thread.
 *
 * All that curl is told, and all that it calls back. What comes goes to the run's check, to
 * the reader of the page or to the reader of the token, by leg. The keys lie in the run's
 * request; curl copies header lines and a short body into its own send buffer, which is
 * freed and not wiped when the transfer ends. */
#ifndef AGENT_SHELL_PROBE_EASY_H
#define AGENT_SHELL_PROBE_EASY_H

#include "agent/shell/probe_run.h"
#include "agent/shell/transport.h"
#include "agent/shell/validators.h"
#include "common/core/err.h"

/* Makes the built request conditional by `known` (NULL = not) and gives it to the run's
 * handle, to end at the leg's deadline. ERR_NOMEM. */
WARN_UNUSED enum err probe_easy_arm(struct probe_run *run,
    const struct probe_run_conf *conf, const struct validator *known, int64_t now_ns);

/* How the leg ended that curl ended with `code`, at `now_ns`; the times are those of the
 * leg. The text is borrowed from the run. */
void probe_easy_end(
    const struct probe_run *run, CURLcode code, int64_t now_ns, struct transport *out);

#endif
