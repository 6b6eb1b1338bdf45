#include "agent/core/redact_result.h"

#include "common/core/limits.h"

#include <assert.h>
#include <string.h>

static const char *
clean_copy(
    const struct redact *redact, struct arena *arena, const char *text, size_t cap)
{
	char out[LIMIT_URL_BYTES];
	size_t len;

	assert(cap <= sizeof(out));
	if (text == NULL || text[0] == '\0') {
		return "";
	}
	len = redact_text(redact, text, strlen(text), false, out, cap);
	return strcmp(out, text) == 0 ? text : arena_text(arena, out, len);
}

/* An address is of no use with a hole in it: without its query, or not at all. */
static const char *
clean_url(const struct redact *redact, struct arena *arena, const char *text)
{
	const char *clean = clean_copy(redact, arena, text, LIMIT_URL_BYTES);
	const char *query = strpbrk(clean, "?#");
	const char *mark = strstr(clean, REDACT_MARK);

	if (mark == NULL) {
		return clean;
	}
	return query != NULL && query < mark
		   ? arena_text(arena, clean, (size_t)(query - clean))
		   : "";
}

static void
clean_observations(
    const struct redact *redact, struct arena *arena, struct result *result)
{
	struct observation *copy =
	    arena_take(arena, result->observation_len, sizeof(*copy));

	if (copy == NULL) {
		result->observation_len = 0;
	}
	for (uint32_t i = 0; i < result->observation_len; i++) {
		const struct observation *from = &result->observation[i];

		copy[i] = *from;
		copy[i].id = clean_copy(redact, arena, from->id, LIMIT_SERIES_BYTES);
		copy[i].title =
		    clean_copy(redact, arena, from->title, LIMIT_DETAIL_BYTES);
		copy[i].scope =
		    clean_copy(redact, arena, from->scope, LIMIT_DETAIL_BYTES);
		copy[i].url = clean_url(redact, arena, from->url);
	}
	result->observation = copy;
}

static void
clean_figures(const struct redact *redact, struct arena *arena, struct result *result)
{
	struct figure *copy = arena_take(arena, result->figure_len, sizeof(*copy));

	if (copy == NULL) {
		result->figure_len = 0;
	}
	for (uint32_t i = 0; i < result->figure_len; i++) {
		const struct figure *from = &result->figure[i];

		copy[i] = *from;
		copy[i].model =
		    clean_copy(redact, arena, from->model, LIMIT_SERIES_BYTES);
		copy[i].provider =
		    clean_copy(redact, arena, from->provider, LIMIT_SERIES_BYTES);
	}
	result->figure = copy;
}

void
redact_result(const struct redact *redact, struct arena *arena, struct result *result)
{
	const char *id;

	result->detail = clean_copy(redact, arena, result->detail, LIMIT_DETAIL_BYTES);
	id = clean_copy(redact, arena, result->request_id, LIMIT_REQUEST_ID_BYTES);
	result->request_id = id == result->request_id ? id : "";
	if (result->observation_len > 0) {
		clean_observations(redact, arena, result);
	}
	if (result->figure_len > 0) {
		clean_figures(redact, arena, result);
	}
}
