#include "collector/shell/heartbeat.h"

#include "collector/shell/api_state.h"
#include "common/shell/clock_sys.h"
#include "common/shell/log.h"
#include "common/shell/secret.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

enum {
	TOTAL_MS = 10000,
	STALE_S = 600 /* an engine that goes round publishes much more often */
};

struct heartbeat {
	struct api_source *source;
	int64_t interval_ns;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool closing; /* under the mutex */
	CURL *easy;
	uint64_t sent;
	uint64_t failed;
	char url[SECRET_BYTES_MAX + 1];
};

static bool
is_closing(struct heartbeat *heartbeat)
{
	bool closing;

	(void)pthread_mutex_lock(&heartbeat->mutex);
	closing = heartbeat->closing;
	(void)pthread_mutex_unlock(&heartbeat->mutex);
	return closing;
}

/* A request must not hold up the end. */
static int
on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return is_closing(context) ? 1 : 0;
}

static size_t
discard(char *data, size_t size, size_t count, void *context)
{
	(void)data;
	(void)context;
	return size * count;
}

/* What agents send makes a new view, many times a minute; with none connected there is
 * nothing to go by. */
static bool
is_stale(const struct view *view)
{
	bool any = false;

	for (uint16_t i = 0; i < view->agent_len; i++) {
		any = any || view->agent[i].connected;
	}
	return any &&
	       wall_since(clock_sys_now().wall, view->at) >= STALE_S * CLOCK_NS_PER_S;
}

static bool
is_healthy(struct heartbeat *heartbeat)
{
	const struct view *view = api_view_take(heartbeat->source);
	bool is_well = api_state_unready(view)[0] == '\0' && !is_stale(view);

	api_view_release(heartbeat->source, view);
	return is_well;
}

static void
beat(struct heartbeat *heartbeat)
{
	long status = 0;
	CURLcode code;

	if (!is_healthy(heartbeat)) {
		log_warn("heartbeat.withheld", "reason=not_ready");
		return;
	}
	code = curl_easy_perform(heartbeat->easy);
	(void)curl_easy_getinfo(heartbeat->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK && status >= 200 && status < 300) {
		if (heartbeat->sent++ == 0 || heartbeat->failed > 0) {
			log_info("heartbeat.sent", "failed_before=%llu",
			    (unsigned long long)heartbeat->failed);
		}
		heartbeat->failed = 0;
	} else if (!is_closing(heartbeat)) {
		heartbeat->failed++;
		log_warn("heartbeat.failed", "in_a_row=%llu status=%ld why=\"%s\"",
		    (unsigned long long)heartbeat->failed, status,
		    code == CURLE_OK ? "" : curl_easy_strerror(code));
	}
}

static void
wait_interval(struct heartbeat *heartbeat)
{
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(heartbeat->interval_ns / CLOCK_NS_PER_S);
	(void)pthread_mutex_lock(&heartbeat->mutex);
	while (!heartbeat->closing && rc != ETIMEDOUT) {
		rc = pthread_cond_timedwait(
		    &heartbeat->changed, &heartbeat->mutex, &until);
	}
	(void)pthread_mutex_unlock(&heartbeat->mutex);
}

static void *
run(void *context)
{
	struct heartbeat *heartbeat = context;
	sigset_t all;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (!is_closing(heartbeat)) {
		beat(heartbeat);
		wait_interval(heartbeat);
	}
	return NULL;
}

static bool
set_options(struct heartbeat *heartbeat)
{
	CURL *easy = heartbeat->easy;
	CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, heartbeat->url);

#define SET(option, value)                                                             \
	do {                                                                           \
		if (code == CURLE_OK) {                                                \
			code = curl_easy_setopt(easy, option, value);                  \
		}                                                                      \
	} while (0)
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_USERAGENT, "parallax/" PARALLAX_VERSION);
	SET(CURLOPT_WRITEFUNCTION, discard);
	SET(CURLOPT_TIMEOUT_MS, (long)TOTAL_MS);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, heartbeat);
#undef SET
	return code == CURLE_OK;
}

static bool
start(struct heartbeat *heartbeat)
{
	pthread_condattr_t attributes;
	bool ok;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&heartbeat->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	(void)pthread_mutex_init(&heartbeat->mutex, NULL);
	heartbeat->easy = curl_easy_init();
	ok = heartbeat->easy != NULL && set_options(heartbeat) &&
	     pthread_create(&heartbeat->thread, NULL, run, heartbeat) == 0;
	if (!ok) {
		curl_easy_cleanup(heartbeat->easy);
		(void)pthread_cond_destroy(&heartbeat->changed);
		(void)pthread_mutex_destroy(&heartbeat->mutex);
	}
	return ok;
}

enum err
heartbeat_new(const struct heartbeat_conf *conf, struct api_source *source,
    struct heartbeat **out, char *error, size_t cap)
{
	struct secret_note note = {.text = ""};
	struct heartbeat *heartbeat;
	enum err err;

	*out = NULL;
	if (conf->url_reference == NULL || conf->url_reference[0] == '\0') {
		return ERR_OK;
	}
	heartbeat = calloc(1, sizeof(*heartbeat));
	if (heartbeat == NULL) {
		(void)snprintf(error, cap, "no memory for the heartbeat");
		return ERR_NOMEM;
	}
	heartbeat->source = source;
	heartbeat->interval_ns = conf->interval_ns;
	err = secret_resolve(
	    conf->url_reference, true, heartbeat->url, sizeof(heartbeat->url), &note);
	(void)snprintf(error, cap, "heartbeat: url: %s", note.text);
	if (err == ERR_OK && !start(heartbeat)) {
		(void)snprintf(error, cap, "no memory for the heartbeat");
		err = ERR_NOMEM;
	}
	if (err != ERR_OK) {
		secret_wipe(heartbeat->url, sizeof(heartbeat->url));
		free(heartbeat);
		return err;
	}
	*out = heartbeat;
	return ERR_OK;
}

void
heartbeat_free(struct heartbeat *heartbeat)
{
	if (heartbeat == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&heartbeat->mutex);
	heartbeat->closing = true;
	(void)pthread_cond_broadcast(&heartbeat->changed);
	(void)pthread_mutex_unlock(&heartbeat->mutex);
	(void)pthread_join(heartbeat->thread, NULL);
	curl_easy_cleanup(heartbeat->easy);
	(void)pthread_cond_destroy(&heartbeat->changed);
	(void)pthread_mutex_destroy(&heartbeat->mutex);
	secret_wipe(heartbeat->url, sizeof(heartbeat->url));
	free(heartbeat);
}
