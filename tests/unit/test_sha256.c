/* test_sha256 - the vectors NIST publishes for SHA-256, and every way to cut the input */
#include "common/core/rng.h"
#include "common/core/sha256.h"
#include "tests/support/test.h"

static void
hash(const void *data, size_t len, char out[SHA256_HEX_BYTES])
{
	struct sha256 sha256;
	unsigned char digest[SHA256_BYTES];

	sha256_init(&sha256);
	sha256_add(&sha256, data, len);
	sha256_end(&sha256, digest);
	sha256_hex(digest, out);
}

/* FIPS 180-4 examples and the first short messages of NIST's SHAVS byte vectors. */
static void
test_vectors(void **state)
{
	static const struct {
		const char *message;
		size_t len;
		const char *digest;
	} row[] = {
	    {"", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"\xd3", 1,
		"28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
	    {"\x11\xaf", 2,
		"5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"},
	    {"abc", 3,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		112,
		"cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char digest[SHA256_HEX_BYTES];

		hash(row[i].message, row[i].len, digest);
		assert_string_equal(digest, row[i].digest);
	}
}

static void
test_million(void **state)
{
	struct sha256 sha256;
	unsigned char digest[SHA256_BYTES];
	char hex[SHA256_HEX_BYTES];
	char block[1000];

	(void)state;
	memset(block, 'a', sizeof(block));
	sha256_init(&sha256);
	for (int i = 0; i < 1000; i++) {
		sha256_add(&sha256, block, sizeof(block));
	}
	sha256_end(&sha256, digest);
	sha256_hex(digest, hex);
	assert_string_equal(
	    hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Every length around the block size, in random pieces, equals the hash in one piece. */
static void
test_pieces(void **state)
{
	unsigned char data[300];
	struct rng rng;

	(void)state;
	rng_init(&rng, 7);
	for (size_t i = 0; i < sizeof(data); i++) {
		data[i] = (unsigned char)rng_next(&rng);
	}
	for (size_t len = 0; len <= sizeof(data); len++) {
		char whole[SHA256_HEX_BYTES];
		char pieces[SHA256_HEX_BYTES];
		unsigned char digest[SHA256_BYTES];
		struct sha256 sha256;
		size_t at = 0;

		hash(data, len, whole);
		sha256_init(&sha256);
		while (at < len) {
			size_t part = 1 + (size_t)rng_below(&rng, len - at);

			sha256_add(&sha256, data + at, part);
			at += part;
		}
		sha256_end(&sha256, digest);
		sha256_hex(digest, pieces);
		assert_string_equal(whole, pieces);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_million),
	    cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
