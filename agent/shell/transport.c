#include "agent/shell/transport.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Microseconds of one curl timer, 0 = not reached. */
static uint32_t
timer_us(CURL *easy, CURLINFO which)
{
	curl_off_t us = 0;

	if (curl_easy_getinfo(easy, which, &us) != CURLE_OK || us < 0) {
		return 0;
	}
	return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void
transport_facts_of(CURL *easy, CURLcode code, struct transport_facts *out)
{
	long status = 0;
	long os_errno = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_COULDNT_CONNECT) {
		/* With other codes it may still be what an earlier transfer met. */
		(void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
	}
	*out = (struct transport_facts){
	    .code = code,
	    .os_errno = (int)os_errno,
	    .http_status = status > 0 && status < 1000 ? (uint16_t)status : 0,
	    .text = "",
	    .timing =
		{
		    .dns_us = timer_us(easy, CURLINFO_NAMELOOKUP_TIME_T),
		    .connect_us = timer_us(easy, CURLINFO_CONNECT_TIME_T),
		    .tls_us = timer_us(easy, CURLINFO_APPCONNECT_TIME_T),
		    .first_byte_us = timer_us(easy, CURLINFO_STARTTRANSFER_TIME_T),
		    .total_us = timer_us(easy, CURLINFO_TOTAL_TIME_T),
		},
	};
	if (out->timing.total_us == 0) {
		out->timing.total_us = 1;
	}
}

/* The last phase the transfer had entered. */
static enum phase
phase_reached(const struct transport_facts *facts)
{
	const struct timing *timing = &facts->timing;

	if (timing->dns_us == 0) {
		return PHASE_DNS;
	}
	if (timing->connect_us == 0) {
		return PHASE_CONNECT;
	}
	if (facts->https && timing->tls_us == 0) {
		return PHASE_TLS;
	}
	return timing->first_byte_us == 0 ? PHASE_WAIT : PHASE_BODY;
}

bool
transport_is_local(int os_errno)
{
	switch (os_errno) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EADDRNOTAVAIL:
	case EACCES:
	case EPERM:
		return true;
	}
	return false;
}

/* Bad chunking and a broken connection share a code; the words are all that differs. */
static bool
is_bad_chunk(const struct transport_facts *facts)
{
	return strstr(facts->text, "chunked-encoding") != NULL;
}

static bool
always(const struct transport_facts *facts)
{
	(void)facts;
	return true;
}

static bool
was_over_limit(const struct transport_facts *facts)
{
	return facts->over_limit;
}

static bool
was_local(const struct transport_facts *facts)
{
	return transport_is_local(facts->os_errno);
}

/* Curl takes a connection that closes inside the head for the end of an answer. */
static bool
is_half_a_head(const struct transport_facts *facts)
{
	return !facts->head_whole;
}

/* First fit decides. `from` and `to` are the phases the row is for; `phase` is what is
 * said, PHASE_COUNT for the one that was reached. */
static const struct row {
	CURLcode code;
	enum phase from;
	enum phase to;
	bool (*when)(const struct transport_facts *facts);
	enum transport_end end;
	enum phase phase;
} rows[] = {
#define ANY_PHASE   PHASE_LOCAL, PHASE_DONE
#define ONLY(phase) phase, phase
#define REACHED     PHASE_COUNT
    {CURLE_OK, ANY_PHASE, is_half_a_head, TRANSPORT_PARTIAL, PHASE_BODY},
    {CURLE_OK, ANY_PHASE, always, TRANSPORT_DONE, PHASE_DONE},
    {CURLE_COULDNT_RESOLVE_HOST, ANY_PHASE, always, TRANSPORT_DNS, PHASE_DNS},
    {CURLE_COULDNT_CONNECT, ANY_PHASE, was_local, TRANSPORT_LOCAL, PHASE_LOCAL},
    {CURLE_COULDNT_CONNECT, ANY_PHASE, always, TRANSPORT_CONNECT, PHASE_CONNECT},
    {CURLE_OPERATION_TIMEDOUT, ONLY(PHASE_DNS), always, TRANSPORT_DNS, PHASE_DNS},
    {CURLE_OPERATION_TIMEDOUT, ONLY(PHASE_CONNECT), was_local, TRANSPORT_LOCAL,
	PHASE_LOCAL}, /* so curl says it when there was no socket at all */
    {CURLE_OPERATION_TIMEDOUT, ONLY(PHASE_CONNECT), always, TRANSPORT_CONNECT_TIMEOUT,
	PHASE_CONNECT},
    {CURLE_OPERATION_TIMEDOUT, ANY_PHASE, always, TRANSPORT_TIMEOUT, REACHED},
    {CURLE_PEER_FAILED_VERIFICATION, ANY_PHASE, always, TRANSPORT_BAD_CERT, PHASE_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, ANY_PHASE, always, TRANSPORT_BAD_CERT, PHASE_TLS},
    {CURLE_SSL_ISSUER_ERROR, ANY_PHASE, always, TRANSPORT_BAD_CERT, PHASE_TLS},
    {CURLE_SSL_CONNECT_ERROR, ANY_PHASE, always, TRANSPORT_TLS, PHASE_TLS},
    {CURLE_SSL_CIPHER, ANY_PHASE, always, TRANSPORT_TLS, PHASE_TLS},
    {CURLE_SSL_CLIENTCERT, ANY_PHASE, always, TRANSPORT_TLS, PHASE_TLS},
    {CURLE_GOT_NOTHING, ANY_PHASE, always, TRANSPORT_RESET, PHASE_WAIT},
    {CURLE_SEND_ERROR, ONLY(PHASE_TLS), always, TRANSPORT_TLS, PHASE_TLS},
    {CURLE_RECV_ERROR, ONLY(PHASE_TLS), always, TRANSPORT_TLS, PHASE_TLS},
    {CURLE_SEND_ERROR, PHASE_DNS, PHASE_WAIT, always, TRANSPORT_RESET, REACHED},
    {CURLE_RECV_ERROR, PHASE_DNS, PHASE_WAIT, always, TRANSPORT_RESET, REACHED},
    {CURLE_RECV_ERROR, ONLY(PHASE_BODY), is_bad_chunk, TRANSPORT_BAD_ENCODING,
	PHASE_BODY},
    {CURLE_RECV_ERROR, ONLY(PHASE_BODY), always, TRANSPORT_PARTIAL, PHASE_BODY},
    {CURLE_SEND_ERROR, ONLY(PHASE_BODY), always, TRANSPORT_PARTIAL, PHASE_BODY},
    {CURLE_PARTIAL_FILE, ANY_PHASE, always, TRANSPORT_PARTIAL, PHASE_BODY},
    {CURLE_WRITE_ERROR, ANY_PHASE, was_over_limit, TRANSPORT_TOO_LARGE, PHASE_BODY},
    {CURLE_WRITE_ERROR, ANY_PHASE, always, TRANSPORT_BAD_ENCODING, PHASE_BODY},
    {CURLE_BAD_CONTENT_ENCODING, ANY_PHASE, always, TRANSPORT_BAD_ENCODING, PHASE_BODY},
    {CURLE_WEIRD_SERVER_REPLY, ANY_PHASE, always, TRANSPORT_BAD_ENCODING, PHASE_BODY},
    {CURLE_HTTP2, ANY_PHASE, always, TRANSPORT_BAD_ENCODING, PHASE_BODY},
    /* An answer without a status line is HTTP/0.9 to curl, which it refuses to speak. */
    {CURLE_UNSUPPORTED_PROTOCOL, PHASE_WAIT, PHASE_BODY, always, TRANSPORT_BAD_ENCODING,
	PHASE_BODY},
#undef ANY_PHASE
#undef ONLY
#undef REACHED
};

void
transport_of_curl(const struct transport_facts *facts, struct transport *out)
{
	enum phase reached = phase_reached(facts);

	*out = (struct transport){
	    .end = TRANSPORT_LOCAL,
	    .phase = PHASE_LOCAL,
	    .timing = facts->timing,
	    .http_status = facts->http_status,
	    .text = facts->text,
	};
	if (facts->stalled) {
		out->end = TRANSPORT_TIMEOUT;
		out->phase = PHASE_BODY;
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (row->code == facts->code && reached >= row->from &&
		    reached <= row->to && row->when(facts)) {
			out->end = row->end;
			out->phase = row->phase == PHASE_COUNT ? reached : row->phase;
			return;
		}
	}
}
