#include "agent/shell/probe_easy.h"

#include "agent/core/reach.h"
#include "agent/shell/probe_net.h"
#include "common/shell/clock_sys.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static size_t
take_header(char *data, size_t size, size_t count, void *context)
{
	struct probe_run *run = context;
	size_t len = size * count;

	run->at.heard_ns = *run->clock_ns;
	if (len > LIMIT_HEADER_BYTES - run->at.head_bytes) {
		run->at.over_limit = true;
		return 0;
	}
	run->at.head_bytes += (uint32_t)len;
	if (len <= 2 && len > 0 && data[len - 1] == '\n') {
		run->at.head_whole = true;
	} else if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
		run->at.head_whole = false; /* an early answer was before it */
	}
	if (run->at.leg != PROBE_LEG_TOKEN) {
		check_header(&run->check, data, len);
	}
	return len;
}

/* What this thread has cost so far. */
static int64_t
spent_ns(void)
{
	struct timespec at;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at) != 0) {
		return 0;
	}
	return (int64_t)at.tv_sec * CLOCK_NS_PER_S + at.tv_nsec;
}

/* The answer's pieces go through the check; with pictures in them the looking costs
 * something worth knowing, and asking the clock twice a piece does not. */
static bool
take_piece(struct probe_run *run, const char *data, size_t len)
{
	bool timed = probe_traits(run->kind)->makes_image;
	int64_t begun_ns = timed ? spent_ns() : 0;
	bool go_on = check_body(&run->check, data, len);

	if (timed) {
		run->decode_ns += spent_ns() - begun_ns;
	}
	return go_on;
}

static bool
feed(struct probe_run *run, const char *data, size_t len)
{
	switch (run->at.leg) {
	case PROBE_LEG_TOKEN:
		return oauth_answer_body(&run->grant->answer, data, len);
	case PROBE_LEG_PAGE:
		harvest_page(run->page, data, len);
		return check_body(&run->check, data, len);
	case PROBE_LEG_MAIN:
	case PROBE_LEG_FETCH:
		break;
	}
	return take_piece(run, data, len);
}

static size_t
take_body(char *data, size_t size, size_t count, void *context)
{
	struct probe_run *run = context;
	size_t len = size * count;

	run->at.heard_ns = *run->clock_ns;
	if (!feed(run, data, len)) {
		run->at.over_limit = true;
		return CURL_WRITEFUNC_ERROR;
	}
	return len;
}

/* Curl tells when TCP stood only once TLS stands, too; this is called in between. */
static CURLcode
note_tls(CURL *easy, void *tls, void *context)
{
	struct probe_run *run = context;

	(void)easy;
	cert_watch(tls, &run->at.cert);
	run->at.tls_begun_ns = clock_sys_boot().mono.ns;
	return CURLE_OK;
}

/* Called whenever curl has moved, so the first call that knows the whole body to be sent
 * is the instant it left. */
static int
note_sent(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
    curl_off_t up)
{
	struct probe_run *run = context;
	curl_off_t us = 0;

	(void)down_all;
	(void)down;
	(void)up_all;
	if (run->at.sent_us == 0 && up >= (curl_off_t)run->request.body_bytes &&
	    curl_easy_getinfo(run->easy, CURLINFO_TOTAL_TIME_T, &us) == CURLE_OK) {
		run->at.sent_us = us > 0 && us < UINT32_MAX ? (uint32_t)us : 1;
	}
	return 0;
}

static bool
is_public(const struct curl_sockaddr *address)
{
	unsigned char bytes[16];
	/* Curl's struct declares room for IPv4 and is as long as the family needs. */
	const char *from = (const char *)address + offsetof(struct curl_sockaddr, addr);
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	if (address->family == AF_INET && address->addrlen >= sizeof(v4)) {
		memcpy(&v4, from, sizeof(v4));
		memcpy(bytes, &v4.sin_addr, 4);
		return reach_is_public(4, bytes);
	}
	if (address->family == AF_INET6 && address->addrlen >= sizeof(v6)) {
		memcpy(&v6, from, sizeof(v6));
		memcpy(bytes, &v6.sin6_addr, 16);
		return reach_is_public(6, bytes);
	}
	return false;
}

/* The address is looked at here, after the name was resolved and before anything is sent:
 * a name that first leads outside and then inside gets no further either. */
static bool
may_connect(struct probe_run *run, const struct curl_sockaddr *address)
{
	bool outside = is_public(address);

	if (run->at.leg == PROBE_LEG_MAIN) {
		run->public_api |= outside;
	}
	if (run->at.leg == PROBE_LEG_FETCH && run->public_api && !outside) {
		run->at.led_inside = true;
		return false;
	}
	return true;
}

/* Curl does not tell why it got no socket, and that it is our own fault. */
static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct probe_run *run = context;
	int fd;

	(void)purpose;
	if (!may_connect(run, address)) {
		return CURL_SOCKET_BAD;
	}
	fd = socket(
	    address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	run->at.socket_errno = fd < 0 ? errno : 0;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Makes `set` false when curl refuses an option, and then asks it nothing more. */
#define SET(set, easy, option, value)                                                  \
	((set) = (set) && curl_easy_setopt(easy, option, value) == CURLE_OK)

/* What is the same for every run. Nothing outside this file and the configuration may
 * influence a probe: no proxy or .netrc of the environment, no cookies, no redirects. */
static bool
set_fixed(struct probe_run *run, const struct probe_run_conf *conf)
{
	CURL *easy = run->easy;
	bool set = true;

	SET(set, easy, CURLOPT_NOSIGNAL, 1L);
	SET(set, easy, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(set, easy, CURLOPT_PROXY, "");
	SET(set, easy, CURLOPT_FRESH_CONNECT, 1L);
	SET(set, easy, CURLOPT_FORBID_REUSE, 1L);
	SET(set, easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	SET(set, easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(set, easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(set, easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	/* A name lookup that hangs in the resolver's thread must not hold up this one. */
	SET(set, easy, CURLOPT_QUICK_EXIT, 1L);
	SET(set, easy, CURLOPT_HEADERFUNCTION, take_header);
	SET(set, easy, CURLOPT_HEADERDATA, run);
	SET(set, easy, CURLOPT_WRITEFUNCTION, take_body);
	SET(set, easy, CURLOPT_WRITEDATA, run);
	SET(set, easy, CURLOPT_SSL_CTX_FUNCTION, note_tls);
	SET(set, easy, CURLOPT_SSL_CTX_DATA, run);
	SET(set, easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(set, easy, CURLOPT_OPENSOCKETDATA, run);
	SET(set, easy, CURLOPT_PRIVATE, run);
	SET(set, easy, CURLOPT_ERRORBUFFER, run->why);
	SET(set, easy, CURLOPT_USERAGENT, conf->user_agent);
	SET(set, easy, CURLOPT_INTERFACE, conf->bind_to);
	if (conf->ca_file != NULL) {
		/* A certificate folder besides would be trusted as well, and keeps curl
		 * from caching the parsed store in the multi handle. */
		SET(set, easy, CURLOPT_CAINFO, conf->ca_file);
		SET(set, easy, CURLOPT_CAPATH, NULL);
	}
	return set;
}

/* Chains the header lines where they lie: a list of curl's own making would leave a copy
 * of the key behind. NULL in `out_list` when there are none; false when there are more
 * than we have room for. */
static bool
chain_headers(struct probe_run *run, struct curl_slist **out_list)
{
	size_t len = 0;
	char *at = run->request.header;
	const char *end = at + run->request.header_bytes;

	for (; at < end; at += strlen(at) + 1) {
		if (len == PROBE_RUN_HEADERS) {
			return false;
		}
		run->header[len] = (struct curl_slist){.data = at, .next = NULL};
		if (len > 0) {
			run->header[len - 1].next = &run->header[len];
		}
		len++;
	}
	*out_list = len > 0 ? &run->header[0] : NULL;
	return true;
}

/* Whole milliseconds until `deadline_ns`, at least 1: 0 would be curl's own default. */
static long
left_ms(int64_t deadline_ns, int64_t now_ns)
{
	int64_t ms =
	    (clock_sub_ns(deadline_ns, now_ns) + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;

	return ms < 1 ? 1 : ms > LONG_MAX ? LONG_MAX : (long)ms;
}

static bool
set_request(struct probe_run *run, int64_t now_ns)
{
	CURL *easy = run->easy;
	const struct plan_probe *probe = &run->probe;
	long timeout_ms = left_ms(run->deadline_ns, now_ns);
	long connect_ms = (long)probe->connect_timeout_ms;
	long version = probe->family == 4   ? CURL_IPRESOLVE_V4
		       : probe->family == 6 ? CURL_IPRESOLVE_V6
					    : CURL_IPRESOLVE_WHATEVER;
	struct curl_slist *list = NULL;
	bool set = chain_headers(run, &list);

	if (connect_ms == 0 || connect_ms > timeout_ms) {
		connect_ms = timeout_ms;
	}
	SET(set, easy, CURLOPT_URL, run->request.url);
	if (probe_net_connects(probe->kind)) {
		SET(set, easy, CURLOPT_CONNECT_ONLY, 1L);
		SET(set, easy, CURLOPT_SSL_ENABLE_ALPN, 0L); /* any protocol inside */
	}
	SET(set, easy, CURLOPT_HTTPHEADER, list);
	SET(set, easy, CURLOPT_IPRESOLVE, version);
	SET(set, easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	SET(set, easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	if (run->request.body_bytes > 0) {
		SET(set, easy, CURLOPT_POSTFIELDSIZE, (long)run->request.body_bytes);
		SET(set, easy, CURLOPT_POSTFIELDS, run->request.body);
		SET(set, easy, CURLOPT_XFERINFOFUNCTION, note_sent);
		SET(set, easy, CURLOPT_XFERINFODATA, run);
		SET(set, easy, CURLOPT_NOPROGRESS, 0L);
	}
	return set;
}

enum err
probe_easy_arm(struct probe_run *run, const struct probe_run_conf *conf,
    const struct validator *known, int64_t now_ns)
{
	if (known != NULL) {
		/* A request that has no room for validators goes out without them. */
		enum err err = request_conditional(
		    &run->request, known->etag, known->last_modified);
		(void)err;
	}
	curl_easy_reset(run->easy);
	if (!set_fixed(run, conf) || !set_request(run, now_ns)) {
		probe_run_wipe(run);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

static uint32_t
us_since(int64_t now_ns, int64_t from_ns)
{
	int64_t us = clock_sub_ns(now_ns, from_ns) / CLOCK_NS_PER_US;

	return us < 1 ? 1 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void
probe_easy_end(
    const struct probe_run *run, CURLcode code, int64_t now_ns, struct transport *out)
{
	const struct probe_leg_state *at = &run->at;
	struct transport_facts facts;

	transport_facts_of(run->easy, code, &facts);
	facts.https = at->https;
	facts.over_limit = at->over_limit;
	facts.stalled = at->stalled;
	facts.head_whole = at->head_whole || probe_net_connects(run->probe.kind);
	facts.text = run->why;
	facts.timing.sent_us = at->sent_us;
	if (at->over_limit) {
		facts.text =
		    ""; /* curl would speak of an output that cannot be written */
	}
	if (at->socket_errno != 0) {
		facts.os_errno = at->socket_errno;
	}
	if (facts.timing.connect_us == 0 && at->tls_begun_ns != 0) {
		facts.timing.connect_us = us_since(at->tls_begun_ns, at->begun_ns);
	}
	if (at->stalled) {
		/* Curl does not update its own total while nothing happens. */
		facts.timing.total_us = us_since(now_ns, at->begun_ns);
		facts.text = "the answer stopped coming";
	}
	transport_of_curl(&facts, out);
	out->cert_days = at->cert.days;
	if (out->end == TRANSPORT_BAD_CERT && cert_reason(&at->cert) != NULL) {
		out->text = cert_reason(&at->cert);
	}
	if (at->led_inside && out->end != TRANSPORT_DONE) {
		out->end = TRANSPORT_MISMATCH;
		out->text = "the picture's link leads to an address that is not public";
	}
}
