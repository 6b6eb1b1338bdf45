/* check - one run of a probe: from what the transfer brought to one result
 * Room: agent/core (pure).
 *
 * The shell starts a transfer and feeds what comes: header lines, pieces of the body,
 * and in the end how the transfer ended. Nothing is kept of the body but a few short
 * fields, so a check is one fixed struct whatever the size of the answer. A check is
 * used by one thread, again and again. */
#ifndef AGENT_CORE_CHECK_H
#define AGENT_CORE_CHECK_H

#include "agent/core/classify.h"
#include "agent/core/header.h"
#include "agent/core/redact.h"
#include "common/core/clock.h"
#include "common/core/limits.h"
#include "common/core/outcome.h"
#include "common/core/plan.h"
#include "common/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a transfer ended, as the shell translates it from its HTTP library. */
enum transport_end {
	TRANSPORT_DONE = 0,        /* a whole HTTP answer, of any status */
	TRANSPORT_DNS,             /* the name did not resolve, or not in time */
	TRANSPORT_CONNECT,         /* refused, unreachable */
	TRANSPORT_CONNECT_TIMEOUT, /* no TCP connection in time */
	TRANSPORT_TLS,             /* handshake, ALPN */
	TRANSPORT_BAD_CERT,        /* certificate: name, expiry, chain */
	TRANSPORT_TIMEOUT,         /* the deadline passed; `phase` says during what */
	TRANSPORT_RESET,           /* closed before the first byte of the answer */
	TRANSPORT_PARTIAL,         /* closed inside the answer */
	TRANSPORT_TOO_LARGE,       /* stopped because check_body() returned false */
	TRANSPORT_BAD_ENCODING,    /* bad chunking, bad gzip, not HTTP */
	TRANSPORT_REDIRECT,        /* a redirect that is not followed */
	TRANSPORT_LOCAL,           /* this agent could not even try */
	TRANSPORT_MISMATCH, /* below HTTP: whole, but not what the probe expects */
	TRANSPORT_END_COUNT
};

struct transport {
	enum transport_end end;
	enum phase phase; /* the last one entered; ignored for TRANSPORT_DONE */
	struct timing timing;
	uint16_t
	    http_status; /* 0: take it from the status line fed to check_header() */
	struct wall started_at; /* of the run */
	uint16_t
	    cert_days;    /* 1 + whole days until their certificate ends, 0 = unknown */
	const char *text; /* short local explanation, NULL or "" = none; borrowed for
			   * the call, redacted here */
};

struct check {
	const struct plan_probe *probe; /* borrowed */
	const struct redact *redact;    /* borrowed */
	struct header header;
	struct classify classify;
	uint64_t body_bytes;
	/* Of the answer, once its picture is being fetched; 0 before. */
	uint32_t answer_bytes;
	uint32_t answer_server_us;
	uint16_t answer_status;
	bool fetching;
	bool too_large;
	char detail[LIMIT_DETAIL_BYTES];
	char request_id[LIMIT_REQUEST_ID_BYTES];
};

/* Starts a run of `probe`. Both arguments are borrowed until check_finish(); `redact`
 * may be NULL (shapes only). Results of the run before are dead from here on. */
void check_begin(
    struct check *check, const struct plan_probe *probe, const struct redact *redact);

/* One raw line of the answer's head, status line included, with or without its CRLF;
 * the form curl's CURLOPT_HEADERFUNCTION delivers. A new status line (100-continue, a
 * followed redirect, a proxy's CONNECT) forgets what came before it, the body too. */
void check_header(struct check *check, const char *line, size_t len);

/* A piece of the decoded body. False: stop the transfer, LIMIT_BODY_BYTES is passed. */
bool check_body(struct check *check, const void *data, size_t len);

/* Where the picture is that a whole answer only links to, "" = nothing is to be fetched.
 * To be asked when the transfer of the answer is over and was TRANSPORT_DONE, and before
 * check_finish(). Always https, or loopback when the API itself is on loopback: what an
 * answer says must not lead into this machine. May hold a signature: not for logs. Lives
 * until check_finish(). */
const char *check_link(const struct check *check);

/* From here on header lines and body are those of the picture behind check_link(), which
 * is not "". No key goes with that request. The transport given to check_finish() is then
 * that of the second transfer; every failure of it is one of PHASE_FETCH. Without this
 * call an answer that only links is not OUTCOME_OK. */
void check_fetch_begin(struct check *check);

/* Ends the run and fills `out`, but for `seq`, which is 0. Texts and observations in it
 * point into `check` and `probe` and live until the next check_begin(). */
void check_finish(
    struct check *check, const struct transport *transport, struct result *out);

/* Validators of the answer for the next conditional request, "" = none; they live like
 * the result's texts. Worth keeping only when the outcome was OUTCOME_OK. */
const char *check_etag(const struct check *check);
const char *check_last_modified(const struct check *check);

/* The last image of the answer, for noticing one that comes again and again; its format
 * is IMAGE_UNKNOWN when there was none. Valid after check_finish(). */
const struct image_info *check_image(const struct check *check);

/* The digest of the picture when a whole one came, else 0. Equal pictures have equal ones:
 * two runs in a row with the same are the work of a cache (FLAG_REPEATED, which is up to
 * the caller). Valid after check_finish(). */
uint64_t check_image_digest(const struct check *check);

#endif
