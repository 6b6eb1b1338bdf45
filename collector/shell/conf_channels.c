#include "collector/shell/conf_channels.h"

#include "collector/core/channel_mail.h"
#include "collector/core/channel_page.h"
#include "collector/core/template.h"
#include "common/core/json.h"
#include "common/core/syntax.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One channel while it is read. */
struct reading {
	struct settings *settings;
	const struct raw_channel *raw;
	const struct channel_kind_row *row;
	struct alert_channel *channel;
	struct channel_conf *conf;
};

static enum channel_kind
read_kind(const struct settings *settings, const char *text)
{
	const char *names[CHANNEL_KIND_COUNT + 1] = {NULL};

	for (int i = 0; i < CHANNEL_KIND_COUNT; i++) {
		names[i] = channel_kind_row((enum channel_kind)i)->name;
	}
	return (enum channel_kind)settings_choice(
	    settings, "kind", text, names, CHANNEL_LOG);
}

static enum level
read_level(const struct settings *settings, const char *text)
{
	const char *names[LEVEL_COUNT + 1] = {NULL};

	for (int i = 0; i < LEVEL_COUNT; i++) {
		names[i] = level_name((enum level)i);
	}
	return (enum level)settings_choice(
	    settings, "level_min", text, names, LEVEL_WARNING);
}

/* Whose incidents the channel tells. What is only being tried reaches logs, nobody's phone. */
static uint8_t
read_tiers(const struct settings *settings, const struct raw_channel *raw,
    enum channel_kind kind)
{
	unsigned mask = 0;

	for (uint32_t i = 0; i < raw->tiers_count; i++) {
		char entry[32];
		enum tier tier;

		(void)snprintf(entry, sizeof(entry), "tiers[%u]", i);
		if (!tier_find(raw->tiers[i], &tier)) {
			settings_error(settings, entry,
			    "is '%s', expected one of core, important, normal, test",
			    settings_quote(raw->tiers[i]).text);
		} else {
			mask |= 1U << tier;
		}
	}
	if (mask == 0) {
		mask = kind == CHANNEL_LOG ? TIER_ALL : TIER_ALL & ~(1U << TIER_TEST);
	}
	return (uint8_t)mask;
}

/* ---- what a kind needs, may have, and has no use for ---- */

static void
check_need(const struct reading *reading, enum channel_setting setting, const char *key,
    bool is_there)
{
	enum channel_need need = reading->row->need[setting];

	if (is_there && need == CHANNEL_REFUSED) {
		settings_error(reading->settings, key,
		    "means nothing for kind %s, expected no %s", reading->row->name,
		    key);
	} else if (!is_there && need == CHANNEL_NEEDED) {
		settings_error(reading->settings, "",
		    "has no %s, expected one for kind %s", key, reading->row->name);
	}
}

/* A setting that different kinds call by different names. */
static void
check_name(const struct reading *reading, enum channel_setting setting,
    const char *wanted, const char *key, bool is_there)
{
	if (wanted != NULL && strcmp(wanted, key) == 0) {
		check_need(reading, setting, key, is_there);
	} else if (is_there) {
		settings_error(reading->settings, key,
		    "means nothing for kind %s, expected no %s", reading->row->name,
		    key);
	}
}

static void
check_needs(const struct reading *reading)
{
	const struct raw_channel *raw = reading->raw;
	const struct channel_kind_row *row = reading->row;
	const struct {
		enum channel_setting setting;
		const char *key;
		const char *text;
	} plain[] = {
	    {CHANNEL_SET_PATH, "path", raw->path},
	    {CHANNEL_SET_FROM, "from", raw->from},
	    {CHANNEL_SET_USER, "user", raw->user},
	    {CHANNEL_SET_KEYWORD, "keyword", raw->keyword},
	    {CHANNEL_SET_CA, "ca", raw->ca},
	    {CHANNEL_SET_TEXTS, "language", raw->language},
	    {CHANNEL_SET_TEXTS, "link", raw->link},
	    {CHANNEL_SET_TEXTS, "title", raw->title},
	    {CHANNEL_SET_TEXTS, "text", raw->text},
	    {CHANNEL_SET_BODY, "body", raw->body},
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		check_need(
		    reading, plain[i].setting, plain[i].key, plain[i].text != NULL);
	}
	check_need(reading, CHANNEL_SET_COMMAND, "command", raw->command_count > 0);
	check_name(reading, CHANNEL_SET_SECRET, row->secret_name, "secret",
	    raw->secret != NULL);
	check_name(reading, CHANNEL_SET_SECRET, row->secret_name, "password",
	    raw->password != NULL);
	check_name(
	    reading, CHANNEL_SET_SECRET, row->secret_name, "token", raw->token != NULL);
	check_name(reading, CHANNEL_SET_SECRET, row->secret_name, "routing_key",
	    raw->routing_key != NULL);
	check_name(reading, CHANNEL_SET_TO, row->to_name, "to", raw->to_count > 0);
	check_name(reading, CHANNEL_SET_TO, row->to_name, "chat", raw->chat != NULL);
	check_name(reading, CHANNEL_SET_TO, row->to_name, "topic", raw->topic != NULL);
}

/* ---- addresses ---- */

static void
check_mail_url(const struct reading *reading)
{
	struct syntax_url url;
	bool is_smtps;

	if (!syntax_url_split(reading->raw->url, &url) ||
	    (!syntax_url_has_scheme(&url, "smtp") &&
		!syntax_url_has_scheme(&url, "smtps"))) {
		settings_error(reading->settings, "url",
		    "is no address of a mail server, expected smtp://host:587 (with "
		    "STARTTLS) or smtps://host");
		return;
	}
	is_smtps = syntax_url_has_scheme(&url, "smtps");
	if (!is_smtps && url.port == 0) {
		settings_error(reading->settings, "url",
		    "has no port, expected one, such as smtp://host:587");
	}
}

/* A plain address is let through, but it usually is a secret: whoever knows it can post. */
static void
check_web_url(const struct reading *reading)
{
	const char *text = reading->raw->url;
	bool is_secret = reading->conf->kind != CHANNEL_ALERTMANAGER &&
			 reading->row->url_default == NULL;
	struct syntax_url url;

	if (!settings_http_url(reading->settings, "url", text) ||
	    !syntax_url_split(text, &url) || syntax_url_is_loopback(&url)) {
		return;
	}
	if (syntax_url_has_scheme(&url, "http")) {
		settings_error(reading->settings, "url",
		    "would send alerts in clear text, expected https://");
	} else if (is_secret) {
		settings_warn(reading->settings, "url",
		    "is written out, but whoever reads it can post there, expected "
		    "env:, file: or credential:");
	}
}

static void
check_url(const struct reading *reading)
{
	enum channel_need need = reading->row->need[CHANNEL_SET_URL];
	const char *text = reading->raw->url;

	if (text == NULL && need == CHANNEL_NEEDED) {
		settings_error(reading->settings, "",
		    "has no url, expected one for kind %s: env:NAME, file:PATH, "
		    "credential:NAME or the address",
		    reading->row->name);
	} else if (text != NULL && need == CHANNEL_REFUSED) {
		check_need(reading, CHANNEL_SET_URL, "url", true);
	} else if (text != NULL && !syntax_is_reference(text)) {
		if (reading->row->way == CHANNEL_BY_MAIL) {
			check_mail_url(reading);
		} else {
			check_web_url(reading);
		}
	}
}

/* ---- the rest ---- */

static void
read_secret(const struct reading *reading)
{
	const struct raw_channel *raw = reading->raw;
	const struct {
		const char *key;
		const char *text;
	} place[] = {{"secret", raw->secret}, {"password", raw->password},
	    {"token", raw->token}, {"routing_key", raw->routing_key}};

	reading->conf->secret_reference = "";
	for (size_t i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		if (place[i].text != NULL) {
			settings_reference(
			    reading->settings, place[i].key, place[i].text);
			reading->conf->secret_reference = place[i].text;
		}
	}
	if (raw->user != NULL && raw->password == NULL &&
	    reading->conf->kind == CHANNEL_EMAIL) {
		settings_error(reading->settings, "user",
		    "has no password, expected both or none of them");
	}
}

static void
check_address(const struct reading *reading, const char *key, const char *text)
{
	if (!channel_mail_is_address(text)) {
		settings_error(reading->settings, key,
		    "is '%s', expected a mail address such as alerts@example.com",
		    settings_quote(text).text);
	}
}

static void
check_word(const struct reading *reading, const char *key, const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789@_-");

	if (len == 0 || text[len] != '\0' || len > 64) {
		settings_error(reading->settings, key,
		    "is '%s', expected letters, digits, @, _ and -",
		    settings_quote(text).text);
	}
}

static void
read_recipients(const struct reading *reading)
{
	const struct raw_channel *raw = reading->raw;
	struct channel_conf *conf = reading->conf;

	for (uint32_t i = 0; i < raw->to_count && i < CHANNEL_RECIPIENTS_MAX; i++) {
		char entry[32];

		(void)snprintf(entry, sizeof(entry), "to[%u]", i);
		check_address(reading, entry, raw->to[i]);
		conf->to[conf->to_len++] = raw->to[i];
	}
	if (raw->chat != NULL) {
		check_word(reading, "chat", raw->chat);
		conf->to[0] = raw->chat;
		conf->to_len = 1;
	} else if (raw->topic != NULL) {
		check_word(reading, "topic", raw->topic);
		conf->to[0] = raw->topic;
		conf->to_len = 1;
	}
	if (raw->from != NULL) {
		check_address(reading, "from", raw->from);
	}
}

static void
check_template(const struct reading *reading, const char *key, const char *text)
{
	char name[TEMPLATE_NAME_BYTES];

	if (text != NULL && !template_check(text, name)) {
		settings_error(reading->settings, key,
		    "has '%s', expected {{...}} with one of %s", name,
		    template_names());
	}
}

static void
ignore(void *context, const struct json_event *event)
{
	(void)context;
	(void)event;
}

/* With every name filled in by a harmless text it must be JSON. */
static void
check_body(const struct reading *reading)
{
	static const struct facts facts;
	static const struct letter letter;
	char filled[LIMIT_TEXT_BYTES * 2];
	char name[TEMPLATE_NAME_BYTES];
	enum json_status status;
	struct json json;
	struct text text;

	if (reading->raw->body == NULL || !template_check(reading->raw->body, name)) {
		return;
	}
	text_init(&text, filled, sizeof(filled));
	template_fill(&text, reading->raw->body, MARKUP_JSON, &facts, &letter);
	json_init(&json, ignore, NULL);
	status = json_push(&json, filled, text.len);
	if (status == JSON_MORE || status == JSON_COMPLETE) {
		status = json_end(&json);
	}
	if (status != JSON_COMPLETE) {
		settings_error(reading->settings, "body",
		    "is no JSON when its names are filled in, expected names inside "
		    "of quotes");
	}
}

static void
read_texts(const struct reading *reading)
{
	const struct raw_channel *raw = reading->raw;
	struct channel_conf *conf = reading->conf;
	const char *names[LANGUAGE_COUNT + 1] = {NULL};

	for (int i = 0; i < LANGUAGE_COUNT; i++) {
		names[i] = language_name((enum language)i);
	}
	conf->language = (enum language)settings_choice(
	    reading->settings, "language", raw->language, names, LANGUAGE_EN);
	check_template(reading, "link", raw->link);
	check_template(reading, "title", raw->title);
	check_template(reading, "text", raw->text);
	check_template(reading, "body", raw->body);
	check_body(reading);
	if (raw->link != NULL && strncmp(raw->link, "https://", 8) != 0 &&
	    strncmp(raw->link, "http://", 7) != 0) {
		settings_error(reading->settings, "link",
		    "is no address, expected http:// or https://");
	}
	conf->link = raw->link;
	conf->title = raw->title;
	conf->text = raw->text;
	conf->body = raw->body;
	conf->keyword = raw->keyword;
}

static void
read_command(const struct reading *reading)
{
	const struct raw_channel *raw = reading->raw;

	for (uint32_t i = 0; i < raw->command_count && i < CHANNEL_ARGUMENTS_MAX; i++) {
		reading->conf->command[i] = raw->command[i];
	}
	if (raw->command_count > 0 && raw->command[0][0] != '/') {
		settings_error(reading->settings, "command[0]",
		    "is '%s', expected the whole path of a program",
		    settings_quote(raw->command[0]).text);
	}
}

static void
read_channel(const struct reading *reading)
{
	static const struct settings_range timeout = {
	    .min = CLOCK_NS_PER_S,
	    .max = 90 * CLOCK_NS_PER_S, /* shorter than a lease, see alert.h */
	    .fallback = 0,
	};
	struct settings *settings = reading->settings;
	const struct raw_channel *raw = reading->raw;
	struct alert_channel *channel = reading->channel;
	struct channel_conf *conf = reading->conf;

	(void)settings_name(settings, "name", raw->name);
	channel->name = raw->name;
	channel->level_min = read_level(settings, raw->level_min);
	channel->wants_updates =
	    settings_bool(settings, "updates", raw->updates, false);
	channel->tier_mask = read_tiers(settings, raw, conf->kind);
	channel->pace = reading->row->pace;
	if (conf->kind == CHANNEL_ALERTMANAGER) {
		channel->refresh_ns = CHANNEL_PAGE_REFRESH_S * CLOCK_NS_PER_S;
	}
	conf->name = raw->name;
	conf->url_reference = settings_text(raw->url, "");
	conf->path = settings_text(raw->path, "");
	conf->from = raw->from;
	conf->user = raw->user;
	conf->ca = settings_text(raw->ca, "");
	conf->fallback = raw->fallback;
	conf->timeout_ms =
	    (uint32_t)(settings_duration(settings, "timeout", raw->timeout, &timeout) /
		       CLOCK_NS_PER_MS);
	check_needs(reading);
	check_url(reading);
	read_secret(reading);
	read_recipients(reading);
	read_texts(reading);
	read_command(reading);
}

/* ---- all of them ---- */

size_t
conf_channels_bytes(const struct raw_collector *raw)
{
	return arena_bytes(raw->channels_count, sizeof(struct alert_channel)) +
	       arena_bytes(raw->channels_count, sizeof(struct channel_conf));
}

static void
check_names(struct settings *settings, const struct alert_channel *channel, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++) {
		if (strcmp(channel[i].name, channel[j].name) == 0) {
			settings_error(settings, "name",
			    "is '%s' a second time, expected every name once",
			    settings_quote(channel[i].name).text);
			return;
		}
	}
}

static void
link_fallback(struct settings *settings, const struct channel_conf *conf,
    struct alert_channel *channel, uint32_t len, uint32_t i)
{
	settings_scope(settings, "channels[%u]", i);
	if (conf[i].fallback == NULL) {
		return;
	}
	for (uint32_t j = 0; j < len; j++) {
		if (j != i && strcmp(channel[j].name, conf[i].fallback) == 0) {
			channel[i].fallback = (uint16_t)(j + 1);
			return;
		}
	}
	settings_error(settings, "fallback",
	    "is '%s', expected the name of another channel",
	    settings_quote(conf[i].fallback).text);
}

static void
read_heartbeat(struct settings *settings, const struct raw_heartbeat *raw,
    struct heartbeat_conf *out)
{
	static const struct settings_range interval = {
	    .min = 10 * CLOCK_NS_PER_S,
	    .max = 86400 * CLOCK_NS_PER_S,
	    .fallback = 60 * CLOCK_NS_PER_S,
	};

	settings_scope(settings, "heartbeat");
	out->url_reference = settings_text(raw->url, "");
	out->interval_ns =
	    settings_duration(settings, "interval", raw->interval, &interval);
	if (raw->url != NULL && !syntax_is_reference(raw->url)) {
		(void)settings_http_url(settings, "url", raw->url);
	} else if (raw->url == NULL && raw->interval != NULL) {
		settings_error(settings, "", "has no url, expected one");
	}
}

void
conf_channels_read(struct settings *settings, const struct raw_collector *raw,
    struct arena *arena, struct collector_conf *conf)
{
	struct alert_channel *channel =
	    arena_take(arena, raw->channels_count, sizeof(*channel));
	struct channel_conf *channel_conf =
	    arena_take(arena, raw->channels_count, sizeof(*channel_conf));

	assert(!arena_failed(arena));
	for (uint32_t i = 0; i < raw->channels_count; i++) {
		struct reading reading = {.settings = settings,
		    .raw = &raw->channels[i],
		    .channel = &channel[i],
		    .conf = &channel_conf[i]};

		memset(&channel[i], 0, sizeof(channel[i]));
		memset(&channel_conf[i], 0, sizeof(channel_conf[i]));
		settings_scope(settings, "channels[%u]", i);
		reading.conf->kind = read_kind(settings, reading.raw->kind);
		reading.row = channel_kind_row(reading.conf->kind);
		read_channel(&reading);
		check_names(settings, channel, i);
	}
	for (uint32_t i = 0; i < raw->channels_count; i++) {
		link_fallback(settings, channel_conf, channel, raw->channels_count, i);
	}
	read_heartbeat(settings, &raw->heartbeat, &conf->heartbeat);
	conf->channel = channel;
	conf->channel_conf = channel_conf;
	conf->alert.channel = channel;
	conf->alert.channel_len = (uint16_t)raw->channels_count;
}

void
conf_channels_try(struct settings *settings, const struct collector_conf *conf)
{
	settings_scope(settings, "heartbeat");
	if (conf->heartbeat.url_reference[0] != '\0') {
		settings_try_secret(
		    settings, "url", conf->heartbeat.url_reference, true);
	}
	for (uint16_t i = 0; i < conf->alert.channel_len; i++) {
		const struct channel_conf *channel = &conf->channel_conf[i];
		const char *secret_name = channel_kind_row(channel->kind)->secret_name;

		settings_scope(settings, "channels[%u]", i);
		if (channel->url_reference[0] != '\0') {
			settings_try_secret(
			    settings, "url", channel->url_reference, true);
		}
		if (channel->secret_reference[0] != '\0') {
			settings_try_secret(
			    settings, secret_name, channel->secret_reference, false);
		}
		settings_try_file(settings, "ca", channel->ca);
		if (channel->command[0] != NULL &&
		    access(channel->command[0], X_OK) != 0) {
			settings_error(settings, "command[0]",
			    "cannot be run, expected a program that this user may run");
		}
	}
}
