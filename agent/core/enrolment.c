#include "agent/core/enrolment.h"

#include "common/core/syntax.h"

#include <stdio.h>
#include <string.h>

enum field {
	FIELD_NAME = 0,
	FIELD_REGION,
	FIELD_DOMAIN,
	FIELD_CERTIFICATE,
	FIELD_AUTHORITY,
	FIELD_COLLECTOR,
	FIELD_SERVER_NAME,
	FIELD_MESSAGE
};

/* `certificate` is the authority's where that alone is asked for. */
static const struct capture_path paths[] = {
    {{"name"}, FIELD_NAME},
    {{"region"}, FIELD_REGION},
    {{"domain"}, FIELD_DOMAIN},
    {{"certificate"}, FIELD_CERTIFICATE},
    {{"authority"}, FIELD_AUTHORITY},
    {{"collectors", "[]"}, FIELD_COLLECTOR},
    {{"server_name"}, FIELD_SERVER_NAME},
    {{"error", "message"}, FIELD_MESSAGE},
};

/* Where a field goes, and its room: none for a collector too many. */
static char *
place_of(struct enrolment *enrolment, int tag, size_t *out_cap)
{
	*out_cap = LIMIT_NAME_BYTES;
	switch ((enum field)tag) {
	case FIELD_NAME:
		return enrolment->name;
	case FIELD_REGION:
		return enrolment->region;
	case FIELD_DOMAIN:
		return enrolment->domain;
	case FIELD_CERTIFICATE:
		*out_cap = sizeof(enrolment->certificate);
		return enrolment->certificate;
	case FIELD_AUTHORITY:
		*out_cap = sizeof(enrolment->authority);
		return enrolment->authority;
	case FIELD_COLLECTOR:
		if (enrolment->collectors_len == AGENT_CONF_COLLECTORS) {
			break;
		}
		*out_cap = LIMIT_URL_BYTES;
		return enrolment->collectors[enrolment->collectors_len];
	case FIELD_SERVER_NAME:
		*out_cap = sizeof(enrolment->server_name);
		return enrolment->server_name;
	case FIELD_MESSAGE:
		*out_cap = sizeof(enrolment->message);
		return enrolment->message;
	}
	*out_cap = 0;
	return enrolment->message;
}

static void
take(void *context, int tag, const struct json_event *event)
{
	struct enrolment *enrolment = context;
	size_t cap;
	char *place = place_of(enrolment, tag, &cap);

	if (event->kind != JSON_TEXT) {
		return; /* null stays "" */
	}
	if (cap <= enrolment->len || event->len >= cap - enrolment->len ||
	    memchr(event->text, '\0', event->len) != NULL) {
		enrolment->failed = true;
		enrolment->len = 0;
		return;
	}
	memcpy(place + enrolment->len, event->text, event->len);
	enrolment->len += event->len;
	place[enrolment->len] = '\0';
	if (event->last) {
		enrolment->len = 0;
		enrolment->collectors_len += tag == FIELD_COLLECTOR ? 1 : 0;
	}
}

void
enrolment_begin(struct enrolment *enrolment)
{
	memset(enrolment, 0, sizeof(*enrolment));
	capture_init(&enrolment->capture, paths, sizeof(paths) / sizeof(paths[0]),
	    false, take, enrolment);
}

void
enrolment_body(struct enrolment *enrolment, const void *data, size_t len)
{
	enum json_status status = capture_push(&enrolment->capture, data, len);

	if (status == JSON_ERROR || status == JSON_TRAILING) {
		enrolment->failed = true;
	}
}

bool
enrolment_end(struct enrolment *enrolment)
{
	return capture_end(&enrolment->capture) == JSON_COMPLETE && !enrolment->failed;
}

static bool
is_pem(const char *text)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n";

	return strncmp(text, begin, sizeof(begin) - 1) == 0;
}

/* Fit to stand in a YAML file between quotes. */
static bool
is_collector(const char *text)
{
	struct syntax_url url;

	return syntax_url_split(text, &url) && url.rest[0] == '\0' && url.port != 0 &&
	       syntax_url_has_scheme(&url, "tls+tcp") && strpbrk(text, "\"\\") == NULL;
}

bool
enrolment_has_authority(const struct enrolment *enrolment)
{
	return is_pem(enrolment->certificate);
}

bool
enrolment_is_good(const struct enrolment *enrolment)
{
	bool good =
	    syntax_is_name(enrolment->name) && syntax_is_name(enrolment->region) &&
	    (enrolment->domain[0] == '\0' || syntax_is_name(enrolment->domain)) &&
	    is_pem(enrolment->certificate) && is_pem(enrolment->authority) &&
	    syntax_is_host_port(enrolment->server_name) &&
	    enrolment->collectors_len > 0;

	for (size_t i = 0; good && i < enrolment->collectors_len; i++) {
		good = is_collector(enrolment->collectors[i]);
	}
	return good;
}

enum err
enrolment_yaml(const struct enrolment *enrolment, const char *folder,
    char out[ENROLMENT_YAML_BYTES])
{
	size_t used;
	int len = snprintf(out, ENROLMENT_YAML_BYTES,
	    "# Made by `parallax-agent enrol`. What it probes comes from the "
	    "collector; the\n"
	    "# keys it may use, and where to, are for you to add: `keys`.\n"
	    "id: %s\n"
	    "region: %s\n"
	    "%s%s%s"
	    "collectors:\n",
	    enrolment->name, enrolment->region,
	    enrolment->domain[0] != '\0' ? "domain: " : "", enrolment->domain,
	    enrolment->domain[0] != '\0' ? "\n" : "");

	if (len < 0 || len >= ENROLMENT_YAML_BYTES ||
	    strpbrk(folder, "\"\\\n") != NULL) {
		return ERR_LIMIT;
	}
	used = (size_t)len;
	for (size_t i = 0; i < enrolment->collectors_len; i++) {
		len = snprintf(out + used, ENROLMENT_YAML_BYTES - used, "  - \"%s\"\n",
		    enrolment->collectors[i]);
		if (len < 0 || (size_t)len >= ENROLMENT_YAML_BYTES - used) {
			return ERR_LIMIT;
		}
		used += (size_t)len;
	}
	len = snprintf(out + used, ENROLMENT_YAML_BYTES - used,
	    "tls:\n"
	    "  ca: \"%s/ca.pem\"\n"
	    "  cert: \"%s/agent.pem\"\n"
	    "  key: \"%s/agent.key\"\n"
	    "  server_name: \"%s\"\n",
	    folder, folder, folder, enrolment->server_name);
	return len >= 0 && (size_t)len < ENROLMENT_YAML_BYTES - used ? ERR_OK
								     : ERR_LIMIT;
}
