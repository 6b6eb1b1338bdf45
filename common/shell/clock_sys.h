/* clock_sys - the one place where clocks are read
 * Room: common/shell. Any thread; does not block. */
#ifndef COMMON_SHELL_CLOCK_SYS_H
#define COMMON_SHELL_CLOCK_SYS_H

#include "common/core/clock.h"

/* Both clocks, one after the other: CLOCK_MONOTONIC and CLOCK_REALTIME. */
struct now clock_sys_now(void);

/* The same by CLOCK_BOOTTIME, which goes on while the machine is suspended: for programs
 * that have to notice that they were away. The two must not be mixed; nor may this one be
 * given to what waits until an instant, which knows CLOCK_MONOTONIC only. */
struct now clock_sys_boot(void);

/* How long the machine has been suspended since it booted, to some microseconds. */
int64_t clock_sys_suspended_ns(void);

#endif
