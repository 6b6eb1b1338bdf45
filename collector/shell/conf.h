/* conf - collector.yaml, read, checked and turned into what the core works with
 * Room: collector/shell.
 *
 * All that can be known to be wrong is reported at once, not only the first. Deployments in
 * which causes could not be told apart are warned about: they run, but with worse answers.
 * Secrets are not resolved here; collector_conf_try() looks whether they could be. */
#ifndef COLLECTOR_SHELL_CONF_H
#define COLLECTOR_SHELL_CONF_H

#include "collector/core/collector_conf.h"
#include "collector/core/registry.h"
#include "collector/shell/conf_overlay.h"
#include "common/core/err.h"
#include "common/shell/remarks.h"

struct collector_conf_file;

/* Reads `path`. On success `*out_file` is given to the caller and `remarks` (initialised by
 * the caller) may hold warnings; on failure there is at least one error in it and
 * `*out_file` is untouched. Blocks on the file system. Errors as agent_conf_load(). */
enum err collector_conf_load(const char *path, struct collector_conf_file **out_file,
    struct remarks *remarks) WARN_UNUSED;

/* The same with the agents that enrolled: those of `members` (borrowed for the call, NULL =
 * none) that the file does not name are added, with their regions where need be. */
enum err collector_conf_load_with(const char *path, const struct registry *members,
    struct collector_conf_file **out_file, struct remarks *remarks) WARN_UNUSED;

/* The same with the policy of `policy_path` laid over it (NULL = none), see conf_overlay.h;
 * `diff` is only touched then. To try a policy, never to run with it. */
enum err collector_conf_load_over(const char *path, const char *policy_path,
    const struct registry *members, char diff[CONF_OVERLAY_DIFF_BYTES],
    struct collector_conf_file **out_file, struct remarks *remarks) WARN_UNUSED;

/* Borrowed until collector_conf_free(), with everything it points to. */
const struct collector_conf *collector_conf_get(const struct collector_conf_file *file);

/* For --check: are the channels' references resolvable and the named files readable, here
 * and by this user? Adds errors and warnings; keeps no secret. */
void collector_conf_try(
    const struct collector_conf_file *file, struct remarks *remarks);

/* NULL is fine. */
void collector_conf_free(struct collector_conf_file *file);

#endif
