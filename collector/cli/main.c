/* parallax - asks the collector, for people and for scripts. */
#include "collector/cli/command.h"
#include "collector/cli/width.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {&cmd_status, &cmd_targets,
    &cmd_regions, &cmd_budgets, &cmd_agents, &cmd_sources, &cmd_incidents, &cmd_explain,
    &cmd_alerts, &cmd_channels, &cmd_silence, &cmd_maintenance, &cmd_ack, &cmd_review,
    &cmd_results, &cmd_events, &cmd_audit, &cmd_backtest, &cmd_enrol, &cmd_export};

static const char options_help[] =
    "Options, anywhere on the line:\n"
    "  -o, --output FORMAT   table (default), json or csv\n"
    "  --socket PATH         the collector's socket; default $PARALLAX_SOCKET, or\n"
    "                        " OPTIONS_SOCKET_DEFAULT "\n"
    "  --collector URL       another collector, over HTTP(S)\n"
    "  --since T, --until T  2026-08-30T12:00:00Z, or how long ago: 90s 15m 1h30m 7d\n"
    "  --last DURATION       the same as --since DURATION\n"
    "  --limit N             at most so many rows\n"
    "  -h, --help            of all, or of one command\n"
    "  --version\n"
    "\n"
    "Exit status: 0 healthy (or answered), 1 degraded, 2 down, 3 unknown or no "
    "answer,\n"
    "64 wrong usage. Colours only on a terminal, and not with NO_COLOR set.\n";

static void
help_all(void)
{
	(void)printf(
	    "Usage: parallax COMMAND [OPTIONS]\n"
	    "Is it them, is it the network of one of our regions, or is it us?\n"
	    "\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		(void)printf("  %-11s  %s\n", commands[i]->name, commands[i]->summary);
	}
	(void)printf("\n%s"
		     "\n"
		     "  parallax status                 start here\n"
		     "  parallax explain                why it says so\n"
		     "  parallax COMMAND --help         more about one of them\n",
	    options_help);
}

static void
help_one(const struct command *command)
{
	(void)printf("Usage: parallax %s%s%s [OPTIONS]\n%s\n\n%s\n%s", command->name,
	    command->argument[0] != '\0' ? " " : "", command->argument,
	    command->summary, command->help, options_help);
}

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i]->name, name) == 0) {
			return commands[i];
		}
	}
	return NULL;
}

/* What is wrong with the line for this command; NULL when nothing is. */
static bool
is_usable(const struct options *options, const struct command *command)
{
	const char *surplus = options_surplus(options, command->allowed);

	if (surplus != NULL) {
		command_complain("%s does not take %s; see parallax %s --help",
		    command->name, surplus, command->name);
		return false;
	}
	if (options->argument != NULL && command->argument[0] == '\0') {
		command_complain(
		    "'%s': %s expected nothing more; see parallax %s --help",
		    options->argument, command->name, command->name);
		return false;
	}
	return true;
}

static bool
wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) != 0 &&
	       (no_color == NULL || no_color[0] == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

static enum command_exit
run(const struct options *options, const struct command *command)
{
	struct writer writer;
	struct command_context context = {.options = options, .writer = &writer};
	enum command_exit status;

	writer_init(&writer, options->format, stdout, wants_colour());
	writer.width = width_terminal(STDOUT_FILENO);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		command_complain("libcurl cannot be used");
		return EXIT_UNKNOWN;
	}
	context.client = client_new(options->socket_path, options->collector);
	if (context.client == NULL) {
		command_complain("out of memory");
		return EXIT_UNKNOWN;
	}
	status = command->run(&context);
	client_free(context.client);
	curl_global_cleanup();
	if (!writer_finish(&writer)) {
		command_complain("the answer could not be written");
		return EXIT_UNKNOWN;
	}
	return status;
}

int
main(int argc, char **argv)
{
	const struct command *command;
	struct options options;
	char error[OPTIONS_ERROR_BYTES];

	if (!options_read(argc, argv, &options, error)) {
		command_complain("%s; see parallax --help", error);
		return EXIT_USAGE;
	}
	if (options.version) {
		(void)printf("parallax %s\n", PARALLAX_VERSION);
		return EXIT_HEALTHY;
	}
	command = options.command != NULL ? find(options.command) : NULL;
	if (options.command != NULL && command == NULL) {
		command_complain("'%s': there is no such command; see parallax --help",
		    options.command);
		return EXIT_USAGE;
	}
	if (command == NULL) {
		help_all();
		return options.help ? EXIT_HEALTHY : EXIT_USAGE;
	}
	if (options.help) {
		help_one(command);
		return EXIT_HEALTHY;
	}
	return is_usable(&options, command) ? (int)run(&options, command) : EXIT_USAGE;
}
