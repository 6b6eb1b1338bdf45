/* scen_internal - a line of a scenario, word by word
 * Room: tests/sim. Private to scen*.c.
 *
 * Errors stick: after the first every reading gives nothing, and the statement is ended. */
#ifndef TESTS_SIM_SCEN_INTERNAL_H
#define TESTS_SIM_SCEN_INTERNAL_H

#include "tests/sim/scen.h"

enum {
	SCEN_WORDS = 96, /* of a line */
	SCEN_WORD = 64
};

struct scen_reader {
	struct scen *scen;
	const char *file;
	unsigned line;
	char word[SCEN_WORDS][SCEN_WORD];
	unsigned words;
	unsigned at;
	bool has_failed;
	char *error;
};

/* "FILE:LINE: what, expected WHAT"; the first one stays. */
void scen_fail(struct scen_reader *reader, const char *what, const char *expected);

bool scen_more(const struct scen_reader *reader);
/* The next word, "" with an error when there is none. */
const char *scen_next(struct scen_reader *reader, const char *expected);
/* True, and over it, when the next word is this one. */
bool scen_is(struct scen_reader *reader, const char *word);
/* The next word must be this one. */
void scen_must(struct scen_reader *reader, const char *word);
/* True when the next word could be a name: there is one, and it is no word of ours. */
bool scen_names_follow(const struct scen_reader *reader);

/* A name that is not in the language itself. */
void scen_new_name(struct scen_reader *reader, char out[SCEN_NAME]);
int64_t scen_time(struct scen_reader *reader);
double scen_share(struct scen_reader *reader);
unsigned scen_number(struct scen_reader *reader, unsigned low, unsigned high);

/* What has that name; an error when nothing has. */
unsigned scen_find_region(struct scen_reader *reader);
unsigned scen_find_domain(struct scen_reader *reader);
unsigned scen_find_target(struct scen_reader *reader);
unsigned scen_find_agent(struct scen_reader *reader);
unsigned scen_find_source(struct scen_reader *reader);

/* The agents that a scope means: `everybody`, or lists that all must hold; false when the
 * next word begins no scope. */
bool scen_agents(struct scen_reader *reader, uint64_t *agents);
/* The agents whose region the target serves from serving region TARGET NAME. */
uint64_t scen_served(struct scen_reader *reader);

/* Statements. True when `word` was one of theirs. */
bool scen_world_line(struct scen_reader *reader, const char *word);
bool scen_fault_line(struct scen_reader *reader, const char *word);
bool scen_event_line(struct scen_reader *reader, const char *word);
bool scen_say_line(struct scen_reader *reader, const char *word);

/* What only the whole shows: pages, the end. */
void scen_finish(struct scen_reader *reader);

/* Reads statements from a text, at a reader that has begun. */
void scen_text(struct scen_reader *reader, const char *text, size_t len);

#endif
