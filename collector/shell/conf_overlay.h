/* conf_overlay - a changed policy laid over a configuration, to try it
 * Room: collector/shell.
 *
 * A file with `policy:` and `tiers:` alone. What it says takes the place of what the
 * configuration says, key by key; what it leaves out stays. Where it names another `kind`,
 * what the configuration says for the old kind alone goes. */
#ifndef COLLECTOR_SHELL_CONF_OVERLAY_H
#define COLLECTOR_SHELL_CONF_OVERLAY_H

#include "collector/shell/conf_raw.h"
#include "common/core/err.h"
#include "common/shell/remarks.h"

enum {
	CONF_OVERLAY_DIFF_BYTES = 4096
};

/* Lays `path` over `raw`, which stays to be freed as before. `diff` gets what a person would
 * change in the configuration to have it so, one line each, "-" and "+" in front. Errors
 * are in `remarks`. */
enum err conf_overlay_apply(const char *path, struct raw_collector *raw,
    char diff[CONF_OVERLAY_DIFF_BYTES], struct remarks *remarks) WARN_UNUSED;

#endif
