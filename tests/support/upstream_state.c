#include "tests/support/upstream_state.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/upstream_mem.h"

struct upstream_state {
	pthread_mutex_t lock;
	json_t *members;
	json_t *since; /* member -> seconds since 1970 */
};

static const char fresh[] =
    "{\"gemini_keys\":null,\"openai_keys\":null,\"openrouter_keys\":null,"
    "\"vertex_tokens\":null,"
    "\"gemini_models\":[\"gemini-3-pro-image-preview\",\"gemini-3-pro-image\","
    "\"nano-banana-pro-preview\",\"gemini-2.5-flash-image\",\"gemini-2.5-flash\","
    "\"imagen-4.0-generate-001\"],"
    "\"openai_models\":[\"gpt-image-1\",\"dall-e-3\",\"gemini-3-pro-image-preview\"],"
    "\"openrouter_models\":[\"google/gemini-3-pro-image-preview\","
    "\"google/gemini-2.5-flash-image\",\"openai/gpt-5-image\"],"
    "\"incidents\":\"empty\",\"statuspage\":\"operational\",\"aistudio\":\"empty\","
    "\"openrouter_endpoints\":\"normal\",\"openrouter_catalogue\":\"normal\","
    "\"openrouter_credit\":\"plenty\",\"feed\":\"empty\",\"datadog\":\"operational\","
    "\"statuspage_form\":\"statuspage\",\"picture_origin\":\"\","
    "\"picture_seconds\":3600,\"token_seconds\":3599,\"image\":\"recorded\"}";

struct upstream_state *
upstream_state_new(void)
{
	struct upstream_state *state = upstream_mem_zalloc(sizeof(*state));

	(void)pthread_mutex_init(&state->lock, NULL);
	upstream_state_reset(state);
	return state;
}

void
upstream_state_free(struct upstream_state *state)
{
	if (!state)
		return;
	json_decref(state->members);
	json_decref(state->since);
	(void)pthread_mutex_destroy(&state->lock);
	free(state);
}

static void
state_touch(struct upstream_state *state, const char *name)
{
	(void)json_object_set_new(state->since, name, json_integer(time(NULL)));
}

void
upstream_state_reset(struct upstream_state *state)
{
	const char *name;
	json_t *value;

	(void)pthread_mutex_lock(&state->lock);
	json_decref(state->members);
	json_decref(state->since);
	state->members = json_loads(fresh, 0, NULL);
	state->since = json_object();
	json_object_foreach(state->members, name, value)
	{
		state_touch(state, name);
	}
	(void)pthread_mutex_unlock(&state->lock);
}

static bool
state_is_word_list(const json_t *value)
{
	size_t i;

	for (i = 0; i < json_array_size(value); i++) {
		if (!json_is_string(json_array_get(value, i)))
			return false;
	}
	return json_is_array(value);
}

static bool
state_ends(const char *name, const char *end)
{
	size_t len = strlen(name);

	return len >= strlen(end) && strcmp(name + len - strlen(end), end) == 0;
}

static bool
state_fits(const char *name, const json_t *value)
{
	if (state_ends(name, "_models"))
		return state_is_word_list(value);
	if (state_ends(name, "_seconds"))
		return json_is_integer(value);
	if (state_ends(name, "_keys") || state_ends(name, "_tokens"))
		return json_is_null(value) || state_is_word_list(value);
	if (strcmp(name, "image") == 0) {
		return json_is_string(value) &&
		       strstr(" recorded own small ", json_string_value(value));
	}
	return json_is_string(value) || json_object_get(value, "body");
}

bool
upstream_state_put(struct upstream_state *state, json_t *json, const char **out_member)
{
	const char *name;
	json_t *value;
	bool good = json_is_object(json);

	*out_member = "";
	(void)pthread_mutex_lock(&state->lock);
	json_object_foreach(json, name, value)
	{
		if (good && (!json_object_get(state->members, name) ||
				!state_fits(name, value))) {
			*out_member = name;
			good = false;
		}
	}
	if (good) {
		json_object_foreach(json, name, value)
		{
			(void)json_object_set_new(
			    state->members, name, json_deep_copy(value));
			state_touch(state, name);
		}
	}
	(void)pthread_mutex_unlock(&state->lock);
	return good;
}

json_t *
upstream_state_list(struct upstream_state *state)
{
	json_t *list;
	const char *name;
	void *next;
	json_t *value;

	(void)pthread_mutex_lock(&state->lock);
	list = json_deep_copy(state->members);
	(void)pthread_mutex_unlock(&state->lock);
	json_object_foreach_safe(list, next, name, value)
	{
		if (json_is_array(value) && !state_ends(name, "_models")) {
			(void)json_object_set_new(list, name,
			    json_integer((json_int_t)json_array_size(value)));
		}
	}
	return list;
}

json_t *
upstream_state_member(struct upstream_state *state, const char *name, time_t *out_since)
{
	json_t *copy;

	(void)pthread_mutex_lock(&state->lock);
	copy = json_deep_copy(json_object_get(state->members, name));
	if (out_since) {
		*out_since =
		    (time_t)json_integer_value(json_object_get(state->since, name));
	}
	(void)pthread_mutex_unlock(&state->lock);
	return copy;
}

static bool
state_list_has(const json_t *list, const char *word)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		if (strcmp(json_string_value(json_array_get(list, i)), word) == 0)
			return true;
	}
	return false;
}

bool
upstream_state_has_key(struct upstream_state *state, const char *name, const char *key)
{
	const json_t *list;
	bool found;

	(void)pthread_mutex_lock(&state->lock);
	list = json_object_get(state->members, name);
	if (json_is_array(list)) {
		found = state_list_has(list, key);
	} else {
		found = key[0] && strncmp(key, "bad", 3) != 0;
	}
	(void)pthread_mutex_unlock(&state->lock);
	return found;
}

bool
upstream_state_has(struct upstream_state *state, const char *name, const char *word)
{
	bool found;

	(void)pthread_mutex_lock(&state->lock);
	found = state_list_has(json_object_get(state->members, name), word);
	(void)pthread_mutex_unlock(&state->lock);
	return found;
}
