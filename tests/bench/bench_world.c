#include "tests/bench/bench_world.h"

#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
write_agents(FILE *file, const struct bench_world_setup *setup)
{
	(void)fputs("regions:\n", file);
	for (unsigned i = 0; i < setup->regions; i++) {
		(void)fprintf(
		    file, "  - { name: region-%u, domain: cloud-%u }\n", i, i % 3);
	}
	(void)fputs("agents:\n", file);
	for (unsigned i = 0; i < setup->agents; i++) {
		(void)fprintf(file,
		    "  - { id: agent-%u, region: region-%u, keys: { key: project-%u } "
		    "}\n",
		    i, i % setup->regions, i / setup->regions % 2);
	}
}

/* Loopback URLs: nothing is ever fetched from them here. */
static void
write_targets(FILE *file, const struct bench_world_setup *setup)
{
	static const char *const kinds[BENCH_WORLD_PROBES] = {
	    "kind: gemini-image, model: m, key: key, timeout: 45s",
	    "kind: gemini-model, model: m, key: key, timeout: 20s",
	    "kind: http, timeout: 20s"};

	(void)fputs("targets:\n", file);
	for (unsigned i = 0; i < BENCH_WORLD_TARGETS; i++) {
		(void)fprintf(file,
		    "  - name: image-model-%u\n    group: image-generation\n"
		    "    provider: provider-%u\n    probes:\n",
		    i, i % 3);
		for (unsigned k = 0; k < BENCH_WORLD_PROBES; k++) {
			(void)fprintf(file,
			    "      - { name: probe-%u, url: \"http://127.0.0.1:9\", "
			    "%s, "
			    "interval: %s }\n",
			    k, kinds[k], setup->interval);
		}
	}
	(void)fputs("controls:\n", file);
	for (unsigned i = 0; i < BENCH_WORLD_CONTROLS; i++) {
		(void)fprintf(file,
		    "  - { name: operator-%u, url: \"http://127.0.0.1:9/%u\", "
		    "timeout: 5s, interval: %s }\n",
		    i, i, setup->interval);
	}
}

static void
write_conf(const struct bench_world *world, const struct bench_world_setup *setup,
    const char *path)
{
	FILE *file = fopen(path, "we");

	if (file == NULL || setup->regions == 0) {
		bench_fail(path, "cannot write");
	}
	(void)fprintf(file,
	    "listen: [\"tcp://127.0.0.1:7441\"]\nstore: { path: %s, size_max: 8GiB }\n"
	    "http: { socket: %s/socket }\nlog_level: error\n",
	    world->store, world->folder);
	write_agents(file, setup);
	write_targets(file, setup);
	(void)fprintf(
	    file, "policy: { %s }\nchannels:\n%s\n", setup->policy, setup->channels);
	if (fclose(file) != 0) {
		bench_fail(path, "cannot write");
	}
}

void
bench_world_start(struct bench_world *world, const struct bench_world_setup *setup)
{
	char path[96];
	struct remarks *remarks = calloc(1, sizeof(*remarks));

	(void)snprintf(
	    world->folder, sizeof(world->folder), "/tmp/parallax-bench-XXXXXX");
	if (remarks == NULL || mkdtemp(world->folder) == NULL) {
		bench_fail(world->folder, "cannot make this folder");
	}
	(void)snprintf(world->store, sizeof(world->store), "%s/store", world->folder);
	(void)snprintf(path, sizeof(path), "%s/collector.yaml", world->folder);
	write_conf(world, setup, path);
	remarks_init(remarks);
	if (collector_conf_load(path, &world->file, remarks) != ERR_OK) {
		bench_fail(path, remarks_first(remarks));
	}
	world->conf = *collector_conf_get(world->file);
	world->conf.listen[0] = "tcp://127.0.0.1:0"; /* not for files: any free port */
	(void)unlink(path);
	free(remarks);
}

void
bench_world_clear(const struct bench_world *world)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "in-use"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world->store, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(world->store);
}

void
bench_world_end(struct bench_world *world)
{
	bench_world_clear(world);
	collector_conf_free(world->file);
	(void)rmdir(world->folder);
}

void
bench_batcher_start(
    struct bench_batcher *batcher, const struct topology *topology, uint64_t seed)
{
	batcher->topology = topology;
	batcher->frame = frame_new();
	batcher->memory = malloc(WIRE_ARENA_BYTES);
	if (batcher->frame == NULL || batcher->memory == NULL) {
		bench_fail("batcher", "no memory");
	}
	arena_init(&batcher->arena, batcher->memory, WIRE_ARENA_BYTES);
	rng_init(&batcher->rng, seed);
}

void
bench_batcher_end(struct bench_batcher *batcher)
{
	frame_free(batcher->frame);
	free(batcher->memory);
}

/* Around `middle`, with a tail now and then. */
static uint32_t
spread(struct rng *rng, uint32_t middle)
{
	uint32_t value = middle / 2;

	for (int i = 0; i < 4; i++) {
		value += (uint32_t)rng_below(rng, middle / 4 + 1);
	}
	return rng_below(rng, 25) == 0 ? value + (uint32_t)rng_below(rng, middle)
				       : value;
}

static void
make_timing(struct rng *rng, bool is_image, struct timing *out)
{
	out->dns_us = spread(rng, 1400);
	out->connect_us = out->dns_us + spread(rng, 9000);
	out->tls_us = out->connect_us + spread(rng, 14000);
	out->first_byte_us = out->tls_us + spread(rng, is_image ? 9500000 : 60000);
	out->total_us = out->first_byte_us + spread(rng, is_image ? 500000 : 600);
}

static void
make_result(struct bench_batcher *batcher, const struct bench_batch *batch, size_t i)
{
	struct rng *rng = &batcher->rng;
	const struct topology_probe *probe =
	    &batcher->topology->probe[(batch->first_seq + i) % BENCH_WORLD_SERIES];
	struct result *out = &batcher->result[i];
	bool is_down = batch->failing_target != TOPOLOGY_NONE &&
		       probe->target == batch->failing_target;

	*out = (struct result){.seq = batch->first_seq + i,
	    .series = probe->series,
	    .phase = PHASE_DONE,
	    .http_status = 200,
	    .body_bytes = probe->role == ROLE_TARGET ? spread(rng, 1900000) : 812,
	    .detail = "",
	    .request_id = ""};
	make_timing(rng, probe->role == ROLE_TARGET, &out->timing);
	if (is_down || rng_below(rng, 100) == 0) {
		out->outcome = OUTCOME_UPSTREAM_ERROR;
		out->http_status = 503;
		out->flags = FLAG_OVERLOADED;
		out->body_bytes = 214;
		out->detail = "503 UNAVAILABLE: The model is overloaded.";
	}
	out->started_at.ns = batch->sent_at.ns -
			     batch->span_ns / (int64_t)batch->results *
				 (int64_t)(batch->results - 1 - i) -
			     (int64_t)out->timing.total_us * CLOCK_NS_PER_US;
}

void
bench_batcher_pack(struct bench_batcher *batcher,
    const struct wire_agent_message *message, const unsigned char **out,
    size_t *out_len)
{
	size_t len;

	arena_reset(&batcher->arena);
	if (wire_agent_encode(message, &batcher->arena, frame_room(batcher->frame),
		LIMIT_INFLATED_BYTES, &len) != ERR_OK ||
	    frame_pack(batcher->frame, len, out, out_len) != ERR_OK) {
		bench_fail("batch", "cannot be encoded");
	}
}

void
bench_batcher_make(struct bench_batcher *batcher, const struct bench_batch *batch,
    const unsigned char **out, size_t *out_len)
{
	struct wire_agent_message message = {.kind = WIRE_BATCH,
	    .batch = {.session = batch->session,
		.incarnation = batch->incarnation,
		.first_seq = batch->first_seq,
		.sent_at = batch->sent_at,
		.rtt_us = 23456,
		.result = batcher->result,
		.len = batch->results}};

	for (size_t i = 0; i < batch->results; i++) {
		make_result(batcher, batch, i);
	}
	bench_batcher_pack(batcher, &message, out, out_len);
}
