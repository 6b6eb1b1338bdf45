#include "collector/cli/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* What getopt returns for a long option that has no letter. */
enum letter {
	LETTER_SOCKET = 256,
	LETTER_COLLECTOR,
	LETTER_SINCE,
	LETTER_UNTIL,
	LETTER_LAST,
	LETTER_LIMIT,
	LETTER_STATE,
	LETTER_AGENT,
	LETTER_TARGET,
	LETTER_PROBE,
	LETTER_OUTCOME,
	LETTER_AFTER,
	LETTER_FOLLOW,
	LETTER_REGION,
	LETTER_DOMAIN,
	LETTER_TTL,
	LETTER_FOR,
	LETTER_MATCH,
	LETTER_STARTS,
	LETTER_ZONE,
	LETTER_REPEAT,
	LETTER_BEGIN,
	LETTER_REASON,
	LETTER_AUTHOR,
	LETTER_CONFIG,
	LETTER_STORE,
	LETTER_POLICY,
	LETTER_INCIDENT,
	LETTER_REPLAY,
	LETTER_VERSION
};

static const struct option long_options[] = {
    {"socket", required_argument, NULL, LETTER_SOCKET},
    {"collector", required_argument, NULL, LETTER_COLLECTOR},
    {"output", required_argument, NULL, 'o'},
    {"since", required_argument, NULL, LETTER_SINCE},
    {"until", required_argument, NULL, LETTER_UNTIL},
    {"last", required_argument, NULL, LETTER_LAST},
    {"limit", required_argument, NULL, LETTER_LIMIT},
    {"state", required_argument, NULL, LETTER_STATE},
    {"agent", required_argument, NULL, LETTER_AGENT},
    {"target", required_argument, NULL, LETTER_TARGET},
    {"probe", required_argument, NULL, LETTER_PROBE},
    {"outcome", required_argument, NULL, LETTER_OUTCOME},
    {"after", required_argument, NULL, LETTER_AFTER},
    {"follow", no_argument, NULL, LETTER_FOLLOW},
    {"region", required_argument, NULL, LETTER_REGION},
    {"domain", required_argument, NULL, LETTER_DOMAIN},
    {"ttl", required_argument, NULL, LETTER_TTL},
    {"for", required_argument, NULL, LETTER_FOR},
    {"match", required_argument, NULL, LETTER_MATCH},
    {"starts", required_argument, NULL, LETTER_STARTS},
    {"zone", required_argument, NULL, LETTER_ZONE},
    {"repeat", required_argument, NULL, LETTER_REPEAT},
    {"begin", required_argument, NULL, LETTER_BEGIN},
    {"reason", required_argument, NULL, LETTER_REASON},
    {"author", required_argument, NULL, LETTER_AUTHOR},
    {"config", required_argument, NULL, LETTER_CONFIG},
    {"store", required_argument, NULL, LETTER_STORE},
    {"policy", required_argument, NULL, LETTER_POLICY},
    {"incident", required_argument, NULL, LETTER_INCIDENT},
    {"replay", no_argument, NULL, LETTER_REPLAY},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, LETTER_VERSION},
    {NULL, 0, NULL, 0},
};

static bool
read_format(const char *text, struct options *options, char error[OPTIONS_ERROR_BYTES])
{
	static const char *const names[] = {"table", "json", "csv"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			options->format = (enum writer_format)i;
			return true;
		}
	}
	(void)snprintf(error, OPTIONS_ERROR_BYTES,
	    "-o: got '%.40s', expected table, json or csv", text);
	return false;
}

/* --last 2h is --since two hours ago; both would be a contradiction. */
static bool
read_since(const char *text, struct options *options, char error[OPTIONS_ERROR_BYTES])
{
	if (options->since != NULL) {
		(void)snprintf(error, OPTIONS_ERROR_BYTES,
		    "--since and --last: expected one of them, once");
		return false;
	}
	options->since = text;
	options->given |= OPTION_SINCE;
	return true;
}

/* Those of windows in local time, which have one bit together; NULL for others. */
static const char **
calendar_of(int letter, struct options *options)
{
	switch (letter) {
	case LETTER_MATCH:
		return &options->match;
	case LETTER_STARTS:
		return &options->starts;
	case LETTER_ZONE:
		return &options->zone;
	case LETTER_REPEAT:
		return &options->repeat;
	default:
		return NULL;
	}
}

/* The options that are a text and a bit; NULL for others. */
static const char **
text_of(int letter, struct options *options)
{
	static const enum option_bit bits[] = {OPTION_UNTIL, OPTION_LIMIT, OPTION_STATE,
	    OPTION_AGENT, OPTION_TARGET, OPTION_PROBE, OPTION_OUTCOME, OPTION_AFTER,
	    OPTION_REGION, OPTION_DOMAIN, OPTION_TTL, OPTION_FOR, OPTION_BEGIN,
	    OPTION_REASON, OPTION_AUTHOR, OPTION_CONFIG, OPTION_STORE, OPTION_POLICY,
	    OPTION_INCIDENT};
	const struct {
		int letter;
		const char **text;
	} texts[] = {{LETTER_UNTIL, &options->until}, {LETTER_LIMIT, &options->limit},
	    {LETTER_STATE, &options->state}, {LETTER_AGENT, &options->agent},
	    {LETTER_TARGET, &options->target}, {LETTER_PROBE, &options->probe},
	    {LETTER_OUTCOME, &options->outcome}, {LETTER_AFTER, &options->after},
	    {LETTER_REGION, &options->region}, {LETTER_DOMAIN, &options->domain},
	    {LETTER_TTL, &options->ttl}, {LETTER_FOR, &options->duration},
	    {LETTER_BEGIN, &options->begin}, {LETTER_REASON, &options->reason},
	    {LETTER_AUTHOR, &options->author}, {LETTER_CONFIG, &options->config},
	    {LETTER_STORE, &options->store}, {LETTER_POLICY, &options->policy},
	    {LETTER_INCIDENT, &options->incident}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].letter == letter) {
			options->given |= bits[i];
			return texts[i].text;
		}
	}
	return NULL;
}

static bool
read_option(int letter, struct options *options, char error[OPTIONS_ERROR_BYTES])
{
	const char **text;

	switch (letter) {
	case 'o':
		return read_format(optarg, options, error);
	case 'h':
		options->help = true;
		return true;
	case LETTER_VERSION:
		options->version = true;
		return true;
	case LETTER_SOCKET:
		options->socket_path = optarg;
		return true;
	case LETTER_COLLECTOR:
		options->collector = optarg;
		return true;
	case LETTER_SINCE:
	case LETTER_LAST:
		return read_since(optarg, options, error);
	case LETTER_REPLAY:
		options->replay = true;
		options->given |= OPTION_REPLAY;
		return true;
	case LETTER_FOLLOW:
		options->follow = true;
		options->given |= OPTION_FOLLOW;
		return true;
	default:
		text = calendar_of(letter, options);
		if (text != NULL) {
			options->given |= OPTION_CALENDAR;
		} else {
			text = text_of(letter, options);
		}
		if (text != NULL) {
			*text = optarg;
		}
		return text != NULL;
	}
}

static bool
read_words(
    int argc, char **argv, struct options *options, char error[OPTIONS_ERROR_BYTES])
{
	if (optind < argc) {
		options->command = argv[optind];
	}
	if (optind + 1 < argc) {
		options->argument = argv[optind + 1];
	}
	if (optind + 2 < argc) {
		options->object = argv[optind + 2];
		options->given |= OPTION_OBJECT;
	}
	if (optind + 3 < argc) {
		(void)snprintf(error, OPTIONS_ERROR_BYTES,
		    "'%.40s': expected nothing more here", argv[optind + 3]);
		return false;
	}
	return true;
}

bool
options_read(
    int argc, char **argv, struct options *out_options, char error[OPTIONS_ERROR_BYTES])
{
	struct options options = {.socket_path = getenv("PARALLAX_SOCKET")};
	int letter;

	if (options.socket_path == NULL || options.socket_path[0] == '\0') {
		options.socket_path = OPTIONS_SOCKET_DEFAULT;
	}
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1) {
		if (letter == ':' || letter == '?') {
			(void)snprintf(error, OPTIONS_ERROR_BYTES, "%.40s: %s",
			    argv[optind - 1],
			    letter == ':'
				? "a value was expected"
				: "there is no such option, or it takes no value");
			return false;
		}
		if (!read_option(letter, &options, error)) {
			return false;
		}
	}
	if (!read_words(argc, argv, &options, error)) {
		return false;
	}
	*out_options = options;
	return true;
}

const char *
options_surplus(const struct options *options, uint32_t allowed)
{
	static const char *const names[] = {"--since or --last", "--until", "--limit",
	    "--state", "--agent", "--target", "--probe", "--outcome", "--after",
	    "--follow", "--region", "--domain", "--ttl", "a second word", "--for",
	    "--begin", "--reason", "--author", "--config", "--store", "--policy",
	    "--incident", "--replay"};

	if ((options->given & ~allowed & OPTION_CALENDAR) != 0) {
		return "--match, --starts, --zone or --repeat";
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((options->given & ~allowed & (1U << i)) != 0) {
			return names[i];
		}
	}
	return NULL;
}
