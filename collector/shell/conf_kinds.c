#include "collector/shell/conf_kinds.h"

#include "collector/shell/conf_parameters.h"
#include "common/core/syntax.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Asks for a picture and nothing else: models told to also write text leave the picture out
 * now and then, which would look like a failure. */
#define PROMPT_DEFAULT                                                                 \
	"A plain red circle on a white background. Output the final image only."

/* Where models are asked for that no region of Google's has to itself. */
#define LOCATION_DEFAULT "global"

enum {
	IMAGE_SIZE_LETTERS = 15,
	EXPECT_DAYS_DEFAULT = 14,
	PROVIDER_BYTES_MAX = 90
};

/* Of one run, and of a million tokens: what 32 bits of millionths of a dollar hold. */
#define COST_MAX_MICROUSD INT64_C(4000000000)

static const char letters_digits[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool
is_vertex(enum probe_kind kind)
{
	return kind == PROBE_VERTEX_IMAGE || kind == PROBE_VERTEX_IMAGEN ||
	       kind == PROBE_VERTEX_TOKENS;
}

static bool
counts_tokens(enum probe_kind kind)
{
	return kind == PROBE_GEMINI_TOKENS || kind == PROBE_VERTEX_TOKENS;
}

static bool
has_providers(enum probe_kind kind)
{
	return kind == PROBE_OPENROUTER_CHAT || kind == PROBE_OPENROUTER_IMAGE;
}

/* Imagen says nothing of tokens; it is paid by the picture. */
static bool
has_usage(enum probe_kind kind)
{
	return probe_traits(kind)->makes_image && kind != PROBE_VERTEX_IMAGEN;
}

size_t
conf_kinds_bytes(const struct raw_probe *raw)
{
	size_t bytes = 1;

	for (uint32_t i = 0; i < raw->providers_count; i++) {
		bytes += strlen(raw->providers[i]) + 1;
	}
	return arena_bytes(bytes, 1);
}

void
conf_kinds_refuse(const struct settings *settings, const char *key, const char *text,
    enum probe_kind kind)
{
	if (text != NULL) {
		settings_error(settings, key,
		    "means nothing for kind %s, expected no %s", probe_kind_name(kind),
		    key);
	}
}

/* ---- addresses ---- */

/* tcp://host:port and its like: what is behind the authority would be ignored. */
static bool
check_net_url(const struct settings *settings, const char *text, enum probe_kind kind)
{
	const char *name = probe_kind_name(kind);
	bool has_port = kind == PROBE_TCP || kind == PROBE_TLS;
	struct syntax_url url;

	if (syntax_url_split(text, &url) && syntax_url_has_scheme(&url, name) &&
	    url.rest[0] == '\0' && (url.port != 0) == has_port) {
		return true;
	}
	settings_error(settings, "url", "is no address for kind %s, expected %s://%s",
	    name, name,
	    kind == PROBE_DNS ? "NAME"
	    : has_port        ? "HOST:PORT"
			      : "HOST");
	return false;
}

/* Addresses are stored, shown and sent to agents, so no key may be part of one. */
static void
check_secrecy(const struct settings *settings, const struct plan_probe *probe)
{
	struct syntax_url url;

	if (strstr(probe->url, "key=") != NULL ||
	    strstr(probe->url, "token=") != NULL) {
		settings_error(settings, "url",
		    "holds a key, expected it in agent.yaml and its name in `key`");
	}
	if (probe->key[0] != '\0' && syntax_url_split(probe->url, &url) &&
	    syntax_url_has_scheme(&url, "http") && !syntax_url_is_loopback(&url)) {
		settings_error(settings, "url",
		    "would send the key in clear text, expected https://");
	}
}

/* Kinds that append their own path to the address. */
static bool
takes_base(enum probe_kind kind)
{
	enum probe_family family = probe_traits(kind)->family;

	return family == FAMILY_GOOGLE || family == FAMILY_OPENAI ||
	       family == FAMILY_OPENROUTER;
}

bool
conf_kinds_url(const struct settings *settings, const struct plan_probe *probe)
{
	size_t len = strlen(probe->url);

	if (probe_traits(probe->kind)->family == FAMILY_NET) {
		return check_net_url(settings, probe->url, probe->kind);
	}
	if (!settings_http_url(settings, "url", probe->url)) {
		return false;
	}
	check_secrecy(settings, probe);
	if (takes_base(probe->kind) &&
	    (strpbrk(probe->url, "?#") != NULL || probe->url[len - 1] == '/')) {
		settings_error(settings, "url",
		    "is not a base address, expected it without '?', '#' or '/' at its "
		    "end");
	}
	return true;
}

/* ---- pictures ---- */

/* Counting tokens takes a prompt too, but need not be told one. */
static void
read_prompt(const struct settings *settings, const struct raw_probe *raw,
    struct plan_probe *probe)
{
	bool makes_image = probe_traits(probe->kind)->makes_image;

	probe->prompt = settings_text(raw->prompt, makes_image ? PROMPT_DEFAULT : "");
	if (!makes_image && !counts_tokens(probe->kind)) {
		conf_kinds_refuse(settings, "prompt", raw->prompt, probe->kind);
	} else if (raw->prompt != NULL && raw->prompt[0] == '\0') {
		settings_error(
		    settings, "prompt", "is empty, expected a harmless prompt");
	}
}

static void
read_image(const struct settings *settings, const struct raw_probe *raw,
    struct plan_probe *probe)
{
	probe->size = settings_text(raw->size, "");
	if (!probe_traits(probe->kind)->makes_image) {
		conf_kinds_refuse(settings, "size", raw->size, probe->kind);
	} else if (strlen(probe->size) > IMAGE_SIZE_LETTERS ||
		   probe->size[strspn(probe->size, letters_digits)] != '\0') {
		settings_error(settings, "size",
		    "is '%s', expected a size as the upstream spells it: 1K, 1024x1024",
		    settings_quote(probe->size).text);
	}
	if (!conf_parameters_allowed(probe->kind)) {
		conf_kinds_refuse(settings, "parameters", raw->parameters, probe->kind);
	} else if (raw->parameters != NULL &&
		   conf_parameters_check(settings, raw->parameters, probe)) {
		probe->parameters = raw->parameters;
	}
}

/* ---- Vertex ---- */

/* As it may stand in a path: a project's id or number, a region's name. */
static bool
is_place(const char *text)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz-.:";

	return text[0] != '\0' && strlen(text) < LIMIT_NAME_BYTES &&
	       text[strspn(text, allowed)] == '\0';
}

static void
read_vertex(const struct settings *settings, const struct raw_probe *raw,
    struct plan_probe *probe)
{
	if (!is_vertex(probe->kind)) {
		conf_kinds_refuse(settings, "project", raw->project, probe->kind);
		conf_kinds_refuse(settings, "location", raw->location, probe->kind);
		return;
	}
	probe->project = raw->project;
	probe->location = settings_text(raw->location, LOCATION_DEFAULT);
	if (raw->project == NULL) {
		settings_error(settings, "",
		    "has no project, expected that of the key for kind %s",
		    probe_kind_name(probe->kind));
	} else if (!is_place(raw->project)) {
		settings_error(settings, "project",
		    "is '%s', expected the id of a project of Google Cloud",
		    settings_quote(raw->project).text);
	}
	if (!is_place(probe->location)) {
		settings_error(settings, "location",
		    "is '%s', expected a region like us-central1, or global",
		    settings_quote(probe->location).text);
	}
}

/* ---- OpenRouter ---- */

static void
read_providers(
    struct conf_fleet *fleet, const struct raw_probe *raw, struct plan_probe *probe)
{
	const struct settings *settings = &fleet->settings;
	size_t cap = conf_kinds_bytes(raw);
	char *joined = arena_take(fleet->arena, cap, 1);
	size_t len = 0;

	assert(joined != NULL);
	if (!has_providers(probe->kind)) {
		conf_kinds_refuse(settings, "providers",
		    raw->providers_count > 0 ? "" : NULL, probe->kind);
		return;
	}
	for (uint32_t i = 0; i < raw->providers_count; i++) {
		const char *tag = raw->providers[i];
		char entry[32];

		(void)snprintf(entry, sizeof(entry), "providers[%u]", i);
		if (!syntax_is_model(tag) || strlen(tag) > PROVIDER_BYTES_MAX) {
			settings_error(settings, entry,
			    "is '%s', expected a provider's tag like google-vertex",
			    settings_quote(tag).text);
		}
		len += (size_t)snprintf(
		    joined + len, cap - len, "%s%s", len > 0 ? "," : "", tag);
	}
	if (len >= LIMIT_URL_BYTES) {
		settings_error(settings, "providers",
		    "is too long, expected at most %d bytes in all",
		    LIMIT_URL_BYTES - 1);
	}
	probe->providers = joined;
}

/* ---- what is expected ---- */

void
conf_kinds_expect(const struct settings *settings, const char *status, const char *text,
    struct plan_probe *probe)
{
	static const struct settings_range range = {
	    .min = 100, .max = 599, .fallback = 0};

	probe->expect_status =
	    (uint16_t)settings_number(settings, "expect_status", status, &range);
	probe->expect_text = settings_text(text, "");
	if (text != NULL && text[0] == '\0') {
		settings_error(
		    settings, "expect_text", "is empty, expected a part of the body");
	}
}

/* RFC 6901, section 3: "" or "/member/0", with ~0 and ~1 for ~ and /. */
static bool
is_pointer(const char *text)
{
	if (text[0] != '/') {
		return false; /* the whole document is no value to compare with */
	}
	for (const char *at = strchr(text, '~'); at != NULL; at = strchr(at + 1, '~')) {
		if (at[1] != '0' && at[1] != '1') {
			return false;
		}
	}
	return true;
}

static void
read_pointer(const struct settings *settings, const struct raw_probe *raw,
    struct plan_probe *probe)
{
	probe->expect_pointer = settings_text(raw->expect_pointer, "");
	probe->expect_value = settings_text(raw->expect_value, "");
	if (raw->expect_pointer == NULL && raw->expect_value != NULL) {
		settings_error(settings, "expect_value",
		    "is compared with nothing, expected `expect_pointer` beside it");
	}
	if (raw->expect_pointer != NULL && !is_pointer(raw->expect_pointer)) {
		settings_error(settings, "expect_pointer",
		    "is '%s', expected a JSON pointer like /status/0/name",
		    settings_quote(raw->expect_pointer).text);
	}
	if (raw->expect_value != NULL && raw->expect_value[0] == '\0') {
		settings_error(settings, "expect_value",
		    "is empty, expected a value, or no line when it only has to be "
		    "there");
	}
}

static void
read_expectations(const struct settings *settings, const struct raw_probe *raw,
    struct plan_probe *probe)
{
	static const struct settings_range days = {
	    .min = 1, .max = 3650, .fallback = EXPECT_DAYS_DEFAULT};
	enum probe_kind kind = probe->kind;

	if (kind == PROBE_HTTP) {
		conf_kinds_expect(
		    settings, raw->expect_status, raw->expect_text, probe);
		read_pointer(settings, raw, probe);
	} else {
		conf_kinds_refuse(settings, "expect_status", raw->expect_status, kind);
		conf_kinds_refuse(settings, "expect_text", raw->expect_text, kind);
		conf_kinds_refuse(
		    settings, "expect_pointer", raw->expect_pointer, kind);
		conf_kinds_refuse(settings, "expect_value", raw->expect_value, kind);
	}
	if (kind == PROBE_TLS) {
		probe->expect_days = (uint16_t)settings_number(
		    settings, "expect_days", raw->expect_days, &days);
	} else {
		conf_kinds_refuse(settings, "expect_days", raw->expect_days, kind);
	}
}

/* ---- below HTTP ---- */

/* True for address[:port], where an IPv6 address with a port has brackets. */
static bool
is_resolver(const char *text)
{
	char address[INET6_ADDRSTRLEN + 8];
	struct syntax_url url;
	struct in6_addr binary;
	char full[sizeof(address) + 8];
	int len;

	if (strlen(text) >= sizeof(address)) {
		return false;
	}
	if (inet_pton(AF_INET6, text, &binary) == 1) {
		return true;
	}
	len = snprintf(full, sizeof(full), "dns://%s", text);
	if (len < 0 || (size_t)len >= sizeof(full) || !syntax_url_split(full, &url) ||
	    url.rest[0] != '\0' || url.host_len >= sizeof(address)) {
		return false;
	}
	memcpy(address, url.host, url.host_len);
	address[url.host_len] = '\0';
	return inet_pton(AF_INET, address, &binary) == 1 ||
	       inet_pton(AF_INET6, address, &binary) == 1;
}

/* 4 or 6 for an address, 0 for a name. */
static uint8_t
version_of(const char *host, size_t len)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr binary;

	if (len >= sizeof(address)) {
		return 0;
	}
	memcpy(address, host, len);
	address[len] = '\0';
	return inet_pton(AF_INET, address, &binary) == 1    ? 4
	       : inet_pton(AF_INET6, address, &binary) == 1 ? 6
							    : 0;
}

void
conf_kinds_family(
    const struct settings *settings, const char *text, struct plan_probe *probe)
{
	static const char *const families[] = {"ipv4", "ipv6", NULL};
	static const uint8_t versions[] = {4, 6, 0};
	struct syntax_url url;
	uint8_t version;

	probe->family =
	    versions[settings_choice(settings, "family", text, families, 2)];
	if (probe->family == 0 || !syntax_url_split(probe->url, &url)) {
		return;
	}
	version = version_of(url.host, url.host_len);
	if (version != 0 && version != probe->family) {
		settings_error(settings, "family",
		    "is '%s', and `url` holds an address of the other family, expected "
		    "a name there, or no family",
		    families[probe->family == 4 ? 0 : 1]);
	}
}

static void
read_resolver(const struct settings *settings, const struct raw_probe *raw,
    struct plan_probe *probe)
{
	if (probe->kind != PROBE_DNS) {
		conf_kinds_refuse(settings, "resolver", raw->resolver, probe->kind);
	} else if (raw->resolver != NULL && !is_resolver(raw->resolver)) {
		settings_error(settings, "resolver",
		    "is '%s', expected an address like 192.0.2.1 or [2001:db8::1]:53",
		    settings_quote(raw->resolver).text);
	} else {
		probe->resolver = settings_text(raw->resolver, "");
	}
}

/* ---- money ---- */

static void
read_money(const struct settings *settings, const struct raw_probe *raw,
    struct plan_probe *probe)
{
	static const struct settings_range range = {
	    .min = 1, .max = COST_MAX_MICROUSD, .fallback = 0};
	enum probe_kind kind = probe->kind;

	if (probe_traits(kind)->makes_image) {
		probe->cost_microusd =
		    (uint32_t)settings_money(settings, "cost", raw->cost, &range);
	} else {
		conf_kinds_refuse(settings, "cost", raw->cost, kind);
	}
	if (has_usage(kind)) {
		probe->price_in_microusd = (uint32_t)settings_money(
		    settings, "price_in", raw->price_in, &range);
		probe->price_out_microusd = (uint32_t)settings_money(
		    settings, "price_out", raw->price_out, &range);
	} else {
		conf_kinds_refuse(settings, "price_in", raw->price_in, kind);
		conf_kinds_refuse(settings, "price_out", raw->price_out, kind);
	}
}

void
conf_kinds_read(
    struct conf_fleet *fleet, const struct raw_probe *raw, struct plan_probe *probe)
{
	const struct settings *settings = &fleet->settings;

	read_prompt(settings, raw, probe);
	read_image(settings, raw, probe);
	read_vertex(settings, raw, probe);
	read_providers(fleet, raw, probe);
	read_expectations(settings, raw, probe);
	conf_kinds_family(settings, raw->family, probe);
	read_resolver(settings, raw, probe);
	read_money(settings, raw, probe);
}
