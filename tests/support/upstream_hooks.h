/* upstream_hooks - receives webhooks and keeps them for tests to look at
 * Room: tests/support.
 *
 * POST or PUT /hook/NAME or /hook/NAME/anything is kept with its headers and body, in full:
 * signatures and tokens are what such tests are about. The answer is the success that a
 * channel of that name gives (a NAME that starts with feishu, lark, wecom, dingtalk,
 * slack, telegram, pagerduty or discord), 200 and {"ok":true} otherwise. A delivery that a
 * rule answers itself is not kept here, but is counted like any request; a rule with only
 * a delay, a stall or a cut keeps it, which is the "lost answer" of a crash test. */
#ifndef TESTS_SUPPORT_UPSTREAM_HOOKS_H
#define TESTS_SUPPORT_UPSTREAM_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define UPSTREAM_HOOKS_MAX 4096 /* beyond, the oldest are dropped, and counted */

struct upstream_hooks;

struct upstream_hooks *upstream_hooks_new(void);

/* NULL is legal; nobody else may be using it. */
void upstream_hooks_free(struct upstream_hooks *hooks);

/* Forgets all deliveries. */
void upstream_hooks_clear(struct upstream_hooks *hooks);

/* Blocks until `wait` deliveries for `name` came since the last clear, `timeout_ms` went
 * by, or the server stops; returns whether they came. */
bool upstream_hooks_wait(
    struct upstream_hooks *hooks, const char *name, uint64_t wait, int64_t timeout_ms);

/* {"count":N,"dropped":N,"deliveries":[...]}, oldest first; the caller owns it. */
json_t *upstream_hooks_report(struct upstream_hooks *hooks, const char *name);

/* Ends all waits, now and later. */
void upstream_hooks_stop(struct upstream_hooks *hooks);

#endif
