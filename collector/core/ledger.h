/* ledger - incidents, as receivers have to be told them, beside what each receiver knows
 * Room: collector/core (pure).
 *
 * One line per incident: a copy of it as it was last changed, and one intent per channel.
 * A line lives until the incident can neither change any more nor is owed to anybody, so it
 * may outlive the incident in incidents.h. When to forget one is decided by alert.c.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_LEDGER_H
#define COLLECTOR_CORE_LEDGER_H

#include "collector/core/incidents.h"
#include "collector/core/intent.h"
#include "common/core/arena.h"
#include "common/core/err.h"

enum {
	/* All incidents in memory, and as many that are forgotten there but still owed. */
	LEDGER_LINES = 2 * INCIDENTS_MAX
};

/* Why an incident is not told now. */
enum ledger_mute {
	LEDGER_HEARD = 0,
	LEDGER_SILENCED, /* by a silence of that id */
	LEDGER_MAINTENANCE, /* by maintenance of that id, 0 = a window of the configuration */
	LEDGER_INHIBITED, /* by the incident of that id, whose consequence it is */
	LEDGER_MUTE_COUNT
};

struct ledger_line {
	struct incident incident;
	bool changed; /* queued rows may say something that is not true any more */
	enum ledger_mute mute;
	uint64_t mute_by;
	struct mono since_at; /* it came here, or came back */
	struct mono over_at;  /* it was resolved, MONO_NEVER while it is open */
	/* How long nobody had it in hand though it was told: the clock of escalation. It stands
	 * still while the incident is muted or acknowledged. */
	int64_t unattended_ns;
	struct mono clock_at;
	bool clock_runs;
};

struct ledger {
	size_t len;
	size_t width;                          /* channels */
	struct ledger_line line[LEDGER_LINES]; /* by incident id, rising */
	struct intent *intent;                 /* [line * width + channel] */
};

/* Bytes that ledger_init() takes from the arena, beside the struct itself. */
size_t ledger_bytes(size_t width);

/* False when the arena is too small. */
bool ledger_init(struct ledger *ledger, struct arena *arena, size_t width);

void ledger_reset(struct ledger *ledger);

/* Index of the line of `incident`, or LEDGER_LINES. */
size_t ledger_find(const struct ledger *ledger, uint64_t incident);

/* Adds a line for `incident`, which has none, with fresh intents; there is room. Returns
 * its index; indices above it move. */
size_t ledger_add(
    struct ledger *ledger, const struct incident *incident, struct mono now);

/* Removes a line; indices above it move. */
void ledger_remove(struct ledger *ledger, size_t at);

struct intent *ledger_intent(const struct ledger *ledger, size_t at, size_t channel);

/* True when nobody is owed anything about the line as it is. */
bool ledger_is_settled(const struct ledger *ledger, size_t at);

/* Snapshot. `channel` maps the `len` channels of the writer to ours, a number of at least
 * `width` meaning none; what those believe is dropped, channels new to us know nothing.
 * `version` is that of the snapshot. On an error the ledger is empty. */
void ledger_save(const struct ledger *ledger, struct buf *buf);
enum err ledger_load(struct ledger *ledger, struct buf *buf, const uint16_t *channel,
    size_t len, uint64_t version) WARN_UNUSED;

#endif
