/* members: the list on a real store, the authority on real files, and what orders do. */
#include "tests/support/test.h"

#include "collector/shell/members.h"

#include <unistd.h>

#include "tests/support/scratch.h"

#define DAY_NS (86400 * CLOCK_NS_PER_S)

static const struct wall now = {INT64_C(1767225600) * CLOCK_NS_PER_S};

struct world {
	struct store store;
	struct members *members;
	struct api_order order;
	char key[IDENTITY_KEY_BYTES];
	bool changed;
	struct order kept;
};

/* As the engine does, but the journal. */
static enum err
keep(void *context, const struct order *order)
{
	struct world *world = context;
	struct db_txn txn;

	world->kept = *order;
	db_begin(&world->store.db, true, &txn);
	if (order->arguments_len > 0) {
		db_put(&txn, TABLE_MEMBER, order->subject, strlen(order->subject),
		    order->arguments, order->arguments_len);
	}
	return db_commit(&txn);
}

static void
open_world(struct world *world, const char *authority)
{
	struct collector_conf conf = {
	    .tls_ca = authority[0] != '\0' ? "fleet/ca.pem" : "",
	    .authority = {.path = authority,
		.names = {"collector.example"},
		.names_len = 1,
		.url = "https://collector.example:7442",
		.collectors = {"tls+tcp://collector.example:7441"},
		.collectors_len = 1,
		.lifetime_ns = 30 * DAY_NS}};
	char error[512] = "";
	struct members_keeper keeper = {keep, world};

	world->store.db.lock_fd = -1;
	assert_int_equal(
	    store_open(&world->store, "store", 16 << 20, error, sizeof(error)), ERR_OK);
	assert_int_equal(members_open(&conf, &world->store, now, &world->members, error,
			     sizeof(error)),
	    ERR_OK);
	members_set_keeper(world->members, &keeper);
}

static void
close_world(struct world *world)
{
	members_free(world->members);
	store_close(&world->store);
}

static void
remove_files(void)
{
	static const char *const files[] = {"store/data.mdb", "store/lock.mdb",
	    "store/in-use", "fleet/ca.pem", "fleet/ca.key", "fleet/collector.pem",
	    "fleet/collector.key"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)unlink(files[i]);
	}
	(void)rmdir("store");
	(void)rmdir("fleet");
}

static enum err
do_order(struct world *world, struct wall at)
{
	return members_order(world->members, &world->order, at, &world->changed);
}

static enum err
invite(struct world *world, const char *name)
{
	world->order = (struct api_order){
	    .kind = API_ORDER_INVITE, .ttl_ns = DAY_NS, .region = "tokyo"};
	(void)snprintf(world->order.name, sizeof(world->order.name), "%s", name);
	return do_order(world, now);
}

/* Comes with the token of the last invitation. */
static enum err
enrol(struct world *world, const char *text, struct wall at)
{
	struct token token;

	assert_int_equal(token_read(text, &token), ERR_OK);
	world->order = (struct api_order){.kind = API_ORDER_ENROL};
	memcpy(world->order.secret, token.secret, sizeof(token.secret));
	assert_int_equal(identity_key_new(world->key), ERR_OK);
	assert_int_equal(
	    identity_request(world->key, "me", world->order.request), ERR_OK);
	return do_order(world, at);
}

static enum err
revoke(struct world *world, const char *name)
{
	world->order = (struct api_order){.kind = API_ORDER_REVOKE};
	(void)snprintf(world->order.name, sizeof(world->order.name), "%s", name);
	return do_order(world, now);
}

static enum registry_verdict
verdict_of(const struct world *world, const char *name, const char *serial)
{
	return registry_judge(members_registry(world->members), name, serial);
}

static void
test_life(void **state)
{
	static struct world world;
	char text[TOKEN_TEXT_BYTES];
	struct identity_facts facts;
	struct token token;

	(void)state;
	open_world(&world, "fleet");
	assert_int_equal(invite(&world, "tokyo-9"), ERR_OK);
	assert_false(world.changed);
	memcpy(text, world.order.token, sizeof(text));
	assert_int_equal(token_read(text, &token), ERR_OK);
	assert_string_equal(token.url, "https://collector.example:7442");
	/* An invitation outlives the process. */
	close_world(&world);
	open_world(&world, "fleet");
	world.order = (struct api_order){.kind = API_ORDER_AUTHORITY};
	assert_int_equal(do_order(&world, now), ERR_OK);
	assert_string_equal(world.order.authority_print, token.authority);
	assert_int_equal(enrol(&world, text, now), ERR_OK);
	assert_true(world.changed);
	assert_string_equal(world.order.name, "tokyo-9");
	assert_string_equal(world.order.region, "tokyo");
	assert_string_equal(
	    world.order.collectors[0], "tls+tcp://collector.example:7441");
	assert_int_equal(
	    identity_read(world.order.cert, strlen(world.order.cert), &facts), ERR_OK);
	assert_string_equal(facts.name, "tokyo-9");
	assert_true(identity_is_pair(world.order.cert, world.key));
	assert_int_equal(enrol(&world, text, now), ERR_REFUSED);
	assert_non_null(strstr(world.order.why, "used before"));
	close_world(&world);
	open_world(&world, "fleet");
	assert_int_equal(verdict_of(&world, "tokyo-9", facts.serial), REGISTRY_GOOD);
	assert_int_equal(revoke(&world, "tokyo-9"), ERR_OK);
	assert_true(world.changed);
	assert_int_equal(revoke(&world, "tokyo-9"), ERR_EXISTS);
	close_world(&world);
	open_world(&world, "fleet");
	assert_int_equal(verdict_of(&world, "tokyo-9", facts.serial), REGISTRY_BARRED);
	close_world(&world);
	remove_files();
}

static void
test_refused(void **state)
{
	static struct world world;
	char text[TOKEN_TEXT_BYTES];

	(void)state;
	open_world(&world, "fleet");
	assert_int_equal(invite(&world, "a b"), ERR_INVALID);
	assert_int_equal(invite(&world, "late"), ERR_OK);
	memcpy(text, world.order.token, sizeof(text));
	/* A bad request does not cost the token; time does. */
	world.order = (struct api_order){.kind = API_ORDER_ENROL};
	memcpy(world.order.request, "no request", 11);
	assert_int_equal(do_order(&world, now), ERR_FORMAT);
	assert_int_equal(
	    enrol(&world, text, (struct wall){now.ns + 2 * DAY_NS}), ERR_REFUSED);
	assert_non_null(strstr(world.order.why, "too old"));
	assert_int_equal(enrol(&world, text, now), ERR_REFUSED);
	assert_string_equal(world.order.cert, "");
	close_world(&world);
	remove_files();
}

static void
test_without_authority(void **state)
{
	static struct world world;

	(void)state;
	open_world(&world, "");
	assert_int_equal(invite(&world, "tokyo-9"), ERR_NOTFOUND);
	assert_non_null(strstr(world.order.why, "authority"));
	assert_int_equal(revoke(&world, "tokyo-1"), ERR_OK);
	assert_int_equal(verdict_of(&world, "tokyo-1", "01"), REGISTRY_BARRED);
	assert_int_equal(verdict_of(&world, "tokyo-2", "01"), REGISTRY_UNLISTED);
	close_world(&world);
	remove_files();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_without_authority),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
