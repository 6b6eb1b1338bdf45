/* fuzz_channel_answer - any bytes as the answer of any channel, and as a frozen message
 *
 * Byte 0: the kind; byte 1: the status; the rest is the body. Nothing counts as delivered
 * that is not a 2xx; kinds that answer with an object want a whole one. Then the same bytes
 * are read as a frozen message and written for that kind, which must end inside its limit. */
#include "collector/core/channel_work.h"
#include "collector/core/reply.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const unsigned statuses[] = {200, 202, 204, 301, 400, 404, 409, 429, 500, 503};

static bool
wants_object(enum channel_kind kind)
{
	return kind == CHANNEL_FEISHU || kind == CHANNEL_WECOM ||
	       kind == CHANNEL_DINGTALK || kind == CHANNEL_TELEGRAM ||
	       kind == CHANNEL_DISCORD || kind == CHANNEL_NTFY ||
	       kind == CHANNEL_PAGERDUTY;
}

static void
judge(enum channel_kind kind, unsigned status, const char *body, size_t len)
{
	const struct channel_return back = {.exchange = CHANNEL_ANSWERED,
	    .status = status,
	    .body = body,
	    .body_len = len};
	struct message_answer answer = {.row = 1};
	struct reply reply;

	reply_read(body, len, &reply);
	channel_judge(kind, &back, &answer);
	assert(memchr(answer.detail, '\0', sizeof(answer.detail)) != NULL);
	assert(answer.retry_after_ns >= 0);
	if (answer.delivery == DELIVERY_DONE) {
		assert(status >= 200 && status < 300);
		assert(!wants_object(kind) || reply.is_object);
	}
}

static void
write_for(enum channel_kind kind, const char *json, size_t len)
{
	const struct channel_conf conf = {.name = "c",
	    .kind = kind,
	    .to = {"a@example.com"},
	    .to_len = 1,
	    .from = "b@example.com",
	    .link = "https://h/{{scope}}",
	    .title = (len & 1) != 0 ? "{{external}}" : NULL};
	const struct channel_setup setup = {
	    .conf = &conf, .url = "https://h/", .secret = "s"};
	const struct channel_attempt attempt = {.json = json, .json_len = len};
	struct channel_work *work = malloc(sizeof(*work));

	assert(work != NULL);
	if (channel_write(&setup, &attempt, work)) {
		assert(work->body.len <= channel_kind_row(kind)->body_bytes_max);
		assert(strlen(work->url_bytes) == work->url.len);
	}
	free(work);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum channel_kind kind;
	char *body;

	if (len < 2) {
		return 0;
	}
	kind = (enum channel_kind)(data[0] % CHANNEL_KIND_COUNT);
	body = malloc(len); /* its end is the end of what may be read */
	assert(body != NULL);
	memcpy(body, data + 2, len - 2);
	judge(kind, statuses[data[1] % (sizeof(statuses) / sizeof(statuses[0]))], body,
	    len - 2);
	write_for(kind, body, len - 2);
	free(body);
	return 0;
}
