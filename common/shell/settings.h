/* settings - from the texts of a configuration file to values, with remarks
 * Room: common/shell.
 *
 * What agent.yaml and collector.yaml have in common. One `struct settings` goes through a
 * file; settings_scope() says which mapping is looked at, and every reader below takes the
 * key in it and the text found there (NULL: the key is not there, so the default holds).
 * What is wrong is added to the remarks with the line of `scope.key`, and reading goes on
 * with a harmless value, so that one run shows everything. */
#ifndef COMMON_SHELL_SETTINGS_H
#define COMMON_SHELL_SETTINGS_H

#include "common/shell/remarks.h"
#include "common/shell/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SETTINGS_PATH_BYTES = 160
};

struct settings {
	const struct yaml_file *yaml; /* borrowed */
	struct remarks *remarks;      /* borrowed */
	char scope[SETTINGS_PATH_BYTES];
};

/* What a number or a duration may be. */
struct settings_range {
	int64_t min;
	int64_t max;
	int64_t fallback;
};

/* Starts at the top of the file. */
void settings_init(
    struct settings *settings, const struct yaml_file *yaml, struct remarks *remarks);

/* Looks at "targets[2]", "policy", or "" for the top. */
void settings_scope(struct settings *settings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds `scope.key ` and the text, which should read "what, expected what". `key` may be ""
 * (the mapping itself) or "regions[1]". */
void settings_error(const struct settings *settings, const char *key,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
void settings_warn(const struct settings *settings, const char *key, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* A text worth repeating in a remark: at most 40 printable ASCII characters of it. */
struct settings_quote {
	char text[48];
};
struct settings_quote settings_quote(const char *text);

/* `text` itself, or `fallback` when there is none. */
const char *settings_text(const char *text, const char *fallback);

/* A name of ours (syntax_is_name); says so when it is not. False then. */
bool settings_name(const struct settings *settings, const char *key, const char *name);

/* Nanoseconds inside `range`. */
int64_t settings_duration(const struct settings *settings, const char *key,
    const char *text, const struct settings_range *range);

/* Bytes inside `range`. */
uint64_t settings_bytes(const struct settings *settings, const char *key,
    const char *text, const struct settings_range *range);

/* A decimal number inside `range`. */
int64_t settings_number(const struct settings *settings, const char *key,
    const char *text, const struct settings_range *range);

/* An amount of US dollars, in millionths: "5", "0.134"; never through floating point. */
int64_t settings_money(const struct settings *settings, const char *key,
    const char *text, const struct settings_range *range);

/* "80%", as 80. */
int64_t settings_percent(const struct settings *settings, const char *key,
    const char *text, const struct settings_range *range);

/* "true" or "false", nothing else. */
bool settings_bool(
    const struct settings *settings, const char *key, const char *text, bool fallback);

/* The index of `text` in `names`, which NULL ends, or `fallback`. */
int settings_choice(const struct settings *settings, const char *key, const char *text,
    const char *const *names, int fallback);

/* "error", "warn", "info" or "debug". */
const char *settings_log_level(
    const struct settings *settings, const char *key, const char *text);

/* http:// or https://. The text is not repeated: it may hold a token. False after a remark. */
bool settings_http_url(
    const struct settings *settings, const char *key, const char *text);

/* tcp:// or tls+tcp:// with a port. Plain tcp beyond this machine needs `insecure`.
 * `out_needs_tls` becomes true for tls+tcp and is else left alone. */
void settings_nng_url(const struct settings *settings, const char *key,
    const char *text, bool insecure, bool *out_needs_tls);

/* A reference to a secret. The text is not repeated. */
void settings_reference(
    const struct settings *settings, const char *key, const char *text);

/* For --check: the reference can be resolved here and now; keeps nothing. */
void settings_try_secret(const struct settings *settings, const char *key,
    const char *reference, bool plain_allowed);

/* For --check: the file can be read here and now; "" is fine. */
void settings_try_file(
    const struct settings *settings, const char *key, const char *path);

#endif
