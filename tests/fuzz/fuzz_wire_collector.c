/* fuzz_wire_collector - any bytes as a message of a collector
 *
 * What decodes keeps the promises of wire.h and can be encoded again. */
#include "common/core/limits.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_ranges(const struct seq_range *range, size_t len)
{
	assert(len <= LIMIT_SEQ_RANGES);
	for (size_t i = 0; i < len; i++) {
		assert(range[i].first <= range[i].last);
	}
}

static void
check_key(const char *key)
{
	assert(key[0] != '\0' && strlen(key) < LIMIT_NAME_BYTES);
}

static void
check_directive(const struct wire_directive *directive)
{
	assert(directive->probe_now_len <= WIRE_PROBE_NOW);
	assert(directive->grant_len <= WIRE_GRANTS);
	for (size_t i = 0; i < directive->grant_len; i++) {
		check_key(directive->grant[i].key);
		assert(directive->grant[i].extra_microusd <= WIRE_MICROUSD_MAX);
	}
}

static void
check_plan(const struct plan *plan)
{
	assert(plan->len <= LIMIT_PLAN_PROBES);
	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_probe *probe = &plan->probe[i];

		assert(probe->kind < PROBE_KIND_COUNT);
		assert(probe->role < ROLE_COUNT);
		assert(probe->series[0] != '\0');
		assert(strlen(probe->series) < LIMIT_SERIES_BYTES);
		assert(strlen(probe->url) < LIMIT_URL_BYTES);
		assert(probe->phase_ms < probe->interval_ms);
		assert(strlen(probe->parameters) < LIMIT_TEXT_BYTES);
		assert(strlen(probe->resolver) < LIMIT_URL_BYTES);
		assert(probe->family == 0 || probe->family == 4 || probe->family == 6);
	}
	assert(plan->budget_len <= LIMIT_KEYS);
	for (size_t i = 0; i < plan->budget_len; i++) {
		check_key(plan->budget[i].key);
		assert(plan->budget[i].day_microusd <= WIRE_MICROUSD_MAX);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char out[LIMIT_INFLATED_BYTES];
	static unsigned char *memory;
	struct wire_collector_message message;
	struct wire_collector_message again;
	struct arena arena;
	size_t len;

	if (memory == NULL) {
		memory = malloc(WIRE_ARENA_BYTES);
	}
	assert(memory != NULL);
	arena_init(&arena, memory, WIRE_ARENA_BYTES);
	if (wire_collector_decode(data, size, &arena, &message) != ERR_OK) {
		return 0;
	}
	if (message.kind == WIRE_ACK) {
		check_ranges(message.ack.durable, message.ack.durable_len);
	} else if (message.kind == WIRE_WELCOME) {
		check_ranges(message.welcome.received, message.welcome.received_len);
	} else if (message.kind == WIRE_DIRECTIVE) {
		check_directive(&message.directive);
		check_plan(&message.directive.plan);
	} else if (message.kind == WIRE_CHALLENGE) {
		assert(message.challenge.nonce.len >= WIRE_NONCE_BYTES_MIN);
		assert(message.challenge.nonce.len <= WIRE_NONCE_BYTES);
	}
	if (wire_collector_encode(&message, &arena, out, sizeof(out), &len) == ERR_OK &&
	    wire_collector_decode(out, len, &arena, &again) == ERR_OK) {
		assert(again.kind == message.kind);
	} else {
		assert(arena_failed(&arena));
	}
	return 0;
}
