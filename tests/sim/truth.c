#include "tests/sim/truth.h"

#include "agent/shell/probe_curl.h"
#include "common/core/limits.h"
#include "tests/sim/chance.h"
#include "tests/sim/node.h"

#include <stdio.h>
#include <stdlib.h>

static struct {
	bool is_down;
	bool is_limited;
	bool is_cut[TRUTH_REGIONS];
	unsigned noise_permille;
} truth;

struct run {
	bool is_used;
	bool is_done;
	uint64_t number;
	struct probe_tag tag;
	struct result result;
	char series[LIMIT_SERIES_BYTES];
};

struct prober {
	struct node *node;
	uint64_t runs;
	uint32_t in_flight;
	struct run run[LIMIT_IN_FLIGHT_PROBES];
};

void
truth_begin(void)
{
	truth.is_down = false;
	truth.is_limited = false;
	for (size_t i = 0; i < TRUTH_REGIONS; i++) {
		truth.is_cut[i] = false;
	}
	truth.noise_permille = 0;
}

void
truth_set_outage(bool is_down)
{
	truth.is_down = is_down;
}

void
truth_set_limited(bool is_limited)
{
	truth.is_limited = is_limited;
}

void
truth_set_region(uint16_t region, bool is_cut)
{
	truth.is_cut[region] = is_cut;
}

void
truth_set_noise(unsigned permille)
{
	truth.noise_permille = permille;
}

/* What a probe finds now, and how long that takes. */
static int64_t
look(uint16_t region, enum probe_role role, struct result *out)
{
	bool is_target = role == ROLE_TARGET || role == ROLE_FREE;

	out->outcome = OUTCOME_OK;
	out->phase = PHASE_DONE;
	out->http_status = 200;
	if (truth.is_cut[region]) {
		out->outcome = OUTCOME_NET_CONNECT;
		out->phase = PHASE_CONNECT;
		out->http_status = 0;
		return chance_between(CLOCK_NS_PER_S, 3 * CLOCK_NS_PER_S);
	}
	if (is_target && truth.is_down) {
		out->outcome = OUTCOME_UPSTREAM_ERROR;
		out->flags = FLAG_OVERLOADED;
		out->http_status = 503;
	} else if (is_target && truth.is_limited) {
		out->outcome = OUTCOME_RATE_LIMITED;
		out->http_status = 429;
	} else if (chance_below(1000) < truth.noise_permille) {
		out->outcome = OUTCOME_TIMEOUT;
		out->phase = PHASE_WAIT;
		out->http_status = 0;
		return 4 * CLOCK_NS_PER_S;
	}
	return chance_between(20 * CLOCK_NS_PER_MS, 900 * CLOCK_NS_PER_MS);
}

/* ---- probe_curl.h ---- */

struct prober *
prober_new(const struct prober_conf *conf)
{
	struct prober *prober = calloc(1, sizeof(*prober));

	(void)conf;
	if (prober == NULL) {
		abort();
	}
	prober->node = node_current();
	return prober;
}

void
prober_free(struct prober *prober)
{
	free(prober);
}

/* The program that began it may be gone: its memory is not looked at then. */
static void
finish(void *what, uint64_t token)
{
	struct node *node = what;
	struct prober *prober;

	if (node->fiber == NULL || node->lives != token >> 40 || node->prober == NULL) {
		return;
	}
	prober = node->prober;
	for (size_t i = 0; i < LIMIT_IN_FLIGHT_PROBES; i++) {
		if (prober->run[i].is_used &&
		    prober->run[i].number == (token & ((UINT64_C(1) << 40) - 1))) {
			prober->run[i].is_done = true;
		}
	}
	node_wake(node);
}

enum err
prober_start(struct prober *prober, const struct plan_probe *probe,
    const struct probe_key *key, const struct probe_tag *tag, struct now now)
{
	size_t i = 0;
	struct run *run;
	int64_t took_ns;

	(void)key;
	while (i < LIMIT_IN_FLIGHT_PROBES && prober->run[i].is_used) {
		i++;
	}
	if (i == LIMIT_IN_FLIGHT_PROBES) {
		return ERR_AGAIN;
	}
	prober->node->prober = prober;
	run = &prober->run[i];
	*run = (struct run){.is_used = true, .number = ++prober->runs, .tag = *tag};
	(void)snprintf(run->series, sizeof(run->series), "%s", probe->series);
	run->result = (struct result){.series = run->series,
	    .started_at = now.wall,
	    .flags = tag->flags,
	    .detail = "",
	    .request_id = ""};
	took_ns = look(prober->node->region, probe->role, &run->result);
	run->result.timing.total_us = (uint32_t)(took_ns / CLOCK_NS_PER_US);
	prober->in_flight++;
	chance_add(chance_now() + took_ns, finish, prober->node,
	    (uint64_t)prober->node->lives << 40 | run->number);
	return ERR_OK;
}

bool
prober_done(struct prober *prober, struct probe_tag *out_tag, struct result *out)
{
	for (size_t i = 0; prober->in_flight > 0 && i < LIMIT_IN_FLIGHT_PROBES; i++) {
		struct run *run = &prober->run[i];

		if (run->is_used && run->is_done) {
			run->is_used = false; /* its texts stay until the next start */
			prober->in_flight--;
			*out_tag = run->tag;
			*out = run->result;
			return true;
		}
	}
	return false;
}

enum err
prober_wait(struct prober *prober, int64_t timeout_ns)
{
	(void)prober;
	if (timeout_ns != 0) {
		node_wait(timeout_ns < 0 || timeout_ns > INT64_MAX - chance_now()
			      ? INT64_MAX
			      : chance_now() + timeout_ns);
	} else {
		node_wait(chance_now());
	}
	return ERR_OK;
}

void
prober_wakeup(struct prober *prober)
{
	node_wake(prober->node);
}

void
prober_forget(struct prober *prober, const char *series)
{
	(void)prober;
	(void)series;
}

uint32_t
prober_in_flight(const struct prober *prober)
{
	return prober->in_flight;
}
