/* probe_run - one run of one probe: its request, its curl handle, its check
 * Room: agent/shell. Used by probe_curl.c only, on its thread.
 *
 * A run is prepared again and again; what it needs stays with it. The key is in `request`
 * from probe_run_prepare() to probe_run_wipe(). Curl copies header lines into its own send
 * buffer, which is freed and not wiped when the transfer ends. */
#ifndef AGENT_SHELL_PROBE_RUN_H
#define AGENT_SHELL_PROBE_RUN_H

#include "agent/core/check.h"
#include "agent/core/harvest.h"
#include "agent/core/request.h"
#include "agent/shell/cert.h"
#include "agent/shell/probe_curl.h"
#include "agent/shell/transport.h"
#include "agent/shell/validators.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

enum {
	PROBE_RUN_HEADERS = 8
};

/* What all runs have in common; owned. */
struct probe_run_conf {
	char *bind_to;    /* CURLOPT_INTERFACE, NULL = any */
	char *ca_file;    /* NULL = curl's own choice */
	char *user_agent; /* NULL = none is sent */
};

struct probe_run {
	CURL *easy;
	struct check check;
	struct request request;
	struct curl_slist header[PROBE_RUN_HEADERS]; /* points into `request` */
	struct plan_probe probe;                     /* a copy, its texts in `text` */
	char *text;
	size_t text_cap;
	struct probe_tag tag;
	struct wall started_at;
	int64_t started_ns;      /* monotonic */
	struct cert_watch cert;  /* what was seen of theirs */
	int64_t tls_begun_ns;    /* the connection stood, 0 = not that far */
	int socket_errno;        /* why there was no socket, 0 = there was */
	int64_t heard_ns;        /* last byte of the answer, 0 = none yet */
	const int64_t *clock_ns; /* what the callbacks take for the time */
	struct harvest *page;    /* what reads the page this run gets, NULL = no page */
	const char
	    *public_key; /* from such a page, NULL = none; until it is prepared */
	uint32_t turn;   /* of that key */
	uint32_t head_bytes;
	bool https;
	bool running;              /* curl has it */
	bool head_whole;           /* the empty line behind the head has come */
	bool over_limit;           /* we made curl stop */
	bool stalled;              /* we took it from curl */
	char why[CURL_ERROR_SIZE]; /* what failed, curl's words or ours */
	struct probe_run *next;
};

/* Copies the texts; false when there is no memory. probe_run_conf_done() is due in any
 * case. */
bool probe_run_conf_init(struct probe_run_conf *conf, const struct prober_conf *from);
void probe_run_conf_done(struct probe_run_conf *conf);

/* NULL when there is no memory. */
struct probe_run *probe_run_new(const int64_t *clock_ns);
void probe_run_free(struct probe_run *run);

/* Makes the run ready for curl: builds the request, asks the keyring, begins the check.
 * ERR_REFUSED: it must not or cannot be tried, `why` says why; the check is begun even so
 * and can be finished. ERR_NOMEM: nothing happened. */
WARN_UNUSED enum err probe_run_prepare(struct probe_run *run,
    const struct plan_probe *probe, const struct probe_key *key,
    const struct redact *redact);

/* Makes the prepared request conditional and gives it to the curl handle. ERR_NOMEM. */
WARN_UNUSED enum err probe_run_arm(struct probe_run *run,
    const struct probe_run_conf *conf, const struct validator *known);

/* What is known of the transfer that curl ended with `code`. */
void probe_run_facts(
    const struct probe_run *run, CURLcode code, struct transport_facts *out);

/* Overwrites the request when a key is in it. */
void probe_run_wipe(struct probe_run *run);

#endif
