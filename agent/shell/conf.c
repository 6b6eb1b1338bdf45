#include "agent/shell/conf.h"

#include "agent/core/keyring.h"
#include "agent/core/oauth.h"
#include "agent/core/request.h"
#include "common/core/clock.h"
#include "common/core/syntax.h"
#include "common/shell/secret.h"
#include "common/shell/settings.h"
#include "common/shell/yaml.h"

#include <arpa/inet.h>
#include <cyaml/cyaml.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_NS (60 * CLOCK_NS_PER_S)
#define DAY_NS    (24 * 60 * MINUTE_NS)

/* agent.yaml as libcyaml loads it: texts only, NULL where nothing is said. */

struct raw_tls {
	char *ca;
	char *cert;
	char *key;
	char *server_name;
};

struct raw_spool {
	char *path;
	char *size_max;
	char *age_max;
};

struct raw_key {
	char *name;
	char *kind;
	char *value;
	char **hosts;
	uint32_t hosts_count;
	char **token_hosts;
	uint32_t token_hosts_count;
};

struct raw_agent {
	char *id;
	char *region;
	char *domain;
	char **collectors;
	uint32_t collectors_count;
	char *insecure;
	struct raw_tls tls;
	struct raw_spool spool;
	char *source_address;
	char *probe_ca;
	char *log_level;
	struct raw_key *keys;
	uint32_t keys_count;
};

struct agent_conf_file {
	struct yaml_file *yaml;
	struct raw_agent *raw;
	struct agent_conf conf;
};

#define TEXT(key, type, member)                                                        \
	CYAML_FIELD_STRING_PTR(                                                        \
	    key, CYAML_FLAG_OPTIONAL, struct type, member, 0, LIMIT_URL_BYTES - 1)
#define TEXT_NEEDED(key, type, member)                                                 \
	CYAML_FIELD_STRING_PTR(                                                        \
	    key, CYAML_FLAG_DEFAULT, struct type, member, 0, LIMIT_URL_BYTES - 1)

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, LIMIT_URL_BYTES - 1),
};

static const cyaml_schema_field_t tls_fields[] = {
    TEXT("ca", raw_tls, ca),
    TEXT("cert", raw_tls, cert),
    TEXT("key", raw_tls, key),
    TEXT("server_name", raw_tls, server_name),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t spool_fields[] = {
    TEXT("path", raw_spool, path),
    TEXT("size_max", raw_spool, size_max),
    TEXT("age_max", raw_spool, age_max),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t key_fields[] = {
    TEXT_NEEDED("name", raw_key, name),
    TEXT("kind", raw_key, kind),
    TEXT_NEEDED("value", raw_key, value),
    CYAML_FIELD_SEQUENCE("hosts", CYAML_FLAG_POINTER, struct raw_key, hosts,
	&text_schema, 1, AGENT_CONF_KEY_HOSTS),
    CYAML_FIELD_SEQUENCE("token_hosts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	struct raw_key, token_hosts, &text_schema, 1, AGENT_CONF_TOKEN_HOSTS),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t key_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_key, key_fields),
};

static const cyaml_schema_field_t agent_fields[] = {
    TEXT_NEEDED("id", raw_agent, id),
    TEXT_NEEDED("region", raw_agent, region),
    TEXT("domain", raw_agent, domain),
    CYAML_FIELD_SEQUENCE("collectors", CYAML_FLAG_POINTER, struct raw_agent, collectors,
	&text_schema, 1, AGENT_CONF_COLLECTORS),
    TEXT("insecure", raw_agent, insecure),
    CYAML_FIELD_MAPPING("tls", CYAML_FLAG_OPTIONAL, struct raw_agent, tls, tls_fields),
    CYAML_FIELD_MAPPING(
	"spool", CYAML_FLAG_OPTIONAL, struct raw_agent, spool, spool_fields),
    TEXT("source_address", raw_agent, source_address),
    TEXT("probe_ca", raw_agent, probe_ca),
    TEXT("log_level", raw_agent, log_level),
    CYAML_FIELD_SEQUENCE("keys", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	struct raw_agent, keys, &key_schema, 0, LIMIT_KEYS),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t agent_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_agent, agent_fields),
};

static void
read_identity(
    struct settings *settings, const struct raw_agent *raw, struct agent_conf *conf)
{
	conf->id = raw->id;
	conf->region = raw->region;
	conf->domain = settings_text(raw->domain, "");
	(void)settings_name(settings, "id", conf->id);
	(void)settings_name(settings, "region", conf->region);
	if (raw->domain != NULL) {
		(void)settings_name(settings, "domain", conf->domain);
	}
}

static void
read_tls(struct settings *settings, const struct raw_agent *raw, bool needed,
    struct agent_conf *conf)
{
	const struct raw_tls *tls = &raw->tls;

	conf->tls_ca = settings_text(tls->ca, "");
	conf->tls_cert = settings_text(tls->cert, "");
	conf->tls_key = settings_text(tls->key, "");
	conf->tls_server_name = settings_text(tls->server_name, "");
	if (needed && (tls->ca == NULL || tls->cert == NULL || tls->key == NULL)) {
		settings_error(settings, "tls",
		    "is not complete, expected ca, cert and key for tls+tcp://");
	}
}

static void
read_collectors(
    struct settings *settings, const struct raw_agent *raw, struct agent_conf *conf)
{
	bool needs_tls = false;

	conf->insecure = settings_bool(settings, "insecure", raw->insecure, false);
	for (uint32_t i = 0; i < raw->collectors_count; i++) {
		settings_scope(settings, "collectors[%u]", i);
		settings_nng_url(
		    settings, "", raw->collectors[i], conf->insecure, &needs_tls);
		for (uint32_t j = 0; j < i; j++) {
			if (strcmp(raw->collectors[i], raw->collectors[j]) == 0) {
				settings_error(settings, "",
				    "is listed twice, expected every collector once");
				break;
			}
		}
		conf->collectors[i] = raw->collectors[i];
	}
	conf->collectors_len = raw->collectors_count;
	settings_scope(settings, "%s", "");
	read_tls(settings, raw, needs_tls, conf);
}

static void
read_spool(
    struct settings *settings, const struct raw_spool *raw, struct agent_conf *conf)
{
	static const struct settings_range size = {
	    .min = 1 << 20,
	    .max = INT64_C(1) << 40,
	    .fallback = 64 << 20,
	};
	static const struct settings_range age = {
	    .min = MINUTE_NS,
	    .max = 366 * DAY_NS,
	    .fallback = 3 * DAY_NS,
	};

	settings_scope(settings, "spool");
	conf->spool_path = settings_text(raw->path, "/var/lib/parallax/agent");
	conf->spool_bytes_max =
	    settings_bytes(settings, "size_max", raw->size_max, &size);
	conf->spool_age_max_s =
	    (uint32_t)(settings_duration(settings, "age_max", raw->age_max, &age) /
		       CLOCK_NS_PER_S);
}

static void
read_rest(
    struct settings *settings, const struct raw_agent *raw, struct agent_conf *conf)
{
	struct in6_addr address; /* room for both families */

	settings_scope(settings, "%s", "");
	conf->source_address = settings_text(raw->source_address, "");
	conf->probe_ca = settings_text(raw->probe_ca, "");
	conf->log_level = settings_log_level(settings, "log_level", raw->log_level);
	if (raw->source_address != NULL &&
	    inet_pton(AF_INET, raw->source_address, &address) != 1 &&
	    inet_pton(AF_INET6, raw->source_address, &address) != 1) {
		settings_error(settings, "source_address",
		    "is '%s', expected an IPv4 or IPv6 address of this machine",
		    settings_quote(raw->source_address).text);
	}
}

/* Copies the `len` hosts of the list `name`. */
static void
read_hosts(struct settings *settings, const char *name, char *const *from, uint32_t len,
    const char **out_hosts)
{
	for (uint32_t i = 0; i < len; i++) {
		char entry[32];

		(void)snprintf(entry, sizeof(entry), "%s[%u]", name, i);
		if (!syntax_is_host_port(from[i])) {
			settings_error(settings, entry,
			    "is '%s', expected a host or host:port in lower case",
			    settings_quote(from[i]).text);
		}
		out_hosts[i] = from[i];
	}
}

/* What the kind of a key implies for the rest of it. */
static void
read_kind(struct settings *settings, const struct raw_key *raw, struct agent_key *key)
{
	static const char *const names[] = {
	    [AGENT_KEY_API] = "api-key",
	    [AGENT_KEY_SERVICE_ACCOUNT] = "service-account",
	    [AGENT_KEY_TOKEN_FILE] = "token-file",
	    [AGENT_KEY_KIND_COUNT] = NULL,
	};

	key->kind = (enum agent_key_kind)settings_choice(
	    settings, "kind", raw->kind, names, AGENT_KEY_API);
	if (key->kind == AGENT_KEY_TOKEN_FILE &&
	    strncmp(key->reference, "file:", 5) != 0) {
		settings_error(settings, "value",
		    "is no file, expected file:PATH for a token-file");
	}
	if (key->kind != AGENT_KEY_SERVICE_ACCOUNT) {
		if (raw->token_hosts_count > 0) {
			settings_error(settings, "token_hosts",
			    "is given, expected it with kind service-account only");
		}
		return;
	}
	key->token_hosts[0] = "oauth2.googleapis.com";
	key->token_hosts_len = 1;
	if (raw->token_hosts_count > 0) {
		read_hosts(settings, "token_hosts", raw->token_hosts,
		    raw->token_hosts_count, key->token_hosts);
		key->token_hosts_len = raw->token_hosts_count;
	}
}

static void
read_keys(
    struct settings *settings, const struct raw_agent *raw, struct agent_conf *conf)
{
	for (uint32_t i = 0; i < raw->keys_count; i++) {
		const struct raw_key *from = &raw->keys[i];
		struct agent_key *key = &conf->key[i];

		settings_scope(settings, "keys[%u]", i);
		key->name = from->name;
		key->reference = from->value;
		(void)settings_name(settings, "name", key->name);
		settings_reference(settings, "value", key->reference);
		read_hosts(
		    settings, "hosts", from->hosts, from->hosts_count, key->hosts);
		key->hosts_len = from->hosts_count;
		read_kind(settings, from, key);
		for (uint32_t j = 0; j < i; j++) {
			if (strcmp(key->name, conf->key[j].name) == 0) {
				settings_error(settings, "name",
				    "is '%s' as keys[%u] is, expected every name once",
				    settings_quote(key->name).text, j);
				break;
			}
		}
	}
	conf->key_len = raw->keys_count;
}

static enum err
read_all(struct agent_conf_file *file, struct remarks *remarks)
{
	struct settings settings;
	size_t errors = remarks->errors;

	settings_init(&settings, file->yaml, remarks);
	read_identity(&settings, file->raw, &file->conf);
	read_collectors(&settings, file->raw, &file->conf);
	read_spool(&settings, &file->raw->spool, &file->conf);
	read_rest(&settings, file->raw, &file->conf);
	read_keys(&settings, file->raw, &file->conf);
	return remarks->errors == errors ? ERR_OK : ERR_INVALID;
}

enum err
agent_conf_load(
    const char *path, struct agent_conf_file **out_file, struct remarks *remarks)
{
	struct agent_conf_file *file = calloc(1, sizeof(*file));
	void *raw = NULL;
	enum err err;

	if (file == NULL) {
		remarks_add(remarks, SEVERITY_ERROR, path, 0, "no memory to read it");
		return ERR_NOMEM;
	}
	err = yaml_open(path, &file->yaml, remarks);
	if (err == ERR_OK) {
		err = yaml_load(file->yaml, &agent_schema, &raw, remarks);
		file->raw = raw;
	}
	if (err == ERR_OK) {
		err = read_all(file, remarks);
	}
	if (err != ERR_OK) {
		agent_conf_free(file);
		return err;
	}
	*out_file = file;
	return ERR_OK;
}

const struct agent_conf *
agent_conf_get(const struct agent_conf_file *file)
{
	return &file->conf;
}

/* A service account is more than a readable file: it must be one, and its endpoint one
 * that it may be used at. */
static void
try_account(struct settings *settings, const struct agent_key *key)
{
	char text[SECRET_BYTES_MAX + 1];
	struct oauth_account account;
	struct request_host host;
	struct secret_note note;

	if (secret_document(key->reference, text, sizeof(text), &note) != ERR_OK) {
		settings_error(settings, "value", "cannot be resolved: %s", note.text);
		return;
	}
	if (note.text[0] != '\0') {
		settings_warn(settings, "value", "is not well kept: %s", note.text);
	}
	if (oauth_account_parse(text, strlen(text), &account) != ERR_OK) {
		settings_error(settings, "value",
		    "is not the JSON of a service account, expected the file as the "
		    "cloud's console gives it");
	} else if (request_host(account.token_uri, &host) != ERR_OK ||
		   !keyring_allows_token(key, &host)) {
		settings_error(settings, "token_hosts",
		    "does not have the host of the account's token_uri, expected "
		    "it there");
	}
	oauth_account_wipe(&account);
	secret_wipe(text, sizeof(text));
}

void
agent_conf_try(const struct agent_conf_file *file, struct remarks *remarks)
{
	const struct agent_conf *conf = &file->conf;
	struct settings settings;

	settings_init(&settings, file->yaml, remarks);
	settings_try_file(&settings, "tls.ca", conf->tls_ca);
	settings_try_file(&settings, "tls.cert", conf->tls_cert);
	settings_try_file(&settings, "tls.key", conf->tls_key);
	settings_try_file(&settings, "probe_ca", conf->probe_ca);
	for (size_t i = 0; i < conf->key_len; i++) {
		settings_scope(&settings, "keys[%zu]", i);
		if (conf->key[i].kind == AGENT_KEY_SERVICE_ACCOUNT) {
			try_account(&settings, &conf->key[i]);
		} else {
			settings_try_secret(
			    &settings, "value", conf->key[i].reference, false);
		}
	}
}

void
agent_conf_free(struct agent_conf_file *file)
{
	if (file == NULL) {
		return;
	}
	yaml_free_data(&agent_schema, file->raw);
	yaml_close(file->yaml);
	free(file);
}
