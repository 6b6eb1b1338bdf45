/* test_channel - answers and what they are worth; URLs and what may be said of them */
#include "collector/core/channel.h"
#include "tests/support/test.h"

static void
test_status(void **state)
{
	static const struct {
		unsigned status;
		enum delivery delivery;
	} row[] = {
	    {200, DELIVERY_DONE},
	    {201, DELIVERY_DONE},
	    {202, DELIVERY_DONE},
	    {204, DELIVERY_DONE},
	    {299, DELIVERY_DONE},
	    {301, DELIVERY_REJECTED},
	    {302, DELIVERY_REJECTED},
	    {304, DELIVERY_REJECTED},
	    {307, DELIVERY_REJECTED},
	    {400, DELIVERY_REJECTED},
	    {401, DELIVERY_REJECTED},
	    {403, DELIVERY_REJECTED},
	    {404, DELIVERY_REJECTED},
	    {408, DELIVERY_REJECTED_RETRY},
	    {409, DELIVERY_UNKNOWN},
	    {410, DELIVERY_REJECTED},
	    {413, DELIVERY_REJECTED},
	    {422, DELIVERY_REJECTED},
	    {425, DELIVERY_REJECTED_RETRY},
	    {429, DELIVERY_REJECTED_RETRY},
	    {499, DELIVERY_REJECTED},
	    {500, DELIVERY_UNKNOWN},
	    {501, DELIVERY_REJECTED_RETRY},
	    {502, DELIVERY_UNKNOWN},
	    {503, DELIVERY_REJECTED_RETRY},
	    {504, DELIVERY_UNKNOWN},
	    {505, DELIVERY_REJECTED_RETRY},
	    {507, DELIVERY_REJECTED_RETRY},
	    {520, DELIVERY_UNKNOWN},
	    {599, DELIVERY_UNKNOWN},
	    {0, DELIVERY_UNKNOWN},
	    {100, DELIVERY_UNKNOWN},
	    {199, DELIVERY_UNKNOWN},
	    {600, DELIVERY_UNKNOWN},
	    {999, DELIVERY_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(
		    channel_classify(CHANNEL_ANSWERED, row[i].status), row[i].delivery);
	}
}

/* Without a whole answer the status means nothing, and nothing but 2xx is ever done. */
static void
test_exchange(void **state)
{
	(void)state;
	for (unsigned status = 0; status < 1200; status++) {
		assert_int_equal(channel_classify(CHANNEL_NOT_SENT, status),
		    DELIVERY_REJECTED_RETRY);
		assert_int_equal(
		    channel_classify(CHANNEL_CUT, status), DELIVERY_UNKNOWN);
		assert_int_equal(
		    channel_classify(CHANNEL_IMPOSSIBLE, status), DELIVERY_REJECTED);
		assert_int_equal(
		    channel_classify(CHANNEL_ANSWERED, status) == DELIVERY_DONE,
		    status >= 200 && status < 300);
	}
}

static void
test_host(void **state)
{
	static const struct {
		const char *url;
		size_t cap;
		const char *host;
	} row[] = {
	    {"https://hooks.example.com/services/T0/B0/secret", 64,
		"hooks.example.com"},
	    {"https://user:pw@hooks.example.com:8443/x?y#z", 64,
		"hooks.example.com:8443"},
	    {"https://a:b@c@host/x", 64, "host"},
	    {"http://[::1]:8080/", 64, "[::1]:8080"},
	    {"https://host?token=secret", 64, "host"},
	    {"https://host#secret", 64, "host"},
	    {"https://host\\secret", 64, "host"},
	    {"https:///path", 64, "?"},
	    {"", 64, "?"},
	    {"https://very.long.example", 10, "very.long"},
	    {"https://h\x1b[31mst/", 64, "h?[31mst"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char out[64];

		channel_host(row[i].url, out, row[i].cap);
		assert_string_equal(out, row[i].host);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_exchange),
	    cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
