#include "common/shell/settings.h"

#include "common/core/bytes.h"
#include "common/core/duration.h"
#include "common/core/syntax.h"
#include "common/shell/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	MESSAGE_BYTES = 640,
	CHOICES_BYTES = 512,
	QUOTE_LETTERS = 40,
	MONEY_DIGITS = 9, /* of whole dollars */
	MONEY_DECIMALS = 6,
	MONEY_TEXT_BYTES = 32
};

void
settings_init(
    struct settings *settings, const struct yaml_file *yaml, struct remarks *remarks)
{
	settings->yaml = yaml;
	settings->remarks = remarks;
	settings->scope[0] = '\0';
}

void
settings_scope(struct settings *settings, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(settings->scope, sizeof(settings->scope), format, args);
	va_end(args);
}

static void
add(const struct settings *settings, enum severity severity, const char *key,
    const char *message)
{
	const char *file = yaml_path(settings->yaml);
	char path[2 * SETTINGS_PATH_BYTES];
	const char *dot = settings->scope[0] != '\0' && key[0] != '\0' ? "." : "";

	(void)snprintf(path, sizeof(path), "%s%s%s", settings->scope, dot, key);
	remarks_add(settings->remarks, severity, file,
	    path[0] == '\0' ? 0 : yaml_locate(settings->yaml, path), "%s%s%s", path,
	    path[0] == '\0' ? "" : " ", message);
}

void
settings_error(
    const struct settings *settings, const char *key, const char *format, ...)
{
	char message[MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	add(settings, SEVERITY_ERROR, key, message);
}

void
settings_warn(const struct settings *settings, const char *key, const char *format, ...)
{
	char message[MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	add(settings, SEVERITY_WARNING, key, message);
}

struct settings_quote
settings_quote(const char *text)
{
	struct settings_quote quote;
	size_t len = 0;

	for (; len < QUOTE_LETTERS && text[len] != '\0'; len++) {
		bool printable = text[len] >= ' ' && text[len] < 0x7f;

		quote.text[len] = text[len];
		if (!printable || text[len] == '\'') {
			quote.text[len] = '?';
		}
	}
	quote.text[len] = '\0';
	if (text[len] != '\0') {
		(void)snprintf(quote.text + len, sizeof(quote.text) - len, "...");
	}
	return quote;
}

const char *
settings_text(const char *text, const char *fallback)
{
	return text == NULL ? fallback : text;
}

bool
settings_name(const struct settings *settings, const char *key, const char *name)
{
	if (syntax_is_name(name)) {
		return true;
	}
	settings_error(settings, key,
	    "is '%s', expected 1 to 63 of a-z 0-9 . _ - beginning with a letter or "
	    "digit",
	    settings_quote(name).text);
	return false;
}

int64_t
settings_duration(const struct settings *settings, const char *key, const char *text,
    const struct settings_range *range)
{
	int64_t duration_ns;

	if (text == NULL) {
		return range->fallback;
	}
	if (duration_parse(text, &duration_ns) != ERR_OK) {
		settings_error(settings, key,
		    "is '%s', expected a duration like 500ms, 90s, 5m or 1h30m",
		    settings_quote(text).text);
		return range->fallback;
	}
	if (duration_ns < range->min || duration_ns > range->max) {
		char min[DURATION_TEXT_BYTES];
		char max[DURATION_TEXT_BYTES];

		settings_error(settings, key, "is %s, expected %s to %s",
		    settings_quote(text).text, duration_text(range->min, min),
		    duration_text(range->max, max));
		return range->fallback;
	}
	return duration_ns;
}

uint64_t
settings_bytes(const struct settings *settings, const char *key, const char *text,
    const struct settings_range *range)
{
	uint64_t bytes;

	if (text == NULL) {
		return (uint64_t)range->fallback;
	}
	if (bytes_parse(text, &bytes) != ERR_OK) {
		settings_error(settings, key,
		    "is '%s', expected a size like 64MiB or 10GB",
		    settings_quote(text).text);
		return (uint64_t)range->fallback;
	}
	if (bytes < (uint64_t)range->min || bytes > (uint64_t)range->max) {
		char min[BYTES_TEXT_BYTES];
		char max[BYTES_TEXT_BYTES];

		settings_error(settings, key, "is %s, expected %s to %s",
		    settings_quote(text).text, bytes_text((uint64_t)range->min, min),
		    bytes_text((uint64_t)range->max, max));
		return (uint64_t)range->fallback;
	}
	return bytes;
}

int64_t
settings_number(const struct settings *settings, const char *key, const char *text,
    const struct settings_range *range)
{
	size_t len = text == NULL ? 0 : strspn(text, "0123456789");
	int64_t number = 0;

	if (text == NULL) {
		return range->fallback;
	}
	/* more than 9 digits are out of any range here, and would overflow */
	for (size_t i = 0; i < len && len <= 9; i++) {
		number = number * 10 + (text[i] - '0');
	}
	if (len == 0 || len > 9 || text[len] != '\0' || number < range->min ||
	    number > range->max) {
		settings_error(settings, key,
		    "is '%s', expected a number from %lld to %lld",
		    settings_quote(text).text, (long long)range->min,
		    (long long)range->max);
		return range->fallback;
	}
	return number;
}

/* Reads digits, and perhaps a point and up to MONEY_DECIMALS more. False for all else. */
static bool
read_money(const char *text, int64_t *out_micro)
{
	size_t whole = strspn(text, "0123456789");
	size_t decimals = 0;
	int64_t micro = 0;

	if (text[whole] == '.') {
		decimals = strspn(text + whole + 1, "0123456789");
	}
	if (whole == 0 || whole > MONEY_DIGITS || decimals > MONEY_DECIMALS ||
	    (text[whole] == '.' && decimals == 0) ||
	    text[whole + decimals + (text[whole] == '.' ? 1 : 0)] != '\0') {
		return false;
	}
	for (size_t i = 0; i < whole; i++) {
		micro = micro * 10 + (text[i] - '0');
	}
	for (size_t i = 0; i < MONEY_DECIMALS; i++) {
		micro = micro * 10 + (i < decimals ? text[whole + 1 + i] - '0' : 0);
	}
	*out_micro = micro;
	return true;
}

static void
money_text(int64_t micro, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%lld.%06lld", (long long)(micro / 1000000),
	    (long long)(micro % 1000000));
	for (size_t len = strlen(out); out[len - 1] == '0'; len--) {
		out[len - 1] = '\0';
	}
	if (out[strlen(out) - 1] == '.') {
		out[strlen(out) - 1] = '\0';
	}
}

int64_t
settings_money(const struct settings *settings, const char *key, const char *text,
    const struct settings_range *range)
{
	int64_t micro;

	if (text == NULL) {
		return range->fallback;
	}
	if (!read_money(text, &micro)) {
		settings_error(settings, key,
		    "is '%s', expected US dollars like 5 or 0.134, with at most 6 "
		    "decimals",
		    settings_quote(text).text);
		return range->fallback;
	}
	if (micro < range->min || micro > range->max) {
		char min[MONEY_TEXT_BYTES];
		char max[MONEY_TEXT_BYTES];

		money_text(range->min, min, sizeof(min));
		money_text(range->max, max, sizeof(max));
		settings_error(settings, key, "is %s, expected %s to %s US dollars",
		    settings_quote(text).text, min, max);
		return range->fallback;
	}
	return micro;
}

int64_t
settings_percent(const struct settings *settings, const char *key, const char *text,
    const struct settings_range *range)
{
	size_t digits = text == NULL ? 0 : strspn(text, "0123456789");
	int64_t percent = 0;

	if (text == NULL) {
		return range->fallback;
	}
	for (size_t i = 0; i < digits && digits <= 3; i++) {
		percent = percent * 10 + (text[i] - '0');
	}
	if (digits == 0 || digits > 3 || strcmp(text + digits, "%") != 0 ||
	    percent < range->min || percent > range->max) {
		settings_error(settings, key, "is '%s', expected %lld%% to %lld%%",
		    settings_quote(text).text, (long long)range->min,
		    (long long)range->max);
		return range->fallback;
	}
	return percent;
}

bool
settings_bool(
    const struct settings *settings, const char *key, const char *text, bool fallback)
{
	static const char *const names[] = {"false", "true", NULL};

	return settings_choice(settings, key, text, names, fallback ? 1 : 0) != 0;
}

int
settings_choice(const struct settings *settings, const char *key, const char *text,
    const char *const *names, int fallback)
{
	char choices[CHOICES_BYTES] = "";
	size_t len = 0;

	if (text == NULL) {
		return fallback;
	}
	for (int i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], text) == 0) {
			return i;
		}
		if (len < sizeof(choices)) {
			int more = snprintf(choices + len, sizeof(choices) - len,
			    "%s%s", i == 0 ? "" : ", ", names[i]);

			len += more > 0 ? (size_t)more : 0;
		}
	}
	settings_error(settings, key, "is '%s', expected one of %s",
	    settings_quote(text).text, choices);
	return fallback;
}

const char *
settings_log_level(const struct settings *settings, const char *key, const char *text)
{
	static const char *const names[] = {"error", "warn", "info", "debug", NULL};

	return names[settings_choice(settings, key, text, names, 2)];
}

bool
settings_http_url(const struct settings *settings, const char *key, const char *text)
{
	struct syntax_url url;

	if (syntax_url_split(text, &url) && (syntax_url_has_scheme(&url, "http") ||
						syntax_url_has_scheme(&url, "https"))) {
		return true;
	}
	settings_error(settings, key,
	    "is no web address, expected http:// or https://, a host, no user or "
	    "password");
	return false;
}

void
settings_nng_url(const struct settings *settings, const char *key, const char *text,
    bool insecure, bool *out_needs_tls)
{
	struct syntax_url url;

	if (!syntax_url_split(text, &url) || url.port == 0 || url.rest[0] != '\0' ||
	    (!syntax_url_has_scheme(&url, "tcp") &&
		!syntax_url_has_scheme(&url, "tls+tcp"))) {
		settings_error(settings, key,
		    "is no address, expected tls+tcp://HOST:PORT, or tcp://HOST:PORT "
		    "on "
		    "loopback");
	} else if (syntax_url_has_scheme(&url, "tls+tcp")) {
		*out_needs_tls = true;
	} else if (!syntax_url_is_loopback(&url) && !insecure) {
		settings_error(settings, key,
		    "is plain tcp beyond this machine, expected tls+tcp:// or "
		    "`insecure: true`");
	} else if (!syntax_url_is_loopback(&url)) {
		settings_warn(settings, key,
		    "is plain tcp beyond this machine: anybody on the way can read and "
		    "forge results, expected tls+tcp://");
	}
}

void
settings_reference(const struct settings *settings, const char *key, const char *text)
{
	if (!syntax_is_reference(text)) {
		settings_error(settings, key,
		    "is not a reference to a secret, expected env:NAME, file:PATH or "
		    "credential:NAME");
	}
}

void
settings_try_secret(const struct settings *settings, const char *key,
    const char *reference, bool plain_allowed)
{
	char secret[SECRET_BYTES_MAX + 1];
	struct secret_note note;
	enum err err;

	err = secret_resolve(reference, plain_allowed, secret, sizeof(secret), &note);
	secret_wipe(secret, sizeof(secret));
	if (err != ERR_OK) {
		settings_error(settings, key, "cannot be resolved: %s", note.text);
	} else if (note.text[0] != '\0') {
		settings_warn(settings, key, "is not well kept: %s", note.text);
	}
}

void
settings_try_file(const struct settings *settings, const char *key, const char *path)
{
	if (path[0] != '\0' && access(path, R_OK) != 0) {
		settings_error(settings, key,
		    "names a file that this user cannot read, expected a readable "
		    "file");
	}
}
