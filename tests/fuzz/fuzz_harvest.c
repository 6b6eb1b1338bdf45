/* fuzz_harvest - a page gives the same few well-formed keys, however it comes in */
#include "agent/core/harvest.h"

#include <assert.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
read_page(struct harvest *harvest, const uint8_t *data, size_t len, size_t step)
{
	harvest_init(harvest);
	harvest_page_begin(harvest, (struct mono){1});
	for (size_t at = 0; at < len; at += step) {
		harvest_page(harvest, data + at, step < len - at ? step : len - at);
	}
	(void)harvest_page_end(harvest, true);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct harvest whole;
	static struct harvest parts;

	if (len < 1) {
		return 0;
	}
	read_page(&whole, data + 1, len - 1, len);
	read_page(&parts, data + 1, len - 1, 1 + data[0] % 16U);
	assert(memcmp(&whole.keys, &parts.keys, sizeof(whole.keys)) == 0);
	assert(whole.keys.len <= HARVEST_KEYS);
	for (uint32_t i = 0; i < whole.keys.len; i++) {
		assert(strlen(whole.keys.key[i]) == HARVEST_KEY_BYTES - 1);
		assert(strncmp(whole.keys.key[i], "AIza", 4) == 0);
		for (uint32_t k = 0; k < i; k++) {
			assert(strcmp(whole.keys.key[i], whole.keys.key[k]) != 0);
		}
	}
	return 0;
}
