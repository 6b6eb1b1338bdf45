/* api_windows - the silence and the maintenance that an API has to show in tests
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_API_WINDOWS_H
#define TESTS_SUPPORT_API_WINDOWS_H

#include "collector/core/mute.h"

enum {
	API_WINDOWS = 3
};

/* Two windows in Berlin, one of them over the end of its summer time, and a silence that
 * began at `from`, for 70 minutes. Needs no zones of the machine. */
void api_windows_fill(struct mute mutes[API_WINDOWS], struct wall from);

#endif
