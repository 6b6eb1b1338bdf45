/* fuzz_journal - any bytes as a record of the journal
 *
 * What decodes points inside of the record, and decodes to the same after being encoded. */
#include "collector/core/journal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
touch(const void *bytes, size_t len)
{
	volatile unsigned char last =
	    len > 0 ? ((const unsigned char *)bytes)[len - 1] : 0;

	(void)last;
}

static void
check_again(const struct journal_head *head, size_t size)
{
	size_t cap = size + JOURNAL_HEAD_BYTES;
	unsigned char *bytes = malloc(cap);
	struct journal_head again;
	struct buf buf;

	assert(bytes != NULL);
	buf_write(&buf, bytes, cap);
	journal_encode(head, &buf);
	assert(buf_ok(&buf));
	buf_read(&buf, bytes, buf.at);
	assert(journal_decode(&buf, &again) == ERR_OK);
	assert(again.kind == head->kind);
	assert(again.now.mono.ns == head->now.mono.ns);
	assert(strcmp(again.agent, head->agent) == 0);
	assert(again.frame_len == head->frame_len);
	assert(again.fresh_len == head->fresh_len);
	assert(again.detail_len == head->detail_len);
	assert(again.order.kind == head->order.kind);
	assert(again.order.refused == head->order.refused);
	assert(again.order.arguments_len == head->order.arguments_len);
	assert(strcmp(again.order.text, head->order.text) == 0);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal_head head;
	struct buf buf;

	buf_read(&buf, data, size);
	if (journal_decode(&buf, &head) != ERR_OK) {
		return 0;
	}
	touch(head.frame, head.frame_len);
	touch(head.detail, head.detail_len);
	touch(head.heard, head.heard_len);
	touch(head.left, head.left_len);
	touch(head.order.arguments, head.order.arguments_len);
	(void)journal_is_fresh(&head, size);
	check_again(&head, size);
	return 0;
}
