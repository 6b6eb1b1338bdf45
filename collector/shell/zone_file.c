#include "collector/shell/zone_file.h"

#include "collector/core/tzif.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Everything there is, at most `cap` bytes. */
static enum err
read_bytes(int fd, unsigned char *bytes, size_t cap, size_t *out_len)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t got = read(fd, bytes + len, cap - len);

		if (got < 0 && errno != EINTR) {
			return ERR_IO;
		}
		if (got == 0) {
			break;
		}
		len += got > 0 ? (size_t)got : 0;
	}
	*out_len = len;
	return ERR_OK;
}

static enum err
open_zone(const char *name, int *out_fd)
{
	char path[sizeof(ZONE_FILE_FOLDER) + ZONE_NAME_BYTES + 1];
	struct stat status;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", ZONE_FILE_FOLDER, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		return errno == ENOENT || errno == ENOTDIR ? ERR_NOTFOUND : ERR_IO;
	}
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		(void)close(fd);
		return ERR_NOTFOUND;
	}
	*out_fd = fd;
	return ERR_OK;
}

enum err
zone_file_read(const char *name, int64_t from_s, struct zone *out)
{
	unsigned char *bytes;
	size_t len = 0;
	enum err err;
	int fd;

	if (!zone_is_name(name)) {
		return ERR_INVALID;
	}
	if (strcmp(name, "UTC") == 0) {
		zone_utc(out);
		return ERR_OK;
	}
	err = open_zone(name, &fd);
	if (err != ERR_OK) {
		return err;
	}
	bytes = malloc(TZIF_BYTES_MAX + 1);
	err =
	    bytes != NULL ? read_bytes(fd, bytes, TZIF_BYTES_MAX + 1, &len) : ERR_NOMEM;
	(void)close(fd);
	if (err == ERR_OK) {
		err = tzif_read(bytes, len, name, from_s < 0 ? 0 : from_s, out);
	}
	free(bytes);
	return err;
}

const char *
zone_file_expected(enum err err)
{
	if (err == ERR_INVALID) {
		return "expected a name like Europe/Berlin";
	}
	if (err == ERR_NOTFOUND) {
		return "expected one of " ZONE_FILE_FOLDER ", see package tzdata";
	}
	return "expected its file to be readable and whole";
}
