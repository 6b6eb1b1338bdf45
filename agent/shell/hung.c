#include "agent/shell/hung.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
hung_given_up(struct hung *hung)
{
	hung->given_up++;
}

/* proc(5): num_threads is field 20 of stat; the second is in parentheses and may hold
 * anything, so fields are counted from behind it. */
uint32_t
hung_threads(void)
{
	char text[1024];
	const char *at;
	ssize_t len;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return 0;
	}
	len = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (len <= 0) {
		return 0;
	}
	text[len] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at != NULL && field < 20; field++) {
		at = strchr(at + 1, ' ');
	}
	return at == NULL ? 0 : (uint32_t)strtoul(at, NULL, 10);
}

bool
hung_too_many(struct hung *hung, uint32_t running)
{
	uint32_t threads;
	uint32_t idle;

	if (hung->given_up < HUNG_MAX) {
		return false;
	}
	threads = hung_threads();
	idle = threads > running ? threads - running : 0;
	if (idle < hung->given_up) {
		hung->given_up = idle;
	}
	return hung->given_up >= HUNG_MAX;
}
