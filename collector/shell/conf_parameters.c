#include "collector/shell/conf_parameters.h"

#include "common/core/json.h"

#include <stdio.h>
#include <string.h>

/* What probes of the kind write themselves; a second member of that name would leave it to
 * the server which of them counts. */
static const char *const *
own_members(enum probe_kind kind)
{
	static const char *const gemini[] = {"contents", "generationConfig", NULL};
	static const char *const imagen[] = {"instances", NULL};
	static const char *const openai[] = {"model", "prompt", "n", "size", NULL};
	static const char *const chat[] = {
	    "model", "messages", "modalities", "provider", "stream", NULL};
	static const char *const image[] = {
	    "model", "prompt", "n", "size", "provider", NULL};

	if (kind == PROBE_VERTEX_IMAGEN) {
		return imagen;
	}
	if (kind == PROBE_OPENROUTER_CHAT) {
		return chat;
	}
	if (kind == PROBE_OPENROUTER_IMAGE) {
		return image;
	}
	return probe_traits(kind)->family == FAMILY_GOOGLE ? gemini : openai;
}

struct reading {
	const char *const *own;
	const char *found; /* the first of them that is there */
	unsigned depth;
	bool is_object;
};

static void
take_key(struct reading *reading, const struct json_event *event)
{
	for (const char *const *own = reading->own; *own != NULL; own++) {
		if (reading->found == NULL && strlen(*own) == event->len &&
		    memcmp(*own, event->text, event->len) == 0) {
			reading->found = *own;
		}
	}
}

static void
take(void *context, const struct json_event *event)
{
	struct reading *reading = context;

	if (event->kind == JSON_KEY && reading->depth == 1) {
		take_key(reading, event);
	} else if (event->kind == JSON_OBJECT_BEGIN ||
		   event->kind == JSON_ARRAY_BEGIN) {
		reading->is_object = reading->depth == 0
					 ? event->kind == JSON_OBJECT_BEGIN
					 : reading->is_object;
		reading->depth++;
	} else if (event->kind == JSON_OBJECT_END || event->kind == JSON_ARRAY_END) {
		reading->depth--;
	}
}

bool
conf_parameters_check(
    const struct settings *settings, const char *text, enum probe_kind kind)
{
	struct reading reading = {.own = own_members(kind)};
	size_t len = strlen(text);
	struct json json;

	if (len > CONF_PARAMETERS_BYTES) {
		settings_error(settings, "parameters",
		    "is too long, expected at most %d bytes", CONF_PARAMETERS_BYTES);
		return false;
	}
	json_init(&json, take, &reading);
	(void)json_push(&json, text, len);
	if (json_end(&json) != JSON_COMPLETE || !reading.is_object) {
		settings_error(settings, "parameters",
		    "is no JSON object, expected one like '{\"seed\": 1}'");
		return false;
	}
	if (reading.found != NULL) {
		settings_error(settings, "parameters",
		    "has the member '%s', which probes of kind %s write themselves, "
		    "expected others",
		    reading.found, probe_kind_name(kind));
		return false;
	}
	return true;
}
