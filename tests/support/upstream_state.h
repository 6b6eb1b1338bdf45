/* upstream_state - what the pretended vendors are like at the moment
 * Room: tests/support.
 *
 * One JSON object that the control port changes member by member (PUT /state):
 *   gemini_keys, openai_keys, openrouter_keys, vertex_tokens
 *                   array of valid keys; null = any key that does not start with "bad"
 *   gemini_models, openai_models, openrouter_models
 *                   array of model names that exist
 *   incidents       "empty", "open", "closed", "file:PATH" under --data, or {"body":...}
 *   statuspage      "operational", "degraded", "outage", "maintenance", "file:PATH" or
 *                   {"body":...}
 *   aistudio        "empty", "open", "closed", "file:PATH" or {"body":...}
 *   openrouter_endpoints
 *                   "normal", "degraded", "down", "file:PATH" or {"body":...}
 *   openrouter_catalogue
 *                   "normal", "file:PATH" or {"body":...}
 *   openrouter_credit
 *                   "plenty", "none", "unlimited" or {"body":...}
 *   feed            "empty", "open", "closed", "file:PATH" or {"body":"<xml>"}
 *   datadog         "operational", "degraded", "outage", "maintenance", "file:PATH" or
 *                   {"body":...}
 *   statuspage_form "statuspage", or "incidentio" for what its imitators leave out
 *   picture_origin  where the pictures are said to be that answers link to, "" = here
 *   picture_seconds how long such a link is good
 *   token_seconds   how long an access token is good
 *   image           "recorded", "own" (real size), "small" (under 2 kB)
 * Every function may be called from any thread. */
#ifndef TESTS_SUPPORT_UPSTREAM_STATE_H
#define TESTS_SUPPORT_UPSTREAM_STATE_H

#include <stdbool.h>
#include <time.h>

#include <jansson.h>

struct upstream_state;

/* The state a fresh server has: all is well, every key is good. */
struct upstream_state *upstream_state_new(void);

/* NULL is legal; nobody else may be using it. */
void upstream_state_free(struct upstream_state *state);

/* Back to the fresh state. */
void upstream_state_reset(struct upstream_state *state);

/* Takes over the members of `json` (borrowed). False, and no change, if one is unknown or
 * of the wrong kind; its name goes to `*out_member`, which lives as long as `json`. */
bool upstream_state_put(
    struct upstream_state *state, json_t *json, const char **out_member);

/* All of it, with the number of keys in place of keys; the caller owns it. */
json_t *upstream_state_list(struct upstream_state *state);

/* A copy of one member; the caller owns it. `out_since`, if not NULL, gets the time at
 * which it was put. */
json_t *upstream_state_member(
    struct upstream_state *state, const char *name, time_t *out_since);

/* Is `key` good under the list `name`? */
bool upstream_state_has_key(
    struct upstream_state *state, const char *name, const char *key);

/* Is `word` in the array `name`? */
bool upstream_state_has(
    struct upstream_state *state, const char *name, const char *word);

#endif
