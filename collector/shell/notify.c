#include "collector/shell/notify.h"

#include "collector/core/channel.h"
#include "collector/shell/channel_command.h"
#include "collector/shell/channel_curl.h"
#include "collector/shell/channel_log.h"
#include "common/shell/clock_sys.h"
#include "common/shell/failpoint.h"
#include "common/shell/log.h"
#include "common/shell/queue.h"
#include "common/shell/secret.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message that was handed over; the JSON stands behind it. */
struct notify_message {
	struct notify_message *next;
	uint64_t row;
	uint64_t key[4];
	uint16_t channel;
	size_t len;
	char json[];
};

/* One channel with what waits for it; seen by the thread alone. */
struct notify_lane {
	struct channel_conf conf;
	char name[LIMIT_NAME_BYTES];
	char host[LIMIT_NAME_BYTES];
	char *path;
	struct channel_curl *channel;
	struct channel_command *run; /* while busy, for a command */
	struct notify_message *head; /* the first is on its way when `is_busy` */
	struct notify_message *tail;
	CURL *easy; /* in the multi handle while busy */
	bool is_busy;
};

struct notify {
	notify_answer *answer;
	void *context;
	struct queue *queue; /* of struct notify_message * */
	CURLM *multi;
	struct channel_work *work;
	pthread_t thread;
	bool has_thread;
	atomic_bool closing;
	size_t len;
	struct notify_lane lane[];
};

/* The first message of the lane is over. */
static void
finish(struct notify *notify, struct notify_lane *lane, struct message_answer *answer)
{
	struct notify_message *message = lane->head;

	assert(message != NULL);
	answer->row = message->row;
	if (answer->delivery != DELIVERY_DONE) {
		log_warn("notify.failed",
		    "channel=%s host=%s row=%llu outcome=%s why=\"%s\"", lane->name,
		    lane->host, (unsigned long long)message->row,
		    delivery_name(answer->delivery), answer->detail);
	}
	lane->head = message->next;
	if (lane->head == NULL) {
		lane->tail = NULL;
	}
	lane->is_busy = false;
	free(message);
	notify->answer(notify->context, answer);
}

static void
on_command(void *context)
{
	struct notify *notify = context;

	(void)curl_multi_wakeup(notify->multi);
}

static void
start_transfer(struct notify *notify, struct notify_lane *lane,
    const struct channel_attempt *attempt)
{
	struct message_answer answer = {
	    .delivery = DELIVERY_REJECTED_RETRY, .detail = "no memory"};

	lane->easy = channel_curl_start(lane->channel, attempt, notify->work, &answer);
	if (lane->easy == NULL ||
	    curl_easy_setopt(lane->easy, CURLOPT_PRIVATE, lane) != CURLE_OK ||
	    curl_multi_add_handle(notify->multi, lane->easy) != CURLM_OK) {
		finish(notify, lane, &answer);
		return;
	}
	lane->is_busy = true;
}

static void
start_command(struct notify *notify, struct notify_lane *lane,
    const struct channel_attempt *attempt)
{
	struct message_answer answer = {.row = 0};

	lane->run =
	    channel_command_start(&lane->conf, attempt, on_command, notify, &answer);
	if (lane->run == NULL) {
		finish(notify, lane, &answer);
		return;
	}
	lane->is_busy = true;
}

static void
start_first(struct notify *notify, struct notify_lane *lane)
{
	const struct notify_message *message = lane->head;
	struct message_answer answer = {.row = 0};
	struct channel_attempt attempt = {
	    .at = clock_sys_now().wall,
	    .json = message->json,
	    .json_len = message->len,
	};

	memcpy(attempt.key, message->key, sizeof(attempt.key));
	switch (channel_kind_row(lane->conf.kind)->way) {
	case CHANNEL_BY_HTTP:
	case CHANNEL_BY_MAIL:
		failpoint(FAILPOINT_COLLECTOR_NOTIFY_BEFORE_SEND);
		start_transfer(notify, lane, &attempt);
		break;
	case CHANNEL_BY_COMMAND:
		failpoint(FAILPOINT_COLLECTOR_NOTIFY_BEFORE_SEND);
		start_command(notify, lane, &attempt);
		break;
	case CHANNEL_BY_FILE:
		channel_log_write(lane->path, message->json, message->len, &answer);
		finish(notify, lane, &answer);
		break;
	}
}

static void
start_lane(struct notify *notify, struct notify_lane *lane)
{
	while (lane->head != NULL && !lane->is_busy) {
		start_first(notify, lane);
	}
}

static void
take(struct notify *notify)
{
	struct notify_message *message;

	while (queue_pop(notify->queue, &message)) {
		struct notify_lane *lane = &notify->lane[message->channel];

		if (lane->tail == NULL) {
			lane->head = message;
		} else {
			lane->tail->next = message;
		}
		lane->tail = message;
	}
}

static void
end_command(struct notify *notify, struct notify_lane *lane)
{
	struct message_answer answer = {.row = 0};

	channel_command_end(lane->run, &answer);
	lane->run = NULL;
	finish(notify, lane, &answer);
}

/* What has ended. */
static void
collect(struct notify *notify)
{
	CURLMsg *info;
	int left;

	while ((info = curl_multi_info_read(notify->multi, &left)) != NULL) {
		struct notify_lane *lane = NULL;
		struct message_answer answer = {.row = 0};
		CURLcode code = info->data.result;

		if (info->msg != CURLMSG_DONE) {
			continue;
		}
		failpoint(FAILPOINT_COLLECTOR_NOTIFY_AFTER_SEND);
		(void)curl_easy_getinfo(info->easy_handle, CURLINFO_PRIVATE, &lane);
		(void)curl_multi_remove_handle(notify->multi, lane->easy);
		channel_curl_end(lane->channel, code, &answer);
		finish(notify, lane, &answer);
	}
	for (size_t i = 0; i < notify->len; i++) {
		struct notify_lane *lane = &notify->lane[i];

		if (lane->run != NULL && channel_command_is_over(lane->run)) {
			end_command(notify, lane);
		}
	}
}

/* Answers for what was not begun. True when nothing is on its way any more. */
static bool
drain(struct notify *notify)
{
	bool is_idle = true;

	for (size_t i = 0; i < notify->len; i++) {
		struct notify_lane *lane = &notify->lane[i];
		struct notify_message *busy = lane->is_busy ? lane->head : NULL;

		is_idle = is_idle && !lane->is_busy;
		if (busy != NULL) {
			lane->head = busy->next;
		}
		while (lane->head != NULL) {
			struct message_answer answer = {
			    .delivery = DELIVERY_REJECTED_RETRY, .detail = "stopping"};

			finish(notify, lane, &answer);
		}
		if (busy != NULL) {
			busy->next = NULL;
			lane->head = lane->tail = busy;
			lane->is_busy = true;
		}
	}
	return is_idle;
}

/* The time for goodbyes is over. */
static void
cut_off(struct notify *notify)
{
	for (size_t i = 0; i < notify->len; i++) {
		struct notify_lane *lane = &notify->lane[i];
		struct message_answer answer = {
		    .delivery = DELIVERY_UNKNOWN, .detail = "cut off: stopping"};

		if (lane->run != NULL) {
			end_command(notify, lane);
		} else if (lane->is_busy) {
			(void)curl_multi_remove_handle(notify->multi, lane->easy);
			finish(notify, lane, &answer);
		}
	}
}

static void
work(struct notify *notify)
{
	int running;

	take(notify);
	for (size_t i = 0; i < notify->len; i++) {
		start_lane(notify, &notify->lane[i]);
	}
	(void)curl_multi_perform(notify->multi, &running);
	collect(notify);
}

static bool
has_work(const struct notify *notify)
{
	for (size_t i = 0; i < notify->len; i++) {
		if (notify->lane[i].head != NULL && !notify->lane[i].is_busy) {
			return true;
		}
	}
	return false;
}

static void *
run(void *context)
{
	struct notify *notify = context;
	struct mono until;
	sigset_t all;

	/* Signals are the main thread's; a peer that hangs up must not kill us by SIGPIPE. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (!atomic_load(&notify->closing)) {
		work(notify);
		if (!has_work(notify)) {
			(void)curl_multi_poll(notify->multi, NULL, 0, 60000, NULL);
		}
	}
	until = mono_add(clock_sys_now().mono, NOTIFY_FREE_WAIT_MS * CLOCK_NS_PER_MS);
	take(notify);
	while (!drain(notify) && mono_before(clock_sys_now().mono, until)) {
		int running;

		(void)curl_multi_poll(notify->multi, NULL, 0, 50, NULL);
		(void)curl_multi_perform(notify->multi, &running);
		collect(notify);
	}
	cut_off(notify);
	return NULL;
}

enum err
notify_send(struct notify *notify, const struct outbound *outbound)
{
	struct notify_message *message;
	enum err err;

	if (outbound->channel >= notify->len) {
		return ERR_INVALID;
	}
	message = malloc(sizeof(*message) + outbound->json_len);
	if (message == NULL) {
		return ERR_NOMEM;
	}
	message->next = NULL;
	message->row = outbound->row;
	message->channel = outbound->channel;
	message->len = outbound->json_len;
	memcpy(message->key, outbound->key, sizeof(message->key));
	memcpy(message->json, outbound->json, outbound->json_len);
	err = queue_push(notify->queue, &message);
	if (err != ERR_OK) {
		free(message);
		return err;
	}
	(void)curl_multi_wakeup(notify->multi);
	return ERR_OK;
}

/* Transfers and programs borrow the texts of the configuration, which outlives the
 * notifier; secrets, and what a caller made up for a test, are copied. */
static bool
make_lane(struct notify_lane *lane, const struct notify_channel *channel)
{
	struct channel_setup setup = {.conf = &lane->conf,
	    .url = channel->url == NULL ? "" : channel->url,
	    .secret = channel->secret == NULL ? "" : channel->secret};
	const struct channel_kind_row *row = channel_kind_row(channel->kind);

	if (channel->conf != NULL) {
		lane->conf = *channel->conf;
	}
	(void)snprintf(lane->name, sizeof(lane->name), "%s", channel->name);
	(void)snprintf(lane->host, sizeof(lane->host), "-");
	lane->conf.name = lane->name;
	lane->conf.kind = channel->kind;
	lane->conf.timeout_ms =
	    channel->total_ms != 0 ? channel->total_ms : lane->conf.timeout_ms;
	switch (row->way) {
	case CHANNEL_BY_HTTP:
	case CHANNEL_BY_MAIL:
		if (setup.url[0] == '\0' && row->url_default != NULL) {
			setup.url = row->url_default;
		}
		channel_host(setup.url, lane->host, sizeof(lane->host));
		lane->channel = channel_curl_new(&setup, lane->conf.timeout_ms);
		return lane->channel != NULL;
	case CHANNEL_BY_COMMAND:
		return true;
	case CHANNEL_BY_FILE:
		break;
	}
	lane->path = strdup(channel->path == NULL ? "" : channel->path);
	return lane->path != NULL;
}

struct notify *
notify_new(const struct notify_channel *channel, size_t len, notify_answer *answer,
    void *context)
{
	struct notify *notify =
	    calloc(1, sizeof(*notify) + len * sizeof(notify->lane[0]));
	bool ok;

	if (notify == NULL) {
		return NULL;
	}
	notify->answer = answer;
	notify->context = context;
	atomic_init(&notify->closing, false);
	ok = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	notify->queue = queue_new(sizeof(struct notify_message *), NOTIFY_QUEUE);
	notify->multi = ok ? curl_multi_init() : NULL;
	notify->work = malloc(sizeof(*notify->work));
	ok = notify->queue != NULL && notify->multi != NULL && notify->work != NULL;
	for (; ok && notify->len < len; notify->len++) {
		ok = make_lane(&notify->lane[notify->len], &channel[notify->len]);
	}
	if (ok) {
		notify->has_thread =
		    pthread_create(&notify->thread, NULL, run, notify) == 0;
	}
	if (!notify->has_thread) {
		notify_free(notify);
		return NULL;
	}
	return notify;
}

void
notify_free(struct notify *notify)
{
	if (notify == NULL) {
		return;
	}
	if (notify->has_thread) {
		queue_close(notify->queue);
		atomic_store(&notify->closing, true);
		(void)curl_multi_wakeup(notify->multi);
		(void)pthread_join(notify->thread, NULL);
	}
	for (size_t i = 0; i < notify->len; i++) {
		channel_curl_free(notify->lane[i].channel);
		free(notify->lane[i].path);
	}
	if (notify->multi != NULL) {
		(void)curl_multi_cleanup(notify->multi);
	}
	queue_free(notify->queue);
	free(notify->work);
	free(notify);
}

/* What secrets are resolved into, for the time of notify_open(). */
struct resolved {
	char url[SECRET_BYTES_MAX + 1];
	char secret[SECRET_BYTES_MAX + 1];
};

static enum err
resolve(const char *reference, bool plain_allowed, char out[SECRET_BYTES_MAX + 1],
    struct secret_note *note)
{
	out[0] = '\0';
	if (reference == NULL || reference[0] == '\0') {
		return ERR_OK;
	}
	return secret_resolve(
	    reference, plain_allowed, out, SECRET_BYTES_MAX + 1, note);
}

static enum err
resolve_channel(const struct channel_conf *conf, struct resolved *resolved,
    struct notify_channel *out, char *error, size_t cap)
{
	struct secret_note note = {.text = ""};
	const char *field = "url";
	enum err err = resolve(conf->url_reference, true, resolved->url, &note);

	if (err == ERR_OK) {
		field = "secret";
		err = resolve(conf->secret_reference, false, resolved->secret, &note);
	}
	if (err != ERR_OK) {
		(void)snprintf(
		    error, cap, "channel %s: %s: %s", conf->name, field, note.text);
		return err;
	}
	*out = (struct notify_channel){
	    .name = conf->name,
	    .kind = conf->kind,
	    .url = resolved->url,
	    .secret = resolved->secret,
	    .path = conf->path == NULL ? "" : conf->path,
	    .conf = conf,
	};
	return ERR_OK;
}

enum err
notify_open(
    const struct notify_setup *setup, struct notify **out, char *error, size_t cap)
{
	struct notify_channel *channel = calloc(setup->len + 1, sizeof(*channel));
	struct resolved *resolved = calloc(setup->len + 1, sizeof(*resolved));
	struct notify *notify = NULL;
	enum err err = ERR_NOMEM;

	(void)snprintf(error, cap, "no memory for the notifier");
	if (channel != NULL && resolved != NULL) {
		err = ERR_OK;
		for (size_t i = 0; i < setup->len && err == ERR_OK; i++) {
			err = resolve_channel(
			    &setup->channel[i], &resolved[i], &channel[i], error, cap);
		}
	}
	if (err == ERR_OK) {
		notify = notify_new(channel, setup->len, setup->answer, setup->context);
		err = notify == NULL ? ERR_NOMEM : ERR_OK;
	}
	if (resolved != NULL) {
		secret_wipe(resolved, (setup->len + 1) * sizeof(*resolved));
	}
	free(resolved);
	free(channel);
	if (err == ERR_OK) {
		*out = notify;
	}
	return err;
}
