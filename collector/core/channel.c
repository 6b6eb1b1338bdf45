#include "collector/core/channel.h"

#include "common/core/text.h"

#include <string.h>

static enum delivery
classify_status(unsigned status)
{
	switch (status) {
	case 408:
	case 425:
	case 429:
	case 501:
	case 503:
	case 505:
	case 507:
		return DELIVERY_REJECTED_RETRY;
	case 409:
		return DELIVERY_UNKNOWN;
	default:
		break;
	}
	if (status >= 200 && status < 300) {
		return DELIVERY_DONE;
	}
	if (status >= 300 && status < 500) {
		return DELIVERY_REJECTED;
	}
	return DELIVERY_UNKNOWN;
}

enum delivery
channel_classify(enum channel_exchange exchange, unsigned status)
{
	switch (exchange) {
	case CHANNEL_ANSWERED:
		return classify_status(status);
	case CHANNEL_NOT_SENT:
		return DELIVERY_REJECTED_RETRY;
	case CHANNEL_IMPOSSIBLE:
		return DELIVERY_REJECTED;
	case CHANNEL_CUT:
	case CHANNEL_EXCHANGE_COUNT:
		break;
	}
	return DELIVERY_UNKNOWN;
}

void
channel_host(const char *url, char *out, size_t cap)
{
	const char *host = strstr(url, "://");
	const char *end;
	struct text text;

	text_init(&text, out, cap);
	host = host == NULL ? url : host + 3;
	end = host + strcspn(host, "/?#\\");
	for (const char *at = host; at < end; at++) {
		if (*at == '@') {
			host = at + 1; /* the last one ends user and password */
		}
	}
	for (const char *at = host; at < end && !text.cut; at++) {
		text_char(&text, *at > 0x20 && *at < 0x7f ? *at : '?');
	}
	if (text.len == 0) {
		text_add(&text, "?");
	}
}
