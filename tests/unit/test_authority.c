/* authority, identity: what is signed, what is believed, and what is not. */
#include "tests/support/test.h"

#include "collector/core/collector_conf.h"
#include "collector/shell/authority.h"
#include "common/core/err.h"
#include "common/shell/identity.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"

#define DAY_NS      (86400 * CLOCK_NS_PER_S)
#define LIFETIME_NS (30 * DAY_NS)

static const struct wall now = {INT64_C(1767225600) * CLOCK_NS_PER_S};
/* An agent with a key, a certificate and a claim. */
struct member {
	char key[IDENTITY_KEY_BYTES];
	char cert[IDENTITY_CERT_BYTES];
	struct identity_facts facts;
	const char *name;
	char claim[64]; /* what it signed, by itself */
	struct identity_proof proof;
};

static struct authority *
open_authority(const char *folder)
{
	struct authority_conf conf = {.path = folder, .lifetime_ns = LIFETIME_NS};
	struct authority *authority;
	char error[256];

	assert_int_equal(
	    authority_open(&conf, now, &authority, error, sizeof(error)), ERR_OK);
	return authority;
}

static void
prove(struct member *member)
{
	assert_int_equal(
	    identity_prove(member->key, (const unsigned char *)member->claim,
		strlen(member->claim), &member->proof),
	    ERR_OK);
}

static void
enrol_at(const struct authority *authority, const char *name, struct wall at,
    struct member *out)
{
	char request[IDENTITY_REQUEST_BYTES];

	assert_int_equal(identity_key_new(out->key), ERR_OK);
	assert_int_equal(
	    identity_request(out->key, "whatever it says", request), ERR_OK);
	assert_int_equal(
	    authority_sign(authority, request, name, at, out->cert, &out->facts),
	    ERR_OK);
	out->name = name;
	(void)snprintf(out->claim, sizeof(out->claim), "it is %s", name);
	prove(out);
}

static void
enrol(const struct authority *authority, const char *name, struct member *out)
{
	enrol_at(authority, name, now, out);
}

static enum identity_verdict
judge(const struct authority *authority, const struct member *member, struct wall at)
{
	struct identity_facts facts;

	struct identity_shown shown = {.cert = member->cert,
	    .cert_len = strlen(member->cert),
	    .name = member->name,
	    .claim = (const unsigned char *)member->claim,
	    .claim_len = strlen(member->claim),
	    .proof = member->proof.bytes,
	    .proof_len = member->proof.len};

	return identity_check(authority_cert(authority), &shown, at, &facts);
}

static void
remove_authority(const char *folder)
{
	static const char *const names[] = {
	    "ca.pem", "ca.key", "collector.pem", "collector.key"};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void
test_member(void **state)
{
	struct authority *authority = open_authority("fleet");
	struct member member;

	(void)state;
	enrol(authority, "tokyo-1", &member);
	assert_string_equal(member.facts.name, "tokyo-1");
	assert_true(member.facts.ends_at.ns == now.ns + LIFETIME_NS);
	assert_true(member.facts.begins_at.ns < now.ns);
	assert_true(strlen(member.facts.serial) >= 32);
	assert_true(identity_is_pair(member.cert, member.key));
	assert_int_equal(judge(authority, &member, now), IDENTITY_GOOD);
	authority_free(authority);
	remove_authority("fleet");
}

/* Everything else is refused, each for its own reason. */
static void
test_strangers(void **state)
{
	struct authority *authority = open_authority("fleet");
	struct authority *other = open_authority("other");
	struct member good;
	struct member bad;

	(void)state;
	enrol(authority, "tokyo-1", &good);
	enrol(other, "tokyo-1", &bad);
	assert_int_equal(judge(authority, &bad, now), IDENTITY_UNTRUSTED);
	enrol(authority, "tokyo-2", &bad);
	bad.name = "tokyo-1";
	assert_int_equal(judge(authority, &bad, now), IDENTITY_OTHER_NAME);
	bad = good;
	bad.claim[0] = 'I'; /* heard and repeated: another nonce */
	assert_int_equal(judge(authority, &bad, now), IDENTITY_UNPROVED);
	bad = good;
	bad.claim[strlen(bad.claim) - 1] = '\0';
	assert_int_equal(judge(authority, &bad, now), IDENTITY_UNPROVED);
	bad = good;
	bad.proof.bytes[10] ^= 1;
	assert_int_equal(judge(authority, &bad, now), IDENTITY_UNPROVED);
	bad.proof.len = 0;
	assert_int_equal(judge(authority, &bad, now), IDENTITY_UNPROVED);
	assert_int_equal(judge(authority, &good, (struct wall){now.ns + 31 * DAY_NS}),
	    IDENTITY_EXPIRED);
	enrol_at(authority, "tokyo-1", (struct wall){now.ns + 2 * DAY_NS}, &bad);
	assert_int_equal(
	    judge(authority, &bad, (struct wall){now.ns + DAY_NS}), IDENTITY_EARLY);
	memset(good.cert + 200, 'A', 40);
	assert_int_equal(judge(authority, &good, now), IDENTITY_MALFORMED);
	authority_free(authority);
	authority_free(other);
	remove_authority("fleet");
	remove_authority("other");
}

/* The collector's own certificate proves nothing about an agent. */
static void
test_collector(void **state)
{
	static const char *const names[] = {"collector.example", "127.0.0.1"};
	struct authority *authority = open_authority("fleet");
	struct member member;
	char error[256];
	struct stat before;
	struct stat after;
	FILE *file;
	size_t len;

	(void)state;
	assert_int_equal(
	    authority_serve(authority, names, 2, now, error, sizeof(error)), ERR_OK);
	assert_int_equal(stat("fleet/collector.pem", &before), 0);
	assert_int_equal(
	    authority_serve(authority, names, 2, now, error, sizeof(error)), ERR_OK);
	assert_int_equal(stat("fleet/collector.pem", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	enrol(authority, "collector.example", &member);
	file = fopen("fleet/collector.pem", "re");
	assert_non_null(file);
	len = fread(member.cert, 1, sizeof(member.cert) - 1, file);
	member.cert[len] = '\0';
	assert_int_equal(fclose(file), 0);
	assert_int_equal(judge(authority, &member, now), IDENTITY_UNTRUSTED);
	/* Another name, or an end that comes near, makes a new one. */
	assert_int_equal(
	    authority_serve(authority, names, 1, (struct wall){now.ns + 800 * DAY_NS},
		error, sizeof(error)),
	    ERR_OK);
	assert_int_equal(stat("fleet/collector.pem", &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_int_equal(authority_serve(authority, &(const char *){"a,IP:1.2.3.4"}, 1,
			     now, error, sizeof(error)),
	    ERR_INVALID);
	authority_free(authority);
	remove_authority("fleet");
}

static void
test_again(void **state)
{
	struct authority *authority = open_authority("fleet");
	struct authority *again;
	char print[IDENTITY_PRINT_BYTES];
	const struct authority_conf fleet = {
	    .path = "fleet", .lifetime_ns = LIFETIME_NS};
	struct stat key;
	char error[256];

	(void)state;
	(void)snprintf(print, sizeof(print), "%s", authority_print(authority));
	authority_free(authority);
	again = open_authority("fleet");
	assert_string_equal(authority_print(again), print);
	authority_free(again);
	assert_int_equal(stat("fleet/ca.key", &key), 0);
	assert_int_equal(key.st_mode & 0777, 0600);
	/* A lost key is not replaced in silence: nobody would trust the new one. */
	assert_int_equal(unlink("fleet/ca.key"), 0);
	assert_int_equal(
	    authority_open(&fleet, now, &again, error, sizeof(error)), ERR_EXISTS);
	assert_non_null(strstr(error, "ca.key is not"));
	scratch_write("fleet/ca.key", "no key", 6);
	assert_int_equal(
	    authority_open(&fleet, now, &again, error, sizeof(error)), ERR_FORMAT);
	remove_authority("fleet");
}

static void
test_requests(void **state)
{
	struct authority *authority = open_authority("fleet");
	char key[IDENTITY_KEY_BYTES];
	char request[IDENTITY_REQUEST_BYTES];
	char cert[IDENTITY_CERT_BYTES];
	struct identity_facts facts;

	(void)state;
	assert_int_equal(identity_key_new(key), ERR_OK);
	assert_int_equal(identity_request(key, "", request), ERR_INVALID);
	assert_int_equal(identity_request("no key", "a", request), ERR_FORMAT);
	assert_int_equal(identity_request(key, "a", request), ERR_OK);
	for (size_t at = 80; at < 300; at += 20) {
		char broken[IDENTITY_REQUEST_BYTES];

		memcpy(broken, request, sizeof(broken));
		broken[at] = broken[at] == 'A' ? 'B' : 'A';
		assert_int_equal(
		    authority_sign(authority, broken, "a", now, cert, &facts),
		    ERR_FORMAT);
	}
	assert_int_equal(
	    authority_sign(authority, "", "a", now, cert, &facts), ERR_FORMAT);
	authority_free(authority);
	remove_authority("fleet");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_member),
	    cmocka_unit_test(test_strangers),
	    cmocka_unit_test(test_collector),
	    cmocka_unit_test(test_again),
	    cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
