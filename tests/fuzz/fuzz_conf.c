/* fuzz_conf - any bytes as agent.yaml and as collector.yaml
 *
 * Whatever the file holds: no crash, no leak, an error exactly when there is no
 * configuration, and a plan for every agent of a good one. */
#include "agent/shell/conf.h"
#include "collector/core/planner.h"
#include "collector/shell/conf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_agent(const char *path, struct remarks *remarks)
{
	struct agent_conf_file *file = NULL;

	remarks_init(remarks);
	if (agent_conf_load(path, &file, remarks) == ERR_OK) {
		assert(remarks_ok(remarks));
		assert(agent_conf_get(file)->collectors_len > 0);
	} else {
		assert(!remarks_ok(remarks));
	}
	agent_conf_free(file);
}

static void
try_plans(const struct collector_conf *conf)
{
	size_t bytes = planner_bytes(conf);
	void *memory = malloc(bytes);
	struct planner *planner;
	struct arena arena;
	size_t plan_bytes;
	void *plan_memory;

	assert(memory != NULL);
	arena_init(&arena, memory, bytes);
	planner = planner_init(&arena, conf);
	assert(planner != NULL);
	plan_bytes = planner_plan_bytes(planner);
	plan_memory = malloc(plan_bytes);
	assert(plan_memory != NULL);
	for (uint16_t i = 0; i < conf->topology.agent_len; i++) {
		arena_init(&arena, plan_memory, plan_bytes);
		assert(planner_make(planner, i, &arena).version != 0);
	}
	free(plan_memory);
	free(memory);
}

static void
try_collector(const char *path, struct remarks *remarks)
{
	struct collector_conf_file *file = NULL;

	remarks_init(remarks);
	if (collector_conf_load(path, &file, remarks) == ERR_OK) {
		assert(remarks_ok(remarks));
		try_plans(collector_conf_get(file));
	} else {
		assert(!remarks_ok(remarks));
	}
	collector_conf_free(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct remarks remarks;
	char path[] = "/tmp/fuzz-conf-XXXXXX";
	int fd = mkstemp(path);

	assert(fd >= 0);
	if (write(fd, data, size) == (ssize_t)size) {
		try_agent(path, &remarks);
		try_collector(path, &remarks);
	}
	(void)close(fd);
	(void)unlink(path);
	return 0;
}
