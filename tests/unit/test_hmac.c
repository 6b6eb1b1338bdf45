/* test_hmac - the vectors of RFC 4231 */
#include "common/core/hmac.h"
#include "tests/support/test.h"

static void
expect(const void *key, size_t key_len, const char *message, const char *expected)
{
	size_t half = strlen(message) / 2;
	const struct hmac_piece piece[] = {
	    {message, half}, {message + half, strlen(message) - half}};
	unsigned char digest[SHA256_BYTES];
	char hex[SHA256_HEX_BYTES];

	hmac_sha256(key, key_len, piece, 2, digest);
	sha256_hex(digest, hex);
	assert_string_equal(hex, expected);
}

static void
test_vectors(void **state)
{
	unsigned char key[131];

	(void)state;
	memset(key, 0x0b, sizeof(key));
	expect(key, 20, "Hi There",
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	expect("Jefe", 4, "what do ya want for nothing?",
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	expect(key, 131, "Test Using Larger Than Block-Size Key - Hash Key First",
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
