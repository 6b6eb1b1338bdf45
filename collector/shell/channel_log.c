#include "collector/shell/channel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void
failed(
    struct message_answer *answer, enum delivery delivery, const char *what, int error)
{
	char text[40];

	if (strerror_r(error, text, sizeof(text)) != 0) {
		(void)snprintf(text, sizeof(text), "error %d", error);
	}
	answer->delivery = delivery;
	(void)snprintf(answer->detail, sizeof(answer->detail), "%s: %s", what, text);
}

/* Whether the file's last line was left without its end, by us or by somebody else. */
static bool
is_torn(int fd, const struct stat *status)
{
	char last = '\n';

	if (!S_ISREG(status->st_mode) || status->st_size == 0) {
		return false;
	}
	return pread(fd, &last, 1, status->st_size - 1) == 1 && last != '\n';
}

static void
append(int fd, const char *json, size_t len, struct message_answer *answer)
{
	char line_break[] = "\n";
	union {
		const char *in;
		void *out;
	} alias = {.in = json}; /* writev() does not write through it */
	struct iovec part[3] = {{line_break, 0}, {alias.out, len}, {line_break, 1}};
	struct stat status = {0};
	ssize_t written;

	if (fstat(fd, &status) != 0) {
		failed(answer, DELIVERY_REJECTED_RETRY, "fstat", errno);
		return;
	}
	part[0].iov_len = is_torn(fd, &status) ? 1 : 0;
	do {
		written = writev(fd, part, 3);
	} while (written < 0 && errno == EINTR);
	if (written < 0) {
		failed(answer, DELIVERY_REJECTED_RETRY, "write", errno);
	} else if ((size_t)written != part[0].iov_len + len + 1) {
		failed(answer, DELIVERY_UNKNOWN, "write", ENOSPC);
	} else if (S_ISREG(status.st_mode) && fdatasync(fd) != 0) {
		failed(answer, DELIVERY_UNKNOWN, "fdatasync", errno);
	} else {
		answer->delivery = DELIVERY_DONE;
	}
}

void
channel_log_write(
    const char *path, const char *json, size_t len, struct message_answer *answer)
{
	int fd;

	if (path[0] == '\0') {
		append(STDERR_FILENO, json, len, answer);
		return;
	}
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0) {
		failed(answer, DELIVERY_REJECTED_RETRY, "open", errno);
		return;
	}
	append(fd, json, len, answer);
	(void)close(fd);
}
