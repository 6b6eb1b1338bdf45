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
clock_sys_now(void)
{
	return (struct now){
	    .mono = {read_ns(CLOCK_MONOTONIC)}, .wall = {read_ns(CLOCK_REALTIME)}};
}
