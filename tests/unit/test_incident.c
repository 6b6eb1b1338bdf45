/* test_incident - a finding becomes a record with names, lives, and survives a restart */
#include "collector/core/incidents.h"
#include "common/core/rng.h"
#include "tests/support/small_fleet.h"
#include "tests/support/test.h"

struct fixture {
	void *memory;
	void *effects_memory;
	struct effects *effects;
	struct incidents *incidents;
	struct now now;
};

static struct incidents *
make(void **out_memory)
{
	struct arena arena;

	*out_memory = malloc(incidents_bytes() + 64);
	assert_non_null(*out_memory);
	arena_init(&arena, *out_memory, incidents_bytes() + 64);
	return incidents_init(&arena, small_fleet());
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->incidents = make(&fixture->memory);
	fixture->effects = calloc(1, sizeof(*fixture->effects));
	fixture->effects_memory = malloc(EFFECTS_ARENA_BYTES);
	effects_init(fixture->effects, fixture->effects_memory);
	fixture->now.mono.ns = 5000 * CLOCK_NS_PER_S;
	fixture->now.wall.ns = INT64_C(1800000000) * CLOCK_NS_PER_S;
	*state = fixture;
	return fixture->incidents == NULL;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->memory);
	free(fixture->effects_memory);
	free(fixture->effects);
	free(fixture);
	return 0;
}

static const struct incident *
apply(struct fixture *fixture, enum finding_event event, const struct finding *finding)
{
	struct finding_change change = {.event = event, .finding = *finding};

	effects_reset(fixture->effects);
	fixture->now.mono = mono_add(fixture->now.mono, CLOCK_NS_PER_S);
	fixture->now.wall = wall_add(fixture->now.wall, CLOCK_NS_PER_S);
	return incidents_apply(
	    fixture->incidents, &change, "", fixture->now, fixture->effects);
}

static void
last_timeline(const struct fixture *fixture, struct timeline_row *out)
{
	const struct effect *effect =
	    &fixture->effects->item[fixture->effects->len - 1];
	struct buf buf;

	assert_int_equal(effect->table, TABLE_TIMELINE);
	buf_read(&buf, effect->value, effect->value_len);
	assert_int_equal(timeline_decode(&buf, out), ERR_OK);
	assert_int_equal(buf.at, effect->value_len);
}

static void
test_life(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding =
	    small_fleet_finding(7, VERDICT_UNKNOWN, fixture->now.mono);
	const struct incident *incident;
	struct timeline_row row;
	struct wall opened_at;

	finding.suspect = VERDICT_UPSTREAM_OUTAGE;
	incident = apply(fixture, FINDING_OPENED, &finding);
	assert_int_equal(incident->id, 1);
	assert_int_equal(incident->state, INCIDENT_OPEN);
	assert_int_equal(incident->level, LEVEL_WARNING);
	assert_int_equal(fixture->effects->len, 2);
	assert_int_equal(fixture->effects->item[0].table, TABLE_INCIDENT);
	last_timeline(fixture, &row);
	assert_string_equal(row.event, "opened");
	assert_int_equal(row.seq, 1);
	opened_at = incident->opened_at;
	/* onset_at is journal time; people get it by the wall's clock */
	assert_int_equal(
	    wall_since(opened_at, incident->onset_at), 61 * CLOCK_NS_PER_S);

	finding.verdict = VERDICT_UPSTREAM_OUTAGE;
	incident = apply(fixture, FINDING_UPDATED, &finding);
	assert_int_equal(incident->id, 1);
	assert_int_equal(incident->level, LEVEL_CRITICAL);
	assert_int_equal(incident->first_verdict, VERDICT_UNKNOWN);
	assert_int_equal(incident->updates, 1);

	finding.open = false;
	incident = apply(fixture, FINDING_CLOSED, &finding);
	assert_int_equal(incident->state, INCIDENT_RESOLVED);
	assert_int_equal(incident->resolved_at.ns, fixture->now.wall.ns);
	assert_null(apply(fixture, FINDING_CLOSED, &finding));
	assert_int_equal(fixture->effects->len, 0);

	finding.open = true;
	incident = apply(fixture, FINDING_REOPENED, &finding);
	assert_int_equal(incident->id, 1);
	assert_int_equal(incident->state, INCIDENT_OPEN);
	assert_int_equal(incident->reopened, 1);
	assert_int_equal(incident->resolved_at.ns, 0);
	assert_int_equal(incident->opened_at.ns, opened_at.ns);
	last_timeline(fixture, &row);
	assert_string_equal(row.event, "reopened");
	assert_int_equal(row.seq, 4);
}

static void
test_scopes(void **state)
{
	static const struct {
		struct scope scope;
		const char *text;
		const char *name;
		uint64_t targets;
		const char *target_names;
	} row[] = {
	    {{SCOPE_TARGET, 0, 0}, "nano-banana-pro everywhere", "", 0, ""},
	    {{SCOPE_SERVING, 0, 0}, "nano-banana-pro as served to eu-west,us-east",
		"eu-west,us-east", 0, ""},
	    {{SCOPE_REGION, 2, TOPOLOGY_NONE}, "region ap-south", "ap-south", 0, ""},
	    {{SCOPE_REGION, 2, 1}, "vertex-image from region ap-south", "ap-south", 0,
		""},
	    {{SCOPE_DOMAIN, 0, TOPOLOGY_NONE}, "regions on cloud-a", "cloud-a", 0, ""},
	    {{SCOPE_AGENT, 3, TOPOLOGY_NONE}, "agent ap-2", "ap-2", 0, ""},
	    {{SCOPE_KEY, 1, 0}, "nano-banana-pro with key key-us", "key-us", 0, ""},
	    {{SCOPE_FLEET, 0, TOPOLOGY_NONE}, "all agents", "", 0, ""},
	    {{SCOPE_REGION, 99, TOPOLOGY_NONE}, "region ?", "?", 0, ""},
	    {{SCOPE_PROVIDER, 0, TOPOLOGY_NONE},
		"google: 2 targets (nano-banana-pro,vertex-image)", "google", 3,
		"nano-banana-pro,vertex-image"},
	    {{SCOPE_PROVIDER, 0, TOPOLOGY_NONE},
		"google: 1 of 2 targets (vertex-image)", "google", 2, "vertex-image"},
	    {{SCOPE_PROVIDER, 9, TOPOLOGY_NONE}, "?: 0 targets", "?", 0, ""},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct finding finding =
		    small_fleet_finding(i + 1, VERDICT_UNKNOWN, fixture->now.mono);
		const struct incident *incident;

		finding.scope = row[i].scope;
		finding.targets = row[i].targets;
		incident = apply(fixture, FINDING_OPENED, &finding);
		assert_string_equal(incident->scope_text, row[i].text);
		assert_string_equal(incident->scope_name, row[i].name);
		assert_string_equal(incident->targets, row[i].target_names);
	}
}

/* A target that is only a test never wakes anybody. */
static void
test_tier(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding =
	    small_fleet_finding(1, VERDICT_UPSTREAM_OUTAGE, fixture->now.mono);

	finding.scope.target = FLEET_TARGET_TEST;
	assert_int_equal(apply(fixture, FINDING_OPENED, &finding)->level, LEVEL_INFO);
}

/* A list that is cut says so. */
static void
test_long_regions(void **state)
{
	static char names[64][LIMIT_NAME_BYTES];
	static struct topology_region regions[64];
	struct topology topology = *small_fleet();
	struct fixture *fixture = *state;
	struct finding finding =
	    small_fleet_finding(1, VERDICT_UPSTREAM_OUTAGE, fixture->now.mono);
	struct incident incident = {0};
	const char *text = incident.regions_bad;

	for (size_t i = 0; i < 64; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "region-number-%zu", i);
		regions[i].name = names[i];
	}
	topology.region = regions;
	topology.region_len = 64;
	finding.regions_bad = UINT64_MAX;
	finding.regions_good = UINT64_C(1) << 63;
	incident_describe(&incident, &topology, &finding, NULL, fixture->now);
	assert_true(strlen(text) < INCIDENT_REGIONS_BYTES);
	assert_string_equal(text + strlen(text) - 4, ",...");
	assert_non_null(strstr(text, "region-number-13"));
	assert_string_equal(incident.regions_good, "region-number-63");
}

/* 64 are open: the next is refused and counted, and comes in as soon as one is over. The
 * oldest resolved ones make room, the open ones never do. */
static void
test_limits(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding;

	for (uint64_t i = 1; i <= LIMIT_OPEN_INCIDENTS; i++) {
		finding = small_fleet_finding(i, VERDICT_QUOTA, fixture->now.mono);
		assert_non_null(apply(fixture, FINDING_OPENED, &finding));
	}
	finding = small_fleet_finding(1000, VERDICT_QUOTA, fixture->now.mono);
	assert_null(apply(fixture, FINDING_OPENED, &finding));
	assert_int_equal(incidents_refused(fixture->incidents), 1);
	finding.id = 1;
	assert_non_null(apply(fixture, FINDING_CLOSED, &finding));
	finding.id = 1000;
	assert_int_equal(apply(fixture, FINDING_UPDATED, &finding)->id, 65);
	for (uint64_t i = 2000; i < 2300; i++) {
		finding.id = i - 1 == 1999 ? 1000 : i - 1;
		assert_non_null(apply(fixture, FINDING_CLOSED, &finding));
		finding.id = i;
		assert_non_null(apply(fixture, FINDING_OPENED, &finding));
	}
	for (uint64_t i = 2; i <= LIMIT_OPEN_INCIDENTS; i++) {
		assert_non_null(incidents_find(fixture->incidents, i));
	}
	assert_null(incidents_find(fixture->incidents, 1));
	assert_null(incidents_at(fixture->incidents, INCIDENTS_MAX));
	assert_int_equal(incidents_at(fixture->incidents, 0)->id, 365);
}

static void
test_stray(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding[2];

	for (uint64_t i = 1; i <= 3; i++) {
		finding[0] = small_fleet_finding(i, VERDICT_QUOTA, fixture->now.mono);
		assert_non_null(apply(fixture, FINDING_OPENED, &finding[0]));
	}
	finding[0].id = 1;
	finding[1] = finding[0];
	finding[1].id = 3;
	effects_reset(fixture->effects);
	assert_int_equal(incidents_resolve_stray(fixture->incidents, finding, 2,
			     fixture->now, fixture->effects)
			     ->id,
	    2);
	assert_null(incidents_resolve_stray(
	    fixture->incidents, finding, 2, fixture->now, fixture->effects));
	assert_int_equal(fixture->effects->len, 2);
}

/* The biggest record fits its bound, comes back equal, and no shortened or damaged copy of
 * it does harm. */
/* Rows as releases before this one wrote them, and one of the next. */
static void
check_versions(unsigned char *bytes, size_t len)
{
	struct incident back;
	struct buf buf;

	bytes[0] = 1; /* as it was without a tier: it concerns everybody */
	buf_read(&buf, bytes, len - 1);
	assert_int_equal(incident_decode(&buf, &back), ERR_OK);
	assert_int_equal(back.tier, TIER_CORE);
	bytes[0] = 3; /* nor targets of a provider */
	buf_read(&buf, bytes, len - INCIDENT_REGIONS_BYTES - 1);
	assert_int_equal(incident_decode(&buf, &back), ERR_OK);
	assert_string_equal(back.targets, "");
	bytes[0] = 5;
	buf_read(&buf, bytes, len);
	assert_int_equal(incident_decode(&buf, &back), ERR_VERSION);
}

static void
check_damage(unsigned char *bytes, size_t len)
{
	struct incident back;
	struct buf buf;
	struct rng rng;

	for (size_t cut = 0; cut < len; cut++) {
		buf_read(&buf, bytes, cut);
		assert_int_not_equal(incident_decode(&buf, &back), ERR_OK);
	}
	rng_init(&rng, 3);
	for (int i = 0; i < 20000; i++) {
		size_t at = (size_t)rng_below(&rng, len);
		unsigned char was = bytes[at];

		bytes[at] = (unsigned char)rng_next(&rng);
		buf_read(&buf, bytes, len);
		if (incident_decode(&buf, &back) == ERR_OK) {
			assert_true(back.evidence_len <= CORRELATE_EVIDENCE);
			assert_true(back.verdict < VERDICT_COUNT);
		}
		bytes[at] = was;
	}
}

static void
test_row(void **state)
{
	static unsigned char bytes[INCIDENT_ROW_BYTES];
	struct incident incident;
	struct incident back;
	struct buf buf;
	size_t len;

	(void)state;
	memset(&incident, 0xff, sizeof(incident));
	incident.state = INCIDENT_RESOLVED;
	incident.verdict = incident.first_verdict = VERDICT_UNKNOWN;
	incident.suspect = incident.rival = VERDICT_NO_DATA;
	incident.level = LEVEL_CRITICAL;
	incident.tier = TIER_TEST;
	incident.scope_kind = SCOPE_FLEET;
	incident.is_past = incident.is_flapping = true;
	incident.evidence_len = CORRELATE_EVIDENCE;
	incident.scope_name[LIMIT_NAME_BYTES - 1] = '\0';
	incident.target[LIMIT_NAME_BYTES - 1] = '\0';
	incident.scope_text[INCIDENT_SCOPE_BYTES - 1] = '\0';
	incident.rival_text[INCIDENT_SCOPE_BYTES - 1] = '\0';
	incident.regions_bad[INCIDENT_REGIONS_BYTES - 1] = '\0';
	incident.regions_good[INCIDENT_REGIONS_BYTES - 1] = '\0';
	incident.targets[INCIDENT_REGIONS_BYTES - 1] = '\0';
	incident.external[INCIDENT_NOTE_BYTES - 1] = '\0';
	for (size_t i = 0; i < CORRELATE_EVIDENCE; i++) {
		incident.evidence[i].role = ROLE_COUNT;
		incident.evidence[i].outcome = OUTCOME_LOCAL_ERROR;
		incident.evidence[i].phase = PHASE_DONE;
		incident.evidence[i].target[LIMIT_NAME_BYTES - 1] = '\0';
		incident.evidence[i].regions[INCIDENT_REGIONS_BYTES - 1] = '\0';
	}
	incident.course.len = COURSE_POINTS;
	incident.course.step_ppm = 500000;
	for (size_t i = 0; i < COURSE_POINTS; i++) {
		incident.course.point[i] = (struct course_point){
		    .at = {i % 2 == 0 ? INT64_MAX / 4 : INT64_MIN / 4},
		    .verdict = VERDICT_BUDGET,
		    .rival = VERDICT_BUDGET,
		    .confidence_ppm = 1000000,
		    .rival_ppm = 1000000,
		    .rate_ppm = 1000000};
	}
	buf_write(&buf, bytes, sizeof(bytes));
	incident_encode(&incident, &buf);
	assert_true(buf_ok(&buf));
	len = buf.at;
	buf_read(&buf, bytes, len);
	memset(&back, 0xff, sizeof(back));
	assert_int_equal(incident_decode(&buf, &back), ERR_OK);
	assert_int_equal(back.id, incident.id);
	assert_int_equal(back.course.len, COURSE_POINTS);
	for (size_t i = 0; i < COURSE_POINTS; i++) {
		assert_int_equal(
		    back.course.point[i].at.ns, incident.course.point[i].at.ns);
		assert_int_equal(back.course.point[i].rate_ppm, 1000000);
	}
	assert_int_equal(back.suspect, incident.suspect);
	assert_int_equal(back.tier, TIER_TEST);
	assert_string_equal(back.external, incident.external);
	assert_string_equal(back.evidence[11].regions, incident.evidence[11].regions);
	check_damage(bytes, len);
	check_versions(bytes, len);
}

static void
test_snapshot(void **state)
{
	struct fixture *fixture = *state;
	unsigned char *first = malloc(INCIDENTS_SAVE_BYTES);
	unsigned char *second = malloc(INCIDENTS_SAVE_BYTES);
	struct incidents *other;
	void *memory;
	struct buf a;
	struct buf b;
	struct finding finding;

	for (uint64_t i = 1; i <= 5; i++) {
		finding =
		    small_fleet_finding(i, VERDICT_UPSTREAM_EDGE, fixture->now.mono);
		assert_non_null(apply(fixture, FINDING_OPENED, &finding));
	}
	finding.id = 2;
	assert_non_null(apply(fixture, FINDING_CLOSED, &finding));
	buf_write(&a, first, INCIDENTS_SAVE_BYTES);
	incidents_save(fixture->incidents, &a);
	assert_true(buf_ok(&a));
	other = make(&memory);
	buf_read(&b, first, a.at);
	assert_int_equal(incidents_load(other, &b), ERR_OK);
	buf_write(&b, second, INCIDENTS_SAVE_BYTES);
	incidents_save(other, &b);
	assert_int_equal(a.at, b.at);
	assert_memory_equal(first, second, a.at);
	for (size_t cut = 0; cut < a.at; cut += 7) {
		buf_read(&b, first, cut);
		assert_int_equal(incidents_load(other, &b), ERR_FORMAT);
		assert_null(incidents_at(other, 0));
	}
	first[0] = 9;
	buf_read(&b, first, a.at);
	assert_int_equal(incidents_load(other, &b), ERR_VERSION);
	free(memory);
	free(first);
	free(second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_life, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_scopes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tier, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_long_regions, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stray, setup, teardown),
	    cmocka_unit_test(test_row),
	    cmocka_unit_test_setup_teardown(test_snapshot, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
