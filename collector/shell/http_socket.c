#include "collector/shell/http_socket.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	BACKLOG = 64,
	MODE = 0660
};

static enum err
err_of(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOTFOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case EADDRINUSE:
		return ERR_INUSE;
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	case ENOMEM:
	case ENOBUFS:
		return ERR_NOMEM;
	case EMFILE:
	case ENFILE:
		return ERR_LIMIT;
	default:
		return ERR_IO;
	}
}

static enum err
fail(const char *what, const char *path, int number, char *error, size_t cap)
{
	(void)snprintf(error, cap, "%s: %s: %s", path, what, strerror(number));
	return err_of(number);
}

static int
stream_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* True when nobody listens at the existing socket file. Whatever is not a clear refusal
 * (a full backlog, no permission) counts as somebody. */
static bool
is_stale(const struct sockaddr_un *address)
{
	int fd = stream_socket();
	bool stale;

	if (fd < 0) {
		return false;
	}
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
		(void)close(fd);
		return false;
	}
	stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
		errno == ECONNREFUSED;
	(void)close(fd);
	return stale;
}

static enum err
clear_path(const struct sockaddr_un *address, char *error, size_t cap)
{
	const char *path = address->sun_path;
	struct stat info;

	if (lstat(path, &info) != 0) {
		if (errno == ENOENT) {
			return ERR_OK;
		}
		return fail(
		    "cannot look at the socket's path", path, errno, error, cap);
	}
	if (!S_ISSOCK(info.st_mode)) {
		(void)snprintf(error, cap,
		    "%s: there is a file that is not a socket; it was left alone",
		    path);
		return ERR_EXISTS;
	}
	if (!is_stale(address)) {
		(void)snprintf(error, cap,
		    "%s: another process answers on this socket; is a collector "
		    "running?",
		    path);
		return ERR_INUSE;
	}
	if (unlink(path) != 0 && errno != ENOENT) {
		return fail("cannot remove the stale socket", path, errno, error, cap);
	}
	return ERR_OK;
}

static enum err
listen_at(const struct sockaddr_un *address, struct http_socket *listener, char *error,
    size_t cap)
{
	const char *path = address->sun_path;
	struct stat info;

	if (bind(listener->fd, (const struct sockaddr *)address, sizeof(*address)) !=
	    0) {
		return fail("cannot bind", path, errno, error, cap);
	}
	/* Nobody can connect before listen(), so the mode is right from the first moment. */
	if (chmod(path, MODE) != 0 || lstat(path, &info) != 0 ||
	    listen(listener->fd, BACKLOG) != 0) {
		enum err err = fail("cannot listen", path, errno, error, cap);

		(void)unlink(path);
		return err;
	}
	listener->device = info.st_dev;
	listener->inode = info.st_ino;
	return ERR_OK;
}

enum err
http_socket_open(
    const char *path, struct http_socket *out_socket, char *error, size_t cap)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct http_socket listener = {.fd = -1};
	size_t len = strlen(path);
	enum err err;

	assert(cap > 0);
	if (len == 0 || len >= sizeof(address.sun_path)) {
		(void)snprintf(error, cap,
		    "'%s': a socket path of 1 to %zu bytes was expected, this has %zu",
		    path, sizeof(address.sun_path) - 1, len);
		return ERR_INVALID;
	}
	memcpy(address.sun_path, path, len + 1);
	err = clear_path(&address, error, cap);
	if (err != ERR_OK) {
		return err;
	}
	listener.fd = stream_socket();
	if (listener.fd < 0) {
		return fail("cannot make a socket", path, errno, error, cap);
	}
	err = listen_at(&address, &listener, error, cap);
	if (err != ERR_OK) {
		(void)close(listener.fd);
		return err;
	}
	*out_socket = listener;
	return ERR_OK;
}

/* Splits at the last colon; brackets around the host are taken off. */
static bool
split_address(const char *address, char host[256], const char **out_port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon != NULL ? (size_t)(colon - address) : 0;

	if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (len == 0 || len >= 256 || colon[1] == '\0') {
		return false;
	}
	memcpy(host, address, len);
	host[len] = '\0';
	*out_port = colon + 1;
	return true;
}

static enum err
listen_on(const struct addrinfo *info, const char *address, int *out_fd, char *error,
    size_t cap)
{
	int one = 1;
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, 0);
	enum err err = ERR_OK;

	if (fd < 0) {
		return fail("cannot make a socket", address, errno, error, cap);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		err = fail("cannot listen", address, errno, error, cap);
		(void)close(fd);
		return err;
	}
	*out_fd = fd;
	return ERR_OK;
}

enum err
http_socket_listen(const char *address, int *out_fd, char *error, size_t cap)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *info = NULL;
	const char *port;
	char host[256];
	enum err err = ERR_INVALID;

	if (!split_address(address, host, &port) ||
	    getaddrinfo(host, port, &hints, &info) != 0 || info == NULL) {
		(void)snprintf(error, cap,
		    "'%s': expected an address of this machine and a port", address);
		return err;
	}
	err = listen_on(info, address, out_fd, error, cap);
	freeaddrinfo(info);
	return err;
}

void
http_socket_unlink(const struct http_socket *listener, const char *path)
{
	struct stat info;

	if (lstat(path, &info) == 0 && info.st_dev == listener->device &&
	    info.st_ino == listener->inode) {
		(void)unlink(path);
	}
}
