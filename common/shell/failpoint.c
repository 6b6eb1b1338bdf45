#include "common/shell/failpoint.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PASSINGS_MAX = 1000000
};

#define FAILPOINT_TEXT(name, text) [name] = (text),
static const char *const texts[FAILPOINT_COUNT] = {FAILPOINT_TABLE(FAILPOINT_TEXT)};

bool failpoint_is_armed;
static enum failpoint chosen;
static atomic_long left; /* passings */

const char *
failpoint_name(enum failpoint point)
{
	assert(point < FAILPOINT_COUNT);
	return texts[point];
}

/* `NAME` or `NAME:N` */
static bool
parse(const char *text)
{
	size_t len = strcspn(text, ":");
	char *end = NULL;
	long count = 1;

	if (text[len] == ':') {
		count = strtol(text + len + 1, &end, 10);
		if (*end != '\0' || count < 1 || count > PASSINGS_MAX) {
			return false;
		}
	}
	for (size_t i = 0; i < FAILPOINT_COUNT; i++) {
		if (strlen(texts[i]) == len && memcmp(texts[i], text, len) == 0) {
			chosen = (enum failpoint)i;
			atomic_init(&left, count);
			return true;
		}
	}
	return false;
}

enum err
failpoint_init(void)
{
	const char *text = getenv("PARALLAX_FAILPOINT");

	if (text == NULL || text[0] == '\0') {
		return ERR_OK;
	}
	if (!parse(text)) {
		(void)fprintf(stderr,
		    "PARALLAX_FAILPOINT is '%s', expected NAME or NAME:N of "
		    "common/shell/failpoint.h\n",
		    text);
		return ERR_INVALID;
	}
	failpoint_is_armed = true;
	return ERR_OK;
}

void
failpoint_pass(enum failpoint point)
{
	if (point == chosen && atomic_fetch_sub(&left, 1) == 1) {
		(void)kill(getpid(), SIGKILL);
		for (;;) {
			(void)pause(); /* another thread may take the signal first */
		}
	}
}
