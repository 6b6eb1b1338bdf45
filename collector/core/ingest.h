/* ingest - which results of which agent are already here, and what its clock is worth
 * Room: collector/core (pure).
 *
 * Identity of a result is (agent, incarnation, sequence). Per agent a set of numbers says
 * what is durable; it changes only together with the results, in one transaction. A number
 * counts once, whatever is sent again and in whatever order. Numbers an agent declares lost
 * are filled in as holes, counted as gaps, and are neither success nor failure.
 *
 * Clocks: a batch tells when it was sent by the agent's clock, each result when it began by
 * the same clock. The age of a result is the difference, and its place on the journal's
 * time line is arrival minus age: no offset enters. The offset is estimated anyway, from
 * the exchange with the least round trip, because a clock that is wrong is worth knowing.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_INGEST_H
#define COLLECTOR_CORE_INGEST_H

#include "collector/core/journal.h"
#include "collector/core/topology.h"
#include "common/core/arena.h"
#include "common/core/result.h"
#include "common/core/seqset.h"

#define INGEST_CLOCK_BAD_NS                                                            \
	(30 * CLOCK_NS_PER_S) /* beyond it the clock is shown as bad */
#define INGEST_AGE_MAX_NS   (INT64_C(8) * 86400 * CLOCK_NS_PER_S)
#define INGEST_STEP_NS      (5 * CLOCK_NS_PER_S) /* less is the network's doing */
#define INGEST_STEP_KEEP_NS (600 * CLOCK_NS_PER_S)

enum {
	INGEST_LIVES =
	    4, /* incarnations remembered per agent, the present one included */
	INGEST_ROW_BYTES = INGEST_LIVES * (LIMIT_SEQ_RANGES * 20 + 32) + 256
};

/* A batch as the core sees it: decoded, checked, with the bytes it came as. */
struct ingest_batch {
	uint16_t agent;
	uint64_t incarnation;
	uint64_t first_seq;
	struct wall sent_at;
	uint32_t rtt_us;
	const struct result *result;
	size_t len;
	const struct seq_range *hole; /* lost for ever */
	size_t hole_len;
	const void *frame;
	size_t frame_len;
};

struct ingest_clock {
	int64_t offset_ns; /* agent minus collector */
	int64_t
	    error_ns; /* half of the round trip it was measured with; < 0: not known */
	struct mono measured_at;
};

/* The last step of an agent's clock, as its batches show it. */
struct ingest_step {
	int64_t base_ns; /* its clock minus the journal's `mono` at the last batch */
	struct mono batch_at; /* when that came */
	bool has_base;
	int64_t moved_ns;      /* of the step, 0 = none so far */
	struct mono before_at; /* the last batch before it */
	struct mono seen_at;
};

struct ingest_life {
	uint64_t incarnation; /* 0 = none */
	struct seqset have;
};

struct ingest_agent {
	uint64_t incarnation; /* 0 = never seen */
	struct seqset have;
	struct ingest_life past[INGEST_LIVES - 1]; /* the newest first */
	uint64_t received;
	uint64_t duplicates; /* in batches that had something new as well */
	uint64_t repeats; /* in others; since the start, not part of the saved state */
	uint64_t gaps;
	struct wall last_result_at;      /* end of the newest result, by our clock */
	struct ingest_clock batch_clock; /* of what is journalled */
	struct ingest_clock clock; /* of all exchanges; not part of the saved state */
	struct ingest_step step;
};

struct ingest;

size_t ingest_bytes(const struct topology *topology);
struct ingest *ingest_init(struct arena *arena, const struct topology *topology);

/* Marks the numbers of `batch` as here. `out_fresh` gets the runs that are new (at most
 * JOURNAL_FRESH); its length is 0 when all were known; when
 * neither a result nor a hole is new nothing changes. An incarnation that is not
 * remembered begins an empty set. ERR_LIMIT: the set would get too many holes, nothing changed: the agent is to send
 * what is older first. */
enum err ingest_mark(struct ingest *ingest, const struct ingest_batch *batch,
    struct now now, struct seq_range out_fresh[JOURNAL_FRESH],
    size_t *out_fresh_len) WARN_UNUSED;

/* What is here of that life of the agent; NULL: it is not remembered. Borrowed. */
const struct seqset *ingest_have(
    const struct ingest_agent *agent, uint64_t incarnation);

/* When result `i` of `batch` ended, on the journal's time line and by our wall clock; the
 * batch was marked before. */
struct now ingest_time(const struct ingest *ingest, const struct ingest_batch *batch,
    size_t i, struct now now);

/* One exchange with the agent: its stamp, and the round trip it measured before. For the
 * estimate that is shown; batches bring theirs with ingest_mark(). */
void ingest_clock_sample(struct ingest *ingest, uint16_t agent, struct wall agent_wall,
    uint32_t rtt_us, struct now now);

const struct ingest_agent *ingest_agent(const struct ingest *ingest, uint16_t agent);

/* One agent's row (TABLE_AGENT), written with each batch. */
void ingest_row_encode(const struct ingest_agent *agent, struct buf *buf);

/* Takes a row from the store over, after everything was replayed: what it has and the state
 * has not is added. ERR_FORMAT, ERR_VERSION. */
enum err ingest_row_merge(
    struct ingest *ingest, uint16_t agent, struct buf *buf) WARN_UNUSED;

void ingest_save(const struct ingest *ingest, struct buf *buf);
enum err ingest_load(struct ingest *ingest, struct buf *buf) WARN_UNUSED;
size_t ingest_save_bytes(const struct topology *topology);

#endif
