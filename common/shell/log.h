/* log - one line an event, key=value, to stderr
 * Room: common/shell. Any thread; blocks only as long as stderr does.
 *
 *   2026-05-01T12:00:00.123Z warn spool.dropped n=3 reason=full
 *
 * The event name is stable and comes first, so that a test can wait for it and a person
 * can count it. Levels: error (someone must act), warn (we coped), info (state
 * changed), debug (each event and effect). One event name may write LOG_BURST lines in
 * LOG_BURST_S seconds; what is held back is counted and told with the next line that
 * passes. Values with spaces or quotes are the caller's to quote. Secrets never come
 * here: that is the caller's part. */
#ifndef COMMON_SHELL_LOG_H
#define COMMON_SHELL_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_ERROR = 0,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG
};

enum {
	LOG_BURST = 20,
	LOG_BURST_S = 10
};

/* Lines above `level` are not written. Default: LOG_INFO. */
void log_set_level(enum log_level level);

/* False when `name` is none of error, warn, info, debug. */
bool log_level_find(const char *name, enum log_level *out_level);

/* Writes one line: `event` and then the formatted key=value text. */
void log_line(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(event, ...) log_line(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)  log_line(LOG_WARN, event, __VA_ARGS__)
#define log_info(event, ...)  log_line(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_line(LOG_DEBUG, event, __VA_ARGS__)

#endif
