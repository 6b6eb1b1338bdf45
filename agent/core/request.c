#include "agent/core/request.h"

#include "agent/core/compose.h"
#include "agent/core/request_body.h"
#include "common/core/syntax.h"

#include <stdio.h>
#include <string.h>

/* True when `text` is printable ASCII without spaces, of less than `cap` bytes. */
static bool
is_token(const char *text, size_t cap)
{
	size_t len = 0;

	for (; text[len] != '\0'; len++) {
		if (len >= cap || text[len] <= ' ' || text[len] > '~') {
			return false;
		}
	}
	return len < cap;
}

enum err
request_host(const char *url, struct request_host *out)
{
	/* Bytes on which parsers of URLs disagree, or that belong behind a host only. */
	static const char doubtful[] = "\\\"<>^`{|}#";
	struct syntax_url parts;
	struct request_host host = {0};

	if (!syntax_url_split(url, &parts) || strpbrk(url, doubtful) != NULL) {
		return ERR_INVALID;
	}
	host.https = syntax_url_has_scheme(&parts, "https");
	if (!host.https && !syntax_url_has_scheme(&parts, "http")) {
		return ERR_INVALID;
	}
	if (parts.host_len >= sizeof(host.name) ||
	    parts.host[parts.host_len - 1] == '.') {
		return ERR_INVALID;
	}
	for (size_t i = 0; i < parts.host_len; i++) {
		char c = parts.host[i];
		host.name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	host.port = parts.port;
	if (host.port == 0) {
		host.port = host.https ? 443 : 80;
	}
	parts.host = host.name;
	host.loopback = syntax_url_is_loopback(&parts);
	*out = host;
	return ERR_OK;
}

/* The base URL without the slash at its end, then `path`. */
static void
put_base(struct compose *out, const char *url, const char *path)
{
	size_t len = strlen(url);

	if (strchr(url, '?') != NULL) {
		out->err = ERR_INVALID; /* a path cannot follow a query */
		return;
	}
	while (len > 0 && url[len - 1] == '/') {
		len--;
	}
	compose_bytes(out, url, len);
	compose_text(out, path);
}

/* The address without path and query. */
static void
put_origin(struct compose *out, const char *url)
{
	const char *host = strstr(url, "://");
	size_t len = host == NULL ? 0 : (size_t)(host - url) + 3;

	compose_bytes(out, url, len + strcspn(url + len, "/?#"));
}

/* The call that the page makes, to the host the page makes it to. A stand-in for the page
 * stands in for that host, too. */
static void
put_studio_call(struct compose *out, const char *page)
{
	static const char real[] = "https://aistudio.google.com";
	size_t len = sizeof(real) - 1;

	if (strncmp(page, real, len) == 0 &&
	    (page[len] == '\0' || page[len] == '/' || page[len] == '?')) {
		compose_text(out, "https://alkalimakersuite-pa.clients6.google.com");
	} else {
		put_origin(out, page);
	}
	compose_text(out, "/$rpc/google.internal.alkali.applications.makersuite.v1."
			  "MakerSuiteService/ListIncidentsHistory");
}

/* A call of one model, in the part of the API that all of Google's share. */
static void
put_google(struct compose *out, const struct plan_probe *probe, const char *call)
{
	enum probe_kind kind = probe->kind;

	if (kind == PROBE_VERTEX_IMAGE || kind == PROBE_VERTEX_IMAGEN ||
	    kind == PROBE_VERTEX_TOKENS) {
		put_base(out, probe->url, "/v1/projects/");
		compose_segment(out, plan_text(probe->project));
		compose_text(out, "/locations/");
		compose_segment(out, plan_text(probe->location));
		compose_text(out, "/publishers/google/models/");
	} else {
		put_base(out, probe->url, "/v1beta/models/");
	}
	compose_segment(out, probe->model);
	compose_text(out, call);
}

static enum err
build_url(const struct plan_probe *probe, struct request *request)
{
	struct compose out = compose_begin(request->url, sizeof(request->url));

	switch (probe->kind) {
	case PROBE_GEMINI_IMAGE:
	case PROBE_VERTEX_IMAGE:
		put_google(&out, probe, ":generateContent");
		break;
	case PROBE_GEMINI_STREAM:
		put_google(&out, probe, ":streamGenerateContent?alt=sse");
		break;
	case PROBE_GEMINI_TOKENS:
	case PROBE_VERTEX_TOKENS:
		put_google(&out, probe, ":countTokens");
		break;
	case PROBE_VERTEX_IMAGEN:
		put_google(&out, probe, ":predict");
		break;
	case PROBE_GEMINI_MODEL:
		put_google(&out, probe, "");
		break;
	case PROBE_GEMINI_MODELS:
		/* The most they give: all of them, as long as they are not more. */
		put_base(&out, probe->url, "/v1beta/models?pageSize=1000");
		break;
	case PROBE_OPENAI_IMAGE:
		put_base(&out, probe->url, "/v1/images/generations");
		break;
	case PROBE_OPENAI_MODELS:
		put_base(&out, probe->url, "/v1/models");
		break;
	case PROBE_OPENROUTER_CHAT:
		put_base(&out, probe->url, "/chat/completions");
		break;
	case PROBE_OPENROUTER_IMAGE:
		put_base(&out, probe->url, "/images");
		break;
	case PROBE_OPENROUTER_KEY:
		put_base(&out, probe->url, "/key");
		break;
	case PROBE_AISTUDIO_STATUS:
		put_studio_call(&out, probe->url);
		break;
	case PROBE_HTTP:
	case PROBE_GCLOUD_STATUS:
	case PROBE_STATUSPAGE:
	case PROBE_OPENROUTER_ENDPOINTS:
	case PROBE_OPENROUTER_MODELS:
	case PROBE_GCLOUD_FEED:
	case PROBE_FEED:
	case PROBE_DATADOG_STATUS:
		compose_text(&out, probe->url);
		break;
	case PROBE_TCP:
	case PROBE_TLS:
	case PROBE_DNS:
	case PROBE_ICMP:
	case PROBE_KIND_COUNT:
		return ERR_INVALID;
	}
	return out.err;
}

static enum err
build_body(const struct plan_probe *probe, struct request *request)
{
	struct compose out = compose_begin(request->body, sizeof(request->body));

	request_body(probe, &out);
	request->body_bytes = (uint32_t)out.len;
	return out.err;
}

/* Adds the line `name`: `value`; both are known to be printable. */
static enum err
add_header(struct request *request, const char *name, const char *value)
{
	struct compose out = compose_begin(request->header + request->header_bytes,
	    sizeof(request->header) - request->header_bytes);

	if (out.cap == 0) {
		return ERR_LIMIT;
	}
	compose_text(&out, name);
	compose_text(&out, ": ");
	compose_text(&out, value);
	if (out.err == ERR_OK) {
		request->header_bytes += (uint32_t)out.len + 1;
	}
	return out.err;
}

/* Vertex AI is FAMILY_GOOGLE, too, and takes OAuth tokens. */
static bool
takes_google_key(enum probe_kind kind)
{
	return kind == PROBE_GEMINI_IMAGE || kind == PROBE_GEMINI_STREAM ||
	       kind == PROBE_GEMINI_MODEL || kind == PROBE_GEMINI_MODELS ||
	       kind == PROBE_GEMINI_TOKENS || kind == PROBE_AISTUDIO_STATUS;
}

static enum err
add_key(const struct plan_probe *probe, const char *key, struct request *request)
{
	char bearer[REQUEST_KEY_BYTES + sizeof("Bearer ")];

	if (key[0] == '\0') {
		return ERR_OK;
	}
	if (takes_google_key(probe->kind)) {
		return add_header(request, "x-goog-api-key", key);
	}
	int len = snprintf(bearer, sizeof(bearer), "Bearer %s", key);
	if (len < 0 || (size_t)len >= sizeof(bearer)) {
		return ERR_LIMIT;
	}
	enum err err = add_header(request, "Authorization", bearer);
	for (volatile char *at = bearer; at < bearer + sizeof(bearer); at++) {
		*at = '\0';
	}
	return err;
}

/* Without it the call is refused as one of nobody's. */
static enum err
add_referer(const struct plan_probe *probe, struct request *request)
{
	char origin[REQUEST_HOST_BYTES + 32];
	struct compose out = compose_begin(origin, sizeof(origin));

	put_origin(&out, probe->url);
	compose_text(&out, "/");
	return out.err == ERR_OK ? add_header(request, "Referer", origin) : out.err;
}

static const char *
accepted(enum probe_kind kind)
{
	if (kind == PROBE_HTTP) {
		return "*/*";
	}
	if (kind == PROBE_FEED || kind == PROBE_GCLOUD_FEED) {
		return "application/atom+xml, application/rss+xml, "
		       "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1";
	}
	return kind == PROBE_GEMINI_STREAM ? "text/event-stream" : "application/json";
}

static enum err
build_headers(const struct plan_probe *probe, const char *key, struct request *request)
{
	bool post = request->body_bytes > 0;
	bool studio = probe->kind == PROBE_AISTUDIO_STATUS;
	enum err err = add_key(probe, key, request);

	if (err == ERR_OK) {
		err = add_header(request, "Accept", accepted(probe->kind));
	}
	if (err == ERR_OK && post) {
		err = add_header(request, "Content-Type",
		    studio ? "application/json+protobuf" : "application/json");
	}
	if (err == ERR_OK && studio) {
		err = add_referer(probe, request);
	}
	return err;
}

/* What becomes one segment of a path; dots alone would be taken for a way up. */
static bool
is_segment(const char *text)
{
	return is_token(text, LIMIT_SERIES_BYTES) && text[strspn(text, ".")] != '\0';
}

/* A key goes where the plan wants one, and never in clear over a network. */
static enum err
admit_key(
    const struct plan_probe *probe, const char *key, const struct request_host *host)
{
	if (key[0] == '\0') {
		return probe->key[0] == '\0' ? ERR_OK : ERR_NOTFOUND;
	}
	if (strlen(key) >= REQUEST_KEY_BYTES) {
		return ERR_LIMIT;
	}
	if (!is_token(key, REQUEST_KEY_BYTES)) {
		return ERR_INVALID;
	}
	return host->https || host->loopback ? ERR_OK : ERR_REFUSED;
}

/* Names and texts that the probe's kind needs. */
static enum err
admit_texts(const struct plan_probe *probe)
{
	const struct probe_traits *traits = probe_traits(probe->kind);
	bool vertex = probe->kind == PROBE_VERTEX_IMAGE ||
		      probe->kind == PROBE_VERTEX_IMAGEN ||
		      probe->kind == PROBE_VERTEX_TOKENS;

	if (strlen(probe->prompt) > LIMIT_TEXT_BYTES) {
		return ERR_LIMIT;
	}
	if (traits->has_model && !is_segment(probe->model)) {
		return ERR_INVALID;
	}
	if (vertex && (!is_segment(plan_text(probe->project)) ||
			  !is_segment(plan_text(probe->location)))) {
		return ERR_INVALID;
	}
	if (!is_token(probe->size, LIMIT_NAME_BYTES) ||
	    (traits->makes_image && probe->prompt[0] == '\0')) {
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* What must hold before anything is written. */
static enum err
admit(const struct plan_probe *probe, const char *key)
{
	struct request_host host;

	if ((unsigned)probe->kind >= PROBE_KIND_COUNT) {
		return ERR_INVALID;
	}
	if (strlen(probe->url) >= LIMIT_URL_BYTES) {
		return ERR_LIMIT;
	}
	if (request_host(probe->url, &host) != ERR_OK) {
		return ERR_INVALID;
	}
	enum err err = admit_texts(probe);
	return err == ERR_OK ? admit_key(probe, key, &host) : err;
}

enum err
request_build(const struct plan_probe *probe, const char *key, struct request *out)
{
	const char *secret = key == NULL ? "" : key;
	enum err err = admit(probe, secret);

	memset(out, 0, sizeof(*out));
	if (err == ERR_OK) {
		err = build_url(probe, out);
	}
	if (err == ERR_OK) {
		err = build_body(probe, out);
	}
	if (err == ERR_OK) {
		err = build_headers(probe, secret, out);
	}
	if (err != ERR_OK) {
		request_wipe(out);
		return err;
	}
	out->method = out->body_bytes > 0 ? "POST" : "GET";
	return ERR_OK;
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~') {
			return false;
		}
	}
	return true;
}

enum err
request_conditional(
    struct request *request, const char *etag, const char *last_modified)
{
	enum err err = ERR_OK;

	if (etag[0] != '\0' && is_printable(etag)) {
		err = add_header(request, "If-None-Match", etag);
	}
	if (err == ERR_OK && last_modified[0] != '\0' && is_printable(last_modified)) {
		err = add_header(request, "If-Modified-Since", last_modified);
	}
	return err;
}

const char *
request_header(const struct request *request, size_t index)
{
	const char *at = request->header;
	const char *end = at + request->header_bytes;

	for (; at < end && index > 0; index--) {
		at += strlen(at) + 1;
	}
	return at < end ? at : NULL;
}

void
request_wipe(struct request *request)
{
	volatile unsigned char *at = (volatile unsigned char *)request;

	for (size_t i = 0; i < sizeof(*request); i++) {
		at[i] = 0;
	}
}
