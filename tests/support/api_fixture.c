#include "tests/support/api_fixture.h"

#include "common/core/rfc3339.h"
#include "tests/support/api_windows.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	TARGETS = 3,
	REGIONS = 3,
	AGENTS = 6,
	SOURCES = 3,
	INCIDENTS = 3,
	EVENTS_MAX = 4096
};

struct api_source {
	enum api_fixture_world world;
	struct view view;
	struct view_target target[TARGETS];
	struct view_region region[REGIONS];
	struct view_agent agent[AGENTS];
	struct view_source source[SOURCES];
	struct view_claim claim;
	struct mute mute[API_WINDOWS];
	struct incident incident[INCIDENTS]; /* newest first, as in the store */
	struct view_counts cell[REGIONS * TARGETS];
	enum cell_state cell_state[REGIONS * TARGETS];
	pthread_mutex_t lock; /* for what is below */
	pthread_cond_t grown;
	struct timeline_row *event;
	size_t event_len;
	unsigned views_out;
};

static struct wall
ago(int64_t seconds)
{
	struct wall at = {0};
	bool read = rfc3339_read(API_FIXTURE_AT, &at);

	assert(read);
	return wall_add(at, -seconds * CLOCK_NS_PER_S);
}

#define PUT(field, text) (void)snprintf((field), sizeof(field), "%s", (text))

static struct view_counts
counts(uint32_t ok, uint32_t failed, uint32_t p50_us)
{
	return (struct view_counts){.total = ok + failed + 2,
	    .ok = ok,
	    .failed = failed,
	    .rate_limited = 1,
	    .neutral = 2,
	    .due = ok + failed + 2,
	    .came = ok + failed + 2,
	    .p50_us = p50_us,
	    .p95_us = 2 * p50_us,
	    .last_outcome = failed > ok ? OUTCOME_UPSTREAM_ERROR : OUTCOME_OK,
	    .last_at = ago(4)};
}

static void
fill_targets(struct api_source *source)
{
	static const char *const names[] = {
	    "nano-banana-pro", "nano-banana-pro-vertex", "nano-banana-pro-router"};
	static const char *const providers[] = {
	    "google-ai", "google-vertex", "openrouter"};

	for (size_t i = 0; i < TARGETS; i++) {
		struct view_target *target = &source->target[i];

		PUT(target->name, names[i]);
		PUT(target->group, i < 2 ? "image-generation" : "图像生成");
		PUT(target->provider, providers[i]);
		target->tier = i == 0 ? TIER_CORE : TIER_IMPORTANT;
		target->state = CELL_OK;
		target->counts = counts(180, 0, 8300000);
	}
}

static void
fill_regions(struct api_source *source)
{
	static const char *const names[] = {"eu-west", "us-east", "ap-south"};
	static const char *const domains[] = {"aws", "gcp", ""};

	for (size_t i = 0; i < REGIONS; i++) {
		struct view_region *region = &source->region[i];

		PUT(region->name, names[i]);
		PUT(region->domain, domains[i]);
		region->state = CELL_OK;
		region->agents = 2;
		region->agents_reporting = 2;
		region->counts = counts(180, 0, 8300000);
		region->controls = counts(360, 0, 0);
	}
	for (size_t i = 0; i < (size_t)REGIONS * TARGETS; i++) {
		source->cell_state[i] = CELL_OK;
		source->cell[i] = counts(60, 0, 8300000);
	}
}

static void
fill_agents(struct api_source *source)
{
	for (size_t i = 0; i < AGENTS; i++) {
		struct view_agent *agent = &source->agent[i];

		(void)snprintf(agent->name, sizeof(agent->name), "%s-%zu",
		    source->region[i / 2].name, i % 2 + 1);
		PUT(agent->region, source->region[i / 2].name);
		PUT(agent->build, "0.1.0");
		agent->connected = true;
		agent->incarnation = UINT64_C(0xfedcba9876543210) + i;
		agent->plan_version = 3;
		agent->due = 12000;
		agent->window_due = 40;
		agent->window_came = 40;
		agent->hours = (struct view_tally){960, 960, 0, 0};
		agent->received = 1000 + i;
		agent->last_heard_at = ago(2);
		agent->last_result_at = ago(4);
		agent->clock_offset_ns = (int64_t)i * 1500000 - 1500000;
		agent->clock_error_ns = 200000;
	}
	source->agent[1].clock_error_ns = -1;
}

/* A provider that says all, and one that says little. */
static const struct view_figure figures[] = {
    {"google/gemini-3-pro-image-preview", "google-vertex",
	{.uptime_5m_ppm = 999500,
	    .uptime_30m_ppm = 998000,
	    .uptime_1d_ppm = 991000,
	    .latency_ms = {2600, 3100, 5400, 114000},
	    .throughput_mtps = {61250, 70000, 80500, 90000},
	    .price_in_nanousd = 2000,
	    .price_out_nanousd = 12000,
	    .price_image_nanousd = 120000,
	    .context_tokens = 65536}},
    {"google/gemini-3-pro-image-preview", "google-ai-studio",
	{.status = -2,
	    .uptime_5m_ppm = 712500,
	    .uptime_30m_ppm = -1,
	    .uptime_1d_ppm = -1,
	    .price_in_nanousd = -1,
	    .price_out_nanousd = -1,
	    .price_image_nanousd = -1}},
};

static void
fill_sources(struct api_source *source)
{
	static const char *const series[] = {
	    "source/gcloud-status", "source/gcloud-feed", "source/openrouter"};
	static const enum probe_kind kinds[] = {
	    PROBE_GCLOUD_STATUS, PROBE_GCLOUD_FEED, PROBE_OPENROUTER_ENDPOINTS};

	for (size_t i = 0; i < SOURCES; i++) {
		struct view_source *page = &source->source[i];

		PUT(page->series, series[i]);
		page->kind = kinds[i];
		page->interval_ms = 60000;
		page->target_mask = i < 2 ? 3 : 4;
		page->fallback_of = i == 1 ? 0 : TOPOLOGY_NONE;
		page->is_quiet = i == 1;
		page->state = EXTERNAL_CLEAR;
		page->read_at = ago(30);
		page->changed_at = ago(86400 * 3);
		PUT(page->url, "https://status.example.com/");
	}
	PUT(source->source[2].scope, "google-vertex 99.9/99.8/? %");
	source->source[2].figures = figures;
	source->source[2].figure_len = sizeof(figures) / sizeof(figures[0]);
	source->source[0].trust = (struct view_trust){.admitted = 3,
	    .missed = 1,
	    .unconfirmed = 1,
	    .median_s = 2460,
	    .last_at = ago(9000)};
}

/* A source that cannot be read says nothing, and what it measured is no more. */
static void
fail_source(struct view_source *page)
{
	page->state = EXTERNAL_UNKNOWN;
	page->silence = VIEW_FAILING;
	page->failed_at = ago(20);
	page->failed_as = OUTCOME_UPSTREAM_ERROR;
	page->failed_status = 503;
	page->read_at = (struct wall){0};
	page->changed_at = (struct wall){0};
	page->scope[0] = '\0';
	page->figure_len = 0;
}

static void
evidence(struct incident *incident, struct incident_evidence line, const char *target,
    const char *regions)
{
	PUT(line.target, target);
	PUT(line.regions, regions);
	incident->evidence[incident->evidence_len++] = line;
}

static void
fill_outage(struct incident *incident)
{
	incident->id = 7;
	incident->state = INCIDENT_OPEN;
	incident->verdict = VERDICT_UPSTREAM_OUTAGE;
	incident->first_verdict = VERDICT_UPSTREAM_PARTIAL;
	incident->level = LEVEL_CRITICAL;
	incident->scope_kind = SCOPE_TARGET;
	PUT(incident->target, "nano-banana-pro");
	PUT(incident->scope_text, "nano-banana-pro everywhere");
	incident->rival = VERDICT_CREDENTIAL;
	PUT(incident->rival_text, "key google-main");
	incident->confidence_ppm = 973000;
	incident->rival_ppm = 21000;
	incident->rate_ppm = 984000;
	incident->statistic_mnats = 41230;
	incident->threshold_mnats = 13100;
	incident->agents_reporting = 5;
	incident->agents_total = 6;
	PUT(incident->regions_bad, "eu-west,us-east,ap-south");
	PUT(incident->external, "source/gcloud-status: clear 30 s ago");
	incident->onset_at = ago(240);
	incident->opened_at = ago(205);
	incident->changed_at = ago(60);
	incident->updates = 2;
	evidence(incident,
	    (struct incident_evidence){ROLE_TARGET, OUTCOME_UPSTREAM_ERROR, PHASE_DONE,
		64, 38120, 30500, "", ""},
	    "nano-banana-pro", "eu-west,us-east,ap-south");
	evidence(incident,
	    (struct incident_evidence){
		ROLE_FREE, OUTCOME_TIMEOUT, PHASE_WAIT, 9, 5210, -2000, "", ""},
	    "nano-banana-pro", "eu-west,us-east");
	evidence(incident,
	    (struct incident_evidence){
		ROLE_CONTROL, OUTCOME_OK, PHASE_DONE, 120, -2100, -2100, "", ""},
	    "", "eu-west,us-east,ap-south");
}

static void
fill_region_fault(struct incident *incident)
{
	incident->id = 6;
	incident->state = INCIDENT_OPEN;
	incident->verdict = VERDICT_REGION_NETWORK;
	incident->first_verdict = VERDICT_REGION_NETWORK;
	incident->level = LEVEL_WARNING;
	incident->scope_kind = SCOPE_REGION;
	PUT(incident->scope_name, "ap-south");
	PUT(incident->scope_text, "region ap-south");
	incident->rival = VERDICT_AGENT_FAULT;
	PUT(incident->rival_text, "agent ap-south-2");
	incident->confidence_ppm = 900000;
	incident->rival_ppm = 90000;
	incident->rate_ppm = 500000;
	incident->statistic_mnats = 16000;
	incident->threshold_mnats = 13100;
	incident->agents_reporting = 5;
	incident->agents_total = 6;
	PUT(incident->regions_bad, "ap-south");
	PUT(incident->regions_good, "eu-west,us-east");
	incident->onset_at = ago(5400);
	incident->opened_at = ago(5300);
	incident->changed_at = ago(5300);
}

static void
fill_past(struct incident *incident)
{
	incident->id = 5;
	incident->state = INCIDENT_RESOLVED;
	incident->verdict = VERDICT_QUOTA;
	incident->first_verdict = VERDICT_QUOTA;
	incident->level = LEVEL_WARNING;
	incident->scope_kind = SCOPE_KEY;
	PUT(incident->scope_name, "google-main");
	PUT(incident->target, "nano-banana-pro");
	PUT(incident->scope_text, "key google-main");
	incident->rival = VERDICT_RATE_LIMITED;
	PUT(incident->rival_text, "nano-banana-pro everywhere");
	incident->confidence_ppm = 999900;
	incident->rival_ppm = 100;
	incident->rate_ppm = 1000000;
	incident->onset_at = ago(90000);
	incident->opened_at = ago(89900);
	incident->changed_at = ago(80000);
	incident->resolved_at = ago(80000);
	incident->reopened = 1;
}

/* What makes the healthy world one with two faults. */
static void
break_world(struct api_source *source)
{
	struct view_source *page = &source->source[0];

	source->target[0].state = CELL_DOWN;
	source->target[0].verdict = VERDICT_UPSTREAM_OUTAGE;
	source->target[0].incident = 7;
	source->target[0].counts = counts(3, 177, 0);
	for (size_t i = 0; i < REGIONS; i++) {
		source->cell_state[i * TARGETS] = CELL_DOWN;
		source->cell[i * TARGETS] = counts(1, 59, 0);
		source->region[i].state = CELL_DEGRADED;
	}
	source->cell_state[2 * TARGETS + 2] = CELL_UNKNOWN;
	source->cell[2 * TARGETS + 2] = (struct view_counts){0};
	source->region[2].verdict = VERDICT_REGION_NETWORK;
	source->region[2].incident = 6;
	source->region[2].agents_reporting = 1;
	source->region[2].controls = counts(180, 180, 0);
	/* One of its two agents brings nothing. */
	source->region[2].counts.due *= 2;
	source->target[1].counts.due = source->target[1].counts.came * 6 / 5;
	source->cell[2 * TARGETS + 1].due = 2 * source->cell[2 * TARGETS + 1].came;
	source->agent[5].window_came = 0;
	source->agent[5].hours = (struct view_tally){960, 600, 30, 10};
	source->agent[5].late = 30;
	source->agent[5].silent = true;
	source->agent[5].connected = false;
	source->agent[5].last_heard_at = ago(5400);
	source->agent[4].clock_bad = true;
	source->agent[4].gaps = 12;
	page->state = EXTERNAL_INCIDENT;
	page->claim = CLAIM_DISRUPTION;
	page->changed_at = ago(45);
	page->edited_at = ago(600);
	/* What a page may hold: it must neither steer a terminal nor break JSON. */
	PUT(page->title, "Vertex AI \033[2Jelevated \"errors\"\nin \xff us-central1");
	PUT(page->scope, "us-central1");
	source->claim = (struct view_claim){.claim = CLAIM_DISRUPTION,
	    .begin_at = ago(3600),
	    .created_at = ago(700),
	    .modified_at = ago(600),
	    .since_at = ago(45)};
	PUT(source->claim.id, "AbC123");
	memcpy(source->claim.title, page->title, sizeof(page->title));
	PUT(source->claim.scope, "us-central1");
	PUT(source->claim.url, "https://status.example.com/incidents/AbC123");
	page->claims = &source->claim;
	page->claim_len = 1;
	fail_source(&source->source[1]);
	fill_outage(&source->incident[0]);
	fill_region_fault(&source->incident[1]);
	source->view.overall = CELL_DOWN;
	source->view.verdict = VERDICT_UPSTREAM_OUTAGE;
	source->view.incident_len = INCIDENTS;
}

static void
silence_world(struct api_source *source)
{
	for (size_t i = 0; i < TARGETS; i++) {
		source->target[i].state = CELL_UNKNOWN;
		source->target[i].counts = (struct view_counts){0};
	}
	for (size_t i = 0; i < REGIONS; i++) {
		source->region[i].state = CELL_UNKNOWN;
		source->region[i].agents_reporting = 0;
		source->region[i].counts = (struct view_counts){0};
		source->region[i].controls = (struct view_counts){0};
	}
	memset(source->cell, 0, sizeof(source->cell));
	memset(source->cell_state, 0, sizeof(source->cell_state));
	memset(source->incident, 0, sizeof(source->incident));
	source->view.incident_len = 0;
	source->view.agent_len = 0;
	source->view.source_len = 0;
	source->view.overall = CELL_UNKNOWN;
}

static void
fill_view(struct api_source *source)
{
	source->view = (struct view){.at = ago(0),
	    .started_at = ago(3 * 3600),
	    .journal_seq = 4242,
	    .config_version = 3,
	    .overall = CELL_OK,
	    .verdict = VERDICT_HEALTHY,
	    .target_len = TARGETS,
	    .region_len = REGIONS,
	    .agent_len = AGENTS,
	    .source_len = SOURCES,
	    .incident_len = 1,
	    .target = source->target,
	    .region = source->region,
	    .agent = source->agent,
	    .source = source->source,
	    .incident = source->incident,
	    .cell = source->cell,
	    .cell_state = source->cell_state,
	    .alerts = {.queued = 1, .delivered = 17, .rejected = 2},
	    .results_total = 6015,
	    .batches_total = 70,
	    .refused_total = 1,
	    .store_bytes = 1 << 20};
}

static void
fill_world(struct api_source *source)
{
	fill_targets(source);
	fill_regions(source);
	fill_agents(source);
	fill_sources(source);
	fill_view(source);
	fill_past(&source->incident[0]);
	switch (source->world) {
	case API_FIXTURE_OUTAGE:
		fill_past(&source->incident[2]);
		memset(&source->incident[0], 0, sizeof(source->incident[0]));
		break_world(source);
		api_windows_fill(source->mute, ago(600));
		source->view.mute = source->mute;
		source->view.mute_len = API_WINDOWS;
		return;
	case API_FIXTURE_SILENT:
		silence_world(source);
		return;
	case API_FIXTURE_DEGRADED:
		source->target[1].state = CELL_DEGRADED;
		source->target[1].counts = counts(170, 10, 12400000);
		source->view.overall = CELL_DEGRADED;
		return;
	case API_FIXTURE_FULL_DISK:
		PUT(source->view.store_error, "full");
		return;
	case API_FIXTURE_UNBORN:
		silence_world(source);
		source->view.at = (struct wall){0};
		return;
	case API_FIXTURE_HEALTHY:
	case API_FIXTURE_BROKEN_STORE:
		return;
	}
}

uint64_t
api_fixture_event(struct api_source *source, const char *text)
{
	struct timeline_row *row;
	uint64_t seq;

	(void)pthread_mutex_lock(&source->lock);
	assert(source->event_len < EVENTS_MAX);
	seq = source->event_len + 1;
	row = &source->event[source->event_len++];
	*row = (struct timeline_row){.seq = seq,
	    .at = ago(300 - (int64_t)seq * 10),
	    .kind = seq % 2 == 1 ? TIMELINE_VERDICT : TIMELINE_ALERT,
	    .incident = 7,
	    .verdict = VERDICT_UPSTREAM_OUTAGE,
	    .level = LEVEL_CRITICAL};
	PUT(row->event, seq % 2 == 1 ? "updated" : "delivered");
	PUT(row->scope, "nano-banana-pro everywhere");
	PUT(row->channel, seq % 2 == 1 ? "" : "feishu-oncall");
	PUT(row->text, text);
	(void)pthread_cond_broadcast(&source->grown);
	(void)pthread_mutex_unlock(&source->lock);
	return seq;
}

static bool
init_lock(struct api_source *source)
{
	pthread_condattr_t attributes;

	return pthread_mutex_init(&source->lock, NULL) == 0 &&
	       pthread_condattr_init(&attributes) == 0 &&
	       pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
	       pthread_cond_init(&source->grown, &attributes) == 0 &&
	       pthread_condattr_destroy(&attributes) == 0;
}

struct api_source *
api_fixture_new(enum api_fixture_world world)
{
	struct api_source *source = calloc(1, sizeof(*source));

	if (source == NULL || !init_lock(source)) {
		free(source);
		return NULL;
	}
	source->world = world;
	source->event = calloc(EVENTS_MAX, sizeof(*source->event));
	if (source->event == NULL) {
		free(source);
		return NULL;
	}
	fill_world(source);
	for (int i = 0; i < API_FIXTURE_EVENTS; i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "Row %d of the \"timeline\", %s",
		    i + 1, i % 2 == 0 ? "a verdict" : "an alert");
		(void)api_fixture_event(source, text);
	}
	return source;
}

void
api_fixture_free(struct api_source *source)
{
	assert(source->views_out == 0);
	(void)pthread_cond_destroy(&source->grown);
	(void)pthread_mutex_destroy(&source->lock);
	free(source->event);
	free(source);
}

const struct view *
api_view_take(struct api_source *source)
{
	(void)pthread_mutex_lock(&source->lock);
	source->views_out++;
	(void)pthread_mutex_unlock(&source->lock);
	return &source->view;
}

void
api_view_release(struct api_source *source, const struct view *view)
{
	assert(view == &source->view);
	(void)pthread_mutex_lock(&source->lock);
	assert(source->views_out > 0);
	source->views_out--;
	(void)pthread_mutex_unlock(&source->lock);
}

enum err
api_incident(struct api_source *source, uint64_t id, struct incident *out)
{
	if (source->world == API_FIXTURE_BROKEN_STORE) {
		return ERR_IO;
	}
	for (size_t i = 0; i < INCIDENTS; i++) {
		if (source->incident[i].id == id) {
			*out = source->incident[i];
			return ERR_OK;
		}
	}
	return ERR_NOTFOUND;
}

enum err
api_incidents(struct api_source *source,
    bool (*each)(void *context, const struct incident *incident), void *context)
{
	if (source->world == API_FIXTURE_BROKEN_STORE) {
		return ERR_IO;
	}
	for (size_t i = 0; i < INCIDENTS; i++) {
		if (source->incident[i].id != 0 &&
		    !each(context, &source->incident[i])) {
			break;
		}
	}
	return ERR_OK;
}

enum err
api_timeline(struct api_source *source, uint64_t after,
    bool (*each)(void *context, const struct timeline_row *row), void *context)
{
	size_t len;

	if (source->world == API_FIXTURE_BROKEN_STORE) {
		return ERR_IO;
	}
	(void)pthread_mutex_lock(&source->lock);
	len = source->event_len;
	(void)pthread_mutex_unlock(&source->lock);
	for (size_t i = after < len ? (size_t)after : len; i < len; i++) {
		if (!each(context, &source->event[i])) {
			break;
		}
	}
	return ERR_OK;
}

bool
api_timeline_wait(struct api_source *source, uint64_t after, int64_t timeout_ns)
{
	struct timespec until;
	bool found;
	int64_t at_ns;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	at_ns = until.tv_nsec + timeout_ns;
	until.tv_sec += at_ns / CLOCK_NS_PER_S;
	until.tv_nsec = at_ns % CLOCK_NS_PER_S;
	(void)pthread_mutex_lock(&source->lock);
	while (source->event_len <= after &&
	       pthread_cond_timedwait(&source->grown, &source->lock, &until) == 0) {
	}
	found = source->event_len > after;
	(void)pthread_mutex_unlock(&source->lock);
	return found;
}

/* Newest first. The texts are what upstreams might send. */
static const struct {
	const char *agent;
	const char *series;
	enum outcome outcome;
	enum phase phase;
	uint16_t http_status;
	uint32_t flags;
	struct timing timing;
	const char *detail;
} stored[API_FIXTURE_RESULTS] = {
    {"eu-west-1", "nano-banana-pro/image", OUTCOME_UPSTREAM_ERROR, PHASE_DONE, 503,
	FLAG_OVERLOADED, {4100, 12300, 31200, 0, 1204000, 0, 1204300},
	"The model is overloaded. \033[31mTry again\033[0m \xe5\x9b later"},
    {"us-east-1", "nano-banana-pro/free", OUTCOME_TIMEOUT, PHASE_WAIT, 0, 0,
	{900, 8000, 20000, 0, 0, 0, 30000000}, ""},
    {"ap-south-1", "nano-banana-pro-router/image", OUTCOME_OK, PHASE_DONE, 200, 0,
	{0, 0, 0, 0, 7900000, 0, 8300000}, ""},
    {"ap-south-2", "control/one", OUTCOME_NET_DNS, PHASE_DNS, 0, 0,
	{0, 0, 0, 0, 0, 0, 5000000}, "name, \"quoted\""},
    {"eu-west-2", "nano-banana-pro/image", OUTCOME_RATE_LIMITED, PHASE_DONE, 429,
	FLAG_CAPACITY | FLAG_ON_DEMAND, {1000, 2000, 3000, 0, 40000, 0, 40100},
	"slow down"},
    {"eu-west-1", "nano-banana-pro-vertex/image", OUTCOME_OK, PHASE_DONE, 200, 0,
	{800, 9000, 21000, 0, 8000000, 0, 8900000}, ""},
    {"us-east-2", "control/two", OUTCOME_OK, PHASE_DONE, 204, 0,
	{700, 8000, 19000, 0, 27000, 0, 27100}, ""},
    {"us-east-1", "nano-banana-pro/image", OUTCOME_OK, PHASE_DONE, 200, 0,
	{900, 8000, 20000, 0, 7000000, 0, 9000000}, ""},
};

enum err
api_store_copy(struct api_source *source, const char *path, uint64_t *out_bytes)
{
	(void)source;
	*out_bytes = 12345;
	if (strcmp(path, "/full") == 0) {
		return ERR_FULL;
	}
	return strcmp(path, "/there") == 0 ? ERR_EXISTS : ERR_OK;
}

/* One name is taken, one store is full; the rest goes well. */
enum err
api_order(struct api_source *source, struct api_order *order)
{
	(void)source;
	(void)snprintf(order->why, sizeof(order->why), "because of the fixture");
	if (strcmp(order->name, "taken") == 0) {
		return ERR_EXISTS;
	}
	if (strcmp(order->name, "full") == 0) {
		return ERR_AGAIN;
	}
	if (order->kind == API_ORDER_ENROL && order->secret[0] == 0) {
		return ERR_REFUSED;
	}
	(void)snprintf(order->token, sizeof(order->token), "plx1_fixture");
	(void)snprintf(order->authority, sizeof(order->authority), "authority");
	(void)snprintf(order->authority_print, sizeof(order->authority_print), "abcd");
	(void)snprintf(order->cert, sizeof(order->cert), "certificate");
	if (order->kind == API_ORDER_ENROL) {
		(void)snprintf(order->name, sizeof(order->name), "tokyo-9");
		(void)snprintf(order->region, sizeof(order->region), "tokyo");
	}
	(void)snprintf(order->collectors[0], sizeof(order->collectors[0]),
	    "tls+tcp://collector.example:7441");
	order->collectors_len = 1;
	(void)snprintf(
	    order->server_name, sizeof(order->server_name), "collector.example");
	order->ends_at.ns = INT64_C(1767225600) * CLOCK_NS_PER_S;
	return ERR_OK;
}

enum err
api_order_give(
    struct api_source *source, const struct order *order, struct order_outcome *out)
{
	(void)source;
	*out = (struct order_outcome){.err = order->refused, .audit = 7};
	(void)snprintf(out->text, sizeof(out->text), "taken: %s, %zu bytes",
	    orders_name(order->kind), order->arguments_len);
	return out->err;
}

/* Newest first. */
static const struct audit_row ordered[] = {
    {.seq = 4712,
	.kind = ORDER_REVOKE,
	.author = "root",
	.subject = "eu-west-9",
	.err = ERR_EXISTS,
	.text = "it is revoked already"},
    {.seq = 4711,
	.kind = ORDER_ENROL,
	.author = "agent tokyo-9",
	.subject = "tokyo-9",
	.comment = "\033[31mred\033[0m, \"quoted\"",
	.text = "region tokyo"},
};

enum err
api_outbox(struct api_source *source,
    bool (*each)(void *context, const struct outbox_row *row), void *context)
{
	static struct outbox_row row = {.id = 3,
	    .incident = 7,
	    .channel_name = "on-call",
	    .status = OUTBOX_SENT,
	    .message = {.kind = MESSAGE_FIRING, .level = LEVEL_CRITICAL},
	    .seq = 1,
	    .attempts = 2};

	(void)source;
	(void)each(context, &row);
	return ERR_OK;
}

enum err
api_audit(struct api_source *source,
    bool (*each)(void *context, const struct audit_row *row), void *context)
{
	if (source->world == API_FIXTURE_BROKEN_STORE) {
		return ERR_IO;
	}
	for (size_t i = 0; i < sizeof(ordered) / sizeof(ordered[0]); i++) {
		struct audit_row row = ordered[i];

		row.at = ago(30 + 60 * (int64_t)i);
		if (!each(context, &row)) {
			break;
		}
	}
	return ERR_OK;
}

enum err
api_results(struct api_source *source, struct wall since,
    bool (*each)(void *context, const struct api_result *result), void *context)
{
	if (source->world == API_FIXTURE_BROKEN_STORE) {
		return ERR_IO;
	}
	for (int i = 0; i < API_FIXTURE_RESULTS; i++) {
		bool is_picture = stored[i].outcome == OUTCOME_OK &&
				  strstr(stored[i].series, "/image") != NULL;
		struct result result = {.seq = UINT64_C(900) - (uint64_t)i,
		    .series = stored[i].series,
		    .started_at = ago(10 + 60 * i),
		    .outcome = stored[i].outcome,
		    .phase = stored[i].phase,
		    .http_status = stored[i].http_status,
		    .flags = stored[i].flags,
		    .timing = stored[i].timing,
		    .body_bytes = stored[i].outcome == OUTCOME_OK ? 1400000 : 120,
		    .detail = stored[i].detail,
		    .cost_microusd = is_picture ? 134000 : 0,
		    .request_id = ""};
		struct api_result row = {
		    stored[i].agent, ago(5 + 60 * i), ago(10 + 60 * i), &result};

		if (row.received_at.ns < since.ns || !each(context, &row)) {
			break;
		}
	}
	return ERR_OK;
}
