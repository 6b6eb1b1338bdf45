/* storm_wire - very many damaged messages against the decoder and the machine behind it
 *
 * Usage: storm_wire [COUNT [SEED]]; the same seed is the same storm. Every message begins as
 * a valid one, is damaged before or behind its frame, and goes the way that service.c sends
 * it: frame_unpack(), wire_agent_decode(), the collector machine. Fuzzing by coverage looks
 * for new paths and forgets the machine after each input; here one machine lives through all
 * of it, and must at the end be what its snapshot says, and at any time count a batch once.
 */
#include "common/core/buf.h"
#include "common/core/rng.h"
#include "common/shell/frame.h"
#include "proto/wire.h"
#include "tests/support/small_collector.h"
#include "tests/support/wire_samples.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	POOL = SAMPLES_AGENT + 4 * SMALL_AGENTS,
	BYTES = 64 << 10, /* of one message; the samples are far smaller */
	HEADER = FRAME_HEADER_BYTES,
	EDITS = 4,     /* at most */
	SEND_AGAIN = 8 /* one accepted batch in so many comes twice */
};

struct message {
	unsigned char *bytes; /* not framed */
	size_t len;
};

struct tally {
	uint64_t unframed; /* no frame */
	uint64_t undecoded;
	uint64_t hellos;
	uint64_t welcome;
	uint64_t batches; /* with a session */
	uint64_t limited; /* ERR_LIMIT: too many gaps */
	uint64_t results;
	uint64_t again;
	uint64_t other;
};

struct storm {
	struct rng rng;
	struct message pool[POOL];
	size_t pool_len;
	struct frame *frame;
	struct frame *packer;
	struct arena arena;
	struct small_collector small;
	struct effects effects;
	struct now now;
	struct tally tally;
	unsigned char work[2 * BYTES];
};

static void *
take(size_t bytes)
{
	void *memory = malloc(bytes);

	if (memory == NULL) {
		(void)fprintf(stderr, "storm_wire: no memory\n");
		abort();
	}
	return memory;
}

/* ---- what is damaged ---- */

static void
add(struct storm *storm, const struct wire_agent_message *message)
{
	struct message *each = &storm->pool[storm->pool_len++];
	enum err err;

	assert(storm->pool_len <= POOL);
	arena_reset(&storm->arena);
	err = wire_agent_encode(message, &storm->arena, storm->work, BYTES, &each->len);
	assert(err == ERR_OK);
	each->bytes = take(each->len);
	memcpy(each->bytes, storm->work, each->len);
}

/* What an agent of the small fleet says: it is let in, and its results count. */
static void
add_agent(struct storm *storm, uint16_t agent)
{
	const struct topology *topology = &small_collector_conf()->topology;
	struct wire_agent_message batch = *wire_sample_agent(SAMPLE_WIDE_BATCH);
	struct wire_agent_message nothing = *wire_sample_agent(SAMPLE_NOTHING);
	struct wire_agent_message poll = *wire_sample_agent(SAMPLE_SPENT);
	struct wire_agent_message hello = {.kind = WIRE_HELLO,
	    .hello = {.version = WIRE_VERSION,
		.agent = topology->agent[agent].name,
		.region = topology->region[topology->agent[agent].region].name,
		.build = "storm",
		.incarnation = 1,
		.next_seq = 1}};
	struct result result[SMALL_PROBES];

	for (size_t i = 0; i < SMALL_PROBES; i++) {
		result[i] = (struct result){.seq = 1 + i,
		    .series = topology->probe[i].series,
		    .started_at = {storm->now.wall.ns},
		    .outcome = i == 0 ? OUTCOME_TIMEOUT : OUTCOME_OK,
		    .phase = i == 0 ? PHASE_TLS : PHASE_DONE,
		    .detail = "",
		    .request_id = "",
		    .timing = {.total_us = 100000}};
	}
	batch.batch.incarnation = 1;
	batch.batch.first_seq = 1;
	batch.batch.result = result;
	batch.batch.len = SMALL_PROBES;
	batch.batch.hole_len = 0;
	nothing.batch.incarnation = 1;
	add(storm, &hello);
	add(storm, &batch);
	add(storm, &nothing);
	add(storm, &poll);
}

/* ---- how ---- */

/* Numbers that protocols break on, as varints. */
static const struct {
	unsigned char bytes[10];
	size_t len;
} extreme[] = {
    {{0x00}, 1},
    {{0x7f}, 1},
    {{0xff, 0xff, 0xff, 0xff, 0x07}, 5},
    {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 9},
    {{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, 10},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 10},
    {{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 10},
};

static size_t
put_extreme(struct storm *storm, unsigned char *bytes, size_t len, size_t at)
{
	size_t i = rng_below(&storm->rng, sizeof(extreme) / sizeof(extreme[0]));
	size_t room = extreme[i].len;

	if (rng_below(&storm->rng, 2) == 0) { /* over what is there */
		room = room < len - at ? room : len - at;
		memcpy(bytes + at, extreme[i].bytes, room);
		return len;
	}
	memmove(bytes + at + room, bytes + at, len - at);
	memcpy(bytes + at, extreme[i].bytes, room);
	return len + room;
}

/* Another message's middle in place of the rest, or between. */
static size_t
splice(struct storm *storm, unsigned char *bytes, size_t len, size_t at)
{
	const struct message *other =
	    &storm->pool[rng_below(&storm->rng, storm->pool_len)];
	size_t from = rng_below(&storm->rng, other->len);
	size_t part = 1 + rng_below(&storm->rng, other->len - from);

	part = part < BYTES / 8 ? part : BYTES / 8;
	if (rng_below(&storm->rng, 2) == 0) {
		memcpy(bytes + at, other->bytes + from, part);
		return at + part;
	}
	memmove(bytes + at + part, bytes + at, len - at);
	memcpy(bytes + at, other->bytes + from, part);
	return len + part;
}

static size_t
edit(struct storm *storm, unsigned char *bytes, size_t len)
{
	size_t at = rng_below(&storm->rng, len);
	size_t part = 1 + rng_below(&storm->rng, len - at);

	switch (rng_below(&storm->rng, 7)) {
	case 0:
		bytes[at] ^= (unsigned char)(1U << rng_below(&storm->rng, 8));
		return len;
	case 1:
		bytes[at] = (unsigned char)rng_next(&storm->rng);
		return len;
	case 2: /* cut off */
		return at;
	case 3: /* cut out */
		memmove(bytes + at, bytes + at + part, len - at - part);
		return len - part;
	case 4: /* twice */
		part = part < BYTES / 8 ? part : BYTES / 8;
		memmove(bytes + at + part, bytes + at, len - at);
		return len + part;
	case 5:
		return splice(storm, bytes, len, at);
	default:
		return put_extreme(storm, bytes, len, at);
	}
}

static size_t
damage(struct storm *storm, unsigned char *bytes, size_t len)
{
	/* Few are more likely: what is damaged much is only refused sooner. */
	uint64_t edits = rng_below(&storm->rng, 1 + rng_below(&storm->rng, EDITS + 1));

	for (uint64_t i = 0; i < edits && len > 0; i++) {
		len = edit(storm, bytes, len);
	}
	return len;
}

/* The next message as it comes from the line, in a block of its own size, where one byte
 * too far is noticed; to be freed. */
static unsigned char *
next(struct storm *storm, size_t *out_len)
{
	const struct message *message =
	    &storm->pool[rng_below(&storm->rng, storm->pool_len)];
	uint64_t how = rng_below(&storm->rng, 16);
	unsigned char *bytes = storm->work;
	unsigned char *exact;
	size_t len = message->len;

	memcpy(bytes + HEADER, message->bytes, len);
	if (how != 0) { /* damaged, then framed */
		len = damage(storm, bytes + HEADER, len);
	}
	if (how <= 2) { /* compressed, when that makes it smaller */
		const unsigned char *packed;
		enum err err;

		memcpy(frame_room(storm->packer), bytes + HEADER, len);
		err = frame_pack(storm->packer, len, &packed, &len);
		assert(err == ERR_OK);
		memcpy(bytes, packed, len);
	} else {
		memcpy(bytes, "PX\1\0", HEADER);
		len += HEADER;
	}
	if (how <= 1) { /* the frame itself is damaged, too */
		len = damage(storm, bytes, len);
	}
	exact = take(len > 0 ? len : 1);
	memcpy(exact, bytes, len);
	*out_len = len;
	return exact;
}

/* ---- where it goes ---- */

static void
on_hello(struct storm *storm, const struct wire_hello *hello)
{
	struct session_hello greeting = {.version = hello->version,
	    .agent = hello->agent,
	    .region = hello->region,
	    .build = hello->build,
	    .incarnation = hello->incarnation,
	    .spooled = hello->spooled,
	    .pipe = (uint32_t)rng_below(&storm->rng, SMALL_AGENTS + 2)};
	uint16_t agent;

	storm->tally.hellos++;
	if (collector_hello(storm->small.machine, &greeting, hello->wall, storm->now,
		&agent) == SESSION_OK) {
		assert(agent < SMALL_AGENTS);
		storm->tally.welcome++;
	}
}

/* An id that no sender could guess is put in: behind it is more to break. */
static uint16_t
session(struct storm *storm, uint64_t id)
{
	uint16_t agent = (uint16_t)rng_below(&storm->rng, SMALL_AGENTS);
	const struct session_agent *open =
	    session_peek(collector_sessions(storm->small.machine), agent);
	uint32_t pipe = open->pipe;

	if (rng_below(&storm->rng, 8) != 0) {
		id = open->id;
	}
	return collector_session(storm->small.machine, id, pipe, storm->now);
}

static void
on_batch(struct storm *storm, const struct wire_batch *batch,
    const unsigned char *frame, size_t frame_len)
{
	struct seq_range hole[WIRE_HOLES];
	struct ingest_batch ingest = {.agent = session(storm, batch->session),
	    .incarnation = batch->incarnation,
	    .first_seq = batch->first_seq,
	    .sent_at = batch->sent_at,
	    .rtt_us = batch->rtt_us,
	    .result = batch->result,
	    .len = batch->len,
	    .hole = hole,
	    .hole_len = batch->hole_len,
	    .frame = frame,
	    .frame_len = frame_len};
	size_t fresh = 0;

	if (ingest.agent == TOPOLOGY_NONE) {
		storm->tally.other++;
		return;
	}
	for (size_t i = 0; i < batch->hole_len; i++) {
		hole[i] = batch->hole[i].range;
	}
	if (rng_below(&storm->rng, 2) == 0) {
		ingest.incarnation = 1; /* another one begins an empty set each time */
	}
	storm->tally.batches++;
	if (collector_batch(storm->small.machine, &ingest, storm->now, &storm->effects,
		&fresh) != ERR_OK) {
		assert(storm->effects.len == 0);
		storm->tally.limited++;
		return;
	}
	assert(fresh <= batch->len);
	storm->tally.results += fresh;
	effects_reset(&storm->effects);
	if (rng_below(&storm->rng, SEND_AGAIN) == 0) { /* I1 */
		enum err err = collector_batch(
		    storm->small.machine, &ingest, storm->now, &storm->effects, &fresh);

		assert(err == ERR_OK && fresh == 0);
		/* Numbers declared lost are written down whenever they come. */
		assert(batch->hole_len > 0 || storm->effects.len == 0);
		storm->tally.again++;
	}
}

static void
on_poll(struct storm *storm, const struct wire_poll *poll)
{
	uint16_t agent = session(storm, poll->session);

	storm->tally.other++;
	if (agent != TOPOLOGY_NONE) {
		collector_clock_sample(storm->small.machine, agent, poll->sent_at,
		    poll->rtt_us, storm->now);
	}
}

static void
on_goodbye(struct storm *storm, uint64_t id)
{
	uint16_t agent = session(storm, id);

	storm->tally.other++;
	if (agent != TOPOLOGY_NONE) {
		collector_goodbye(storm->small.machine, agent);
	}
}

static void
on_message(struct storm *storm, const unsigned char *data, size_t data_len)
{
	struct wire_agent_message message;
	const unsigned char *bytes;
	size_t len;

	arena_reset(&storm->arena);
	if (frame_unpack(storm->frame, data, data_len, &bytes, &len) != ERR_OK) {
		storm->tally.unframed++;
		return;
	}
	if (wire_agent_decode(bytes, len, &storm->arena, &message) != ERR_OK) {
		storm->tally.undecoded++;
		return;
	}
	switch (message.kind) {
	case WIRE_HELLO:
		on_hello(storm, &message.hello);
		break;
	case WIRE_BATCH:
		on_batch(storm, &message.batch, data, data_len);
		break;
	case WIRE_POLL:
		on_poll(storm, &message.poll);
		break;
	case WIRE_RENEW:
		(void)session(storm, message.renew.session);
		storm->tally.other++;
		break;
	case WIRE_GOODBYE:
		on_goodbye(storm, message.goodbye_session);
		break;
	}
}

/* A millisecond goes by. */
static void
go_on(struct storm *storm)
{
	storm->now.mono.ns += CLOCK_NS_PER_MS;
	storm->now.wall.ns += CLOCK_NS_PER_MS;
	if (!mono_before(storm->now.mono, collector_deadline(storm->small.machine))) {
		collector_tick(storm->small.machine, storm->now, &storm->effects);
	}
	effects_reset(&storm->effects);
}

/* ---- */

/* The state can be shown, saved and loaded, and is then the same. */
static void
check_state(const struct storm *storm)
{
	struct small_collector other = small_collector_new();
	size_t view_bytes = collector_view_bytes(storm->small.machine);
	void *view_memory = take(view_bytes);
	struct arena arena;
	struct buf buf;
	size_t len;
	size_t again_len;
	unsigned char *saved = small_collector_save(storm->small.machine, &len);
	unsigned char *again;
	enum err err;

	buf_read(&buf, saved, len);
	err = collector_load(other.machine, &buf);
	assert(err == ERR_OK);
	again = small_collector_save(other.machine, &again_len);
	assert(again_len == len && memcmp(again, saved, len) == 0);
	arena_init(&arena, view_memory, view_bytes);
	assert(collector_view(storm->small.machine, &arena, storm->now) != NULL);
	free(view_memory);
	free(saved);
	free(again);
	small_collector_free(&other);
}

static void
begin(struct storm *storm, uint64_t seed)
{
	*storm = (struct storm){.frame = frame_new(),
	    .packer = frame_new(),
	    .small = small_collector_new(),
	    .now = {{600 * CLOCK_NS_PER_S}, {1767225600 * CLOCK_NS_PER_S}}};
	assert(storm->frame != NULL && storm->packer != NULL);
	rng_init(&storm->rng, seed);
	arena_init(&storm->arena, take(WIRE_ARENA_BYTES), WIRE_ARENA_BYTES);
	effects_init(&storm->effects, take(EFFECTS_ARENA_BYTES));
	for (int i = 0; i < SAMPLES_AGENT; i++) {
		add(storm, wire_sample_agent(i));
	}
	for (unsigned i = 0; i < SMALL_AGENTS; i++) {
		add_agent(storm, (uint16_t)i);
	}
	collector_start(storm->small.machine, storm->now, &storm->effects);
	effects_reset(&storm->effects);
}

static void
tell(const struct storm *storm, uint64_t count, double took_s)
{
	const struct tally *tally = &storm->tally;

	(void)printf("%llu messages in %.1f s, %.0f a second\n",
	    (unsigned long long)count, took_s, (double)count / took_s);
	(void)printf("no frame %llu, no message %llu, hellos %llu (welcome %llu), "
		     "batches %llu (too many gaps %llu, again %llu, new results %llu), "
		     "others %llu\n",
	    (unsigned long long)tally->unframed, (unsigned long long)tally->undecoded,
	    (unsigned long long)tally->hellos, (unsigned long long)tally->welcome,
	    (unsigned long long)tally->batches, (unsigned long long)tally->limited,
	    (unsigned long long)tally->again, (unsigned long long)tally->results,
	    (unsigned long long)tally->other);
}

int
main(int argc, char **argv)
{
	static struct storm storm;
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct timespec from;
	struct timespec to;

	(void)printf("seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	begin(&storm, seed);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	for (uint64_t i = 0; i < count; i++) {
		size_t len;
		unsigned char *bytes = next(&storm, &len);

		on_message(&storm, bytes, len);
		free(bytes);
		go_on(&storm);
		if (i % 1000000 == 999999) {
			check_state(&storm);
		}
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	check_state(&storm);
	tell(&storm, count,
	    (double)(to.tv_sec - from.tv_sec) +
		(double)(to.tv_nsec - from.tv_nsec) / 1e9);
	/* A storm that never came in would prove nothing. */
	return storm.tally.welcome > 0 && storm.tally.results > 0 ? 0 : 1;
}
