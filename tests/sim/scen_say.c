#include "tests/sim/scen_internal.h"

#include <stdio.h>
#include <string.h>

#define QUIET_NS (1200 * CLOCK_NS_PER_S)
#define END_MAX  (INT64_C(60) * 86400 * CLOCK_NS_PER_S)

static const char *const scopes[] = {
    "target", "region", "agent", "domain", "key", "provider", "serving", "fleet"};

static void
check_name(struct scen_reader *reader, const struct scen_place *place)
{
	unsigned at = reader->at;
	uint64_t agents = UINT64_MAX;

	/* What scopes are made of is found the same way as in faults. */
	if (strcmp(place->kind, "target") == 0) {
		(void)scen_find_target(reader);
	} else if (strcmp(place->kind, "serving") == 0) {
		(void)scen_served(reader);
	} else if (strcmp(place->kind, "provider") == 0) {
		(void)scen_next(reader, "a provider");
	} else {
		reader->at--;
		(void)scen_agents(reader, &agents);
	}
	reader->at = at;
}

static void
read_place(struct scen_reader *reader, struct scen_place *place)
{
	memset(place, 0, sizeof(*place));
	place->is_past = scen_is(reader, "past");
	if (!verdict_find(scen_next(reader, "a verdict"), &place->verdict)) {
		scen_fail(reader, "no such verdict", "one of collector/core/verdict.h");
		return;
	}
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		if (!scen_is(reader, scopes[i])) {
			continue;
		}
		(void)snprintf(place->kind, SCEN_NAME, "%s", scopes[i]);
		if (strcmp(scopes[i], "fleet") == 0) {
			return;
		}
		check_name(reader, place);
		if (strcmp(scopes[i], "serving") == 0) {
			(void)snprintf(place->target, SCEN_NAME, "%.31s",
			    scen_next(reader, "a target"));
		}
		(void)snprintf(
		    place->name, SCEN_NAME, "%.31s", scen_next(reader, "a name"));
		return;
	}
}

static void
read_expect(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;
	struct scen_expect *expect = &scen->expect[scen->expects];

	if (scen->expects == SCEN_EXPECTS) {
		scen_fail(reader, "too many expectations", "at most 8");
		return;
	}
	memset(expect, 0, sizeof(*expect));
	do {
		if (expect->len == SCEN_PLACES) {
			scen_fail(reader, "too many alternatives", "at most 6");
			return;
		}
		read_place(reader, &expect->place[expect->len++]);
	} while (scen_is(reader, "or"));
	scen_must(reader, "within");
	expect->within_ns = scen_time(reader);
	while (scen_more(reader)) {
		if (scen_is(reader, "after")) {
			expect->after_ns = scen_time(reader);
		} else if (scen_is(reader, "rate")) {
			expect->rate_from = scen_share(reader);
			expect->rate_to = scen_share(reader);
		} else {
			scen_must(reader, "onset");
			expect->onset_ns = scen_time(reader);
		}
	}
	scen->expects++;
}

static void
read_list(struct scen_reader *reader, struct scen_place *list, unsigned *len)
{
	if (*len == SCEN_ALLOWED) {
		scen_fail(reader, "too many of these", "at most 12");
		return;
	}
	read_place(reader, &list[(*len)++]);
}

bool
scen_say_line(struct scen_reader *reader, const char *word)
{
	struct scen *scen = reader->scen;

	if (strcmp(word, "expect") == 0) {
		read_expect(reader);
	} else if (strcmp(word, "allow") == 0) {
		read_list(reader, scen->allow, &scen->allows);
	} else if (strcmp(word, "never") == 0) {
		read_list(reader, scen->never, &scen->nevers);
	} else if (strcmp(word, "pages") == 0) {
		scen->has_pages = true;
		scen->pages_min = scen_number(reader, 0, 1000);
		scen->pages_max = scen_more(reader)
				      ? scen_number(reader, scen->pages_min, 1000)
				      : scen->pages_min;
	} else {
		return false;
	}
	return true;
}

/* ---- the whole ---- */

static int64_t
last_of(const struct scen *scen)
{
	int64_t last_ns = 0;

	for (unsigned i = 0; i < scen->faults; i++) {
		int64_t end_ns = scen->fault[i].at_ns + scen->fault[i].for_ns;

		last_ns = end_ns > last_ns ? end_ns : last_ns;
	}
	for (unsigned i = 0; i < scen->events; i++) {
		int64_t end_ns = scen->event[i].at_ns + scen->event[i].for_ns;

		last_ns = end_ns > last_ns ? end_ns : last_ns;
	}
	return last_ns;
}

static void
count_pages(struct scen *scen)
{
	for (unsigned i = 0; i < scen->expects; i++) {
		const struct scen_place *place = &scen->expect[i].place[0];
		bool pages =
		    !place->is_past && verdict_level(place->verdict) > LEVEL_INFO;

		scen->pages_min += pages ? 1 : 0;
	}
	scen->pages_max = scen->pages_min;
}

void
scen_finish(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;

	reader->line++;
	if (scen->regions == 0 || scen->targets == 0) {
		scen_fail(reader, "the file ends without a world",
		    "a fleet, or regions and targets");
	}
	for (unsigned i = 0; i < scen->targets; i++) {
		bool is_probed = false;

		for (unsigned p = 0; p < scen->probes; p++) {
			is_probed = is_probed || scen->probe[p].target == i;
		}
		if (!is_probed) {
			scen_fail(
			    reader, "a target that nobody probes", "a probe of it");
		}
	}
	if (!scen->has_pages) {
		count_pages(scen);
	}
	if (scen->end_ns == 0) {
		scen->end_ns = last_of(scen) + QUIET_NS;
	}
	if (scen->warmup_ns + scen->end_ns > END_MAX) {
		scen_fail(reader, "the world is too long", "60d at most");
	}
}

/* ---- questions ---- */

unsigned
scen_region_of(const struct scen *scen, unsigned agent)
{
	unsigned region = 0;

	while (region + 1 < scen->regions && scen->region[region + 1].first <= agent) {
		region++;
	}
	return region;
}

const char *
scen_key(const struct scen *scen, unsigned agent, unsigned target, char out[SCEN_NAME])
{
	const struct scen_target *at = &scen->target[target];
	unsigned place = agent - scen->region[scen_region_of(scen, agent)].first;

	if (at->keys == 0) {
		(void)snprintf(out, SCEN_NAME, "%.20s-a%u", at->name, agent);
	} else {
		(void)snprintf(out, SCEN_NAME, "%s", at->key[place % at->keys]);
	}
	return out;
}

enum probe_role
scen_role(enum scen_view view)
{
	return view == SCEN_IMAGE  ? ROLE_TARGET
	       : view == SCEN_FREE ? ROLE_FREE
				   : ROLE_CONTROL;
}

void
scen_place_text(const struct scen_place *place, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%s%s%s%s%s%s%s%s", place->is_past ? "past " : "",
	    verdict_name(place->verdict), place->kind[0] != '\0' ? " " : "",
	    place->kind, place->target[0] != '\0' ? " " : "", place->target,
	    place->name[0] != '\0' ? " " : "", place->name);
}
