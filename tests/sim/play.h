/* play - one world of a scenario: agents, lines, collector, receiver, in virtual time
 * Room: tests/sim.
 *
 * Both cores are the product's: every agent has its scheduler, its session and its book of
 * numbers; the collector is the whole machine, from batches to messages. What stands around
 * them here is light: no disk, no wire format, no threads. An agent's rows and the state of
 * the collector outlive their program, as disks would let them. play_agent.c, play_line.c and
 * play_collector.c are the three shells.
 *
 * One world at a time in a process: the line of events (chance.h) is its. */
#ifndef TESTS_SIM_PLAY_H
#define TESTS_SIM_PLAY_H

#include "agent/core/sched.h"
#include "agent/core/spool.h"
#include "agent/core/uplink.h"
#include "collector/core/collector.h"
#include "common/core/sha256.h"
#include "tests/sim/nature.h"
#include "tests/sim/plant.h"

#include <stdio.h>

enum {
	PLAY_RUNS = 64,     /* of an agent at a time */
	PLAY_PROBE_NOW = 32 /* series in a directive */
};

/* ---- what was said ---- */

/* A change of an incident. */
struct play_saying {
	int64_t at_ns; /* after t0 */
	uint64_t incident;
	enum incident_state state;
	enum verdict verdict;
	enum level level;
	bool is_past;
	uint32_t rate_ppm;
	int64_t onset_ns; /* after t0 */
	char scope[SCEN_NAME];
	char name[LIMIT_NAME_BYTES];
	char target[LIMIT_NAME_BYTES];
	char text[INCIDENT_SCOPE_BYTES];
};

/* Somebody was called: the first FIRING of an incident. */
struct play_page {
	int64_t at_ns;
	uint64_t incident;
	size_t saying; /* what stood then */
};

struct play_story {
	struct play_saying *saying;
	size_t sayings;
	size_t sayings_cap;
	struct play_page *page;
	size_t pages;
	size_t pages_cap;
	uint64_t messages;
};

/* ---- the parts ---- */

struct play_row {
	bool is_there;
	struct result result;
};

struct play_run {
	bool is_used;
	uint64_t number;
	struct sched_run run;
	struct result result;
};

struct play_agent {
	struct play *play;
	uint16_t number;
	bool is_running;
	bool only_failures;
	unsigned lives;
	int64_t offset_ns; /* of its clock */
	struct sched sched;
	void *sched_memory;
	struct plan plan;
	void *plan_memory;
	struct uplink uplink;
	struct spool_book book;
	struct play_row *row; /* from number `first` on */
	uint64_t first;
	size_t rows;
	size_t rows_cap;
	struct play_run run[PLAY_RUNS];
	uint64_t runs;
	uint32_t pipe; /* 0 = no connection */
	int64_t wake_at_ns;
	uint64_t wake;
};

enum play_parcel_kind {
	PLAY_HELLO = 0,
	PLAY_POLL,
	PLAY_BATCH,
	PLAY_WELCOME,
	PLAY_REFUSED,
	PLAY_ACK,
	PLAY_DIRECTIVE
};

/* A message on its way. */
struct play_parcel {
	struct play_parcel *next; /* of all that are */
	struct play_parcel **before;
	struct play *play;
	enum play_parcel_kind kind;
	uint16_t agent;
	uint32_t pipe;
	unsigned slot;
	uint64_t session;
	uint64_t incarnation;
	struct wall sent_at;
	uint32_t rtt_us;
	uint32_t credit;
	uint64_t first; /* of a batch, and of what is acknowledged */
	uint64_t last;
	struct result *result;
	size_t len;
	struct seq_range have[LIMIT_SEQ_RANGES];
	size_t have_len;
	const char *probe_now[PLAY_PROBE_NOW];
	size_t probe_now_len;
};

struct play_line {
	int64_t up_at_ns; /* the last that will arrive */
	int64_t down_at_ns;
	int64_t cut_until_ns;
	int64_t delay_ns;
	double loss;
	double repeat;
};

struct play_poll {
	bool is_held;
	unsigned slot;
	uint32_t pipe;
	uint64_t turn;
	const char *ask[PLAY_PROBE_NOW]; /* series */
	size_t asks;
};

struct play_collector {
	bool is_down;
	void *memory;
	struct collector *machine;
	struct effects *effects;
	void *effects_memory;
	unsigned char *saved;
	size_t saved_len;
	int64_t tick_at_ns;
	uint64_t tick;
	struct play_poll poll[SCEN_AGENTS];
};

struct play_source {
	enum scen_claim claim;
	double uptime;
};

struct play {
	const struct scen *scen;
	struct plant *plant;
	int64_t t0_ns;
	int64_t end_ns;
	struct nature nature;
	struct rng rng; /* of lines */
	uint32_t pipes;
	struct play_parcel *parcels;
	struct play_agent agent[SCEN_AGENTS];
	struct play_line line[SCEN_AGENTS];
	struct play_collector collector;
	struct play_source source[SCEN_SOURCES];
	struct play_story story;
	uint64_t results; /* that reached the collector, repeats too */
	uint64_t runs;
	uint64_t paid_runs;
	uint64_t asked_runs; /* because the collector asked for them */
	struct sha256 hash;
	FILE *transcript; /* NULL = none */
	bool is_terse;    /* single results are no part of the transcript */
};

struct play_order {
	uint64_t seed;
	bool is_mismatch;
	bool is_terse;
	FILE *transcript;
};

/* Runs the scenario of `plant` to its end. The result is to be freed. */
struct play *play_run(struct plant *plant, const struct play_order *order);
void play_free(struct play *play);

/* ---- between the shells ---- */

/* A line of the transcript: "SECONDS WHO WHAT", seconds after t0. */
void play_say(struct play *play, const char *who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct now play_now(void); /* of the collector */

void play_agent_open(struct play *play, uint16_t number, uint64_t seed);
void play_agent_close(struct play_agent *agent);
void play_agent_start(struct play_agent *agent);
void play_agent_stop(struct play_agent *agent, bool wipe);
void play_agent_take(struct play_agent *agent, const struct play_parcel *parcel);
void play_agent_connected(struct play_agent *agent, uint32_t pipe);
void play_agent_lost(struct play_agent *agent, uint32_t pipe);

/* An empty message, or a copy with its results. */
struct play_parcel *play_line_parcel(struct play *play);
struct play_parcel *play_line_copy(const struct play_parcel *parcel);
/* Frees what is on its way. */
void play_line_close(struct play *play);
/* `parcel` is given, with its results. */
void play_line_up(struct play_parcel *parcel);
void play_line_down(struct play_parcel *parcel);
void play_line_connect(struct play *play, uint16_t agent);
void play_line_cut(struct play *play, uint64_t agents, int64_t until_ns);
/* The two ends learn, one after the other, that this connection is no more. */
void play_line_break(struct play *play, uint16_t agent);

void play_collector_open(struct play *play, uint64_t seed);
void play_collector_close(struct play *play);
void play_collector_take(struct play *play, const struct play_parcel *parcel);
void play_collector_gone(struct play *play, uint32_t pipe);
void play_collector_down(struct play *play);
void play_collector_up(struct play *play);
void play_collector_reload(struct play *play);
/* Somebody announces what the event says, from now on. */
void play_collector_maintain(struct play *play, const struct scen_event *event);

#endif
