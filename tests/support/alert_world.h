/* alert_world - incidents and alerts of the real core between a store and receivers
 * Room: tests/support.
 *
 * A shell in small: one step of the machine, then its effects in their order: rows in one
 * transaction, then sends. The transaction may fail or be the last thing before a crash;
 * messages may arrive, be refused, or vanish, and the answer may say less than the truth.
 * Whatever happens is checked against the invariants of delivery as it happens; a broken
 * one prints its name and fails the test. Copied by value, so that an explorer can branch:
 * the machine itself is rebuilt from the snapshot of the last commit. */
#ifndef TESTS_SUPPORT_ALERT_WORLD_H
#define TESTS_SUPPORT_ALERT_WORLD_H

#include "collector/core/alert.h"

enum {
	WORLD_INCIDENTS = 3,
	WORLD_CHANNELS = 3,
	WORLD_ROWS = 2048,
	WORLD_LOG = 2048,
	WORLD_MUTES = 4,
	WORLD_SAVE_BYTES = 256 << 10
};

/* The machine, shared by all copies of a world. */
struct world_machine {
	struct incidents *incidents;
	struct alerts *alerts;
	struct effects *effects;
	struct alert_conf conf;
	void *memory[2];
};

/* What the store has of a row, as of the last commit. */
struct world_row {
	uint64_t id;
	size_t member_len; /* more than one: a group */
	struct {
		uint64_t incident;
		struct intent_message message;
	} member[WORLD_INCIDENTS];
	uint64_t key[4];
	uint64_t json_hash;
	uint16_t channel;
	enum outbox_status status;
	uint32_t seq;
	uint32_t attempts;
	bool maybe_delivered;
	bool maybe_before_lease;
	bool maybe_really; /* some attempt of it may have arrived, as the world knows */
};

/* A message on its way: the answer is still due. */
struct world_send {
	uint64_t row;
	uint64_t key[4];
	uint16_t channel;
	struct mono leased_at;
};

/* What a message that arrived says of one incident; repeats of a key are counted, not
 * listed. */
struct world_arrival {
	uint64_t row;
	uint64_t incident;
	uint16_t channel;
	uint32_t seq;
	struct intent_message message;
};

/* What a (incident, channel) pair has seen, for the checks. */
struct world_pair {
	bool was_told; /* the last row that ended was delivered */
	enum level told_level;
	uint32_t told_verdicts;
	struct mono told_at;
};

/* A silence as whoever ordered it knows it: of one finding's target, or of all. */
struct world_mute {
	uint64_t id; /* 0 = none */
	int finding; /* -1 = all */
	struct wall end_at;
};

struct world {
	struct now now;
	struct world_mute mute[WORLD_MUTES];
	struct finding finding[WORLD_INCIDENTS];
	struct world_row row[WORLD_ROWS]; /* by id - 1 */
	size_t row_len;
	struct world_send send[WORLD_CHANNELS];
	size_t send_len;
	struct world_arrival arrival[WORLD_LOG];
	size_t arrival_len;
	uint64_t repeats;
	struct world_pair pair[WORLD_INCIDENTS][WORLD_CHANNELS];
	uint64_t timeline; /* rows of it committed */
	size_t saved_len;
	unsigned char saved[WORLD_SAVE_BYTES];
};

enum world_input_kind {
	WORLD_FINDING = 0,
	WORLD_ANSWER,
	WORLD_TICK,
	WORLD_RECOVER,
	WORLD_MUTE, /* orders of people; they may be of no use, and are refused then */
	WORLD_UNMUTE,
	WORLD_ACK,
	WORLD_UNACK
};

/* One journalled input: what a replay needs. */
struct world_input {
	enum world_input_kind kind;
	struct now now;
	struct finding_change change;
	struct message_answer answer;
	struct world_mute mute;
	uint64_t incident; /* acknowledged */
	int64_t ack_ns;    /* for so long, 0 = as long as it lasts */
};

/* What becomes of the transaction of a step. */
enum world_commit {
	COMMIT_GOOD = 0,
	COMMIT_LOST,    /* crash before it: nothing of the step remains */
	COMMIT_THEN_DIE /* crash after it, before anything was sent */
};

struct world_machine *world_machine_new(
    const struct alert_channel *channel, uint16_t channel_len);
/* The same with routes, borrowed. */
struct world_machine *world_machine_routed(const struct alert_channel *channel,
    uint16_t channel_len, const struct route *route, uint16_t route_len);
void world_machine_free(struct world_machine *machine);

/* A world without findings, at a time of its own, with an empty machine. */
void world_init(struct world *world, struct world_machine *machine);

/* Puts the machine where `world` was after its last commit. */
void world_restore(const struct world *world, struct world_machine *machine);

/* Feeds one input and lets the alerts work; true when the machine still stands, false when
 * it died: world_restart() is then due. */
bool world_step(struct world *world, struct world_machine *machine,
    const struct world_input *input, enum world_commit commit);

/* After a death: what was on its way arrives or not, by the bits of `arrived`; then the
 * machine is rebuilt from the store and recovers. Returns the input that made it so. */
struct world_input world_restart(
    struct world *world, struct world_machine *machine, unsigned arrived);

/* Feeds an input to the machine alone and drops the effects: what a replay does. */
void world_replay(struct world_machine *machine, const struct world_input *input);

/* Copies what is in use. */
void world_copy(struct world *to, const struct world *from);

/* The input that opens, updates, closes or reopens finding `i`. Changes world->finding. */
struct world_input world_change(
    struct world *world, size_t i, enum finding_event event, enum verdict verdict);

/* The answer for send `i`, which is then no longer on its way; when `arrived` the receiver
 * has the message, whatever the answer says. */
struct world_input world_answer(
    struct world *world, size_t i, enum delivery delivery, bool arrived);

struct world_input world_tick(struct world *world, int64_t advance_ns);

/* Silences the target of one finding (-1: everything), and ends the silence at `i` of the
 * world's list. */
struct world_input world_mute(const struct world *world, int finding, int64_t for_ns);
struct world_input world_unmute(const struct world *world, size_t i);

/* All channels work again: runs until there is nothing left to do and checks that every
 * receiver believes the truth. Changes world. */
void world_heal(struct world *world, struct world_machine *machine);

#endif
