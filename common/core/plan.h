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
	PROBE_GEMINI_STREAM,        /* POST ...:streamGenerateContent?alt=sse */
	PROBE_GEMINI_MODELS, /* GET {url}/v1beta/models, `model` must be listed */
	PROBE_GEMINI_TOKENS, /* POST {url}/v1beta/models/{model}:countTokens */
	PROBE_VERTEX_IMAGE,  /* POST {url}/v1/projects/../models/{m}:generateContent */
	PROBE_VERTEX_IMAGEN, /* POST {url}/v1/projects/../models/{m}:predict */
	PROBE_VERTEX_TOKENS, /* POST {url}/v1/projects/../models/{m}:countTokens */
	PROBE_OPENAI_MODELS, /* GET {url}/v1/models, `model` must be listed */
	PROBE_OPENROUTER_CHAT,   /* POST {url}/chat/completions, provider pinned */
	PROBE_OPENROUTER_IMAGE,  /* POST {url}/images, provider pinned */
	PROBE_OPENROUTER_KEY,    /* GET {url}/key: is it good, is there credit? */
	PROBE_OPENROUTER_MODELS, /* GET .../models: prices and sizes, by model */
	PROBE_GCLOUD_FEED,       /* GET feed.atom, what incidents.json says in prose */
	PROBE_FEED,              /* GET an RSS or Atom feed of incidents */
	PROBE_DATADOG_STATUS,    /* GET the JSON behind a Datadog status page */
	PROBE_TCP,               /* tcp://host:port, a connection and no more */
	PROBE_TLS,               /* tls://host:port, handshake and certificate */
	PROBE_DNS,               /* dns://name, asked of `resolver` */
	PROBE_ICMP,              /* icmp://host, one echo */
	PROBE_KIND_COUNT
};

/* Which rules an answer is read by. */
enum probe_family {
	FAMILY_PLAIN = 0,  /* HTTP, judged by `expect_*` */
	FAMILY_GOOGLE,     /* Gemini API and Vertex AI: Google's error model */
	FAMILY_OPENAI,     /* OpenAI's error model and those who speak like it */
	FAMILY_OPENROUTER, /* the same, with OpenRouter's metadata */
	FAMILY_PAGE,       /* somebody else's statement */
	FAMILY_NET         /* below HTTP: no request, no body */
};

/* What is fixed for a kind of probe. */
struct probe_traits {
	const char *name; /* as configurations spell it */
	enum probe_family family;
	bool makes_image; /* billed, takes prompt and size, minutes of silence */
	bool has_model;   /* needs `model` */
	bool has_key;     /* makes no sense without a key */
};

/* Never NULL; for values outside the enum a row named "unknown". */
const struct probe_traits *probe_traits(enum probe_kind kind);

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

	/* What only some kinds have; NULL is the same as "". */
	const char *project;     /* Vertex */
	const char *location;    /* Vertex: "us-central1", "global" */
	const char *providers;   /* OpenRouter: tags it may use, comma-separated */
	const char *parameters;  /* a JSON object: its members join the request */
	const char *expect_text; /* PROBE_HTTP: a part of the body */
	const char
	    *expect_pointer;      /* PROBE_HTTP: RFC 6901, of a value in a JSON body */
	const char *expect_value; /* that value as text, "" = it only has to be there */
	const char *resolver;     /* PROBE_DNS: address[:port], "" = the system's own */
	uint8_t family;           /* 4, 6, or 0 for whichever comes first */
	uint16_t expect_days;     /* TLS: a certificate that ends sooner is flagged */
	uint32_t cost_microusd;   /* of one run, as configured, 0 = free */
	/* Prices per million tokens, for kinds that report usage; 0 = not known. */
	uint32_t price_in_microusd;
	uint32_t price_out_microusd;
};

/* What an agent may spend with one of its keys; a day and a month end in UTC. What it has
 * not been granted it does not spend, so that the shares of a fleet never exceed what is
 * configured, whoever is cut off from whom. */
struct plan_budget {
	const char *key;       /* as agent.yaml calls it */
	uint64_t day_microusd; /* share of a day, 0 = no limit */
	uint64_t month_microusd;
};

struct plan {
	uint64_t version; /* changes whenever the content does; 0 = no plan yet */
	size_t len;
	const struct plan_probe *probe;
	const struct plan_budget *budget;
	size_t budget_len; /* at most LIMIT_KEYS */
};

/* `text`, "" for NULL. */
static inline const char *
plan_text(const char *text)
{
	return text == NULL ? "" : text;
}

#endif
