/* probe_legs - which request of a run comes next, and what they add up to
 * Room: agent/shell. Inside the prober, on its thread.
 *
 *   leg   | when                                     | then
 *   page  | a public key is needed and none known    | main; over when none is found
 *   token | the key is a service account's, and its  | main; over when there is none to
 *         | token is missing or due                  | use
 *   main  | always                                   | fetch if the answer links; over
 *   fetch | the answer only links to its picture     | over
 *
 * The result is that of the main request and the fetch: its clock and the probe's timeout
 * begin with the main request, and what came before it is in none of its phases. A run that
 * does not get as far as the main request is timed from its own beginning. What is
 * remembered from run to run (harvested keys, validators, pictures) is in here. */
#ifndef AGENT_SHELL_PROBE_LEGS_H
#define AGENT_SHELL_PROBE_LEGS_H

#include "agent/core/harvest.h"
#include "agent/core/pictures.h"
#include "agent/shell/probe_run.h"
#include "agent/shell/validators.h"
#include "common/core/limits.h"

struct probe_legs {
	struct validators validators;
	struct pictures pictures;
	struct harvest harvest;            /* of the page named next */
	char harvest_url[LIMIT_URL_BYTES]; /* "" = none yet */
};

enum probe_turn {
	PROBE_TURN_SEND = 0, /* the next request is built */
	PROBE_TURN_WAIT,     /* for another run's token: probe_legs_again() */
	PROBE_TURN_OVER
};

/* What an opened run does first. PROBE_TURN_OVER: it cannot be tried, probe_legs_next() is
 * to be called with a TRANSPORT_LOCAL that says `run->why`. `key` is borrowed for the
 * call, but for what it points to. */
enum probe_turn probe_legs_first(struct probe_legs *legs, struct probe_run *run,
    const struct probe_key *key, struct now now);

/* The leg ended like that. PROBE_TURN_OVER: so did the run, and `out` is its result, whose
 * texts live until the run is opened again. */
enum probe_turn probe_legs_next(struct probe_legs *legs, struct probe_run *run,
    const struct transport *transport, struct now now, struct result *out);

/* Looks again for the token that the run is waiting for: as probe_legs_first(). */
enum probe_turn probe_legs_again(struct probe_run *run, struct now now);

/* Gives up a run that nobody wants to hear of any more. */
void probe_legs_drop(struct probe_run *run, struct now now);

/* What is known of the answer before, NULL = nothing that could be sent along. */
const struct validator *probe_legs_known(
    struct probe_legs *legs, const struct probe_run *run);

#endif
