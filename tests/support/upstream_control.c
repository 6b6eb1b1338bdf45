#include "tests/support/upstream_control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "tests/support/upstream_glob.h"
#include "tests/support/upstream_hooks.h"
#include "tests/support/upstream_image.h"
#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_oauth.h"
#include "tests/support/upstream_relay.h"
#include "tests/support/upstream_rules.h"
#include "tests/support/upstream_seen.h"
#include "tests/support/upstream_shapes.h"
#include "tests/support/upstream_state.h"
#include "tests/support/upstream_tls.h"

#define BODY_MAX        (8U << 20)
#define WAIT_DEFAULT_MS 30000
#define WAIT_MAX_MS     600000
#define LAST_DEFAULT    50

struct upstream_control {
	const struct upstream *up;
	struct MHD_Daemon *daemon;
};

/* A control request; only its connection's thread uses it. */
struct command {
	char *body;
	size_t len;
	bool too_large;
};

static void
control_error(struct upstream_answer *out, int status, const char *text)
{
	upstream_answer_json(out, status, json_pack("{s:s}", "error", text));
}

static void
control_done(struct upstream_answer *out)
{
	upstream_answer_json(out, 200, json_pack("{s:b}", "ok", 1));
}

/* A number from the query; `fallback` without one or if it is none. */
static long long
control_number(const struct upstream_request *request, const char *name,
    long long fallback, long long max)
{
	const char *text = upstream_query(request, name);
	char *end;
	long long number;

	if (!text || !*text)
		return fallback;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (*end || errno || number < 0)
		return fallback;
	return number < max ? number : max;
}

/* What follows the last '/' of the path. */
static const char *
control_name(const struct upstream_request *request)
{
	return strrchr(request->path, '/') + 1;
}

static void
control_healthz(const struct upstream_request *request, struct upstream_answer *out)
{
	(void)request;
	control_done(out);
}

static void
control_rules_get(const struct upstream_request *request, struct upstream_answer *out)
{
	upstream_answer_json(out, 200,
	    json_pack("{s:o}", "rules", upstream_rules_list(request->up->rules)));
}

static bool
control_rule_put(
    const struct upstream_request *request, json_t *rule, struct upstream_answer *out)
{
	char error[UPSTREAM_ACTION_ERROR_MAX];

	if (upstream_rules_put(request->up, request->up->rules, rule, error))
		return true;
	control_error(out, 400, error);
	return false;
}

static void
control_rules_put(const struct upstream_request *request, struct upstream_answer *out)
{
	json_error_t why;
	json_t *body = json_loadb(request->body, request->body_len, 0, &why);
	bool good = true;
	size_t i;

	if (!body) {
		control_error(out, 400, why.text);
		return;
	}
	if (!json_is_array(body))
		good = control_rule_put(request, body, out);
	for (i = 0; good && i < json_array_size(body); i++)
		good = control_rule_put(request, json_array_get(body, i), out);
	if (good)
		control_done(out);
	json_decref(body);
}

static void
control_rules_clear(const struct upstream_request *request, struct upstream_answer *out)
{
	upstream_rules_clear(request->up->rules);
	control_done(out);
}

static void
control_rule_delete(const struct upstream_request *request, struct upstream_answer *out)
{
	if (upstream_rules_delete(request->up->rules, control_name(request))) {
		control_done(out);
	} else {
		control_error(out, 404, "no rule of that id");
	}
}

static void
control_requests(const struct upstream_request *request, struct upstream_answer *out)
{
	struct upstream_seen_filter filter = {
	    .path = upstream_query(request, "path"),
	    .client = upstream_query(request, "client"),
	    .status = (int)control_number(request, "status", -1, 999),
	    .last = (int)control_number(request, "last", LAST_DEFAULT, 100000),
	};
	uint64_t wait = (uint64_t)control_number(request, "wait", 0, INT32_MAX);
	bool done = true;

	if (wait) {
		done = upstream_seen_wait(request->up->seen, &filter, wait,
		    control_number(
			request, "timeout_ms", WAIT_DEFAULT_MS, WAIT_MAX_MS));
	}
	upstream_answer_json(
	    out, done ? 200 : 408, upstream_seen_report(request->up->seen, &filter));
}

static void
control_hooks(const struct upstream_request *request, struct upstream_answer *out)
{
	const char *name = control_name(request);
	uint64_t wait = (uint64_t)control_number(request, "wait", 0, INT32_MAX);
	bool done = true;

	if (wait) {
		done = upstream_hooks_wait(request->up->hooks, name, wait,
		    control_number(
			request, "timeout_ms", WAIT_DEFAULT_MS, WAIT_MAX_MS));
	}
	upstream_answer_json(
	    out, done ? 200 : 408, upstream_hooks_report(request->up->hooks, name));
}

static void
control_hooks_clear(const struct upstream_request *request, struct upstream_answer *out)
{
	upstream_hooks_clear(request->up->hooks);
	control_done(out);
}

/* The picture's size is kept where it is used. */
static void
control_image(const struct upstream *up)
{
	json_t *word = upstream_state_member(up->state, "image", NULL);
	enum upstream_image_size size = UPSTREAM_IMAGE_RECORDED;

	if (strcmp(json_string_value(word), "own") == 0) {
		size = UPSTREAM_IMAGE_OWN;
	} else if (strcmp(json_string_value(word), "small") == 0) {
		size = UPSTREAM_IMAGE_SMALL;
	}
	json_decref(word);
	upstream_image_choose(up->image, size);
}

static void
control_state_get(const struct upstream_request *request, struct upstream_answer *out)
{
	upstream_answer_json(out, 200, upstream_state_list(request->up->state));
}

static void
control_state_put(const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);
	const char *member;

	if (upstream_state_put(request->up->state, body, &member)) {
		control_image(request->up);
		upstream_answer_json(out, 200, upstream_state_list(request->up->state));
	} else {
		char text[128];

		(void)snprintf(text, sizeof(text),
		    "%.60s: unknown member, wrong value, or no JSON object", member);
		control_error(out, 400, text);
	}
	json_decref(body);
}

static void
control_relays(const struct upstream_request *request, struct upstream_answer *out)
{
	upstream_answer_json(out, 200,
	    json_pack("{s:o}", "relays", upstream_relay_list(request->up->relays)));
}

static void
control_relay_put(const struct upstream_request *request, struct upstream_answer *out)
{
	json_t *body;
	char error[128];

	if (!upstream_relay_known(request->up->relays, control_name(request))) {
		control_error(out, 404, "no relay of that name");
		return;
	}
	body = json_loadb(request->body, request->body_len, 0, NULL);
	if (upstream_relay_put(request->up->relays, control_name(request), body, error,
		sizeof(error))) {
		control_done(out);
	} else {
		control_error(out, 400, error);
	}
	json_decref(body);
}

static void
control_shapes(const struct upstream_request *request, struct upstream_answer *out)
{
	(void)request;
	upstream_answer_json(
	    out, 200, json_pack("{s:o}", "shapes", upstream_shapes_list()));
}

static void
control_ca(const struct upstream_request *request, struct upstream_answer *out)
{
	if (request->up->tls) {
		upstream_answer_text(out, 200, "application/x-pem-file",
		    upstream_tls_ca_pem(request->up->tls));
	} else {
		control_error(out, 404, "there is no HTTPS listener");
	}
}

static void
control_account(const struct upstream_request *request, struct upstream_answer *out)
{
	const char *uri = upstream_query(request, "token_uri");
	json_t *account = NULL;

	if (uri)
		account = upstream_oauth_account(request->up->oauth, uri);
	if (account) {
		upstream_answer_json(out, 200, account);
	} else {
		control_error(out, 400, "token_uri: expected the address of /token");
	}
}

static void
control_tokens_clear(
    const struct upstream_request *request, struct upstream_answer *out)
{
	upstream_oauth_forget(request->up->oauth);
	control_done(out);
}

static void
control_reset(const struct upstream_request *request, struct upstream_answer *out)
{
	upstream_rules_clear(request->up->rules);
	upstream_state_reset(request->up->state);
	control_image(request->up);
	upstream_relay_reset(request->up->relays);
	upstream_oauth_forget(request->up->oauth);
	upstream_seen_clear(request->up->seen);
	upstream_hooks_clear(request->up->hooks);
	control_done(out);
}

static const struct upstream_route routes[] = {
    {"GET", "/healthz", control_healthz},
    {"GET", "/rules", control_rules_get},
    {"PUT", "/rules", control_rules_put},
    {"POST", "/rules", control_rules_put},
    {"DELETE", "/rules", control_rules_clear},
    {"DELETE", "/rules/*", control_rule_delete},
    {"GET", "/requests", control_requests},
    {"GET", "/hooks/*", control_hooks},
    {"DELETE", "/hooks", control_hooks_clear},
    {"GET", "/state", control_state_get},
    {"PUT", "/state", control_state_put},
    {"GET", "/relays", control_relays},
    {"PUT", "/relays/*", control_relay_put},
    {"GET", "/shapes", control_shapes},
    {"GET", "/ca.pem", control_ca},
    {"GET", "/service-account", control_account},
    {"DELETE", "/tokens", control_tokens_clear},
    {"POST", "/reset", control_reset},
};

static void
control_route(const struct upstream_request *request, struct upstream_answer *out)
{
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(routes[i].method, request->method) == 0 &&
		    upstream_glob_match(routes[i].path, request->path)) {
			routes[i].answer(request, out);
			return;
		}
	}
	control_error(out, 404, "no such control request; see px-upstream --help");
}

static void
command_append(struct command *command, const char *bytes, size_t len)
{
	char *grown;

	if (command->len + len > BODY_MAX) {
		command->too_large = true;
		return;
	}
	grown = upstream_mem_zalloc(command->len + len + 1);
	if (command->len)
		memcpy(grown, command->body, command->len);
	memcpy(grown + command->len, bytes, len);
	free(command->body);
	command->body = grown;
	command->len += len;
}

static enum MHD_Result
control_answer(const struct upstream_request *request, bool too_large)
{
	struct upstream_answer answer;
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	upstream_answer_init(&answer);
	if (too_large) {
		control_error(&answer, 413, "body is too large");
	} else {
		control_route(request, &answer);
	}
	response = MHD_create_response_from_buffer(
	    answer.body->len, answer.body->bytes, MHD_RESPMEM_MUST_COPY);
	if (response) {
		(void)MHD_add_response_header(response, "Content-Type", answer.type);
		result = MHD_queue_response(
		    request->connection, (unsigned)answer.status, response);
		MHD_destroy_response(response);
	}
	upstream_answer_done(&answer);
	return result;
}

/* NOLINTBEGIN(readability-function-size): the parameters are the library's. */
static enum MHD_Result
control_access(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_len,
    void **state)
{
	const struct upstream_control *control = cls;
	struct command *command = *state;
	struct upstream_request request = {
	    .up = control->up,
	    .connection = connection,
	    .method = method,
	    .path = url,
	    .key = "",
	};

	(void)version;
	if (!command) {
		*state = upstream_mem_zalloc(sizeof(*command));
		return MHD_YES;
	}
	if (*upload_len) {
		command_append(command, upload, *upload_len);
		*upload_len = 0;
		return MHD_YES;
	}
	request.body = command->body ? command->body : "";
	request.body_len = command->len;
	return control_answer(&request, command->too_large);
}
/* NOLINTEND(readability-function-size) */

static void
control_completed(void *cls, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	struct command *command = *state;

	(void)cls;
	(void)connection;
	(void)code;
	if (command)
		free(command->body);
	free(command);
	*state = NULL;
}

struct upstream_control *
upstream_control_new(const struct upstream *up, struct upstream_net_addr *addr)
{
	const unsigned flags = MHD_USE_THREAD_PER_CONNECTION |
			       MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
			       MHD_USE_ITC;
	struct upstream_control *control = upstream_mem_zalloc(sizeof(*control));
	int fd = upstream_net_bind(addr, true);

	control->up = up;
	if (fd >= 0) {
		control->daemon = MHD_start_daemon(flags, 0, NULL, NULL, control_access,
		    control, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED,
		    control_completed, NULL, MHD_OPTION_END);
	}
	if (control->daemon)
		return control;
	(void)fprintf(
	    stderr, "upstream.control_failed port=%u\n", (unsigned)addr->port);
	if (fd >= 0)
		(void)close(fd);
	free(control);
	return NULL;
}

void
upstream_control_free(struct upstream_control *control)
{
	if (!control)
		return;
	MHD_stop_daemon(control->daemon);
	free(control);
}
