/* fuzz_echo - any packet as the reply to an echo
 *
 * Byte 0: version of IP, and whether a header comes with it; the rest is the packet. Only
 * what holds our token may be taken for a reply. */
#include "agent/core/echo.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct echo echo = {.version = 4, .identifier = 1, .sequence = 1};
	bool headed;
	unsigned char *packet;

	if (len < 1) {
		return 0;
	}
	echo.version = (data[0] & 1) != 0 ? 6 : 4;
	headed = (data[0] & 2) != 0;
	memset(echo.token, 'T', sizeof(echo.token));
	packet = malloc(len); /* its end is the end of what may be read */
	assert(packet != NULL);
	memcpy(packet, data + 1, len - 1);
	if (echo_is_reply(&echo, headed, packet, len - 1)) {
		const unsigned char *own = packet + (len - 1 - ECHO_BYTES);

		assert(len - 1 >= ECHO_BYTES);
		assert(own[0] == (echo.version == 4 ? 0 : 129));
		assert(memcmp(own + 8, echo.token, sizeof(echo.token)) == 0);
	}
	free(packet);
	return 0;
}
