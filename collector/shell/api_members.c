#include "collector/shell/api_members.h"

#include "collector/shell/api_json.h"
#include "common/core/base64.h"
#include "common/shell/secret.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TTL_DEFAULT_S = 3600,
	TTL_MIN_S = 60,
	TTL_MAX_S = 7 * 86400
};

/* A text member of `object`, copied; `fallback` NULL means that it must be there. */
static bool
take_text(
    const json_t *object, const char *key, const char *fallback, char *out, size_t cap)
{
	const json_t *member = json_object_get(object, key);
	const char *text = member != NULL ? json_string_value(member) : fallback;

	out[0] = '\0';
	if (text == NULL || strlen(text) >= cap ||
	    (member != NULL && json_string_length(member) != strlen(text))) {
		return false;
	}
	memcpy(out, text, strlen(text) + 1);
	return true;
}

/* Every member is one of `keys`, separated by blanks. */
static bool
has_only(json_t *object, const char *keys)
{
	const char *key;
	json_t *unused;

	json_object_foreach(object, key, unused)
	{
		const char *at = strstr(keys, key);
		size_t len = strlen(key);

		(void)unused;
		if (len == 0 || at == NULL || (at != keys && at[-1] != ' ') ||
		    (at[len] != ' ' && at[len] != '\0')) {
			return false;
		}
	}
	return true;
}

static const char *
read_invite(json_t *body, struct api_order *order)
{
	const json_t *ttl = json_object_get(body, "ttl_s");
	json_int_t ttl_s = ttl != NULL ? json_integer_value(ttl) : TTL_DEFAULT_S;

	if (!has_only(body, "name region domain ttl_s")) {
		return "expected no members but name, region, domain and ttl_s";
	}
	if (!take_text(body, "name", NULL, order->name, sizeof(order->name))) {
		return "name: expected the agent's id";
	}
	if (!take_text(body, "region", NULL, order->region, sizeof(order->region))) {
		return "region: expected the name of a region";
	}
	if (!take_text(body, "domain", "", order->domain, sizeof(order->domain))) {
		return "domain: expected a name";
	}
	if (ttl_s < TTL_MIN_S || ttl_s > TTL_MAX_S) {
		return "ttl_s: expected 60 to 604800 seconds";
	}
	order->ttl_ns = ttl_s * CLOCK_NS_PER_S;
	return NULL;
}

static const char *
read_enrol(json_t *body, struct api_order *order)
{
	char secret[64];
	unsigned char bytes[64];
	struct base64 base64;
	size_t len = 0;

	if (!has_only(body, "secret request")) {
		return "expected no members but secret and request";
	}
	if (!take_text(body, "secret", NULL, secret, sizeof(secret))) {
		return "secret: expected that of a token";
	}
	base64_init(&base64);
	if (base64_decoded_max(strlen(secret)) > sizeof(bytes) ||
	    base64_decode(&base64, secret, strlen(secret), bytes, &len) != ERR_OK ||
	    base64_end(&base64) != ERR_OK || len != sizeof(order->secret)) {
		return "secret: expected that of a token";
	}
	memcpy(order->secret, bytes, sizeof(order->secret));
	secret_wipe(secret, sizeof(secret));
	secret_wipe(bytes, sizeof(bytes));
	if (!take_text(body, "request", NULL, order->request, sizeof(order->request))) {
		return "request: expected a PKCS #10 request in PEM";
	}
	return NULL;
}

/* What is wrong with the request; NULL when it is an order. */
static const char *
read_order(const struct api_route *route, const char *body, size_t len,
    struct api_order *order)
{
	json_t *json = NULL;
	const char *wrong = "expected a JSON object";

	if (route->endpoint == API_REVOKE) {
		order->kind = API_ORDER_REVOKE;
		(void)snprintf(order->name, sizeof(order->name), "%s", route->name);
		return len == 0 ? NULL : "expected no body";
	}
	json = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(json) && route->endpoint == API_INVITE) {
		order->kind = API_ORDER_INVITE;
		wrong = read_invite(json, order);
	} else if (json_is_object(json)) {
		order->kind = API_ORDER_ENROL;
		wrong = read_enrol(json, order);
	}
	json_decref(json);
	return wrong;
}

static json_t *
outcome_json(const struct api_order *order)
{
	json_t *collectors;

	switch (order->kind) {
	case API_ORDER_INVITE:
		return json_pack("{ss ss ss so}", "token", order->token, "name",
		    order->name, "region", order->region, "ends_at",
		    api_json_time(order->ends_at));
	case API_ORDER_REVOKE:
		return json_pack("{ss ss}", "name", order->name, "state", "revoked");
	case API_ORDER_AUTHORITY:
		return json_pack("{ss ss}", "certificate", order->authority, "sha256",
		    order->authority_print);
	case API_ORDER_ENROL:
		break;
	}
	collectors = json_array();
	for (size_t i = 0; i < order->collectors_len; i++) {
		(void)json_array_append_new(
		    collectors, json_string(order->collectors[i]));
	}
	return json_pack("{ss ss so ss ss so ss so}", "name", order->name, "region",
	    order->region, "domain", api_json_name(order->domain), "certificate",
	    order->cert, "authority", order->authority, "collectors", collectors,
	    "server_name", order->server_name, "ends_at",
	    api_json_time(order->ends_at));
}

static void
refuse_order(enum err err, const struct api_order *order, struct api_reply *reply)
{
	switch (err) {
	case ERR_INVALID:
	case ERR_FORMAT:
		api_refuse(400, "bad_parameter", order->why, reply);
		return;
	case ERR_NOTFOUND:
		api_refuse(404, "not_found", order->why, reply);
		return;
	case ERR_EXISTS:
		api_refuse(409, "exists", order->why, reply);
		return;
	case ERR_REFUSED:
	case ERR_DENIED:
		api_refuse(403, "refused", order->why, reply);
		return;
	case ERR_AGAIN:
	case ERR_FULL:
		api_refuse(503, "busy", order->why, reply);
		return;
	case ERR_OK:
	case ERR_LIMIT:
	case ERR_VERSION:
	case ERR_IO:
	case ERR_INUSE:
	case ERR_NOMEM:
	case ERR_COUNT:
		break;
	}
	api_refuse(500, err_name(err), order->why, reply);
}

void
api_members_answer(struct api_source *source, const struct api_route *route,
    const struct api_post *post, struct api_reply *out_reply)
{
	struct api_order *order = calloc(1, sizeof(*order));
	const char *wrong = NULL;
	enum err err;

	*out_reply = (struct api_reply){.status = 500};
	if (order == NULL) {
		return;
	}
	order->kind = API_ORDER_AUTHORITY;
	(void)snprintf(order->author, sizeof(order->author), "%s", post->author);
	if (route->endpoint != API_AUTHORITY) {
		wrong = read_order(route, post->body, post->len, order);
	}
	if (wrong != NULL) {
		api_refuse(400, "bad_parameter", wrong, out_reply);
	} else {
		err = api_order(source, order);
		if (err == ERR_OK) {
			api_give(200, outcome_json(order), out_reply);
		} else {
			refuse_order(err, order, out_reply);
		}
	}
	secret_wipe(order, sizeof(*order)); /* a token, or the secret of one */
	free(order);
}
