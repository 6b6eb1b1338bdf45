/* The queue between threads: order, refusal, waking, closing; nothing lost or doubled. */
#include "tests/support/test.h"

#include "common/core/clock.h"
#include "common/shell/queue.h"

#include <pthread.h>
#include <sched.h>

enum {
	PRODUCERS = 4,
	ITEMS = 20000 /* of each */
};

static void
test_order(void **state)
{
	struct queue *queue = queue_new(sizeof(int), 3);
	int out = 0;

	(void)state;
	assert_non_null(queue);
	assert_false(queue_pop(queue, &out));
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 3; i++) {
			assert_int_equal(queue_push(queue, &i), ERR_OK);
		}
		assert_int_equal(queue_push(queue, &out), ERR_FULL);
		assert_int_equal(queue_len(queue), 3);
		for (int i = 0; i < 3; i++) {
			assert_true(queue_wait(queue, &out, -1));
			assert_int_equal(out, i);
		}
	}
	queue_free(queue);
	queue_free(NULL);
}

static void
test_closing(void **state)
{
	struct queue *queue = queue_new(sizeof(int), 3);
	int item = 7;

	(void)state;
	assert_int_equal(queue_push(queue, &item), ERR_OK);
	queue_close(queue);
	assert_int_equal(queue_push(queue, &item), ERR_REFUSED);
	item = 0;
	assert_true(queue_wait(queue, &item, -1));
	assert_int_equal(item, 7);
	assert_false(queue_wait(queue, &item, -1)); /* at once */
	queue_free(queue);
}

static void
test_timeout(void **state)
{
	struct queue *queue = queue_new(sizeof(int), 3);
	int item;

	(void)state;
	assert_false(queue_wait(queue, &item, 0));
	assert_false(queue_wait(queue, &item, CLOCK_NS_PER_MS));
	queue_wake(queue); /* before it waits */
	assert_false(queue_wait(queue, &item, -1));
	queue_free(queue);
}

static void *
wake(void *queue)
{
	queue_wake(queue);
	return NULL;
}

static void
test_wake(void **state)
{
	struct queue *queue = queue_new(sizeof(int), 3);
	pthread_t thread;
	int item;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(pthread_create(&thread, NULL, wake, queue), 0);
		assert_false(queue_wait(queue, &item, -1));
		assert_int_equal(pthread_join(thread, NULL), 0);
	}
	queue_free(queue);
}

struct producer {
	struct queue *queue;
	unsigned number;
};

static void *
produce(void *argument)
{
	const struct producer *producer = argument;

	for (unsigned i = 0; i < ITEMS; i++) {
		unsigned item = producer->number * ITEMS + i;

		while (queue_push(producer->queue, &item) != ERR_OK) {
			(void)sched_yield(); /* or it takes the reader's time */
		}
	}
	return NULL;
}

static void
test_many_producers(void **state)
{
	static unsigned next[PRODUCERS];
	struct queue *queue = queue_new(sizeof(unsigned), 64);
	struct producer producer[PRODUCERS];
	pthread_t thread[PRODUCERS];

	(void)state;
	for (unsigned i = 0; i < PRODUCERS; i++) {
		producer[i] = (struct producer){queue, i};
		assert_int_equal(
		    pthread_create(&thread[i], NULL, produce, &producer[i]), 0);
	}
	for (unsigned i = 0; i < PRODUCERS * ITEMS; i++) {
		unsigned item;

		assert_true(queue_wait(queue, &item, -1));
		/* Of one producer they come in order. */
		assert_int_equal(item % ITEMS, next[item / ITEMS]);
		next[item / ITEMS]++;
	}
	for (unsigned i = 0; i < PRODUCERS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	}
	assert_int_equal(queue_len(queue), 0);
	queue_free(queue);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_closing),
	    cmocka_unit_test(test_timeout),
	    cmocka_unit_test(test_wake),
	    cmocka_unit_test(test_many_producers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
