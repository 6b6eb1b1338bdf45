#include "agent/core/request_body.h"

#include "agent/core/request.h"
#include "common/core/json.h"

#include <string.h>

/* Members that are written here, wherever the plan's parameters are to join them; Google's
 * servers take both spellings. */
static const char *const own_gemini[] = {
    "responseModalities", "response_modalities", NULL};
static const char *const own_imagen[] = {
    "sampleCount", "sample_count", "includeRaiReason", "include_rai_reason", NULL};
static const char *const own_tokens[] = {"contents", NULL};
static const char *const own_openai[] = {"model", "prompt", "n", "stream", NULL};
static const char *const own_chat[] = {
    "model", "messages", "modalities", "provider", "usage", "stream", NULL};
static const char *const own_router[] = {
    "model", "prompt", "n", "provider", "stream", NULL};

/* The same, when the plan names a size. */
static const char *const sized_gemini[] = {"imageConfig", "image_config", NULL};
static const char *const sized_imagen[] = {
    "sampleImageSize", "sample_image_size", NULL};
static const char *const sized_openai[] = {"size", NULL};
static const char *const sized_chat[] = {"image_config", NULL};
static const char *const sized_router[] = {"resolution", "size", NULL};

/* A look through parameters. */
struct look {
	const char *const *own;
	const char *const *sized; /* NULL = no size is written */
	unsigned depth;
	bool object; /* the root is one */
	bool member; /* it has one */
	bool bad;
};

static bool
is_among(const char *const *names, const struct json_event *event)
{
	for (; names != NULL && *names != NULL; names++) {
		if (strlen(*names) == event->len &&
		    memcmp(*names, event->text, event->len) == 0) {
			return true;
		}
	}
	return false;
}

static void
look_begin(struct look *look, bool object)
{
	look->object = look->object || (look->depth == 0 && object);
	look->depth++;
	look->bad = look->bad || look->depth > REQUEST_PARAMETERS_DEPTH;
}

static void
on_event(void *context, const struct json_event *event)
{
	struct look *look = context;

	switch (event->kind) {
	case JSON_OBJECT_BEGIN:
	case JSON_ARRAY_BEGIN:
		look_begin(look, event->kind == JSON_OBJECT_BEGIN);
		break;
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		look->depth--;
		break;
	case JSON_KEY:
		look->member = true;
		if (look->depth == 1) {
			look->bad = look->bad || event->cut ||
				    is_among(look->own, event) ||
				    is_among(look->sized, event);
		}
		break;
	case JSON_TEXT:
	case JSON_NUMBER:
	case JSON_LITERAL_TRUE:
	case JSON_LITERAL_FALSE:
	case JSON_LITERAL_NULL:
	case JSON_KIND_COUNT:
		break;
	}
}

static void
fail(struct compose *out, enum err err)
{
	out->err = out->err == ERR_OK ? err : out->err;
}

/* Adds the members of the plan's parameters behind those of ours. */
static void
put_parameters(struct compose *out, const struct plan_probe *probe,
    const char *const *own, const char *const *sized)
{
	const char *text = plan_text(probe->parameters);
	size_t len = strlen(text);
	struct look look = {.own = own, .sized = probe->size[0] != '\0' ? sized : NULL};
	struct json json;

	if (len == 0) {
		return;
	}
	if (len > REQUEST_PARAMETERS_BYTES) {
		fail(out, ERR_LIMIT);
		return;
	}
	json_init(&json, on_event, &look);
	(void)json_push(&json, text, len);
	if (json_end(&json) != JSON_COMPLETE || !look.object || look.bad) {
		fail(out, ERR_INVALID);
		return;
	}
	if (look.member) {
		const char *open = strchr(text, '{');
		const char *close = strrchr(text, '}');
		compose_text(out, ",");
		compose_bytes(out, open + 1, (size_t)(close - open) - 1);
	}
}

/* `before`, and the size as a text. */
static void
put_size(struct compose *out, const struct plan_probe *probe, const char *before,
    const char *after)
{
	if (probe->size[0] != '\0') {
		compose_text(out, before);
		compose_json(out, probe->size);
		compose_text(out, after);
	}
}

static void
put_contents(struct compose *out, const char *prompt)
{
	compose_text(out, "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":");
	compose_json(out, prompt);
	compose_text(out, "}]}]");
}

static void
put_gemini(struct compose *out, const struct plan_probe *probe)
{
	put_contents(out, probe->prompt);
	compose_text(out, ",\"generationConfig\":"
			  "{\"responseModalities\":[\"IMAGE\",\"TEXT\"]");
	put_size(out, probe, ",\"imageConfig\":{\"imageSize\":", "}");
	put_parameters(out, probe, own_gemini, sized_gemini);
	compose_text(out, "}}");
}

static void
put_tokens(struct compose *out, const struct plan_probe *probe)
{
	put_contents(out, probe->prompt[0] != '\0' ? probe->prompt : "banana");
	put_parameters(out, probe, own_tokens, NULL);
	compose_text(out, "}");
}

/* With the reason asked for, what the filters take out is not simply missing. */
static void
put_imagen(struct compose *out, const struct plan_probe *probe)
{
	compose_text(out, "{\"instances\":[{\"prompt\":");
	compose_json(out, probe->prompt);
	compose_text(out, "}],\"parameters\":{\"sampleCount\":1,"
			  "\"includeRaiReason\":true");
	put_size(out, probe, ",\"sampleImageSize\":", "");
	put_parameters(out, probe, own_imagen, sized_imagen);
	compose_text(out, "}}");
}

/* The beginning that OpenAI's calls for pictures and OpenRouter's share. */
static void
put_prompt(struct compose *out, const struct plan_probe *probe)
{
	compose_text(out, "{\"model\":");
	compose_json(out, probe->model);
	compose_text(out, ",\"prompt\":");
	compose_json(out, probe->prompt);
	compose_text(out, ",\"n\":1");
}

static void
put_openai(struct compose *out, const struct plan_probe *probe)
{
	put_prompt(out, probe);
	put_size(out, probe, ",\"size\":", "");
	put_parameters(out, probe, own_openai, sized_openai);
	compose_text(out, "}");
}

/* One tag of the comma-separated list that `at` leads to; "" behind the last. */
static const char *
next_provider(const char *at, char *tag, size_t cap)
{
	size_t len = 0;

	at += strspn(at, ", ");
	while (at[len] != '\0' && at[len] != ',') {
		len++;
	}
	const char *next = at + len;
	while (len > 0 && at[len - 1] == ' ') {
		len--;
	}
	len = len < cap ? len : cap - 1;
	memcpy(tag, at, len);
	tag[len] = '\0';
	return next;
}

/* Whoever else would take the request must not hide that these cannot. */
static void
put_providers(struct compose *out, const struct plan_probe *probe)
{
	const char *at = plan_text(probe->providers);
	char tag[REQUEST_PROVIDERS_BYTES];
	bool any = false;

	if (at[0] == '\0') {
		return;
	}
	if (strlen(at) >= REQUEST_PROVIDERS_BYTES) {
		fail(out, ERR_LIMIT);
		return;
	}
	compose_text(out, ",\"provider\":{\"only\":[");
	for (;;) {
		at = next_provider(at, tag, sizeof(tag));
		if (tag[0] == '\0') {
			break;
		}
		compose_text(out, any ? "," : "");
		compose_json(out, tag);
		any = true;
	}
	compose_text(out, "],\"allow_fallbacks\":false}");
	if (!any) {
		fail(out, ERR_INVALID);
	}
}

static void
put_chat(struct compose *out, const struct plan_probe *probe)
{
	compose_text(out, "{\"model\":");
	compose_json(out, probe->model);
	compose_text(out, ",\"messages\":[{\"role\":\"user\",\"content\":");
	compose_json(out, probe->prompt);
	compose_text(out, "}],\"modalities\":[\"image\",\"text\"]");
	put_size(out, probe, ",\"image_config\":{\"image_size\":", "}");
	put_providers(out, probe);
	compose_text(out, ",\"usage\":{\"include\":true}");
	put_parameters(out, probe, own_chat, sized_chat);
	compose_text(out, "}");
}

static void
put_router(struct compose *out, const struct plan_probe *probe)
{
	put_prompt(out, probe);
	put_size(out, probe, ",\"resolution\":", "");
	put_providers(out, probe);
	put_parameters(out, probe, own_router, sized_router);
	compose_text(out, "}");
}

void
request_body(const struct plan_probe *probe, struct compose *out)
{
	switch (probe->kind) {
	case PROBE_GEMINI_IMAGE:
	case PROBE_GEMINI_STREAM:
	case PROBE_VERTEX_IMAGE:
		put_gemini(out, probe);
		break;
	case PROBE_GEMINI_TOKENS:
	case PROBE_VERTEX_TOKENS:
		put_tokens(out, probe);
		break;
	case PROBE_VERTEX_IMAGEN:
		put_imagen(out, probe);
		break;
	case PROBE_OPENAI_IMAGE:
		put_openai(out, probe);
		break;
	case PROBE_OPENROUTER_CHAT:
		put_chat(out, probe);
		break;
	case PROBE_OPENROUTER_IMAGE:
		put_router(out, probe);
		break;
	case PROBE_AISTUDIO_STATUS:
		compose_text(out, "[]");
		break;
	case PROBE_HTTP:
	case PROBE_GEMINI_MODEL:
	case PROBE_GEMINI_MODELS:
	case PROBE_OPENAI_MODELS:
	case PROBE_OPENROUTER_KEY:
	case PROBE_GCLOUD_STATUS:
	case PROBE_STATUSPAGE:
	case PROBE_OPENROUTER_ENDPOINTS:
	case PROBE_OPENROUTER_MODELS:
	case PROBE_GCLOUD_FEED:
	case PROBE_FEED:
	case PROBE_DATADOG_STATUS:
	case PROBE_TCP:
	case PROBE_TLS:
	case PROBE_DNS:
	case PROBE_ICMP:
	case PROBE_KIND_COUNT:
		break;
	}
}
