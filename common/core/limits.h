/* limits - every maximum in the system, one line each
 * Room: common/core (pure).
 *
 * A limit is checked before memory is taken for what it limits. Reaching one is ERR_LIMIT,
 * counted and shown, never a crash and never silent. */
#ifndef COMMON_CORE_LIMITS_H
#define COMMON_CORE_LIMITS_H

enum {
	/* names and texts, bytes with the terminating NUL */
	LIMIT_NAME_BYTES = 64, /* agent, region, domain, target, probe, channel names */
	LIMIT_SERIES_BYTES = 128, /* "target/probe" */
	LIMIT_DETAIL_BYTES = 192, /* redacted excerpt of an answer */
	LIMIT_REQUEST_ID_BYTES = 72,
	LIMIT_URL_BYTES = 1024,
	LIMIT_TEXT_BYTES = 4096, /* prompts, messages */

	/* fleet */
	LIMIT_AGENTS = 2048,
	LIMIT_REGIONS = 64,
	LIMIT_DOMAINS = 32,
	LIMIT_TARGETS = 64,
	LIMIT_PROBES = 512, /* in collector.yaml, over all targets */
	LIMIT_CHANNELS = 32,
	LIMIT_ROUTES = 64,
	LIMIT_KEYS = 64,

	/* agent */
	LIMIT_PLAN_PROBES = 16384, /* schedules of one agent */
	LIMIT_IN_FLIGHT_PROBES = 256,
	LIMIT_PLAN_BYTES = 8 << 20,
	LIMIT_BODY_BYTES = 32 << 20,
	LIMIT_HEADER_BYTES = 64 << 10,
	LIMIT_BATCHES_IN_FLIGHT = 4,

	/* wire */
	LIMIT_BATCH_RESULTS = 500,
	LIMIT_BATCH_OBSERVATIONS = 64,
	LIMIT_BATCH_FIGURES = 64, /* of one result, too: it must fit into a batch */
	LIMIT_BATCH_STRINGS = 1024,
	LIMIT_MESSAGE_BYTES = 1 << 20,  /* one message, compressed */
	LIMIT_INFLATED_BYTES = 4 << 20, /* the same, decompressed */
	LIMIT_SEQ_RANGES = 64,          /* holes the collector remembers per agent */

	/* collector */
	LIMIT_OPEN_INCIDENTS = 64,
	LIMIT_OUTBOX_LIVE = 256,
	LIMIT_LONG_POLL_MS = 30000
};

#endif
