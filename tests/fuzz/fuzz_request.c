/* fuzz_request - a hostile plan makes no other request than the one it may
 *
 * Byte 0: kind of probe; then texts, each ended by a NUL: model, prompt, size, project,
 * location, providers, parameters, key. */
#include "agent/core/request.h"
#include "common/core/json.h"

#include <assert.h>
#include <string.h>

enum {
	TEXTS = 8,
	INPUT_BYTES = 16384
};

static void
ignore(void *context, const struct json_event *event)
{
	(void)context;
	(void)event;
}

/* What was built is one request to the host it was meant for. */
static void
examine(const struct request *request)
{
	struct request_host host;
	struct json json;

	assert(request_host(request->url, &host) == ERR_OK);
	assert(strcmp(host.name, "api.example") == 0);
	assert(strpbrk(request->url, " \r\n\t#") == NULL);
	for (size_t i = 0; request_header(request, i) != NULL; i++) {
		assert(i < 4);
		assert(strpbrk(request_header(request, i), "\r\n") == NULL);
	}
	assert(request->body_bytes == strlen(request->body));
	if (request->body_bytes > 0) {
		json_init(&json, ignore, NULL);
		(void)json_push(&json, request->body, request->body_bytes);
		assert(json_end(&json) == JSON_COMPLETE);
	}
}

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char input[INPUT_BYTES + TEXTS];
	static struct request request;
	const char *text[TEXTS];

	if (len < 1 || len > INPUT_BYTES) {
		return 0;
	}
	memset(input, 0, sizeof(input));
	memcpy(input, data + 1, len - 1);
	const char *at = input;
	for (size_t i = 0; i < TEXTS; i++) {
		text[i] = at;
		at += strlen(at) + 1;
	}
	struct plan_probe probe = {
	    .series = "t/p",
	    .kind = (enum probe_kind)(data[0] % (PROBE_KIND_COUNT + 1)),
	    .url = "https://api.example/base",
	    .model = text[0],
	    .key = "",
	    .prompt = text[1],
	    .size = text[2],
	    .products = "",
	    .project = text[3],
	    .location = text[4],
	    .providers = text[5],
	    .parameters = text[6],
	};
	if (request_build(&probe, text[7], &request) == ERR_OK) {
		examine(&request);
	} else {
		assert(request.url[0] == '\0' && request.header_bytes == 0);
	}
	return 0;
}
