#include "collector/cli/words.h"

#include "common/core/rfc3339.h"

#include <inttypes.h>
#include <string.h>

const char *
words_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

int64_t
words_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

double
words_real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

bool
words_is_null(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value == NULL || json_is_null(value);
}

const char *
words_list(const json_t *array, char *out, size_t cap)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));
		int n = snprintf(out + len, cap - len, "%s%s", i > 0 ? ", " : "",
		    text != NULL ? text : "");

		if (n < 0 || (size_t)n >= cap - len) {
			break;
		}
		len += (size_t)n;
	}
	return out;
}

static void
span_text(int64_t span_ns, char out[WORDS_BYTES])
{
	int64_t s = span_ns / CLOCK_NS_PER_S;

	if (s < 120) {
		(void)snprintf(out, WORDS_BYTES, "%" PRId64 " s", s);
	} else if (s < 7200) {
		(void)snprintf(out, WORDS_BYTES, "%" PRId64 " min", s / 60);
	} else if (s < 2 * 86400) {
		(void)snprintf(out, WORDS_BYTES, "%" PRId64 " h %" PRId64 " min",
		    s / 3600, s / 60 % 60);
	} else {
		(void)snprintf(out, WORDS_BYTES, "%" PRId64 " d %" PRId64 " h",
		    s / 86400, s / 3600 % 24);
	}
}

const char *
words_span(const char *from, const char *to, char out[WORDS_BYTES])
{
	struct wall begin;
	struct wall end;
	int64_t span_ns;

	if (!rfc3339_read(from, &begin) || !rfc3339_read(to, &end)) {
		(void)snprintf(out, WORDS_BYTES, "-");
		return out;
	}
	span_ns = wall_since(end, begin);
	span_text(span_ns > 0 ? span_ns : 0, out);
	return out;
}

const char *
words_age(const char *at, const char *now, char out[WORDS_BYTES])
{
	struct wall then;
	struct wall here;
	char span[WORDS_BYTES];
	int64_t age_ns;

	if (!rfc3339_read(at, &then) || !rfc3339_read(now, &here)) {
		(void)snprintf(out, WORDS_BYTES, "never");
		return out;
	}
	age_ns = wall_since(here, then);
	span_text(age_ns < 0 ? -age_ns : age_ns, span);
	(void)snprintf(out, WORDS_BYTES, "%s%.*s%s", age_ns < 0 ? "in " : "",
	    WORDS_BYTES - 8, span, age_ns < 0 ? "" : " ago");
	return out;
}

const char *
words_share(double share, char out[WORDS_BYTES])
{
	double percent = share * 100;

	if (percent > 99 && percent < 100) {
		double cut = (double)(int64_t)(percent * 10) / 10;

		(void)snprintf(out, WORDS_BYTES, "%.1f %%", cut);
	} else if (percent > 0 && percent < 0.1) {
		(void)snprintf(out, WORDS_BYTES, "<0.1 %%");
	} else if (percent > 0 && percent < 9.95) {
		(void)snprintf(out, WORDS_BYTES, "%.1f %%", percent);
	} else {
		(void)snprintf(out, WORDS_BYTES, "%.0f %%", percent);
	}
	return out;
}

const char *
words_duration(int64_t duration_us, char out[WORDS_BYTES])
{
	if (duration_us <= 0) {
		(void)snprintf(out, WORDS_BYTES, "-");
	} else if (duration_us < 1000) {
		(void)snprintf(out, WORDS_BYTES, "%" PRId64 " us", duration_us);
	} else if (duration_us < 1000000) {
		(void)snprintf(out, WORDS_BYTES, "%" PRId64 " ms", duration_us / 1000);
	} else {
		(void)snprintf(out, WORDS_BYTES, "%" PRId64 ".%" PRId64 " s",
		    duration_us / 1000000, duration_us / 100000 % 10);
	}
	return out;
}

const char *
words_integer(int64_t value, char out[WORDS_BYTES])
{
	(void)snprintf(out, WORDS_BYTES, "%" PRId64, value);
	return out;
}

const char *
words_nats(double nats, char out[WORDS_BYTES])
{
	(void)snprintf(out, WORDS_BYTES, "%+.2f", nats);
	return out;
}

const char *
words_raw(const json_t *object, const char *key, char out[WORDS_BYTES])
{
	const json_t *value = json_object_get(object, key);

	if (json_is_integer(value)) {
		return words_integer(json_integer_value(value), out);
	}
	if (json_is_real(value)) {
		(void)snprintf(out, WORDS_BYTES, "%.10g", json_real_value(value));
		return out;
	}
	if (json_is_boolean(value)) {
		return json_is_true(value) ? "true" : "false";
	}
	return words_text(object, key);
}

const char *
words_state(const char *state)
{
	if (strcmp(state, "down") == 0) {
		return "DOWN";
	}
	if (strcmp(state, "ok") == 0 || strcmp(state, "degraded") == 0) {
		return state;
	}
	return "no data";
}

enum writer_style
words_state_style(const char *state)
{
	if (strcmp(state, "ok") == 0) {
		return WRITER_GOOD;
	}
	if (strcmp(state, "down") == 0) {
		return WRITER_BAD;
	}
	return strcmp(state, "degraded") == 0 ? WRITER_WARN : WRITER_DIM;
}

enum writer_style
words_level_style(const char *level)
{
	if (strcmp(level, "critical") == 0) {
		return WRITER_BAD;
	}
	return strcmp(level, "warning") == 0 ? WRITER_WARN : WRITER_PLAIN;
}
