/* lookup: what is made of answers about a name, and the texts of addresses. */
#include "tests/support/test.h"

#include "agent/core/lookup.h"
#include "agent/shell/address.h"
#include "agent/shell/probe_net.h"

#define U LOOKUP_UNASKED
#define F LOOKUP_FOUND
#define N LOOKUP_NODATA
#define X LOOKUP_NXDOMAIN
#define S LOOKUP_SERVFAIL
#define W LOOKUP_WAITING
#define R LOOKUP_UNREACHABLE

static const struct row {
	enum lookup_status v4;
	enum lookup_status v6;
	uint32_t addresses;
	const char *expected;
	enum transport_end end;
	const char *words;
} rows[] = {
    {F, U, 1, "", TRANSPORT_DONE, "192.0.2.0, ttl 60 s"},
    {F, F, 2, "", TRANSPORT_DONE, "192.0.2.0, 192.0.2.1, ttl 59 s"},
    {F, N, 1, "", TRANSPORT_DONE, "192.0.2.0, ttl 60 s"},
    {F, S, 1, "", TRANSPORT_DONE, "192.0.2.0, ttl 60 s; AAAA: SERVFAIL"},
    {F, W, 1, "", TRANSPORT_DNS, "no answer in time (AAAA) from 192.0.2.53"},
    {W, F, 1, "", TRANSPORT_DNS, "no answer in time (A) from 192.0.2.53"},
    {W, W, 0, "", TRANSPORT_DNS, "no answer in time from 192.0.2.53"},
    {F, U, 9, "", TRANSPORT_DONE,
	"192.0.2.0, 192.0.2.1, 192.0.2.2, 192.0.2.3 and 5 more, ttl 52 s"},
    {F, U, 9, "192.0.2.8", TRANSPORT_DONE,
	"192.0.2.0, 192.0.2.1, 192.0.2.2, 192.0.2.3 and 5 more, ttl 52 s"},
    {F, U, 1, "192.0.2.8", TRANSPORT_MISMATCH,
	"192.0.2.8 expected, found 192.0.2.0, ttl 60 s"},
    {F, U, 1, "2001:db8::1", TRANSPORT_MISMATCH,
	"2001:db8::1 expected, found 192.0.2.0, ttl 60 s"},
    {X, X, 0, "", TRANSPORT_DNS, "NXDOMAIN from 192.0.2.53"},
    {X, U, 0, "192.0.2.1", TRANSPORT_DNS, "NXDOMAIN from 192.0.2.53"},
    {N, N, 0, "", TRANSPORT_DNS, "no address (A, AAAA) from 192.0.2.53"},
    {N, U, 0, "", TRANSPORT_DNS, "no address (A) from 192.0.2.53"},
    {U, N, 0, "", TRANSPORT_DNS, "no address (AAAA) from 192.0.2.53"},
    {N, S, 0, "", TRANSPORT_DNS, "SERVFAIL from 192.0.2.53"},
    {R, R, 0, "", TRANSPORT_DNS, "no such resolver: 192.0.2.53"},
    {LOOKUP_LOCAL, U, 0, "", TRANSPORT_LOCAL, "because"},
    {LOOKUP_LOCAL, F, 1, "", TRANSPORT_LOCAL, "because"},
    {LOOKUP_REFUSED, U, 0, "", TRANSPORT_DNS, "REFUSED from 192.0.2.53"},
    {LOOKUP_RCODE, U, 0, "", TRANSPORT_DNS, "question not understood from 192.0.2.53"},
    {LOOKUP_GARBAGE, U, 0, "", TRANSPORT_DNS, "unreadable answer from 192.0.2.53"},
};

static void
test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct lookup lookup;
		char words[192];
		enum transport_end end;

		lookup_init(&lookup);
		(void)snprintf(lookup.resolver, sizeof(lookup.resolver), "192.0.2.53");
		(void)snprintf(lookup.why, sizeof(lookup.why), "because");
		assert_true(row->expected[0] == '\0' ||
			    address_parse(row->expected, &lookup.expected));
		for (uint32_t n = 0; n < row->addresses; n++) {
			unsigned char bytes[4] = {192, 0, 2, (unsigned char)n};
			struct lookup_address address = address_of(4, bytes);

			lookup_add(&lookup, &address, 60 - n);
		}
		lookup.v4 = row->v4;
		lookup.v6 = row->v6;
		end = lookup_judge(&lookup, words, sizeof(words));
		if (end != row->end || strcmp(words, row->words) != 0) {
			fail_msg("row %zu: %d '%s'", i, (int)end, words);
		}
		/* Little room cuts the words, and nothing else. */
		for (size_t cap = 1; cap < sizeof(words); cap++) {
			assert_int_equal(lookup_judge(&lookup, words, cap), row->end);
			assert_true(strlen(words) < cap);
			assert_memory_equal(words, row->words, strlen(words));
		}
	}
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *text;
		const char *address; /* NULL = none */
		uint16_t port;
	} row[] = {
	    {"192.0.2.1", "192.0.2.1", 53},
	    {"192.0.2.1:5353", "192.0.2.1", 5353},
	    {"2001:DB8::1", "2001:db8::1", 53},
	    {"[2001:db8::1]", "2001:db8::1", 53},
	    {"[::1]:65535", "::1", 65535},
	    {"", NULL, 0},
	    {"192.0.2.1:", NULL, 0},
	    {"192.0.2.1:0", NULL, 0},
	    {"192.0.2.1:65536", NULL, 0},
	    {"192.0.2.1:+1", NULL, 0},
	    {"192.0.2.1:53x", NULL, 0},
	    {"192.0.2", NULL, 0},
	    {"[192.0.2.1]:53", NULL, 0},
	    {"[::1", NULL, 0},
	    {"[::1]53", NULL, 0},
	    {"::1:", NULL, 0},
	    {"one.one.one.one", NULL, 0},
	    {"one.one.one.one:53", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct lookup_address address = {0};
		uint16_t port = 53;
		bool good = address_parse_port(row[i].text, &address, &port);

		assert_int_equal(good, row[i].address != NULL);
		if (good) {
			assert_string_equal(address.text, row[i].address);
			assert_int_equal(port, row[i].port);
		}
	}
}

static void
test_urls(void **state)
{
	static const struct {
		enum probe_kind kind;
		const char *from;
		const char *to; /* NULL = refused */
	} row[] = {
	    {PROBE_TCP, "tcp://a.example:25", "http://a.example:25/"},
	    {PROBE_TCP, "tcp://192.0.2.1:25/", "http://192.0.2.1:25/"},
	    {PROBE_TCP, "tcp://[2001:db8::1]:25", "http://[2001:db8::1]:25/"},
	    {PROBE_TLS, "tls://a.example:465", "https://a.example:465/"},
	    {PROBE_TLS, "tls://a.example", "https://a.example:443/"},
	    {PROBE_TCP, "tcp://a.example", NULL},
	    {PROBE_TCP, "tls://a.example:1", NULL},
	    {PROBE_TLS, "tcp://a.example:1", NULL},
	    {PROBE_TCP, "tcp://a.example:25/path", NULL},
	    {PROBE_TCP, "tcp://a.example:25?query", NULL},
	    {PROBE_TCP, "tcp://user@a.example:25", NULL},
	    {PROBE_TCP, "tcp://:25", NULL},
	    {PROBE_TCP, "a.example:25", NULL},
	    {PROBE_TCP, "", NULL},
	};
	char url[64];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct plan_probe probe = {.kind = row[i].kind, .url = row[i].from};

		if (row[i].to == NULL) {
			assert_int_equal(
			    probe_net_url(&probe, url, sizeof(url)), ERR_INVALID);
			continue;
		}
		assert_int_equal(probe_net_url(&probe, url, sizeof(url)), ERR_OK);
		assert_string_equal(url, row[i].to);
		assert_int_equal(
		    probe_net_url(&probe, url, strlen(row[i].to)), ERR_LIMIT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
