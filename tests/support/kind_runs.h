/* kind_runs - every kind of probe that speaks HTTP, run against a px-upstream
 * Room: tests/support.
 *
 * A table of what such a probe looks like, and the real engine to run all of them at once
 * or one alone. The server, its service account and a port that nobody listens on are the
 * process's own, from kind_runs_open() to kind_runs_close(). What should work here and
 * does not, fails the running cmocka test. */
#ifndef TESTS_SUPPORT_KIND_RUNS_H
#define TESTS_SUPPORT_KIND_RUNS_H

#include "agent/shell/probe_curl.h"
#include "common/core/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KIND_RUNS = 22, /* rows */
	KIND_RUNS_PATIENCE_MS = 30000
};

/* A key that the server knows to be wrong. */
#define KIND_RUNS_BAD_KEY "bad-loopback-0123456789abcdef"

/* A name that never resolves (RFC 6761). */
#define KIND_RUNS_NOWHERE "no-such-host.invalid"

/* One kind: what its probe looks like, and what its good results carry. */
struct kind_row {
	enum probe_kind kind;
	const char *path; /* behind the server's address, of the plan's `url` */
	const char *model;
	const char *products;
	const char *asked; /* path of the requests the server must see, a pattern */
	uint32_t flags;    /* of the first good result */
	uint32_t again;    /* of the next one, as well */
};

extern const struct kind_row kind_rows[KIND_RUNS];

/* How kinds are run once; what is NULL or 0 is as all is well. */
struct kind_round {
	const char *base;   /* scheme and address instead of the server's */
	const char *secret; /* of the API key */
	const char *model;  /* instead of the row's */
	uint32_t timeout_ms;
};

/* How a run has to end. */
struct kind_expected {
	enum outcome outcome;
	enum phase phase;
	uint32_t flags;
};

/* What came of a run; the texts of `result` are dead, but for a copy of one. */
struct kind_found {
	struct result result;
	char detail[LIMIT_DETAIL_BYTES];
};

/* Starts `program`, a px-upstream. False with a line on standard error. */
bool kind_runs_open(const char *program);
void kind_runs_close(void);

/* An engine that trusts the server; `idle_ns` as in struct prober_conf. */
struct prober *kind_runs_prober(int64_t idle_ns);

/* Are runs of `kind` let in by access tokens, rather than by a key? */
bool kind_runs_takes_tokens(enum probe_kind kind);

/* Address of a port of this machine that refuses connections. */
const char *kind_runs_closed(void);

/* Runs all rows at once; `out_found` is of KIND_RUNS, in their order. No result may quote
 * a secret. */
void kind_runs_all(struct prober *prober, const struct kind_round *round,
    struct kind_found *out_found);

/* Runs the row of `kind` alone. */
struct kind_found kind_runs_one(
    struct prober *prober, enum probe_kind kind, const struct kind_round *round);

bool kind_runs_is(const struct kind_found *found, const struct kind_expected *expected);

/* 1 and a line on standard error that names `fault` when that is not what was found, so
 * that a table shows all that is wrong with it; else 0. */
unsigned kind_runs_judge(const char *fault, enum probe_kind kind,
    const struct kind_found *found, const struct kind_expected *expected);

/* One request to the server's control port. */
void kind_runs_order(const char *method, const char *path, const char *body);

/* Replaces all rules by one for `path` that spares the steps on the way: the token
 * endpoint, the page that has a key, the pictures behind links. An `action` of NULL: no
 * rule at all. */
void kind_runs_rule(const char *path, const char *action);

/* The same for one of those steps. */
void kind_runs_rule_exact(const char *path, const char *action);

/* Back to a server where all is well, and to no access token. No run may be going on. To
 * be called before the first one. */
void kind_runs_reset(void);

#endif
