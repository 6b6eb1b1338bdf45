/* channel_command - one attempt by a program of the user
 * Room: collector/shell. Owner: the notifier's thread; each run has a thread of its own.
 *
 * The program gets the frozen message on its standard input and nothing on its command line
 * but what is configured; no shell is between. Its environment is PATH, LANG, and
 * PARALLAX_KEY, the key of the message, which is the same for all attempts: the secrets of
 * the collector's own environment stay here. What it writes is read and thrown away.
 *
 * Exit status 0: it has taken the message. 75 (EX_TEMPFAIL of sysexits.h): it certainly has
 * not, try again. 64 to 78 else: it never will. Anything else, a signal, or more time than
 * allowed, after which it and what it started are killed: nobody knows. */
#ifndef COLLECTOR_SHELL_CHANNEL_COMMAND_H
#define COLLECTOR_SHELL_CHANNEL_COMMAND_H

#include "collector/core/channel_kind.h"
#include "collector/core/message.h"

enum {
	CHANNEL_COMMAND_TOTAL_MS = 30000
};

struct channel_command;

/* Called once in the run's thread when it is over; must not block. */
typedef void channel_command_done(void *context);

/* Starts the program of `conf`. All is copied. NULL: `answer` says why, all but its row. */
struct channel_command *channel_command_start(const struct channel_conf *conf,
    const struct channel_attempt *attempt, channel_command_done *done, void *context,
    struct message_answer *answer);

/* True when it is over. */
bool channel_command_is_over(const struct channel_command *run);

/* Kills the program if it still runs, waits for its end, fills all of `answer` but the row,
 * and frees. */
void channel_command_end(struct channel_command *run, struct message_answer *answer);

#endif
