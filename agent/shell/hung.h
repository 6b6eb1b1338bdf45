/* hung - name lookups that were given up, and may go on hanging
 * Room: agent/shell. Owner: the prober's thread.
 *
 * Curl looks names up in threads of its own, and nothing ends getaddrinfo(3): a run whose
 * time is up leaves its thread behind. Where the resolver never answers, these would pile
 * up with every run. So they are counted when they are given up, and when there are
 * HUNG_MAX of them no new lookup is begun until some have ended. */
#ifndef AGENT_SHELL_HUNG_H
#define AGENT_SHELL_HUNG_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HUNG_MAX = 64
};

struct hung {
	uint32_t given_up; /* and not known to have ended */
};

/* A zeroed struct hung knows of none. */
void hung_given_up(struct hung *hung);

/* True when no more may be begun. Costs nothing while few were given up; else it looks how
 * many threads this process has, since that is all there is to know of those threads.
 * `running` of them may be at work for somebody. */
bool hung_too_many(struct hung *hung, uint32_t running);

/* The threads of this process, 0 = not known. Reads /proc. */
uint32_t hung_threads(void);

#endif
