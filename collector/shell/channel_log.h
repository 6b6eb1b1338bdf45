/* channel_log - messages as lines of a file
 * Room: collector/shell.
 *
 * One JSON object a line, appended with a single write. The file is opened for each
 * message: alerts are rare, and so a file that was moved away by log rotation is followed
 * without being told. A regular file is synced before the message counts as delivered,
 * because delivered means that nobody will send it again; terminals and pipes cannot be. */
#ifndef COLLECTOR_SHELL_CHANNEL_LOG_H
#define COLLECTOR_SHELL_CHANNEL_LOG_H

#include "collector/core/message.h"

#include <stddef.h>

/* Appends `len` bytes at `json`, which hold no line break, to `path` ("" = standard error).
 * Fills `delivery` and `detail` of `answer`: a failed open or write is rejected_retry, a
 * write that was cut or not synced is unknown. Blocks on the file system. */
void channel_log_write(
    const char *path, const char *json, size_t len, struct message_answer *answer);

#endif
