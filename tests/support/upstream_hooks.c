#include "tests/support/upstream_hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <microhttpd.h>

#include "tests/support/upstream.h"
#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_wait.h"

#define NAME_MAX_BYTES 64

struct upstream_hooks {
	struct upstream_wait wait; /* its lock guards everything below */
	json_t *deliveries;        /* of all names, oldest first */
	uint64_t dropped;
};

/* What the channels call success; HTTP 200 alone is not. */
static const struct success {
	const char *name;
	int status;
	const char *type;
	const char *body;
} successes[] = {
    {"feishu", 200, "application/json",
	"{\"StatusCode\":0,\"StatusMessage\":\"success\",\"code\":0,\"data\":{},"
	"\"msg\":\"success\"}"},
    {"lark", 200, "application/json", "{\"code\":0,\"data\":{},\"msg\":\"success\"}"},
    {"wecom", 200, "application/json", "{\"errcode\":0,\"errmsg\":\"ok\"}"},
    {"dingtalk", 200, "application/json", "{\"errcode\":0,\"errmsg\":\"ok\"}"},
    {"slack", 200, "text/html", "ok"},
    {"telegram", 200, "application/json",
	"{\"ok\":true,\"result\":{\"message_id\":1,\"chat\":{\"id\":1}}}"},
    {"pagerduty", 202, "application/json",
	"{\"status\":\"success\",\"message\":\"Event "
	"processed\",\"dedup_key\":\"loop\"}"},
    {"discord", 200, "application/json", "{\"id\":\"1\"}"},
    {"", 200, "application/json", "{\"ok\":true}"},
};

struct upstream_hooks *
upstream_hooks_new(void)
{
	struct upstream_hooks *hooks = upstream_mem_zalloc(sizeof(*hooks));

	upstream_wait_init(&hooks->wait);
	hooks->deliveries = json_array();
	return hooks;
}

void
upstream_hooks_free(struct upstream_hooks *hooks)
{
	if (!hooks)
		return;
	json_decref(hooks->deliveries);
	upstream_wait_done(&hooks->wait);
	free(hooks);
}

void
upstream_hooks_clear(struct upstream_hooks *hooks)
{
	upstream_wait_lock(&hooks->wait);
	(void)json_array_clear(hooks->deliveries);
	hooks->dropped = 0;
	upstream_wait_unlock(&hooks->wait);
}

static bool
hooks_is_of(const json_t *delivery, const char *name)
{
	return strcmp(json_string_value(json_object_get(delivery, "name")), name) == 0;
}

static uint64_t
hooks_count(const struct upstream_hooks *hooks, const char *name)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < json_array_size(hooks->deliveries); i++) {
		count +=
		    hooks_is_of(json_array_get(hooks->deliveries, i), name) ? 1 : 0;
	}
	return count;
}

bool
upstream_hooks_wait(
    struct upstream_hooks *hooks, const char *name, uint64_t wait, int64_t timeout_ms)
{
	int64_t until_ms = upstream_net_now_ms() + timeout_ms;
	bool done;

	upstream_wait_lock(&hooks->wait);
	for (;;) {
		done = hooks_count(hooks, name) >= wait;
		if (done || !upstream_wait_until(&hooks->wait, until_ms))
			break;
	}
	upstream_wait_unlock(&hooks->wait);
	return done;
}

json_t *
upstream_hooks_report(struct upstream_hooks *hooks, const char *name)
{
	json_t *list = json_array();
	json_t *report;
	size_t i;

	upstream_wait_lock(&hooks->wait);
	for (i = 0; i < json_array_size(hooks->deliveries); i++) {
		json_t *delivery = json_array_get(hooks->deliveries, i);
		if (hooks_is_of(delivery, name))
			(void)json_array_append_new(list, json_deep_copy(delivery));
	}
	report = json_pack("{s:I,s:I,s:o}", "count", (json_int_t)json_array_size(list),
	    "dropped", (json_int_t)hooks->dropped, "deliveries", list);
	upstream_wait_unlock(&hooks->wait);
	return report;
}

void
upstream_hooks_stop(struct upstream_hooks *hooks)
{
	upstream_wait_stop(&hooks->wait);
}

static enum MHD_Result
hooks_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	(void)json_object_set_new(cls, name, json_string(value ? value : ""));
	return MHD_YES;
}

static json_t *
hooks_delivery(const struct upstream_request *request, const char *name)
{
	json_t *headers = json_object();
	json_t *query = json_object();
	json_t *body = json_loadb(request->body, request->body_len,
	    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	json_t *text = json_stringn(request->body, request->body_len);
	const char *key;
	char client[UPSTREAM_NET_TEXT_MAX];
	struct timespec now;
	json_t *delivery;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)MHD_get_connection_values(
	    request->connection, MHD_HEADER_KIND, hooks_header, headers);
	(void)MHD_get_connection_values(
	    request->connection, MHD_GET_ARGUMENT_KIND, hooks_header, query);
	upstream_net_text(&request->client, client);
	key = upstream_header(request, "Idempotency-Key");
	delivery = json_pack("{s:s,s:s,s:s,s:I,s:s?,s:s,s:o,s:o}", "name", name,
	    "method", request->method, "path", request->path, "at_ms",
	    (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, "idempotency_key",
	    key, "client", client, "headers", headers, "query", query);
	/* `body` as it came (null unless UTF-8); `json` if it is JSON. */
	(void)json_object_set_new(delivery, "body", text ? text : json_null());
	(void)json_object_set_new(delivery, "json", body ? body : json_null());
	return delivery;
}

static void
hooks_keep(struct upstream_hooks *hooks, json_t *delivery)
{
	upstream_wait_lock(&hooks->wait);
	if (json_array_size(hooks->deliveries) == UPSTREAM_HOOKS_MAX) {
		(void)json_array_remove(hooks->deliveries, 0);
		hooks->dropped++;
	}
	(void)json_array_append_new(hooks->deliveries, delivery);
	upstream_wait_wake(&hooks->wait);
	upstream_wait_unlock(&hooks->wait);
}

static void
hooks_receive(const struct upstream_request *request, struct upstream_answer *out)
{
	const char *at = request->path + strlen("/hook/");
	const struct success *success = successes;
	char name[NAME_MAX_BYTES];

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "/"), at);
	while (strncmp(name, success->name, strlen(success->name)) != 0)
		success++;
	hooks_keep(request->up->hooks, hooks_delivery(request, name));
	upstream_answer_text(out, success->status, success->type, success->body);
}

const struct upstream_route upstream_hooks_routes[] = {
    {"POST", "/hook/*", hooks_receive},
    {"PUT", "/hook/*", hooks_receive},
    {NULL, NULL, NULL},
};
