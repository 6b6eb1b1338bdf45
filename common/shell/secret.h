/* secret - from a reference to the secret, and out of memory again
 * Room: common/shell.
 *
 * Configurations say where a secret is, not what it is: `env:NAME`, `file:PATH`, or
 * `credential:NAME` (systemd.exec(5), a file in $CREDENTIALS_DIRECTORY). It is resolved
 * where it is used and wiped afterwards. No text made here holds a secret, or anything
 * that looks like one written in place of a reference. */
#ifndef COMMON_SHELL_SECRET_H
#define COMMON_SHELL_SECRET_H

#include "common/core/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	SECRET_BYTES_MAX = 8192, /* the longest secret; a buffer needs one more */
	SECRET_NOTE_BYTES = 256
};

/* What there is to say about a reference: an error's cause, or a warning. */
struct secret_note {
	char text[SECRET_NOTE_BYTES]; /* "" = nothing */
};

/* Writes the secret `reference` stands for into `out`, NUL-terminated, one line break at
 * its end taken off. A text that is no reference is the secret itself when `plain_allowed`,
 * else ERR_INVALID. Also ERR_INVALID: empty, or holding control characters (it would break
 * out of an HTTP header). ERR_NOTFOUND: no such variable or file; ERR_DENIED, ERR_IO;
 * ERR_LIMIT: longer than `cap` - 1 or SECRET_BYTES_MAX.
 * `note` says why on failure; on success it may warn (a file others can read). `out` is
 * wiped on failure. Blocks on the file system only. */
enum err secret_resolve(const char *reference, bool plain_allowed, char *out,
    size_t cap, struct secret_note *note) WARN_UNUSED;

/* The same for a text of several lines, such as a service account's JSON: line breaks and
 * tabs are no reason to refuse it. */
enum err secret_document(
    const char *reference, char *out, size_t cap, struct secret_note *note) WARN_UNUSED;

/* Overwrites `len` bytes in a way the compiler may not leave out. */
void secret_wipe(void *bytes, size_t len);

#endif
