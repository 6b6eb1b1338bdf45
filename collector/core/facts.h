/* facts - a frozen message, read again
 * Room: collector/core (pure).
 *
 * A message is frozen as the JSON of render.h, and every channel is written from that alone:
 * so a retry after days says what was true then, in the words of now. Texts in here came
 * from elsewhere and are trusted with nothing; letter.h and markup.h make them harmless. */
#ifndef COLLECTOR_CORE_FACTS_H
#define COLLECTOR_CORE_FACTS_H

#include "collector/core/render.h"
#include "common/core/rfc3339.h"

enum {
	FACTS_EVIDENCE = 2,
	FACTS_ITEMS = RENDER_LISTED,
	FACTS_TEXT_BYTES = 2048
};

struct facts_evidence {
	char role[16]; /* probe_role_name(), or "rest" */
	char target[LIMIT_NAME_BYTES];
	char outcome[48];
	char phase[24];
	uint64_t count;
	char regions[INCIDENT_REGIONS_BYTES];
};

/* One incident of a group. */
struct facts_item {
	uint64_t incident;
	enum message_kind kind;
	enum level level;
	enum verdict verdict;
	char scope[INCIDENT_SCOPE_BYTES];
};

struct facts {
	enum message_kind kind;
	bool is_test; /* nothing happened: somebody tries the channel */
	bool is_resolved;
	bool is_flapping;
	uint64_t seq;
	uint64_t incident;
	uint64_t reopened;
	enum verdict verdict;
	enum verdict suspect;
	enum level level;
	struct wall at;
	struct wall since;
	struct wall opened;
	struct wall resolved; /* 0 while open */
	char since_text[RFC3339_BYTES];
	char headline[RENDER_HEADLINE_BYTES];
	char text[FACTS_TEXT_BYTES]; /* the whole message in English */
	enum scope_kind scope_kind;
	char scope_name[LIMIT_NAME_BYTES];
	char target[LIMIT_NAME_BYTES];
	char scope[INCIDENT_SCOPE_BYTES];
	char regions_bad[INCIDENT_REGIONS_BYTES];
	char regions_good[INCIDENT_REGIONS_BYTES];
	uint32_t confidence_ppm;
	uint32_t rate_ppm;
	uint64_t agents_reporting;
	uint64_t agents_total;
	bool has_rival;
	enum verdict rival;
	uint32_t rival_ppm;
	char rival_text[INCIDENT_SCOPE_BYTES];
	char external[INCIDENT_NOTE_BYTES];
	uint64_t failed; /* results of the target */
	uint64_t total;
	size_t evidence_len;
	struct facts_evidence evidence[FACTS_EVIDENCE];
	/* Of a group; "" and 0 otherwise. The fields above are those of its worst incident. */
	char group[24];
	uint64_t group_firing;   /* once the message is known */
	uint64_t group_resolved; /* by it */
	uint64_t group_told;     /* incidents it tells, of which these are listed */
	size_t item_len;
	struct facts_item item[FACTS_ITEMS];
};

/* Reads `len` bytes at `json`. ERR_FORMAT when they are not one whole object of the schema
 * "parallax.alert/1" with a kind; what is missing else stays zero, what is too long is cut.
 * `out` is written in any case. */
enum err facts_read(const char *json, size_t len, struct facts *out) WARN_UNUSED;

#endif
