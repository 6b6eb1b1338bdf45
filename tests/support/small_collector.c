#include "tests/support/small_collector.h"

#include <stdio.h>
#include <stdlib.h>

static const struct topology_domain domains[] = {{"cloud-a"}, {"cloud-b"}};
static const struct topology_region regions[] = {
    {"eu-west", 0}, {"us-east", 0}, {"ap-south", 1}};
static const struct topology_agent agents[SMALL_AGENTS] = {
    {"eu-1", 0}, {"us-1", 1}, {"ap-1", 2}};
static const struct topology_target targets[] = {
    {"nano-banana-pro", "image-generation", "google", TIER_CORE},
    {"vertex-image", "image-generation", "google", TIER_IMPORTANT}};
static const struct topology_key keys[] = {{"key-a"}, {"key-b"}};
static const uint16_t key_of[] = {0, 0, 1, 1, 0, 1};
static const uint16_t serving_of[] = {0, 0, 0, TOPOLOGY_NONE, 1, 0};
static const struct topology_probe probes[SMALL_PROBES] = {
    {.series = "nano-banana-pro/image",
	.role = ROLE_TARGET,
	.kind = PROBE_GEMINI_IMAGE,
	.target = 0,
	.interval_ms = 10000,
	.timeout_ms = 30000},
    {.series = "nano-banana-pro/model",
	.role = ROLE_FREE,
	.kind = PROBE_GEMINI_MODEL,
	.target = 0,
	.interval_ms = 10000,
	.timeout_ms = 5000},
    {.series = "vertex-image/image",
	.role = ROLE_TARGET,
	.kind = PROBE_GEMINI_IMAGE,
	.target = 1,
	.interval_ms = 10000,
	.timeout_ms = 30000},
    {.series = "control/debian",
	.role = ROLE_CONTROL,
	.kind = PROBE_HTTP,
	.target = TOPOLOGY_NONE,
	.interval_ms = 10000,
	.timeout_ms = 5000},
    {.series = "source/google-cloud-status",
	.role = ROLE_SOURCE,
	.kind = PROBE_GCLOUD_STATUS,
	.target = TOPOLOGY_NONE,
	.target_mask = 3,
	.interval_ms = 20000,
	.timeout_ms = 5000},
};
#define PAID                                                                           \
	{                                                                              \
		.plan = {.kind = PROBE_GEMINI_IMAGE,                                   \
		    .key = "google",                                                   \
		    .interval_ms = 10000,                                              \
		    .cost_microusd = SMALL_COST_MICROUSD},                             \
		.region_mask = UINT64_MAX                                              \
	}
#define FREE                                                                           \
	{                                                                              \
		.plan = {.kind = PROBE_HTTP, .key = "", .interval_ms = 10000},         \
		.region_mask = UINT64_MAX                                              \
	}

/* What budgets look at, in the order of the probes above. */
static const struct probe_conf probe_confs[SMALL_PROBES] = {
    PAID, FREE, PAID, FREE, FREE};
static const char *const key_names[] = {"google"};
static const uint16_t real_keys[SMALL_AGENTS] = {0, 1, 0};
/* Smaller than the schedule, so that a test of minutes sees the end of them. */
static const struct budget_conf budgets[] = {
    {.key = 0, .day_microusd = 20000000, .warn_percent = 80, .reserve_percent = 20},
    {.key = 1, .month_microusd = 10000000, .warn_percent = 50, .reserve_percent = 10}};
static const struct alert_channel channels[] = {
    {.name = "log", .level_min = LEVEL_INFO, .wants_updates = true},
    {.name = "pager", .level_min = LEVEL_CRITICAL}};

const struct collector_conf *
small_collector_conf(void)
{
	static const struct collector_conf conf = {
	    .topology = {.domain = domains,
		.region = regions,
		.agent = agents,
		.target = targets,
		.key = keys,
		.probe = probes,
		.key_of = key_of,
		.serving_of = serving_of,
		.domain_len = 2,
		.region_len = 3,
		.agent_len = SMALL_AGENTS,
		.target_len = 2,
		.key_len = 2,
		.probe_len = SMALL_PROBES},
	    .probe = probe_confs,
	    .money = {.name = key_names,
		.real = real_keys,
		.budget = budgets,
		.name_len = 1,
		.budget_len = 2},
	    .channel = channels,
	    .alert = {.channel = channels,
		.channel_len = 2,
		.cooldown_ns = 60 * CLOCK_NS_PER_S,
		.retry_min_ns = CLOCK_NS_PER_S,
		.retry_max_ns = 60 * CLOCK_NS_PER_S,
		.remind_ns = {0, 0, 600 * CLOCK_NS_PER_S},
		.seed = 7},
	    .correlate = {.base_ns = 10 * CLOCK_NS_PER_S,
		.reopen_ns = 120 * CLOCK_NS_PER_S},
	};

	return &conf;
}

static void *
memory_of(size_t bytes)
{
	void *memory = malloc(bytes);

	if (memory == NULL) {
		(void)fprintf(stderr, "no memory\n");
		abort();
	}
	return memory;
}

struct small_collector
small_collector_new(void)
{
	const struct collector_conf *conf = small_collector_conf();
	size_t bytes = collector_bytes(conf);
	struct small_collector small = {.memory = memory_of(bytes)};
	struct arena arena;

	arena_init(&arena, small.memory, bytes);
	small.machine = collector_init(&arena, conf, 1);
	if (small.machine == NULL) {
		abort(); /* collector_bytes() promised too little */
	}
	return small;
}

void
small_collector_free(struct small_collector *small)
{
	free(small->memory);
	small->memory = NULL;
	small->machine = NULL;
}

unsigned char *
small_collector_save(const struct collector *machine, size_t *out_len)
{
	size_t cap = collector_save_bytes(machine);
	unsigned char *bytes = memory_of(cap);
	struct buf buf;

	buf_write(&buf, bytes, cap);
	collector_save(machine, &buf);
	if (!buf_ok(&buf)) {
		abort(); /* collector_save_bytes() promised too little */
	}
	*out_len = buf.at;
	return bytes;
}
