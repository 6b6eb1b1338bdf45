/* clock_sys - the one place where clocks are read
 * Room: common/shell. Any thread; does not block. */
#ifndef COMMON_SHELL_CLOCK_SYS_H
#define COMMON_SHELL_CLOCK_SYS_H

#include "common/core/clock.h"

/* Both clocks, one after the other: CLOCK_MONOTONIC and CLOCK_REALTIME. */
struct now clock_sys_now(void);

#endif
