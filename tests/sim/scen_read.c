#include "tests/sim/scen_internal.h"

#include "common/core/duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MAX_NS (INT64_C(400) * 86400 * CLOCK_NS_PER_S)

enum {
	FILE_MAX = 256 << 10
};

/* Words of the language: no name may be one of them. */
static const char *const words[] = {"about", "after", "agent", "agents", "allow", "at",
    "clear", "collector", "control", "cost", "cycle", "delay", "domain", "elsewhere",
    "every", "everybody", "expect", "fault", "fleet", "for", "free", "image", "in",
    "key", "keys", "loss", "never", "none", "offset", "onset", "or", "own", "pages",
    "past", "provider", "ramp", "rate", "region", "repeat", "serving", "shows",
    "target", "tier", "timeout", "wipe", "within"};

void
scen_fail(struct scen_reader *reader, const char *what, const char *expected)
{
	if (!reader->has_failed) {
		(void)snprintf(reader->error, SCEN_ERROR, "%s:%u: %s, expected %s",
		    reader->file, reader->line, what, expected);
		reader->has_failed = true;
	}
}

bool
scen_more(const struct scen_reader *reader)
{
	return !reader->has_failed && reader->at < reader->words;
}

const char *
scen_next(struct scen_reader *reader, const char *expected)
{
	if (!scen_more(reader)) {
		scen_fail(reader, "the line ends", expected);
		return "";
	}
	return reader->word[reader->at++];
}

bool
scen_is(struct scen_reader *reader, const char *word)
{
	if (!scen_more(reader) || strcmp(reader->word[reader->at], word) != 0) {
		return false;
	}
	reader->at++;
	return true;
}

/* "'word' stands here", quoted. */
static void
fail_word(struct scen_reader *reader, const char *word, const char *expected)
{
	char what[SCEN_WORD + 16];

	(void)snprintf(what, sizeof(what), "'%s' stands here", word);
	scen_fail(reader, what, expected);
}

void
scen_must(struct scen_reader *reader, const char *word)
{
	const char *found = scen_next(reader, word);

	if (!reader->has_failed && strcmp(found, word) != 0) {
		fail_word(reader, found, word);
	}
}

static bool
is_word(const char *text)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], text) == 0) {
			return true;
		}
	}
	return false;
}

bool
scen_names_follow(const struct scen_reader *reader)
{
	return scen_more(reader) && !is_word(reader->word[reader->at]);
}

static bool
is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return text[0] >= 'a' && text[0] <= 'z' && text[len] == '\0' &&
	       len < SCEN_NAME && !is_word(text);
}

void
scen_new_name(struct scen_reader *reader, char out[SCEN_NAME])
{
	const char *word = scen_next(reader, "a name");

	if (reader->has_failed) {
		return;
	}
	if (!is_name(word)) {
		fail_word(reader, word,
		    "a name: a letter, then a-z 0-9 . _ -, and no word of the "
		    "language");
		return;
	}
	memcpy(out, word, strlen(word) + 1);
}

int64_t
scen_time(struct scen_reader *reader)
{
	const char *word = scen_next(reader, "a time such as 90s or 15m");
	int64_t time_ns = 0;

	if (!reader->has_failed &&
	    (duration_parse(word, &time_ns) != ERR_OK || time_ns > TIME_MAX_NS)) {
		fail_word(reader, word, "a time such as 90s or 15m, at most 400d");
		return 0;
	}
	return time_ns;
}

double
scen_share(struct scen_reader *reader)
{
	const char *word = scen_next(reader, "a share such as 40%");
	size_t len = strspn(word, "0123456789.");
	char *end;
	double share;

	if (reader->has_failed) {
		return 0;
	}
	share = strtod(word, &end);
	if (len == 0 || len > 9 || end != word + len || strcmp(end, "%") != 0 ||
	    share > 100) {
		fail_word(reader, word, "a share such as 40%, at most 100%");
		return 0;
	}
	return share / 100;
}

unsigned
scen_number(struct scen_reader *reader, unsigned low, unsigned high)
{
	const char *word = scen_next(reader, "a number");
	size_t len = strspn(word, "0123456789");
	char expected[48];
	unsigned long value = 0;

	if (reader->has_failed) {
		return low;
	}
	if (len > 0 && len < 8 && word[len] == '\0') {
		value = strtoul(word, NULL, 10);
		if (value >= low && value <= high) {
			return (unsigned)value;
		}
	}
	(void)snprintf(expected, sizeof(expected), "a number, %u to %u", low, high);
	fail_word(reader, word, expected);
	return low;
}

/* ---- things by name ---- */

static unsigned
find(struct scen_reader *reader, const char *base, size_t step, unsigned len,
    const char *expected)
{
	const char *word = scen_next(reader, expected);

	for (unsigned i = 0; i < len && !reader->has_failed; i++) {
		if (strcmp(base + i * step, word) == 0) {
			return i;
		}
	}
	fail_word(reader, word, expected);
	return 0;
}

unsigned
scen_find_region(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;

	return find(reader, scen->region[0].name, sizeof(scen->region[0]),
	    scen->regions, "a region declared before");
}

unsigned
scen_find_domain(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;

	return find(reader, scen->domain[0], sizeof(scen->domain[0]), scen->domains,
	    "a domain declared before");
}

unsigned
scen_find_target(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;

	return find(reader, scen->target[0].name, sizeof(scen->target[0]),
	    scen->targets, "a target declared before");
}

unsigned
scen_find_source(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;

	return find(reader, scen->source[0].name, sizeof(scen->source[0]),
	    scen->sources, "a source declared before");
}

unsigned
scen_find_agent(struct scen_reader *reader)
{
	const char *word = scen_next(reader, "an agent");
	char name[SCEN_NAME];

	for (unsigned i = 0; i < reader->scen->agents && !reader->has_failed; i++) {
		(void)snprintf(name, sizeof(name), "a%u", i);
		if (strcmp(name, word) == 0) {
			return i;
		}
	}
	fail_word(reader, word, "an agent: a0, a1, ... of the regions before");
	return 0;
}

/* ---- who is meant ---- */

static uint64_t
of_region(const struct scen *scen, unsigned region)
{
	const struct scen_region *at = &scen->region[region];
	uint64_t all = at->agents >= 64 ? UINT64_MAX : (UINT64_C(1) << at->agents) - 1;

	return all << at->first;
}

static uint64_t
of_domain(const struct scen *scen, unsigned domain)
{
	uint64_t agents = 0;

	for (unsigned i = 0; i < scen->regions; i++) {
		agents |= scen->region[i].domain == domain ? of_region(scen, i) : 0;
	}
	return agents;
}

static uint64_t
of_key(struct scen_reader *reader)
{
	const char *word = scen_next(reader, "a key");
	char name[SCEN_NAME];
	uint64_t agents = 0;

	for (unsigned a = 0; a < reader->scen->agents; a++) {
		for (unsigned t = 0; t < reader->scen->targets; t++) {
			bool is_it =
			    strcmp(scen_key(reader->scen, a, t, name), word) == 0;

			agents |= is_it ? UINT64_C(1) << a : 0;
		}
	}
	if (agents == 0) {
		fail_word(reader, word, "a key that an agent uses");
	}
	return agents;
}

uint64_t
scen_served(struct scen_reader *reader)
{
	const struct scen_target *target =
	    &reader->scen->target[scen_find_target(reader)];
	unsigned serving = find(reader, target->serving[0], sizeof(target->serving[0]),
	    target->servings, "a serving region of that target");
	uint64_t agents = 0;

	for (unsigned i = 0; i < reader->scen->regions; i++) {
		agents |= target->serves[i] == serving ? of_region(reader->scen, i) : 0;
	}
	return agents;
}

static uint64_t
one_of(struct scen_reader *reader, const char *what)
{
	if (strcmp(what, "region") == 0) {
		return of_region(reader->scen, scen_find_region(reader));
	}
	if (strcmp(what, "domain") == 0) {
		return of_domain(reader->scen, scen_find_domain(reader));
	}
	if (strcmp(what, "key") == 0) {
		return of_key(reader);
	}
	return UINT64_C(1) << scen_find_agent(reader);
}

bool
scen_agents(struct scen_reader *reader, uint64_t *agents)
{
	static const char *const kinds[] = {"region", "domain", "key", "agent"};

	if (scen_is(reader, "everybody")) {
		return true;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t found = 0;

		if (!scen_is(reader, kinds[i])) {
			continue;
		}
		do {
			found |= one_of(reader, kinds[i]);
		} while (scen_names_follow(reader));
		*agents &= found;
		return true;
	}
	return false;
}

/* ---- lines ---- */

static bool
cut_words(struct scen_reader *reader, const char *line, size_t len)
{
	size_t i = 0;

	reader->words = 0;
	reader->at = 0;
	while (i < len && line[i] != '#') {
		size_t from = i;

		if (line[i] == ' ' || line[i] == '\t' || line[i] == '\r') {
			i++;
			continue;
		}
		while (i < len && line[i] > ' ' && line[i] != '#' && line[i] <= '~') {
			i++;
		}
		if (i == from) {
			scen_fail(reader, "a byte that is no text", "printable ASCII");
			return false;
		}
		if (i - from >= SCEN_WORD || reader->words == SCEN_WORDS) {
			scen_fail(reader, "a word or line is too long",
			    "words below 64 bytes, at most 96 a line");
			return false;
		}
		memcpy(reader->word[reader->words], line + from, i - from);
		reader->word[reader->words++][i - from] = '\0';
	}
	return reader->words > 0;
}

/* The rest of the line as it is. */
static void
read_title(struct scen_reader *reader)
{
	size_t used = 0;

	reader->scen->title[0] = '\0';
	while (scen_more(reader)) {
		const char *word = scen_next(reader, "a title");
		int n = snprintf(reader->scen->title + used, SCEN_TITLE - used, "%s%s",
		    used > 0 ? " " : "", word);

		if (n < 0 || (size_t)n >= SCEN_TITLE - used) {
			scen_fail(reader, "the title is too long", "below 160 bytes");
			return;
		}
		used += (size_t)n;
	}
}

static void
read_statement(struct scen_reader *reader)
{
	const char *word = scen_next(reader, "a statement");

	if (strcmp(word, "title") == 0) {
		read_title(reader);
	} else if (!scen_world_line(reader, word) && !scen_fault_line(reader, word) &&
		   !scen_event_line(reader, word) && !scen_say_line(reader, word)) {
		fail_word(
		    reader, word, "a statement (see: parallax-sim help scenario)");
	}
	if (scen_more(reader)) {
		fail_word(reader, reader->word[reader->at], "the end of the line");
	}
}

void
scen_text(struct scen_reader *reader, const char *text, size_t len)
{
	for (size_t at = 0; at < len && !reader->has_failed;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t line = end != NULL ? (size_t)(end - text) - at : len - at;

		reader->line++;
		if (cut_words(reader, text + at, line)) {
			read_statement(reader);
		}
		at += line + 1;
	}
}

bool
scen_read(const char *text, size_t len, const char *file, struct scen *out,
    char error[SCEN_ERROR])
{
	struct scen_reader *reader = calloc(1, sizeof(*reader));
	bool is_good;

	if (reader == NULL) {
		(void)snprintf(error, SCEN_ERROR, "%s: no memory", file);
		return false;
	}
	memset(out, 0, sizeof(*out));
	out->cooldown_ns = 1800 * CLOCK_NS_PER_S;
	out->reopen_ns = 1800 * CLOCK_NS_PER_S;
	out->warmup_ns = 900 * CLOCK_NS_PER_S;
	out->noise = SCEN_NOISE_IID;
	reader->scen = out;
	reader->file = file;
	reader->error = error;
	error[0] = '\0';
	scen_text(reader, text, len);
	if (!reader->has_failed) {
		scen_finish(reader);
	}
	is_good = !reader->has_failed;
	free(reader);
	return is_good;
}

bool
scen_load(const char *path, struct scen *out, char error[SCEN_ERROR])
{
	FILE *file = fopen(path, "re");
	char *text = malloc(FILE_MAX);
	size_t len = 0;
	bool is_good = false;

	if (file == NULL || text == NULL) {
		(void)snprintf(error, SCEN_ERROR,
		    "%s: cannot be opened, expected a scenario", path);
	} else {
		len = fread(text, 1, FILE_MAX, file);
		is_good = ferror(file) == 0 && len < FILE_MAX &&
			  scen_read(text, len, path, out, error);
		if (!is_good && error[0] == '\0') {
			(void)snprintf(error, SCEN_ERROR,
			    "%s: cannot be read, expected less than 256 KiB", path);
		}
	}
	if (file != NULL) {
		(void)fclose(file);
	}
	free(text);
	return is_good;
}
