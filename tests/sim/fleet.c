#include "tests/sim/fleet.h"

#include "collector/shell/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct collector_conf_file *file[FLEET_MAX + 1];

static void
write_agents(FILE *out, unsigned agents)
{
	(void)fputs("agents:\n", out);
	for (unsigned i = 0; i < agents; i++) {
		(void)fprintf(out,
		    "  - { id: a%u, region: r%u, keys: { key: project-%u } }\n", i,
		    i % FLEET_REGIONS, i / FLEET_REGIONS);
	}
}

static void
write_conf(FILE *out, unsigned agents)
{
	(void)fputs("listen: ['tcp://127.0.0.1:7441']\n"
		    "store: { path: store, size_max: 1GiB }\n"
		    "http: { socket: socket }\n"
		    "regions:\n",
	    out);
	for (unsigned i = 0; i < FLEET_REGIONS; i++) {
		(void)fprintf(out, "  - { name: r%u, domain: cloud-%u }\n", i, i);
	}
	write_agents(out, agents);
	(void)fprintf(out,
	    "targets:\n"
	    "  - name: banana\n"
	    "    provider: google\n"
	    "    tier: core\n"
	    "    probes:\n"
	    "      - { name: image, kind: gemini-image, url: 'http://127.0.0.1:9',\n"
	    "          model: m, key: key, interval: %ds, timeout: 8s }\n"
	    "      - { name: model, kind: gemini-model, url: 'http://127.0.0.1:9',\n"
	    "          model: m, key: key, interval: %ds, timeout: 5s }\n"
	    "controls:\n"
	    "  - { name: one, url: 'http://127.0.0.1:9/1', interval: %ds, timeout: 5s "
	    "}\n"
	    "  - { name: two, url: 'http://127.0.0.1:9/2', interval: %ds, timeout: 5s "
	    "}\n"
	    "policy: { cooldown: 3m, reopen: 30s }\n"
	    "channels:\n"
	    "  - { name: pager, kind: webhook, level_min: warning, updates: true,\n"
	    "      url: 'http://127.0.0.1:9/pager' }\n"
	    "  - { name: log, kind: log, level_min: info, path: alerts }\n",
	    FLEET_INTERVAL_S, FLEET_INTERVAL_S, FLEET_INTERVAL_S, FLEET_INTERVAL_S);
}

static void
read_conf(unsigned agents)
{
	char path[] = "/tmp/parallax-sim-XXXXXX";
	int fd = mkstemp(path);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	struct remarks *remarks = calloc(1, sizeof(*remarks));

	if (out == NULL || remarks == NULL) {
		perror(path);
		exit(1);
	}
	write_conf(out, agents);
	(void)fclose(out);
	remarks_init(remarks);
	if (collector_conf_load(path, &file[agents], remarks) != ERR_OK) {
		(void)fprintf(stderr, "%s\n", remarks_first(remarks));
		exit(1);
	}
	(void)unlink(path);
	free(remarks);
}

void
fleet_open(void)
{
	for (unsigned i = FLEET_REGIONS; i <= FLEET_MAX; i++) {
		read_conf(i);
	}
}

void
fleet_close(void)
{
	for (unsigned i = FLEET_REGIONS; i <= FLEET_MAX; i++) {
		collector_conf_free(file[i]);
	}
}

const struct collector_conf *
fleet_collector(unsigned agents)
{
	return collector_conf_get(file[agents]);
}

struct agent_conf
fleet_agent(uint16_t number)
{
	static const char *const id[FLEET_MAX] = {"a0", "a1", "a2", "a3", "a4", "a5"};
	static const char *const region[FLEET_REGIONS] = {"r0", "r1", "r2"};

	return (struct agent_conf){.id = id[number],
	    .region = region[number % FLEET_REGIONS],
	    .domain = "",
	    .collectors = {"tcp://127.0.0.1:7441"},
	    .collectors_len = 1,
	    .tls_ca = "",
	    .tls_cert = "",
	    .tls_key = "",
	    .tls_server_name = "",
	    .spool_path = "spool",
	    .spool_bytes_max = 64 << 20,
	    .spool_age_max_s = 86400,
	    .source_address = "",
	    .probe_ca = "",
	    .log_level = "info"};
}
