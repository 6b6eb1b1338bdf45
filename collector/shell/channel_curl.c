#include "collector/shell/channel_curl.h"

#include "collector/core/channel_mail.h"
#include "collector/core/reply.h"
#include "common/core/syntax.h"
#include "common/shell/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct channel_curl {
	const struct channel_conf *conf;
	char *url;
	char *secret;
	uint32_t total_ms;
	CURL *easy;
	struct curl_slist *list; /* headers, or recipients */
	char *request_url;
	char *body;
	size_t body_len;
	size_t body_at;
	char reply[REPLY_BODY_BYTES];
	size_t reply_len;
};

struct channel_curl *
channel_curl_new(const struct channel_setup *setup, uint32_t total_ms)
{
	struct channel_curl *channel = calloc(1, sizeof(*channel));
	enum channel_way way = channel_kind_row(setup->conf->kind)->way;

	if (channel == NULL) {
		return NULL;
	}
	channel->conf = setup->conf;
	channel->url = strdup(setup->url);
	channel->secret = strdup(setup->secret);
	channel->total_ms = total_ms;
	if (total_ms == 0) {
		channel->total_ms = way == CHANNEL_BY_MAIL ? CHANNEL_CURL_MAIL_MS
							   : CHANNEL_CURL_TOTAL_MS;
	}
	channel->easy = curl_easy_init();
	if (channel->url == NULL || channel->secret == NULL || channel->easy == NULL) {
		channel_curl_free(channel);
		return NULL;
	}
	return channel;
}

static void
wipe_free(char *text)
{
	if (text != NULL) {
		secret_wipe(text, strlen(text));
		free(text);
	}
}

/* What the last attempt left behind. */
static void
forget(struct channel_curl *channel)
{
	for (struct curl_slist *at = channel->list; at != NULL; at = at->next) {
		secret_wipe(at->data, strlen(at->data));
	}
	curl_slist_free_all(channel->list);
	channel->list = NULL;
	wipe_free(channel->request_url);
	channel->request_url = NULL;
	if (channel->body != NULL) {
		secret_wipe(channel->body, channel->body_len);
		free(channel->body);
		channel->body = NULL;
	}
	channel->reply_len = 0;
	channel->body_at = 0;
}

void
channel_curl_free(struct channel_curl *channel)
{
	if (channel == NULL) {
		return;
	}
	curl_easy_cleanup(channel->easy);
	forget(channel);
	wipe_free(channel->url);
	wipe_free(channel->secret);
	free(channel);
}

static bool
is_mail(const struct channel_curl *channel)
{
	return channel_kind_row(channel->conf->kind)->way == CHANNEL_BY_MAIL;
}

static bool
append(struct channel_curl *channel, const char *text)
{
	struct curl_slist *longer = curl_slist_append(channel->list, text);

	if (longer == NULL) {
		return false;
	}
	channel->list = longer;
	return true;
}

/* Takes what was written into memory of its own, as long as the transfer needs it. */
static bool
keep(struct channel_curl *channel, const struct channel_work *work)
{
	bool ok = true;

	channel->request_url = strdup(work->url_bytes);
	channel->body = malloc(work->body.len + 1);
	if (channel->request_url == NULL || channel->body == NULL) {
		return false;
	}
	memcpy(channel->body, work->body_bytes, work->body.len);
	channel->body_len = work->body.len;
	if (is_mail(channel)) {
		for (size_t i = 0; i < channel->conf->to_len && ok; i++) {
			ok = append(channel, channel->conf->to[i]);
		}
		return ok;
	}
	ok = append(channel, "Content-Type: application/json");
	for (size_t i = 0; i < work->header_len && ok; i++) {
		ok = append(channel, work->header[i]);
	}
	/* Without it libcurl waits for a permission to send what is a little longer. */
	return ok && append(channel, "Expect:");
}

/* The start of the answer is kept, the rest read so that its end is seen. */
static size_t
on_reply(char *data, size_t size, size_t count, void *context)
{
	struct channel_curl *channel = context;
	size_t len = size * count;
	size_t room = sizeof(channel->reply) - channel->reply_len;
	size_t part = len < room ? len : room;

	memcpy(channel->reply + channel->reply_len, data, part);
	channel->reply_len += part;
	return len;
}

static size_t
on_body(char *out, size_t size, size_t count, void *context)
{
	struct channel_curl *channel = context;
	size_t room = size * count;
	size_t left = channel->body_len - channel->body_at;
	size_t part = left < room ? left : room;

	memcpy(out, channel->body + channel->body_at, part);
	channel->body_at += part;
	return part;
}

#define SET(option, value)                                                             \
	do {                                                                           \
		if (code == CURLE_OK) {                                                \
			code = curl_easy_setopt(easy, option, value);                  \
		}                                                                      \
	} while (0)

static CURLcode
set_http(struct channel_curl *channel, CURLcode code)
{
	CURL *easy = channel->easy;

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)channel->body_len);
	SET(CURLOPT_POSTFIELDS, channel->body);
	SET(CURLOPT_HTTPHEADER, channel->list);
	SET(CURLOPT_USERAGENT, "parallax/" PARALLAX_VERSION);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	return code;
}

static bool
is_loopback(const char *text)
{
	struct syntax_url url;

	return syntax_url_split(text, &url) && syntax_url_is_loopback(&url);
}

static CURLcode
set_mail(struct channel_curl *channel, CURLcode code)
{
	CURL *easy = channel->easy;
	const struct channel_conf *conf = channel->conf;
	bool may_be_bare = is_loopback(channel->url) && channel->secret[0] == '\0' &&
			   (conf->ca == NULL || conf->ca[0] == '\0');

	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_USE_SSL, (long)(may_be_bare ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	SET(CURLOPT_MAIL_FROM, conf->from);
	SET(CURLOPT_MAIL_RCPT, channel->list);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, on_body);
	SET(CURLOPT_READDATA, channel);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)channel->body_len);
	if (conf->user != NULL && conf->user[0] != '\0') {
		SET(CURLOPT_USERNAME, conf->user);
		SET(CURLOPT_PASSWORD, channel->secret);
	}
	return code;
}

static bool
set_options(struct channel_curl *channel)
{
	CURL *easy = channel->easy;
	const char *ca = channel->conf->ca;
	long total_ms = (long)channel->total_ms;
	long connect_ms =
	    total_ms < CHANNEL_CURL_CONNECT_MS ? total_ms : CHANNEL_CURL_CONNECT_MS;
	CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, channel->request_url);

	SET(CURLOPT_WRITEFUNCTION, on_reply);
	SET(CURLOPT_WRITEDATA, channel);
	SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	SET(CURLOPT_TIMEOUT_MS, total_ms);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	if (ca != NULL && ca[0] != '\0') {
		SET(CURLOPT_CAINFO, ca);
	}
	code = is_mail(channel) ? set_mail(channel, code) : set_http(channel, code);
	return code == CURLE_OK;
}

#undef SET

CURL *
channel_curl_start(struct channel_curl *channel, const struct channel_attempt *attempt,
    struct channel_work *work, struct message_answer *answer)
{
	const struct channel_setup setup = {
	    .conf = channel->conf, .url = channel->url, .secret = channel->secret};
	bool ok;

	curl_easy_reset(channel->easy);
	forget(channel);
	if (!channel_write(&setup, attempt, work)) {
		answer->delivery = DELIVERY_REJECTED;
		(void)snprintf(answer->detail, sizeof(answer->detail),
		    "cannot be written for this channel");
		secret_wipe(work, sizeof(*work));
		return NULL;
	}
	ok = keep(channel, work) && set_options(channel);
	secret_wipe(work, sizeof(*work));
	if (!ok) {
		answer->delivery = DELIVERY_REJECTED_RETRY;
		(void)snprintf(answer->detail, sizeof(answer->detail), "no memory");
		return NULL;
	}
	return channel->easy;
}

/* Bytes of the request that left decide what is certain, not the name of the error: a
 * timeout while connecting is a different thing from one while waiting. */
static enum channel_exchange
exchange_of(const struct channel_curl *channel, CURLcode code)
{
	long sent = 0;

	if (code == CURLE_OK) {
		return CHANNEL_ANSWERED;
	}
	if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
		return CHANNEL_IMPOSSIBLE;
	}
	if (is_mail(channel)) {
		/* the mail itself is asked for last */
		return channel->body_at == 0 ? CHANNEL_NOT_SENT : CHANNEL_CUT;
	}
	if (curl_easy_getinfo(channel->easy, CURLINFO_REQUEST_SIZE, &sent) ==
		CURLE_OK &&
	    sent == 0) {
		return CHANNEL_NOT_SENT;
	}
	return CHANNEL_CUT;
}

static int64_t
retry_after_ns(CURL *easy)
{
	curl_off_t after_s = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &after_s);
	if (after_s <= 0) {
		return 0;
	}
	return after_s > INT64_MAX / CLOCK_NS_PER_S ? INT64_MAX
						    : (int64_t)after_s * CLOCK_NS_PER_S;
}

void
channel_curl_end(
    struct channel_curl *channel, CURLcode code, struct message_answer *answer)
{
	struct channel_return back = {.exchange = exchange_of(channel, code),
	    .body = channel->reply,
	    .body_len = channel->reply_len};
	long status = 0;

	(void)curl_easy_getinfo(channel->easy, CURLINFO_RESPONSE_CODE, &status);
	back.status = status < 0 ? 0 : (unsigned)status;
	if (code != CURLE_OK) {
		(void)snprintf(answer->detail, sizeof(answer->detail), "%s",
		    curl_easy_strerror(code));
	}
	if (is_mail(channel)) {
		channel_mail_judge(back.exchange, back.status, answer);
	} else {
		back.retry_after_ns = retry_after_ns(channel->easy);
		channel_judge(channel->conf->kind, &back, answer);
	}
	forget(channel);
}
