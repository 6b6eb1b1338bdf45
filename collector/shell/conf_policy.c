#include "collector/shell/conf_policy.h"

#include "common/core/duration.h"

#include <string.h>

enum {
	PAGES_MILLI_MAX = 1000000,
	THOUSAND = 1000,
	DECIMALS = 3
};

/* ---- false pages ---- */

/* "1", "0.25": thousandths, at least one. False when it is no such number. */
static bool
read_milli(const char *text, uint32_t *out_milli)
{
	size_t whole = strspn(text, "0123456789");
	size_t decimals =
	    text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	uint32_t milli = 0;

	if (whole == 0 || whole > 4 || decimals > DECIMALS ||
	    (text[whole] == '.' && decimals == 0) ||
	    text[whole + (decimals > 0 ? decimals + 1 : 0)] != '\0') {
		return false;
	}
	for (size_t i = 0; i < whole; i++) {
		milli = milli * 10 + (uint32_t)(text[i] - '0');
	}
	for (size_t i = 0; i < DECIMALS; i++) {
		uint32_t digit =
		    i < decimals ? (uint32_t)(text[whole + 1 + i] - '0') : 0;

		milli = milli * 10 + digit;
	}
	*out_milli = milli;
	return milli > 0 && milli <= PAGES_MILLI_MAX;
}

static uint32_t
read_pages(const struct settings *settings, const char *text, uint32_t fallback)
{
	uint32_t milli = fallback;

	if (text != NULL && !read_milli(text, &milli)) {
		settings_error(settings, "pages_a_year",
		    "is '%s', expected false pages a year from 0.001 to 1000",
		    settings_quote(text).text);
		return fallback;
	}
	return milli;
}

static bool
has_tier(const struct topology *topology, enum tier tier)
{
	for (uint16_t i = 0; i < topology->target_len; i++) {
		if (topology->target[i].tier == tier) {
			return true;
		}
	}
	return false;
}

/* What the tiers are given must leave something: faults that targets share need it. */
static void
read_budget(struct settings *settings, const struct raw_collector *raw,
    struct collector_conf *conf)
{
	const struct raw_tier *tiers[TIER_COUNT] = {&raw->tiers.core,
	    &raw->tiers.important, &raw->tiers.normal, &raw->tiers.test};
	struct alarm_conf *alarm = &conf->correlate.alarm;
	uint64_t given = 0;

	alarm->pages_milli =
	    read_pages(settings, raw->policy.pages_a_year, ALARM_PAGES_MILLI);
	for (int i = 0; i < TIER_COUNT; i++) {
		settings_scope(settings, "tiers.%s", tier_name((enum tier)i));
		alarm->tier_milli[i] = read_pages(settings, tiers[i]->pages_a_year, 0);
		if (has_tier(&conf->topology, (enum tier)i)) {
			given += alarm->tier_milli[i];
		}
	}
	settings_scope(settings, "%s", "");
	if (given >= alarm->pages_milli) {
		settings_error(settings, "tiers",
		    "take %u.%03u pages a year of %u.%03u, which leaves nothing for "
		    "the "
		    "faults that targets share, expected less, or a higher "
		    "policy.pages_a_year",
		    (unsigned)(given / THOUSAND), (unsigned)(given % THOUSAND),
		    alarm->pages_milli / THOUSAND, alarm->pages_milli % THOUSAND);
	}
}

/* ---- quorum ---- */

/* Leading digits as a number of at most 4 digits; NULL when there is none. */
static const char *
digits(const char *text, uint16_t *out)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 4) {
		return NULL;
	}
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		*out = (uint16_t)(*out * 10 + (text[i] - '0'));
	}
	return text + len;
}

/* "any", "majority", "3", "3 of 5", "60%". */
static bool
parse_quorum(const char *text, struct quorum *out)
{
	const char *rest;
	uint16_t number;

	if (strcmp(text, "any") == 0 || strcmp(text, "majority") == 0) {
		out->kind = text[0] == 'a' ? QUORUM_ANY : QUORUM_MAJORITY;
		return true;
	}
	rest = digits(text, &number);
	if (rest == NULL || number == 0) {
		return false;
	}
	if (strcmp(rest, "%") == 0) {
		out->kind = QUORUM_SHARE;
		out->percent = (uint8_t)(number <= 100 ? number : 0);
		return number <= 100;
	}
	out->kind = QUORUM_COUNT;
	out->count = number;
	if (strncmp(rest, " of ", 4) == 0) {
		rest = digits(rest + 4, &out->reporting_min);
		return rest != NULL && rest[0] == '\0' && out->reporting_min >= number;
	}
	return rest[0] == '\0';
}

static void
read_quorum(const struct settings *settings, const char *key, const char *text,
    struct quorum *out)
{
	struct quorum quorum = *out;

	if (text == NULL) {
		return;
	}
	if (parse_quorum(text, &quorum)) {
		*out = quorum;
	} else {
		settings_error(settings, key,
		    "is '%s', expected any, majority, a number, '2 of 3' (of those "
		    "that report) or a share like 60%%",
		    settings_quote(text).text);
	}
}

/* ---- what cannot work ---- */

/* One voter of a target: how many agents and how many of their results a window has. */
struct voter {
	uint16_t agents;
	uint64_t results;
};

static bool
is_voters(
    const struct topology *topology, enum rule_per per, uint16_t voter, uint16_t agent)
{
	switch (per) {
	case RULE_FLEET:
		break;
	case RULE_REGION:
		return topology->agent[agent].region == voter;
	case RULE_AGENT:
		return agent == voter;
	}
	return true;
}

static bool
has_real(const struct topology *topology, uint16_t target)
{
	for (uint16_t p = 0; p < topology->probe_len; p++) {
		if (topology->probe[p].target == target &&
		    topology->probe[p].role == ROLE_TARGET) {
			return true;
		}
	}
	return false;
}

static struct voter
voter_of(const struct collector_conf *conf, uint16_t target, uint16_t voter)
{
	const struct topology *topology = &conf->topology;
	const struct rule_conf *rule = &conf->judge.rule;
	enum probe_role role = has_real(topology, target) ? ROLE_TARGET : ROLE_FREE;
	uint64_t window_ms = (uint64_t)(rule->threshold.window_ns / CLOCK_NS_PER_MS);
	struct voter found = {0};

	for (uint16_t p = 0; p < topology->probe_len; p++) {
		uint64_t agents = 0;

		if (topology->probe[p].target != target ||
		    topology->probe[p].role != role) {
			continue;
		}
		for (uint16_t a = 0; a < topology->agent_len; a++) {
			unsigned region = topology->agent[a].region;
			bool runs = (conf->probe[p].region_mask >> region & 1U) != 0;

			agents +=
			    runs && is_voters(topology, rule->per, voter, a) ? 1 : 0;
		}
		found.agents =
		    (uint16_t)(found.agents < agents ? agents : found.agents);
		if (topology->probe[p].interval_ms > 0) {
			found.results +=
			    window_ms * agents / topology->probe[p].interval_ms;
		}
	}
	return found;
}

static uint16_t
voters_max(const struct collector_conf *conf)
{
	switch (conf->judge.rule.per) {
	case RULE_FLEET:
		break;
	case RULE_REGION:
		return conf->topology.region_len;
	case RULE_AGENT:
		return conf->topology.agent_len;
	}
	return 1;
}

static const char *
voter_name(const struct collector_conf *conf, uint16_t voter)
{
	switch (conf->judge.rule.per) {
	case RULE_FLEET:
		break;
	case RULE_REGION:
		return conf->topology.region[voter].name;
	case RULE_AGENT:
		return conf->topology.agent[voter].name;
	}
	return "the fleet";
}

/* Says which voter gets too little of the target for the rule; false after a remark. */
static bool
check_voter(const struct settings *settings, const struct collector_conf *conf,
    uint16_t target, uint16_t number)
{
	const struct threshold_conf *threshold = &conf->judge.rule.threshold;
	struct voter voter = voter_of(conf, target, number);
	const char *name = conf->topology.target[target].name;
	char window[DURATION_TEXT_BYTES];

	duration_text(threshold->window_ns, window);
	if (voter.agents == 0) {
		return true;
	}
	if (voter.results < threshold->failures) {
		settings_error(settings, "window",
		    "is %s, in which %s has %llu results of '%s', expected one that "
		    "holds %u, as `failures` asks for",
		    window, voter_name(conf, number), (unsigned long long)voter.results,
		    name, threshold->failures);
		return false;
	}
	if (voter.results < threshold->samples) {
		settings_error(settings, "samples",
		    "is %u, but %s has %llu results of '%s' in %s, expected at most "
		    "that",
		    threshold->samples, voter_name(conf, number),
		    (unsigned long long)voter.results, name, window);
		return false;
	}
	return true;
}

/* Voters of the target; within one domain, the most of any. */
static uint16_t
count_voters(const struct collector_conf *conf, uint16_t target, uint16_t *out_domains)
{
	const struct topology *topology = &conf->topology;
	uint16_t in_domain[LIMIT_DOMAINS] = {0};
	uint16_t most = 0;
	uint16_t all = 0;

	*out_domains = 0;
	for (uint16_t v = 0; v < voters_max(conf); v++) {
		uint16_t region =
		    conf->judge.rule.per == RULE_AGENT ? topology->agent[v].region : v;
		uint16_t domain = topology->region[region].domain;

		if (voter_of(conf, target, v).agents == 0) {
			continue;
		}
		all++;
		if (domain == TOPOLOGY_NONE) {
			*out_domains = (uint16_t)(*out_domains + 1);
			most = most > 0 ? most : 1;
			continue;
		}
		*out_domains =
		    (uint16_t)(*out_domains + (in_domain[domain] == 0 ? 1 : 0));
		in_domain[domain]++;
		most = most > in_domain[domain] ? most : in_domain[domain];
	}
	return conf->judge.rule.by_domain ? most : all;
}

static void
check_size(const struct settings *settings, const char *key,
    const struct quorum *quorum, uint16_t voters, const char *target)
{
	uint16_t needed = quorum->reporting_min;

	if (quorum->kind == QUORUM_COUNT && quorum->count > needed) {
		needed = quorum->count;
	}
	if (needed > voters) {
		settings_error(settings, key,
		    "needs %u that report, but '%s' has %u of them, expected at most "
		    "that",
		    needed, target, voters);
	}
}

/* One remark for every key is enough. */
static void
check_rule(const struct settings *settings, const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;
	const struct rule_conf *rule = &conf->judge.rule;
	bool fits = true;

	for (uint16_t t = 0; t < topology->target_len && fits; t++) {
		size_t errors = settings->remarks->errors;
		uint16_t domains;
		uint16_t voters;

		for (uint16_t v = 0; v < voters_max(conf) && fits; v++) {
			fits = check_voter(settings, conf, t, v);
		}
		if (rule->per != RULE_FLEET && conf->judge.kind == JUDGE_QUORUM) {
			voters = count_voters(conf, t, &domains);
			check_size(settings, "quorum", &rule->quorum, voters,
			    topology->target[t].name);
			if (rule->by_domain) {
				check_size(settings, "domains", &rule->domains, domains,
				    topology->target[t].name);
			}
		}
		fits = fits && settings->remarks->errors == errors;
	}
}

/* ---- rules ---- */

static void
refuse(const struct settings *settings, const char *key, const char *text,
    enum judge_kind kind)
{
	if (text != NULL) {
		settings_error(settings, key,
		    "means nothing for kind %s, expected no %s", judge_kind_name(kind),
		    key);
	}
}

static void
refuse_rule(const struct settings *settings, const struct raw_policy *raw)
{
	refuse(settings, "per", raw->per, JUDGE_CORRELATION);
	refuse(settings, "failures", raw->failures, JUDGE_CORRELATION);
	refuse(settings, "successes", raw->successes, JUDGE_CORRELATION);
	refuse(settings, "percent", raw->percent, JUDGE_CORRELATION);
	refuse(settings, "samples", raw->samples, JUDGE_CORRELATION);
	refuse(settings, "window", raw->window, JUDGE_CORRELATION);
}

static void
refuse_quorum(
    const struct settings *settings, const struct raw_policy *raw, enum judge_kind kind)
{
	refuse(settings, "quorum", raw->quorum, kind);
	refuse(settings, "domains", raw->domains, kind);
	refuse(settings, "reporting", raw->reporting, kind);
	refuse(settings, "silent", raw->silent, kind);
}

static void
read_threshold(const struct settings *settings, const struct raw_policy *raw,
    struct threshold_conf *out)
{
	static const struct settings_range row = {1, THRESHOLD_RUN, 3};
	static const struct settings_range percent = {1, 99, 50};
	static const struct settings_range samples = {1, 10000, 3};
	static const struct settings_range window = {.min = CLOCK_NS_PER_S,
	    .max = 24 * 3600 * CLOCK_NS_PER_S,
	    .fallback = 300 * CLOCK_NS_PER_S};

	out->failures =
	    (uint8_t)settings_number(settings, "failures", raw->failures, &row);
	out->successes =
	    (uint8_t)settings_number(settings, "successes", raw->successes, &row);
	out->percent =
	    (uint8_t)settings_percent(settings, "percent", raw->percent, &percent);
	out->samples =
	    (uint16_t)settings_number(settings, "samples", raw->samples, &samples);
	out->window_ns = settings_duration(settings, "window", raw->window, &window);
}

static void
read_voting(const struct settings *settings, const struct raw_policy *raw,
    struct rule_conf *rule)
{
	static const char *const silences[] = {"ignore", "up", NULL};
	static const char *const voters[] = {"region", "agent", NULL};
	static const struct settings_range reporting = {1, LIMIT_AGENTS, 0};
	int64_t least;

	rule->per = settings_choice(settings, "per", raw->per, voters, 0) == 0
			? RULE_REGION
			: RULE_AGENT;
	rule->quorum.kind = QUORUM_MAJORITY;
	rule->quorum.silent_is_up =
	    settings_choice(settings, "silent", raw->silent, silences, 0) == 1;
	rule->domains = rule->quorum;
	rule->by_domain = raw->domains != NULL;
	read_quorum(settings, "quorum", raw->quorum, &rule->quorum);
	read_quorum(settings, "domains", raw->domains, &rule->domains);
	least = settings_number(settings, "reporting", raw->reporting, &reporting);
	if (least > 0 && rule->by_domain) {
		rule->domains.reporting_min = (uint16_t)least;
	} else if (least > 0) {
		rule->quorum.reporting_min = (uint16_t)least;
	}
}

static void
read_rule(struct settings *settings, const struct raw_policy *raw,
    struct collector_conf *conf)
{
	static const char *const voters[] = {"fleet", "region", NULL};
	struct rule_conf *rule = &conf->judge.rule;
	size_t errors = settings->remarks->errors;

	rule->flap_after = conf->correlate.flap_after;
	read_threshold(settings, raw, &rule->threshold);
	if (conf->judge.kind == JUDGE_QUORUM) {
		read_voting(settings, raw, rule);
	} else {
		refuse_quorum(settings, raw, conf->judge.kind);
		rule->per = settings_choice(settings, "per", raw->per, voters, 0) == 0
				? RULE_FLEET
				: RULE_REGION;
		rule->quorum.kind = QUORUM_ANY;
	}
	refuse(settings, "pages_a_year", raw->pages_a_year, conf->judge.kind);
	if (settings->remarks->errors == errors && remarks_ok(settings->remarks)) {
		check_rule(settings, conf);
	}
}

void
conf_policy_read(struct settings *settings, const struct raw_collector *raw,
    struct collector_conf *conf)
{
	static const char *const kinds[] = {"correlation", "threshold", "quorum", NULL};
	static const struct settings_range flaps = {1, 100, 3};
	const struct raw_policy *policy = &raw->policy;

	settings_scope(settings, "policy");
	conf->judge.kind = (enum judge_kind)settings_choice(
	    settings, "kind", policy->kind, kinds, JUDGE_CORRELATION);
	conf->correlate.flap_after = (uint32_t)settings_number(
	    settings, "flap_after", policy->flap_after, &flaps);
	if (conf->judge.kind == JUDGE_CORRELATION) {
		refuse_rule(settings, policy);
		refuse_quorum(settings, policy, JUDGE_CORRELATION);
		read_budget(settings, raw, conf);
	} else {
		read_rule(settings, policy, conf);
	}
}
