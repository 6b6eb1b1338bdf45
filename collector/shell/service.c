#include "collector/shell/service.h"

#include "collector/shell/journal_lmdb.h"
#include "collector/shell/service_internal.h"
#include "common/shell/clock_sys.h"
#include "common/shell/failpoint.h"
#include "common/shell/log.h"
#include "common/shell/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	QUEUE_EVENTS = 16384
};

/* ---- callbacks of libraries: push, nothing else ---- */

static bool
on_request(void *context, uint32_t place, uint32_t pipe, void *data)
{
	struct service *service = context;
	struct service_event event = {
	    .kind = SERVICE_REQUEST, .place = place, .pipe = pipe, .data = data};

	return queue_push(service->queue, &event) == ERR_OK;
}

static void
on_gone(void *context, uint32_t pipe)
{
	struct service *service = context;
	struct service_event event = {.kind = SERVICE_GONE, .pipe = pipe};

	if (queue_push(service->queue, &event) != ERR_OK) {
		log_warn("service.queue_full", "event=gone");
	}
}

static void
on_answer(void *context, const struct message_answer *answer)
{
	struct service *service = context;
	struct service_event event = {.kind = SERVICE_ANSWER, .answer = *answer};

	if (queue_push(service->queue, &event) != ERR_OK) {
		log_warn("service.queue_full", "event=answer row=%llu",
		    (unsigned long long)answer->row);
	}
}

/* ---- making and ending ---- */

static enum err
take_memory(struct service *service)
{
	const struct collector_conf *conf = service->machine.conf;

	service->polls = (uint32_t)conf->topology.agent_len + 64;
	service->queue = queue_new(sizeof(struct service_event), QUEUE_EVENTS);
	service->frame = frame_new();
	service->arena_memory = malloc(WIRE_ARENA_BYTES);
	service->effects_memory = malloc(EFFECTS_ARENA_BYTES);
	service->stage = malloc(SERVICE_STAGE_BYTES);
	service->poll = calloc(service->polls, sizeof(*service->poll));
	service->challenge = calloc(service->polls, sizeof(*service->challenge));
	if (service->queue == NULL || service->frame == NULL ||
	    service->arena_memory == NULL || service->effects_memory == NULL ||
	    service->stage == NULL || service->poll == NULL ||
	    service->challenge == NULL) {
		return ERR_NOMEM;
	}
	arena_init(&service->arena, service->arena_memory, WIRE_ARENA_BYTES);
	effects_init(&service->effects, service->effects_memory);
	return ERR_OK;
}

static enum err
init_threads(struct service *service)
{
	pthread_condattr_t attribute;

	if (pthread_mutex_init(&service->mutex, NULL) != 0 ||
	    pthread_condattr_init(&attribute) != 0) {
		return ERR_NOMEM;
	}
	if (pthread_condattr_setclock(&attribute, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&service->timeline_changed, &attribute) != 0 ||
	    pthread_cond_init(&service->order_done, &attribute) != 0) {
		return ERR_NOMEM;
	}
	(void)pthread_condattr_destroy(&attribute);
	return ERR_OK;
}

/* Where journal time stands after a restart: where it stood, and the downtime. */
static void
set_epoch(struct service *service, struct now last, bool found)
{
	struct now now = clock_sys_now();
	int64_t journal_ns = now.wall.ns;

	if (found) {
		int64_t down_ns = wall_since(now.wall, last.wall);

		/* A wall clock that was set back meanwhile: no time passed, at least. */
		journal_ns = clock_add_ns(last.mono.ns, down_ns > 0 ? down_ns : 0);
	}
	service->epoch_ns = journal_ns - now.mono.ns;
}

static uint64_t
last_timeline(struct service *service)
{
	struct db_txn txn;
	struct db_cursor cursor;
	uint64_t seq = 0;

	db_begin(&service->store.db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_TIMELINE);
	db_cursor_last(&cursor);
	if (cursor.is_valid) {
		seq = db_u64(cursor.key.data);
	}
	db_cursor_close(&cursor);
	db_abort(&txn);
	return seq;
}

/* Those that enrolled belong to the fleet from the first moment: what is stored of them is
 * brought back with the rest. */
static enum err
let_in(struct service *service, char *error, size_t cap)
{
	const struct collector_conf *conf = service->machine.conf;
	enum err err = members_open(
	    conf, &service->store, clock_sys_now().wall, &service->members, error, cap);

	if (err != ERR_OK || service->hooks.with_members == NULL ||
	    registry_len(members_registry(service->members)) == 0) {
		return err;
	}
	conf = service->hooks.with_members(
	    service->hooks.context, members_registry(service->members), error, cap);
	if (conf == NULL) {
		return ERR_INVALID;
	}
	service->machine.conf = conf;
	atomic_store(&service->conf, conf);
	return ERR_OK;
}

struct registry *
service_members(struct service *service, void **out_memory)
{
	return members_list(&service->store, out_memory);
}

static enum err
bring_up(struct service *service, char *error, size_t cap)
{
	const struct collector_conf *conf = service->machine.conf;
	struct members_keeper keeper = {service_keep_order, service};
	struct now last = {0};
	bool found;
	enum err err = store_open(
	    &service->store, conf->store_path, conf->store_bytes_max, error, cap);

	if (err != ERR_OK) {
		return err;
	}
	service->journal = journal_lmdb_new(&service->store);
	if (service->journal == NULL) {
		return ERR_NOMEM;
	}
	err = let_in(service, error, cap);
	if (err != ERR_OK) {
		return err;
	}
	members_set_keeper(service->members, &keeper);
	conf = service->machine.conf;
	err = service_machine_make(conf, service->seed, &service->machine);
	if (err == ERR_OK) {
		err = service_restore(service, &service->machine, &last, &found);
	}
	if (err != ERR_OK) {
		(void)snprintf(error, cap,
		    "%s: the stored state cannot be brought back: %s", conf->store_path,
		    err_name(err));
		return err;
	}
	set_epoch(service, last, found);
	service->timeline_seq = last_timeline(service);
	return ERR_OK;
}

/* Resolves the channels' secrets and starts the notifier. */
static enum err
start_notify(struct service *service, char *error, size_t cap)
{
	const struct collector_conf *conf = service->machine.conf;
	struct notify_setup setup = {.channel = conf->channel_conf,
	    .len = conf->alert.channel_len,
	    .answer = on_answer,
	    .context = service};

	return notify_open(&setup, &service->notify, error, cap);
}

static enum err
start_listener(struct service *service, char *error, size_t cap)
{
	const struct collector_conf *conf = service->machine.conf;
	struct listener_conf listener = {.url = conf->listen,
	    .url_len = conf->listen_len,
	    .places = (uint32_t)conf->topology.agent_len * 2 + 128,
	    .tls = {.ca = conf->tls_ca,
		.cert = conf->tls_cert,
		.key = conf->tls_key,
		.server_name = ""}};
	struct listener_sink sink = {
	    .on_request = on_request, .on_gone = on_gone, .context = service};

	return listener_new(&listener, &sink, &service->listener, error, cap);
}

enum err
service_new(const struct collector_conf *conf, const struct service_hooks *hooks,
    struct service **out, char *error, size_t cap)
{
	struct service *service = calloc(1, sizeof(*service));
	enum err err;

	if (service == NULL) {
		(void)snprintf(error, cap, "no memory to start");
		return ERR_NOMEM;
	}
	service->store.db.lock_fd = -1;
	service->started_at = clock_sys_now().wall;
	service->machine.conf = conf;
	if (hooks != NULL) {
		service->hooks = *hooks;
	}
	atomic_init(&service->conf, conf);
	(void)snprintf(error, cap, "no memory to start");
	if (getrandom(&service->seed, sizeof(service->seed), 0) !=
	    (ssize_t)sizeof(service->seed)) {
		service->seed = (uint64_t)clock_sys_now().wall.ns;
	}
	err = init_threads(service);
	if (err == ERR_OK) {
		err = take_memory(service);
	}
	if (err == ERR_OK) {
		err = bring_up(service, error, cap);
	}
	if (err == ERR_OK) {
		err = start_notify(service, error, cap);
	}
	if (err == ERR_OK) {
		service_publish(service, service_now(service));
		err = start_listener(service, error, cap);
	}
	if (err != ERR_OK) {
		service_free(service);
		return err;
	}
	*out = service;
	return ERR_OK;
}

static void
drop_queue(struct service *service)
{
	struct service_event event;

	while (service->queue != NULL && queue_pop(service->queue, &event)) {
		if (event.kind == SERVICE_REQUEST) {
			listener_free_data(event.data);
		}
	}
}

void
service_free(struct service *service)
{
	if (service == NULL) {
		return;
	}
	listener_free(service->listener);
	notify_free(service->notify);
	drop_queue(service);
	service_view_done(service);
	service_machine_done(&service->machine);
	members_free(service->members);
	journal_store_close(service->journal);
	store_close(&service->store);
	queue_free(service->queue);
	frame_free(service->frame);
	free(service->arena_memory);
	free(service->effects_memory);
	free(service->stage);
	free(service->send);
	free(service->poll);
	free(service->challenge);
	(void)pthread_cond_destroy(&service->timeline_changed);
	(void)pthread_cond_destroy(&service->order_done);
	(void)pthread_mutex_destroy(&service->mutex);
	free(service);
}

/* ---- asking ---- */

static void
push_or_say(struct service *service, const struct service_event *event)
{
	if (queue_push(service->queue, event) != ERR_OK) {
		log_error("service.queue_full", "event=%d", (int)event->kind);
	}
}

void
service_stop(struct service *service)
{
	struct service_event event = {.kind = SERVICE_STOP};

	push_or_say(service, &event);
}

void
service_reload(struct service *service, const struct collector_conf *conf)
{
	struct service_event event = {.kind = SERVICE_RELOAD, .conf = conf};

	push_or_say(service, &event);
}

const struct collector_conf *
service_conf(struct service *service)
{
	return atomic_load(&service->conf);
}

const struct collector_conf *
service_conf_refused(struct service *service)
{
	return atomic_load(&service->conf_refused);
}

uint16_t
service_port(const struct service *service, size_t i)
{
	return listener_port(service->listener, i);
}

/* ---- reload ---- */

/* Carries the state over by names. The old machine stays when anything fails. */
static enum err
carry_over(struct service *service, const struct collector_conf *conf,
    struct service_machine *out)
{
	size_t cap = collector_save_bytes(service->machine.collector);
	void *memory = malloc(cap);
	struct buf buf;
	enum err err = ERR_NOMEM;

	if (memory == NULL) {
		return err;
	}
	err = service_machine_make(conf, service->seed + 1, out);
	if (err == ERR_OK) {
		buf_write(&buf, memory, cap);
		collector_save(service->machine.collector, &buf);
		cap = buf.at;
		buf_read(&buf, memory, cap);
		err = collector_load(out->collector, &buf);
		if (err != ERR_OK) {
			service_machine_done(out);
		}
	}
	free(memory);
	return err;
}

/* What cannot change while running stays as it is, which somebody may not expect. */
static void
say_what_stays(const struct collector_conf *old, const struct collector_conf *conf)
{
	bool listens_alike = old->listen_len == conf->listen_len;

	for (size_t i = 0; listens_alike && i < conf->listen_len; i++) {
		listens_alike = strcmp(old->listen[i], conf->listen[i]) == 0;
	}
	if (!listens_alike) {
		log_warn("config.needs_restart", "setting=listen");
	}
	if (strcmp(old->store_path, conf->store_path) != 0 ||
	    old->store_bytes_max != conf->store_bytes_max) {
		log_warn("config.needs_restart", "setting=store");
	}
	if (strcmp(old->http_socket, conf->http_socket) != 0) {
		log_warn("config.needs_restart", "setting=http.socket");
	}
	if (strcmp(old->log_level, conf->log_level) != 0) {
		log_warn("config.needs_restart", "setting=log_level");
	}
}

static void
reload(struct service *service, const struct collector_conf *conf)
{
	struct service_machine machine;
	struct service_machine old = service->machine;
	struct notify *notify = service->notify;
	char error[512] = "";
	enum err err = carry_over(service, conf, &machine);

	if (err == ERR_OK) {
		collector_set_journal_seq(
		    machine.collector, collector_journal_seq(old.collector));
		service->machine = machine;
		err = start_notify(service, error, sizeof(error));
		if (err != ERR_OK) {
			service->machine = old;
			service->notify = notify;
			service_machine_done(&machine);
		}
	}
	if (err != ERR_OK) {
		log_error("config.not_applied",
		    "reason=%s text=\"%s\" (the old one stays)", err_name(err), error);
		atomic_store(&service->conf_refused, conf);
		return;
	}
	say_what_stays(old.conf, conf);
	notify_free(notify);
	service_machine_done(&old);
	atomic_store(&service->conf, conf);
	/* The journal goes on under other rules: a snapshot is where replay may begin. */
	collector_reload(machine.collector, service_now(service), &service->effects);
	service_group_add(service);
	service_polls_expire(service, service_now(service), true);
	service_group_end(service);
	service->snapshot_at = (struct mono){0};
	log_info("config.applied", "agents=%u targets=%u probes=%u",
	    conf->topology.agent_len, conf->topology.target_len,
	    conf->topology.probe_len);
}

/* ---- the loop ---- */

static void
keep_answer(struct service *service, const struct message_answer *answer)
{
	if (service->answer_len == LIMIT_OUTBOX_LIVE) {
		/* The lease ends some time, and the message is sent again. */
		log_error(
		    "notify.answer_lost", "row=%llu", (unsigned long long)answer->row);
		return;
	}
	service->answer[service->answer_len++] = *answer;
}

static void
take_answers(struct service *service, struct now now)
{
	while (service->answers_taken < service->answer_len) {
		collector_delivery(service->machine.collector,
		    &service->answer[service->answers_taken++], now, &service->effects);
		service_group_add(service);
		service->has_answers = true;
		failpoint(FAILPOINT_COLLECTOR_ANSWER_TAKEN);
	}
}

static void
handle(struct service *service, const struct service_event *event)
{
	switch (event->kind) {
	case SERVICE_REQUEST:
		service_request(service, event);
		listener_free_data(event->data);
		break;
	case SERVICE_GONE:
		service_gone(service, event->pipe);
		break;
	case SERVICE_ANSWER:
		keep_answer(service, &event->answer);
		break;
	case SERVICE_RELOAD:
		service_group_end(service);
		reload(service, event->conf);
		if (service->hooks.reloaded != NULL) {
			service->hooks.reloaded(service->hooks.context);
		}
		break;
	case SERVICE_ORDER:
		service_order(service, event->order);
		break;
	case SERVICE_STOP:
		service->stopping = true;
		break;
	}
}

static void
tick(struct service *service)
{
	struct now now = service_now(service);
	bool may_write = !mono_before(now.mono, service->retry_at);

	if (may_write) {
		take_answers(service, now);
	}
	if (may_write &&
	    !mono_before(now.mono, collector_deadline(service->machine.collector))) {
		collector_tick(service->machine.collector, now, &service->effects);
		service_group_add(service);
	}
	service_polls_expire(service, now, false);
}

static void
housekeep(struct service *service)
{
	struct now now = service_now(service);

	if (service->view_dirty &&
	    mono_since(now.mono, service->view_at) >= SERVICE_VIEW_NS) {
		service_publish(service, now);
	}
	if (mono_since(now.mono, service->snapshot_at) >= SERVICE_SNAPSHOT_NS &&
	    (service->store_err == ERR_OK || service->store_err == ERR_FULL)) {
		enum err err = service_snapshot(service, now);

		if (err != ERR_OK) {
			log_warn("snapshot.failed", "reason=%s", err_name(err));
		}
		service->snapshot_at = now.mono;
	}
}

static int64_t
wait_ns(const struct service *service)
{
	struct mono now = service_now(service).mono;
	struct mono deadline = collector_deadline(service->machine.collector);
	int64_t wait;

	if (service->answer_len > 0) {
		deadline = now; /* there is something to do */
	}
	if (mono_before(deadline, service->retry_at)) {
		deadline = service->retry_at;
	}
	deadline = mono_min(deadline, service_polls_deadline(service));
	if (service->view_dirty) {
		deadline =
		    mono_min(deadline, mono_add(service->view_at, SERVICE_VIEW_NS));
	}
	wait = mono_since(deadline, now);
	return wait > 0 ? wait : 0;
}

void
service_run(struct service *service)
{
	struct service_event event;

	service->snapshot_at = service_now(service).mono;
	collector_start(
	    service->machine.collector, service_now(service), &service->effects);
	service_group_add(service);
	service_group_end(service);
	while (!service->stopping) {
		bool taken = queue_wait(service->queue, &event, wait_ns(service));

		for (size_t i = 0; taken; i++) {
			handle(service, &event);
			/* One place is left for each poll that may expire below. */
			taken = !service->stopping && i + 1 < SERVICE_GROUP / 2 &&
				service->reply_len < SERVICE_GROUP / 2 &&
				queue_pop(service->queue, &event);
		}
		tick(service);
		service_group_end(service);
		housekeep(service);
	}
	service_orders_close(service);
	if (service_snapshot(service, service_now(service)) != ERR_OK) {
		log_warn(
		    "snapshot.failed", "reason=at_exit (the journal has everything)");
	}
}
