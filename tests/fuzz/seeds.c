/* seeds - writes the first files of the corpora, and the recorded session
 *
 *   seeds CORPUS_FOLDER SESSION_FILE
 *
 * Run by hand when a format gets something new; what it once wrote is kept, so write into
 * an empty folder and copy what is new. The session is of the samples that are in no
 * session recorded before: frames, each with its length as 4 bytes little-endian in front: what an agent and a
 * collector said in turn. */
#include "agent/core/spool.h"
#include "collector/core/journal.h"
#include "common/shell/frame.h"
#include "tests/support/small_collector.h"
#include "tests/support/wire_samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;
static struct frame *frame;
static struct arena arena;

static void
save(const char *corpus, const char *name, const void *data, size_t len)
{
	char path[1024];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", folder, corpus, name);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(data, 1, len, file) != len || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

static size_t
agent_bytes(int i)
{
	size_t len = 0;

	arena_reset(&arena);
	if (wire_agent_encode(wire_sample_agent(i), &arena, frame_room(frame),
		LIMIT_INFLATED_BYTES, &len) != ERR_OK) {
		exit(2);
	}
	return len;
}

static size_t
collector_bytes_of(int i)
{
	size_t len = 0;

	arena_reset(&arena);
	if (wire_collector_encode(wire_sample_collector(i), &arena, frame_room(frame),
		LIMIT_INFLATED_BYTES, &len) != ERR_OK) {
		exit(2);
	}
	return len;
}

/* Packs what is in the room, appends it to the session, if any, and to the corpus of
 * frames. */
static void
record(FILE *session, size_t len)
{
	static int number;
	const unsigned char *packed;
	unsigned char length[4];
	char name[32];

	if (frame_pack(frame, len, &packed, &len) != ERR_OK) {
		exit(2);
	}
	for (int i = 0; i < 4; i++) {
		length[i] = (unsigned char)(len >> (8 * i));
	}
	if (session != NULL) {
		(void)fwrite(length, 1, sizeof(length), session);
		(void)fwrite(packed, 1, len, session);
	}
	(void)snprintf(name, sizeof(name), "session-%d", number++);
	save("frame", name, packed, len);
}

static void
messages(FILE *session)
{
	_Static_assert((int)SAMPLES_AGENT == (int)SAMPLES_COLLECTOR, "they take turns");
	char name[32];

	for (int i = 0; i < SAMPLES_AGENT; i++) {
		size_t len = agent_bytes(i);

		(void)snprintf(name, sizeof(name), "sample-%d", i);
		save("wire_agent", name, frame_room(frame), len);
		record(i < SAMPLES_AGENT_SECOND ? NULL : session, len);
		len = collector_bytes_of(i);
		save("wire_collector", name, frame_room(frame), len);
		record(i < SAMPLES_COLLECTOR_SECOND ? NULL : session, len);
	}
}

static void
journal_record(const char *name, const struct journal_head *head)
{
	unsigned char bytes[JOURNAL_HEAD_BYTES];
	struct buf buf;

	buf_write(&buf, bytes, sizeof(bytes));
	journal_encode(head, &buf);
	save("journal", name, bytes, buf.at);
}

static void
journal(void)
{
	struct journal_head head = {.kind = JOURNAL_START, .now = {{5}, {7}}};

	journal_record("start", &head);
	head.kind = JOURNAL_TICK;
	head.heard = "\4eu-1\4us-1";
	head.heard_len = 10;
	journal_record("tick", &head);
	head.kind = JOURNAL_BATCH;
	(void)snprintf(head.agent, sizeof(head.agent), "eu-1");
	head.incarnation = 3;
	head.fresh_len = 2;
	head.fresh[0] = (struct seq_range){1, 5};
	head.fresh[1] = (struct seq_range){9, 9};
	head.frame = "PX\1";
	head.frame_len = 3;
	journal_record("batch", &head);
	head.kind = JOURNAL_DELIVERY;
	head.row = 12;
	head.delivery = 1;
	head.retry_after_ns = -1;
	head.detail = "HTTP 503";
	head.detail_len = 8;
	journal_record("delivery", &head);
}

static void
spool(void)
{
	static unsigned char bytes[SPOOL_ROW_BYTES];
	const struct wire_batch *batch = &wire_sample_agent(SAMPLE_WIDE_BATCH)->batch;
	struct spool_book book;
	struct buf buf;
	char name[32];

	for (size_t i = 0; i < batch->len; i++) {
		buf_write(&buf, bytes, sizeof(bytes));
		spool_row_encode(&batch->result[i], &buf);
		(void)snprintf(name, sizeof(name), "row-v2-%zu", i);
		save("spool_row", name, bytes, buf.at);
	}
	spool_book_init(&book, 77);
	for (int i = 0; i < 20; i++) {
		uint64_t seq = spool_book_append(&book, 10);

		if (i % 3 == 0 && spool_book_drop(&book, seq, 10) != ERR_OK) {
			exit(2);
		}
	}
	buf_write(&buf, bytes, sizeof(bytes));
	spool_book_save(&book, &buf);
	save("spool_row", "book-v2", bytes, buf.at);
}

/* One answer in the form of fuzz_judge.h: HTTP 200, in pieces of 5. */
static void
answer(const char *corpus, const char *name, const char *body)
{
	char bytes[1024];
	int len = snprintf(bytes, sizeof(bytes), "%c%c%s", 0x40, 4, body);

	save(corpus, name, bytes, (size_t)len);
}

/* A picture of one pixel's worth of text is enough: what is around it is looked at. */
static void
answers(void)
{
	static const char png[] = "iVBORw0KGgo=";
	char body[1024];

	(void)snprintf(body, sizeof(body),
	    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"},"
	    "{\"inlineData\":{\"data\":\"%s\"}}]}}]}\r\n\r\n: x\r\ndata: "
	    "{\"candidates\":[{\"finishReason\":\"STOP\"}],\ndata: \"usageMetadata\":"
	    "{\"candidatesTokenCount\":7}}\n\ndata: [DONE]\n\n",
	    png);
	answer("classify_stream", "events", body);
	save("sse", "events", body, strlen(body));
	answer("classify_stream", "error",
	    "data: {\"error\":{\"code\":503,\"message\":\"overloaded\"}}\n\n");
	answer("classify_stream", "array",
	    "[{\"candidates\":[{}]},{\"promptFeedback\":{\"blockReason\":\"X\"}}]");
	(void)snprintf(body, sizeof(body),
	    "{\"predictions\":[{\"bytesBase64Encoded\":\"%s\"},{\"contentType\":"
	    "\"x\"},{\"raiFilteredReason\":\"y\"}]}",
	    png);
	answer("classify_imagen", "predictions", body);
	(void)snprintf(body, sizeof(body),
	    "{\"id\":\"g\",\"choices\":[{\"finish_reason\":\"stop\","
	    "\"native_finish_reason\":\"SAFETY\",\"message\":{\"content\":\"a\","
	    "\"refusal\":null,\"images\":[{\"image_url\":{\"url\":"
	    "\"data:image/png;base64,%s\"}},{\"image_url\":{\"url\":"
	    "\"https://x.example/\"}}]}}],\"usage\":{\"cost\":0.0387}}",
	    png);
	answer("classify_router", "chat", body);
	answer("classify_router", "error",
	    "{\"choices\":[{\"error\":{\"code\":429,\"message\":\"x\",\"metadata\":{"
	    "\"error_type\":\"rate_limit_exceeded\",\"limit_source\":"
	    "\"upstream_provider_shared_pool\",\"raw\":\"{\\\"error\\\":{\\\"code\\\":"
	    "429,\\\"message\\\":\\\"limit: 0\\\"}}\"}}}]}");
}

/* Plans in the form of fuzz_request.c. */
static void
plans(void)
{
	static const enum probe_kind kinds[] = {PROBE_GEMINI_IMAGE, PROBE_VERTEX_IMAGEN,
	    PROBE_OPENAI_IMAGE, PROBE_OPENROUTER_CHAT, PROBE_VERTEX_TOKENS};
	static const char texts[] =
	    "model\0a \"banana\"\0001K\0project\0global\0a,b\0{\"seed\":{\"x\":[1]}}"
	    "\0key";
	char bytes[sizeof(texts) + 1];
	char name[32];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		bytes[0] = (char)kinds[i];
		memcpy(bytes + 1, texts, sizeof(texts));
		(void)snprintf(
		    name, sizeof(name), "plan-%s", probe_kind_name(kinds[i]));
		save("request", name, bytes, sizeof(bytes));
	}
}

/* Ticks, batches and failures until there is something worth saving. */
static void
snapshot(const char *name, int rounds)
{
	static struct effects effects;
	struct small_collector small = small_collector_new();
	const struct topology *topology = &small_collector_conf()->topology;
	struct now now = {{CLOCK_NS_PER_S}, {1767225600 * CLOCK_NS_PER_S}};
	unsigned char *bytes;
	size_t len;

	effects_init(&effects, malloc(EFFECTS_ARENA_BYTES));
	collector_start(small.machine, now, &effects);
	for (int i = 0; i < rounds; i++) {
		for (int agent = 0; agent < SMALL_AGENTS; agent++) {
			struct result result = {.seq = (uint64_t)i + 1,
			    .series = topology->probe[i % 4].series,
			    .started_at = now.wall,
			    .outcome = i < 8 ? OUTCOME_OK : OUTCOME_TIMEOUT,
			    .phase = i < 8 ? PHASE_DONE : PHASE_WAIT,
			    .timing = {.total_us = 90000},
			    .detail = "",
			    .request_id = ""};
			struct ingest_batch batch = {.agent = (uint16_t)agent,
			    .incarnation = 5,
			    .first_seq = result.seq,
			    .sent_at = now.wall,
			    .result = &result,
			    .len = 1,
			    .frame = "x",
			    .frame_len = 1};
			size_t fresh;

			effects_reset(&effects);
			if (collector_batch(small.machine, &batch, now, &effects,
				&fresh) != ERR_OK) {
				exit(2);
			}
		}
		now.mono.ns += 2 * CLOCK_NS_PER_S;
		now.wall.ns += 2 * CLOCK_NS_PER_S;
		effects_reset(&effects);
		collector_tick(small.machine, now, &effects);
	}
	bytes = small_collector_save(small.machine, &len);
	save("snapshot", name, bytes, len);
	free(bytes);
	free(effects.arena.base);
	small_collector_free(&small);
}

int
main(int argc, char **argv)
{
	void *memory = malloc(WIRE_ARENA_BYTES);
	FILE *session;

	frame = frame_new();
	session = argc == 3 ? fopen(argv[2], "wb") : NULL;
	if (memory == NULL || frame == NULL || session == NULL) {
		(void)fprintf(stderr, "usage: seeds CORPUS_FOLDER SESSION_FILE\n");
		free(memory);
		return 64;
	}
	folder = argv[1];
	arena_init(&arena, memory, WIRE_ARENA_BYTES);
	messages(session);
	journal();
	spool();
	answers();
	plans();
	snapshot("empty", 0);
	snapshot("fault", 60);
	(void)fclose(session);
	frame_free(frame);
	free(memory);
	return 0;
}
