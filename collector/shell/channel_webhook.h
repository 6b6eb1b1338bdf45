/* channel_webhook - messages as HTTP POST of JSON to one URL
 * Room: collector/shell. Owner: the notifier's thread.
 *
 *   POST URL
 *   Content-Type: application/json
 *   Idempotency-Key: 64 hexadecimal digits, the same for all attempts of a message
 *   X-Parallax-Timestamp: seconds since 1970 of this attempt
 *   X-Parallax-Signature: sha256=HMAC-SHA256(secret, timestamp "." body), hexadecimal
 *
 * The signature is there when a secret is configured; the timestamp in it lets a receiver
 * refuse what is replayed. Redirects are not followed. Each attempt has a connection of its
 * own, so that libcurl never repeats a request by itself. The URL is a secret: it is in no
 * text made here. */
#ifndef COLLECTOR_SHELL_CHANNEL_WEBHOOK_H
#define COLLECTOR_SHELL_CHANNEL_WEBHOOK_H

#include "collector/core/message.h"
#include "common/core/clock.h"

#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

enum {
	CHANNEL_WEBHOOK_CONNECT_MS = 5000,
	CHANNEL_WEBHOOK_TOTAL_MS = 15000
};

struct channel_webhook;

/* One message to send; `body` is borrowed until the transfer is over. */
struct channel_webhook_request {
	uint64_t key[4];
	const char *body;
	size_t body_len;
	struct wall at;
};

/* Copies `url` and `secret` ("" = do not sign). `total_ms` bounds an exchange, 0 means
 * CHANNEL_WEBHOOK_TOTAL_MS. NULL without memory. */
struct channel_webhook *channel_webhook_new(
    const char *url, const char *secret, uint32_t total_ms);

/* Wipes and frees; no transfer may be going on. NULL is legal. */
void channel_webhook_free(struct channel_webhook *webhook);

/* A handle ready for curl_multi_add_handle(), owned by `webhook`; NULL without memory. One
 * at a time. CURLOPT_PRIVATE is the caller's. */
CURL *channel_webhook_start(
    struct channel_webhook *webhook, const struct channel_webhook_request *request);

/* The transfer ended with `code`: fills all of `answer` but the row. */
void channel_webhook_end(
    struct channel_webhook *webhook, CURLcode code, struct message_answer *answer);

#endif
