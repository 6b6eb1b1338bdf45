#include "collector/shell/api_json.h"

#include "collector/core/coverage.h"
#include "common/core/rfc3339.h"
#include "common/core/utf8.h"

#include <stdlib.h>
#include <string.h>

static json_t *
repaired(const char *text, size_t len)
{
	char *out = malloc(3 * len + 1);
	size_t out_len = 0;
	json_t *json;

	if (out == NULL) {
		return NULL;
	}
	for (size_t i = 0; i < len;) {
		size_t n = utf8_char(text + i, len - i);

		memcpy(out + out_len, n > 0 ? text + i : "\xef\xbf\xbd", n > 0 ? n : 3);
		out_len += n > 0 ? n : 3;
		i += n > 0 ? n : 1;
	}
	json = json_stringn(out, out_len);
	free(out);
	return json;
}

json_t *
api_json_text(const char *text)
{
	json_t *json = json_string(text);

	return json != NULL ? json : repaired(text, strlen(text));
}

json_t *
api_json_name(const char *name)
{
	return name[0] != '\0' ? api_json_text(name) : json_null();
}

json_t *
api_json_time(struct wall at)
{
	char text[RFC3339_BYTES];

	if (at.ns == 0) {
		return json_null();
	}
	rfc3339_write(at, text);
	return json_string(text);
}

json_t *
api_json_share(uint32_t ppm)
{
	return json_real((double)ppm / 1e6);
}

json_t *
api_json_nats(int32_t mnats)
{
	return json_real((double)mnats / 1e3);
}

json_t *
api_json_some(uint64_t value)
{
	return value != 0 ? json_integer((json_int_t)value) : json_null();
}

static json_t *
part(const char *text, size_t len)
{
	char *copy = strndup(text, len);
	json_t *json = copy != NULL ? api_json_text(copy) : NULL;

	free(copy);
	return json;
}

json_t *
api_json_split(const char *text, char separator)
{
	json_t *list = json_array();
	const char *at = text;

	while (list != NULL && *at != '\0') {
		const char *end = strchr(at, separator);
		size_t len = end != NULL ? (size_t)(end - at) : strlen(at);

		if (len > 0 && json_array_append_new(list, part(at, len)) != 0) {
			json_decref(list);
			return NULL;
		}
		at += end != NULL ? len + 1 : len;
	}
	return list;
}

int32_t
api_json_error_ppm(const struct view_counts *counts)
{
	uint64_t judged = (uint64_t)counts->ok + counts->failed;

	if (judged == 0) {
		return -1;
	}
	return (int32_t)((uint64_t)counts->failed * 1000000U / judged);
}

json_t *
api_json_coverage(uint64_t due, uint64_t came)
{
	int32_t ppm = coverage_ppm(due, came);

	return ppm >= 0 ? api_json_share((uint32_t)ppm) : json_null();
}

json_t *
api_json_counts(const struct view_counts *counts)
{
	int32_t error_ppm = api_json_error_ppm(counts);

	return json_pack("{sI sI sI sI sI sI so so so so so so}", "total",
	    (json_int_t)counts->total, "ok", (json_int_t)counts->ok, "failed",
	    (json_int_t)counts->failed, "rate_limited",
	    (json_int_t)counts->rate_limited, "neutral", (json_int_t)counts->neutral,
	    "due", (json_int_t)counts->due, "coverage",
	    api_json_coverage(counts->due, counts->came), "error_rate",
	    error_ppm >= 0 ? api_json_share((uint32_t)error_ppm) : json_null(),
	    "p50_us", api_json_some(counts->p50_us), "p95_us",
	    api_json_some(counts->p95_us), "last_outcome",
	    counts->last_at.ns != 0 ? json_string(outcome_name(counts->last_outcome))
				    : json_null(),
	    "last_at", api_json_time(counts->last_at));
}
