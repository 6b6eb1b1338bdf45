#include "agent/core/uplink.h"

#include <assert.h>
#include <string.h>

/* The only writer of `state`. */
static void
become(struct uplink *uplink, enum uplink_state state)
{
	uplink->state = state;
}

static void
forget_requests(struct uplink *uplink)
{
	memset(uplink->request, 0, sizeof(uplink->request));
}

void
uplink_init(struct uplink *uplink, size_t addresses, uint64_t seed)
{
	memset(uplink, 0, sizeof(*uplink));
	assert(addresses > 0);
	uplink->addresses = addresses;
	uplink->credit = 1;
	rng_init(&uplink->rng, seed);
	/* `next_at` 0: the first attempt is due at once. */
}

static int64_t
backoff_ns(struct uplink *uplink, int64_t max_ns)
{
	/* The first round over all addresses goes fast, then the wait doubles. */
	uint32_t rounds = uplink->failures / (uint32_t)uplink->addresses;
	int64_t ceiling_ns = UPLINK_BACKOFF_MIN_NS;

	for (uint32_t i = 0; i < rounds && ceiling_ns < max_ns; i++) {
		ceiling_ns *= 2;
	}
	if (ceiling_ns > max_ns) {
		ceiling_ns = max_ns;
	}
	return UPLINK_BACKOFF_MIN_NS / 2 +
	       (int64_t)rng_below(&uplink->rng, (uint64_t)ceiling_ns);
}

/* Gives the connection up and waits, at least `wait_ns`, by itself at most `max_ns`. What
 * stood, if only for a moment, is not followed by another at once: collectors that take a
 * line and drop it would be asked without end. */
static void
fail(struct uplink *uplink, int64_t wait_ns, int64_t max_ns, struct mono now)
{
	int64_t backoff = backoff_ns(uplink, max_ns);

	forget_requests(uplink);
	uplink->failures++;
	if (uplink->state == UPLINK_CONNECTING &&
	    uplink->failures % uplink->addresses != 0) {
		backoff = 0;
	}
	uplink->address = (uplink->address + 1) % uplink->addresses;
	uplink->next_at = mono_add(now, wait_ns > backoff ? wait_ns : backoff);
	uplink->wants_hello = false;
	uplink->session = 0;
	become(uplink, UPLINK_DOWN);
}

static struct uplink_action
start(struct uplink *uplink, unsigned slot, enum uplink_action_kind kind,
    int64_t reply_ns, struct mono now)
{
	uplink->request[slot] = (struct uplink_request){
	    .used = true, .sent_at = now, .deadline = mono_add(now, reply_ns)};
	return (struct uplink_action){.kind = kind, .slot = slot};
}

static bool
is_overdue(const struct uplink *uplink, struct mono now)
{
	for (unsigned i = 0; i < UPLINK_SLOTS; i++) {
		if (uplink->request[i].used &&
		    !mono_before(now, uplink->request[i].deadline)) {
			return true;
		}
	}
	return false;
}

/* A free batch slot, or UPLINK_SLOTS. The backlog leaves the last place of the credit to
 * fresh results, unless there is only one. */
static unsigned
free_slot(const struct uplink *uplink, bool is_backlog)
{
	unsigned limit = uplink->credit < LIMIT_BATCHES_IN_FLIGHT
			     ? uplink->credit
			     : LIMIT_BATCHES_IN_FLIGHT;
	unsigned used = 0;
	unsigned free = UPLINK_SLOTS;

	for (unsigned i = UPLINK_SLOT_BATCH; i < UPLINK_SLOTS; i++) {
		if (!uplink->request[i].used) {
			free = i;
			continue;
		}
		used++;
		/* Fresh results gather while one batch of them is under way. */
		if (!is_backlog && !uplink->request[i].is_backlog) {
			return UPLINK_SLOTS;
		}
	}
	if (is_backlog && limit > 1) {
		limit--;
	}
	return used < limit ? free : UPLINK_SLOTS;
}

static struct uplink_action
next_batch(struct uplink *uplink, uint64_t next_seq, struct mono now)
{
	struct uplink_action action = {.kind = UPLINK_NOTHING};
	bool is_backlog =
	    uplink->fresh_next >= next_seq || free_slot(uplink, false) == UPLINK_SLOTS;
	uint64_t first = is_backlog ? uplink->backlog_next : uplink->fresh_next;
	uint64_t end = is_backlog ? uplink->backlog_end : next_seq;
	unsigned slot = free_slot(uplink, is_backlog);

	if (first >= end || slot == UPLINK_SLOTS) {
		return action;
	}
	action = start(uplink, slot, UPLINK_SEND_BATCH, UPLINK_REPLY_NS, now);
	uplink->request[slot].is_backlog = is_backlog;
	action.first = first;
	action.last = end - 1;
	return action;
}

static struct uplink_action
next_up(struct uplink *uplink, uint64_t next_seq, struct mono now)
{
	if (uplink->wants_hello) {
		uplink->wants_hello = false;
		forget_requests(uplink);
		become(uplink, UPLINK_HELLO);
		return start(
		    uplink, UPLINK_SLOT_HELLO, UPLINK_SEND_HELLO, UPLINK_REPLY_NS, now);
	}
	if (!uplink->request[UPLINK_SLOT_POLL].used) {
		return start(uplink, UPLINK_SLOT_POLL, UPLINK_SEND_POLL,
		    UPLINK_POLL_REPLY_NS, now);
	}
	return next_batch(uplink, next_seq, now);
}

struct uplink_action
uplink_next(struct uplink *uplink, uint64_t next_seq, struct now now)
{
	const struct uplink_action nothing = {.kind = UPLINK_NOTHING};

	if (uplink->wants_drop) {
		uplink->wants_drop = false;
		return (struct uplink_action){.kind = UPLINK_DISCONNECT};
	}
	if (uplink->state != UPLINK_DOWN && is_overdue(uplink, now.mono)) {
		fail(uplink, 0, UPLINK_BACKOFF_MAX_NS, now.mono);
		return (struct uplink_action){.kind = UPLINK_DISCONNECT};
	}
	switch (uplink->state) {
	case UPLINK_DOWN:
		if (mono_before(now.mono, uplink->next_at)) {
			return nothing;
		}
		become(uplink, UPLINK_CONNECTING);
		uplink->next_at = mono_add(now.mono, UPLINK_CONNECT_NS);
		return (struct uplink_action){
		    .kind = UPLINK_CONNECT, .address = uplink->address};
	case UPLINK_CONNECTING:
		if (mono_before(now.mono, uplink->next_at)) {
			return nothing;
		}
		fail(uplink, 0, UPLINK_BACKOFF_MAX_NS, now.mono);
		return (struct uplink_action){.kind = UPLINK_DISCONNECT};
	case UPLINK_HELLO:
		if (!uplink->wants_hello && uplink->request[UPLINK_SLOT_HELLO].used) {
			return nothing;
		}
		if (!uplink->wants_hello) {
			/* Answered by something that is neither welcome nor refusal. */
			fail(uplink, 0, UPLINK_BACKOFF_MAX_NS, now.mono);
			return (struct uplink_action){.kind = UPLINK_DISCONNECT};
		}
		uplink->wants_hello = false;
		return start(uplink, UPLINK_SLOT_HELLO, UPLINK_SEND_HELLO,
		    UPLINK_REPLY_NS, now.mono);
	case UPLINK_UP:
		return next_up(uplink, next_seq, now.mono);
	}
	return nothing;
}

void
uplink_sent(struct uplink *uplink, unsigned slot, uint64_t last)
{
	if (uplink->request[slot].is_backlog) {
		uplink->backlog_next = last + 1;
	} else {
		uplink->fresh_next = last + 1;
	}
}

void
uplink_none(struct uplink *uplink, unsigned slot, uint64_t next_row)
{
	uplink_sent(uplink, slot, next_row - 1);
	uplink->request[slot].used = false;
}

void
uplink_connected(struct uplink *uplink, struct mono now)
{
	(void)now;
	if (uplink->state == UPLINK_CONNECTING) {
		uplink->wants_hello = true;
		become(uplink, UPLINK_HELLO);
	}
}

void
uplink_lost(struct uplink *uplink, struct mono now)
{
	if (uplink->state != UPLINK_DOWN) {
		fail(uplink, 0,
		    uplink->state == UPLINK_CONNECTING ? UPLINK_REFUSED_MAX_NS
						       : UPLINK_BACKOFF_MAX_NS,
		    now);
		uplink->wants_drop = true;
	}
}

void
uplink_welcome(struct uplink *uplink, uint64_t session, uint32_t credit,
    uint64_t first_seq, uint64_t next_seq, struct mono now)
{
	if (uplink->state != UPLINK_HELLO) {
		return;
	}
	uplink_answered(uplink, UPLINK_SLOT_HELLO, credit, now);
	uplink->session = session;
	uplink->failures = 0;
	uplink->backlog_next = first_seq;
	uplink->backlog_end = next_seq;
	uplink->fresh_next = next_seq;
	become(uplink, UPLINK_UP);
}

void
uplink_refused(
    struct uplink *uplink, bool hello_first, int64_t retry_after_ns, struct mono now)
{
	if (uplink->state == UPLINK_DOWN) {
		return;
	}
	if (hello_first && uplink->state == UPLINK_UP) {
		uplink->wants_hello = true;
		return;
	}
	/* The line stays until the next attempt: answers to what else is in flight still come
	 * in, and an nng connection is best closed when it is quiet. */
	fail(uplink, retry_after_ns, UPLINK_BACKOFF_MAX_NS, now);
}

void
uplink_answered(struct uplink *uplink, unsigned slot, uint32_t credit, struct mono now)
{
	struct uplink_request *request = &uplink->request[slot];

	if (!request->used) {
		return;
	}
	if (slot != UPLINK_SLOT_POLL) {
		int64_t rtt_us = mono_since(now, request->sent_at) / CLOCK_NS_PER_US;

		uplink->rtt_us =
		    rtt_us > 0 && rtt_us < UINT32_MAX ? (uint32_t)rtt_us : 0;
		uplink->credit = credit > 0 ? credit : 1;
	}
	request->used = false;
}

bool
uplink_may_ask(const struct uplink *uplink)
{
	return uplink->state == UPLINK_UP && !uplink->wants_hello &&
	       !uplink->request[UPLINK_SLOT_HELLO].used;
}

void
uplink_asked(struct uplink *uplink, struct mono now)
{
	uplink->request[UPLINK_SLOT_HELLO] = (struct uplink_request){
	    .used = true, .sent_at = now, .deadline = mono_add(now, UPLINK_REPLY_NS)};
}

struct mono
uplink_deadline(const struct uplink *uplink)
{
	struct mono deadline = MONO_NEVER;

	if (uplink->wants_drop || uplink->wants_hello) {
		return (struct mono){0};
	}
	if (uplink->state == UPLINK_DOWN || uplink->state == UPLINK_CONNECTING) {
		return uplink->next_at;
	}
	for (unsigned i = 0; i < UPLINK_SLOTS; i++) {
		if (uplink->request[i].used) {
			deadline = mono_min(deadline, uplink->request[i].deadline);
		}
	}
	return deadline;
}

const char *
uplink_state_name(enum uplink_state state)
{
	switch (state) {
	case UPLINK_DOWN:
		return "down";
	case UPLINK_CONNECTING:
		return "connecting";
	case UPLINK_HELLO:
		return "hello";
	case UPLINK_UP:
		return "up";
	}
	return "unknown";
}
