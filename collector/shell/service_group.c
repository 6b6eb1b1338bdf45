#include "collector/shell/service_internal.h"
#include "common/shell/failpoint.h"
#include "common/shell/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Keeps the sends of one step until its rows are committed (I4). */
static bool
keep_send(struct service *service, const struct outbound *outbound)
{
	char *json;

	if (service->send_len == service->send_cap) {
		size_t cap = service->send_cap == 0 ? 64 : service->send_cap * 2;
		struct outbound *grown = realloc(service->send, cap * sizeof(*grown));

		if (grown == NULL) {
			return false;
		}
		service->send = grown;
		service->send_cap = cap;
	}
	json = malloc(outbound->json_len + 1);
	if (json == NULL) {
		return false;
	}
	memcpy(json, outbound->json, outbound->json_len);
	json[outbound->json_len] = '\0';
	service->send[service->send_len] = *outbound;
	service->send[service->send_len].json = json;
	service->send_len++;
	return true;
}

static void
free_json(const struct outbound *outbound)
{
	union {
		const char *in;
		char *out;
	} alias = {.in = outbound->json}; /* ours, from keep_send() */

	free(alias.out);
}

/* The record among what follows from it. */
static void
append(struct service *service, const struct effects *effects)
{
	struct journal_entry entry = {.agent = "", .rows = effects};

	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = &effects->item[i];

		if (effect->kind == EFFECT_PUT && effect->table == TABLE_JOURNAL) {
			entry.position = db_u64(effect->key);
			entry.record = effect->value;
			entry.len = effect->value_len;
		}
	}
	assert(entry.record != NULL); /* nothing follows from nothing */
	journal_store_append(service->journal, &entry);
	service->has_staged = true;
}

void
service_group_add(struct service *service)
{
	struct effects *effects = &service->effects;

	if (effects->len == 0) {
		return;
	}
	append(service, effects);
	for (size_t i = 0; i < effects->len; i++) {
		const struct effect *effect = &effects->item[i];

		if (effect->kind == EFFECT_SEND && !keep_send(service, &effect->send)) {
			/* nothing of it happens */
			journal_store_spoil(service->journal, ERR_NOMEM);
		}
		if (effect->kind == EFFECT_ASK) {
			service_ask(service, &effect->ask, service_now(service));
		}
		if (effect->kind == EFFECT_PUT && effect->table == TABLE_TIMELINE) {
			service->timeline_pending = db_u64(effect->key);
		}
	}
	effects_reset(effects);
	service->view_dirty = true;
}

void
service_stage_reply(struct service *service, uint32_t place,
    const struct wire_collector_message *message)
{
	const unsigned char *packed;
	size_t len;
	enum err err = wire_collector_encode(message, &service->arena,
	    frame_room(service->frame), LIMIT_INFLATED_BYTES, &len);

	if (err == ERR_OK) {
		err = frame_pack(service->frame, len, &packed, &len);
	}
	if (err == ERR_OK && (service->reply_len == SERVICE_GROUP ||
				 len > SERVICE_STAGE_BYTES - service->stage_len)) {
		err = ERR_LIMIT;
	}
	if (err != ERR_OK) {
		log_error("reply.failed", "reason=%s", err_name(err));
		listener_drop(service->listener, place);
		return;
	}
	memcpy(service->stage + service->stage_len, packed, len);
	service->reply[service->reply_len++] =
	    (struct service_reply){place, service->stage_len, len};
	service->stage_len += len;
}

static void
release_replies(struct service *service)
{
	for (size_t i = 0; i < service->reply_len; i++) {
		const struct service_reply *reply = &service->reply[i];

		listener_reply(service->listener, reply->place,
		    service->stage + reply->at, reply->len);
	}
}

/* What waited for the commit leaves: answers first, then messages. */
static void
release(struct service *service)
{
	release_replies(service);
	if (service->reply_len > 0) {
		failpoint(FAILPOINT_COLLECTOR_REPLY_SENT);
	}
	for (size_t i = 0; i < service->send_len; i++) {
		const struct outbound *send = &service->send[i];

		if (notify_send(service->notify, send) != ERR_OK) {
			/* It was never handed over, which is certain: the machine tries again. */
			struct service_event event = {.kind = SERVICE_ANSWER,
			    .answer = {.row = send->row,
				.delivery = DELIVERY_REJECTED_RETRY,
				.retry_after_ns = CLOCK_NS_PER_S,
				.detail = "notifier busy"}};

			if (queue_push(service->queue, &event) != ERR_OK) {
				log_error("notify.stuck", "row=%llu",
				    (unsigned long long)send->row);
			}
		}
		failpoint(FAILPOINT_COLLECTOR_NOTIFY_HANDED_OVER);
		free_json(send);
	}
	(void)pthread_mutex_lock(&service->mutex);
	if (service->timeline_pending > service->timeline_seq) {
		service->timeline_seq = service->timeline_pending;
		(void)pthread_cond_broadcast(&service->timeline_changed);
	}
	(void)pthread_mutex_unlock(&service->mutex);
}

/* Nothing of the group happened. Whoever waits for an answer is sent away for a moment:
 * unanswered, it would sit out its whole patience though it could come back at once. */
static void
discard(struct service *service)
{
	const struct wire_collector_message busy = {.kind = WIRE_REFUSED,
	    .refused = {.reason = WIRE_REASON_BUSY,
		.text = "the store takes nothing now",
		.retry_after_ms = SERVICE_RETRY_NS / CLOCK_NS_PER_MS}};
	size_t len = service->reply_len;

	service->reply_len = 0;
	service->stage_len = 0;
	for (size_t i = 0; i < len; i++) {
		arena_reset(&service->arena);
		/* Takes the place of an entry that was read already. */
		service_stage_reply(service, service->reply[i].place, &busy);
	}
	for (size_t i = 0; i < service->send_len; i++) {
		free_json(&service->send[i]);
	}
	service->send_len = 0;
}

/* The machine is ahead of the store: back to what is stored. */
static void
take_back(struct service *service)
{
	struct service_machine machine;
	struct now last;
	bool found;
	enum err err =
	    service_machine_make(service->machine.conf, service->seed, &machine);

	if (err == ERR_OK) {
		err = service_restore(service, &machine, &last, &found);
		if (err != ERR_OK) {
			service_machine_done(&machine);
		}
	}
	if (err != ERR_OK) {
		log_error("store.take_back_failed",
		    "reason=%s (ending; nothing is lost)", err_name(err));
		abort(); /* the state in memory is not what is stored: a restart is */
	}
	service_machine_done(&service->machine);
	service->machine = machine;
}

/* What the last commit came to, for people: a change is said, and shown at once. */
static void
note_store(struct service *service, enum err err)
{
	if (service->store_err == err) {
		return;
	}
	if (err == ERR_OK) {
		log_info(
		    "store.writes_again", "after=%s", err_name(service->store_err));
	} else {
		log_error("store.write_failed",
		    "reason=%s (nothing is acknowledged until it works again)",
		    err_name(err));
	}
	service->store_err = err;
	service->view_dirty = true;
}

static enum err
commit(struct service *service)
{
	enum err err;

	failpoint(FAILPOINT_COLLECTOR_GROUP_BEFORE_COMMIT);
	if (service->send_len > 0) {
		failpoint(FAILPOINT_COLLECTOR_LEASE_BEFORE_COMMIT);
	}
	err = journal_store_settle(service->journal);
	service->has_staged = false;
	failpoint(FAILPOINT_COLLECTOR_GROUP_AFTER_COMMIT);
	if (service->send_len > 0) {
		failpoint(FAILPOINT_COLLECTOR_LEASE_AFTER_COMMIT);
	}
	if (service->has_answers) {
		failpoint(FAILPOINT_COLLECTOR_ANSWER_STORED);
	}
	return err;
}

/* Those that were in the group are on the disk. */
static void
forget_answers(struct service *service)
{
	service->answer_len -= service->answers_taken;
	memmove(&service->answer[0], &service->answer[service->answers_taken],
	    service->answer_len * sizeof(service->answer[0]));
}

void
service_group_end(struct service *service)
{
	enum err err = ERR_OK;

	if (service->has_staged) {
		err = commit(service);
		note_store(service, err);
	}
	if (err == ERR_OK) {
		release(service);
	} else {
		discard(service);
		release_replies(service);
		take_back(service);
		service->retry_at =
		    mono_add(service_now(service).mono, SERVICE_RETRY_NS);
	}
	if (err == ERR_OK) {
		forget_answers(service);
	}
	service->answers_taken = 0;
	service->reply_len = 0;
	service->stage_len = 0;
	service->send_len = 0;
	service->has_answers = false;
	service->timeline_pending = 0;
}
