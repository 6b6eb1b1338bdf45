/* orders: what is written is read, what each leaves behind, and that none is lost or read
 * half. */
#include "tests/support/test.h"

#include "collector/core/journal.h"
#include "tests/support/small_collector.h"

static const struct now now = {{7 * CLOCK_NS_PER_S}, {1767225600 * CLOCK_NS_PER_S}};

static void
fill(char *text, size_t cap)
{
	memset(text, 'x', cap - 1);
	text[cap - 1] = '\0';
}

/* As long as one can be. */
static struct order
longest(const void *arguments)
{
	struct order order = {.kind = ORDER_KIND_END - 1,
	    .refused = ERR_NOTFOUND,
	    .arguments = arguments,
	    .arguments_len = ORDERS_ARGUMENT_BYTES};

	fill(order.author, sizeof(order.author));
	fill(order.subject, sizeof(order.subject));
	fill(order.comment, sizeof(order.comment));
	fill(order.text, sizeof(order.text));
	return order;
}

static void
test_record(void **state)
{
	static unsigned char arguments[ORDERS_ARGUMENT_BYTES];
	static unsigned char bytes[JOURNAL_HEAD_BYTES + ORDERS_ARGUMENT_BYTES];
	struct journal_head head = {.kind = JOURNAL_ORDER, .now = now};
	struct journal_head read;
	struct buf buf;
	size_t len;

	(void)state;
	head.order = longest(arguments);
	buf_write(&buf, bytes, ORDERS_RECORD_BYTES);
	orders_encode(&head.order, &buf);
	assert_true(buf_ok(&buf));
	buf_write(&buf, bytes, sizeof(bytes));
	journal_encode(&head, &buf);
	assert_true(buf_ok(&buf));
	len = buf.at;
	buf_read(&buf, bytes, len);
	assert_int_equal(journal_decode(&buf, &read), ERR_OK);
	assert_int_equal(read.order.kind, head.order.kind);
	assert_int_equal(read.order.refused, ERR_NOTFOUND);
	assert_string_equal(read.order.author, head.order.author);
	assert_string_equal(read.order.comment, head.order.comment);
	assert_int_equal(read.order.arguments_len, ORDERS_ARGUMENT_BYTES);
	for (size_t cut = 0; cut < len; cut++) {
		buf_read(&buf, bytes, cut);
		assert_int_not_equal(journal_decode(&buf, &read), ERR_OK);
	}
}

static void
test_names(void **state)
{
	(void)state;
	for (int i = 1; i < ORDER_KIND_END; i++) {
		assert_string_not_equal(orders_name((enum order_kind)i), "unknown");
	}
	assert_string_equal(orders_name(ORDER_KIND_END), "unknown");
}

static const struct effect *
find(const struct effects *effects, enum table table)
{
	const struct effect *found = NULL;

	for (size_t i = 0; i < effects->len; i++) {
		if (effects->item[i].kind == EFFECT_PUT &&
		    effects->item[i].table == table) {
			assert_null(found);
			found = &effects->item[i];
		}
	}
	return found;
}

static const struct effect *
must_find(const struct effects *effects, enum table table)
{
	const struct effect *found = find(effects, table);

	if (found == NULL) {
		fail_msg("no effect on table %d", (int)table);
		abort(); /* fail_msg() does not return, which compilers do not know */
	}
	return found;
}

static struct audit_row
audit_of(const struct effects *effects)
{
	const struct effect *effect = must_find(effects, TABLE_AUDIT);
	const struct effect *record = must_find(effects, TABLE_JOURNAL);
	struct audit_row row;
	struct buf buf;

	/* Both have the same number. */
	assert_memory_equal(effect->key, record->key, 8);
	for (size_t cut = 0; cut < effect->value_len; cut++) {
		buf_read(&buf, effect->value, cut);
		assert_int_not_equal(orders_audit_decode(&buf, &row), ERR_OK);
	}
	buf_read(&buf, effect->value, effect->value_len);
	assert_int_equal(orders_audit_decode(&buf, &row), ERR_OK);
	return row;
}

static void
test_effects(void **state)
{
	struct small_collector small = small_collector_new();
	struct order order = {.kind = ORDER_INVITE,
	    .author = "root",
	    .subject = "tokyo-9",
	    .text = "region tokyo",
	    .arguments = "row",
	    .arguments_len = 3};
	void *memory = malloc(EFFECTS_ARENA_BYTES);
	static struct effects effects;
	struct order_outcome outcome;
	struct audit_row row;

	(void)state;
	assert_non_null(memory);
	effects_init(&effects, memory);
	collector_order(small.machine, &order, now, &effects, &outcome);
	assert_int_equal(outcome.err, ERR_OK);
	assert_int_equal(outcome.audit, 1);
	row = audit_of(&effects);
	assert_int_equal(row.kind, ORDER_INVITE);
	assert_int_equal(row.err, ERR_OK);
	assert_string_equal(row.author, "root");
	assert_string_equal(row.text, "region tokyo");
	assert_non_null(find(&effects, TABLE_TIMELINE));
	assert_memory_equal(must_find(&effects, TABLE_MEMBER)->value, "row", 3);
	/* A try that changed something all the same, and one that did not. */
	effects_reset(&effects);
	order.refused = ERR_REFUSED;
	collector_order(small.machine, &order, now, &effects, &outcome);
	assert_int_equal(outcome.err, ERR_REFUSED);
	assert_int_equal(audit_of(&effects).err, ERR_REFUSED);
	assert_non_null(find(&effects, TABLE_MEMBER));
	assert_null(find(&effects, TABLE_TIMELINE));
	effects_reset(&effects);
	order.arguments_len = 0;
	collector_order(small.machine, &order, now, &effects, &outcome);
	assert_int_equal(audit_of(&effects).err, ERR_REFUSED);
	assert_null(find(&effects, TABLE_MEMBER));
	/* Nothing to do it with. */
	effects_reset(&effects);
	order.refused = ERR_OK;
	collector_order(small.machine, &order, now, &effects, &outcome);
	assert_int_equal(outcome.err, ERR_FORMAT);
	assert_int_equal(outcome.audit, 4);
	assert_null(find(&effects, TABLE_MEMBER));
	small_collector_free(&small);
	free(memory);
}

static void
test_longest_audit(void **state)
{
	unsigned char bytes[ORDERS_AUDIT_BYTES];
	struct audit_row row = {.at = {INT64_MIN},
	    .kind = ORDER_KIND_END - 1,
	    .err = ERR_NOTFOUND,
	    .made = UINT64_MAX};
	struct buf buf;

	(void)state;
	fill(row.author, sizeof(row.author));
	fill(row.subject, sizeof(row.subject));
	fill(row.comment, sizeof(row.comment));
	fill(row.text, sizeof(row.text));
	buf_write(&buf, bytes, sizeof(bytes));
	orders_audit_encode(&row, &buf);
	assert_true(buf_ok(&buf));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_record),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_effects),
	    cmocka_unit_test(test_longest_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
