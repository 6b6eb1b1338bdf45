#include "tests/sim/judge.h"

#include "agent/core/spool.h"
#include "collector/shell/service_internal.h"
#include "tests/sim/net.h"
#include "tests/sim/node.h"
#include "tests/sim/pager.h"
#include "tests/sim/trace.h"

#include <stdlib.h>
#include <string.h>

enum {
	LIVES = 4096,
	/* The tables of agent/shell/spool_lmdb.c. */
	SPOOL_ROW = 0,
	SPOOL_META = 1
};

enum mark {
	MARK_GIVEN = 1 << 0,
	MARK_SPOOLED = 1 << 1, /* is on the agent's disk */
	MARK_DROPPED = 1 << 2,
	MARK_STORED = 1 << 3, /* is on the collector's disk */
	MARK_HOLE = 1 << 4,   /* declared lost there */
	MARK_LOST = 1 << 5    /* the agent's disk went */
};

struct number {
	unsigned marks;
	uint64_t hash; /* of what was found */
};

/* One incarnation of an agent. */
struct life {
	uint16_t agent;
	uint64_t incarnation;
	uint64_t given; /* the largest number */
	struct number *number;
	size_t cap;
};

static struct {
	struct life life[LIVES];
	size_t lives;
	struct node *collector;
	struct frame *frame;
	void *memory;
	struct arena arena;
	unsigned char *before; /* the state when it died, or NULL */
	size_t before_len;
	struct judge_counts counts;
} judge;

static void *
take(size_t bytes)
{
	void *memory = malloc(bytes);

	if (memory == NULL) {
		abort();
	}
	return memory;
}

void
judge_begin(struct node *collector)
{
	struct frame *frame = judge.frame;
	void *memory = judge.memory;

	memset(&judge, 0, sizeof(judge));
	judge.frame = frame != NULL ? frame : frame_new();
	judge.memory = memory != NULL ? memory : take(WIRE_ARENA_BYTES);
	judge.collector = collector;
	arena_init(&judge.arena, judge.memory, WIRE_ARENA_BYTES);
}

void
judge_end(void)
{
	for (size_t i = 0; i < judge.lives; i++) {
		free(judge.life[i].number);
	}
	judge.lives = 0;
	free(judge.before);
	judge.before = NULL;
}

struct judge_counts
judge_counts(void)
{
	return judge.counts;
}

static struct life *
life_of(uint16_t agent, uint64_t incarnation)
{
	struct life *life;

	for (size_t i = 0; i < judge.lives; i++) {
		life = &judge.life[i];
		if (life->agent == agent && life->incarnation == incarnation) {
			return life;
		}
	}
	if (judge.lives == LIVES) {
		trace_fail("more lives than the judge can follow");
	}
	life = &judge.life[judge.lives++];
	*life = (struct life){.agent = agent, .incarnation = incarnation};
	return life;
}

static struct number *
number_of(struct life *life, uint64_t seq)
{
	if (seq >= life->cap) {
		size_t cap = seq + 1 + life->cap;

		life->number = realloc(life->number, cap * sizeof(*life->number));
		if (life->number == NULL) {
			abort();
		}
		memset(life->number + life->cap, 0,
		    (cap - life->cap) * sizeof(*life->number));
		life->cap = cap;
	}
	return &life->number[seq];
}

/* Of what comes over the wire as it was: milliseconds do, durations are rounded. */
static uint64_t
hash_of(const struct result *result)
{
	uint64_t hash = (uint64_t)(result->started_at.ns / CLOCK_NS_PER_MS) * 31 +
			(uint64_t)result->outcome;

	for (const char *at = result->series; *at != '\0'; at++) {
		hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	}
	return hash;
}

/* ---- agents ---- */

static void
note_given(struct life *life, uint64_t seq, const struct disk_row *row)
{
	struct number *number = number_of(life, seq);
	struct result result;
	struct buf buf;

	if (number->marks != 0 || seq != life->given + 1) {
		trace_fail("a%u gives number %llu after %llu", life->agent,
		    (unsigned long long)seq, (unsigned long long)life->given);
	}
	arena_reset(&judge.arena);
	buf_read(&buf, row->value, row->value_len);
	if (spool_row_decode(&buf, &judge.arena, &result) != ERR_OK) {
		trace_fail("a%u: row %llu cannot be read", life->agent,
		    (unsigned long long)seq);
	}
	number->hash = hash_of(&result);
	number->marks = MARK_GIVEN | MARK_SPOOLED;
	life->given = seq;
	judge.counts.given++;
}

static void
note_gone(struct life *life, uint64_t seq, const struct spool_book *book)
{
	struct number *number = number_of(life, seq);

	number->marks &= ~(unsigned)MARK_SPOOLED;
	if (seqset_has(&book->dropped, seq)) {
		number->marks |= MARK_DROPPED;
	} else if ((number->marks & (MARK_STORED | MARK_HOLE)) == 0) {
		trace_fail("a%u forgets number %llu, and nobody has it", life->agent,
		    (unsigned long long)seq);
	}
}

void
judge_agent(struct node *node, const struct disk_change *change, size_t len)
{
	static const char key[] = "book";
	const struct disk_row *row =
	    disk_find(node->disk, SPOOL_META, key, sizeof(key));
	struct spool_book book;
	struct life *life;
	struct buf buf;

	if (row == NULL) {
		return;
	}
	buf_read(&buf, row->value, row->value_len);
	if (spool_book_load(&book, &buf) != ERR_OK) {
		trace_fail("a%u: the book cannot be read", node->number);
	}
	life = life_of(node->number, book.incarnation);
	for (size_t i = 0; i < len; i++) {
		if (change[i].table != SPOOL_ROW) {
			continue;
		}
		if (change[i].after.key != NULL) {
			note_given(life, buf_from_big_endian(change[i].after.key),
			    &change[i].after);
		} else {
			note_gone(
			    life, buf_from_big_endian(change[i].before.key), &book);
		}
	}
}

void
judge_disk_lost(uint16_t agent)
{
	for (size_t i = 0; i < judge.lives; i++) {
		struct life *life = &judge.life[i];

		for (uint64_t seq = 1; life->agent == agent && seq <= life->given;
		     seq++) {
			if ((life->number[seq].marks & (MARK_STORED | MARK_HOLE)) ==
			    0) {
				life->number[seq].marks |= MARK_LOST;
			}
		}
	}
}

/* ---- the collector ---- */

static void
note_stored(struct life *life, const struct result *result)
{
	struct number *number = number_of(life, result->seq);

	if ((number->marks & MARK_GIVEN) == 0 || number->hash != hash_of(result)) {
		trace_fail("number %llu of a%u is stored, but it is not its own",
		    (unsigned long long)result->seq, life->agent);
	}
	if ((number->marks & (MARK_STORED | MARK_HOLE)) != 0) {
		trace_fail("number %llu of a%u is counted twice",
		    (unsigned long long)result->seq, life->agent);
	}
	number->marks |= MARK_STORED;
	judge.counts.stored++;
}

static void
note_hole(struct life *life, uint64_t seq)
{
	struct number *number = number_of(life, seq);

	if ((number->marks & (MARK_STORED | MARK_HOLE)) != 0) {
		return;
	}
	if ((number->marks & MARK_DROPPED) == 0) {
		trace_fail("number %llu of a%u is declared lost, but it is not",
		    (unsigned long long)seq, life->agent);
	}
	number->marks |= MARK_HOLE;
	judge.counts.gaps++;
}

static uint16_t
agent_number(const char *name)
{
	return (uint16_t)(strtoul(name + 1, NULL, 10));
}

static void
note_batch(const struct journal_head *head)
{
	struct life *life = life_of(agent_number(head->agent), head->incarnation);
	struct wire_agent_message message;
	const unsigned char *bytes;
	size_t len;

	arena_reset(&judge.arena);
	if (frame_unpack(judge.frame, head->frame, head->frame_len, &bytes, &len) !=
		ERR_OK ||
	    wire_agent_decode(bytes, len, &judge.arena, &message) != ERR_OK ||
	    message.kind != WIRE_BATCH) {
		trace_fail("a journalled batch cannot be read");
	}
	for (size_t i = 0; i < message.batch.hole_len; i++) {
		const struct seq_range *range = &message.batch.hole[i].range;

		for (uint64_t seq = range->first; seq <= range->last; seq++) {
			note_hole(life, seq);
		}
	}
	for (size_t i = 0; i < message.batch.len; i++) {
		if (journal_is_fresh(head, message.batch.result[i].seq)) {
			note_stored(life, &message.batch.result[i]);
		}
	}
}

void
judge_collector(struct node *node, const struct disk_change *change, size_t len)
{
	(void)node;
	for (size_t i = 0; i < len; i++) {
		struct journal_head head;
		struct buf buf;

		if (change[i].table != TABLE_JOURNAL || change[i].after.key == NULL) {
			continue;
		}
		buf_read(&buf, change[i].after.value, change[i].after.value_len);
		if (journal_decode(&buf, &head) != ERR_OK) {
			trace_fail("a journal record cannot be read");
		}
		if (head.kind == JOURNAL_BATCH) {
			note_batch(&head);
		}
		if (head.kind == JOURNAL_DELIVERY && head.delivery == DELIVERY_DONE) {
			pager_settled(head.row);
		}
	}
}

/* ---- restarts ---- */

/* The collector's state, to be freed, without what it thinks of clocks: each greeting and
 * poll moves that, and neither is journalled. */
static unsigned char *
save(struct collector *machine, uint16_t agents, size_t *out_len)
{
	struct ingest_clock clock[NET_AGENTS];
	size_t cap = collector_save_bytes(machine);
	unsigned char *bytes = take(cap);
	struct buf buf;

	for (uint16_t i = 0; i < agents; i++) {
		union {
			const struct ingest_agent *in;
			struct ingest_agent *out;
		} alias = {.in = collector_agent(machine, i)};

		clock[i] = alias.in->clock;
		alias.out->clock = (struct ingest_clock){0};
	}
	buf_write(&buf, bytes, cap);
	collector_save(machine, &buf);
	for (uint16_t i = 0; i < agents; i++) {
		union {
			const struct ingest_agent *in;
			struct ingest_agent *out;
		} alias = {.in = collector_agent(machine, i)};

		alias.out->clock = clock[i];
	}
	*out_len = buf.at;
	return bytes;
}

static unsigned char *
save_service(const struct service_machine *machine, size_t *out_len)
{
	return save(machine->collector, machine->conf->topology.agent_len, out_len);
}

static void
compare(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len,
    const char *what)
{
	size_t at = 0;

	while (at < a_len && at < b_len && a[at] == b[at]) {
		at++;
	}
	if (a_len != b_len || at != a_len) {
		trace_fail("%s: the states differ from byte %zu of %zu and %zu", what,
		    at, a_len, b_len);
	}
}

void
judge_died(struct service *service)
{
	free(judge.before);
	judge.before = NULL;
	if (!judge.collector->was_ahead) {
		judge.before = save_service(&service->machine, &judge.before_len);
	}
}

void
judge_restored(struct service *service)
{
	unsigned char *after;
	size_t after_len;

	if (judge.before == NULL) {
		return;
	}
	after = save_service(&service->machine, &after_len);
	compare(judge.before, judge.before_len, after, after_len, "restart");
	judge.counts.restarts_compared++;
	free(after);
	free(judge.before);
	judge.before = NULL;
}

void
judge_replay(struct service *service)
{
	struct service_machine again;
	struct now last = {0};
	bool found;
	unsigned char *a;
	unsigned char *b;
	size_t a_len;
	size_t b_len;

	if (service->has_staged || disk_is_written(judge.collector->disk)) {
		return;
	}
	if (service_machine_make(service->machine.conf, service->seed, &again) !=
		ERR_OK ||
	    service_restore(service, &again, &last, &found) != ERR_OK) {
		trace_fail("the state cannot be brought back");
	}
	a = save_service(&service->machine, &a_len);
	b = save_service(&again, &b_len);
	compare(a, a_len, b, b_len, "replay");
	judge.counts.replays_compared++;
	free(a);
	free(b);
	service_machine_done(&again);
}

/* ---- the end ---- */

uint64_t
judge_missing(uint16_t agent)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < judge.lives; i++) {
		const struct life *life = &judge.life[i];

		for (uint64_t seq = 1; life->agent == agent && seq <= life->given;
		     seq++) {
			missing += (life->number[seq].marks &
				       (MARK_STORED | MARK_HOLE | MARK_LOST)) == 0
				       ? 1
				       : 0;
		}
	}
	return missing;
}

struct sums {
	uint64_t stored;
	uint64_t gaps;
	uint64_t known; /* of the life that the collector knows */
};

static void
add_up(const struct life *life, bool is_present, struct sums *sums)
{
	for (uint64_t seq = 1; seq <= life->given; seq++) {
		unsigned marks = life->number[seq].marks;

		sums->stored += (marks & MARK_STORED) != 0 ? 1 : 0;
		sums->gaps += (marks & MARK_HOLE) != 0 ? 1 : 0;
		sums->known +=
		    is_present && (marks & (MARK_STORED | MARK_HOLE)) != 0 ? 1 : 0;
	}
}

static void
check_agent(const struct ingest_agent *agent, uint16_t number)
{
	struct sums sums = {0};

	for (size_t i = 0; i < judge.lives; i++) {
		const struct life *life = &judge.life[i];

		if (life->agent == number) {
			add_up(life, life->incarnation == agent->incarnation, &sums);
		}
	}
	if (agent->received != sums.stored || agent->gaps != sums.gaps ||
	    seqset_count(&agent->have) != sums.known) {
		trace_fail("a%u: the collector counts %llu results, %llu gaps, %llu "
			   "numbers; there are %llu, %llu, %llu",
		    number, (unsigned long long)agent->received,
		    (unsigned long long)agent->gaps,
		    (unsigned long long)seqset_count(&agent->have),
		    (unsigned long long)sums.stored, (unsigned long long)sums.gaps,
		    (unsigned long long)sums.known);
	}
}

void
judge_books(struct service *service, uint16_t agents)
{
	for (uint16_t i = 0; i < agents; i++) {
		check_agent(collector_agent(service->machine.collector, i), i);
	}
}

void
judge_forget(void)
{
	free(judge.before);
	judge.before = NULL;
}
