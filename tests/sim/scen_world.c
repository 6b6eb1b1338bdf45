#include "tests/sim/scen_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STANDARD_PLACES                                                                \
	"domain d0\n"                                                                  \
	"domain d1\n"

#define STANDARD_TARGET                                                                \
	"probe gemini image image every 2m timeout 45s cost 0.134\n"                   \
	"probe gemini model free every 1m timeout 10s\n"                               \
	"control c0 every 1m timeout 10s\n"                                            \
	"control c1 every 1m timeout 10s\n"                                            \
	"control c2 every 1m timeout 10s\n"

#define STANDARD_SERVING                                                               \
	"serving gemini s0 r0 r1\n"                                                    \
	"serving gemini s1 r2 r3\n"                                                    \
	"serving gemini s2 r4\n"

#define STANDARD                                                                       \
	STANDARD_PLACES                                                                \
	"region r0 agents 2 domain d0\n"                                               \
	"region r1 agents 2 domain d0\n"                                               \
	"region r2 agents 2 domain d1\n"                                               \
	"region r3 agents 2\n"                                                         \
	"region r4 agents 2 domain d1\n"                                               \
	"target gemini provider google tier core keys k0 k1\n" STANDARD_SERVING        \
	    STANDARD_TARGET

#define TRIO                                                                           \
	STANDARD                                                                       \
	"target vertex provider google tier important keys v0 v1\n"                    \
	"probe vertex image image every 4m timeout 45s cost 0.134\n"                   \
	"probe vertex tokens free every 1m timeout 10s\n"                              \
	"target openai provider openai tier important keys own\n"                      \
	"probe openai image image every 4m timeout 60s cost 0.167\n"                   \
	"probe openai models free every 1m timeout 10s\n"

#define SOLO                                                                           \
	STANDARD_PLACES                                                                \
	"region r0 agents 1 domain d0\n"                                               \
	"region r1 agents 1 domain d0\n"                                               \
	"region r2 agents 1 domain d1\n"                                               \
	"region r3 agents 1\n"                                                         \
	"region r4 agents 1 domain d1\n"                                               \
	"target gemini provider google tier core keys own\n" STANDARD_SERVING          \
	    STANDARD_TARGET

#define PAIR                                                                           \
	"region r0 agents 1\n"                                                         \
	"region r1 agents 1\n"                                                         \
	"target gemini provider google tier core keys own\n" STANDARD_TARGET

#define FAST                                                                           \
	"region r0 agents 2\n"                                                         \
	"region r1 agents 2\n"                                                         \
	"region r2 agents 2\n"                                                         \
	"target gemini provider google tier core keys k0 k1\n"                         \
	"probe gemini image image every 10s timeout 30s cost 0.134\n"                  \
	"probe gemini model free every 10s timeout 5s\n"                               \
	"control c0 every 10s timeout 5s\n"                                            \
	"control c1 every 10s timeout 5s\n"                                            \
	"control c2 every 10s timeout 5s\n"

#define TEN(n, d)                                                                      \
	"region r" n "0 agents 1 domain " d "\nregion r" n "1 agents 1 domain " d      \
	"\nregion r" n "2 agents 1 domain " d "\nregion r" n "3 agents 1 domain " d    \
	"\nregion r" n "4 agents 1 domain " d "\nregion r" n "5 agents 1 domain " d    \
	"\nregion r" n "6 agents 1 domain " d "\nregion r" n "7 agents 1 domain " d    \
	"\nregion r" n "8 agents 1 domain " d "\nregion r" n "9 agents 1 domain " d    \
	"\n"
#define WIDE                                                                           \
	"domain d0\ndomain d1\ndomain d2\n" TEN("0", "d0") TEN("1", "d1")              \
	    TEN("2", "d2") "target gemini provider google tier core keys own\n"        \
			   "probe gemini image image every 10m timeout 45s cost "      \
			   "0.134\n"                                                   \
			   "probe gemini model free every 1m timeout 10s\n"            \
			   "control c0 every 1m timeout 10s\n"                         \
			   "control c1 every 1m timeout 10s\n"                         \
			   "control c2 every 1m timeout 10s\n"

static const struct {
	const char *name;
	const char *text;
} worlds[] = {{"standard", STANDARD}, {"trio", TRIO}, {"solo", SOLO}, {"pair", PAIR},
    {"wide", WIDE}, {"fast", FAST}};

const char *
scen_world(const char *name)
{
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		if (strcmp(worlds[i].name, name) == 0) {
			return worlds[i].text;
		}
	}
	return NULL;
}

/* True, with an error, when a table of `cap` places is full. */
static bool
is_full(struct scen_reader *reader, unsigned len, unsigned cap)
{
	char expected[32];

	if (len < cap) {
		return false;
	}
	(void)snprintf(expected, sizeof(expected), "at most %u", cap);
	scen_fail(reader, "too many of these", expected);
	return true;
}

static void
refuse_twice(struct scen_reader *reader, bool is_there)
{
	if (is_there) {
		scen_fail(reader, "this name is taken", "another one");
	}
}

static void
read_fleet(struct scen_reader *reader)
{
	const char *text =
	    scen_world(scen_next(reader, "standard, trio, solo, pair, wide or fast"));
	unsigned line = reader->line;

	if (text == NULL) {
		scen_fail(reader, "no such world",
		    "standard, trio, solo, pair, wide or fast");
		return;
	}
	if (reader->scen->regions > 0 || reader->at < reader->words) {
		scen_fail(
		    reader, "a fleet among others", "one world, alone, and first");
		return;
	}
	scen_text(reader, text, strlen(text));
	reader->line = line;
	reader->at = reader->words;
}

static void
read_domain(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;

	if (!is_full(reader, scen->domains, SCEN_DOMAINS)) {
		char *name = scen->domain[scen->domains];

		scen_new_name(reader, name);
		for (unsigned i = 0; i < scen->domains; i++) {
			refuse_twice(reader, strcmp(scen->domain[i], name) == 0);
		}
		scen->domains++;
	}
}

static void
read_region(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;
	struct scen_region region = {.domain = SCEN_NONE, .first = scen->agents};

	if (is_full(reader, scen->regions, SCEN_REGIONS)) {
		return;
	}
	scen_new_name(reader, region.name);
	for (unsigned i = 0; i < scen->regions; i++) {
		refuse_twice(reader, strcmp(scen->region[i].name, region.name) == 0);
	}
	scen_must(reader, "agents");
	region.agents = scen_number(reader, 1, SCEN_AGENTS);
	if (scen_is(reader, "domain")) {
		region.domain = scen_find_domain(reader);
	}
	if (scen->targets > 0 || scen->faults > 0 || scen->events > 0) {
		scen_fail(reader, "a region stands here", "all regions before targets");
	}
	if (region.agents > SCEN_AGENTS - scen->agents) {
		scen_fail(reader, "too many agents", "at most 64 in all");
		return;
	}
	scen->agents += region.agents;
	scen->region[scen->regions++] = region;
}

static void
read_keys(struct scen_reader *reader, struct scen_target *target)
{
	scen_must(reader, "keys");
	if (scen_is(reader, "own")) {
		return;
	}
	do {
		if (is_full(reader, target->keys, SCEN_KEYS)) {
			return;
		}
		scen_new_name(reader, target->key[target->keys++]);
	} while (scen_names_follow(reader));
}

static void
read_target(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;
	struct scen_target *target = &scen->target[scen->targets];

	if (is_full(reader, scen->targets, SCEN_TARGETS)) {
		return;
	}
	memset(target, 0, sizeof(*target));
	for (unsigned i = 0; i < SCEN_REGIONS; i++) {
		target->serves[i] = SCEN_NONE;
	}
	scen_new_name(reader, target->name);
	for (unsigned i = 0; i < scen->targets; i++) {
		refuse_twice(reader, strcmp(scen->target[i].name, target->name) == 0);
	}
	if (scen_is(reader, "provider")) {
		scen_new_name(reader, target->provider);
	}
	target->tier = TIER_CORE;
	if (scen_is(reader, "tier") &&
	    !tier_find(scen_next(reader, "a tier"), &target->tier)) {
		scen_fail(reader, "no such tier", "core, important, normal or test");
	}
	read_keys(reader, target);
	scen->targets++;
}

static void
read_serving(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;
	struct scen_target *target = &scen->target[scen_find_target(reader)];

	if (reader->has_failed || is_full(reader, target->servings, SCEN_SERVING)) {
		return;
	}
	scen_new_name(reader, target->serving[target->servings]);
	for (unsigned i = 0; i < target->servings; i++) {
		refuse_twice(reader,
		    strcmp(target->serving[i], target->serving[target->servings]) == 0);
	}
	do {
		unsigned region = scen_find_region(reader);

		if (target->serves[region] != SCEN_NONE) {
			scen_fail(
			    reader, "a region is served twice", "one serving each");
		}
		target->serves[region] = target->servings;
	} while (scen_names_follow(reader));
	target->servings++;
}

static uint32_t
read_cost(struct scen_reader *reader)
{
	const char *word = scen_next(reader, "dollars");
	size_t len = strspn(word, "0123456789.");
	char *end;
	double dollars = strtod(word, &end);

	if (len == 0 || word[len] != '\0' || *end != '\0' || dollars > 100) {
		scen_fail(reader, "the cost is no price", "dollars such as 0.134");
		return 0;
	}
	return (uint32_t)(dollars * 1e6 + 0.5);
}

static void
read_pace(struct scen_reader *reader, struct scen_probe *probe)
{
	scen_must(reader, "every");
	probe->every_ns = scen_time(reader);
	scen_must(reader, "timeout");
	probe->timeout_ns = scen_time(reader);
	if (!reader->has_failed && (probe->every_ns < 100 * CLOCK_NS_PER_MS ||
				       probe->timeout_ns < 100 * CLOCK_NS_PER_MS)) {
		scen_fail(reader, "too short a time", "100ms or more");
	}
}

static void
read_probe(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;
	struct scen_probe probe = {.regions = UINT32_MAX};

	if (is_full(reader, scen->probes, SCEN_PROBES)) {
		return;
	}
	probe.target = scen_find_target(reader);
	/* What it is called may be the word for its kind. */
	(void)snprintf(probe.name, sizeof(probe.name), "%.31s",
	    scen_next(reader, "the probe's name"));
	if (probe.name[strspn(probe.name, "abcdefghijklmnopqrstuvwxyz-")] != '\0') {
		scen_fail(reader, "no name of a probe", "letters a-z and -");
	}
	if (scen_is(reader, "image")) {
		probe.view = SCEN_IMAGE;
	} else {
		probe.view = SCEN_FREE;
		scen_must(reader, "free");
	}
	read_pace(reader, &probe);
	if (scen_is(reader, "cost")) {
		probe.cost_microusd = read_cost(reader);
	}
	if (scen_is(reader, "in")) {
		probe.regions = 0;
		do {
			probe.regions |= UINT32_C(1) << scen_find_region(reader);
		} while (scen_names_follow(reader));
	}
	for (unsigned i = 0; i < scen->probes; i++) {
		refuse_twice(reader, scen->probe[i].target == probe.target &&
					 strcmp(scen->probe[i].name, probe.name) == 0);
	}
	scen->probe[scen->probes++] = probe;
}

static void
read_control(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;
	struct scen_probe probe = {
	    .target = SCEN_NONE, .view = SCEN_CONTROL, .regions = UINT32_MAX};
	unsigned controls = 0;

	if (is_full(reader, scen->probes, SCEN_PROBES)) {
		return;
	}
	scen_new_name(reader, probe.name);
	read_pace(reader, &probe);
	for (unsigned i = 0; i < scen->probes; i++) {
		bool is_control = scen->probe[i].target == SCEN_NONE;

		controls += is_control ? 1 : 0;
		refuse_twice(
		    reader, is_control && strcmp(scen->probe[i].name, probe.name) == 0);
	}
	if (!is_full(reader, controls, SCEN_CONTROLS)) {
		scen->probe[scen->probes++] = probe;
	}
}

static void
read_source(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;
	struct scen_source *source = &scen->source[scen->sources];

	if (is_full(reader, scen->sources, SCEN_SOURCES)) {
		return;
	}
	memset(source, 0, sizeof(*source));
	scen_new_name(reader, source->name);
	for (unsigned i = 0; i < scen->sources; i++) {
		refuse_twice(reader, strcmp(scen->source[i].name, source->name) == 0);
	}
	source->is_uptime = scen_is(reader, "uptime");
	if (!source->is_uptime) {
		scen_must(reader, "page");
	}
	scen_must(reader, "about");
	do {
		source->targets |= UINT32_C(1) << scen_find_target(reader);
	} while (scen_names_follow(reader));
	scen->sources++;
}

static void
read_noise(struct scen_reader *reader)
{
	static const char *const name[SCEN_NOISES] = {
	    "none", "iid", "double", "bursty"};
	const char *word = scen_next(reader, "none, iid, double or bursty");

	for (unsigned i = 0; i < SCEN_NOISES; i++) {
		if (strcmp(name[i], word) == 0) {
			reader->scen->noise = (enum scen_noise)i;
			return;
		}
	}
	scen_fail(reader, "no such noise", "none, iid, double or bursty");
}

bool
scen_world_line(struct scen_reader *reader, const char *word)
{
	static const struct {
		const char *word;
		void (*read)(struct scen_reader *reader);
	} lines[] = {{"fleet", read_fleet}, {"domain", read_domain},
	    {"region", read_region}, {"target", read_target}, {"serving", read_serving},
	    {"probe", read_probe}, {"control", read_control}, {"source", read_source},
	    {"noise", read_noise}};
	static const struct {
		const char *word;
		size_t at;
	} times[] = {{"cooldown", offsetof(struct scen, cooldown_ns)},
	    {"reopen", offsetof(struct scen, reopen_ns)},
	    {"warmup", offsetof(struct scen, warmup_ns)},
	    {"end", offsetof(struct scen, end_ns)}};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (strcmp(lines[i].word, word) == 0) {
			lines[i].read(reader);
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (strcmp(times[i].word, word) == 0) {
			int64_t value_ns = scen_time(reader);

			memcpy((char *)reader->scen + times[i].at, &value_ns,
			    sizeof(value_ns));
			return true;
		}
	}
	return false;
}
