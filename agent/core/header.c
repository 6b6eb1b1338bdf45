#include "agent/core/header.h"

#include "agent/core/httpdate.h"
#include "common/core/chars.h"

#include <stdio.h>
#include <string.h>

struct view {
	const char *text;
	size_t len;
};

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
equals(struct view view, const char *word)
{
	if (strlen(word) != view.len) {
		return false;
	}
	for (size_t i = 0; i < view.len; i++) {
		if (lower(view.text[i]) != word[i]) {
			return false;
		}
	}
	return true;
}

static struct view
trim(const char *text, size_t len)
{
	while (len > 0 && (unsigned char)text[0] <= ' ') {
		text++;
		len--;
	}
	while (len > 0 && (unsigned char)text[len - 1] <= ' ') {
		len--;
	}
	return (struct view){text, len};
}

/* Keeps `view`, or nothing of it: half an ETag is another ETag. */
static void
keep(char *out, size_t cap, struct view view)
{
	out[0] = '\0';
	if (view.len >= cap) {
		return;
	}
	for (size_t i = 0; i < view.len; i++) {
		unsigned char c = (unsigned char)view.text[i];
		if (c < ' ' || c > '~') {
			out[0] = '\0';
			return;
		}
		out[i] = (char)c;
	}
	out[view.len] = '\0';
}

/* Decimal "12" or "12.5", times `scale`, which is a power of ten; capped. Returns how many
 * characters were read. */
static size_t
decimal(struct view view, uint64_t scale, uint64_t *out_value)
{
	uint64_t value = 0;
	size_t at = 0;

	for (; at < view.len && chars_is_digit(view.text[at]); at++) {
		if (value < UINT32_MAX) {
			value = value * 10 + (uint64_t)(view.text[at] - '0');
		}
	}
	value *= scale;
	if (at > 0 && at < view.len && view.text[at] == '.') {
		for (at++; at < view.len && chars_is_digit(view.text[at]); at++) {
			scale /= 10;
			value += (uint64_t)(view.text[at] - '0') * scale;
		}
	}
	*out_value = value;
	return at;
}

static void
server_ms(struct header *header, struct view view)
{
	uint64_t us;

	if (decimal(view, 1000, &us) == 0) {
		return;
	}
	if (us > UINT32_MAX) {
		us = UINT32_MAX;
	}
	if (us > header->server_us) {
		header->server_us = (uint32_t)us;
	}
}

/* Server-Timing (W3C): `gfet4t7; dur=29182, other;dur=1.5`; the longest one counts. */
static void
server_timing(struct header *header, struct view view)
{
	for (size_t i = 0; i + 4 < view.len; i++) {
		if (equals((struct view){view.text + i, 4}, "dur=")) {
			server_ms(
			    header, (struct view){view.text + i + 4, view.len - i - 4});
		}
	}
}

static void
content_type(struct header *header, struct view view)
{
	size_t len = 0;

	while (len < view.len && view.text[len] != ';' && view.text[len] != ',') {
		len++;
	}
	keep(header->content_type, sizeof(header->content_type), trim(view.text, len));
	for (char *at = header->content_type; *at != '\0'; at++) {
		*at = lower(*at);
	}
}

/* Names under which a vendor's support can find a call again, best first. */
static const char *const request_ids[] = {"x-request-id", "request-id",
    "x-goog-request-id", "x-generation-id", "apim-request-id", "x-correlation-id",
    "cf-ray"};

static bool
request_id(struct header *header, struct view name, struct view value)
{
	const size_t count = sizeof(request_ids) / sizeof(request_ids[0]);

	for (size_t i = 0; i < count; i++) {
		if (!equals(name, request_ids[i])) {
			continue;
		}
		uint8_t rank = (uint8_t)(count - i);
		if (rank > header->request_id_rank) {
			header->request_id_rank = rank;
			keep(header->request_id, sizeof(header->request_id), value);
		}
		return true;
	}
	return false;
}

static void
field(struct header *header, struct view name, struct view value)
{
	if (equals(name, "content-type")) {
		content_type(header, value);
	} else if (equals(name, "retry-after")) {
		keep(header->retry_after, sizeof(header->retry_after), value);
	} else if (equals(name, "etag")) {
		keep(header->etag, sizeof(header->etag), value);
	} else if (equals(name, "last-modified")) {
		keep(header->last_modified, sizeof(header->last_modified), value);
	} else if (equals(name, "server-timing")) {
		server_timing(header, value);
	} else if (equals(name, "openai-processing-ms") ||
		   equals(name, "x-envoy-upstream-service-time")) {
		server_ms(header, value);
	} else {
		(void)request_id(header, name, value);
	}
}

void
header_init(struct header *header)
{
	memset(header, 0, sizeof(*header));
}

/* "HTTP/1.1 200 OK"; 0 when the line is no status line. */
static uint16_t
status_of(struct view line)
{
	size_t at = 5;

	if (line.len < 5 || memcmp(line.text, "HTTP/", 5) != 0) {
		return 0;
	}
	while (at < line.len && line.text[at] != ' ') {
		at++;
	}
	while (at < line.len && line.text[at] == ' ') {
		at++;
	}
	if (at + 3 > line.len ||
	    (at + 3 < line.len && chars_is_digit(line.text[at + 3]))) {
		return 0;
	}
	unsigned status = 0;
	for (size_t i = at; i < at + 3; i++) {
		if (!chars_is_digit(line.text[i])) {
			return 0;
		}
		status = status * 10 + (unsigned)(line.text[i] - '0');
	}
	return (uint16_t)status;
}

bool
header_line(struct header *header, const char *line, size_t len)
{
	struct view view = trim(line, len);
	uint16_t status = status_of(view);

	if (status != 0) {
		header_init(header);
		header->status = status;
		return true;
	}
	const char *colon = view.len > 0 ? memchr(view.text, ':', view.len) : NULL;
	if (colon != NULL) {
		size_t name_len = (size_t)(colon - view.text);
		field(header, (struct view){view.text, name_len},
		    trim(colon + 1, view.len - name_len - 1));
	}
	return false;
}

uint32_t
header_retry_after_ms(const struct header *header, struct wall now)
{
	struct view view = {header->retry_after, strlen(header->retry_after)};
	uint64_t ms = 0;
	struct wall at;

	if (httpdate_read(header->retry_after, &at)) {
		int64_t left_ns = wall_since(at, now);
		ms = left_ns > 0 ? (uint64_t)(left_ns / CLOCK_NS_PER_MS) : 0;
	} else if (decimal(view, 1000, &ms) != view.len) {
		return 0;
	}
	return ms < HEADER_RETRY_AFTER_MS_MAX ? (uint32_t)ms
					      : HEADER_RETRY_AFTER_MS_MAX;
}

bool
header_is_html(const struct header *header)
{
	return strcmp(header->content_type, "text/html") == 0 ||
	       strcmp(header->content_type, "application/xhtml+xml") == 0;
}
