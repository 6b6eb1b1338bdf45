/* signals - the few signals a service listens to, as events
 * Room: common/shell. */
#ifndef COMMON_SHELL_SIGNALS_H
#define COMMON_SHELL_SIGNALS_H

#include "common/core/err.h"

enum signals_event {
	SIGNALS_NONE = 0,
	SIGNALS_STOP,  /* SIGTERM, SIGINT */
	SIGNALS_RELOAD /* SIGHUP */
};

/* Blocks the signals in this thread and all that it starts later, ignores SIGPIPE, and
 * starts a thread that waits for them and calls `wake` after each. Once a process, from
 * main() before any other thread. ERR_IO when the system has no thread to give. */
enum err signals_watch(void (*wake)(void *context), void *context) WARN_UNUSED;

/* Takes the oldest event that is waiting. Any thread; does not block. A stop is never lost
 * behind reloads. */
enum signals_event signals_take(void);

#endif
