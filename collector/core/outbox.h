/* outbox - the messages that are not yet delivered, each frozen under its key
 * Room: collector/core (pure).
 *
 *              new
 *               |
 *            QUEUED ---- withdrawn, only if !maybe_delivered ----> CANCELLED
 *               | lease: maybe_delivered = true is committed, then it is sent
 *            LEASED
 *   done |  rejected, retry |  unknown, crash |  rejected
 *      SENT   QUEUED,         QUEUED, keeps     DEAD, with the value
 *             maybe_delivered maybe_delivered,  from before the lease
 *             as before lease same key
 *
 * A QUEUED row with `maybe_delivered` becomes SENT when the answer that it was delivered comes
 * after the end of the lease.
 *
 * `maybe_delivered` is sticky: a definite refusal of a later attempt says nothing about an
 * earlier one whose answer never came. Rows that are over leave this table; their bytes
 * stay in TABLE_OUTBOX as history.
 *
 * A row tells one incident, or several of a group (alert_group.c): its members, each with a
 * message of its own about it. The row's own message is what it is as a whole; its
 * `incident` is the first member.
 * Owner: the thread that owns the collector machine. */
#ifndef COLLECTOR_CORE_OUTBOX_H
#define COLLECTOR_CORE_OUTBOX_H

#include "collector/core/effect.h"
#include "collector/core/intent.h"
#include "collector/core/render.h"
#include "common/core/arena.h"
#include "common/core/err.h"
#include "common/core/limits.h"

/* Values are fixed for ever: they stand in the store. */
enum outbox_status {
	OUTBOX_QUEUED = 0,
	OUTBOX_LEASED,
	OUTBOX_SENT,
	OUTBOX_CANCELLED,
	OUTBOX_DEAD,
	OUTBOX_STATUS_COUNT
};

enum {
	/* All that can be open at once. */
	OUTBOX_MEMBERS = LIMIT_OPEN_INCIDENTS,
	/* outbox_encode() never needs more */
	OUTBOX_ROW_BYTES = RENDER_JSON_BYTES + 512 + OUTBOX_MEMBERS * 40,
	OUTBOX_NO_CHANNEL = UINT16_MAX
};

/* What a row says of one incident. */
struct outbox_member {
	uint64_t incident;
	struct intent_message message;
	struct wall changed_at; /* of the incident as it is told */
};

struct outbox_row {
	uint64_t id; /* counts up from 1, never reused; 0 = free slot */
	uint64_t incident;
	uint64_t key[4];  /* the same for all attempts, unlike that of any other row */
	uint16_t channel; /* OUTBOX_NO_CHANNEL: not configured any more */
	char channel_name[LIMIT_NAME_BYTES];
	enum outbox_status status;
	struct intent_message message;
	uint32_t seq;
	uint32_t attempts;
	bool maybe_delivered;
	bool maybe_before_lease;
	struct mono not_before;
	struct wall queued_at;
	struct wall changed_at;
	uint64_t group;    /* 0: one incident alone */
	size_t member_len; /* 0 for a test only */
	struct outbox_member member[OUTBOX_MEMBERS];
	size_t json_len;
	char json[RENDER_JSON_BYTES]; /* NUL-terminated */
};

struct outbox {
	uint64_t last_id;
	size_t len;
	struct outbox_row row[LIMIT_OUTBOX_LIVE];
	unsigned char bytes[OUTBOX_ROW_BYTES];
};

const char *outbox_status_name(enum outbox_status status);

/* A new queued row with an id, everything else zero; NULL when all slots are taken. */
struct outbox_row *outbox_new(struct outbox *outbox);

/* The live row of that id, or NULL. */
struct outbox_row *outbox_find(struct outbox *outbox, uint64_t id);

/* Gives the slot back. */
void outbox_forget(struct outbox *outbox, struct outbox_row *row);

/* Forgets all rows, and the ids too. */
void outbox_reset(struct outbox *outbox);

/* Writes the row as it is now. One effect. */
void outbox_put(struct outbox *outbox, struct outbox_row *row, struct now now,
    struct effects *effects);

/* Sets the row's key: SHA-256 over incident, its opening, channel name, seq and row id. The
 * opening tells apart incidents of the same number in a store that was begun anew, the row
 * id those of a channel that was removed and came back. */
void outbox_key(struct outbox_row *row, struct wall opened_at);

/* How long to wait after `attempts` failures: uniform in (0, min(max, min * 2^(n-1))].
 * A pure function of its arguments, so that a replay waits as long. */
int64_t outbox_backoff_ns(
    uint64_t seed, const struct outbox_row *row, int64_t min_ns, int64_t max_ns);

/* Row codec; the reader leaves `channel` OUTBOX_NO_CHANNEL and returns ERR_FORMAT or
 * ERR_VERSION with `out` untouched. */
void outbox_encode(const struct outbox_row *row, struct buf *buf);
enum err outbox_decode(struct buf *buf, struct outbox_row *out) WARN_UNUSED;

/* All live rows and the last id. Loading replaces everything; on an error the table is as
 * after outbox_reset(). */
void outbox_save(const struct outbox *outbox, struct buf *buf);
enum err outbox_load(struct outbox *outbox, struct buf *buf) WARN_UNUSED;

#endif
