#include "collector/shell/conf_parameters.h"

#include "common/core/json.h"

#include <stdio.h>
#include <string.h>

enum {
	DEPTH_MAX = 4, /* the object itself is the first */
	OWN_MAX = 9
};

/* What agents write themselves, each with how Google's servers spell it too: a second member
 * of that name would leave it to the server which of them counts. Those behind the bar are
 * written where the plan names a size. `stream` would turn the answer into another one. */
static const struct own {
	enum probe_kind kind;
	const char *member[OWN_MAX + 1];
	const char *sized[3];
} owns[] = {
    {PROBE_GEMINI_IMAGE, {"responseModalities", "response_modalities"},
	{"imageConfig", "image_config"}},
    {PROBE_GEMINI_STREAM, {"responseModalities", "response_modalities"},
	{"imageConfig", "image_config"}},
    {PROBE_VERTEX_IMAGE, {"responseModalities", "response_modalities"},
	{"imageConfig", "image_config"}},
    {PROBE_VERTEX_IMAGEN,
	{"sampleCount", "sample_count", "includeRaiReason", "include_rai_reason"},
	{"sampleImageSize", "sample_image_size"}},
    {PROBE_GEMINI_TOKENS, {"contents"}, {NULL}},
    {PROBE_VERTEX_TOKENS, {"contents"}, {NULL}},
    {PROBE_OPENAI_IMAGE, {"model", "prompt", "n", "stream"}, {"size"}},
    {PROBE_OPENROUTER_CHAT,
	{"model", "messages", "modalities", "provider", "usage", "stream"},
	{"image_config"}},
    {PROBE_OPENROUTER_IMAGE, {"model", "prompt", "n", "provider", "stream"},
	{"resolution", "size"}},
};

static const struct own *
own_of(enum probe_kind kind)
{
	for (size_t i = 0; i < sizeof(owns) / sizeof(owns[0]); i++) {
		if (owns[i].kind == kind) {
			return &owns[i];
		}
	}
	return NULL;
}

bool
conf_parameters_allowed(enum probe_kind kind)
{
	return own_of(kind) != NULL;
}

struct reading {
	const struct own *own;
	bool with_size;
	const char *found; /* the first member of ours that is there */
	unsigned depth;
	unsigned deepest;
	bool is_object;
};

static const char *
find(const char *const *names, const struct json_event *event)
{
	for (; *names != NULL; names++) {
		if (strlen(*names) == event->len &&
		    memcmp(*names, event->text, event->len) == 0) {
			return *names;
		}
	}
	return NULL;
}

static void
take_key(struct reading *reading, const struct json_event *event)
{
	if (reading->found == NULL) {
		reading->found = find(reading->own->member, event);
	}
	if (reading->found == NULL && reading->with_size) {
		reading->found = find(reading->own->sized, event);
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
		reading->deepest = reading->depth > reading->deepest ? reading->depth
								     : reading->deepest;
	} else if (event->kind == JSON_OBJECT_END || event->kind == JSON_ARRAY_END) {
		reading->depth--;
	}
}

bool
conf_parameters_check(
    const struct settings *settings, const char *text, const struct plan_probe *probe)
{
	struct reading reading = {
	    .own = own_of(probe->kind), .with_size = probe->size[0] != '\0'};
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
	if (reading.deepest > DEPTH_MAX) {
		settings_error(settings, "parameters",
		    "is %u levels deep, expected at most %d", reading.deepest,
		    DEPTH_MAX);
		return false;
	}
	if (reading.found != NULL) {
		settings_error(settings, "parameters",
		    "has the member '%s', which probes of kind %s write themselves, "
		    "expected others",
		    reading.found, probe_kind_name(probe->kind));
		return false;
	}
	return true;
}
