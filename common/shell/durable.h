/* durable - small files that are there whole, or as they were
 * Room: common/shell. Blocks on the medium. */
#ifndef COMMON_SHELL_DURABLE_H
#define COMMON_SHELL_DURABLE_H

#include "common/core/err.h"

#include <sys/types.h>

enum {
	DURABLE_PATH_BYTES = 512 /* of a path, with its NUL */
};

/* Writes `text` to a file beside `path` and gives it that name once it is on the medium; a
 * crash leaves the old file or the new one. `mode` is that of a new file, less the umask.
 * ERR_LIMIT: path too long; ERR_NOTFOUND: no such folder; ERR_DENIED, ERR_FULL, ERR_IO. */
enum err durable_write(const char *path, const char *text, mode_t mode) WARN_UNUSED;

/* Gives `from` the name `to`, in the same folder, replacing what has it. Errors as above. */
enum err durable_rename(const char *from, const char *to) WARN_UNUSED;

#endif
