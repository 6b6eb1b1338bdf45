/* coverage - how much of what was due is here
 * Room: collector/core (pure).
 *
 * A share of failures says little without the share of runs it was made of. For every series
 * (an agent and a probe that it runs) and minute of the last COVERAGE_MINUTES stands how many
 * results were due, how many of these came, and how many came late, which is after the
 * correlation had closed the time they speak about. What an agent says it dropped has no
 * series any more; it is kept per agent and minute, in the newest minutes that miss
 * something. The rest of what was due never came.
 *
 * A result is due once an interval since the agent was first heard. Nobody knows to the
 * second when: the results themselves show it. The next one is due an interval after the
 * start of the last, and one that is half an interval or more behind that means that those
 * between were missed. Without results the count goes on, once a run could have ended and
 * been sent (COVERAGE_SETTLE_NS); when they come after all they take the place that was kept
 * for them. Probes run more often than once in COVERAGE_INTERVAL_NS are counted as if once
 * in that time. An agent that said goodbye owes nothing until it is back. OUTCOME_SKIPPED
 * came: the agent was there and says why it did not ask. It follows that coverage is never
 * below 1 for what is merely under way.
 *
 * Memory: 2 bytes a minute, COVERAGE_SERIES_BYTES a series that is really run and
 * COVERAGE_AGENT_BYTES an agent; with LIMIT_AGENTS that all run LIMIT_PROBES 264 MB, with a
 * hundred agents of thirty probes 1 MB. Times are of the journal's line, so that no step of
 * any wall clock makes or hides a gap.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_COVERAGE_H
#define COLLECTOR_CORE_COVERAGE_H

#include "collector/core/collector_conf.h"
#include "common/core/arena.h"
#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"

#define COVERAGE_SETTLE_NS   (10 * CLOCK_NS_PER_S) /* beyond a probe's timeout */
#define COVERAGE_INTERVAL_NS CLOCK_NS_PER_S

enum {
	COVERAGE_MINUTES = 120,
	COVERAGE_SERIES_BYTES = 8 + 2 * COVERAGE_MINUTES,
	COVERAGE_AGENT_BYTES = 16 * COVERAGE_MINUTES + 64
};

/* Results; `due` less the three others never came, or not yet. */
struct coverage_tally {
	uint64_t due;
	uint64_t came; /* in time */
	uint64_t late;
	uint64_t dropped; /* the agent says so; 0 for a series */
};

struct coverage;

size_t coverage_bytes(const struct collector_conf *conf);
/* `conf` is borrowed for life. */
struct coverage *coverage_init(struct arena *arena, const struct collector_conf *conf);

/* The agent speaks: from now on its results are due, if they were not before. O(1) unless it
 * was away. */
void coverage_heard(struct coverage *coverage, uint16_t agent, struct mono now);

/* It said goodbye. */
void coverage_left(struct coverage *coverage, uint16_t agent, struct mono now);

/* A result of a run from `started` to `ended` came, for the first time. The agent was heard
 * before. O(1), but for what was missed since the last one. */
void coverage_result(struct coverage *coverage, uint16_t agent, uint16_t probe,
    struct mono started, struct mono ended, struct mono now);

/* The agent says that `count` results are lost. O(COVERAGE_MINUTES + its probes). */
void coverage_dropped(
    struct coverage *coverage, uint16_t agent, uint64_t count, struct mono now);

/* Time went on. O(series), at most every ten seconds. */
void coverage_step(struct coverage *coverage, struct mono now);

/* Of the last `minutes`, the one that is going on included. */
struct coverage_tally coverage_series(const struct coverage *coverage, uint16_t agent,
    uint16_t probe, unsigned minutes, struct mono now);
struct coverage_tally coverage_agent(
    const struct coverage *coverage, uint16_t agent, unsigned minutes, struct mono now);

/* Since the agent was first heard. */
struct coverage_tally coverage_ever(const struct coverage *coverage, uint16_t agent);

/* Came, in time or late, of what was due, in ppm; -1 when nothing was due. */
int32_t coverage_ppm(uint64_t due, uint64_t came);

void coverage_save(const struct coverage *coverage, struct buf *buf);
/* ERR_FORMAT, ERR_VERSION. */
enum err coverage_load(struct coverage *coverage, struct buf *buf) WARN_UNUSED;
size_t coverage_save_bytes(const struct collector_conf *conf);

#endif
