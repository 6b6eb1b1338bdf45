/* test_channel_write - every kind of message on every kind of channel in every language,
 * with texts that mean no good */
#include "collector/core/channel_work.h"
#include "collector/core/render.h"
#include "collector/core/template.h"
#include "common/core/base64.h"
#include "common/core/rng.h"
#include "common/core/utf8.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

#include <jansson.h>

static const struct now now = {.mono = {INT64_C(9000) * CLOCK_NS_PER_S},
    .wall = {INT64_C(1599360473) * CLOCK_NS_PER_S}};

static struct channel_work *work;
static char frozen[RENDER_JSON_BYTES];

static const char *const hostile[] = {"<at id=all></at>", "<!channel>", "<@U123>",
    "@everyone", "<@all>", "[click](https://evil.example)", "</font><b>",
    "\r\nBcc: a@b", "\xff\xfe", "\xe2\x80\xae", "\x01\x1b[31m", "\xed\xa0\x80",
    "\"}],\"x\":{", "\\", "{{title}}", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",
    "e\xcc\x81", "\xe4\xb8\xad\xe6\x96\x87", "&lt;", "`*_~#|!"};

static void
fill(struct rng *rng, char *out, size_t cap)
{
	size_t len = 0;

	for (;;) {
		const char *next =
		    hostile[rng_below(rng, sizeof(hostile) / sizeof(hostile[0]))];

		if (len + strlen(next) >= cap) {
			break;
		}
		memcpy(out + len, next, strlen(next));
		len += strlen(next);
	}
	out[len] = '\0';
}

static struct incident
sample(enum verdict verdict, struct rng *rng)
{
	struct finding finding = small_fleet_finding(1, verdict, now.mono);
	struct incident incident = {.id = 12, .opened_at = now.wall};

	incident_describe(&incident, small_fleet(), &finding, "Elevated errors", now);
	if (rng != NULL) {
		fill(rng, incident.scope_name, sizeof(incident.scope_name));
		fill(rng, incident.target, sizeof(incident.target));
		fill(rng, incident.scope_text, sizeof(incident.scope_text));
		fill(rng, incident.rival_text, sizeof(incident.rival_text));
		fill(rng, incident.regions_bad, sizeof(incident.regions_bad));
		fill(rng, incident.regions_good, sizeof(incident.regions_good));
		fill(rng, incident.external, sizeof(incident.external));
		for (size_t i = 0; i < incident.evidence_len; i++) {
			fill(rng, incident.evidence[i].target,
			    sizeof(incident.evidence[i].target));
			fill(rng, incident.evidence[i].regions,
			    sizeof(incident.evidence[i].regions));
		}
	}
	return incident;
}

static struct channel_attempt
freeze(struct incident *incident, enum message_kind kind)
{
	struct channel_attempt attempt = {.key = {1, 2, 3, 4}, .at = now.wall};

	incident->state = kind == MESSAGE_RESOLVED ? INCIDENT_RESOLVED : INCIDENT_OPEN;
	if (kind == MESSAGE_RESOLVED) {
		incident->resolved_at = wall_add(now.wall, 700 * CLOCK_NS_PER_S);
	}
	attempt.json_len =
	    render_json(incident, kind, 3, now.wall, frozen, sizeof(frozen));
	attempt.json = frozen;
	return attempt;
}

static struct channel_conf
conf_of(enum channel_kind kind)
{
	return (struct channel_conf){.name = "c",
	    .kind = kind,
	    .to = {"oncall@example.com", "b@example.com"},
	    .to_len = 2,
	    .from = "parallax@example.com",
	    .link = "https://status.example/i/{{incident}}?q={{scope}}"};
}

/* Texts that a vendor would take for more than text. */
static void
expect_tame(enum channel_kind kind, const char *body)
{
	static const char *const robots[] = {
	    "<at ", "<@", "](", "</font><b>", "://evil"};

	if (kind == CHANNEL_WECOM || kind == CHANNEL_DINGTALK ||
	    kind == CHANNEL_FEISHU) {
		for (size_t i = 0; i < 5; i++) {
			assert_null(strstr(body, robots[i]));
		}
	}
	if (kind == CHANNEL_SLACK || kind == CHANNEL_TELEGRAM) {
		assert_null(strstr(body, "<!channel>"));
		assert_null(strstr(body, "<@U"));
		assert_null(strstr(body, "<b><"));
	}
	if (kind == CHANNEL_DISCORD) {
		assert_non_null(strstr(body, "\"allowed_mentions\":{\"parse\":[]}"));
		assert_null(strstr(body, " <@"));
		assert_null(strstr(body, "[click]("));
	}
}

/* One header line and its value; lines are short, ASCII, and none stands alone. */
static void
expect_mail(const char *body, size_t len)
{
	const char *end = strstr(body, "\r\n\r\n");
	size_t line = 0;

	assert_non_null(end);
	assert_null(strstr(body, "\r\nBcc"));
	for (size_t i = 0; i < len; i++) {
		assert_true((unsigned char)body[i] < 0x80);
		assert_true(body[i] != '\n' || (i > 0 && body[i - 1] == '\r'));
		line = body[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 998);
	}
	assert_non_null(strstr(body, "\r\nIn-Reply-To: <parallax.incident.12."));
	assert_non_null(strstr(body, "\r\nMessage-ID: <parallax.0000000000000001"));
	assert_non_null(strstr(body, "--parallax-000000000000000100000000--\r\n"));
}

static void
expect_whole(const struct channel_kind_row *row, const struct channel_conf *conf)
{
	const char *body = work->body_bytes;
	json_error_t error;
	json_t *json;

	assert_int_equal(strlen(body), work->body.len);
	assert_true(work->body.len <= row->body_bytes_max);
	if (row->way == CHANNEL_BY_MAIL) {
		expect_mail(body, work->body.len);
		return;
	}
	assert_true(utf8_printable(body, work->body.len));
	json = json_loads(body, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL) {
		fail_msg("%s: %s\n%s", row->name, error.text, body);
	}
	if (conf->kind == CHANNEL_WECOM) {
		const char *content = json_string_value(
		    json_object_get(json_object_get(json, "markdown"), "content"));

		assert_true(strlen(content) <= 4096);
		assert_non_null(strstr(content, "12")); /* the incident */
	}
	json_decref(json);
	expect_tame(conf->kind, body);
}

static void
test_matrix(void **state)
{
	struct rng rng;
	size_t count = 0;

	(void)state;
	rng_init(&rng, 5);
	for (int round = 0; round < 24 * CHANNEL_KIND_COUNT * LANGUAGE_COUNT; round++) {
		enum channel_kind kind =
		    (enum channel_kind)(round % CHANNEL_KIND_COUNT);
		const struct channel_kind_row *row = channel_kind_row(kind);
		struct channel_conf conf = conf_of(kind);
		struct channel_setup setup = {
		    .conf = &conf, .url = "https://h/x", .secret = "s\"e'c"};
		struct incident incident = sample(
		    (enum verdict)(1 + rng_below(&rng, VERDICT_COUNT - 1)), &rng);
		struct channel_attempt attempt =
		    freeze(&incident, (enum message_kind)rng_below(&rng, 3));

		conf.language = (enum language)rng_below(&rng, LANGUAGE_COUNT);
		if (rng_below(&rng, 4) == 0) {
			conf.title = "{{level}} {{verdict_title}} {{external}}";
			conf.text = "{{text}}\nand {{regions_bad}}";
			conf.body =
			    "{\"a\":\"{{text}}\",\"b\":{\"c\":\"{{external}}\"}}";
		}
		if (row->way == CHANNEL_BY_FILE) {
			assert_false(channel_write(&setup, &attempt, work));
			continue;
		}
		assert_true(channel_write(&setup, &attempt, work));
		expect_whole(row, &conf);
		count++;
	}
	assert_true(count > 500);
}

static json_t *
written(struct channel_conf *conf, const char *secret, struct channel_attempt attempt)
{
	struct channel_setup setup = {
	    .conf = conf, .url = "https://h/x", .secret = secret};
	json_error_t error;
	json_t *json;

	assert_true(channel_write(&setup, &attempt, work));
	json = json_loads(work->body_bytes, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(json);
	return json;
}

static void
test_feishu(void **state)
{
	struct channel_conf conf = conf_of(CHANNEL_FEISHU);
	struct incident incident = sample(VERDICT_UPSTREAM_OUTAGE, NULL);
	json_t *json = written(&conf, "demo-secret", freeze(&incident, MESSAGE_FIRING));
	const char *colour;
	const char *title;
	json_t *card;

	(void)state;
	if (json_unpack(json, "{s:s,s:o}", "sign", &title, "card", &card) != 0) {
		fail();
	}
	assert_string_equal(title, "3/MaVZ8JLIy4TUG+7KSFJqvUkTKd+HWY8g+56DZWq8s=");
	assert_int_equal(json_unpack(card, "{s:{s:s,s:{s:s}}}", "header", "template",
			     &colour, "title", "content", &title),
	    0);
	assert_string_equal(colour, "red");
	assert_string_equal(
	    title, "［CRITICAL］ Upstream outage: nano-banana-pro everywhere");
	json_decref(json);
}

static void
test_dingtalk(void **state)
{
	struct channel_conf conf = conf_of(CHANNEL_DINGTALK);
	struct incident incident = sample(VERDICT_UPSTREAM_OUTAGE, NULL);
	json_t *json;
	const char *title;
	const char *uuid;

	(void)state;
	conf.language = LANGUAGE_ZH_CN;
	conf.keyword = "告警";
	json = written(&conf, "SECdemo-secret", freeze(&incident, MESSAGE_FIRING));
	assert_string_equal(work->url_bytes,
	    "https://h/x?timestamp=1599360473000&sign=w%2FwgdHDpwiLO5I%2FXMzzFJTfSmWkrZ"
	    "OMm4h0XT46ZVQY%3D");
	assert_int_equal(json_unpack(json, "{s:s,s:{s:s}}", "msgUuid", &uuid,
			     "markdown", "title", &title),
	    0);
	assert_int_equal(strlen(uuid), 64);
	assert_string_equal(
	    title, "告警 ［严重］ 上游服务中断：nano-banana-pro 所有区域");
	json_decref(json);
}

static void
test_pagerduty(void **state)
{
	struct channel_conf conf = conf_of(CHANNEL_PAGERDUTY);
	struct incident incident = sample(VERDICT_UPSTREAM_OUTAGE, NULL);
	char key[128];
	const char *text;
	json_t *json = written(&conf, "r0uting", freeze(&incident, MESSAGE_FIRING));

	(void)state;
	(void)snprintf(key, sizeof(key), "%s",
	    json_string_value(json_object_get(json, "dedup_key")));
	assert_string_equal(key, "parallax-12-1599360473000");
	assert_int_equal(
	    json_unpack(json, "{s:{s:s}}", "payload", "severity", &text), 0);
	assert_string_equal(text, "critical");
	json_decref(json);
	json = written(&conf, "r0uting", freeze(&incident, MESSAGE_RESOLVED));
	assert_string_equal(
	    json_string_value(json_object_get(json, "event_action")), "resolve");
	assert_string_equal(json_string_value(json_object_get(json, "dedup_key")), key);
	json_decref(json);
}

static void
test_alertmanager(void **state)
{
	struct channel_conf conf = conf_of(CHANNEL_ALERTMANAGER);
	struct incident incident = sample(VERDICT_UPSTREAM_OUTAGE, NULL);
	json_t *json = written(&conf, "", freeze(&incident, MESSAGE_FIRING));
	const char *start;
	const char *end;
	const char *severity;
	int firing = 0;

	(void)state;
	assert_string_equal(work->url_bytes, "https://h/x/api/v2/alerts");
	assert_int_equal(json_array_size(json), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(json_unpack(json_array_get(json, i),
				     "{s:s,s:s,s:{s:s}}", "startsAt", &start, "endsAt",
				     &end, "labels", "severity", &severity),
		    0);
		if (strcmp(end, "2020-09-06T02:47:53.000Z") > 0) {
			firing++;
			assert_string_equal(severity, "critical");
		}
	}
	assert_int_equal(firing, 1);
	json_decref(json);
}

static void
test_resolved_says(void **state)
{
	struct incident incident = sample(VERDICT_UPSTREAM_OUTAGE, NULL);
	struct channel_attempt attempt;
	struct letter_style style = {.language = LANGUAGE_EN};
	char all[8192] = "";

	(void)state;
	incident.external[0] = '\0';
	attempt = freeze(&incident, MESSAGE_RESOLVED);
	assert_int_equal(
	    facts_read(attempt.json, attempt.json_len, &work->facts), ERR_OK);
	assert_int_equal(work->facts.confidence_ppm, 972000);
	assert_int_equal(work->facts.incident, 12);
	letter_write(&work->facts, &style, &work->letter);
	for (size_t i = 0; i < work->letter.parts; i++) {
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s: %s\n",
		    work->letter.part[i].label, work->letter.part[i].value);
	}
	assert_non_null(strstr(all, "Lasted: 12 min ("));
	assert_non_null(strstr(all, "How bad: 93 % of requests affected, 412/"));
	assert_non_null(strstr(all, "Cause: Upstream outage, 97 %"));
	assert_non_null(strstr(all, "They say: no source ever admitted it"));
	assert_string_equal(work->letter.title,
	    "[resolved] Upstream outage: nano-banana-pro everywhere");
}

/* No text is missing in any language. */
static void
test_catalogue(void **state)
{
	(void)state;
	for (int l = 0; l < LANGUAGE_COUNT; l++) {
		enum language language = (enum language)l;

		for (int k = 0; k < CATALOGUE_KEY_COUNT; k++) {
			const char *text =
			    catalogue_text(language, (enum catalogue_key)k);

			assert_non_null(text);
			assert_true(utf8_printable(text, strlen(text)));
			assert_true(text[0] != '\0');
		}
		for (int v = 0; v < VERDICT_COUNT; v++) {
			assert_non_null(catalogue_verdict(language, (enum verdict)v));
			assert_non_null(catalogue_step(language, (enum verdict)v, 0));
		}
		for (int b = 0; b <= BLAME_UNSURE; b++) {
			assert_non_null(catalogue_blame(language, (enum blame)b));
		}
	}
}

static void
test_template(void **state)
{
	char name[TEMPLATE_NAME_BYTES];

	(void)state;
	assert_true(template_check("{{title}} {{ scope }} }} {", name));
	assert_false(template_check("a {{titel}} b", name));
	assert_string_equal(name, "{{titel}}");
	assert_false(template_check("{{title", name));
	assert_string_equal(name, "{{title");
	assert_false(template_check("{{}}", name));
}

/* Cut at the limit, whole characters, the dots inside of it. */
static void
test_cut(void **state)
{
	static const char family[] = "ab\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80"
				     "e\xcc\x81z";

	(void)state;
	for (int markup = 0; markup <= MARKUP_URL; markup++) {
		for (size_t max = 0; max < 40; max++) {
			char out[128];
			struct text text;

			text_init(&text, out, sizeof(out));
			markup_add(&text, (enum markup)markup, family, max);
			assert_true(text.len <= max);
			assert_true(utf8_printable(out, text.len));
			/* never half of the astronaut, never an accent without its letter */
			if (markup == MARKUP_PLAIN) {
				assert_null(
				    strstr(out, "\xf0\x9f\x91\xa9\xe2\x80\xa6"));
				assert_null(strstr(out, "\xe2\x80\x8d\xe2\x80\xa6"));
				assert_null(strstr(out, "e\xe2\x80\xa6"));
			}
		}
	}
}

static int
setup_group(void **state)
{
	(void)state;
	work = malloc(sizeof(*work));
	return work == NULL ? 1 : 0;
}

static int
teardown_group(void **state)
{
	(void)state;
	free(work);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_matrix),
	    cmocka_unit_test(test_feishu),
	    cmocka_unit_test(test_dingtalk),
	    cmocka_unit_test(test_pagerduty),
	    cmocka_unit_test(test_alertmanager),
	    cmocka_unit_test(test_resolved_says),
	    cmocka_unit_test(test_catalogue),
	    cmocka_unit_test(test_template),
	    cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
