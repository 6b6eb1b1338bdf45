/* Which addresses an answer may lead to. */
#include "tests/support/test.h"

#include "agent/core/reach.h"

#include <arpa/inet.h>

static const struct row {
	const char *address;
	bool is_public;
} rows[] = {
    {"8.8.8.8", true},
    {"142.250.1.95", true},
    {"100.63.255.255", true},
    {"100.128.0.0", true},
    {"172.15.255.255", true},
    {"172.32.0.0", true},
    {"198.17.255.255", true},
    {"198.20.0.0", true},
    {"223.255.255.255", true},
    {"0.0.0.0", false},
    {"0.1.2.3", false},
    {"10.0.0.1", false},
    {"100.64.0.1", false},
    {"100.127.255.255", false},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"169.254.169.254", false},
    {"172.16.0.1", false},
    {"172.31.255.255", false},
    {"192.0.0.192", false},
    {"192.0.2.1", false},
    {"192.168.1.1", false},
    {"198.18.0.1", false},
    {"198.19.255.255", false},
    {"224.0.0.1", false},
    {"240.0.0.1", false},
    {"255.255.255.255", false},
    {"2607:f8b0:4004:c07::5f", true},
    {"2a00:1450::1", true},
    {"64:ff9b::808:808", true},
    {"::ffff:8.8.8.8", true},
    {"2002:808:808::1", true},
    {"::", false},
    {"::1", false},
    {"::7f00:1", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:169.254.169.254", false},
    {"64:ff9b::a9fe:a9fe", false},
    {"64:ff9b:1::808:808", false},
    {"2002:7f00:1::1", false},
    {"100::1", false},
    {"2001::1", false},
    {"2001:1ff:ffff::1", false},
    {"2001:db8::1", false},
    {"3fff:fff::1", false},
    {"fc00::1", false},
    {"fd00:ec2::254", false},
    {"fe80::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
};

static void
known_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned char bytes[16];
		bool six = strchr(rows[i].address, ':') != NULL;

		assert_int_equal(
		    inet_pton(six ? AF_INET6 : AF_INET, rows[i].address, bytes), 1);
		if (reach_is_public(six ? 6 : 4, bytes) != rows[i].is_public) {
			fail_msg("%s", rows[i].address);
		}
	}
	assert_false(reach_is_public(0, (const unsigned char *)"\10\10\10\10"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
