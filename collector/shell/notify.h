/* notify - carries messages to channels and brings back what became of them
 * Room: collector/shell.
 *
 * One thread of its own with one libcurl multi handle: messages of one channel go one after
 * the other, channels go in parallel. It keeps nothing and repeats nothing; what an answer
 * means for the message is decided by alert.c. Log files are written in this thread too,
 * and may hold it up as long as a disk takes to sync; programs have threads of their own.
 *
 * Every message that notify_send() took gets exactly one answer, also at the end: what was
 * not begun is rejected_retry, what is cut off is unknown. The URL and the secret of a
 * channel are in no log and no answer. */
#ifndef COLLECTOR_SHELL_NOTIFY_H
#define COLLECTOR_SHELL_NOTIFY_H

#include "collector/core/collector_conf.h"
#include "collector/core/effect.h"
#include "collector/core/message.h"
#include "common/core/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	NOTIFY_QUEUE = LIMIT_OUTBOX_LIVE, /* messages that wait for the thread */
	NOTIFY_FREE_WAIT_MS = 2000        /* what is going on has so long to end */
};

/* A channel with its secrets resolved. What stands here is copied; `conf`, which holds the
 * rest, is borrowed until notify_free(). */
struct notify_channel {
	const char *name;
	enum channel_kind kind;
	const char *url;    /* "" = the default of the kind */
	const char *secret; /* key of a signature, token or password, "" = none */
	const char *path;   /* log, "" = standard error */
	uint32_t total_ms;  /* most an exchange may take, 0 = the default of the way */
	const struct channel_conf *conf; /* NULL = nothing else is configured */
};

/* Called in the notifier's thread; must not block, and must not call back. `answer` is
 * borrowed. */
typedef void notify_answer(void *context, const struct message_answer *answer);

struct notify_setup {
	/* By index of the alert configuration; borrowed until notify_free(). */
	const struct channel_conf *channel;
	size_t len;
	notify_answer *answer;
	void *context;
};

struct notify;

/* Resolves the channels' secrets and starts the thread. On failure `error` says why, naming
 * the channel and never a secret: what secret_resolve() returns, or ERR_NOMEM. */
enum err notify_open(const struct notify_setup *setup, struct notify **out, char *error,
    size_t cap) WARN_UNUSED;

/* Starts the thread for channels whose secrets are known. NULL without memory or thread. */
struct notify *notify_new(const struct notify_channel *channel, size_t len,
    notify_answer *answer, void *context);

/* Hands over a copy of the message. Any thread, does not block. ERR_FULL: NOTIFY_QUEUE
 * wait; ERR_INVALID: no such channel; ERR_NOMEM. No answer comes then. */
enum err notify_send(
    struct notify *notify, const struct outbound *outbound) WARN_UNUSED;

/* Ends the thread: waits at most NOTIFY_FREE_WAIT_MS for what is going on. All answers have
 * been given when it returns. NULL is legal. */
void notify_free(struct notify *notify);

#endif
