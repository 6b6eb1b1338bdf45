/* classify_openrouter_models - is a model listed at OpenRouter, and at what price
 * Room: agent/core (pure).
 *
 * GET /models, https://openrouter.ai/docs/api-reference: some 400 models in 640 KB. Those
 * that plan_probe.products names, by id, one a line, give a figure each: prices and context,
 * no uptime. One that is not listed is an observation, a disruption: nobody can ask for it.
 * When the list goes on elsewhere (`links.next`), that cannot be said. */
#ifndef AGENT_CORE_CLASSIFY_OPENROUTER_MODELS_H
#define AGENT_CORE_CLASSIFY_OPENROUTER_MODELS_H

#include "agent/core/capture.h"
#include "agent/core/figures.h"
#include "agent/core/page.h"

struct classify_openrouter_models {
	struct page page;
	bool is_page; /* there is a list of models */
	bool is_part; /* it goes on elsewhere */
	struct figures figures;
};

/* Starts reading; all arguments are kept until classify_openrouter_models_done(). */
void classify_openrouter_models_begin(struct capture *capture,
    struct classify_openrouter_models *models, const struct plan_probe *probe,
    const struct redact *redact);

/* The answer came whole and is an object. True when something can be said, see page_done(). */
bool classify_openrouter_models_done(struct classify_openrouter_models *models);

#endif
