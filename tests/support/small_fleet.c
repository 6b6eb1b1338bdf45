#include "tests/support/small_fleet.h"

static const struct topology_domain domains[] = {{"cloud-a"}, {"cloud-b"}};
static const struct topology_region regions[] = {
    {"eu-west", 0}, {"us-east", 0}, {"ap-south", 1}};
static const struct topology_agent agents[] = {
    {"eu-1", 0}, {"us-1", 1}, {"ap-1", 2}, {"ap-2", 2}};
static const struct topology_target targets[] = {
    {"nano-banana-pro", "image-generation", "google", TIER_CORE},
    {"vertex-image", "image-generation", "google", TIER_IMPORTANT},
    {"trial", "", "", TIER_TEST}};
static const struct topology_key keys[] = {{"key-eu"}, {"key-us"}};
static const uint16_t serving[] = {0, 0, TOPOLOGY_NONE, 0, 0, TOPOLOGY_NONE, 1, 0,
    TOPOLOGY_NONE}; /* by region, then target */
static const struct topology fleet = {
    .domain = domains,
    .region = regions,
    .agent = agents,
    .target = targets,
    .key = keys,
    .serving_of = serving,
    .domain_len = 2,
    .region_len = 3,
    .agent_len = 4,
    .target_len = 3,
    .key_len = 2,
};

const struct topology *
small_fleet(void)
{
	return &fleet;
}

struct finding
small_fleet_finding(uint64_t id, enum verdict verdict, struct mono now)
{
	struct finding finding = {
	    .id = id,
	    .verdict = verdict,
	    .suspect = verdict,
	    .scope = {.kind = SCOPE_TARGET, .target = FLEET_TARGET_IMAGE},
	    .rival = VERDICT_REGION_NETWORK,
	    .rival_scope = {.kind = SCOPE_REGION, .index = 0, .target = TOPOLOGY_NONE},
	    .confidence_ppm = 972000,
	    .rival_ppm = 21000,
	    .rate_ppm = 930000,
	    .statistic_mnats = 14200,
	    .threshold_mnats = 9100,
	    .onset_at = mono_add(now, -60 * CLOCK_NS_PER_S),
	    .opened_at = now,
	    .changed_at = now,
	    .agents_reporting = 4,
	    .agents_total = 4,
	    .regions_bad = 7,
	    .evidence_len = 2,
	    .open = true,
	};

	finding.evidence[0] = (struct evidence_line){
	    .role = ROLE_CONTROL,
	    .outcome = OUTCOME_OK,
	    .phase = PHASE_DONE,
	    .target = TOPOLOGY_NONE,
	    .count = 388,
	    .mnats = 4100,
	    .rival_mnats = -2300,
	    .region_mask = 7,
	};
	finding.evidence[1] = (struct evidence_line){
	    .role = ROLE_TARGET,
	    .outcome = OUTCOME_TIMEOUT,
	    .phase = PHASE_WAIT,
	    .target = FLEET_TARGET_IMAGE,
	    .count = 412,
	    .mnats = 10100,
	    .rival_mnats = 9000,
	    .region_mask = 7,
	};
	return finding;
}
