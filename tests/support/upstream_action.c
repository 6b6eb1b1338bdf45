#include "tests/support/upstream_action.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/upstream_bomb.h"
#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_shapes.h"

static const char *const tls_names[] = {
    [UPSTREAM_ACTION_TLS_GOOD] = "good",
    [UPSTREAM_ACTION_TLS_EXPIRED] = "expired",
    [UPSTREAM_ACTION_TLS_NOT_YET_VALID] = "not_yet_valid",
    [UPSTREAM_ACTION_TLS_WRONG_NAME] = "wrong_name",
    [UPSTREAM_ACTION_TLS_SELF_SIGNED] = "self_signed",
    [UPSTREAM_ACTION_TLS_GARBAGE_HELLO] = "garbage_hello",
};

const char *
upstream_action_tls_name(enum upstream_action_tls tls)
{
	return tls_names[tls];
}

static const char *
action_number(const json_t *value, int64_t max, int64_t *out_number)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > max)
		return "expected a whole number, not negative and not absurd";
	*out_number = json_integer_value(value);
	return NULL;
}

static const char *
action_bool(const json_t *value, bool *out_bool)
{
	if (!json_is_boolean(value))
		return "expected true or false";
	*out_bool = json_is_true(value);
	return NULL;
}

static const char *
action_text(const json_t *value, char *out_text, size_t cap)
{
	if (!json_is_string(value) || json_string_length(value) >= cap)
		return "expected a string that is not too long";
	(void)snprintf(out_text, cap, "%s", json_string_value(value));
	return NULL;
}

static const char *
action_body(struct upstream_action *action, const json_t *value)
{
	char *text;

	upstream_blob_drop(action->body);
	if (json_is_string(value)) {
		action->body = upstream_blob_new(
		    json_string_value(value), json_string_length(value));
		return NULL;
	}
	text = json_dumps(value, JSON_ENCODE_ANY);
	if (!text)
		return "expected a string or JSON";
	action->body = upstream_blob_new(text, strlen(text));
	free(text);
	if (!action->type[0])
		(void)snprintf(action->type, sizeof(action->type), "application/json");
	return NULL;
}

static const char *
action_body_file(
    const struct upstream *up, struct upstream_action *action, const json_t *value)
{
	if (!json_is_string(value))
		return "expected a path relative to --data";
	upstream_blob_drop(action->body);
	action->body = upstream_data(up, json_string_value(value));
	return action->body ? NULL : "no such file under --data";
}

static const char *
action_garbage(struct upstream_action *action, const json_t *value)
{
	static const char noise[] = "\x16\x03\x01\xff\xfe\x00garbage\r\n\r\n\x80\x81";

	upstream_blob_drop(action->garbage);
	action->garbage = NULL;
	if (json_is_string(value)) {
		action->garbage = upstream_blob_new(
		    json_string_value(value), json_string_length(value));
	} else if (json_is_true(value)) {
		action->garbage = upstream_blob_new(noise, sizeof(noise) - 1);
	} else {
		return "expected true or the bytes to send";
	}
	return NULL;
}

static const char *
action_tls(struct upstream_action *action, const json_t *value)
{
	size_t i;

	for (i = 0; json_is_string(value) && i < sizeof(tls_names) / sizeof(char *);
	     i++) {
		if (strcmp(tls_names[i], json_string_value(value)) == 0) {
			action->tls = (enum upstream_action_tls)i;
			return NULL;
		}
	}
	return "expected expired, not_yet_valid, wrong_name, self_signed or "
	       "garbage_hello";
}

static const char *
action_shape(struct upstream_action *action, const json_t *value)
{
	const char *error = action_text(value, action->shape, sizeof(action->shape));

	if (!error && !upstream_shapes_known(action->shape))
		error = "no such shape; GET /shapes lists them";
	return error;
}

static const char *
action_headers(const json_t *value)
{
	const char *name;
	json_t *text;

	if (!json_is_object(value))
		return "expected an object of strings";
	json_object_foreach((json_t *)(uintptr_t)value, name, text)
	{
		if (!json_is_string(text))
			return "expected an object of strings";
	}
	return NULL;
}

/* Members that are one number, and where it goes. */
static const struct action_field {
	const char *name;
	size_t offset;
	int64_t max;
} fields[] = {
    {"status", offsetof(struct upstream_action, status), 999},
    {"delay_ms", offsetof(struct upstream_action, delay_ms), 3600000},
    {"stall_after_bytes", offsetof(struct upstream_action, stall_after_bytes),
	INT32_MAX},
    {"stall_ms", offsetof(struct upstream_action, stall_ms), 3600000},
    {"reset_after_bytes", offsetof(struct upstream_action, reset_after_bytes),
	INT32_MAX},
    {"close_after_bytes", offsetof(struct upstream_action, close_after_bytes),
	INT32_MAX},
    {"drip_bytes_per_s", offsetof(struct upstream_action, drip_bytes_per_s), INT32_MAX},
    {"content_encoding_bomb", offsetof(struct upstream_action, bomb_mib), 65536},
};

static const struct action_field *
action_field(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

static const char *
action_flag(struct upstream_action *action, const char *name, const json_t *value)
{
	if (strcmp(name, "close") == 0)
		return action_bool(value, &action->close);
	if (strcmp(name, "refuse") == 0)
		return action_bool(value, &action->refuse);
	if (strcmp(name, "accept_hang") == 0)
		return action_bool(value, &action->accept_hang);
	return "unknown member of an action";
}

static const char *
action_member(const struct upstream *up, struct upstream_action *action,
    const char *name, const json_t *value)
{
	const struct action_field *field = action_field(name);

	if (field) {
		return action_number(value, field->max,
		    (int64_t *)(void *)((char *)action + field->offset));
	}
	if (strcmp(name, "body") == 0)
		return action_body(action, value);
	if (strcmp(name, "body_file") == 0)
		return action_body_file(up, action, value);
	if (strcmp(name, "type") == 0)
		return action_text(value, action->type, sizeof(action->type));
	if (strcmp(name, "shape") == 0)
		return action_shape(action, value);
	if (strcmp(name, "headers") == 0)
		return action_headers(value);
	if (strcmp(name, "garbage") == 0)
		return action_garbage(action, value);
	if (strcmp(name, "bad_tls") == 0)
		return action_tls(action, value);
	return action_flag(action, name, value);
}

static struct upstream_action *
action_blank(json_t *json)
{
	struct upstream_action *action = upstream_mem_zalloc(sizeof(*action));

	atomic_init(&action->refs, 1);
	action->json = json_deep_copy(json);
	action->status = -1;
	action->delay_ms = -1;
	action->stall_after_bytes = -1;
	action->stall_ms = -1;
	action->reset_after_bytes = -1;
	action->close_after_bytes = -1;
	action->drip_bytes_per_s = -1;
	action->bomb_mib = -1;
	return action;
}

struct upstream_action *
upstream_action_new(const struct upstream *up, json_t *json, char *out_error)
{
	struct upstream_action *action;
	const char *error = NULL;
	const char *name;
	json_t *value;

	if (!json_is_object(json)) {
		(void)snprintf(
		    out_error, UPSTREAM_ACTION_ERROR_MAX, "action: expected an object");
		return NULL;
	}
	action = action_blank(json);
	json_object_foreach(json, name, value)
	{
		error = action_member(up, action, name, value);
		if (error)
			break;
	}
	if (!error)
		return action;
	(void)snprintf(
	    out_error, UPSTREAM_ACTION_ERROR_MAX, "action.%.60s: %s", name, error);
	upstream_action_drop(action);
	return NULL;
}

struct upstream_action *
upstream_action_keep(struct upstream_action *action)
{
	atomic_fetch_add(&action->refs, 1);
	return action;
}

void
upstream_action_drop(struct upstream_action *action)
{
	if (!action || atomic_fetch_sub(&action->refs, 1) != 1)
		return;
	upstream_blob_drop(action->body);
	upstream_blob_drop(action->garbage);
	json_decref(action->json);
	free(action);
}

bool
upstream_action_is_raw(const struct upstream_action *action)
{
	return action->refuse || action->accept_hang ||
	       action->tls != UPSTREAM_ACTION_TLS_GOOD;
}

static void
action_own_body(const struct upstream_action *action, struct upstream_answer *out)
{
	const struct upstream_blob *body = action->body;
	int status = action->status < 0 ? 200 : (int)action->status;
	const char *type = action->type;

	if (!type[0]) {
		type = "text/plain; charset=utf-8";
		if (body->len && (body->bytes[0] == '{' || body->bytes[0] == '[')) {
			type = "application/json";
		} else if (body->len && body->bytes[0] == '<') {
			type = "text/html";
		}
	}
	upstream_answer_blob(out, status, type, upstream_blob_keep(action->body));
}

static void
action_own_status(const struct upstream_action *action, struct upstream_answer *out)
{
	char text[64];

	if (action->status == 204 || action->status == 304) {
		upstream_answer_blob(out, (int)action->status, NULL, NULL);
		return;
	}
	(void)snprintf(
	    text, sizeof(text), "{\"error\":{\"code\":%d}}\n", (int)action->status);
	upstream_answer_text(out, (int)action->status, "application/json", text);
}

void
upstream_action_answer(const struct upstream_action *action,
    const struct upstream_request *request, struct upstream_answer *out)
{
	const char *name;
	json_t *value;

	if (action->bomb_mib >= 0) {
		upstream_answer_blob(out,
		    action->status < 0 ? 200 : (int)action->status, "application/json",
		    upstream_bomb_new((unsigned)action->bomb_mib));
		upstream_answer_header(out, "Content-Encoding", "gzip");
	} else if (action->body) {
		action_own_body(action, out);
	} else if (action->shape[0]) {
		upstream_shapes_answer(action->shape, request, out);
		if (action->status >= 0)
			out->status = (int)action->status;
	} else if (action->status >= 0) {
		action_own_status(action, out);
	} else {
		upstream_route(request, out);
	}
	json_object_foreach(json_object_get(action->json, "headers"), name, value)
	{
		upstream_answer_header(out, name, json_string_value(value));
	}
}
