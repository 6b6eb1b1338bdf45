/* options - the command line of `parallax`
 * Room: collector/cli.
 *
 * One set of options for all commands, anywhere on the line; which a command takes is a
 * mask in the table of main.c, and another one is refused, not ignored. */
#ifndef COLLECTOR_CLI_OPTIONS_H
#define COLLECTOR_CLI_OPTIONS_H

#include "collector/cli/writer.h"

#include <stdint.h>

#define OPTIONS_SOCKET_DEFAULT "/run/parallax/collector.sock"

/* Options that not every command takes: bits. */
enum option_bit {
	OPTION_SINCE = 1 << 0, /* --since, --last */
	OPTION_UNTIL = 1 << 1,
	OPTION_LIMIT = 1 << 2,
	OPTION_STATE = 1 << 3,
	OPTION_AGENT = 1 << 4,
	OPTION_TARGET = 1 << 5,
	OPTION_PROBE = 1 << 6,
	OPTION_OUTCOME = 1 << 7,
	OPTION_AFTER = 1 << 8,
	OPTION_FOLLOW = 1 << 9,
	OPTION_REGION = 1 << 10,
	OPTION_DOMAIN = 1 << 11,
	OPTION_TTL = 1 << 12,
	OPTION_OBJECT = 1 << 13, /* a second word behind the command */
	OPTION_FOR = 1 << 14,
	OPTION_CALENDAR = 1 << 30, /* --match, --starts, --zone, --repeat */
	OPTION_BEGIN = 1 << 15,
	OPTION_REASON = 1 << 16,
	OPTION_AUTHOR = 1 << 17,
	OPTION_CONFIG = 1 << 18,
	OPTION_STORE = 1 << 19,
	OPTION_POLICY = 1 << 20,
	OPTION_INCIDENT = 1 << 21,
	OPTION_REPLAY = 1 << 22
};

enum {
	OPTIONS_ERROR_BYTES = 256
};

/* Texts point into argv or the environment; NULL = not given. Their values are checked by
 * the collector, in one place for all its clients. */
struct options {
	const char *command;
	const char *argument;
	const char *object;      /* the word behind it */
	const char *socket_path; /* --socket, $PARALLAX_SOCKET, or the default */
	const char *collector;   /* URL instead of the socket */
	enum writer_format format;
	uint32_t given; /* enum option_bit */
	const char *since;
	const char *until;
	const char *limit;
	const char *state;
	const char *agent;
	const char *target;
	const char *probe;
	const char *outcome;
	const char *after;
	const char *region;
	const char *domain;
	const char *ttl;
	const char *duration; /* --for */
	const char *match;
	const char *starts; /* a local time */
	const char *zone;
	const char *repeat;
	const char *begin;
	const char *reason;
	const char *author;
	const char *config;
	const char *store;
	const char *policy;
	const char *incident;
	bool replay;
	bool follow;
	bool help;
	bool version;
};

/* Reads the command line. False when it cannot be understood; `error` says why. */
bool options_read(int argc, char **argv, struct options *out_options,
    char error[OPTIONS_ERROR_BYTES]);

/* The first option that was given and is not in `allowed`, spelled as on the command line;
 * NULL when there is none. */
const char *options_surplus(const struct options *options, uint32_t allowed);

#endif
