/* probe_run - one run of a probe, and the requests it is made of
 * Room: agent/shell. Inside the prober: probe_curl.c owns the runs, on its one thread.
 *
 * A run makes one request after the other, its legs: perhaps a page for the public key in
 * it, or a token for the API; the main one, which the probe is about; perhaps a picture
 * that the answer only links to. probe_legs.c says which comes next; here they are built,
 * and probe_easy.c hands them to curl. A run is used again and again. */
#ifndef AGENT_SHELL_PROBE_RUN_H
#define AGENT_SHELL_PROBE_RUN_H

#include "agent/core/check.h"
#include "agent/core/harvest.h"
#include "agent/core/oauth.h"
#include "agent/core/request.h"
#include "agent/shell/cert.h"
#include "agent/shell/grant.h"
#include "agent/shell/probe_curl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

/* A token comes in a fraction of a second, or not at all. */
#define PROBE_RUN_TOKEN_NS (30 * CLOCK_NS_PER_S)

enum {
	PROBE_RUN_HEADERS = 8
};

/* What all runs have in common; owned. */
struct probe_run_conf {
	char *bind_to;    /* CURLOPT_INTERFACE, NULL = any */
	char *ca_file;    /* NULL = curl's own choice */
	char *user_agent; /* NULL = none is sent */
};

enum probe_leg {
	PROBE_LEG_PAGE = 0, /* the page with a public key */
	PROBE_LEG_TOKEN,    /* an access token */
	PROBE_LEG_MAIN,     /* what the probe is about */
	PROBE_LEG_FETCH     /* the picture behind the answer's link */
};

/* One request on its way. */
struct probe_leg_state {
	enum probe_leg leg;
	int64_t begun_ns;     /* monotonic, as all here */
	int64_t tls_begun_ns; /* the connection stood, 0 = not that far */
	int64_t heard_ns;     /* last byte of the answer, 0 = none yet */
	uint32_t sent_us;     /* by curl's clock of the transfer; 0 = not, or no body */
	int socket_errno;     /* why there was no socket, 0 = there was */
	uint32_t head_bytes;
	bool https;
	bool head_whole; /* the empty line behind the head has come */
	bool over_limit; /* we made curl stop */
	bool stalled;    /* we took it from curl */
	bool unresolved; /* its name was not asked for */
	bool led_inside; /* to an address that an answer from outside must not name */
	struct cert_watch cert; /* what was seen of theirs */
};

struct probe_run {
	CURL *easy;
	struct check check;
	struct request request;
	struct curl_slist header[PROBE_RUN_HEADERS]; /* points into `request` */
	struct plan_probe probe;                     /* a copy, its texts in `text` */
	enum probe_kind
	    kind; /* of the probe; while the page is read, `probe` has another */
	char *text;
	size_t text_cap;
	struct probe_tag tag;
	const struct redact *redact;
	struct wall started_at; /* of the main request once it began, else of the run */
	int64_t started_ns;
	int64_t deadline_ns; /* of the leg; the fetch has that of the main request */
	struct probe_leg_state at;
	struct timing main_timing; /* while the picture is fetched */
	bool public_api;           /* the main request went to a public address */
	int64_t decode_ns;         /* processor time spent on the answer */
	struct grant *grant; /* what gets tokens for its key, NULL = none is needed */
	uint32_t grant_turn; /* of the token that was used */
	struct oauth_fault fault; /* why there is no token */
	struct harvest *page;    /* what reads the page this run gets, NULL = no page */
	const char *public_key;  /* from such a page, NULL = none */
	uint32_t public_turn;    /* of that key */
	const int64_t *clock_ns; /* what the callbacks take for the time */
	bool running;            /* curl has it */
	bool interrupted;        /* the machine slept meanwhile */
	bool asking;             /* for a token, and nobody else may */
	bool waiting;            /* for a token that another run is asking for */
	bool waited_out;         /* it did not come in time */
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

/* Begins a run of `probe` (copied) and its check. `redact` is borrowed for the run.
 * ERR_NOMEM: nothing happened. */
WARN_UNUSED enum err probe_run_open(struct probe_run *run,
    const struct plan_probe *probe, const struct redact *redact, struct now now);

/* The next four begin a leg and build its request. ERR_REFUSED: it must not or cannot be
 * tried, `why` says why; the leg has begun even so. */

/* The page itself, with nobody's key. */
WARN_UNUSED enum err probe_run_page(struct probe_run *run, struct now now);

/* A token for the key of `grant`. */
WARN_UNUSED enum err probe_run_token(struct probe_run *run, struct now now);

/* What the probe is about: the clock of the result starts here. `conf` says where
 * `secret` may go; it is NULL for a public key, or for none (`secret` NULL or ""). */
WARN_UNUSED enum err probe_run_main(struct probe_run *run, const struct agent_key *conf,
    const char *secret, struct now now);

/* The picture behind check_link(), which is not "". */
WARN_UNUSED enum err probe_run_fetch(struct probe_run *run, struct now now);

/* Overwrites the request when there is a secret in it. */
void probe_run_wipe(struct probe_run *run);

#endif
