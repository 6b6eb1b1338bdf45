/* upstream_rules - which action applies to which request or connection
 * Room: tests/support.
 *
 * A rule is {id, path, client, server, method, key, probability, count, action}. `path` is
 * a pattern of upstream_glob for requests; the words "connect" (any listener) and "tls"
 * (HTTPS listeners) are for connections. Absent members match everything.
 *
 * Precedence: the rule with the heavier path pattern (more literal characters, then no
 * `*`), then the longer client prefix, then the longer server prefix, then one that names
 * a method, then one with a key, then the one put last. A rule that is used up, or that
 * loses its throw of the dice, is passed over and the next one is looked at. Exactly one
 * rule acts.
 *
 * Every function may be called from any thread. */
#ifndef TESTS_SUPPORT_UPSTREAM_RULES_H
#define TESTS_SUPPORT_UPSTREAM_RULES_H

#include <jansson.h>

#include "tests/support/upstream_action.h"

#define UPSTREAM_RULES_MAX    256
#define UPSTREAM_RULES_ID_MAX 64

struct upstream_rules;

/* What a rule is matched against. `path` is "connect" or "tls" for connections; `method`
 * and `key` are "" there. Borrowed for the call. */
struct upstream_rules_subject {
	const char *path;
	const char *method;
	const char *key;
	const struct upstream_net_addr *client;
	const struct upstream_net_addr *server;
};

/* No rules; `seed` feeds the dice of `probability`. */
struct upstream_rules *upstream_rules_new(uint64_t seed);

/* Frees them. NULL is legal; nobody else may be using them. */
void upstream_rules_free(struct upstream_rules *rules);

/* Adds the rule in `json` (borrowed), or replaces the one of the same id at once: no
 * request sees a moment without it. False with one line in `out_error`
 * (UPSTREAM_ACTION_ERROR_MAX bytes), and no change. */
bool upstream_rules_put(const struct upstream *up, struct upstream_rules *rules,
    json_t *json, char *out_error);

/* Removes one rule; false if there is none of that id. */
bool upstream_rules_delete(struct upstream_rules *rules, const char *id);

/* Removes all rules. */
void upstream_rules_clear(struct upstream_rules *rules);

/* The rules in order of precedence, with `used`; the caller owns the array. */
json_t *upstream_rules_list(struct upstream_rules *rules);

/* The action that applies, held by the caller, or NULL. Counts the use. The rule's id goes
 * to `out_id` (UPSTREAM_RULES_ID_MAX bytes), "" if none. */
struct upstream_action *upstream_rules_take(struct upstream_rules *rules,
    const struct upstream_rules_subject *subject, char *out_id);

#endif
