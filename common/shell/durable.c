#include "common/shell/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err
err_of_errno(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOTFOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	default:
		return ERR_IO;
	}
}

static enum err
write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t len = write(fd, text, left);

		if (len < 0 && errno == EINTR) {
			continue;
		}
		if (len <= 0) {
			return err_of_errno();
		}
		text += len;
		left -= (size_t)len;
	}
	return fsync(fd) == 0 ? ERR_OK : err_of_errno();
}

/* A name is on the medium when its folder is. */
static enum err
sync_folder(const char *path)
{
	char copy[DURABLE_PATH_BYTES];
	enum err err = ERR_OK;
	int fd;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		return err_of_errno();
	}
	/* Some file systems have nothing to sync here, and say so. */
	if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP) {
		err = err_of_errno();
	}
	(void)close(fd);
	return err;
}

enum err
durable_rename(const char *from, const char *to)
{
	if (strlen(to) >= DURABLE_PATH_BYTES) {
		return ERR_LIMIT;
	}
	return rename(from, to) == 0 ? sync_folder(to) : err_of_errno();
}

enum err
durable_write(const char *path, const char *text, mode_t mode)
{
	char draft[DURABLE_PATH_BYTES];
	int len = snprintf(draft, sizeof(draft), "%s~", path);
	enum err err;
	int fd;

	if (len < 0 || (size_t)len >= sizeof(draft)) {
		return ERR_LIMIT;
	}
	(void)unlink(draft);
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0) {
		return err_of_errno();
	}
	err = write_all(fd, text);
	if (close(fd) != 0 && err == ERR_OK) {
		err = err_of_errno();
	}
	if (err == ERR_OK) {
		err = durable_rename(draft, path);
	}
	if (err != ERR_OK) {
		(void)unlink(draft);
	}
	return err;
}
