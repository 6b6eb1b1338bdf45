/* hypothesis - every fault we can name, and what each result says for or against it
 * Room: collector/core (pure).
 *
 * A hypothesis is a row (kind of fault, share of requests it hits) with a scope. The table
 * is generated from the topology: hypotheses shared by all targets first (group 0), then
 * one group per target (group 1 + target), then one per provider of several targets. Inside a group everything that one agent belongs
 * to lies in a few contiguous runs, so weighing a result is adding a few short vectors.
 *
 * Weights are log-likelihood ratios in milli-nats, clipped at ln 100 (Huber 1965): no result
 * says more than a baseline of one percent allows. For every row and witness the expected
 * likelihood ratio under the baseline is at most one; the false alarm bound rests on that. */
#ifndef COLLECTOR_CORE_HYPOTHESIS_H
#define COLLECTOR_CORE_HYPOTHESIS_H

#include "collector/core/correlate.h"
#include "collector/core/provider.h"
#include "collector/core/symptom.h"

enum {
	HYPOTHESIS_ROWS = 45,
	HYPOTHESIS_SPANS = 4, /* most runs of one group that hold an agent */
	/* most groups one result concerns */
	HYPOTHESIS_GROUPS = 1 + LIMIT_TARGETS + PROVIDER_MAX,
	HYPOTHESIS_CLIP_MNATS = 4605,   /* ln 100 */
	HYPOTHESIS_NAMING_MNATS = 9210, /* ln 10^4 */
	HYPOTHESIS_REPEAT_MNATS = 693, /* ln 2: what a further vote of a slot may add */
	HYPOTHESIS_TABLE_VERSION = 2 /* changes with the rows: saved states name rows */
};

#define HYPOTHESIS_NONE UINT32_MAX

enum family {
	FAMILY_AVAILABILITY = 0,
	FAMILY_CONFIGURATION,
	FAMILY_INFORMATION
};

struct hypothesis {
	uint8_t row;
	uint8_t scope_kind; /* enum scope_kind */
	uint16_t index;  /* of the scope: region, domain, agent, key, serving region */
	uint16_t target; /* TOPOLOGY_NONE in group 0 and those of providers */
	uint16_t group;
	uint16_t agents; /* how many it reaches */
	bool is_upstream;
	uint32_t kin; /* first hypothesis with the same verdict and scope */
	int32_t prior_mnats;
};

/* A run of hypotheses and the row of its first. */
struct hypothesis_span {
	uint32_t first;
	uint16_t len;
	uint16_t row;
};

struct hypothesis_group {
	uint32_t first;
	uint32_t len;
	uint32_t region_first; /* one block per region */
	uint32_t serving_first;
	uint32_t key_first;
	uint16_t serving_len;
	uint16_t key_len;
	uint16_t global_len;
};

/* How a weight is added. */
enum weighing {
	WEIGHING_FULL = 0,
	WEIGHING_CAPPED,   /* at most ln 2: the rest is the slot's one full vote */
	WEIGHING_NEGATIVE, /* explained by an open finding: may only argue against */
	WEIGHING_NAMING,   /* beyond the clip: tells causes apart, detects nothing */
	WEIGHING_COUNT
};

/* What the results of one target's witness weigh, by how often it fails anyway. */
struct hypothesis_profile {
	int32_t weight[WEIGHING_COUNT][SYMPTOM_COUNT][HYPOTHESIS_ROWS];
	uint8_t level[SYMPTOM_COUNT]; /* doublings of the constant */
};

struct hypotheses {
	const struct topology *topology;
	struct hypothesis *at;
	uint32_t len;
	uint32_t domain_first; /* in group 0 */
	uint32_t agent_first;
	uint16_t *
	    domain_slot; /* domain -> its block, TOPOLOGY_NONE when it has one region */
	uint16_t *key_slot; /* [target * key_len + key] -> block, TOPOLOGY_NONE */
	struct hypothesis_group *group;      /* 1 + target_len + provider_len */
	uint16_t provider_of[LIMIT_TARGETS]; /* TOPOLOGY_NONE: alone */
	uint16_t provider_len;
	uint16_t group_len;
	uint16_t domain_len;
	/* by the constants; what a target's results weigh is in its profiles */
	int32_t weight[WEIGHING_COUNT][WITNESS_COUNT][SYMPTOM_COUNT][HYPOTHESIS_ROWS];
	struct hypothesis_profile *profile; /* [targets][billed, free] */
	/* [groups] full - capped, the least of the group's targets: what a vote adds */
	int32_t (*excess)[SYMPTOM_BITS][HYPOTHESIS_ROWS];
	bool explains[HYPOTHESIS_ROWS][WITNESS_COUNT][SYMPTOM_COUNT];
	bool is_bad[HYPOTHESIS_ROWS][WITNESS_COUNT][SYMPTOM_COUNT];
	bool is_witness[HYPOTHESIS_ROWS][WITNESS_COUNT];
};

/* Bytes hypotheses_init() takes beside the struct itself. */
size_t hypotheses_bytes(const struct topology *topology);

/* Number of groups of that topology: what arrays beside the table are measured by. */
size_t hypotheses_groups_count(const struct topology *topology);

/* Number of hypotheses of that topology. */
uint32_t hypotheses_count(const struct topology *topology);

/* False when the arena is too small. `topology` is borrowed for life. */
bool hypotheses_init(
    struct hypotheses *table, struct arena *arena, const struct topology *topology);

/* The runs of `group` that hold the agent; returns how many. */
size_t hypotheses_spans(const struct hypotheses *table, uint16_t group, uint16_t agent,
    struct hypothesis_span out[HYPOTHESIS_SPANS]);

/* The weights of a result by row; `target` is TOPOLOGY_NONE for rounds of controls. */
const int32_t *hypotheses_weight(const struct hypotheses *table, enum weighing how,
    enum witness witness, enum symptom symptom, uint16_t target);

/* Group of a target; 0 for TOPOLOGY_NONE. */
uint16_t hypotheses_group_of(uint16_t target);

/* Group of a provider of several targets. */
uint16_t hypotheses_provider_group(const struct hypotheses *table, uint16_t provider);
/* The same by target; 0 when it stands alone. */
uint16_t hypotheses_siblings_group(const struct hypotheses *table, uint16_t target);

/* The groups that a result of `target` concerns, or a round of controls beside failures of
 * `targets`: the shared ones first. Returns how many. */
size_t hypotheses_groups(const struct hypotheses *table, uint16_t target,
    uint64_t targets, uint16_t out[HYPOTHESIS_GROUPS]);

/* True when results of `target` are in the hypothesis' scope; for TOPOLOGY_NONE, rounds of
 * controls: when it is not about targets. */
bool hypothesis_concerns(
    const struct hypotheses *table, uint32_t hypothesis, uint16_t target);
/* The hypothesis of the same row for a target of the provider, and back; HYPOTHESIS_NONE
 * when there is none. */
uint32_t hypothesis_of_target(
    const struct hypotheses *table, uint32_t hypothesis, uint16_t target);
uint32_t hypothesis_of_provider(const struct hypotheses *table, uint32_t hypothesis);

bool hypothesis_holds(
    const struct hypotheses *table, uint32_t hypothesis, uint16_t agent);
/* The same of a scope as such. */
bool hypothesis_in_scope(
    const struct topology *topology, struct scope scope, uint16_t agent);
enum verdict hypothesis_verdict(const struct hypotheses *table, uint32_t hypothesis);
enum family hypothesis_family(const struct hypotheses *table, uint32_t hypothesis);
bool hypothesis_pages(const struct hypotheses *table, uint32_t hypothesis);
/* Lowest layer it touches. */
int hypothesis_stage(const struct hypotheses *table, uint32_t hypothesis);
/* True for faults of the upstream, whose prior a status page may shift. */
bool hypothesis_is_upstream(const struct hypotheses *table, uint32_t hypothesis);
/* True when its verdict is outage or partial, by the estimated rate. */
bool hypothesis_is_graded(const struct hypotheses *table, uint32_t hypothesis);
struct scope hypothesis_scope(const struct hypotheses *table, uint32_t hypothesis);

/* The hypothesis of that row and scope, HYPOTHESIS_NONE when there is none. */
uint32_t hypotheses_find(
    const struct hypotheses *table, uint16_t row, struct scope scope);

#endif
