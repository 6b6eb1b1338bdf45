/* http - the collector's answers over HTTP, on a unix socket and over TLS
 * Room: collector/shell.
 *
 * The socket is for whoever may open its file: all paths. A door is a TCP address with TLS
 * for agents that are not in yet: only what api_route_is_open() says is answered there.
 * One thread a connection, at most `connections_max` on each; of these at most half may
 * wait in a long poll, the next one is told 503 with Retry-After. Bodies are read, bounded,
 * and looked at only where a path takes one. HTTP itself (RFC 9110, 9112) is
 * libmicrohttpd's.
 *
 * Paths and what they take (all parameters optional; unknown ones are refused):
 *
 *   /api/v1/status
 *   /api/v1/targets  /api/v1/regions  /api/v1/agents  /api/v1/sources
 *   /api/v1/incidents        state=open|all since= until= limit=1..1000 (100)
 *   /api/v1/incidents/{id}
 *   /api/v1/results          agent= target= probe= outcome= since= until= limit=
 *   /api/v1/events           after=N wait_ms=0..30000 limit= since= until= | tail=1..1000
 *   /api/v1/audit            since= until= limit=; newest first
 *   /healthz                 200 as long as the process answers
 *   /readyz                  200, or 503 while it should not be relied on
 *   /metrics                 OpenMetrics text, see api_metrics.h
 *   authority, enrol, agents and their revocation: see api_members.h
 *   store/copy               see api_store.h
 *   channels, channels/{name}/test: see api_channels.h
 *   silences, maintenance, alerts, reviews, incidents/{id}/ack ...: see api_desk.h
 *
 * `since` and `until` are RFC 3339 times, or how long ago: 90s, 15m, 1h30m, 7d.
 *
 * Field names are stable; fields may be added. In all documents:
 *
 *   *_at          RFC 3339, UTC, milliseconds; null = never, or not known
 *   *_us, *_ms    whole micro- or milliseconds; null = not reached, or none
 *   *_nats        log-likelihood ratios as numbers
 *   rates, confidence   0..1
 *   state         of targets, regions, cells, overall: unknown ok degraded down
 *   verdict, blame, level    names of collector/core/verdict.h
 *   outcome, phase, flags    names of common/core/outcome.h
 *   null          in place of an empty name or text
 *
 *   document   fields
 *   status     at state verdict title blame headline next[] incident(id)
 *              agents{total reporting silent[]} targets[] regions[] cells[] incidents[]
 *              sources[] alerts{queued leased delivered rejected unknown dead}
 *              collector{started_at config_version journal_seq results batches refused
 *              store_bytes store_error}
 *              budgets[{name state planned_day day_limit day_spent day_granted
 *              day_projected month_limit month_spent month_granted month_projected total}]:
 *              texts of US dollars, null for no limit and for what cannot be said
 *   counts     total ok failed rate_limited neutral due coverage error_rate p50_us p95_us
 *              last_outcome last_at; over the last window; error_rate = failed / (ok +
 *              failed); coverage: how much came of what was due over the last five minutes,
 *              0..1, null when nothing was: see collector/core/coverage.h
 *   target     name group provider tier state verdict incident counts figures[]
 *   region     name domain state verdict incident agents agents_reporting counts controls
 *   cell       region target state counts
 *   agent      name region build connected silent incarnation and plan_version (hex) received
 *              duplicates gaps late due coverage last_2h{due came late dropped missing}
 *              last_heard_at last_result_at clock{offset_us error_us bad}; received,
 *              duplicates, gaps (dropped by the agent), late (came after the correlation's
 *              window) and due count since the agent was first heard
 *   source     series kind targets[] state(unknown clear incident) claim why(it is unknown)
 *              read_at changed_at stale_after_ms edited_at(theirs) failed{at outcome
 *              http_status} title scope url claims[{claim id title scope url begin_at
 *              created_at modified_at since_at}] figures[] fallback_of quiet(its primary is
 *              known) trust{admitted missed unconfirmed pending median_delay_s last_at text}
 *   figure     source model provider status uptime_5m uptime_30m uptime_1d latency_ms{p50
 *              p75 p90 p99} throughput_tps{same} price_in_nanousd price_out_nanousd
 *              price_image_nanousd context_tokens; prices are of one token, that of an image
 *              one of the images in the answer; null = not said; of a target those of the
 *              sources that name it and are known
 *   incident   id state(open resolved) verdict title first_verdict blame level scope{kind
 *              name target targets[] text} headline confidence rate onset_at opened_at changed_at
 *              resolved_at updates reopened past
 *   its story  the same, and at rival{verdict title scope confidence} statistic_nats
 *              threshold_nats evidence[{role target outcome phase count regions[] nats
 *              rival_nats}] why[] next[] external agents_reporting agents_total
 *              regions_bad[] regions_good[] sources_now[]
 *   result     agent seq series target probe started_at received_at outcome phase
 *              http_status flags[] timing{dns_us connect_us tls_us sent_us first_byte_us
 *              answered_us total_us} server_us body_bytes retry_after_ms detail request_id
 *              cost_microusd decode_us cert_days(left, null = not known); timing counts
 *              from the start of the run to the end of each phase: sent = a request with a
 *              body has left, answered = the answer is whole and links to the picture, which
 *              is got until total. decode = processor time for the picture, inside total
 *   event      seq at kind(verdict alert operator) event verdict level scope incident
 *              channel text
 *   order      seq at order author subject comment outcome(ok, or a name of
 *              common/core/err.h) text made: what operators and agents wanted changed
 *   lists      at, the list (targets, regions, agents, sources, incidents, results,
 *              events, audit); more = true when the limit cut it; results: examined = rows looked
 *              at; events: last = the `after` to continue with
 *   error      error{code message}, with the HTTP status: 400 bad_parameter, 404 not_found,
 *              403 not_here refused, 405 method_not_allowed, 409 exists, 413 body_too_large,
 *              414 uri_too_long, 503 busy not_ready stopping, 507 full, 500 otherwise */
#ifndef COLLECTOR_SHELL_HTTP_H
#define COLLECTOR_SHELL_HTTP_H

#include "collector/shell/api_source.h"

#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_CONNECTIONS_DEFAULT = 256,
	HTTP_URI_BYTES_MAX = 2048,
	HTTP_BODY_BYTES_MAX = 64 << 10,
	HTTP_IDLE_S = 30 /* an open connection without a request is closed */
};

struct http_conf {
	const char *socket_path; /* copied */
	const char
	    *door_address;     /* "address:port" to serve TLS on, NULL or "" = none */
	const char *door_cert; /* PEM texts, borrowed for the call */
	const char *door_key;
	unsigned connections_max; /* 0 = HTTP_CONNECTIONS_DEFAULT */
	/* What the HTTP library has to say, one line, from any thread; may be NULL. */
	void (*log)(void *context, const char *line);
	void *log_context;
};

struct http;

/* Listens and serves on its own threads from now on. `source` is borrowed until
 * http_free(). NULL on failure, with one line in `error`: the path is in use or cannot be
 * listened on (http_socket.h), or threads or memory are out. Does not wait. */
struct http *http_new(const struct http_conf *conf, struct api_source *source,
    char *error, size_t cap) WARN_UNUSED;

/* The port of the door, 0 without one. */
uint16_t http_port(const struct http *http);

/* Ends long polls, finishes what is being answered, removes the socket. Waits for the
 * threads, about a quarter of a second at most beyond the running answers. NULL is legal. */
void http_free(struct http *http);

#endif
