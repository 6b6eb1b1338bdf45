/* Confirmation: what the judge wants to know at once, as far as there is money for it. */
#include "collector/core/collector_internal.h"

#include "common/core/text.h"

#include <stdio.h>

void
collector_may_ask(struct collector *collector)
{
	const struct topology *topology = collector->topology;

	for (uint16_t i = 0; collector->conf->probe != NULL && i < topology->probe_len;
	     i++) {
		const struct probe_conf *probe = &collector->conf->probe[i];
		/* nobody needs to say what a run costs: to make an image is not free */
		bool is_paid = probe->plan.cost_microusd > 0 ||
			       probe_traits(probe->plan.kind)->makes_image;

		judge_may_ask(collector->judge, i, probe->region_mask, is_paid);
	}
}

void
collector_ask(struct collector *collector, struct now now, struct effects *effects)
{
	struct ask ask[CORRELATE_ASKS];
	size_t len = judge_asks(collector->judge, ask);

	for (size_t i = 0; i < len; i++) {
		if (ask[i].is_paid && !budgets_confirm(collector->budgets, ask[i].agent,
					  ask[i].probe, now.wall)) {
			collector->asks_refused++;
			continue;
		}
		collector->asks++;
		effects_ask(effects, ask[i].agent, ask[i].probe);
	}
}

void
collector_tell_asked(struct collector *collector, const struct incident *incident,
    struct now now, struct effects *effects)
{
	uint16_t target = topology_target_find(collector->topology, incident->target);
	struct asked asked = {.free = 0};
	struct timeline_row row = {.at = now.wall,
	    .kind = TIMELINE_ASK,
	    .incident = incident->id,
	    .verdict = incident->verdict,
	    .level = incident->level};
	struct text text;

	if (target == TOPOLOGY_NONE && collector->topology->target_len > 0) {
		target =
		    0; /* a cause that targets share: they are suspected together */
	}
	if (target != TOPOLOGY_NONE) {
		asked = judge_asked(collector->judge, target);
	}
	if (asked.free == 0 && asked.paid == 0) {
		return;
	}
	text_init(&text, row.event, sizeof(row.event));
	text_add(&text, "asked");
	text_init(&text, row.scope, sizeof(row.scope));
	text_add(&text, incident->scope_text);
	(void)snprintf(row.text, sizeof(row.text),
	    "agents were asked to probe at once: %u free, %u paid, within %lld s of "
	    "the "
	    "first suspicion",
	    (unsigned)asked.free, (unsigned)asked.paid,
	    (long long)(mono_since(now.mono, asked.since) / CLOCK_NS_PER_S));
	incidents_timeline(collector->incidents, &row, effects);
}
