#include "tests/sim/scen_internal.h"

#include <string.h>

static void
read_for(struct scen_reader *reader, struct scen_event *event)
{
	scen_must(reader, "at");
	event->at_ns = scen_time(reader);
	scen_must(reader, "for");
	event->for_ns = scen_time(reader);
}

static void
read_who(struct scen_reader *reader, struct scen_event *event)
{
	unsigned scopes = 0;

	while (scen_more(reader) && scen_agents(reader, &event->agents)) {
		scopes++;
	}
	if (scopes == 0 || event->agents == 0) {
		scen_fail(reader, "nobody is meant",
		    "everybody, or region, agent, domain, key with names");
	}
}

static void
read_clock(struct scen_reader *reader, struct scen_event *event)
{
	const char *word;
	bool is_behind;

	event->agents = 0;
	do {
		event->agents |= UINT64_C(1) << scen_find_agent(reader);
	} while (scen_names_follow(reader));
	scen_must(reader, "offset");
	if (!scen_more(reader)) {
		scen_fail(reader, "no offset", "a time, or - and a time");
		return;
	}
	word = reader->word[reader->at];
	is_behind = word[0] == '-';
	if (is_behind) {
		memmove(reader->word[reader->at], word + 1, strlen(word));
	}
	event->value_ns = scen_time(reader);
	event->value_ns = is_behind ? -event->value_ns : event->value_ns;
	event->at_ns = scen_is(reader, "at") ? scen_time(reader) : -1;
}

static void
read_cut(struct scen_reader *reader, struct scen_event *event)
{
	read_who(reader, event);
	read_for(reader, event);
}

static void
read_stop(struct scen_reader *reader, struct scen_event *event)
{
	read_cut(reader, event);
	event->wipe = scen_is(reader, "wipe");
}

static void
read_line(struct scen_reader *reader, struct scen_event *event)
{
	read_who(reader, event);
	event->at_ns = -1;
	while (scen_more(reader)) {
		if (scen_is(reader, "delay")) {
			event->value_ns = scen_time(reader);
		} else if (scen_is(reader, "loss")) {
			event->loss = scen_share(reader);
		} else {
			scen_must(reader, "repeat");
			event->repeat = scen_share(reader);
		}
	}
	if (event->loss > 0.9) {
		scen_fail(
		    reader, "a line that loses nearly all", "at most 90%, or cut");
	}
}

static void
read_only_failures(struct scen_reader *reader, struct scen_event *event)
{
	read_who(reader, event);
	event->at_ns = -1;
}

static void
read_collector(struct scen_reader *reader, struct scen_event *event)
{
	const char *word = scen_next(reader, "restart or reload");

	if (strcmp(word, "restart") == 0) {
		read_for(reader, event);
		return;
	}
	event->kind = SCEN_RELOAD;
	if (strcmp(word, "reload") != 0) {
		scen_fail(
		    reader, "the collector does no such thing", "restart or reload");
	}
	scen_must(reader, "at");
	event->at_ns = scen_time(reader);
}

static void
read_says(struct scen_reader *reader, struct scen_event *event)
{
	static const char *const claims[] = {
	    "clear", "incident", "elsewhere", "broken"};
	const char *word;
	bool is_known = false;

	event->index = scen_find_source(reader);
	word = scen_next(reader, "clear, incident, elsewhere or broken");
	for (unsigned i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		if (strcmp(claims[i], word) == 0) {
			event->claim = (enum scen_claim)i;
			is_known = true;
		}
	}
	if (!is_known) {
		scen_fail(reader, "no source says this",
		    "clear, incident, elsewhere or broken");
	}
	scen_must(reader, "at");
	event->at_ns = scen_time(reader);
}

static void
read_uptime(struct scen_reader *reader, struct scen_event *event)
{
	event->index = scen_find_source(reader);
	if (!reader->has_failed && !reader->scen->source[event->index].is_uptime) {
		scen_fail(reader, "a page has no uptime", "a source of kind uptime");
	}
	event->share = scen_share(reader);
	scen_must(reader, "at");
	event->at_ns = scen_time(reader);
}

static void
read_maintenance(struct scen_reader *reader, struct scen_event *event)
{
	event->index = scen_find_target(reader);
	read_for(reader, event);
}

bool
scen_event_line(struct scen_reader *reader, const char *word)
{
	static const struct {
		const char *word;
		enum scen_event_kind kind;
		void (*read)(struct scen_reader *reader, struct scen_event *event);
	} lines[] = {{"clock", SCEN_CLOCK, read_clock}, {"cut", SCEN_CUT, read_cut},
	    {"stop", SCEN_STOP, read_stop}, {"line", SCEN_LINE, read_line},
	    {"only-failures", SCEN_ONLY_FAILURES, read_only_failures},
	    {"collector", SCEN_RESTART, read_collector}, {"says", SCEN_SAYS, read_says},
	    {"uptime", SCEN_UPTIME, read_uptime},
	    {"maintenance", SCEN_MAINTENANCE, read_maintenance}};
	struct scen *scen = reader->scen;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct scen_event *event = &scen->event[scen->events];

		if (strcmp(lines[i].word, word) != 0) {
			continue;
		}
		if (scen->events == SCEN_EVENTS) {
			scen_fail(reader, "too many events", "at most 48");
			return true;
		}
		memset(event, 0, sizeof(*event));
		event->kind = lines[i].kind;
		event->agents = UINT64_MAX;
		lines[i].read(reader, event);
		scen->events++;
		return true;
	}
	return false;
}
