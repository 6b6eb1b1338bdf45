#include "tests/support/robots.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum {
	KINDS = 12,
	BODY_BYTES = 1 << 17
};

struct upload {
	size_t len;
	char body[BODY_BYTES];
};

/* What a robot sees of a request. */
struct seen {
	struct MHD_Connection *connection;
	const char *text;
	size_t len;
	json_t *json; /* NULL = none */
};

struct robot_kind {
	const char *path;
	/* NULL when it likes it, else what it does not like. */
	const char *(*check)(const struct seen *seen);
	unsigned yes_status;
	const char *yes;
	unsigned no_status;
	const char *no;
};

struct robot {
	unsigned count;
	char last[BODY_BYTES];
	char complaint[128];
	struct robots_next next;
	bool has_next;
};

struct robots {
	struct MHD_Daemon *daemon;
	pthread_mutex_t mutex;
	char url[64];
	struct robot robot[KINDS];
};

static const char *
argument(const struct seen *seen, const char *name)
{
	const char *value =
	    MHD_lookup_connection_value(seen->connection, MHD_GET_ARGUMENT_KIND, name);

	return value == NULL ? "" : value;
}

static const char *
header(const struct seen *seen, const char *name)
{
	const char *value =
	    MHD_lookup_connection_value(seen->connection, MHD_HEADER_KIND, name);

	return value == NULL ? "" : value;
}

/* By libcrypto, not by our own HMAC. */
static void
sign(const char *key, const char *message, char out[64])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	(void)HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)message,
	    strlen(message), digest, &len);
	(void)EVP_EncodeBlock((unsigned char *)out, digest, (int)len);
}

static const char *
check_feishu(const struct seen *seen)
{
	const char *type;
	const char *stamp;
	const char *given;
	json_t *elements;
	char key[128];
	char wanted[64];

	if (seen->len > 20480) {
		return "longer than 20 KB";
	}
	if (json_unpack(seen->json, "{s:s,s:s,s:s,s:{s:o}}", "msg_type", &type,
		"timestamp", &stamp, "sign", &given, "card", "elements",
		&elements) != 0 ||
	    strcmp(type, "interactive") != 0 || !json_is_array(elements)) {
		return "no signed card";
	}
	(void)snprintf(key, sizeof(key), "%s\n%s", stamp, ROBOTS_SECRET);
	sign(key, "", wanted);
	return strcmp(wanted, given) == 0 ? NULL : "sign match fail";
}

static const char *
check_wecom(const struct seen *seen)
{
	const char *content;

	if (json_unpack(seen->json, "{s:{s:s}}", "markdown", "content", &content) !=
	    0) {
		return "no markdown";
	}
	return strlen(content) <= 4096 ? NULL : "longer than 4096 bytes";
}

static const char *
check_dingtalk(const struct seen *seen)
{
	const char *title;
	const char *text;
	const char *uuid;
	char message[128];
	char wanted[64];

	if (json_unpack(seen->json, "{s:s,s:{s:s,s:s}}", "msgUuid", &uuid, "markdown",
		"title", &title, "text", &text) != 0) {
		return "no markdown";
	}
	(void)snprintf(message, sizeof(message), "%s\n%s", argument(seen, "timestamp"),
	    ROBOTS_SECRET);
	sign(ROBOTS_SECRET, message, wanted);
	if (strcmp(wanted, argument(seen, "sign")) != 0) {
		return "sign not match";
	}
	return strstr(text, "alert-word") != NULL ? NULL : "keywords not in content";
}

static const char *
check_slack(const struct seen *seen)
{
	json_t *blocks = json_object_get(
	    json_array_get(json_object_get(seen->json, "attachments"), 0), "blocks");
	const char *text = json_string_value(json_object_get(seen->json, "text"));
	size_t i;
	json_t *block;

	if (text == NULL || json_array_size(blocks) == 0 ||
	    json_array_size(blocks) > 50) {
		return "invalid_blocks";
	}
	json_array_foreach(blocks, i, block)
	{
		const char *type = json_string_value(json_object_get(block, "type"));
		const char *value = json_string_value(
		    json_object_get(json_object_get(block, "text"), "text"));
		size_t max = type != NULL && strcmp(type, "header") == 0 ? 150 : 3000;

		if (type == NULL || (value != NULL && strlen(value) > max)) {
			return "invalid_blocks";
		}
	}
	return NULL;
}

static const char *
check_pagerduty(const struct seen *seen)
{
	const char *key;
	const char *action;
	const char *dedup;
	const char *summary;
	const char *source;
	const char *severity;

	if (json_unpack(seen->json, "{s:s,s:s,s:s,s:{s:s,s:s,s:s}}", "routing_key",
		&key, "event_action", &action, "dedup_key", &dedup, "payload",
		"summary", &summary, "source", &source, "severity", &severity) != 0) {
		return "invalid event";
	}
	if (strcmp(key, ROBOTS_SECRET) != 0 || strlen(dedup) > 255) {
		return "invalid key";
	}
	return strlen(summary) <= 1024 ? NULL : "summary too long";
}

static const char *
check_alertmanager(const struct seen *seen)
{
	size_t i;
	json_t *alert;

	if (!json_is_array(seen->json)) {
		return "no array";
	}
	json_array_foreach(seen->json, i, alert)
	{
		json_t *labels = json_object_get(alert, "labels");
		const char *key;
		json_t *value;

		json_object_foreach(labels, key, value)
		{
			if (!json_is_string(value)) {
				return "labels are strings";
			}
		}
		if (json_object_get(labels, "alertname") == NULL ||
		    !json_is_string(json_object_get(alert, "startsAt"))) {
			return "no name or no time";
		}
	}
	return NULL;
}

static const char *
check_telegram(const struct seen *seen)
{
	const char *chat;
	const char *mode;
	const char *text;

	if (json_unpack(seen->json, "{s:s,s:s,s:s}", "chat_id", &chat, "parse_mode",
		&mode, "text", &text) != 0 ||
	    strcmp(chat, "-100123") != 0) {
		return "chat not found";
	}
	return strlen(text) <= 4096 ? NULL : "message is too long";
}

static const char *
check_discord(const struct seen *seen)
{
	json_t *embed = json_array_get(json_object_get(seen->json, "embeds"), 0);
	json_t *parse =
	    json_object_get(json_object_get(seen->json, "allowed_mentions"), "parse");
	const char *text = json_string_value(json_object_get(embed, "description"));

	if (strcmp(argument(seen, "wait"), "true") != 0) {
		return "does not wait";
	}
	if (!json_is_array(parse) || json_array_size(parse) != 0) {
		return "may mention";
	}
	return text != NULL && strlen(text) <= 4096 ? NULL : "no description";
}

static const char *
check_ntfy(const struct seen *seen)
{
	const char *topic = json_string_value(json_object_get(seen->json, "topic"));
	const char *text = json_string_value(json_object_get(seen->json, "message"));
	json_int_t priority =
	    json_integer_value(json_object_get(seen->json, "priority"));

	if (strcmp(header(seen, "Authorization"), "Bearer " ROBOTS_TOKEN) != 0) {
		return "unauthorized";
	}
	if (topic == NULL || text == NULL || strlen(text) > 4096) {
		return "no topic or no message";
	}
	return priority >= 1 && priority <= 5 ? NULL : "priority invalid";
}

static const char *
check_teams(const struct seen *seen)
{
	json_t *card = json_array_get(json_object_get(seen->json, "attachments"), 0);
	const char *type = json_string_value(
	    json_object_get(json_object_get(card, "content"), "type"));

	return type != NULL && strcmp(type, "AdaptiveCard") == 0 ? NULL : "no card";
}

static const char *
check_webhook(const struct seen *seen)
{
	return header(seen, "Idempotency-Key")[0] != '\0' ? NULL : "no key";
}

static const char *
check_beat(const struct seen *seen)
{
	return seen->len == 0 ? NULL : "a beat has no body";
}

static const struct robot_kind kinds[KINDS] = {
    {"/feishu", check_feishu, 200,
	"{\"StatusCode\":0,\"StatusMessage\":\"success\",\"code\":0,\"data\":{}}", 200,
	"{\"code\":19021,\"msg\":\"sign match fail\"}"},
    {"/wecom", check_wecom, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", 200,
	"{\"errcode\":40058,\"errmsg\":\"invalid\"}"},
    {"/dingtalk", check_dingtalk, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", 200,
	"{\"errcode\":310000,\"errmsg\":\"sign not match\"}"},
    {"/slack", check_slack, 200, "ok", 400, "invalid_blocks"},
    {"/pagerduty", check_pagerduty, 202,
	"{\"status\":\"success\",\"message\":\"Event processed\",\"dedup_key\":\"x\"}",
	400, "{\"status\":\"invalid event\"}"},
    {"/alertmanager/api/v2/alerts", check_alertmanager, 200, "", 400, "\"bad\""},
    {"/bot" ROBOTS_TOKEN "/sendMessage", check_telegram, 200,
	"{\"ok\":true,\"result\":{\"message_id\":7}}", 400,
	"{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request\"}"},
    {"/discord", check_discord, 200, "{\"id\":\"42\",\"type\":0}", 400,
	"{\"code\":50006,\"message\":\"Cannot send\"}"},
    {"/ntfy", check_ntfy, 200, "{\"id\":\"sPs71M8A2T\",\"event\":\"message\"}", 403,
	"{\"code\":40301,\"http\":403}"},
    {"/teams", check_teams, 202, "", 400, "bad"},
    {"/webhook", check_webhook, 200, "", 400, ""},
    {"/beat", check_beat, 200, "OK", 400, ""},
};

static struct robot *
find(struct robots *robots, const char *path)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].path, path) == 0) {
			return &robots->robot[i];
		}
	}
	return NULL;
}

/* The same for the caller's own paths: one that is not there is a mistake in the test. */
static struct robot *
known(struct robots *robots, const char *path)
{
	struct robot *robot = find(robots, path);

	if (robot == NULL) {
		abort();
	}
	return robot;
}

/* Half of what was promised. */
static ssize_t
give_half(void *context, uint64_t at, char *out, size_t max)
{
	(void)context;
	if (at > 0 || max == 0) {
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	out[0] = '{';
	return 1;
}

static enum MHD_Result
answer(struct MHD_Connection *connection, const struct robots_next *next)
{
	union {
		const char *in;
		void *out;
	} body = {.in = next->body}; /* libmicrohttpd copies it */
	struct MHD_Response *response;
	enum MHD_Result result;

	if (next->way == ROBOTS_LOSE) {
		return MHD_NO;
	}
	if (next->way == ROBOTS_HALF) {
		response =
		    MHD_create_response_from_callback(64, 64, give_half, NULL, NULL);
	} else {
		response = MHD_create_response_from_buffer(
		    strlen(next->body), body.out, MHD_RESPMEM_MUST_COPY);
	}
	if (next->retry_after != NULL) {
		(void)MHD_add_response_header(
		    response, "Retry-After", next->retry_after);
	}
	result = MHD_queue_response(connection, next->status, response);
	MHD_destroy_response(response);
	return result;
}

/* Looks at the request, and says how it is answered. */
static struct robots_next
look(struct robots *robots, const char *path, struct MHD_Connection *connection,
    const struct upload *upload)
{
	struct robot *robot = find(robots, path);
	const struct robot_kind *kind;
	struct robots_next next = {.status = 404, .body = "no such robot"};
	struct seen seen = {
	    .connection = connection, .text = upload->body, .len = upload->len};
	const char *complaint = "no JSON";

	if (robot == NULL) {
		return next;
	}
	kind = &kinds[robot - robots->robot];
	seen.json = json_loadb(upload->body, upload->len, JSON_REJECT_DUPLICATES, NULL);
	if (seen.json != NULL || upload->len == 0) {
		complaint = kind->check(&seen);
	}
	json_decref(seen.json);
	(void)pthread_mutex_lock(&robots->mutex);
	robot->count++;
	memcpy(robot->last, upload->body, upload->len + 1);
	(void)snprintf(robot->complaint, sizeof(robot->complaint), "%s",
	    complaint == NULL ? "" : complaint);
	if (robot->has_next) {
		next = robot->next;
		robot->has_next = false;
	} else {
		next.status = complaint == NULL ? kind->yes_status : kind->no_status;
		next.body = complaint == NULL ? kind->yes : kind->no;
	}
	(void)pthread_mutex_unlock(&robots->mutex);
	return next;
}

/* NOLINTBEGIN(readability-function-size): the parameters are the library's */
static enum MHD_Result
serve(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *data_len,
    void **state)
{
	struct robots *robots = context;
	struct upload *upload = *state;
	struct robots_next next;

	(void)method;
	(void)version;
	if (upload == NULL) {
		*state = calloc(1, sizeof(*upload));
		return *state == NULL ? MHD_NO : MHD_YES;
	}
	if (*data_len > 0) {
		size_t room = sizeof(upload->body) - 1 - upload->len;
		size_t part = *data_len < room ? *data_len : room;

		memcpy(upload->body + upload->len, data, part);
		upload->len += part;
		*data_len = 0;
		return MHD_YES;
	}
	next = look(robots, url, connection, upload);
	return answer(connection, &next);
}
/* NOLINTEND(readability-function-size) */

static void
completed(void *context, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	free(*state);
	*state = NULL;
}

struct robots *
robots_start(void)
{
	struct robots *robots = calloc(1, sizeof(*robots));
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (robots == NULL) {
		return NULL;
	}
	(void)pthread_mutex_init(&robots->mutex, NULL);
	robots->daemon =
	    MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, serve,
		robots, MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)&address,
		MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
	if (robots->daemon == NULL) {
		free(robots);
		return NULL;
	}
	(void)snprintf(robots->url, sizeof(robots->url), "http://127.0.0.1:%u",
	    (unsigned)MHD_get_daemon_info(robots->daemon, MHD_DAEMON_INFO_BIND_PORT)
		->port);
	return robots;
}

void
robots_stop(struct robots *robots)
{
	if (robots != NULL) {
		MHD_stop_daemon(robots->daemon);
		(void)pthread_mutex_destroy(&robots->mutex);
		free(robots);
	}
}

const char *
robots_url(const struct robots *robots)
{
	return robots->url;
}

void
robots_program(struct robots *robots, const struct robots_next *next)
{
	struct robot *robot = known(robots, next->path);

	(void)pthread_mutex_lock(&robots->mutex);
	robot->next = *next;
	robot->has_next = true;
	(void)pthread_mutex_unlock(&robots->mutex);
}

unsigned
robots_count(struct robots *robots, const char *path)
{
	unsigned count;

	(void)pthread_mutex_lock(&robots->mutex);
	count = known(robots, path)->count;
	(void)pthread_mutex_unlock(&robots->mutex);
	return count;
}

json_t *
robots_last(struct robots *robots, const char *path)
{
	json_t *json;

	(void)pthread_mutex_lock(&robots->mutex);
	json = json_loads(find(robots, path)->last, JSON_REJECT_DUPLICATES, NULL);
	(void)pthread_mutex_unlock(&robots->mutex);
	return json;
}

const char *
robots_complaint(struct robots *robots, const char *path)
{
	return find(robots, path)->complaint;
}
