#include "agent/core/outlook.h"

#include "common/core/rfc3339.h"

#include <stdio.h>
#include <string.h>

enum {
	FRESH_INTERVALS = 3,
	LINE_BYTES = 512 /* a series, or an address, and words */
};

/* Appends; what does not fit is left out, whole lines at a time. */
struct text {
	char *data;
	size_t len;
	bool cut;
};

/* How a control answered, counted. */
struct tally {
	unsigned good;
	unsigned bad;
};

size_t
outlook_bytes(size_t probes_max)
{
	return arena_bytes(probes_max, sizeof(struct outlook_entry));
}

enum err
outlook_init(struct outlook *outlook, struct arena *arena, size_t probes_max)
{
	*outlook = (struct outlook){.cap = probes_max,
	    .entry = arena_take(arena, probes_max, sizeof(struct outlook_entry))};
	return outlook->entry == NULL ? ERR_LIMIT : ERR_OK;
}

static size_t
probes(const struct outlook *outlook)
{
	size_t len = outlook->plan == NULL ? 0 : outlook->plan->len;

	return len < outlook->cap ? len : outlook->cap;
}

void
outlook_plan(struct outlook *outlook, const struct plan *plan)
{
	outlook->plan = plan;
	/* Only what a plan uses is ever touched. */
	memset(outlook->entry, 0, probes(outlook) * sizeof(*outlook->entry));
}

void
outlook_result(struct outlook *outlook, uint32_t index, const struct result *result,
    struct wall now)
{
	struct outlook_entry *entry;

	if (index >= probes(outlook) || result->outcome == OUTCOME_SKIPPED) {
		return;
	}
	entry = &outlook->entry[index];
	entry->at = now;
	entry->outcome = (uint8_t)result->outcome;
	entry->phase = (uint8_t)result->phase;
	if (result->outcome == OUTCOME_OK) {
		entry->failures = 0;
		return;
	}
	if (entry->failures++ == 0) {
		entry->failing_since = now;
	}
}

static bool
is_fresh(
    const struct plan_probe *probe, const struct outlook_entry *entry, struct wall now)
{
	int64_t limit_ns =
	    ((int64_t)probe->interval_ms * FRESH_INTERVALS + probe->timeout_ms) *
	    CLOCK_NS_PER_MS;

	return entry->at.ns != 0 && wall_since(now, entry->at) <= limit_ns;
}

static struct tally
tally_controls(const struct outlook *outlook, struct wall now)
{
	struct tally tally = {0};

	for (size_t i = 0; i < probes(outlook); i++) {
		const struct plan_probe *probe = &outlook->plan->probe[i];
		const struct outlook_entry *entry = &outlook->entry[i];

		if (probe->role != ROLE_CONTROL || !is_fresh(probe, entry, now)) {
			continue;
		}
		if (entry->failures == 0) {
			tally.good++;
		} else {
			tally.bad++;
		}
	}
	return tally;
}

enum outlook_network
outlook_network(const struct outlook *outlook, struct wall now)
{
	struct tally tally = tally_controls(outlook, now);

	if (tally.good + tally.bad == 0) {
		return OUTLOOK_UNKNOWN;
	}
	if (tally.good == 0) {
		return OUTLOOK_BAD;
	}
	/* One of several may be down for reasons of its own. */
	return tally.bad == 0 || (tally.bad == 1 && tally.good >= 2) ? OUTLOOK_GOOD
								     : OUTLOOK_DOUBTFUL;
}

const char *
outlook_network_name(enum outlook_network network)
{
	switch (network) {
	case OUTLOOK_UNKNOWN:
		return "unknown";
	case OUTLOOK_GOOD:
		return "good";
	case OUTLOOK_DOUBTFUL:
		return "doubtful";
	case OUTLOOK_BAD:
		return "bad";
	}
	return "unknown";
}

static void
put(struct text *text, const char *line)
{
	size_t len = strlen(line);

	if (text->cut || len >= OUTLOOK_TEXT_BYTES - text->len) {
		text->cut = true;
		return;
	}
	memcpy(text->data + text->len, line, len + 1);
	text->len += len;
}

static const char *
advice(enum outlook_network network)
{
	switch (network) {
	case OUTLOOK_BAD:
		return "this machine, or its way out, is cut off";
	case OUTLOOK_DOUBTFUL:
		return "the way out loses some";
	case OUTLOOK_GOOD:
		return "what fails, fails elsewhere";
	case OUTLOOK_UNKNOWN:
		break;
	}
	return "no control has been tried lately";
}

static void
put_failing(const struct outlook *outlook, struct wall now, struct text *text)
{
	unsigned shown = 0;
	unsigned failing = 0;
	char line[LINE_BYTES];

	for (size_t i = 0; i < probes(outlook); i++) {
		const struct outlook_entry *entry = &outlook->entry[i];
		char since[RFC3339_BYTES];

		if (entry->failures == 0) {
			continue;
		}
		failing++;
		if (shown == OUTLOOK_FAILING_MAX) {
			continue;
		}
		shown++;
		rfc3339_write(entry->failing_since, since);
		(void)snprintf(line, sizeof(line),
		    "  %-40s %s in phase %s, %u in a row since %s%s\n",
		    outlook->plan->probe[i].series,
		    outcome_name((enum outcome)entry->outcome),
		    phase_name((enum phase)entry->phase), (unsigned)entry->failures,
		    since,
		    is_fresh(&outlook->plan->probe[i], entry, now) ? "" : " (old)");
		put(text, line);
	}
	if (failing > shown) {
		(void)snprintf(line, sizeof(line), "  and %u more\n", failing - shown);
		put(text, line);
	}
	if (failing == 0) {
		put(text, "  none\n");
	}
}

static unsigned
count_tried(const struct outlook *outlook)
{
	unsigned tried = 0;

	for (size_t i = 0; i < probes(outlook); i++) {
		tried += outlook->entry[i].at.ns != 0 ? 1 : 0;
	}
	return tried;
}

size_t
outlook_text(const struct outlook *outlook, const struct outlook_facts *facts,
    struct wall now, char out[OUTLOOK_TEXT_BYTES])
{
	struct text text = {.data = out};
	enum outlook_network network = outlook_network(outlook, now);
	struct tally tally = tally_controls(outlook, now);
	char at[RFC3339_BYTES];
	char since[RFC3339_BYTES];
	char line[LINE_BYTES];

	rfc3339_write(now, at);
	rfc3339_write(facts->uplink_since, since);
	out[0] = '\0';
	(void)snprintf(line, sizeof(line),
	    "agent: %s in region %s, version %s, as of %s\n", facts->id, facts->region,
	    facts->build, at);
	put(&text, line);
	(void)snprintf(line, sizeof(line),
	    "network: %s (%u of %u controls answer: %s)\n",
	    outlook_network_name(network), tally.good, tally.good + tally.bad,
	    advice(network));
	put(&text, line);
	(void)snprintf(line, sizeof(line), "collector: %s since %s (%s)\n",
	    facts->uplink, since, facts->collector);
	put(&text, line);
	(void)snprintf(line, sizeof(line),
	    "spool: %llu results wait, %llu dropped so far\n",
	    (unsigned long long)facts->spooled, (unsigned long long)facts->dropped);
	put(&text, line);
	(void)snprintf(line, sizeof(line),
	    "probes: %zu in the plan, %u have run, %llu running\nfailing:\n",
	    probes(outlook), count_tried(outlook),
	    (unsigned long long)facts->in_flight);
	put(&text, line);
	put_failing(outlook, now, &text);
	return text.len;
}
