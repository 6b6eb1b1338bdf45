#include "tests/support/upstream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/upstream_image.h"
#include "tests/support/upstream_picture.h"
#include "tests/support/upstream_state.h"

/* Pictures behind signed links, as a store of blobs serves them: the link itself is the
 * permission, for a while, and another one (a bearer token) beside it is refused. */

#define STAMP_MAX 32
#define SIGN_MAX  24

/* Such signatures end like this, so that they have what a query must escape. */
#define SIGN_TAIL         "/+=="
#define SIGN_TAIL_ESCAPED "%2F%2B%3D%3D"

/* A stand-in for a signature: it only has to notice that a link was changed. */
static void
picture_sign(const char *path, const char *until, char *out_sign)
{
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a */
	const char *const texts[] = {path, "\n", until};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *at;

		for (at = texts[i]; *at; at++)
			hash = (hash ^ (unsigned char)*at) * 1099511628211ULL;
	}
	(void)snprintf(out_sign, SIGN_MAX, "%016" PRIx64, hash);
}

static void
picture_stamp(time_t at, char *out_stamp)
{
	struct tm parts;

	(void)gmtime_r(&at, &parts);
	(void)strftime(out_stamp, STAMP_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void
upstream_picture_link(const struct upstream_request *request, char *out_url)
{
	static const char path[] =
	    "/private/org-loopback/user-loopback/img-Loopback0001.png";
	json_t *origin =
	    upstream_state_member(request->up->state, "picture_origin", NULL);
	json_t *seconds =
	    upstream_state_member(request->up->state, "picture_seconds", NULL);
	char begin[STAMP_MAX];
	char end[STAMP_MAX];
	char sign[SIGN_MAX];
	char here[UPSTREAM_ORIGIN_MAX];

	upstream_origin(request, here);
	picture_stamp(time(NULL), begin);
	picture_stamp(time(NULL) + (time_t)json_integer_value(seconds), end);
	picture_sign(path, end, sign);
	if (json_string_length(origin) > 0)
		(void)snprintf(here, sizeof(here), "%s", json_string_value(origin));
	(void)snprintf(out_url, UPSTREAM_PICTURE_LINK_MAX,
	    "%s%s?st=%s&se=%s&sp=r&sv=2024-08-04&sr=b&rscd=inline&rsct=image/png&"
	    "sig=%s%s",
	    here, path, begin, end, sign, SIGN_TAIL_ESCAPED);
	json_decref(origin);
	json_decref(seconds);
}

static void
picture_error(struct upstream_answer *out, int status, const char *code,
    const char *message, const char *detail)
{
	char text[640];

	(void)snprintf(text, sizeof(text),
	    "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>%s"
	    "</Code><Message>%s\nRequestId:loopback-0001</Message>"
	    "<AuthenticationErrorDetail>%s</AuthenticationErrorDetail></Error>",
	    code, message, detail);
	upstream_answer_text(out, status, "application/xml", text);
	upstream_answer_header(out, "x-ms-error-code", code);
}

static void
picture_refused(struct upstream_answer *out, const char *detail)
{
	picture_error(out, 403, "AuthenticationFailed",
	    "Server failed to authenticate the request. Make sure the value of "
	    "Authorization header is formed correctly including the signature.",
	    detail);
}

static void
picture_get(const struct upstream_request *request, struct upstream_answer *out)
{
	const char *until = upstream_query(request, "se");
	const char *given = upstream_query(request, "sig");
	char sign[SIGN_MAX];
	char now[STAMP_MAX];

	picture_stamp(time(NULL), now);
	picture_sign(request->path, until ? until : "", sign);
	(void)snprintf(sign + strlen(sign), sizeof(SIGN_TAIL), SIGN_TAIL);
	if (request->key[0]) {
		picture_refused(out, "A link and a credential at once.");
	} else if (!until || !given || strcmp(given, sign) != 0) {
		picture_refused(out, "Signature did not match.");
	} else if (strcmp(until, now) <= 0) {
		picture_refused(out, "Signature not valid in the specified time frame");
	} else {
		upstream_answer_blob(
		    out, 200, "image/png", upstream_image_png(request->up->image));
		upstream_answer_header(out, "x-ms-blob-type", "BlockBlob");
	}
}

const struct upstream_route upstream_picture_routes[] = {
    {"GET", "/private/*", picture_get},
    {NULL, NULL, NULL},
};
