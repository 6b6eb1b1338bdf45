/* fuzz_scen - any bytes as a scenario
 *
 * Whatever they are: no crash, an error with its line exactly when there is no scenario, and
 * questions to a good one have answers within its tables. */
#include "tests/sim/scen.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const struct scen *scen)
{
	char text[256];
	char key[SCEN_NAME];

	assert(scen->agents > 0 && scen->agents <= SCEN_AGENTS);
	assert(scen->pages_min <= scen->pages_max);
	for (unsigned a = 0; a < scen->agents; a++) {
		assert(scen_region_of(scen, a) < scen->regions);
		for (unsigned t = 0; t < scen->targets; t++) {
			assert(strlen(scen_key(scen, a, t, key)) < SCEN_NAME);
		}
	}
	for (unsigned i = 0; i < scen->expects; i++) {
		assert(scen->expect[i].len > 0);
		scen_place_text(&scen->expect[i].place[0], text, sizeof(text));
		assert(text[0] != '\0');
	}
	for (unsigned i = 0; i < scen->faults; i++) {
		assert(scen->fault[i].agents != 0);
		assert(scen->fault[i].rate >= 0 && scen->fault[i].rate <= 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scen scen;
	char error[SCEN_ERROR];

	if (scen_read((const char *)data, size, "f", &scen, error)) {
		assert(error[0] == '\0');
		ask(&scen);
	} else {
		assert(strncmp(error, "f:", 2) == 0);
	}
	return 0;
}
