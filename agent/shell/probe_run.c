#include "agent/shell/probe_run.h"

#include "agent/core/expect.h"
#include "agent/core/keyring.h"
#include "agent/shell/probe_net.h"
#include "common/shell/clock_sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A copy of `text` behind `prefix`; NULL stays NULL and "" becomes it. */
static bool
copy_text(const char *prefix, const char *text, char **out_copy)
{
	size_t prefix_len = strlen(prefix);
	char *copy;

	if (text == NULL || text[0] == '\0') {
		return true;
	}
	copy = malloc(prefix_len + strlen(text) + 1);
	if (copy == NULL) {
		return false;
	}
	memcpy(copy, prefix, prefix_len);
	memcpy(copy + prefix_len, text, strlen(text) + 1);
	*out_copy = copy;
	return true;
}

/* The configured CA file, or the one curl was built for when it is there. Naming the file
 * is worth the trouble: see set_fixed(). NULL leaves curl its defaults. */
static const char *
ca_file_of(const struct prober_conf *from)
{
	const char *built_in = curl_version_info(CURLVERSION_NOW)->cainfo;

	if (from->ca_file != NULL && from->ca_file[0] != '\0') {
		return from->ca_file;
	}
	return built_in != NULL && access(built_in, R_OK) == 0 ? built_in : NULL;
}

bool
probe_run_conf_init(struct probe_run_conf *conf, const struct prober_conf *from)
{
	*conf = (struct probe_run_conf){0};
	/* "host!" keeps curl from looking for a network interface of that name. */
	return copy_text("host!", from->source_address, &conf->bind_to) &&
	       copy_text("", ca_file_of(from), &conf->ca_file) &&
	       copy_text("", from->user_agent, &conf->user_agent);
}

void
probe_run_conf_done(struct probe_run_conf *conf)
{
	free(conf->bind_to);
	free(conf->ca_file);
	free(conf->user_agent);
	*conf = (struct probe_run_conf){0};
}

struct probe_run *
probe_run_new(const int64_t *clock_ns)
{
	struct probe_run *run = calloc(1, sizeof(*run));

	if (run == NULL) {
		return NULL;
	}
	run->clock_ns = clock_ns;
	run->easy = curl_easy_init();
	if (run->easy == NULL) {
		free(run);
		return NULL;
	}
	return run;
}

void
probe_run_free(struct probe_run *run)
{
	if (run == NULL) {
		return;
	}
	probe_run_wipe(run);
	curl_easy_cleanup(run->easy);
	free(run->text);
	free(run);
}

void
probe_run_wipe(struct probe_run *run)
{
	bool keyed = run->probe.key != NULL && run->probe.key[0] != '\0';

	if (keyed || run->probe.kind == PROBE_AISTUDIO_STATUS) {
		request_wipe(&run->request);
	}
}

/* Copies `text` to `*at` and moves `*at` behind it. */
static const char *
pack(char **at, const char *text)
{
	size_t len = strlen(text) + 1;
	const char *copy = memcpy(*at, text, len);

	*at += len;
	return copy;
}

/* The plan may be replaced while the run is in flight, so the run has its own copy; the
 * prompt, the longest text, is in the request already. */
static enum err
copy_probe(struct probe_run *run, const struct plan_probe *probe)
{
	size_t len = strlen(probe->series) + strlen(probe->url) + strlen(probe->model) +
		     strlen(probe->key) + strlen(probe->size) +
		     strlen(probe->products) + strlen(plan_text(probe->expect_text)) +
		     strlen(plan_text(probe->expect_pointer)) +
		     strlen(plan_text(probe->expect_value)) +
		     strlen(plan_text(probe->resolver)) + 10;
	char *at;

	if (len > run->text_cap) {
		char *text = realloc(run->text, len);

		if (text == NULL) {
			return ERR_NOMEM;
		}
		run->text = text;
		run->text_cap = len;
	}
	at = run->text;
	run->probe = *probe;
	run->probe.series = pack(&at, probe->series);
	run->probe.url = pack(&at, probe->url);
	run->probe.model = pack(&at, probe->model);
	run->probe.key = pack(&at, probe->key);
	run->probe.size = pack(&at, probe->size);
	run->probe.products = pack(&at, probe->products);
	run->probe.expect_text = pack(&at, plan_text(probe->expect_text));
	run->probe.expect_pointer = pack(&at, plan_text(probe->expect_pointer));
	run->probe.expect_value = pack(&at, plan_text(probe->expect_value));
	run->probe.resolver = pack(&at, plan_text(probe->resolver));
	run->probe.prompt = "";
	return ERR_OK;
}

/* Why request_build() would not. */
static const char *
refusal(enum err err)
{
	switch (err) {
	case ERR_NOTFOUND:
		return "the key this probe names is not configured on this agent";
	case ERR_REFUSED:
		return "the key would travel over plain HTTP";
	case ERR_LIMIT:
		return "the request would be too long";
	case ERR_INVALID:
		return "the probe has a bad URL, model, prompt or key";
	case ERR_OK:
	case ERR_FORMAT:
	case ERR_VERSION:
	case ERR_EXISTS:
	case ERR_AGAIN:
	case ERR_FULL:
	case ERR_IO:
	case ERR_DENIED:
	case ERR_INUSE:
	case ERR_NOMEM:
	case ERR_COUNT:
		break;
	}
	return "the request could not be built";
}

/* Below HTTP there is no request, just a place to go to. */
static bool
admit_net(struct probe_run *run, const struct plan_probe *probe)
{
	request_wipe(&run->request);
	if (probe_net_runs(probe->kind)) {
		return true;
	}
	run->https = probe->kind == PROBE_TLS;
	if (probe_net_url(probe, run->request.url, sizeof(run->request.url)) !=
	    ERR_OK) {
		(void)snprintf(run->why, sizeof(run->why), "not a %s://host:port",
		    probe_kind_name(probe->kind));
		return false;
	}
	return true;
}

/* Builds the request and decides whether it may go out. The host that is asked about is
 * the one of the final URL, which is what curl gets. */
static bool
admit(
    struct probe_run *run, const struct plan_probe *probe, const struct probe_key *key)
{
	bool has_key = probe->key[0] != '\0' && key != NULL;
	struct request_host host;
	enum err err;

	if (probe_traits(probe->kind)->family == FAMILY_NET) {
		return admit_net(run, probe);
	}
	if (!expect_is_valid(probe)) {
		(void)snprintf(run->why, sizeof(run->why),
		    "the probe expects what nothing can meet");
		return false;
	}
	err = request_build(
	    probe, has_key ? key->secret : run->public_key, &run->request);
	if (err != ERR_OK) {
		(void)snprintf(run->why, sizeof(run->why), "%s", refusal(err));
		return false;
	}
	if (request_host(run->request.url, &host) != ERR_OK) {
		(void)snprintf(run->why, sizeof(run->why), "%s", refusal(ERR_INVALID));
		return false;
	}
	run->https = host.https;
	if (has_key && !keyring_allows(key->conf, &host)) {
		(void)snprintf(run->why, sizeof(run->why),
		    "the key is not allowed for %.120s port %u", host.name,
		    (unsigned)host.port);
		return false;
	}
	return true;
}

enum err
probe_run_prepare(struct probe_run *run, const struct plan_probe *probe,
    const struct probe_key *key, const struct redact *redact)
{
	struct plan_probe wanted = *probe;
	enum err err;

	if (run->page != NULL) {
		wanted.kind = PROBE_HTTP; /* the page first, with nobody's key */
	}
	err = copy_probe(run, &wanted);
	if (err != ERR_OK) {
		return err;
	}
	run->heard_ns = 0;
	run->cert = (struct cert_watch){0};
	run->tls_begun_ns = 0;
	run->socket_errno = 0;
	run->head_bytes = 0;
	run->https = false;
	run->head_whole = false;
	run->over_limit = false;
	run->stalled = false;
	run->why[0] = '\0';
	check_begin(&run->check, &run->probe, redact);
	if (!admit(run, &wanted, key)) {
		probe_run_wipe(run);
		return ERR_REFUSED;
	}
	return ERR_OK;
}

static size_t
take_header(char *data, size_t size, size_t count, void *context)
{
	struct probe_run *run = context;
	size_t len = size * count;

	run->heard_ns = *run->clock_ns;
	if (len > LIMIT_HEADER_BYTES - run->head_bytes) {
		run->over_limit = true;
		return 0;
	}
	run->head_bytes += (uint32_t)len;
	if (len <= 2 && len > 0 && data[len - 1] == '\n') {
		run->head_whole = true;
	} else if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
		run->head_whole = false; /* an early answer was before it */
	}
	check_header(&run->check, data, len);
	return len;
}

static size_t
take_body(char *data, size_t size, size_t count, void *context)
{
	struct probe_run *run = context;
	size_t len = size * count;

	run->heard_ns = *run->clock_ns;
	if (run->page != NULL) {
		harvest_page(run->page, data, len);
	}
	if (!check_body(&run->check, data, len)) {
		run->over_limit = true;
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
	cert_watch(tls, &run->cert);
	run->tls_begun_ns = clock_sys_now().mono.ns;
	return CURLE_OK;
}

/* Curl does not tell why it got no socket, and that it is our own fault. */
static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct probe_run *run = context;
	int fd = socket(
	    address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	(void)purpose;
	run->socket_errno = fd < 0 ? errno : 0;
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

static bool
set_request(struct probe_run *run)
{
	CURL *easy = run->easy;
	const struct plan_probe *probe = &run->probe;
	uint32_t connect_ms = probe->connect_timeout_ms;
	struct curl_slist *list = NULL;
	bool set = chain_headers(run, &list);

	/* 0 would be curl's own default. */
	if (connect_ms == 0 || connect_ms > probe->timeout_ms) {
		connect_ms = probe->timeout_ms;
	}
	SET(set, easy, CURLOPT_URL, run->request.url);
	if (probe_net_connects(probe->kind)) {
		SET(set, easy, CURLOPT_CONNECT_ONLY, 1L);
		SET(set, easy, CURLOPT_SSL_ENABLE_ALPN, 0L); /* any protocol inside */
	}
	SET(set, easy, CURLOPT_HTTPHEADER, list);
	SET(set, easy, CURLOPT_TIMEOUT_MS,
	    probe->timeout_ms > 0 ? (long)probe->timeout_ms : 1L);
	SET(set, easy, CURLOPT_CONNECTTIMEOUT_MS,
	    connect_ms > 0 ? (long)connect_ms : 1L);
	if (run->request.body_bytes > 0) {
		SET(set, easy, CURLOPT_POSTFIELDSIZE, (long)run->request.body_bytes);
		SET(set, easy, CURLOPT_POSTFIELDS, run->request.body);
	}
	return set;
}

enum err
probe_run_arm(struct probe_run *run, const struct probe_run_conf *conf,
    const struct validator *known)
{
	if (known != NULL) {
		/* A request that has no room for validators goes out without them. */
		enum err err = request_conditional(
		    &run->request, known->etag, known->last_modified);
		(void)err;
	}
	curl_easy_reset(run->easy);
	if (!set_fixed(run, conf) || !set_request(run)) {
		probe_run_wipe(run);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void
probe_run_facts(const struct probe_run *run, CURLcode code, struct transport_facts *out)
{
	transport_facts_of(run->easy, code, out);
	out->https = run->https;
	out->over_limit = run->over_limit;
	out->stalled = run->stalled;
	out->head_whole = run->head_whole || probe_net_connects(run->probe.kind);
	out->text = run->why;
	if (run->socket_errno != 0) {
		out->os_errno = run->socket_errno;
	}
	if (out->timing.connect_us == 0 && run->tls_begun_ns != 0) {
		int64_t us =
		    clock_sub_ns(run->tls_begun_ns, run->started_ns) / CLOCK_NS_PER_US;

		out->timing.connect_us = us > 0 && us < UINT32_MAX ? (uint32_t)us : 1;
	}
}
