/* conf - agent.yaml, read and checked
 * Room: agent/shell.
 *
 * All that can be known to be wrong is reported at once, not only the first. Secrets are
 * not resolved here; agent_conf_try() looks whether they could be. */
#ifndef AGENT_SHELL_CONF_H
#define AGENT_SHELL_CONF_H

#include "agent/core/agent_conf.h"
#include "common/core/err.h"
#include "common/shell/remarks.h"

struct agent_conf_file;

/* Reads `path`. On success `*out_file` is given to the caller and `remarks` (initialised by
 * the caller) may hold warnings; on failure there is at least one error in it and
 * `*out_file` is untouched. Blocks on the file system. ERR_NOTFOUND, ERR_DENIED, ERR_IO:
 * the file; ERR_LIMIT: too large; ERR_FORMAT: not YAML, or not of our schema; ERR_INVALID:
 * a value that cannot work; ERR_NOMEM. */
enum err agent_conf_load(const char *path, struct agent_conf_file **out_file,
    struct remarks *remarks) WARN_UNUSED;

/* Borrowed until agent_conf_free(). */
const struct agent_conf *agent_conf_get(const struct agent_conf_file *file);

/* For --check: are the key references resolvable and the named files readable, here and
 * by this user? Adds errors and warnings; keeps no secret. Blocks on the file system. */
void agent_conf_try(const struct agent_conf_file *file, struct remarks *remarks);

/* NULL is fine. */
void agent_conf_free(struct agent_conf_file *file);

#endif
