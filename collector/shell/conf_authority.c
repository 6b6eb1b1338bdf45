#include "collector/shell/conf_authority.h"

#include "common/core/clock.h"
#include "common/core/syntax.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_NS (60 * CLOCK_NS_PER_S)
#define DAY_NS    (24 * 60 * MINUTE_NS)

static bool
is_used(const struct raw_authority *raw)
{
	return raw->path != NULL;
}

size_t
conf_authority_bytes(const struct raw_collector *raw)
{
	size_t path = is_used(&raw->authority) ? strlen(raw->authority.path) + 32 : 0;

	return 4 * arena_bytes(path, 1) + arena_bytes(LIMIT_URL_BYTES, 1);
}

static const char *
join(struct arena *arena, const char *folder, const char *name)
{
	char path[LIMIT_TEXT_BYTES];
	int len = snprintf(path, sizeof(path), "%s/%s", folder, name);

	return len > 0 && (size_t)len < sizeof(path)
		   ? arena_text(arena, path, (size_t)len)
		   : "";
}

/* Without a name agents could not tell the collector from another holder of a certificate;
 * nng compares DNS names only. */
static void
read_names(struct settings *settings, const struct raw_authority *raw,
    struct authority_conf *conf)
{
	bool has_name = false;

	for (uint32_t i = 0; i < raw->names_count; i++) {
		const char *name = raw->names[i];
		char entry[24];

		(void)snprintf(entry, sizeof(entry), "names[%u]", i);
		if (!syntax_is_host_port(name) || strchr(name, ':') != NULL) {
			settings_error(settings, entry,
			    "is '%s', expected a host name or an IPv4 address",
			    settings_quote(name).text);
		}
		has_name = has_name || strspn(name, "0123456789.") != strlen(name);
		conf->names[conf->names_len++] = name;
	}
	if (!has_name) {
		settings_error(settings, "names",
		    "has no host name, expected the one agents call the collector by");
	}
}

static void
read_collectors(struct settings *settings, const struct raw_authority *raw,
    struct authority_conf *conf)
{
	for (uint32_t i = 0; i < raw->collectors_count; i++) {
		struct syntax_url url;
		char entry[24];

		(void)snprintf(entry, sizeof(entry), "collectors[%u]", i);
		if (!syntax_url_split(raw->collectors[i], &url) ||
		    !syntax_url_has_scheme(&url, "tls+tcp") || url.port == 0) {
			settings_error(settings, entry,
			    "is '%s', expected tls+tcp://host:port, as agents reach it",
			    settings_quote(raw->collectors[i]).text);
		}
		conf->collectors[conf->collectors_len++] = raw->collectors[i];
	}
	if (raw->collectors_count == 0) {
		settings_error(settings, "collectors",
		    "is empty, expected the tls+tcp:// addresses agents are to dial");
	}
}

static void
read_url(struct settings *settings, const struct raw_authority *raw,
    struct authority_conf *conf)
{
	struct syntax_url url;

	conf->url = settings_text(raw->url, "");
	if (raw->url == NULL || !syntax_url_split(raw->url, &url) ||
	    !syntax_url_has_scheme(&url, "https") || url.rest[0] != '\0' ||
	    strlen(raw->url) > 200) {
		settings_error(settings, "url",
		    "is '%s', expected https://host:port where agents reach "
		    "http.listen",
		    settings_quote(conf->url).text);
	}
}

/* What is not said stands in the authority's folder. */
static void
complete_tls(const struct authority_conf *authority, struct arena *arena,
    struct collector_conf *conf)
{
	if (conf->tls_ca[0] == '\0') {
		conf->tls_ca = join(arena, authority->path, "ca.pem");
	}
	if (conf->tls_cert[0] == '\0') {
		conf->tls_cert = join(arena, authority->path, "collector.pem");
		conf->tls_key = join(arena, authority->path, "collector.key");
	}
}

void
conf_authority_read(struct settings *settings, const struct raw_collector *raw,
    struct arena *arena, struct collector_conf *conf)
{
	static const struct settings_range lifetime = {
	    .min = MINUTE_NS, .max = 3650 * DAY_NS, .fallback = 30 * DAY_NS};
	const struct raw_authority *from = &raw->authority;

	conf->http_listen = settings_text(raw->http.listen, "");
	conf->authority = (struct authority_conf){.path = "", .url = ""};
	if (is_used(from)) {
		settings_scope(settings, "authority");
		conf->authority.path = from->path;
		if (from->path[0] != '/') {
			settings_error(settings, "path",
			    "is '%s', expected an absolute path of a folder",
			    settings_quote(from->path).text);
		}
		read_names(settings, from, &conf->authority);
		read_collectors(settings, from, &conf->authority);
		read_url(settings, from, &conf->authority);
		conf->authority.lifetime_ns =
		    settings_duration(settings, "lifetime", from->lifetime, &lifetime);
		complete_tls(&conf->authority, arena, conf);
	} else if (from->names_count > 0 || from->collectors_count > 0 ||
		   from->url != NULL) {
		settings_scope(settings, "%s", "");
		settings_error(settings, "authority",
		    "has no path, expected the folder of its certificates");
	}
	settings_scope(settings, "http");
	if (conf->http_listen[0] != '\0' && !syntax_is_host_port(conf->http_listen)) {
		settings_error(settings, "listen", "is '%s', expected address:port",
		    settings_quote(conf->http_listen).text);
	}
	if (conf->http_listen[0] != '\0' && conf->tls_cert[0] == '\0') {
		settings_error(settings, "listen",
		    "has no certificate, expected tls.cert and tls.key, or authority");
	}
}
