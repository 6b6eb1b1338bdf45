/* fuzz_spool_row - any bytes as a row and as the book of a spool
 *
 * What decodes keeps its limits, and decodes to the same after being encoded. */
#include "agent/core/spool.h"
#include "common/core/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	ARENA_BYTES = 1 << 20
};

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_row(const struct result *row, struct arena *arena, size_t size)
{
	size_t cap = size + 1024;
	unsigned char *bytes = malloc(cap);
	struct result again;
	struct buf buf;

	assert(bytes != NULL);
	assert(row->outcome < OUTCOME_COUNT && row->phase < PHASE_COUNT);
	assert(row->http_status <= 999);
	assert(strlen(row->series) < LIMIT_SERIES_BYTES);
	assert(row->observation_len <= LIMIT_BATCH_OBSERVATIONS);
	assert(row->figure_len <= LIMIT_BATCH_FIGURES);
	buf_write(&buf, bytes, cap);
	spool_row_encode(row, &buf);
	assert(buf_ok(&buf));
	buf_read(&buf, bytes, buf.at);
	if (spool_row_decode(&buf, arena, &again) == ERR_OK) {
		assert(strcmp(again.series, row->series) == 0);
		assert(strcmp(again.detail, row->detail) == 0);
		assert(again.timing.total_us == row->timing.total_us);
		assert(again.observation_len == row->observation_len);
		assert(again.figure_len == row->figure_len);
		assert(again.digest == row->digest);
		assert(again.cost_microusd == row->cost_microusd);
	} else {
		assert(arena_failed(arena));
	}
	free(bytes);
}

static void
try_book(const uint8_t *data, size_t size)
{
	struct spool_book book;
	struct buf buf;

	buf_read(&buf, data, size);
	if (spool_book_load(&book, &buf) == ERR_OK) {
		unsigned char bytes[LIMIT_SEQ_RANGES * 20 + 128];

		assert(book.next_seq > 0);
		buf_write(&buf, bytes, sizeof(bytes));
		spool_book_save(&book, &buf);
		assert(buf_ok(&buf));
		for (size_t i = 1; i < book.dropped.len; i++) {
			assert(book.dropped.range[i - 1].last <
			       book.dropped.range[i].first);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char *memory;
	struct arena arena;
	struct result row;
	struct buf buf;

	if (memory == NULL) {
		memory = malloc(ARENA_BYTES);
	}
	assert(memory != NULL);
	arena_init(&arena, memory, ARENA_BYTES);
	buf_read(&buf, data, size);
	if (spool_row_decode(&buf, &arena, &row) == ERR_OK) {
		check_row(&row, &arena, size);
	}
	try_book(data, size);
	return 0;
}
