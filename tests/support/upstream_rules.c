#include "tests/support/upstream_rules.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/upstream_glob.h"
#include "tests/support/upstream_mem.h"

#define PATH_MAX_BYTES 256
#define ANY_BITS       (-1)

struct rule {
	char id[UPSTREAM_RULES_ID_MAX];
	char path[PATH_MAX_BYTES];
	char method[16];
	char key[128];
	struct upstream_net_prefix client;
	struct upstream_net_prefix server;
	int client_bits; /* ANY_BITS without a client */
	int server_bits;
	double probability;
	int64_t left; /* -1 = no limit */
	int64_t used;
	uint64_t put_seq;
	struct upstream_action *action;
};

struct upstream_rules {
	pthread_mutex_t lock; /* guards everything below */
	uint64_t dice;
	uint64_t put_seq;
	int n;
	struct rule list[UPSTREAM_RULES_MAX]; /* in order of precedence */
};

struct upstream_rules *
upstream_rules_new(uint64_t seed)
{
	struct upstream_rules *rules = upstream_mem_zalloc(sizeof(*rules));

	(void)pthread_mutex_init(&rules->lock, NULL);
	rules->dice = seed ? seed : 1;
	return rules;
}

void
upstream_rules_free(struct upstream_rules *rules)
{
	if (!rules)
		return;
	upstream_rules_clear(rules);
	(void)pthread_mutex_destroy(&rules->lock);
	free(rules);
}

/* xorshift64*; the same seed gives the same throws in the same order of requests. */
static double
rules_throw(struct upstream_rules *rules)
{
	rules->dice ^= rules->dice >> 12;
	rules->dice ^= rules->dice << 25;
	rules->dice ^= rules->dice >> 27;
	return (double)((rules->dice * 2685821657736338717ULL) >> 11) /
	       9007199254740992.0;
}

static bool
rule_text(json_t *json, const char *name, char *out_text, size_t cap)
{
	json_t *value = json_object_get(json, name);

	out_text[0] = '\0';
	if (!value)
		return true;
	if (!json_is_string(value) || json_string_length(value) >= cap)
		return false;
	(void)snprintf(out_text, cap, "%s", json_string_value(value));
	return true;
}

static bool
rule_prefix(json_t *json, const char *name, struct upstream_net_prefix *out_prefix,
    int *out_bits)
{
	char text[UPSTREAM_NET_TEXT_MAX];

	*out_bits = ANY_BITS;
	if (!rule_text(json, name, text, sizeof(text)))
		return false;
	if (!text[0])
		return true;
	if (!upstream_net_parse_prefix(text, out_prefix))
		return false;
	*out_bits = (int)out_prefix->bits;
	return true;
}

static bool
rule_numbers(json_t *json, struct rule *rule)
{
	json_t *probability = json_object_get(json, "probability");
	json_t *count = json_object_get(json, "count");

	rule->probability = probability ? json_number_value(probability) : 1.0;
	rule->left = count ? json_integer_value(count) : -1;
	if (probability && !json_is_number(probability))
		return false;
	if (count && (!json_is_integer(count) || rule->left < 0))
		return false;
	return rule->probability >= 0.0 && rule->probability <= 1.0;
}

static const char *
rule_unknown_member(json_t *json)
{
	static const char known[] =
	    " id path client server method key probability count action ";
	char word[80];
	const char *name;
	json_t *value;

	json_object_foreach(json, name, value)
	{
		(void)snprintf(word, sizeof(word), " %s ", name);
		if (!strstr(known, word))
			return name;
	}
	return NULL;
}

static const char *
rule_read_match(json_t *json, struct rule *rule)
{
	if (!rule_text(json, "id", rule->id, sizeof(rule->id)) || !rule->id[0])
		return "id: expected a short string";
	if (!rule_text(json, "path", rule->path, sizeof(rule->path)))
		return "path: expected a pattern, \"connect\" or \"tls\"";
	if (!rule_text(json, "method", rule->method, sizeof(rule->method)))
		return "method: expected a string";
	if (!rule_text(json, "key", rule->key, sizeof(rule->key)))
		return "key: expected a part of the key";
	if (!rule_prefix(json, "client", &rule->client, &rule->client_bits))
		return "client: expected ADDRESS or ADDRESS/BITS";
	if (!rule_prefix(json, "server", &rule->server, &rule->server_bits))
		return "server: expected ADDRESS or ADDRESS/BITS";
	if (!rule_numbers(json, rule))
		return "probability: expected 0 to 1; count: expected a whole number";
	return NULL;
}

static bool
rule_is_raw_path(const char *path)
{
	return strcmp(path, "connect") == 0 || strcmp(path, "tls") == 0;
}

/* Chooses the path where none was given, and refuses an action that cannot happen where
 * the rule puts it. */
static const char *
rule_fit(struct rule *rule)
{
	const struct upstream_action *action = rule->action;
	bool raw = upstream_action_is_raw(action);

	if (!rule->path[0]) {
		const char *path = "*";

		if (raw)
			path = action->tls ? "tls" : "connect";
		(void)snprintf(rule->path, sizeof(rule->path), "%s", path);
	}
	if (raw && !rule_is_raw_path(rule->path)) {
		return "refuse, accept_hang and bad_tls need path \"connect\" or "
		       "\"tls\"";
	}
	if (!raw && rule_is_raw_path(rule->path) && action->delay_ms < 0) {
		return "path \"connect\" and \"tls\" take refuse, accept_hang, "
		       "bad_tls, "
		       "delay_ms";
	}
	return NULL;
}

/* Negative if `a` goes before `b`. */
static int
rule_order(const struct rule *a, const struct rule *b)
{
	size_t weight_a = upstream_glob_weight(a->path);
	size_t weight_b = upstream_glob_weight(b->path);

	if (weight_a != weight_b)
		return weight_a > weight_b ? -1 : 1;
	if (a->client_bits != b->client_bits)
		return b->client_bits - a->client_bits;
	if (a->server_bits != b->server_bits)
		return b->server_bits - a->server_bits;
	if (!a->method[0] != !b->method[0])
		return a->method[0] ? -1 : 1;
	if (!a->key[0] != !b->key[0])
		return a->key[0] ? -1 : 1;
	return a->put_seq > b->put_seq ? -1 : 1;
}

static void
rules_remove(struct upstream_rules *rules, int i)
{
	upstream_action_drop(rules->list[i].action);
	rules->n--;
	memmove(&rules->list[i], &rules->list[i + 1],
	    (size_t)(rules->n - i) * sizeof(rules->list[0]));
}

static int
rules_find(const struct upstream_rules *rules, const char *id)
{
	int i;

	for (i = 0; i < rules->n; i++) {
		if (strcmp(rules->list[i].id, id) == 0)
			return i;
	}
	return -1;
}

static bool
rules_insert(struct upstream_rules *rules, struct rule *rule)
{
	int i = rules_find(rules, rule->id);

	if (i >= 0)
		rules_remove(rules, i);
	if (rules->n == UPSTREAM_RULES_MAX)
		return false;
	rule->put_seq = ++rules->put_seq;
	i = 0;
	while (i < rules->n && rule_order(&rules->list[i], rule) < 0)
		i++;
	memmove(&rules->list[i + 1], &rules->list[i],
	    (size_t)(rules->n - i) * sizeof(rules->list[0]));
	rules->list[i] = *rule;
	rules->n++;
	return true;
}

bool
upstream_rules_put(const struct upstream *up, struct upstream_rules *rules,
    json_t *json, char *out_error)
{
	struct rule rule;
	const char *error = NULL;
	const char *unknown;
	bool inserted;

	memset(&rule, 0, sizeof(rule));
	unknown = rule_unknown_member(json);
	if (unknown)
		error = "unknown member of a rule";
	if (!error)
		error = rule_read_match(json, &rule);
	if (error) {
		(void)snprintf(out_error, UPSTREAM_ACTION_ERROR_MAX, "%s%s%.60s", error,
		    unknown ? ": " : "", unknown ? unknown : "");
		return false;
	}
	rule.action =
	    upstream_action_new(up, json_object_get(json, "action"), out_error);
	if (!rule.action)
		return false;
	error = rule_fit(&rule);
	if (error) {
		(void)snprintf(out_error, UPSTREAM_ACTION_ERROR_MAX, "%s", error);
		upstream_action_drop(rule.action);
		return false;
	}
	(void)pthread_mutex_lock(&rules->lock);
	inserted = rules_insert(rules, &rule);
	(void)pthread_mutex_unlock(&rules->lock);
	if (!inserted) {
		(void)snprintf(out_error, UPSTREAM_ACTION_ERROR_MAX,
		    "no room for more than %d rules", UPSTREAM_RULES_MAX);
		upstream_action_drop(rule.action);
	}
	return inserted;
}

bool
upstream_rules_delete(struct upstream_rules *rules, const char *id)
{
	int i;

	(void)pthread_mutex_lock(&rules->lock);
	i = rules_find(rules, id);
	if (i >= 0)
		rules_remove(rules, i);
	(void)pthread_mutex_unlock(&rules->lock);
	return i >= 0;
}

void
upstream_rules_clear(struct upstream_rules *rules)
{
	(void)pthread_mutex_lock(&rules->lock);
	while (rules->n)
		rules_remove(rules, rules->n - 1);
	(void)pthread_mutex_unlock(&rules->lock);
}

static void
rule_list_prefix(
    json_t *out, const char *name, const struct upstream_net_prefix *prefix, int bits)
{
	struct upstream_net_addr addr = {{0}, 0};
	char text[UPSTREAM_NET_TEXT_MAX];

	if (bits == ANY_BITS)
		return;
	memcpy(addr.ip, prefix->ip, sizeof(addr.ip));
	upstream_net_text(&addr, text);
	if (!strchr(text, ':'))
		bits -= 96;
	(void)json_object_set_new(out, name, json_sprintf("%s/%d", text, bits));
}

static json_t *
rule_list(const struct rule *rule)
{
	json_t *out = json_pack("{s:s,s:s,s:f,s:I,s:O}", "id", rule->id, "path",
	    rule->path, "probability", rule->probability, "used",
	    (json_int_t)rule->used, "action", rule->action->json);

	rule_list_prefix(out, "client", &rule->client, rule->client_bits);
	rule_list_prefix(out, "server", &rule->server, rule->server_bits);
	if (rule->method[0])
		(void)json_object_set_new(out, "method", json_string(rule->method));
	/* A part of a key is told as present only: a listing ends up in test logs. */
	if (rule->key[0])
		(void)json_object_set_new(out, "key", json_string("[redacted]"));
	if (rule->left >= 0)
		(void)json_object_set_new(out, "left", json_integer(rule->left));
	return out;
}

json_t *
upstream_rules_list(struct upstream_rules *rules)
{
	json_t *list = json_array();
	int i;

	(void)pthread_mutex_lock(&rules->lock);
	for (i = 0; i < rules->n; i++)
		(void)json_array_append_new(list, rule_list(&rules->list[i]));
	(void)pthread_mutex_unlock(&rules->lock);
	return list;
}

static bool
rule_matches(const struct rule *rule, const struct upstream_rules_subject *subject)
{
	if (rule_is_raw_path(rule->path) != rule_is_raw_path(subject->path))
		return false;
	if (!upstream_glob_match(rule->path, subject->path))
		return false;
	if (rule->client_bits != ANY_BITS &&
	    !upstream_net_within(&rule->client, subject->client))
		return false;
	if (rule->server_bits != ANY_BITS &&
	    !upstream_net_within(&rule->server, subject->server))
		return false;
	if (rule->method[0] && strcmp(rule->method, subject->method) != 0)
		return false;
	return !rule->key[0] || strstr(subject->key, rule->key);
}

struct upstream_action *
upstream_rules_take(struct upstream_rules *rules,
    const struct upstream_rules_subject *subject, char *out_id)
{
	struct upstream_action *action = NULL;
	int i;

	out_id[0] = '\0';
	(void)pthread_mutex_lock(&rules->lock);
	for (i = 0; i < rules->n && !action; i++) {
		struct rule *rule = &rules->list[i];
		if (rule->left == 0 || !rule_matches(rule, subject))
			continue;
		if (rule->probability < 1.0 && rules_throw(rules) >= rule->probability)
			continue;
		if (rule->left > 0)
			rule->left--;
		rule->used++;
		action = upstream_action_keep(rule->action);
		(void)snprintf(out_id, UPSTREAM_RULES_ID_MAX, "%s", rule->id);
	}
	(void)pthread_mutex_unlock(&rules->lock);
	return action;
}
