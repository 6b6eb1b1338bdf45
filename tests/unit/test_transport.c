#include "tests/support/test.h"

#include "agent/shell/transport.h"

#include <errno.h>

/* How far a transfer had come, as curl's timers tell it. */
static const struct timing at_start = {.total_us = 1};
static const struct timing resolved = {.dns_us = 1, .total_us = 2};
static const struct timing connected = {.dns_us = 1, .connect_us = 2, .total_us = 3};
static const struct timing secured = {
    .dns_us = 1, .connect_us = 2, .tls_us = 3, .total_us = 4};
static const struct timing begun = {
    .dns_us = 1, .connect_us = 2, .tls_us = 3, .first_byte_us = 4, .total_us = 5};

static const struct row {
	CURLcode code;
	const struct timing *timing;
	int os_errno;
	const char *text;
	enum transport_end end;
	enum phase phase;
} rows[] = {
    {CURLE_OK, &begun, 0, "", TRANSPORT_DONE, PHASE_DONE},
    {CURLE_COULDNT_RESOLVE_HOST, &at_start, 0, "", TRANSPORT_DNS, PHASE_DNS},
    {CURLE_OPERATION_TIMEDOUT, &at_start, 0, "", TRANSPORT_DNS, PHASE_DNS},
    {CURLE_COULDNT_CONNECT, &resolved, ECONNREFUSED, "", TRANSPORT_CONNECT,
	PHASE_CONNECT},
    {CURLE_COULDNT_CONNECT, &resolved, ENETUNREACH, "", TRANSPORT_CONNECT,
	PHASE_CONNECT},
    {CURLE_COULDNT_CONNECT, &resolved, EMFILE, "", TRANSPORT_LOCAL, PHASE_LOCAL},
    {CURLE_COULDNT_CONNECT, &resolved, EADDRNOTAVAIL, "", TRANSPORT_LOCAL, PHASE_LOCAL},
    {CURLE_INTERFACE_FAILED, &resolved, 0, "", TRANSPORT_LOCAL, PHASE_LOCAL},
    {CURLE_OPERATION_TIMEDOUT, &resolved, 0, "", TRANSPORT_CONNECT_TIMEOUT,
	PHASE_CONNECT},
    {CURLE_OPERATION_TIMEDOUT, &resolved, EMFILE, "", TRANSPORT_LOCAL, PHASE_LOCAL},
    {CURLE_OPERATION_TIMEDOUT, &connected, 0, "", TRANSPORT_TIMEOUT, PHASE_TLS},
    {CURLE_OPERATION_TIMEDOUT, &secured, 0, "", TRANSPORT_TIMEOUT, PHASE_WAIT},
    {CURLE_OPERATION_TIMEDOUT, &begun, 0, "", TRANSPORT_TIMEOUT, PHASE_BODY},
    {CURLE_SSL_CONNECT_ERROR, &connected, 0, "", TRANSPORT_TLS, PHASE_TLS},
    {CURLE_RECV_ERROR, &connected, ECONNRESET, "", TRANSPORT_TLS, PHASE_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, &connected, 0, "", TRANSPORT_BAD_CERT, PHASE_TLS},
    {CURLE_SSL_CACERT_BADFILE, &connected, 0, "", TRANSPORT_LOCAL, PHASE_LOCAL},
    {CURLE_GOT_NOTHING, &secured, 0, "", TRANSPORT_RESET, PHASE_WAIT},
    {CURLE_SEND_ERROR, &secured, EPIPE, "", TRANSPORT_RESET, PHASE_WAIT},
    {CURLE_RECV_ERROR, &secured, ECONNRESET, "", TRANSPORT_RESET, PHASE_WAIT},
    {CURLE_RECV_ERROR, &begun, ECONNRESET, "", TRANSPORT_PARTIAL, PHASE_BODY},
    {CURLE_RECV_ERROR, &begun, 0, "Illegal or missing hexadecimal in chunked-encoding",
	TRANSPORT_BAD_ENCODING, PHASE_BODY},
    {CURLE_PARTIAL_FILE, &begun, 0, "", TRANSPORT_PARTIAL, PHASE_BODY},
    {CURLE_WRITE_ERROR, &begun, 0, "", TRANSPORT_BAD_ENCODING, PHASE_BODY},
    {CURLE_BAD_CONTENT_ENCODING, &begun, 0, "", TRANSPORT_BAD_ENCODING, PHASE_BODY},
    {CURLE_UNSUPPORTED_PROTOCOL, &begun, 0, "", TRANSPORT_BAD_ENCODING, PHASE_BODY},
    {CURLE_UNSUPPORTED_PROTOCOL, &at_start, 0, "", TRANSPORT_LOCAL, PHASE_LOCAL},
    {CURLE_OUT_OF_MEMORY, &begun, 0, "", TRANSPORT_LOCAL, PHASE_LOCAL},
};

static struct transport_facts
facts_of(const struct row *row)
{
	return (struct transport_facts){
	    .code = row->code,
	    .head_whole = true,
	    .https = true,
	    .os_errno = row->os_errno,
	    .timing = *row->timing,
	    .text = row->text,
	};
}

static void
follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct transport_facts facts = facts_of(&rows[i]);
		struct transport transport;

		transport_of_curl(&facts, &transport);
		if (transport.end != rows[i].end || transport.phase != rows[i].phase) {
			fail_msg("row %zu: code %d: end %d in %s", i, (int)rows[i].code,
			    (int)transport.end, phase_name(transport.phase));
		}
		assert_int_equal(transport.timing.total_us, rows[i].timing->total_us);
	}
}

static void
our_own_stops_come_first(void **state)
{
	struct transport_facts facts = facts_of(&rows[0]);
	struct transport transport;

	(void)state;
	facts.head_whole = false;
	transport_of_curl(&facts, &transport);
	assert_int_equal(transport.end, TRANSPORT_PARTIAL);
	facts.code = CURLE_WRITE_ERROR;
	facts.over_limit = true;
	transport_of_curl(&facts, &transport);
	assert_int_equal(transport.end, TRANSPORT_TOO_LARGE);
	facts.stalled = true;
	transport_of_curl(&facts, &transport);
	assert_int_equal(transport.end, TRANSPORT_TIMEOUT);
	assert_int_equal(transport.phase, PHASE_BODY);
}

/* Without TLS the connection alone is what stands before the request. */
static void
plain_http_has_no_tls_phase(void **state)
{
	struct transport_facts facts = {
	    .code = CURLE_OPERATION_TIMEDOUT, .timing = connected, .text = ""};
	struct transport transport;

	(void)state;
	transport_of_curl(&facts, &transport);
	assert_int_equal(transport.end, TRANSPORT_TIMEOUT);
	assert_int_equal(transport.phase, PHASE_WAIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(follows_the_table),
	    cmocka_unit_test(our_own_stops_come_first),
	    cmocka_unit_test(plain_http_has_no_tls_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
