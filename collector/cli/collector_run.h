/* collector_run - runs parallax-collector for an answer
 * Room: collector/cli. */
#ifndef COLLECTOR_CLI_COLLECTOR_RUN_H
#define COLLECTOR_CLI_COLLECTOR_RUN_H

#include <jansson.h>
#include <stdbool.h>

/* Executes `parallax-collector` with `words` (ended by NULL, the first is its own name) and
 * reads the one JSON document it prints, to be released; NULL when there is none. The
 * program is the one installed beside this one (../sbin or the same folder), else the one of
 * $PATH. What it says on standard error is left to be seen. Its exit status goes to
 * `*out_status`, 127 when it could not be executed. Blocks until it has ended. */
json_t *collector_run(char *const words[], int *out_status);

#endif
