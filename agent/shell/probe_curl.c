#include "agent/shell/probe_curl.h"

#include "agent/core/check.h"
#include "agent/core/harvest.h"
#include "agent/shell/probe_net.h"
#include "agent/shell/probe_run.h"
#include "agent/shell/transport.h"
#include "agent/shell/validators.h"
#include "common/core/limits.h"
#include "common/shell/clock_sys.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct prober {
	struct probe_run_conf conf;
	const struct redact *redact;
	int64_t idle_ns;
	CURLM *multi;
	struct probe_net *net; /* what is not HTTP */
	struct validators validators;
	struct harvest harvest;            /* of the page named next */
	char harvest_url[LIMIT_URL_BYTES]; /* "" = none yet */
	struct probe_run *
	    *run; /* pool: the first `runs_made` exist, in whatever state */
	uint32_t runs_made;
	uint32_t in_flight_max;
	uint32_t in_flight; /* started and not yet taken */
	uint32_t running;   /* of these, with curl */
	bool fresh;         /* some were started since the last round */
	struct probe_run
	    *free; /* last used first: few runs stay warm, others untouched */
	struct probe_run *ended; /* without curl saying so: never tried, or stalled */
	struct probe_run *given; /* its result is in the caller's hands */
	int64_t clock_ns;        /* monotonic, read once a round */
	int64_t look_at_ns;      /* when to look for stalled runs */
};

struct prober *
prober_new(const struct prober_conf *conf)
{
	struct prober *prober;

	if (conf->in_flight_max == 0 || conf->in_flight_max > LIMIT_IN_FLIGHT_PROBES ||
	    curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		return NULL;
	}
	prober = calloc(1, sizeof(*prober));
	if (prober == NULL) {
		curl_global_cleanup();
		return NULL;
	}
	prober->redact = conf->redact;
	prober->in_flight_max = conf->in_flight_max;
	prober->idle_ns = conf->idle_ns > 0 ? conf->idle_ns : PROBER_IDLE_NS;
	prober->look_at_ns = INT64_MAX;
	prober->multi = curl_multi_init();
	/* One more than may be in flight: the one whose result was handed out last. */
	prober->run =
	    calloc((size_t)conf->in_flight_max + 1, sizeof(struct probe_run *));
	prober->net = probe_net_new(conf->source_address);
	if (prober->multi == NULL || prober->run == NULL || prober->net == NULL ||
	    !probe_run_conf_init(&prober->conf, conf)) {
		prober_free(prober);
		return NULL;
	}
	return prober;
}

void
prober_free(struct prober *prober)
{
	if (prober == NULL) {
		return;
	}
	probe_net_free(prober->net);
	for (uint32_t i = 0; i < prober->runs_made; i++) {
		struct probe_run *run = prober->run[i];

		if (run->running) {
			(void)curl_multi_remove_handle(prober->multi, run->easy);
		}
		probe_run_free(run);
	}
	free(prober->run);
	if (prober->multi != NULL) {
		(void)curl_multi_cleanup(prober->multi);
	}
	probe_run_conf_done(&prober->conf);
	free(prober);
	curl_global_cleanup();
}

/* A run that nobody uses; NULL when there is no memory. */
static struct probe_run *
take_free(struct prober *prober)
{
	struct probe_run *run = prober->free;

	if (run != NULL) {
		prober->free = run->next;
		run->next = NULL;
		return run;
	}
	assert(prober->runs_made <= prober->in_flight_max);
	run = probe_run_new(&prober->clock_ns);
	if (run != NULL) {
		prober->run[prober->runs_made++] = run;
	}
	return run;
}

static void
give_back(struct prober *prober, struct probe_run *run)
{
	run->next = prober->free;
	prober->free = run;
}

static void
append_ended(struct prober *prober, struct probe_run *run)
{
	struct probe_run **end = &prober->ended;

	while (*end != NULL) {
		end = &(*end)->next;
	}
	run->next = NULL;
	*end = run;
}

/* Whether its answer's validators are worth keeping: a call has none, and a page that is
 * not sent again has no key. */
static bool
is_kept(const struct probe_run *run)
{
	return run->probe.role == ROLE_SOURCE && run->page == NULL &&
	       run->probe.kind != PROBE_AISTUDIO_STATUS;
}

/* Hands a prepared run to curl, or to those who do what curl does not. */
static enum err
launch(struct prober *prober, struct probe_run *run)
{
	const struct validator *known = NULL;
	enum err err;

	if (probe_net_runs(run->probe.kind)) {
		prober->fresh = true;
		return probe_net_start(prober->net, &run->probe, run);
	}
	if (is_kept(run)) {
		known = validators_find(
		    &prober->validators, run->probe.series, run->probe.url);
	}
	err = probe_run_arm(run, &prober->conf, known);
	if (err != ERR_OK) {
		return err;
	}
	if (curl_multi_add_handle(prober->multi, run->easy) != CURLM_OK) {
		probe_run_wipe(run);
		return ERR_NOMEM;
	}
	run->running = true;
	prober->running++;
	prober->fresh = true;
	if (prober->look_at_ns == INT64_MAX) {
		prober->look_at_ns = clock_add_ns(run->started_ns, prober->idle_ns);
	}
	return ERR_OK;
}

/* Decides whether the run asks with a public key, or reads the page that holds it. */
static void
choose_request(struct prober *prober, struct probe_run *run,
    const struct plan_probe *probe, struct mono now)
{
	struct harvest *harvest = &prober->harvest;

	run->page = NULL;
	run->public_key = NULL;
	if (probe->kind != PROBE_AISTUDIO_STATUS) {
		return;
	}
	if (strcmp(prober->harvest_url, probe->url) != 0) {
		if (harvest->reading || strlen(probe->url) >= LIMIT_URL_BYTES) {
			return; /* a key is for those whose page it is from */
		}
		harvest_init(harvest);
		memcpy(prober->harvest_url, probe->url, strlen(probe->url) + 1);
	}
	if (harvest_wants_page(harvest, now)) {
		harvest_page_begin(harvest, now);
		run->page = harvest;
		return;
	}
	run->public_key = harvest_key(harvest);
	run->turn = harvest->turn;
}

/* A page was read instead of the status, of which nothing is known thereby. */
static void
end_page(struct probe_run *run, struct result *out)
{
	bool whole = out->outcome == OUTCOME_OK;
	bool found = harvest_page_end(run->page, whole);

	run->page = NULL;
	if (whole) {
		out->outcome = OUTCOME_AUTH_ERROR;
		out->detail = found
				  ? "read the page for its public key, asking next time"
				  : "no public key on the page";
	}
}

/* A run ended: what it means for the key it used, or was to find. */
static void
learn_key(struct prober *prober, struct probe_run *run, struct result *out)
{
	if (run->page != NULL) {
		end_page(run, out);
	} else if (run->public_key != NULL) {
		harvest_answered(&prober->harvest, run->turn, out->http_status);
	}
}

enum err
prober_start(struct prober *prober, const struct plan_probe *probe,
    const struct probe_key *key, const struct probe_tag *tag, struct now now)
{
	struct probe_run *run;
	enum err err;

	if (prober->in_flight == prober->in_flight_max) {
		return ERR_AGAIN;
	}
	run = take_free(prober);
	if (run == NULL) {
		return ERR_NOMEM;
	}
	run->tag = *tag;
	run->started_at = now.wall;
	run->started_ns = now.mono.ns;
	choose_request(prober, run, probe, now.mono);
	err = probe_run_prepare(run, probe, key, prober->redact);
	if (err == ERR_REFUSED) {
		append_ended(prober, run);
		err = ERR_OK;
	} else if (err == ERR_OK) {
		err = launch(prober, run);
	}
	if (err != ERR_OK) {
		if (run->page != NULL) {
			(void)harvest_page_end(run->page, false);
		}
		give_back(prober, run);
		return err;
	}
	prober->in_flight++;
	return ERR_OK;
}

static void
take_from_curl(struct prober *prober, struct probe_run *run)
{
	(void)curl_multi_remove_handle(prober->multi, run->easy);
	run->running = false;
	assert(prober->running > 0);
	prober->running--;
}

/* Ends the runs whose answer began and then fell silent, and notes when to look again.
 * Runs that have not begun could do so any time, so the next look is never further away
 * than the idle time. */
static void
end_stalled(struct prober *prober)
{
	int64_t next_ns = clock_add_ns(prober->clock_ns, prober->idle_ns);

	for (uint32_t i = 0; i < prober->runs_made; i++) {
		struct probe_run *run = prober->run[i];
		int64_t until_ns = clock_add_ns(run->heard_ns, prober->idle_ns);

		if (!run->running || run->heard_ns == 0) {
			continue;
		}
		if (until_ns <= prober->clock_ns) {
			take_from_curl(prober, run);
			run->stalled = true;
			append_ended(prober, run);
		} else if (until_ns < next_ns) {
			next_ns = until_ns;
		}
	}
	prober->look_at_ns = prober->running > 0 ? next_ns : INT64_MAX;
}

/* How long to wait, in whole milliseconds, rounded up so that a deadline has passed when
 * the wait for it is over. */
static int
wait_ms(const struct prober *prober, int64_t timeout_ns, int64_t now_ns)
{
	int64_t net_ns = probe_net_deadline(prober->net);
	int64_t look_at_ns = net_ns < prober->look_at_ns ? net_ns : prober->look_at_ns;
	int64_t look_ns = clock_sub_ns(look_at_ns, now_ns);
	int64_t ms;

	if (look_at_ns != INT64_MAX && (timeout_ns < 0 || look_ns < timeout_ns)) {
		timeout_ns = look_ns > 0 ? look_ns : 0;
	}
	if (timeout_ns < 0) {
		return INT_MAX;
	}
	ms = timeout_ns / CLOCK_NS_PER_MS + (timeout_ns % CLOCK_NS_PER_MS > 0 ? 1 : 0);
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static enum err
err_of_multi(CURLMcode code)
{
	if (code == CURLM_OK) {
		return ERR_OK;
	}
	return code == CURLM_OUT_OF_MEMORY ? ERR_NOMEM : ERR_IO;
}

enum err
prober_wait(struct prober *prober, int64_t timeout_ns)
{
	CURLMcode code = CURLM_OK;
	int running;

	/* A run just started has something to do before there is anything to wait for. */
	if (!prober->fresh && prober->ended == NULL) {
		int ms = wait_ms(prober, timeout_ns, clock_sys_now().mono.ns);
		unsigned len;
		struct curl_waitfd *fds = probe_net_fds(prober->net, &len);

		code = curl_multi_poll(prober->multi, fds, len, ms, NULL);
		if (code != CURLM_OK) {
			return err_of_multi(code);
		}
	}
	prober->fresh = false;
	prober->clock_ns = clock_sys_now().mono.ns;
	probe_net_perform(prober->net); /* first: its time is measured here */
	code = curl_multi_perform(prober->multi, &running);
	if (prober->clock_ns >= prober->look_at_ns) {
		end_stalled(prober);
	}
	return err_of_multi(code);
}

void
prober_wakeup(struct prober *prober)
{
	(void)curl_multi_wakeup(prober->multi);
}

uint32_t
prober_in_flight(const struct prober *prober)
{
	return prober->in_flight;
}

/* The next transfer that curl says is over. */
static struct probe_run *
next_from_curl(struct prober *prober, CURLcode *out_code)
{
	const CURLMsg *message;
	int queued;

	while ((message = curl_multi_info_read(prober->multi, &queued)) != NULL) {
		char *context = NULL;

		if (message->msg != CURLMSG_DONE) {
			continue;
		}
		*out_code = message->data.result;
		(void)curl_easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE, &context);
		return (struct probe_run *)(void *)context;
	}
	return NULL;
}

/* How a run ended that never was with curl. */
static void
describe_untried(const struct probe_run *run, struct transport *out)
{
	struct transport_facts facts = {
	    .code = CURLE_FAILED_INIT, .timing.total_us = 1, .text = run->why};

	transport_of_curl(&facts, out);
	out->started_at = run->started_at;
}

static void
describe(const struct prober *prober, const struct probe_run *run, CURLcode code,
    struct transport *out)
{
	struct transport_facts facts;

	probe_run_facts(run, code, &facts);
	if (run->stalled) {
		int64_t us =
		    clock_sub_ns(prober->clock_ns, run->started_ns) / CLOCK_NS_PER_US;

		/* Curl does not update its own total while nothing happens. */
		facts.timing.total_us = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
		facts.text = "the answer stopped coming";
	}
	transport_of_curl(&facts, out);
	out->started_at = run->started_at;
	out->cert_days = run->cert.days;
	if (out->end == TRANSPORT_BAD_CERT && cert_reason(&run->cert) != NULL) {
		out->text = cert_reason(&run->cert);
	}
}

/* Keeps the validators of a source's whole and understood answer; "not modified" leaves
 * those that are there. */
static void
remember(
    struct prober *prober, const struct probe_run *run, const struct result *result)
{
	if (is_kept(run) && result->outcome == OUTCOME_OK &&
	    result->http_status == 200) {
		validators_keep(&prober->validators, run->probe.series, run->probe.url,
		    check_etag(&run->check), check_last_modified(&run->check));
	}
}

/* The next run that is over, and how it ended; NULL when there is none. */
static struct probe_run *
next_ended(struct prober *prober, struct transport *out)
{
	struct probe_run *run = prober->ended;
	CURLcode code = CURLE_OK;

	if (run != NULL) {
		prober->ended = run->next;
		if (run->stalled) {
			describe(prober, run, CURLE_OPERATION_TIMEDOUT, out);
		} else {
			describe_untried(run, out);
		}
		return run;
	}
	run = probe_net_done(prober->net, out);
	if (run != NULL) {
		out->started_at = run->started_at;
		return run;
	}
	run = next_from_curl(prober, &code);
	if (run != NULL) {
		take_from_curl(prober, run);
		describe(prober, run, code, out);
	}
	return run;
}

bool
prober_done(struct prober *prober, struct probe_tag *out_tag, struct result *out)
{
	struct transport transport;
	struct probe_run *run;

	if (prober->given != NULL) {
		give_back(prober, prober->given);
		prober->given = NULL;
	}
	run = next_ended(prober, &transport);
	if (run == NULL) {
		return false;
	}
	probe_run_wipe(run);
	check_finish(&run->check, &transport, out);
	out->flags |= run->tag.flags;
	remember(prober, run, out);
	learn_key(prober, run, out);
	*out_tag = run->tag;
	prober->given = run;
	prober->in_flight--;
	return true;
}
