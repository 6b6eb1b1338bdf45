/* signals - the few signals a service listens to, as something a loop can wait for
 * Room: common/shell. Call from the main thread, before others are started. */
#ifndef COMMON_SHELL_SIGNALS_H
#define COMMON_SHELL_SIGNALS_H

#include "common/core/err.h"

#include <stdbool.h>

/* Blocks SIGTERM, SIGINT, SIGHUP in this thread and all that are started later, ignores
 * SIGPIPE, and returns a file descriptor that is readable when one came; -1 on failure.
 */
int signals_open(void);

enum signals_event {
	SIGNALS_NONE = 0,
	SIGNALS_STOP,  /* SIGTERM, SIGINT */
	SIGNALS_RELOAD /* SIGHUP */
};

/* Takes one signal off `fd`; does not block. */
enum signals_event signals_take(int fd);

#endif
