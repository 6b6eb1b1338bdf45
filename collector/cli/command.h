/* command - what every command of `parallax` is given, and gives
 * Room: collector/cli. */
#ifndef COLLECTOR_CLI_COMMAND_H
#define COLLECTOR_CLI_COMMAND_H

#include "collector/cli/client.h"
#include "collector/cli/options.h"
#include "collector/cli/words.h"
#include "collector/cli/writer.h"

/* The exit statuses people build scripts on. */
enum command_exit {
	EXIT_HEALTHY = 0, /* or: the question was answered */
	EXIT_DEGRADED = 1,
	EXIT_DOWN = 2,
	EXIT_UNKNOWN = 3, /* or: no answer */
	EXIT_USAGE = 64
};

struct command_context {
	const struct options *options;
	struct client *client;
	struct writer *writer;
};

struct command {
	const char *name;
	const char *argument; /* "" or how it stands in the usage line */
	uint32_t allowed;     /* enum option_bit */
	const char *summary;  /* one line */
	const char *help;     /* what it shows, and examples */
	enum command_exit (*run)(struct command_context *context);
};

/* cmd_*.c, one a command. */
extern const struct command cmd_status;
extern const struct command cmd_targets;
extern const struct command cmd_budgets;
extern const struct command cmd_regions;
extern const struct command cmd_agents;
extern const struct command cmd_sources;
extern const struct command cmd_incidents;
extern const struct command cmd_explain;
extern const struct command cmd_results;
extern const struct command cmd_events;
extern const struct command cmd_audit;
extern const struct command cmd_enrol;
extern const struct command cmd_export;
extern const struct command cmd_alerts;
extern const struct command cmd_silence;
extern const struct command cmd_maintenance;
extern const struct command cmd_ack;
extern const struct command cmd_channels;
extern const struct command cmd_review;
extern const struct command cmd_backtest;

/* Plays one incident of a store again and shows it beside what is stored; cmd_backtest.c. */
enum command_exit command_replay(struct command_context *context, const char *incident);

/* Says on stderr why there is no answer, in one line, and returns the exit status. */
enum command_exit command_fail(const struct command_context *context, enum err err);

/* A line on stderr, cleaned as writer.h does. */
__attribute__((format(printf, 1, 2))) void command_complain(const char *format, ...);

/* EXIT_* of a state of the API. */
enum command_exit command_exit_of(const char *state);

/* Asks for a path without parameters. True with a given answer; else `*out_exit` is set
 * and the reason is on stderr. */
bool command_ask(struct command_context *context, const char *path, json_t **out_json,
    enum command_exit *out_exit);

/* The same for a path with parameters. */
bool command_ask_path(struct command_context *context, const struct client_path *path,
    json_t **out_json, enum command_exit *out_exit);

/* An order: its body with --reason and --author in it, given to the caller; another text
 * member, unless `value` is NULL; and posting it (`body` may be NULL), with what came of it
 * shown. */
json_t *command_words(const struct options *options);
void command_member(json_t *body, const char *key, const char *value);
enum command_exit command_order(
    struct command_context *context, const char *path, const json_t *body);

/* The table of incidents, which `status` shows too. */
void command_incidents(struct writer *writer, const json_t *array, const char *now);

/* Shows the objects of the array `key` that the optional argument NAME chooses, a row each,
 * or the whole document as JSON. Returns the exit status of the worst state among them, where
 * they have one;
 * EXIT_UNKNOWN, with a line on stderr, when there is no such name. */
enum command_exit command_list(struct command_context *context, const json_t *json,
    const char *key, const struct writer_column *columns, size_t column_len,
    void (*row)(struct writer *writer, const json_t *object, const char *now));

/* Adds a cell for a field as it is: a text, or a number in CSV as well as for people. */
void command_cell(struct writer *writer, const json_t *object, const char *key);

/* The coverage of what is shown is a column of its own, the last one, when some of it is
 * below 1, and always in CSV: how many columns of `len` there are. `member` is the object
 * that holds it in each of `array`, NULL: they hold it themselves. */
size_t command_columns(
    const struct writer *writer, const json_t *array, const char *member, size_t len);

/* The cell for it, at the end of a row; none when the table has no such column. */
void command_cell_coverage(struct writer *writer, const json_t *object);

/* A cell with a share ("97 %"), a duration ("8.3 s") or an age ("12 s ago"). */
void command_cell_share(struct writer *writer, enum writer_style style,
    const json_t *object, const char *key);
void command_cell_duration(
    struct writer *writer, const json_t *object, const char *key);
void command_cell_age(
    struct writer *writer, const json_t *object, const char *key, const char *now);
/* The verdict of the incident that touches the object, "-" when there is none. */
void command_cell_verdict(struct writer *writer, const json_t *object);
void command_cell_state(struct writer *writer, const json_t *object);

#endif
