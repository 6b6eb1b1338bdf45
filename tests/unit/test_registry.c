/* registry: invitations are good once, certificates overlap, a revoked name stays out. */
#include "tests/support/test.h"

#include "collector/core/registry.h"

#define DAY_NS (86400 * CLOCK_NS_PER_S)

enum {
	MEMBERS = 3
};

static _Alignas(16) unsigned char memory[1 << 16];

static const struct wall now = {INT64_C(1767225600) * CLOCK_NS_PER_S};

static struct registry *
fresh(void)
{
	struct arena arena;
	struct registry *registry;

	assert_true(registry_bytes(MEMBERS) <= sizeof(memory));
	arena_init(&arena, memory, sizeof(memory));
	registry = registry_init(&arena, MEMBERS);
	assert_non_null(registry);
	return registry;
}

static struct wall
later(int64_t days)
{
	return (struct wall){now.ns + days * DAY_NS};
}

static enum err
invite(struct registry *registry, const char *name, unsigned char token)
{
	struct registry_invitation invitation = {
	    .name = name, .region = "tokyo", .domain = "", .ends_at = later(1)};

	memset(invitation.token, token, SHA256_BYTES);
	return registry_invite(registry, &invitation, now);
}

static enum err
redeem(struct registry *registry, unsigned char token, struct wall at)
{
	unsigned char hash[SHA256_BYTES];
	const struct registry_member *member;

	memset(hash, token, sizeof(hash));
	return registry_redeem(registry, hash, at, &member);
}

static enum err
certify(struct registry *registry, const char *name, const char *serial, int64_t days)
{
	struct registry_cert cert = {.ends_at = later(days)};

	(void)snprintf(cert.serial, sizeof(cert.serial), "%s", serial);
	return registry_certify(registry, name, &cert, now);
}

static void
test_token(void **state)
{
	struct registry *registry = fresh();

	(void)state;
	assert_int_equal(redeem(registry, 0, now), ERR_NOTFOUND);
	assert_int_equal(invite(registry, "a", 1), ERR_OK);
	assert_int_equal(redeem(registry, 2, now), ERR_NOTFOUND);
	assert_int_equal(redeem(registry, 1, now), ERR_OK);
	assert_int_equal(redeem(registry, 1, now), ERR_NOTFOUND);
	/* A spent token's zeros are nobody's token. */
	assert_int_equal(redeem(registry, 0, now), ERR_NOTFOUND);
	assert_int_equal(invite(registry, "b", 3), ERR_OK);
	assert_int_equal(redeem(registry, 3, later(2)), ERR_REFUSED);
	assert_int_equal(redeem(registry, 3, now), ERR_NOTFOUND);
	assert_int_equal(registry_find(registry, "b")->state, REGISTRY_INVITED);
	/* The last invitation counts. */
	assert_int_equal(invite(registry, "b", 4), ERR_OK);
	assert_int_equal(invite(registry, "b", 5), ERR_OK);
	assert_int_equal(redeem(registry, 4, now), ERR_NOTFOUND);
	assert_int_equal(redeem(registry, 5, now), ERR_OK);
}

static void
test_bounds(void **state)
{
	struct registry *registry = fresh();

	(void)state;
	assert_int_equal(invite(registry, "", 1), ERR_INVALID);
	assert_int_equal(invite(registry, "a b", 1), ERR_INVALID);
	assert_int_equal(invite(registry, "a", 1), ERR_OK);
	assert_int_equal(invite(registry, "b", 2), ERR_OK);
	assert_int_equal(invite(registry, "c", 3), ERR_OK);
	assert_int_equal(invite(registry, "d", 4), ERR_LIMIT);
	assert_int_equal(registry_revoke(registry, "d", now), ERR_LIMIT);
	assert_int_equal(registry_len(registry), MEMBERS);
}

static void
test_certificates(void **state)
{
	struct registry *registry = fresh();

	(void)state;
	assert_int_equal(registry_judge(registry, "a", "01"), REGISTRY_UNLISTED);
	assert_int_equal(invite(registry, "a", 1), ERR_OK);
	assert_int_equal(registry_judge(registry, "a", "01"), REGISTRY_UNLISTED);
	assert_int_equal(certify(registry, "a", "01", 30), ERR_NOTFOUND);
	assert_int_equal(redeem(registry, 1, now), ERR_OK);
	assert_int_equal(registry_judge(registry, "a", "01"), REGISTRY_REPLACED);
	assert_int_equal(certify(registry, "a", "01", 30), ERR_OK);
	assert_int_equal(certify(registry, "a", "02", 50), ERR_OK);
	assert_int_equal(registry_judge(registry, "a", "01"), REGISTRY_GOOD);
	assert_int_equal(registry_judge(registry, "a", "02"), REGISTRY_GOOD);
	assert_int_equal(registry_judge(registry, "a", "03"), REGISTRY_REPLACED);
	/* The one that ends first makes room. */
	assert_int_equal(certify(registry, "a", "03", 40), ERR_OK);
	assert_int_equal(certify(registry, "a", "04", 40), ERR_OK);
	assert_int_equal(certify(registry, "a", "05", 60), ERR_OK);
	assert_int_equal(registry_judge(registry, "a", "01"), REGISTRY_REPLACED);
	assert_int_equal(registry_judge(registry, "a", "02"), REGISTRY_GOOD);
	/* Invited again, it stays in until somebody comes with the token; then it is out. */
	assert_int_equal(invite(registry, "a", 2), ERR_OK);
	assert_int_equal(registry_judge(registry, "a", "02"), REGISTRY_GOOD);
	assert_int_equal(redeem(registry, 2, now), ERR_OK);
	assert_int_equal(registry_judge(registry, "a", "02"), REGISTRY_REPLACED);
}

static void
test_revoked(void **state)
{
	struct registry *registry = fresh();

	(void)state;
	assert_int_equal(invite(registry, "a", 1), ERR_OK);
	assert_int_equal(redeem(registry, 1, now), ERR_OK);
	assert_int_equal(certify(registry, "a", "01", 30), ERR_OK);
	assert_int_equal(invite(registry, "a", 9), ERR_OK);
	assert_int_equal(registry_revoke(registry, "a", now), ERR_OK);
	assert_int_equal(registry_revoke(registry, "a", now), ERR_EXISTS);
	assert_int_equal(registry_judge(registry, "a", "01"), REGISTRY_BARRED);
	assert_int_equal(redeem(registry, 9, now), ERR_NOTFOUND);
	/* One that was never enrolled can be barred, too. */
	assert_int_equal(registry_revoke(registry, "static", now), ERR_OK);
	assert_int_equal(registry_judge(registry, "static", "77"), REGISTRY_BARRED);
	assert_int_equal(invite(registry, "a", 2), ERR_OK);
	assert_int_equal(redeem(registry, 2, now), ERR_OK);
	assert_int_equal(registry_judge(registry, "a", "01"), REGISTRY_REPLACED);
}

static void
test_rows(void **state)
{
	unsigned char row[MEMBERS][REGISTRY_ROW_BYTES];
	size_t len[MEMBERS];
	struct registry *registry = fresh();
	unsigned char again[REGISTRY_ROW_BYTES];
	struct buf buf;

	(void)state;
	assert_int_equal(invite(registry, "a", 1), ERR_OK);
	assert_int_equal(redeem(registry, 1, now), ERR_OK);
	assert_int_equal(certify(registry, "a", "0123456789ABCDEF", 30), ERR_OK);
	assert_int_equal(invite(registry, "b", 2), ERR_OK);
	assert_int_equal(registry_revoke(registry, "c", now), ERR_OK);
	for (size_t i = 0; i < MEMBERS; i++) {
		buf_write(&buf, row[i], sizeof(row[i]));
		registry_row(registry_member(registry, i), &buf);
		assert_true(buf_ok(&buf));
		len[i] = buf.at;
	}
	registry = fresh();
	for (size_t i = 0; i < MEMBERS; i++) {
		buf_read(&buf, row[i], len[i]);
		assert_int_equal(registry_load(registry, &buf), ERR_OK);
		buf_write(&buf, again, sizeof(again));
		registry_row(registry_member(registry, i), &buf);
		assert_int_equal(buf.at, len[i]);
		assert_memory_equal(again, row[i], len[i]);
	}
	/* Cut anywhere it is no row, and changes nothing. */
	for (size_t cut = 0; cut < len[0]; cut++) {
		buf_read(&buf, row[0], cut);
		assert_int_equal(registry_load(registry, &buf), ERR_FORMAT);
	}
	row[0][0] = 2;
	buf_read(&buf, row[0], len[0]);
	assert_int_equal(registry_load(registry, &buf), ERR_VERSION);
	assert_int_equal(registry_len(registry), MEMBERS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_token),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_certificates),
	    cmocka_unit_test(test_revoked),
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
