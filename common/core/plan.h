/* plan - the probes one agent must run
 * Room: common/core (pure).
 *
 * Made by the collector from its configuration, pushed to agents, kept on their disk so
 * that a cut-off agent goes on probing. A plan names keys, it never holds them: the
 * agent resolves the name in its own configuration and sends the key only to the hosts
 * allowed for it there. */
#ifndef COMMON_CORE_PLAN_H
#define COMMON_CORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The protocol a probe speaks; fixed values, they are on the wire. */
enum probe_kind {
	PROBE_HTTP = 0,        /* GET, expects `expect_status` */
	PROBE_GEMINI_IMAGE,    /* POST {url}/v1beta/models/{model}:generateContent */
	PROBE_GEMINI_MODEL,    /* GET {url}/v1beta/models/{model}, free */
	PROBE_OPENAI_IMAGE,    /* POST {url}/v1/images/generations */
	PROBE_GCLOUD_STATUS,   /* GET incidents.json, filtered by product ids */
	PROBE_STATUSPAGE,      /* GET summary.json, filtered by components and titles */
	PROBE_AISTUDIO_STATUS, /* POST ListIncidentsHistory, key harvested from `url` */
	PROBE_OPENROUTER_ENDPOINTS, /* GET .../endpoints, filtered by providers */
	PROBE_KIND_COUNT
};

/* What the answer is good for. */
enum probe_role {
	ROLE_TARGET = 0, /* the real thing, billed perhaps */
	ROLE_FREE,    /* free call to the target's API: front end, key, not the model */
	ROLE_CONTROL, /* unrelated endpoint: what is our own network worth? */
	ROLE_SOURCE,  /* somebody else's statement */
	ROLE_COUNT
};

const char *probe_kind_name(enum probe_kind kind);
bool probe_kind_find(const char *name, enum probe_kind *out_kind);
const char *probe_role_name(enum probe_role role);

struct plan_probe {
	const char *series; /* "target/probe", "control/name", "source/name"; unique */
	enum probe_kind kind;
	enum probe_role role;
	const char *url;   /* base or whole, by kind */
	const char *model; /* "" where the kind has none */
	const char *key;   /* name of a key in the agent's configuration, "" = none */
	const char *prompt;
	const char *size; /* image size as the upstream spells it, "" = its default */
	/* Sources: what on the page concerns us, "" = everything. PROBE_GCLOUD_STATUS:
	 * product ids, comma-separated; else ids or names and "~part of a title", one a
	 * line. */
	const char *products;
	uint32_t interval_ms;
	uint32_t phase_ms; /* offset of this agent inside the interval */
	uint32_t timeout_ms;
	uint32_t connect_timeout_ms;
	uint16_t expect_status; /* PROBE_HTTP: 0 = any 2xx */
};

struct plan {
	uint64_t version; /* changes whenever the content does; 0 = no plan yet */
	size_t len;
	const struct plan_probe *probe;
};

#endif
