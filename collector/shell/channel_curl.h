/* channel_curl - one attempt over HTTP or SMTP
 * Room: collector/shell. Owner: the notifier's thread.
 *
 * What is sent was written by channel_work.h; this carries it and says what came back.
 * Redirects are not followed. Each attempt has a connection of its own, so that libcurl
 * never repeats a request by itself. Mail goes out in one transaction for all recipients:
 * when one is refused nobody has it, which is certain. TLS is never optional, but for
 * loopback: smtp:// to another machine is STARTTLS or nothing.
 *
 * URLs and headers are secrets: they are in no text made here. */
#ifndef COLLECTOR_SHELL_CHANNEL_CURL_H
#define COLLECTOR_SHELL_CHANNEL_CURL_H

#include "collector/core/channel_work.h"
#include "collector/core/message.h"

#include <curl/curl.h>

enum {
	CHANNEL_CURL_CONNECT_MS = 5000,
	CHANNEL_CURL_TOTAL_MS = 15000,
	CHANNEL_CURL_MAIL_MS = 60000 /* mail servers think before they take something */
};

struct channel_curl;

/* Copies `setup->url` and `setup->secret`; borrows `setup->conf` for life. `total_ms` bounds
 * an exchange, 0 means the default of the way. NULL without memory. */
struct channel_curl *channel_curl_new(
    const struct channel_setup *setup, uint32_t total_ms);

/* Wipes and frees; no transfer may be going on. NULL is legal. */
void channel_curl_free(struct channel_curl *channel);

/* Writes the request with the help of `work` (borrowed for the call, wiped of it) and
 * returns a handle ready for curl_multi_add_handle(), owned by `channel`; one at a time.
 * CURLOPT_PRIVATE is the caller's. NULL: `answer` says why, all but its row. */
CURL *channel_curl_start(struct channel_curl *channel,
    const struct channel_attempt *attempt, struct channel_work *work,
    struct message_answer *answer);

/* The transfer ended with `code`: fills all of `answer` but the row. */
void channel_curl_end(
    struct channel_curl *channel, CURLcode code, struct message_answer *answer);

#endif
