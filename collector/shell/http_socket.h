/* http_socket - the sockets people, programs and new agents ask the collector through
 * Room: collector/shell.
 *
 * Who may connect to the unix socket is decided by the file's mode (0660) and by the folder
 * it stands in; who may connect over TCP, by nobody. */
#ifndef COLLECTOR_SHELL_HTTP_SOCKET_H
#define COLLECTOR_SHELL_HTTP_SOCKET_H

#include "common/core/err.h"

#include <stddef.h>
#include <sys/stat.h>

struct http_socket {
	int fd; /* listening, close-on-exec; the owner's to close */
	dev_t device;
	ino_t inode;
};

/* Listens at `path`. A socket file left over by a dead process is removed; one that
 * answers is ERR_INUSE; a file that is no socket is ERR_EXISTS and is left alone. Other
 * errors: ERR_INVALID (path empty or too long for the address, 107 bytes), ERR_NOTFOUND
 * (no such folder), ERR_DENIED, ERR_IO. On failure `error` says what and where in one
 * line. Does not wait. */
enum err http_socket_open(const char *path, struct http_socket *out_socket, char *error,
    size_t cap) WARN_UNUSED;

/* Listens at `address`: "a.b.c.d:port", "[v6]:port" or "host:port", port 0 = any. ERR_INVALID:
 * none of these; ERR_INUSE, ERR_DENIED, ERR_NOTFOUND (no such address here), ERR_IO; `error`
 * as above. The descriptor is the caller's. May block on a name lookup. */
enum err http_socket_listen(
    const char *address, int *out_fd, char *error, size_t cap) WARN_UNUSED;

/* Removes the file at `path` if it is still the one that was opened, not a successor's. */
void http_socket_unlink(const struct http_socket *listener, const char *path);

#endif
