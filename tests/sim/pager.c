#include "tests/sim/pager.h"

#include "collector/shell/notify.h"
#include "common/core/clock.h"
#include "tests/sim/chance.h"
#include "tests/sim/disk.h"
#include "tests/sim/node.h"
#include "tests/sim/trace.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHANNELS = 4,
	INCIDENTS = 4096,
	ROWS = 16384
};

/* One row of the outbox, as it was first sent. */
struct told {
	bool is_known;
	bool is_frozen; /* an attempt may have arrived, as far as its sender knows */
	bool has_arrived;
	bool is_settled;
	uint64_t told_life; /* of the program that was told that it arrived; 0 = none */
	uint64_t key[4];
	uint64_t hash;
};

/* What one receiver knows of one incident. */
struct knows {
	bool has_begun; /* FIRING was attempted */
	bool has_any;
	enum message_kind last; /* of the messages that arrived */
};

struct message {
	struct message *next; /* not yet answered */
	uint64_t life;        /* of the notifier that was given it */
	uint64_t row;
	uint64_t incident;
	uint16_t channel;
	enum message_kind kind;
	enum delivery delivery;
	bool arrives;
};

struct notify {
	uint64_t life;
	notify_answer *answer;
	void *context;
	struct message *first; /* under way */
};

static struct {
	struct told told[ROWS];
	struct knows knows[CHANNELS][INCIDENTS];
	struct notify *notify;
	uint64_t lives;    /* of notifiers */
	uint64_t programs; /* lives of the collector */
	unsigned fault_percent;
	struct pager_counts counts;
} pager;

void
pager_begin(void)
{
	memset(&pager, 0, sizeof(pager));
}

void
pager_end(void)
{
}

void
pager_set_fault(unsigned percent)
{
	pager.fault_percent = percent;
}

struct pager_counts
pager_counts(void)
{
	return pager.counts;
}

void
pager_sender_began(void)
{
	pager.programs++;
}

void
pager_settled(uint64_t row)
{
	trace_line("page", "row %llu is settled", (unsigned long long)row);
	pager.told[row % ROWS].is_settled = true;
}

static const char *
kind_name(enum message_kind kind)
{
	return message_kind_name(kind);
}

/* ---- what arrives ---- */

static void
arrive(const struct message *message)
{
	struct told *told = &pager.told[message->row % ROWS];
	struct knows *knows = &pager.knows[message->channel][message->incident];

	pager.counts.arrived++;
	trace_line("page", "channel %u: %s of incident %llu, row %llu%s",
	    message->channel, kind_name(message->kind),
	    (unsigned long long)message->incident, (unsigned long long)message->row,
	    told->has_arrived ? ", again" : "");
	if (told->has_arrived) {
		pager.counts.repeated++;
		return;
	}
	told->has_arrived = true;
	if (message->kind == MESSAGE_FIRING && knows->has_any &&
	    knows->last != MESSAGE_RESOLVED) {
		trace_fail("incident %llu is told twice on channel %u",
		    (unsigned long long)message->incident, message->channel);
	}
	knows->has_any = true;
	knows->last = message->kind;
}

void
pager_check_end(bool (*is_open)(uint64_t incident))
{
	for (unsigned c = 0; c < CHANNELS; c++) {
		for (uint64_t i = 0; i < INCIDENTS; i++) {
			const struct knows *knows = &pager.knows[c][i];

			if (knows->has_any && knows->last != MESSAGE_RESOLVED &&
			    !is_open(i)) {
				trace_fail("channel %u never learns that incident %llu "
					   "is over",
				    c, (unsigned long long)i);
			}
		}
	}
}

/* ---- what is sent ---- */

static uint64_t
hash_of(const char *text, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++) {
		hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

static void
read_message(const struct outbound *outbound, struct message *out)
{
	json_t *json = json_loadb(outbound->json, outbound->json_len, 0, NULL);
	const char *kind = json_string_value(json_object_get(json, "kind"));

	out->incident = (uint64_t)json_integer_value(json_object_get(json, "incident"));
	out->kind = MESSAGE_KIND_COUNT;
	for (int i = 0; kind != NULL && i < MESSAGE_KIND_COUNT; i++) {
		if (strcmp(kind, kind_name((enum message_kind)i)) == 0) {
			out->kind = (enum message_kind)i;
		}
	}
	if (out->kind == MESSAGE_KIND_COUNT || out->incident >= INCIDENTS ||
	    outbound->channel >= CHANNELS || outbound->row >= ROWS) {
		trace_fail("row %llu is no message", (unsigned long long)outbound->row);
	}
	json_decref(json);
}

/* I4, I5: what is sent is on the disk, and a row is the same each time, unless all that was
 * sent of it before was certainly refused: then it may say how things are now. */
static void
check_send(const struct outbound *outbound, const struct message *message)
{
	struct told *told = &pager.told[outbound->row];
	struct knows *knows = &pager.knows[outbound->channel][message->incident];
	uint64_t hash = hash_of(outbound->json, outbound->json_len);
	const struct disk *disk = node_current()->disk;

	if (disk_is_written(disk) ||
	    disk_find_u64(disk, TABLE_OUTBOX, outbound->row) == NULL) {
		trace_fail("row %llu is sent before it is stored",
		    (unsigned long long)outbound->row);
	}
	if (told->told_life == pager.programs) {
		trace_fail(
		    "row %llu is sent though its sender was told that it arrived",
		    (unsigned long long)outbound->row);
	}
	if (told->is_settled) {
		trace_fail("row %llu is sent though it was delivered",
		    (unsigned long long)outbound->row);
	}
	if (told->is_known &&
	    memcmp(told->key, outbound->key, sizeof(told->key)) != 0) {
		trace_fail("row %llu has another key than before",
		    (unsigned long long)outbound->row);
	}
	if (told->is_frozen && told->hash != hash) {
		trace_fail("row %llu has another text than before",
		    (unsigned long long)outbound->row);
	}
	if (message->kind == MESSAGE_RESOLVED && !knows->has_begun) {
		trace_fail("incident %llu is resolved for channel %u, which was never "
			   "told of it",
		    (unsigned long long)message->incident, outbound->channel);
	}
	knows->has_begun = knows->has_begun || message->kind == MESSAGE_FIRING;
	told->is_known = true;
	told->hash = hash;
	memcpy(told->key, outbound->key, sizeof(told->key));
}

static void
draw_fate(struct message *message)
{
	static const enum delivery bad[] = {DELIVERY_UNKNOWN, DELIVERY_UNKNOWN,
	    DELIVERY_REJECTED_RETRY, DELIVERY_REJECTED_RETRY, DELIVERY_REJECTED};

	message->delivery = DELIVERY_DONE;
	message->arrives = true;
	if (chance_percent(pager.fault_percent)) {
		message->delivery = bad[chance_below(sizeof(bad) / sizeof(bad[0]))];
		message->arrives =
		    message->delivery == DELIVERY_UNKNOWN && chance_percent(50);
	}
}

static void
happen_arrival(void *what, uint64_t number)
{
	struct message *message = what;

	(void)number;
	arrive(message);
	free(message);
}

/* Answers the message of that row, when its notifier is still there. */
static void
happen_answer(void *what, uint64_t row)
{
	struct notify *notify = pager.notify;
	struct message **at = notify != NULL ? &notify->first : NULL;
	struct message_answer answer = {.row = row, .detail = "simulated"};
	uint64_t life;
	struct message *message;

	memcpy(&life, &what, sizeof(what));
	if (notify == NULL || notify->life != life) {
		return;
	}
	while (*at != NULL && (*at)->row != row) {
		at = &(*at)->next;
	}
	if (*at == NULL) {
		return;
	}
	message = *at;
	*at = message->next;
	answer.delivery = message->delivery;
	trace_line("page", "row %llu is answered: %s", (unsigned long long)row,
	    delivery_name(answer.delivery));
	free(message);
	if (answer.delivery == DELIVERY_DONE) {
		pager.told[row % ROWS].told_life = pager.programs;
	}
	notify->answer(notify->context, &answer);
}

/* ---- notify.h ---- */

enum err
notify_open(
    const struct notify_setup *setup, struct notify **out, char *error, size_t cap)
{
	struct notify *notify = calloc(1, sizeof(*notify));

	(void)error;
	(void)cap;
	if (notify == NULL) {
		abort();
	}
	notify->answer = setup->answer;
	notify->context = setup->context;
	notify->life = ++pager.lives;
	pager.notify = notify;
	*out = notify;
	return ERR_OK;
}

static void *
number_as_pointer(uint64_t number)
{
	void *pointer = NULL;

	memcpy(&pointer, &number, sizeof(pointer));
	return pointer;
}

enum err
notify_send(struct notify *notify, const struct outbound *outbound)
{
	struct message *waiting = calloc(1, sizeof(*waiting));
	int64_t at_ns =
	    chance_now() + chance_between(5 * CLOCK_NS_PER_MS, 500 * CLOCK_NS_PER_MS);
	int64_t answer_ns;

	if (waiting == NULL) {
		abort();
	}
	waiting->row = outbound->row;
	waiting->channel = outbound->channel;
	read_message(outbound, waiting);
	check_send(outbound, waiting);
	draw_fate(waiting);
	pager.told[outbound->row].is_frozen |=
	    waiting->delivery == DELIVERY_DONE || waiting->delivery == DELIVERY_UNKNOWN;
	pager.counts.attempts++;
	trace_line("page", "row %llu, attempt %u", (unsigned long long)outbound->row,
	    outbound->attempt);
	if (waiting->arrives) {
		struct message *copy = malloc(sizeof(*copy));

		if (copy == NULL) {
			abort();
		}
		*copy = *waiting;
		chance_add(at_ns, happen_arrival, copy, 0);
	}
	answer_ns = waiting->delivery == DELIVERY_UNKNOWN
			? at_ns + 15 * CLOCK_NS_PER_S
			: at_ns + 50 * CLOCK_NS_PER_MS;
	waiting->next = notify->first;
	notify->first = waiting;
	chance_add(
	    answer_ns, happen_answer, number_as_pointer(notify->life), outbound->row);
	node_may_die();
	return ERR_OK;
}

void
notify_free(struct notify *notify)
{
	if (notify == NULL) {
		return;
	}
	while (notify->first != NULL) {
		struct message *message = notify->first;
		struct message_answer answer = {.row = message->row,
		    .delivery = DELIVERY_UNKNOWN,
		    .detail = "cut off"};

		notify->first = message->next;
		free(message);
		notify->answer(notify->context, &answer);
	}
	if (pager.notify == notify) {
		pager.notify = NULL;
	}
	free(notify);
}
