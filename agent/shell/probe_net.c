#include "agent/shell/probe_net.h"

#include "agent/shell/address.h"
#include "agent/shell/probe_dns.h"
#include "agent/shell/probe_icmp.h"
#include "common/core/syntax.h"
#include "common/shell/clock_sys.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RUN_FDS = DNS_FDS, /* a name and an echo are never waited for at once */
	HOST_BYTES = 256,
	TEXT_BYTES = 256
};

struct net_run {
	struct net_run *next;
	void *owner;
	const struct plan_probe *probe; /* the owner's */
	char host[HOST_BYTES];
	struct lookup lookup;
	struct dns_query dns;
	struct ping ping;
	int64_t started_ns;
	int64_t named_ns; /* the name had an address, 0 = not yet */
	int64_t until_ns; /* end of what is waited for now */
	int64_t end_ns;
	enum transport_end end;
	enum phase phase;
	char text[TEXT_BYTES];
};

struct probe_net {
	struct lookup_address source;
	struct net_run *going;
	struct net_run *over; /* and not yet taken */
	struct net_run *taken;
	struct curl_waitfd *fd; /* room for all that are going */
	unsigned runs;
	unsigned runs_cap;
};

bool
probe_net_runs(enum probe_kind kind)
{
	return kind == PROBE_DNS || kind == PROBE_ICMP;
}

bool
probe_net_connects(enum probe_kind kind)
{
	return kind == PROBE_TCP || kind == PROBE_TLS;
}

/* ---- addresses of probes ---- */

/* scheme://host[:port], perhaps with a slash behind it, and nothing more. */
static bool
split(const struct plan_probe *probe, struct syntax_url *out)
{
	const char *scheme = probe_kind_name(probe->kind);

	return syntax_url_split(probe->url, out) &&
	       syntax_url_has_scheme(out, scheme) && out->host_len > 0 &&
	       out->host_len < HOST_BYTES &&
	       (out->rest[0] == '\0' || strcmp(out->rest, "/") == 0);
}

enum err
probe_net_url(const struct plan_probe *probe, char *out, size_t cap)
{
	struct syntax_url url;
	unsigned port;
	int len;

	if (!split(probe, &url)) {
		return ERR_INVALID;
	}
	port = url.port == 0 && probe->kind == PROBE_TLS ? 443 : url.port;
	if (port == 0) {
		return ERR_INVALID;
	}
	bool v6 = memchr(url.host, ':', url.host_len) != NULL;

	len = snprintf(out, cap, "%s://%s%.*s%s:%u/",
	    probe->kind == PROBE_TLS ? "https" : "http", v6 ? "[" : "",
	    (int)url.host_len, url.host, v6 ? "]" : "", port);
	return len > 0 && (size_t)len < cap ? ERR_OK : ERR_LIMIT;
}

/* ---- life of a run ---- */

struct probe_net *
probe_net_new(const char *source_address)
{
	struct probe_net *net = calloc(1, sizeof(*net));

	if (net == NULL) {
		return NULL;
	}
	if ((source_address != NULL && source_address[0] != '\0' &&
		!address_parse(source_address, &net->source)) ||
	    ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(net);
		return NULL;
	}
	return net;
}

static void
free_all(struct net_run *run)
{
	while (run != NULL) {
		struct net_run *next = run->next;

		dns_end(&run->dns);
		ping_end(&run->ping);
		free(run);
		run = next;
	}
}

void
probe_net_free(struct probe_net *net)
{
	if (net == NULL) {
		return;
	}
	free_all(net->going);
	free_all(net->over);
	free_all(net->taken);
	free(net->fd);
	free(net);
	ares_library_cleanup();
}

/* The run is over; it is moved among those that are when it is next looked at. */
static void
finish(struct net_run *run, enum transport_end end, enum phase phase)
{
	run->end = end;
	run->phase = phase;
	run->end_ns = clock_sys_boot().mono.ns;
}

static bool
is_over(const struct net_run *run)
{
	return run->end_ns != 0;
}

static void
refuse(struct net_run *run, const char *why)
{
	(void)snprintf(run->text, sizeof(run->text), "%s", why);
	finish(run, TRANSPORT_LOCAL, PHASE_LOCAL);
}

static int64_t
ms_after(int64_t at_ns, uint32_t ms)
{
	return clock_add_ns(at_ns, (ms > 0 ? ms : 1) * CLOCK_NS_PER_MS);
}

static void
look_at_ping(struct net_run *run)
{
	ping_step(&run->ping);
	if (run->ping.over) {
		(void)snprintf(run->text, sizeof(run->text), "%s", run->ping.text);
		finish(run, run->ping.end,
		    run->ping.end == TRANSPORT_DONE ? PHASE_DONE : PHASE_CONNECT);
	}
}

static void
begin_ping(struct probe_net *net, struct net_run *run, const struct lookup_address *to)
{
	run->named_ns = clock_sys_boot().mono.ns;
	run->until_ns = ms_after(run->started_ns, run->probe->timeout_ms);
	ping_begin(&run->ping, to, &net->source);
	if (run->ping.over) {
		look_at_ping(run);
	}
}

/* The name is known, or will not be. */
static void
look_at_lookup(struct probe_net *net, struct net_run *run, bool late)
{
	enum transport_end end;

	if (!lookup_is_over(&run->lookup) && !late) {
		return;
	}
	end = lookup_judge(&run->lookup, run->text, sizeof(run->text));
	dns_end(&run->dns);
	if (run->probe->kind == PROBE_ICMP && end == TRANSPORT_DONE) {
		begin_ping(net, run, &run->lookup.address[0]);
		return;
	}
	finish(run, end, end == TRANSPORT_DONE ? PHASE_DONE : PHASE_DNS);
	if (end == TRANSPORT_DONE || end == TRANSPORT_MISMATCH) {
		run->named_ns = run->end_ns;
	}
}

static void
begin_lookup(struct probe_net *net, struct net_run *run)
{
	const struct plan_probe *probe = run->probe;
	bool echo = probe->kind == PROBE_ICMP;
	uint32_t ms = probe->timeout_ms;

	if (echo && probe->connect_timeout_ms > 0 && probe->connect_timeout_ms < ms) {
		ms = probe->connect_timeout_ms; /* there is more to come */
	}
	struct dns_question question = {.name = run->host,
	    .resolver = echo ? "" : plan_text(probe->resolver),
	    .family = probe->family,
	    .in_turn = echo,
	    .hosts = echo,
	    .timeout_ms = ms,
	    .source = &net->source};

	run->until_ns = ms_after(run->started_ns, ms);
	dns_begin(&run->dns, &question, &run->lookup);
	look_at_lookup(net, run, false);
}

static void
begin(struct probe_net *net, struct net_run *run)
{
	const struct plan_probe *probe = run->probe;
	const char *expected = plan_text(probe->expect_value);
	struct lookup_address address;
	struct syntax_url url;

	if (!split(probe, &url) || url.port != 0) {
		refuse(run, probe->kind == PROBE_DNS ? "not a dns://name"
						     : "not an icmp://host");
		return;
	}
	memcpy(run->host, url.host, url.host_len);
	run->host[url.host_len] = '\0';
	if (probe->kind == PROBE_ICMP && address_parse(run->host, &address)) {
		if (probe->family != 0 && probe->family != address.version) {
			refuse(run, "not an address of the family asked for");
			return;
		}
		begin_ping(net, run, &address);
		return;
	}
	if (probe->kind == PROBE_DNS && expected[0] != '\0' &&
	    !address_parse(expected, &run->lookup.expected)) {
		refuse(run, "the value expected is no address");
		return;
	}
	begin_lookup(net, run);
}

/* Room for the descriptors of one more run. */
static bool
make_room(struct probe_net *net)
{
	unsigned cap = net->runs_cap == 0 ? 4 : 2 * net->runs_cap;
	struct curl_waitfd *fd;

	if (net->runs < net->runs_cap) {
		return true;
	}
	fd = realloc(net->fd, (size_t)cap * RUN_FDS * sizeof(*fd));
	if (fd == NULL) {
		return false;
	}
	net->fd = fd;
	net->runs_cap = cap;
	return true;
}

enum err
probe_net_start(struct probe_net *net, const struct plan_probe *probe, void *owner)
{
	struct net_run *run = make_room(net) ? calloc(1, sizeof(*run)) : NULL;

	if (run == NULL) {
		return ERR_NOMEM;
	}
	run->owner = owner;
	run->probe = probe;
	run->started_ns = clock_sys_boot().mono.ns;
	lookup_init(&run->lookup);
	ping_init(&run->ping);
	begin(net, run);
	run->next = net->going;
	net->going = run;
	net->runs++;
	return ERR_OK;
}

/* ---- the loop's side ---- */

struct curl_waitfd *
probe_net_fds(struct probe_net *net, unsigned *out_len)
{
	unsigned len = 0;

	for (const struct net_run *run = net->going; run != NULL; run = run->next) {
		if (run->ping.fd >= 0) {
			net->fd[len++] = (struct curl_waitfd){
			    .fd = run->ping.fd, .events = CURL_WAIT_POLLIN};
		} else {
			len += dns_fds(&run->dns, net->fd + len);
		}
	}
	*out_len = len;
	return net->fd;
}

int64_t
probe_net_deadline(const struct probe_net *net)
{
	int64_t deadline = INT64_MAX;

	for (const struct net_run *run = net->going; run != NULL; run = run->next) {
		int64_t at = is_over(run) ? run->end_ns : run->until_ns;

		deadline = at < deadline ? at : deadline;
	}
	return deadline;
}

static void
move(struct probe_net *net, struct net_run *run, int64_t now_ns)
{
	bool late = now_ns >= run->until_ns;

	if (run->ping.fd < 0) {
		dns_step(&run->dns);
		look_at_lookup(net, run, late);
		return;
	}
	look_at_ping(run);
	if (!is_over(run) && late) {
		(void)snprintf(run->text, sizeof(run->text), "no echo from %s in time",
		    run->ping.text);
		finish(run, TRANSPORT_TIMEOUT, PHASE_WAIT);
	}
}

void
probe_net_perform(struct probe_net *net)
{
	struct net_run **at = &net->going;
	int64_t now_ns;

	if (net->going == NULL) {
		return;
	}
	now_ns = clock_sys_boot().mono.ns;
	while (*at != NULL) {
		struct net_run *run = *at;

		if (!is_over(run)) {
			move(net, run, now_ns);
		}
		if (!is_over(run)) {
			at = &run->next;
			continue;
		}
		*at = run->next;
		run->next = net->over;
		net->over = run;
		net->runs--;
		dns_end(&run->dns);
		ping_end(&run->ping);
	}
}

/* Microseconds from the start of the run; never 0, which means "not reached". */
static uint32_t
since_start_us(const struct net_run *run, int64_t at_ns)
{
	int64_t us = clock_sub_ns(at_ns, run->started_ns) / CLOCK_NS_PER_US;

	if (us <= 0) {
		return 1;
	}
	return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void *
probe_net_done(struct probe_net *net, struct transport *out)
{
	struct net_run *run = net->over;

	free_all(net->taken);
	net->taken = run;
	if (run == NULL) {
		return NULL;
	}
	net->over = run->next;
	run->next = NULL;
	*out = (struct transport){
	    .end = run->end,
	    .phase = run->phase,
	    .timing.total_us = since_start_us(run, run->end_ns),
	    .text = run->text,
	};
	if (run->named_ns != 0) {
		out->timing.dns_us = since_start_us(run, run->named_ns);
	}
	if (run->probe->kind == PROBE_ICMP && run->end == TRANSPORT_DONE) {
		out->timing.first_byte_us = out->timing.total_us;
	}
	return run->owner;
}
