/* agent_conf - the configuration of an agent, parsed and checked
 * Room: agent/core (pure); made by agent/shell/conf.c from agent.yaml.
 *
 * One const struct, passed down. Texts are NUL-terminated and live as long as the
 * configuration. Secrets are not in here: `agent_key` holds a reference that the shell
 * resolves where it is used. */
#ifndef AGENT_CORE_AGENT_CONF_H
#define AGENT_CORE_AGENT_CONF_H

#include "common/core/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AGENT_CONF_COLLECTORS = 8,
	AGENT_CONF_KEY_HOSTS = 8,
	AGENT_CONF_TOKEN_HOSTS = 4
};

/* What stands behind a reference. */
enum agent_key_kind {
	AGENT_KEY_API = 0,         /* what is sent */
	AGENT_KEY_SERVICE_ACCOUNT, /* a service account's JSON, good for tokens */
	AGENT_KEY_TOKEN_FILE,      /* a token that somebody else renews in its file */
	AGENT_KEY_KIND_COUNT
};

/* A provider key. It is sent to these hosts only, whatever a plan says. */
struct agent_key {
	const char *name; /* as plans call it */
	enum agent_key_kind kind;
	const char *reference; /* "env:NAME", "file:PATH", "credential:NAME" */
	const char *hosts[AGENT_CONF_KEY_HOSTS]; /* "host" or "host:port", exact */
	size_t hosts_len;
	/* AGENT_KEY_SERVICE_ACCOUNT: where its assertions may be sent; the same form. */
	const char *token_hosts[AGENT_CONF_TOKEN_HOSTS];
	size_t token_hosts_len;
};

struct agent_conf {
	const char *id;
	const char *region;
	const char *domain; /* "" when not said */
	const char
	    *collectors[AGENT_CONF_COLLECTORS]; /* nng URLs, in order of preference */
	size_t collectors_len;
	bool insecure;      /* plain tcp:// beyond loopback was asked for */
	const char *tls_ca; /* PEM files; "" with plain tcp:// */
	const char *tls_cert;
	const char *tls_key;
	const char
	    *tls_server_name; /* the collector's name in its certificate, "" = the
				      * host of the address */
	const char *spool_path;
	uint64_t spool_bytes_max;
	uint32_t spool_age_max_s;
	const char *source_address; /* local address probes go out from, "" = any */
	const char *probe_ca;       /* CA file for probes, "" = the system's */
	const char *log_level;      /* error warn info debug */
	struct agent_key key[LIMIT_KEYS];
	size_t key_len;
};

#endif
