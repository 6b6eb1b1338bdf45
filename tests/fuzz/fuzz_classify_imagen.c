/* fuzz_classify_imagen - any body gets one outcome, however it comes in */
#include "tests/fuzz/fuzz_judge.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_judge(PROBE_VERTEX_IMAGEN, data, len);
	return 0;
}
