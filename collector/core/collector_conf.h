/* collector_conf - the configuration of the collector, parsed and checked
 * Room: collector/core (pure); made by collector/shell/conf.c from collector.yaml.
 *
 * One const struct, passed down, with the topology and the plans derived from it. Texts
 * live as long as the configuration. Secrets are references, resolved by the shell. */
#ifndef COLLECTOR_CORE_COLLECTOR_CONF_H
#define COLLECTOR_CORE_COLLECTOR_CONF_H

#include "collector/core/alert.h"
#include "collector/core/channel_kind.h"
#include "collector/core/correlate.h"
#include "collector/core/judge.h"
#include "collector/core/shares.h"
#include "collector/core/topology.h"
#include "common/core/plan.h"

enum {
	COLLECTOR_CONF_LISTENERS = 8,
	COLLECTOR_CONF_NAMES = 8
};

/* A probe as configured, with what a plan needs beyond the topology's view of it; the
 * index is that of topology.probe. */
struct probe_conf {
	struct plan_probe plan; /* phase_ms is set per agent by plan_make() */
	uint64_t region_mask;   /* regions whose agents run it; all bits = everywhere */
};

/* Whom to tell that the collector lives; "" = nobody. */
struct heartbeat_conf {
	const char *url_reference;
	int64_t interval_ns;
};

/* The fleet's own certificate authority; path "" = certificates are made elsewhere. */
struct authority_conf {
	const char *path;
	const char *names[COLLECTOR_CONF_NAMES]; /* in the collector's certificate */
	size_t names_len;
	const char *url; /* where agents enrol: https://host:port */
	const char
	    *collectors[COLLECTOR_CONF_LISTENERS]; /* what they are told to dial */
	size_t collectors_len;
	int64_t lifetime_ns; /* of an agent's certificate */
};

struct collector_conf {
	const char *listen[COLLECTOR_CONF_LISTENERS]; /* nng URLs */
	size_t listen_len;
	bool insecure;
	const char *tls_ca;
	const char *tls_cert;
	const char *tls_key;
	const char *store_path;
	uint64_t store_bytes_max;
	const char *http_socket; /* unix socket of the API */
	const char *http_listen; /* "address:port" for new agents, "" = none */
	struct authority_conf authority;
	const char *log_level;
	struct topology topology;
	const struct probe_conf *probe; /* topology.probe_len of them */
	const struct alert_channel
	    *channel; /* core's view, alert.channel_len of them */
	const struct channel_conf *channel_conf; /* shell's view, same order */
	struct heartbeat_conf heartbeat;
	struct alert_conf alert;
	struct correlate_conf correlate;
	struct judge_conf judge;
	uint32_t journal_keep_s; /* results are kept this long */
	struct money_conf money;
};

#endif
