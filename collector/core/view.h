/* view - the present state, as the API shows it
 * Room: collector/core (pure).
 *
 * The engine fills one after every change and publishes it; readers in other threads get
 * an immutable copy. Everything is by value or by name, nothing points into the machine. */
#ifndef COLLECTOR_CORE_VIEW_H
#define COLLECTOR_CORE_VIEW_H

#include "collector/core/ack.h"
#include "collector/core/incident.h"
#include "collector/core/mute.h"
#include "collector/core/review.h"
#include "collector/core/topology.h"
#include "common/core/result.h"

enum cell_state {
	CELL_UNKNOWN = 0, /* no data: neither good nor bad */
	CELL_OK,
	CELL_DEGRADED, /* some failures, or a finding of level info or warning */
	CELL_DOWN
};

const char *cell_state_name(enum cell_state state);

/* Counts over the last window (VIEW_WINDOW_NS of journal time) for one cell of the grid. */
struct view_counts {
	uint32_t total;
	uint32_t ok;
	uint32_t failed; /* outcome_is_failure() */
	uint32_t rate_limited;
	uint32_t neutral; /* out of both numerator and denominator */
	uint32_t due;     /* results; see coverage.h, over VIEW_COVERAGE_MINUTES */
	uint32_t came;    /* of these, in time or late */
	uint32_t p50_us;  /* of good images, or of what the target has; 0 = none */
	uint32_t p95_us;
	enum outcome last_outcome;
	struct wall last_at; /* 0 = never */
};

struct view_target {
	char name[LIMIT_NAME_BYTES];
	char group[LIMIT_NAME_BYTES];
	char provider[LIMIT_NAME_BYTES];
	enum tier tier;
	enum cell_state state;
	enum verdict verdict;      /* of the worst open incident that touches it */
	uint64_t incident;         /* its id, 0 = none */
	struct view_counts counts; /* over all regions */
	uint64_t cost_microusd;    /* of its probes, ever */
};

struct view_region {
	char name[LIMIT_NAME_BYTES];
	char domain[LIMIT_NAME_BYTES];
	enum cell_state state;
	enum verdict verdict;
	uint64_t incident;
	uint16_t agents;
	uint16_t agents_reporting;
	struct view_counts counts; /* targets, not controls */
	struct view_counts controls;
};

/* Results; see coverage.h. */
struct view_tally {
	uint64_t due;
	uint64_t came;
	uint64_t late;
	uint64_t dropped;
};

enum {
	VIEW_COVERAGE_MINUTES = 5
};

struct view_agent {
	char name[LIMIT_NAME_BYTES];
	char region[LIMIT_NAME_BYTES];
	char build[LIMIT_NAME_BYTES];
	bool connected;
	bool silent;
	uint64_t incarnation;
	uint64_t plan_version;
	uint64_t received; /* results stored from it, ever */
	uint64_t duplicates;
	uint64_t gaps;       /* results it says it dropped */
	uint64_t late;       /* came after the correlation's window */
	uint64_t due;        /* results, since it was first heard */
	uint32_t window_due; /* over VIEW_COVERAGE_MINUTES */
	uint32_t window_came;
	struct view_tally hours;    /* over COVERAGE_MINUTES */
	struct wall last_heard_at;  /* 0 = never */
	struct wall last_result_at; /* newest event time */
	int64_t clock_offset_ns;    /* its clock minus ours */
	int64_t clock_error_ns;     /* uncertainty of that; < 0 = not known */
	bool clock_bad;             /* beyond the bound */
};

enum {
	VIEW_TITLE_BYTES = 160,
	VIEW_SCOPE_BYTES = 208,
	VIEW_URL_BYTES = 256
};

/* One open entry of a source. */
struct view_claim {
	enum claim claim;
	struct wall
	    begin_at; /* when they say it began, 0 = not said; so the next two */
	struct wall created_at;  /* when they published it */
	struct wall modified_at; /* when they edited it last */
	struct wall since_at;    /* when we read it first */
	char id[LIMIT_NAME_BYTES];
	char title[VIEW_TITLE_BYTES];
	char scope[VIEW_SCOPE_BYTES];
	char url[VIEW_URL_BYTES];
};

/* What a source measured, see struct figure. */
struct view_figure {
	char model[96];
	char provider[64];    /* "" = not by provider */
	struct figure values; /* without its two texts */
};

/* A source's record, see trust.h. */
struct view_trust {
	uint32_t admitted;
	uint32_t missed;
	uint32_t unconfirmed; /* claims without an incident of ours */
	uint32_t pending;     /* incidents that are not judged yet */
	uint32_t median_s;    /* of the delays of what was admitted */
	struct wall last_at;  /* of the last of all these, 0 = none */
};

/* Why a source is EXTERNAL_UNKNOWN. */
enum view_silence {
	VIEW_HEARD = 0, /* it is not */
	VIEW_UNREAD,    /* never read well, nothing else is known */
	VIEW_FAILING,   /* the last reading failed, see failed_* */
	VIEW_STALE      /* no reading for SOURCE_STALE_INTERVALS */
};

struct view_source {
	char series[LIMIT_SERIES_BYTES];
	enum probe_kind kind;
	enum external_state state;
	enum view_silence silence;
	enum claim claim;       /* the gravest, of the last good reading */
	struct wall read_at;    /* last good read, 0 = never */
	struct wall changed_at; /* what it claims changed */
	struct wall edited_at;  /* they edited something last, 0 = not said */
	struct wall failed_at;  /* last bad reading, 0 = never */
	enum outcome failed_as; /* of that */
	uint16_t failed_status; /* HTTP, 0 = none */
	uint32_t interval_ms;   /* between readings, of each agent */
	uint64_t target_mask;
	uint16_t fallback_of;         /* index into the view's sources, TOPOLOGY_NONE */
	bool is_quiet;                /* its primary is known: it is not heard */
	char title[VIEW_TITLE_BYTES]; /* of the gravest claim */
	char scope[VIEW_SCOPE_BYTES]; /* of that, or of nothing open */
	char url[VIEW_URL_BYTES];
	struct view_trust trust;
	uint16_t claim_len;
	uint16_t figure_len;
	const struct view_claim *claims;
	const struct view_figure *figures;
};

/* Money spent with one key, in millionths of a US dollar; days and months in UTC. */
struct view_budget {
	char key[LIMIT_NAME_BYTES]; /* the real one */
	uint32_t day;               /* since 1970-01-01 */
	uint64_t planned_microusd;  /* what a day of the schedule costs */
	uint64_t day_microusd;      /* limits, 0 = none */
	uint64_t month_microusd;
	uint64_t day_spent;
	uint64_t month_spent;
	uint64_t day_granted; /* out of the reserve */
	uint64_t month_granted;
	uint64_t day_projected; /* at the end at this pace, 0 = too early to say */
	uint64_t month_projected;
	uint64_t total; /* ever */
	bool is_tight;  /* an incident of it is open */
};

/* A way messages go, and how it stands. */
struct view_channel {
	char name[LIMIT_NAME_BYTES];
	char fallback[LIMIT_NAME_BYTES]; /* "" = none */
	const char *kind;                /* static */
	const char *language;            /* static */
	enum level level_min;
	uint32_t live;    /* messages that are not yet delivered */
	bool is_busy;     /* one is on its way now */
	int64_t waits_ns; /* it asked for a pause that lasts so long, 0 = none */
};

struct view {
	struct wall at;
	struct wall started_at;
	uint64_t journal_seq;
	uint64_t config_version;
	enum cell_state overall;
	enum verdict verdict; /* of the worst open incident */
	uint16_t target_len;
	uint16_t region_len;
	uint16_t agent_len;
	uint16_t source_len;
	uint16_t budget_len;
	uint16_t incident_len; /* newest first: open ones and the last resolved */
	const struct view_target *target;
	const struct view_region *region;
	const struct view_agent *agent;
	const struct view_source *source;
	const struct view_budget *budget; /* keys with a budget, or any spending */
	const struct incident *incident;
	/* cell[region * target_len + target] */
	const struct view_counts *cell;
	const enum cell_state *cell_state;
	struct alerts_counts_view {
		uint32_t queued;
		uint32_t leased;
		uint64_t delivered;
		uint64_t rejected;
		uint64_t unknown;
		uint64_t dead;
	} alerts;
	/* Orders about alerts that hold, see mute.h, ack.h, review.h. */
	uint16_t mute_len;
	uint16_t channel_len;
	uint16_t ack_len;
	uint16_t review_len;
	const struct mute *mute;
	const struct ack *ack;
	const struct review *review; /* oldest first */
	struct review_score score[VERDICT_COUNT];
	struct view_channel channel[LIMIT_CHANNELS]; /* channel_len of them */
	uint64_t results_total;
	uint64_t batches_total;
	uint64_t refused_total; /* hellos and messages turned away */
	uint64_t asks_total;    /* runs that agents were asked for */
	uint64_t asks_answered_total;
	uint64_t asks_refused_total; /* no money was left for them */
	uint64_t store_bytes;        /* of the data file, as of the last commit */
	char store_error[64];        /* "" or why the store takes nothing now */
};

#endif
