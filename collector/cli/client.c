#include "collector/cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
	CURL *curl;
	const char *socket_path;
	const char *url; /* NULL = the socket */
	char *answer;
	size_t answer_len;
	size_t answer_cap;
	bool too_large;
	char error[CLIENT_ERROR_BYTES];
};

static size_t
take(char *data, size_t size, size_t count, void *context)
{
	struct client *client = context;
	size_t len = size * count;

	if (len > CLIENT_ANSWER_BYTES_MAX - client->answer_len) {
		client->too_large = true;
		return 0;
	}
	if (client->answer_len + len > client->answer_cap) {
		size_t cap = 2 * (client->answer_len + len);
		char *grown = realloc(client->answer, cap);

		if (grown == NULL) {
			return 0;
		}
		client->answer = grown;
		client->answer_cap = cap;
	}
	memcpy(client->answer + client->answer_len, data, len);
	client->answer_len += len;
	return len;
}

static bool
set_up(struct client *client)
{
	CURL *curl = client->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);

	if (code == CURLE_OK) {
		code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	}
	if (code == CURLE_OK) {
		code = curl_easy_setopt(
		    curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CLIENT_CONNECT_TIMEOUT_MS);
	}
	if (code == CURLE_OK) {
		code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	}
	if (code == CURLE_OK) {
		code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, (void *)client);
	}
	if (code == CURLE_OK && client->url == NULL) {
		code = curl_easy_setopt(
		    curl, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
	}
	if (code == CURLE_OK && client->url == NULL) {
		/* A proxy of the environment is not meant for a socket. */
		code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
	}
	return code == CURLE_OK;
}

struct client *
client_new(const char *socket_path, const char *url)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		return NULL;
	}
	client->socket_path = socket_path;
	client->url = url;
	client->curl = curl_easy_init();
	if (client->curl == NULL || !set_up(client)) {
		client_free(client);
		return NULL;
	}
	return client;
}

void
client_free(struct client *client)
{
	if (client == NULL) {
		return;
	}
	curl_easy_cleanup(client->curl);
	free(client->answer);
	free(client);
}

const char *
client_error(const struct client *client)
{
	return client->error;
}

/* The border to libcurl's and the system's codes. */
static enum err
fail_transfer(struct client *client, CURLcode code)
{
	const char *where = client->url != NULL ? client->url : client->socket_path;
	const char *why = curl_easy_strerror(code);
	long number = 0;

	if (client->too_large) {
		(void)snprintf(client->error, sizeof(client->error),
		    "the answer of %s is too large; ask for less with --limit", where);
		return ERR_LIMIT;
	}
	(void)curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &number);
	if (code == CURLE_COULDNT_CONNECT && number != 0) {
		why = strerror((int)number);
	}
	(void)snprintf(client->error, sizeof(client->error),
	    "cannot reach the collector at %s: %s", where, why);
	if (number == EACCES && code == CURLE_COULDNT_CONNECT) {
		return ERR_DENIED;
	}
	return code == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_AGAIN;
}

static enum err
fail_status(struct client *client, long status, const json_t *json)
{
	const char *message = json_string_value(
	    json_object_get(json_object_get(json, "error"), "message"));

	(void)snprintf(client->error, sizeof(client->error), "%s",
	    message != NULL ? message : "the collector gave no reason");
	switch (status) {
	case 400:
	case 414:
		return ERR_INVALID;
	case 401:
	case 403:
		return ERR_DENIED;
	case 404:
		return ERR_NOTFOUND;
	case 409:
		return ERR_EXISTS;
	case 502:
	case 503:
	case 504:
		return ERR_AGAIN;
	default:
		return ERR_IO;
	}
}

static enum err
read_answer(struct client *client, json_t **out_json)
{
	long status = 0;
	json_t *json = json_loadb(client->answer, client->answer_len, 0, NULL);
	enum err err = ERR_OK;

	(void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		err = fail_status(client, status, json);
	} else if (!json_is_object(json)) {
		(void)snprintf(client->error, sizeof(client->error),
		    "%s answers, but not like a collector",
		    client->url != NULL ? client->url : client->socket_path);
		err = ERR_FORMAT;
	}
	if (err != ERR_OK) {
		json_decref(json);
		return err;
	}
	*out_json = json;
	return ERR_OK;
}

/* Sends what is set up, to `path`. */
static enum err
ask(struct client *client, const char *path, long extra_ms, json_t **out_json)
{
	const char *base = client->url != NULL ? client->url : "http://collector";
	size_t base_len = strlen(base);
	char url[CLIENT_PATH_BYTES + 1024];
	CURLcode code;
	int len;

	while (base_len > 0 && base[base_len - 1] == '/') {
		base_len--;
	}
	len = base_len < sizeof(url)
		  ? snprintf(url, sizeof(url), "%.*s%s", (int)base_len, base, path)
		  : -1;
	if (len < 0 || (size_t)len >= sizeof(url)) {
		(void)snprintf(
		    client->error, sizeof(client->error), "the address is too long");
		return ERR_INVALID;
	}
	client->answer_len = 0;
	client->too_large = false;
	client->error[0] = '\0';
	code = curl_easy_setopt(client->curl, CURLOPT_URL, url);
	if (code == CURLE_OK) {
		code = curl_easy_setopt(
		    client->curl, CURLOPT_TIMEOUT_MS, CLIENT_TIMEOUT_MS + extra_ms);
	}
	if (code == CURLE_OK) {
		code = curl_easy_perform(client->curl);
	}
	if (code != CURLE_OK) {
		return fail_transfer(client, code);
	}
	return read_answer(client, out_json);
}

enum err
client_get(struct client *client, const char *path, long extra_ms, json_t **out_json)
{
	if (curl_easy_setopt(client->curl, CURLOPT_HTTPGET, 1L) != CURLE_OK) {
		return ERR_NOMEM;
	}
	return ask(client, path, extra_ms, out_json);
}

enum err
client_post(
    struct client *client, const char *path, const json_t *body, json_t **out_json)
{
	char type[] = "Content-Type: application/json";
	struct curl_slist list = {.data = type};
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : strdup("");
	CURLcode code = CURLE_OUT_OF_MEMORY;
	enum err err = ERR_NOMEM;

	if (text != NULL) {
		code = curl_easy_setopt(client->curl, CURLOPT_COPYPOSTFIELDS, text);
	}
	if (code == CURLE_OK) {
		code = curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, &list);
	}
	if (code == CURLE_OK) {
		err = ask(client, path, 0, out_json);
		(void)curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
	}
	free(text);
	return err;
}

static void
append(struct client_path *path, const char *text)
{
	size_t len = strlen(text);

	if (path->cut || len >= sizeof(path->text) - path->len) {
		path->cut = true;
		return;
	}
	memcpy(path->text + path->len, text, len + 1);
	path->len += len;
}

void
client_path_init(struct client_path *path, const char *text)
{
	*path = (struct client_path){.len = 0};
	append(path, text);
}

static void
append_encoded(struct client_path *path, const char *text)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-._~";

	for (const char *at = text; *at != '\0'; at++) {
		char encoded[4] = {*at, '\0', '\0', '\0'};

		if (strchr(plain, *at) == NULL) {
			(void)snprintf(encoded, sizeof(encoded), "%%%02X",
			    (unsigned)(unsigned char)*at);
		}
		append(path, encoded);
	}
}

void
client_path_part(struct client_path *path, const char *text)
{
	append_encoded(path, text);
}

void
client_path_tail(struct client_path *path, const char *text)
{
	append(path, text);
}

void
client_path_add(struct client_path *path, const char *key, const char *value)
{
	if (value == NULL) {
		return;
	}
	append(path, path->parameters++ == 0 ? "?" : "&");
	append(path, key);
	append(path, "=");
	append_encoded(path, value);
}
