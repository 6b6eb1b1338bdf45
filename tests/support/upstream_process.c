#include "tests/support/upstream_process.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>
#include <jansson.h>

static void __attribute__((noreturn)) give_up(const char *what)
{
	(void)fprintf(stderr, "px-upstream: %s\n", what);
	exit(1);
}

/* Becomes the server; its standard output goes nowhere, the ready line to `ready_fd`. */
static void __attribute__((noreturn))
become_server(const struct upstream_process *server, const char *program,
    const char *data, const struct upstream_place *place, int ready_fd)
{
	bool has_data = data != NULL && data[0] != '\0';
	char fd_text[16];

	(void)snprintf(fd_text, sizeof(fd_text), "%d", ready_fd);
	if (freopen("/dev/null", "w", stdout) != NULL) {
		/* A NULL where "--data" would be ends the list there. */
		(void)execl(program, "px-upstream", "--http", place->http, "--https",
		    place->https, "--die-with-parent", "--ca-out", server->ca_file,
		    "--ready-fd", fd_text, has_data ? "--data" : (char *)NULL, data,
		    (char *)NULL);
	}
	perror(program);
	_exit(127);
}

static uint16_t
port_of(const json_t *ready, const char *name)
{
	json_int_t port = json_integer_value(json_object_get(ready, name));

	if (port <= 0 || port > UINT16_MAX) {
		give_up("its ready line names no port");
	}
	return (uint16_t)port;
}

/* Blocks until the server says where it listens. */
static void
read_ready(struct upstream_process *server, int fd)
{
	char line[4096] = "";
	size_t len = 0;
	json_t *ready;

	while (len < sizeof(line) - 1 && memchr(line, '\n', len) == NULL) {
		ssize_t got = read(fd, line + len, sizeof(line) - 1 - len);

		if (got <= 0) {
			give_up("it ended before it was ready");
		}
		len += (size_t)got;
	}
	ready = json_loadb(line, len, JSON_DISABLE_EOF_CHECK, NULL);
	if (ready == NULL) {
		give_up("its ready line is not JSON");
	}
	server->http = port_of(ready, "http");
	server->https = port_of(ready, "https");
	server->control = port_of(ready, "control");
	json_decref(ready);
}

void
upstream_process_start(
    struct upstream_process *server, const char *program, const char *data)
{
	static const struct upstream_place anywhere = {"127.0.0.1:0", "127.0.0.1:0"};

	upstream_process_start_at(server, program, data, &anywhere);
}

void
upstream_process_start_at(struct upstream_process *server, const char *program,
    const char *data, const struct upstream_place *place)
{
	int ends[2];

	*server = (struct upstream_process){.folder = "/tmp/px-test-XXXXXX"};
	if (mkdtemp(server->folder) == NULL || pipe(ends) != 0) {
		give_up("no folder or pipe for it");
	}
	(void)snprintf(
	    server->ca_file, sizeof(server->ca_file), "%s/ca.pem", server->folder);
	server->pid = fork();
	if (server->pid < 0) {
		give_up("cannot fork");
	}
	if (server->pid == 0) {
		(void)close(ends[0]);
		become_server(server, program, data, place, ends[1]);
	}
	(void)close(ends[1]);
	read_ready(server, ends[0]);
	(void)close(ends[0]);
}

void
upstream_process_stop(struct upstream_process *server)
{
	(void)kill(server->pid, SIGTERM);
	(void)waitpid(server->pid, NULL, 0);
	(void)unlink(server->ca_file);
	(void)rmdir(server->folder);
}

struct answer_text {
	char *text;
	size_t len;
};

static size_t
keep(char *data, size_t size, size_t count, void *context)
{
	struct answer_text *answer = context;
	char *text = realloc(answer->text, answer->len + size * count + 1);

	if (text == NULL) {
		return 0;
	}
	memcpy(text + answer->len, data, size * count);
	answer->text = text;
	answer->len += size * count;
	text[answer->len] = '\0';
	return size * count;
}

char *
upstream_process_control(const struct upstream_process *server, const char *method,
    const char *path, const char *body)
{
	struct answer_text answer = {.text = calloc(1, 1)};
	CURL *easy = curl_easy_init();
	char url[512];
	long status = 0;

	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u%s", (unsigned)server->control, path);
	if (easy == NULL || answer.text == NULL ||
	    curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK ||
	    (body != NULL &&
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body) != CURLE_OK) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) != CURLE_OK ||
	    curl_easy_perform(easy) != CURLE_OK) {
		give_up("its control port does not answer");
	}
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	if (status < 200 || status > 299) {
		(void)fprintf(stderr, "%s %s: %s\n", method, path, answer.text);
		give_up("its control port refuses");
	}
	return answer.text;
}

void
upstream_process_rule(
    const struct upstream_process *server, const char *path, const char *action)
{
	char rule[2048];

	free(upstream_process_control(server, "DELETE", "/rules", NULL));
	if (action == NULL) {
		return;
	}
	(void)snprintf(rule, sizeof(rule),
	    "{\"id\":\"test\",\"path\":\"%s\",\"action\":%s}", path, action);
	free(upstream_process_control(server, "PUT", "/rules", rule));
}
