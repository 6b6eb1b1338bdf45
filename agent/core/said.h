/* said - what each source said last, so that it is not sent again and again
 * Room: agent/core (pure).
 *
 * A status page is read every minute and changes a few times a month. A statement is the
 * observations and figures of a good result, all of them, to the last digit: a figure that
 * moved is sent. One that was sent before goes out as its digest with FLAG_UNCHANGED, which
 * takes its place at the collector (collector/core/source.h).
 *
 * So that nothing is built on a statement that got lost, every SAID_WHOLE_EVERY-th good
 * result of a series is sent whole, and the first one after said_forget(): after a start,
 * and after greeting a collector, who may be another one. An answer "not modified" (304)
 * has nothing in it that could be sent whole; then the caller is told to forget the page's
 * validators, and the next answer has.
 *
 * At most SAID_SERIES are known; of more, the one not heard of for longest is forgotten and
 * sent whole. Owner: the thread that takes results. */
#ifndef AGENT_CORE_SAID_H
#define AGENT_CORE_SAID_H

#include "common/core/result.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SAID_SERIES = 64,
	SAID_WHOLE_EVERY = 10
};

struct said_entry {
	uint64_t series; /* its digest, 0 = free */
	uint64_t digest; /* of what was sent, 0 = has to be sent again */
	uint64_t used;
	uint32_t repeats; /* since it was sent whole */
};

struct said {
	uint64_t clock; /* counts uses */
	struct said_entry entry[SAID_SERIES];
};

/* Of a statement; never 0, which stands for none. */
uint64_t said_digest(const struct result *result);

/* What is known of sources before anything was. A zeroed struct said is the same. */
void said_forget(struct said *said);

/* Takes a result on its way to the spool. Of a source that was understood it sets `digest`,
 * and where the statement was sent before it sets FLAG_UNCHANGED and takes observations and
 * figures out. Any other result is left alone. True when the page's validators are to be
 * forgotten, see above. */
bool said_result(struct said *said, struct result *result);

#endif
