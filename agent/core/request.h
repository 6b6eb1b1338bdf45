/* request - what a probe sends: method, URL, header lines, body
 * Room: agent/core (pure).
 *
 * A plan comes from another machine, so its values are treated as hostile: nothing in
 * them can add a header line, leave the path segment it was meant for, or break out of
 * a JSON string. The shell sends what is built here and adds nothing but what its HTTP
 * library needs. The struct holds the key in clear: keep it short-lived and end it with
 * request_wipe(). */
#ifndef AGENT_CORE_REQUEST_H
#define AGENT_CORE_REQUEST_H

#include "common/core/err.h"
#include "common/core/limits.h"
#include "common/core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REQUEST_KEY_BYTES = 2560, /* OAuth tokens run to about 2 KB */
	REQUEST_HEADERS_BYTES = REQUEST_KEY_BYTES + 768,
	REQUEST_HOST_BYTES = 256, /* RFC 1035: 253 and the NUL */
	REQUEST_PARAMETERS_BYTES = 1024,
	REQUEST_PARAMETERS_DEPTH = 4, /* the object itself is the first */
	REQUEST_PROVIDERS_BYTES = 512,
	/* Every escape we emit is 2 bytes; a provider of one letter takes 4. */
	REQUEST_BODY_BYTES = 2 * LIMIT_TEXT_BYTES + REQUEST_PARAMETERS_BYTES +
			     2 * REQUEST_PROVIDERS_BYTES + 2048
};

struct request {
	const char *method; /* "GET" or "POST", static */
	char url[LIMIT_URL_BYTES];
	char header[REQUEST_HEADERS_BYTES]; /* lines "Name: value", each ended by a NUL
					     */
	uint32_t header_bytes;
	char body[REQUEST_BODY_BYTES]; /* JSON, NUL-terminated; "" for GET */
	uint32_t body_bytes;
};

/* Where a URL leads, as far as keys are concerned. */
struct request_host {
	char name[REQUEST_HOST_BYTES]; /* lower case, without port; IPv6 without
					  brackets */
	uint16_t port;                 /* 443 or 80 when the URL names none */
	bool https;
	bool loopback; /* localhost, 127.0.0.0/8 or ::1 */
};

/* Builds the request of `probe` into `out`. `key` is the resolved key, NULL or "" =
 * none; nothing of it stays anywhere but in `out`. The Gemini kinds and AI Studio get it as
 * x-goog-api-key, which unlike `?key=` does not end in access logs; everybody else, Vertex
 * AI with its access tokens too, as a bearer token (RFC 6750). Members of `parameters` join
 * the object that is the API's for them: generationConfig, Imagen's parameters, else the
 * body itself (request_body.h).
 *
 * ERR_NOTFOUND: the probe names a key and none is given. ERR_REFUSED: a key would travel
 * over plain HTTP to a host other than loopback. ERR_INVALID: control characters, bad
 * UTF-8, a URL that is not plain http(s), a missing model, project, location or prompt,
 * parameters that are no object or have a member that is ours, a kind below HTTP.
 * ERR_LIMIT: too long. On failure `out` holds nothing. */
WARN_UNUSED enum err request_build(
    const struct plan_probe *probe, const char *key, struct request *out);

/* Makes a GET conditional (RFC 9110, 13.1) with the validators of an earlier answer,
 * both possibly "". Values with anything but printable ASCII are left out: a source
 * must not be able to break its own next fetch. ERR_LIMIT when there is no room. */
WARN_UNUSED enum err request_conditional(
    struct request *request, const char *etag, const char *last_modified);

/* The header line number `index` from 0, NULL behind the last. Borrowed from `request`.
 */
const char *request_header(const struct request *request, size_t index);

/* Where `url` leads. ERR_INVALID for anything but an http or https URL of the strict
 * form scheme://host[:port][/path][?query]: no user part, no fragment, no byte that
 * another parser could take for a delimiter. `out` is untouched on failure. */
WARN_UNUSED enum err request_host(const char *url, struct request_host *out);

/* Overwrites everything, the key included, in a way the compiler must keep. */
void request_wipe(struct request *request);

#endif
