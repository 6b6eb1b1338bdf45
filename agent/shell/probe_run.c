#include "agent/shell/probe_run.h"

#include "agent/core/expect.h"
#include "agent/core/keyring.h"
#include "agent/shell/probe_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

	if (keyed || run->kind == PROBE_AISTUDIO_STATUS ||
	    run->at.leg != PROBE_LEG_MAIN) {
		request_wipe(&run->request);
	}
}

/* The texts of a probe, in the order they lie in its copy. */
#define TEXTS(probe)                                                                   \
	{                                                                              \
		&(probe)->series, &(probe)->url, &(probe)->model, &(probe)->key,       \
		    &(probe)->prompt, &(probe)->size, &(probe)->products,              \
		    &(probe)->project, &(probe)->location, &(probe)->providers,        \
		    &(probe)->parameters, &(probe)->expect_text,                       \
		    &(probe)->expect_pointer, &(probe)->expect_value,                  \
		    &(probe)->resolver,                                                \
	}

/* The plan may be replaced while the run is in flight, so the run has its own copy. */
static enum err
copy_probe(struct probe_run *run, const struct plan_probe *probe)
{
	const char *const *const from[] = TEXTS(probe);
	const char **const to[] = TEXTS(&run->probe);
	size_t len = 0;
	char *at;

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		len += strlen(plan_text(*from[i])) + 1;
	}
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
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		const char *text = plan_text(*from[i]);
		size_t bytes = strlen(text) + 1;

		memcpy(at, text, bytes);
		*to[i] = at;
		at += bytes;
	}
	return ERR_OK;
}

enum err
probe_run_open(struct probe_run *run, const struct plan_probe *probe,
    const struct redact *redact, struct now now)
{
	enum err err = copy_probe(run, probe);

	if (err != ERR_OK) {
		return err;
	}
	run->kind = probe->kind;
	run->redact = redact;
	run->started_at = now.wall;
	run->started_ns = now.mono.ns;
	run->deadline_ns = now.mono.ns;
	run->at =
	    (struct probe_leg_state){.leg = PROBE_LEG_MAIN, .begun_ns = now.mono.ns};
	run->main_timing = (struct timing){0};
	run->public_api = false;
	run->decode_ns = 0;
	run->grant = NULL;
	run->fault = (struct oauth_fault){.outcome = OUTCOME_OK};
	run->page = NULL;
	run->public_key = NULL;
	run->interrupted = false;
	run->asking = false;
	run->waiting = false;
	run->waited_out = false;
	run->why[0] = '\0';
	check_begin(&run->check, &run->probe, redact);
	return ERR_OK;
}

/* ---- legs ---- */

static void
begin_leg(struct probe_run *run, enum probe_leg leg, int64_t now_ns)
{
	int64_t timeout_ns = (int64_t)run->probe.timeout_ms * CLOCK_NS_PER_MS;

	if (leg == PROBE_LEG_TOKEN && timeout_ns > PROBE_RUN_TOKEN_NS) {
		timeout_ns = PROBE_RUN_TOKEN_NS;
	}
	if (leg != PROBE_LEG_FETCH) {
		run->deadline_ns = clock_add_ns(now_ns, timeout_ns);
	}
	run->at = (struct probe_leg_state){.leg = leg, .begun_ns = now_ns};
	run->why[0] = '\0';
}

/* Why a request could not be built. */
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

/* Ends what was built, for that reason. */
static enum err
refuse(struct probe_run *run, const char *why)
{
	(void)snprintf(run->why, sizeof(run->why), "%s", why);
	probe_run_wipe(run);
	return ERR_REFUSED;
}

/* Below HTTP there is no request, just a place to go to. */
static enum err
build_net(struct probe_run *run)
{
	request_wipe(&run->request);
	if (probe_net_runs(run->probe.kind)) {
		return ERR_OK;
	}
	run->at.https = run->probe.kind == PROBE_TLS;
	if (probe_net_url(&run->probe, run->request.url, sizeof(run->request.url)) !=
	    ERR_OK) {
		(void)snprintf(run->why, sizeof(run->why), "not a %s://host:port",
		    probe_kind_name(run->probe.kind));
		return ERR_REFUSED;
	}
	return ERR_OK;
}

/* Builds the request of `probe` as it stands. The host that is asked about is the one of
 * the final URL, which is what curl gets. */
static enum err
build(struct probe_run *run, const struct agent_key *conf, const char *secret)
{
	struct request_host host;
	enum err err = request_build(&run->probe, secret, &run->request);

	if (err != ERR_OK) {
		return refuse(run, refusal(err));
	}
	if (!expect_is_valid(&run->probe)) {
		return refuse(run, "the probe expects what nothing can meet");
	}
	if (request_host(run->request.url, &host) != ERR_OK) {
		return refuse(run, refusal(ERR_INVALID));
	}
	run->at.https = host.https;
	if (conf != NULL && !keyring_allows(conf, &host)) {
		probe_run_wipe(run);
		(void)snprintf(run->why, sizeof(run->why),
		    "the key is not allowed for %.120s port %u", host.name,
		    (unsigned)host.port);
		return ERR_REFUSED;
	}
	return ERR_OK;
}

enum err
probe_run_page(struct probe_run *run, struct now now)
{
	begin_leg(run, PROBE_LEG_PAGE, now.mono.ns);
	run->probe.kind = PROBE_HTTP;
	check_begin(&run->check, &run->probe, run->redact);
	return build(run, NULL, NULL);
}

enum err
probe_run_token(struct probe_run *run, struct now now)
{
	struct request_host host;
	enum err err;

	begin_leg(run, PROBE_LEG_TOKEN, now.mono.ns);
	err = grant_request(run->grant, now.wall, &run->request);
	if (err == ERR_REFUSED) {
		return refuse(
		    run, "the service account's token_uri is not among token_hosts");
	}
	if (err != ERR_OK || request_host(run->request.url, &host) != ERR_OK) {
		return refuse(run, "no request for a token could be made");
	}
	run->at.https = host.https;
	return ERR_OK;
}

enum err
probe_run_main(struct probe_run *run, const struct agent_key *conf, const char *secret,
    struct now now)
{
	begin_leg(run, PROBE_LEG_MAIN, now.mono.ns);
	run->started_at = now.wall;
	run->started_ns = now.mono.ns;
	if (run->probe.kind != run->kind) {
		run->probe.kind = run->kind;
		check_begin(&run->check, &run->probe, run->redact);
	}
	if (probe_traits(run->kind)->family == FAMILY_NET) {
		return build_net(run);
	}
	return build(run, conf, secret);
}

enum err
probe_run_fetch(struct probe_run *run, struct now now)
{
	const char *link = check_link(&run->check);
	size_t len = strlen(link);
	struct request_host host;
	enum err err = request_host(link, &host);

	begin_leg(run, PROBE_LEG_FETCH, now.mono.ns);
	request_wipe(&run->request);
	if (err == ERR_OK && len < sizeof(run->request.url)) {
		run->request.method = "GET";
		memcpy(run->request.url, link, len + 1);
	}
	check_fetch_begin(&run->check);
	if (run->request.url[0] == '\0') {
		return refuse(run, "the picture's link is no URL that is followed");
	}
	run->at.https = host.https;
	return ERR_OK;
}
