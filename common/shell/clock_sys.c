#include "common/shell/clock_sys.h"

#include <assert.h>
#include <time.h>

static int64_t
read_ns(clockid_t id)
{
	struct timespec at;
	int rc = clock_gettime(id, &at);

	assert(rc == 0); /* both clocks exist on every system we run on */
	return (int64_t)at.tv_sec * CLOCK_NS_PER_S + at.tv_nsec;
}

struct now
clock_sys_boot(void)
{
	return (struct now){
	    .mono = {read_ns(CLOCK_BOOTTIME)}, .wall = {read_ns(CLOCK_REALTIME)}};
}

int64_t
clock_sys_suspended_ns(void)
{
	int64_t awake_ns = read_ns(CLOCK_MONOTONIC);

	return read_ns(CLOCK_BOOTTIME) - awake_ns;
}

struct now
clock_sys_now(void)
{
	return (struct now){
	    .mono = {read_ns(CLOCK_MONOTONIC)}, .wall = {read_ns(CLOCK_REALTIME)}};
}
