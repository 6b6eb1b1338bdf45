/* fuzz_check - a whole transfer, head, body and end, made of any bytes
 *
 * Byte 0: kind of probe; 1: how it ends; 2: during which phase; then lines of the head up
 * to an empty one, then the body. */
#include "agent/core/request.h"
#include "common/core/utf8.h"
#include "tests/support/judge.h"

#include <assert.h>

/* A link that may be followed leads to a host we can name; the whole input is its picture. */
static void
fetch(struct check *check, const uint8_t *data, size_t len)
{
	struct request_host host;

	assert(request_host(check_link(check), &host) == ERR_OK);
	assert(host.https && !host.loopback);
	check_fetch_begin(check);
	assert(check_link(check)[0] == '\0');
	check_header(check, "HTTP/1.1 200 OK", 15);
	(void)check_body(check, data, len);
}

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct check check;
	struct result result;

	if (len < 3) {
		return 0;
	}
	struct plan_probe probe =
	    judge_probe((enum probe_kind)(data[0] % PROBE_KIND_COUNT));
	struct transport transport = {
	    .end = (enum transport_end)(data[1] % TRANSPORT_END_COUNT),
	    .phase = (enum phase)(data[2] % PHASE_COUNT),
	    .started_at = {INT64_C(1790000000) * CLOCK_NS_PER_S},
	};
	const char *at = (const char *)data + 3;
	const char *end = (const char *)data + len;
	check_begin(&check, &probe, NULL);
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t line =
		    line_end == NULL ? (size_t)(end - at) : (size_t)(line_end - at) + 1;
		check_header(&check, at, line);
		at += line;
		if (line <= 1) {
			break;
		}
	}
	(void)check_body(&check, at, (size_t)(end - at));
	if (check_link(&check)[0] != '\0') {
		fetch(&check, data, len);
	}
	check_finish(&check, &transport, &result);
	assert(result.outcome < OUTCOME_COUNT);
	assert(result.phase < PHASE_COUNT);
	assert(result.outcome != OUTCOME_OK || result.phase == PHASE_DONE);
	assert(utf8_printable(result.detail, strlen(result.detail)));
	assert(utf8_printable(result.request_id, strlen(result.request_id)));
	assert(result.retry_after_ms <= HEADER_RETRY_AFTER_MS_MAX);
	assert(strlen(check_etag(&check)) < HEADER_ETAG_BYTES);
	return 0;
}
