#include "collector/shell/channel_webhook.h"

#include "collector/core/channel.h"
#include "common/core/sha256.h"
#include "common/shell/secret.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

struct channel_webhook {
	char *url;
	char *secret;
	uint32_t total_ms;
	CURL *easy;
	struct curl_slist *headers;
};

struct channel_webhook *
channel_webhook_new(const char *url, const char *secret, uint32_t total_ms)
{
	struct channel_webhook *webhook = calloc(1, sizeof(*webhook));

	if (webhook == NULL) {
		return NULL;
	}
	webhook->url = strdup(url);
	webhook->secret = strdup(secret);
	webhook->total_ms = total_ms == 0 ? CHANNEL_WEBHOOK_TOTAL_MS : total_ms;
	webhook->easy = curl_easy_init();
	if (webhook->url == NULL || webhook->secret == NULL || webhook->easy == NULL) {
		channel_webhook_free(webhook);
		return NULL;
	}
	return webhook;
}

static void
wipe_free(char *text)
{
	if (text != NULL) {
		secret_wipe(text, strlen(text));
		free(text);
	}
}

void
channel_webhook_free(struct channel_webhook *webhook)
{
	if (webhook == NULL) {
		return;
	}
	curl_easy_cleanup(webhook->easy);
	curl_slist_free_all(webhook->headers);
	wipe_free(webhook->url);
	wipe_free(webhook->secret);
	free(webhook);
}

/* HMAC over timestamp "." body, as hexadecimal. */
static bool
sign(const struct channel_webhook *webhook, const char *timestamp,
    const struct channel_webhook_request *request, char out[SHA256_HEX_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;
	size_t stamp_len = strlen(timestamp);
	size_t len = stamp_len + 1 + request->body_len;
	unsigned char *message = malloc(len);
	bool ok;

	if (message == NULL) {
		return false;
	}
	memcpy(message, timestamp, stamp_len);
	message[stamp_len] = '.';
	memcpy(message + stamp_len + 1, request->body, request->body_len);
	ok = HMAC(EVP_sha256(), webhook->secret, (int)strlen(webhook->secret), message,
		 len, digest, &digest_len) != NULL;
	free(message);
	if (!ok || digest_len != SHA256_BYTES) {
		return false;
	}
	sha256_hex(digest, out);
	return true;
}

static bool
add_header(struct curl_slist **list, const char *name, const char *value)
{
	char line[160];
	struct curl_slist *longer;

	(void)snprintf(line, sizeof(line), "%s: %s", name, value);
	longer = curl_slist_append(*list, line);
	if (longer == NULL) {
		return false;
	}
	*list = longer;
	return true;
}

static bool
make_headers(
    struct channel_webhook *webhook, const struct channel_webhook_request *request)
{
	char timestamp[24];
	char key[SHA256_HEX_BYTES];
	char signature[16 + SHA256_HEX_BYTES] = "sha256=";
	struct curl_slist *list = NULL;
	bool ok;

	(void)snprintf(timestamp, sizeof(timestamp), "%lld",
	    (long long)(request->at.ns / CLOCK_NS_PER_S));
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(key + 16 * i, sizeof(key) - 16 * i, "%016llx",
		    (unsigned long long)request->key[i]);
	}
	ok = add_header(&list, "Content-Type", "application/json") &&
	     add_header(&list, "Idempotency-Key", key) &&
	     add_header(&list, "X-Parallax-Timestamp", timestamp);
	if (ok && webhook->secret[0] != '\0') {
		ok = sign(webhook, timestamp, request, signature + 7) &&
		     add_header(&list, "X-Parallax-Signature", signature);
	}
	if (!ok) {
		curl_slist_free_all(list);
		return false;
	}
	curl_slist_free_all(webhook->headers);
	webhook->headers = list;
	return true;
}

/* The body of an answer says nothing that is needed; it is read so that its end is seen. */
static size_t
discard(char *data, size_t size, size_t count, void *context)
{
	(void)data;
	(void)context;
	return size * count;
}

static bool
set_options(
    struct channel_webhook *webhook, const struct channel_webhook_request *request)
{
	CURL *easy = webhook->easy;
	long total_ms = (long)webhook->total_ms;
	long connect_ms = total_ms < CHANNEL_WEBHOOK_CONNECT_MS
			      ? total_ms
			      : CHANNEL_WEBHOOK_CONNECT_MS;
	CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, webhook->url);

#define SET(option, value)                                                             \
	do {                                                                           \
		if (code == CURLE_OK) {                                                \
			code = curl_easy_setopt(easy, option, value);                  \
		}                                                                      \
	} while (0)
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
	SET(CURLOPT_POSTFIELDS, request->body);
	SET(CURLOPT_HTTPHEADER, webhook->headers);
	SET(CURLOPT_USERAGENT, "parallax/" PARALLAX_VERSION);
	SET(CURLOPT_WRITEFUNCTION, discard);
	SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	SET(CURLOPT_TIMEOUT_MS, total_ms);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
#undef SET
	return code == CURLE_OK;
}

CURL *
channel_webhook_start(
    struct channel_webhook *webhook, const struct channel_webhook_request *request)
{
	curl_easy_reset(webhook->easy);
	if (!make_headers(webhook, request) || !set_options(webhook, request)) {
		return NULL;
	}
	return webhook->easy;
}

/* Bytes of the request that left decide what is certain, not the name of the error: a
 * timeout while connecting is a different thing from one while waiting. */
static enum channel_exchange
exchange_of(CURL *easy, CURLcode code)
{
	long sent = 0;

	if (code == CURLE_OK) {
		return CHANNEL_ANSWERED;
	}
	if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
		return CHANNEL_IMPOSSIBLE;
	}
	if (curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK &&
	    sent == 0) {
		return CHANNEL_NOT_SENT;
	}
	return CHANNEL_CUT;
}

void
channel_webhook_end(
    struct channel_webhook *webhook, CURLcode code, struct message_answer *answer)
{
	long status = 0;
	curl_off_t after_s = 0;

	(void)curl_easy_getinfo(webhook->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(webhook->easy, CURLINFO_RETRY_AFTER, &after_s);
	answer->delivery =
	    channel_classify(exchange_of(webhook->easy, code), (unsigned)status);
	answer->retry_after_ns = 0;
	if (after_s > 0 && answer->delivery != DELIVERY_DONE) {
		answer->retry_after_ns = after_s > INT64_MAX / CLOCK_NS_PER_S
					     ? INT64_MAX
					     : (int64_t)after_s * CLOCK_NS_PER_S;
	}
	if (code == CURLE_OK) {
		(void)snprintf(
		    answer->detail, sizeof(answer->detail), "HTTP %ld", status);
	} else {
		(void)snprintf(answer->detail, sizeof(answer->detail), "%s",
		    curl_easy_strerror(code));
	}
}
