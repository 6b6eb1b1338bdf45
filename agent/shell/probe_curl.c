#include "agent/shell/probe_curl.h"

#include "agent/core/check.h"
#include "agent/shell/address.h"
#include "agent/shell/hung.h"
#include "agent/shell/probe_easy.h"
#include "agent/shell/probe_legs.h"
#include "agent/shell/probe_net.h"
#include "agent/shell/probe_run.h"
#include "agent/shell/transport.h"
#include "common/core/limits.h"
#include "common/shell/clock_sys.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Of the two clocks' difference: less is how they are read one after the other. */
#define PROBER_SLEPT_NS (1 * CLOCK_NS_PER_S)

enum {
	PROBER_SPARE_RUNS = 4
};

struct prober {
	struct probe_run_conf conf;
	const struct redact *redact;
	int64_t idle_ns;
	CURLM *multi;
	struct probe_net *net; /* what is not HTTP */
	struct probe_legs legs;
	struct hung hung;
	int64_t suspended_ns; /* of this machine, when we last looked */
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
	prober->suspended_ns = clock_sys_suspended_ns();
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
	struct now now = clock_sys_boot();

	if (prober == NULL) {
		return;
	}
	probe_net_free(prober->net);
	for (uint32_t i = 0; i < prober->runs_made; i++) {
		struct probe_run *run = prober->run[i];

		probe_legs_drop(run, now);
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
forget(struct prober *prober, const struct probe_run *run)
{
	uint32_t i = 0;

	while (i < prober->runs_made && prober->run[i] != run) {
		i++;
	}
	assert(i < prober->runs_made);
	prober->run[i] = prober->run[--prober->runs_made];
}

/* A run takes 64 KiB, and a crowd of them is rare: what it leaves behind goes little by
 * little, so that a steady number of runs never pays for new ones. */
static void
give_back(struct prober *prober, struct probe_run *run)
{
	if (prober->runs_made > 2 * prober->in_flight + PROBER_SPARE_RUNS) {
		forget(prober, run);
		probe_run_free(run);
		return;
	}
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

/* True when the run needs a name looked up and there are too many that hang already. */
static bool
must_not_resolve(struct prober *prober, const struct probe_run *run)
{
	struct lookup_address address;
	struct request_host host;

	return hung_too_many(&prober->hung, prober->running) &&
	       request_host(run->request.url, &host) == ERR_OK &&
	       !address_parse(host.name, &address);
}

/* Hands a built request to curl, or to those who do what curl does not. */
static enum err
launch(struct prober *prober, struct probe_run *run, struct now now)
{
	enum err err;

	if (probe_net_runs(run->probe.kind)) {
		prober->fresh = true;
		return probe_net_start(prober->net, &run->probe, run);
	}
	if (must_not_resolve(prober, run)) {
		run->at.unresolved = true;
		append_ended(prober, run);
		return ERR_OK;
	}
	err = probe_easy_arm(
	    run, &prober->conf, probe_legs_known(&prober->legs, run), now.mono.ns);
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
		prober->look_at_ns = clock_add_ns(now.mono.ns, prober->idle_ns);
	}
	return ERR_OK;
}

/* Does what a run's turn asks for. */
static enum err
take_turn(
    struct prober *prober, struct probe_run *run, enum probe_turn turn, struct now now)
{
	switch (turn) {
	case PROBE_TURN_SEND:
		return launch(prober, run, now);
	case PROBE_TURN_WAIT:
		run->waiting = true;
		if (run->deadline_ns < prober->look_at_ns) {
			prober->look_at_ns = run->deadline_ns;
		}
		return ERR_OK;
	case PROBE_TURN_OVER:
		append_ended(prober, run);
		break;
	}
	return ERR_OK;
}

/* The same inside a run: it then ends for want of memory. */
static void
go_on(
    struct prober *prober, struct probe_run *run, enum probe_turn turn, struct now now)
{
	if (take_turn(prober, run, turn, now) != ERR_OK) {
		memcpy(run->why, "no memory", sizeof("no memory"));
		append_ended(prober, run);
	}
}

/* A token came, or did not: those who wait for it look again. One of them may begin to ask
 * in turn, and then the others go on waiting. */
static void
wake_waiting(struct prober *prober, const struct grant *grant, struct now now)
{
	for (uint32_t i = 0; i < prober->runs_made; i++) {
		struct probe_run *run = prober->run[i];

		if (run->waiting && run->grant == grant) {
			go_on(prober, run, probe_legs_again(run, now), now);
		}
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
	err = probe_run_open(run, probe, prober->redact, now);
	if (err == ERR_OK) {
		run->tag = *tag;
		err = take_turn(
		    prober, run, probe_legs_first(&prober->legs, run, key, now), now);
		if (err != ERR_OK) {
			probe_legs_drop(run, now);
		}
	}
	if (err != ERR_OK) {
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

/* Ends a run that curl has, or that waits, when it is time for it. Returns the instant to
 * look at it again. */
static int64_t
look_at(struct prober *prober, struct probe_run *run)
{
	int64_t until_ns = INT64_MAX;

	if (run->waiting) {
		until_ns = run->deadline_ns;
	} else if (run->running && run->at.heard_ns != 0) {
		until_ns = clock_add_ns(run->at.heard_ns, prober->idle_ns);
	}
	if (until_ns > prober->clock_ns) {
		return until_ns;
	}
	if (run->waiting) {
		run->waiting = false;
		run->waited_out = true;
	} else {
		take_from_curl(prober, run);
		run->at.stalled = true;
	}
	append_ended(prober, run);
	return INT64_MAX;
}

/* Ends the runs whose answer began and then fell silent, and those that waited too long,
 * and notes when to look again. Runs that have not begun could do so any time, so the next
 * look is never further away than the idle time. */
static void
end_stalled(struct prober *prober)
{
	int64_t next_ns = INT64_MAX;

	for (uint32_t i = 0; i < prober->runs_made; i++) {
		int64_t until_ns = look_at(prober, prober->run[i]);

		next_ns = until_ns < next_ns ? until_ns : next_ns;
	}
	if (prober->running > 0) {
		int64_t idle_ns = clock_add_ns(prober->clock_ns, prober->idle_ns);

		next_ns = idle_ns < next_ns ? idle_ns : next_ns;
	}
	prober->look_at_ns = next_ns;
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

/* Notes that the machine slept while runs were in flight. */
static void
note_sleep(struct prober *prober)
{
	int64_t suspended_ns = clock_sys_suspended_ns();
	bool slept = suspended_ns - prober->suspended_ns > PROBER_SLEPT_NS;

	prober->suspended_ns = suspended_ns;
	for (uint32_t i = 0; slept && i < prober->runs_made; i++) {
		prober->run[i]->interrupted = true;
	}
}

enum err
prober_wait(struct prober *prober, int64_t timeout_ns)
{
	CURLMcode code = CURLM_OK;
	int running;

	/* A run just started has something to do before there is anything to wait for. */
	if (!prober->fresh && prober->ended == NULL) {
		int ms = wait_ms(prober, timeout_ns, clock_sys_boot().mono.ns);
		unsigned len;
		struct curl_waitfd *fds = probe_net_fds(prober->net, &len);

		code = curl_multi_poll(prober->multi, fds, len, ms, NULL);
		if (code != CURLM_OK) {
			return err_of_multi(code);
		}
	}
	prober->fresh = false;
	prober->clock_ns = clock_sys_boot().mono.ns;
	note_sleep(prober);
	probe_net_perform(prober->net); /* first: its time is measured here */
	code = curl_multi_perform(prober->multi, &running);
	if (prober->clock_ns >= prober->look_at_ns) {
		end_stalled(prober);
	}
	return err_of_multi(code);
}

void
prober_forget(struct prober *prober, const char *series)
{
	validators_keep(&prober->legs.validators, series, "", "", "");
}

void
prober_wakeup(struct prober *prober)
{
	(void)curl_multi_wakeup(prober->multi);
}

const struct image_info *
prober_image(const struct prober *prober)
{
	const struct image_info *image;

	if (prober->given == NULL || !probe_traits(prober->given->kind)->makes_image) {
		return NULL;
	}
	image = check_image(&prober->given->check);
	return image->format == IMAGE_UNKNOWN ? NULL : image;
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
	if (run->at.unresolved) {
		out->end = TRANSPORT_DNS;
		out->phase = PHASE_DNS;
		out->text = "too many name lookups hang";
	}
}

/* A run that ended badly while this machine slept tells of nothing else. */
static void
excuse(const struct probe_run *run, struct transport *transport)
{
	if (run->interrupted && transport->end != TRANSPORT_DONE) {
		transport->end = TRANSPORT_LOCAL;
		transport->phase = PHASE_LOCAL;
		transport->text = "this machine was suspended";
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
		if (run->at.stalled) {
			probe_easy_end(
			    run, CURLE_OPERATION_TIMEDOUT, prober->clock_ns, out);
		} else {
			describe_untried(run, out);
		}
		return run;
	}
	run = probe_net_done(prober->net, out);
	if (run != NULL) {
		return run;
	}
	run = next_from_curl(prober, &code);
	if (run != NULL) {
		take_from_curl(prober, run);
		probe_easy_end(run, code, prober->clock_ns, out);
		if (out->phase == PHASE_DNS && code == CURLE_OPERATION_TIMEDOUT) {
			hung_given_up(&prober->hung);
		}
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
	while ((run = next_ended(prober, &transport)) != NULL) {
		struct now now = clock_sys_boot();
		const struct grant *asked =
		    run->at.leg == PROBE_LEG_TOKEN ? run->grant : NULL;
		enum probe_turn turn;

		transport.started_at = run->started_at;
		excuse(run, &transport);
		turn = probe_legs_next(&prober->legs, run, &transport, now, out);
		if (asked != NULL) {
			wake_waiting(prober, asked, now);
		}
		if (turn == PROBE_TURN_OVER) {
			out->flags |= run->tag.flags;
			*out_tag = run->tag;
			prober->given = run;
			prober->in_flight--;
			return true;
		}
		go_on(prober, run, turn, now);
	}
	return false;
}
