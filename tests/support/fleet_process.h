/* fleet_process - a px-upstream, a collector and agents as processes on loopback
 * Room: tests/support.
 *
 * Everything lives in one folder of its own, which is the current one from open to close:
 *   collector.yaml agent-N.yaml store/ spool-N/ api.sock collector.log agent-N.log
 * Agent N (from 1) is `aN` in region `rN`. They probe one target, `banana`, and two
 * controls, and the collector tells of incidents at the hook `pager` of px-upstream. It
 * listens on a loopback address that is this test process's alone, so that neither another
 * test nor the local end of a connection ever has its port. */
#ifndef TESTS_SUPPORT_FLEET_PROCESS_H
#define TESTS_SUPPORT_FLEET_PROCESS_H

#include "tests/support/process.h"
#include "tests/support/upstream_process.h"

#include <jansson.h>

enum {
	FLEET_AGENTS = 6
};

/* What differs between tests; NULL and 0 are the defaults named. */
struct fleet_spec {
	unsigned agents;       /* in collector.yaml; 1 */
	const char *interval;  /* of every probe; 200ms */
	const char *store_max; /* 1GiB */
	const char *spool_max; /* 64MiB */
	const char *tls;       /* folder made by mkca.sh; plain TCP */
	const char *store;     /* path; store */
	const char *targets;   /* more YAML below `targets:`; none */
	const char *probes;    /* more YAML below the probes of banana; none */
	const char *more;      /* more YAML at the end of collector.yaml; none */
	bool has_no_banana;    /* without that target */
	bool has_no_pager;     /* without channels but the log */
};

struct fleet_process {
	struct fleet_spec spec;
	char folder[40];
	struct upstream_process upstream;
	char address[32]; /* HOST:PORT of the collector */
	struct process collector;
	struct process agent[FLEET_AGENTS]; /* of agent N: [N - 1] */
	struct process events;              /* parallax events --follow */
};

/* Makes the folder, starts px-upstream, writes collector.yaml and all agent-N.yaml. */
void fleet_process_open(struct fleet_process *fleet, const struct fleet_spec *spec);

/* Ends what still runs and removes the folder. Safe on a fleet that failed half-way. */
void fleet_process_close(struct fleet_process *fleet);

/* Writes collector.yaml as fleet->spec says. */
void fleet_process_write(const struct fleet_process *fleet);

/* Writes agent-N.yaml, with the identity given and `more` YAML at the end. */
void fleet_process_write_agent(const struct fleet_process *fleet, unsigned number,
    const char *id, const char *region, const char *more);

/* Writes `text` to a file of the folder, for its owner alone. */
void fleet_process_file(const char *name, const char *text);

/* Starts the collector and waits until it listens. */
void fleet_process_collect(struct fleet_process *fleet);

/* Starts agent N; waits for nothing. */
void fleet_process_probe(struct fleet_process *fleet, unsigned number);

/* Starts the collector and all agents; waits until each has probed with the plan. */
void fleet_process_start(struct fleet_process *fleet);

/* Runs `parallax WORDS -o json`; its answer, to be released. */
json_t *fleet_process_ask(const char *words);

/* The agent's entry of `parallax agents`, to be released. */
json_t *fleet_process_agent(unsigned number);

/* Blocks until px-upstream has seen `count` more requests on `path` (a pattern); a way to
 * let time pass that is measured in probes. */
void fleet_process_requests(
    const struct fleet_process *fleet, const char *path, unsigned count);

/* Blocks until the collector has `count` results or more of agent N. Probes must run. */
void fleet_process_received(
    const struct fleet_process *fleet, unsigned number, json_int_t count);

/* Blocks until the collector has every result that agent N had numbered by now: its backlog
 * has drained. Probes must run, and nothing be lost. */
void fleet_process_drained(const struct fleet_process *fleet, unsigned number);

/* Blocks until an event of that kind, event and verdict (NULL: any) comes that was not
 * waited for before; its incident. Events come from the first call on. */
json_int_t fleet_process_event(struct fleet_process *fleet, const char *kind,
    const char *event, const char *verdict);

/* What became of every number that an agent ever gave. */
struct fleet_account {
	uint64_t given;
	uint64_t received; /* results at the collector */
	uint64_t spooled;  /* rows in the spool */
	uint64_t gaps;     /* numbers the collector counts as lost */
	uint64_t dropped;  /* rows the spool dropped, ever */
};

/* With the collector running and agent N ended: reads its spool and its results. Fails
 * when a number is at the collector twice, or neither there nor in the spool nor declared
 * lost. */
struct fleet_account fleet_process_account(unsigned number);

#endif
