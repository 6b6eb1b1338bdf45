/* echo: the bytes of RFC 792 and RFC 4443, and what is no reply. */
#include "tests/support/test.h"

#include "agent/core/echo.h"

enum {
	HEADER_BYTES = 20
};

static struct echo
sample(uint8_t version)
{
	struct echo echo = {
	    .version = version, .identifier = 0x1234, .sequence = 0x0001};

	for (size_t i = 0; i < sizeof(echo.token); i++) {
		echo.token[i] = (uint8_t)(0xa0 + i);
	}
	return echo;
}

/* RFC 1071, summed another way: over the whole packet it is all ones. */
static unsigned
sum(const unsigned char *at, size_t len)
{
	unsigned long total = 0;

	for (size_t i = 0; i < len; i++) {
		total += (unsigned long)at[i] << (i % 2 == 0 ? 8 : 0);
	}
	while (total > 0xffff) {
		total = (total & 0xffff) + (total >> 16);
	}
	return (unsigned)total;
}

static void
set_checksum(unsigned char *packet)
{
	unsigned value;

	packet[2] = 0;
	packet[3] = 0;
	value = ~sum(packet, ECHO_BYTES) & 0xffff;
	packet[2] = (unsigned char)(value >> 8);
	packet[3] = (unsigned char)value;
}

static void
make_reply(const struct echo *echo, unsigned char *packet)
{
	echo_build(echo, packet);
	packet[0] = echo->version == 4 ? 0 : 129;
	packet[4] ^= 0xff; /* as an unprivileged socket's kernel would */
	if (echo->version == 4) {
		set_checksum(packet);
	}
}

static void
test_request(void **state)
{
	struct echo echo = sample(4);
	unsigned char packet[ECHO_BYTES];

	(void)state;
	echo_build(&echo, packet);
	assert_int_equal(packet[0], 8);
	assert_int_equal(packet[1], 0);
	assert_int_equal(sum(packet, sizeof(packet)), 0xffff);
	assert_int_equal(packet[4], 0x12);
	assert_int_equal(packet[5], 0x34);
	assert_int_equal(packet[7], 1);
	assert_memory_equal(packet + 8, echo.token, sizeof(echo.token));
	assert_false(echo_is_reply(&echo, false, packet, sizeof(packet)));
	echo = sample(6);
	echo_build(&echo, packet);
	assert_int_equal(packet[0], 128);
	assert_int_equal(packet[2], 0);
	assert_int_equal(packet[3], 0);
	assert_false(echo_is_reply(&echo, false, packet, sizeof(packet)));
}

static void
test_reply(void **state)
{
	unsigned char packet[ECHO_BYTES + 1] = {0};

	(void)state;
	for (uint8_t version = 4; version <= 6; version += 2) {
		struct echo echo = sample(version);
		struct echo next = echo;

		make_reply(&echo, packet);
		assert_true(echo_is_reply(&echo, false, packet, ECHO_BYTES));
		assert_false(echo_is_reply(&echo, false, packet, ECHO_BYTES - 1));
		assert_false(echo_is_reply(&echo, false, packet, ECHO_BYTES + 1));
		assert_false(echo_is_reply(&echo, false, packet, 0));
		assert_false(echo_is_reply(&echo, true, packet, ECHO_BYTES));
		next.sequence++;
		assert_false(echo_is_reply(&next, false, packet, ECHO_BYTES));
		next = echo;
		next.token[15] ^= 1;
		assert_false(echo_is_reply(&next, false, packet, ECHO_BYTES));
		next = echo;
		next.version = version == 4 ? 6 : 4;
		assert_false(echo_is_reply(&next, false, packet, ECHO_BYTES));
	}
}

/* Every single bit matters, but for those of the identifier, which IPv4's checksum still
 * guards. */
static void
test_bits(void **state)
{
	unsigned char packet[ECHO_BYTES];

	(void)state;
	for (uint8_t version = 4; version <= 6; version += 2) {
		struct echo echo = sample(version);

		make_reply(&echo, packet);
		for (size_t bit = 0; bit < 8U * ECHO_BYTES; bit++) {
			bool free_in_v6 = bit >= 16 && bit < 48;

			packet[bit / 8] ^= (unsigned char)(1U << bit % 8);
			assert_int_equal(
			    echo_is_reply(&echo, false, packet, sizeof(packet)),
			    version == 6 && free_in_v6);
			packet[bit / 8] ^= (unsigned char)(1U << bit % 8);
		}
	}
}

static void
test_header(void **state)
{
	struct echo echo = sample(4);
	unsigned char packet[60 + ECHO_BYTES] = {0x45};

	(void)state;
	packet[9] = 1;
	make_reply(&echo, packet + HEADER_BYTES);
	assert_true(echo_is_reply(&echo, true, packet, HEADER_BYTES + ECHO_BYTES));
	assert_false(echo_is_reply(&echo, false, packet, HEADER_BYTES + ECHO_BYTES));
	for (size_t len = 0; len < HEADER_BYTES + ECHO_BYTES; len++) {
		assert_false(echo_is_reply(&echo, true, packet, len));
	}
	packet[9] = 17;
	assert_false(echo_is_reply(&echo, true, packet, HEADER_BYTES + ECHO_BYTES));
	packet[9] = 1;
	packet[0] = 0x65;
	assert_false(echo_is_reply(&echo, true, packet, HEADER_BYTES + ECHO_BYTES));
	packet[0] = 0x44; /* shorter than a header is */
	assert_false(echo_is_reply(&echo, true, packet, HEADER_BYTES + ECHO_BYTES));
	packet[0] = 0x4f; /* with options */
	make_reply(&echo, packet + 60);
	assert_true(echo_is_reply(&echo, true, packet, sizeof(packet)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_bits),
	    cmocka_unit_test(test_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
