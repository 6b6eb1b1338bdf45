/* wire_samples - messages of both sides, for tests, seeds and the recorded session
 * Room: tests/support.
 *
 * Never change a sample: the recorded sessions of protocol version 1 are compared with them.
 * Add new ones behind. */
#ifndef TESTS_SUPPORT_WIRE_SAMPLES_H
#define TESTS_SUPPORT_WIRE_SAMPLES_H

#include "proto/wire.h"

enum {
	SAMPLE_HELLO = 0,
	SAMPLE_BATCH,   /* healthy, failing, with observations and holes */
	SAMPLE_NOTHING, /* a batch of holes only */
	SAMPLE_POLL,
	SAMPLE_GOODBYE,
	SAMPLES_AGENT_FIRST, /* those of the session recorded first */
	SAMPLE_WIDE_BATCH = SAMPLES_AGENT_FIRST, /* everything results came to carry */
	SAMPLE_SPENT,
	SAMPLES_AGENT_SECOND,
	SAMPLE_KNOWN_HELLO = SAMPLES_AGENT_SECOND, /* has an identity */
	SAMPLE_PROVED_HELLO,                       /* and proves it */
	SAMPLES_AGENT
};

enum {
	SAMPLE_WELCOME = 0,
	SAMPLE_REFUSED,
	SAMPLE_ACK,
	SAMPLE_PLAN,
	SAMPLE_NOW,
	SAMPLES_COLLECTOR_FIRST,
	SAMPLE_WIDE_PLAN = SAMPLES_COLLECTOR_FIRST,
	SAMPLE_GRANT,
	SAMPLES_COLLECTOR_SECOND,
	SAMPLE_CHALLENGE = SAMPLES_COLLECTOR_SECOND,
	SAMPLE_ENROL, /* refused */
	SAMPLES_COLLECTOR
};

/* Constant, for as long as the process lives. */
const struct wire_agent_message *wire_sample_agent(int i);
const struct wire_collector_message *wire_sample_collector(int i);

/* Ends the test when both are not the same but for what wire.h says is not kept. */
void wire_samples_same_batch(
    const struct wire_batch *got, const struct wire_batch *want);
void wire_samples_same_agent(
    const struct wire_agent_message *got, const struct wire_agent_message *want);
void wire_samples_same_collector(const struct wire_collector_message *got,
    const struct wire_collector_message *want);

#endif
