#include "common/shell/log.h"

#include "common/shell/clock_sys.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_BYTES = 1024,
	EVENTS =
	    128 /* event names that are counted; further ones are never held back */
};

static atomic_int level_max = LOG_INFO;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
	const char *event;
	int64_t since_ns;
	unsigned written;
	unsigned held;
} counter[EVENTS];

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void
log_set_level(enum log_level level)
{
	atomic_store(&level_max, (int)level);
}

bool
log_level_find(const char *name, enum log_level *out_level)
{
	for (int i = 0; i <= (int)LOG_DEBUG; i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*out_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* True when the line may go out; `*out_held` is then how many did not since the last
 * one. */
static bool
admit(const char *event, int64_t now_ns, unsigned *out_held)
{
	bool admitted = true;

	*out_held = 0;
	for (size_t i = 0; i < EVENTS; i++) {
		if (counter[i].event == NULL) {
			counter[i].event = event;
			counter[i].since_ns = now_ns;
		}
		if (strcmp(counter[i].event, event) != 0) {
			continue;
		}
		if (now_ns - counter[i].since_ns > LOG_BURST_S * CLOCK_NS_PER_S) {
			*out_held = counter[i].held;
			counter[i].since_ns = now_ns;
			counter[i].written = 0;
			counter[i].held = 0;
		}
		admitted = counter[i].written < LOG_BURST;
		if (admitted) {
			counter[i].written++;
		} else {
			counter[i].held++;
		}
		break;
	}
	return admitted;
}

static size_t
stamp(struct wall at, char *out, size_t cap)
{
	time_t seconds = (time_t)(at.ns / CLOCK_NS_PER_S);
	struct tm parts;
	size_t len;
	int n;

	if (gmtime_r(&seconds, &parts) == NULL) {
		return 0;
	}
	len = strftime(out, cap, "%Y-%m-%dT%H:%M:%S", &parts);
	n = snprintf(out + len, cap - len, ".%03dZ ",
	    (int)(at.ns % CLOCK_NS_PER_S / CLOCK_NS_PER_MS));
	return n > 0 ? len + (size_t)n : len;
}

static size_t
clamp(int n, size_t room)
{
	if (n < 0) {
		return 0;
	}
	return (size_t)n < room ? (size_t)n : room - 1;
}

/* One event is one line, and no terminal is steered: C0, DEL, and C1 as UTF-8 has it. */
static void
blank_controls(char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)line[i];
		unsigned char next = i + 1 < len ? (unsigned char)line[i + 1] : 0;

		if (byte < 0x20 || byte == 0x7f) {
			line[i] = ' ';
		}
		if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
			line[i] = ' ';
			line[i + 1] = ' ';
		}
	}
}

void
log_line(enum log_level level, const char *event, const char *format, ...)
{
	char line[LINE_BYTES];
	struct now now;
	unsigned held = 0;
	va_list arguments;
	size_t len;
	bool admitted;

	if ((int)level > atomic_load(&level_max)) {
		return;
	}
	now = clock_sys_now();
	(void)pthread_mutex_lock(&mutex);
	admitted = level == LOG_DEBUG || admit(event, now.mono.ns, &held);
	(void)pthread_mutex_unlock(&mutex);
	if (!admitted) {
		return;
	}
	len = stamp(now.wall, line, sizeof(line));
	len += clamp(snprintf(line + len, sizeof(line) - len, "%s %s ",
			 level_names[level], event),
	    sizeof(line) - len);
	va_start(arguments, format);
	len += clamp(vsnprintf(line + len, sizeof(line) - len, format, arguments),
	    sizeof(line) - len);
	va_end(arguments);
	if (held > 0) {
		len += clamp(
		    snprintf(line + len, sizeof(line) - len, " held_back=%u", held),
		    sizeof(line) - len);
	}
	blank_controls(line, len);
	if (len > sizeof(line) - 1) {
		len = sizeof(line) - 1;
	}
	line[len++] = '\n';
	/* One write, so that lines of several threads do not mix. */
	if (write(STDERR_FILENO, line, len) < 0) {
		return; /* nowhere left to say it */
	}
}
