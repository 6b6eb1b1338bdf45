/* channel_kind - the ways a message can take, and what is configured of one
 * Room: collector/core (pure).
 *
 * One row a kind in channel_kind.c says all that is special about it: which settings it
 * has, how long a message may be, how fast they may follow each other, how one is written
 * and how an answer is read. To add a kind: its value here, its row there, and an encoder
 * in one of channel_{robot,chat,page,mail}.c. */
#ifndef COLLECTOR_CORE_CHANNEL_KIND_H
#define COLLECTOR_CORE_CHANNEL_KIND_H

#include "collector/core/catalogue.h"
#include "collector/core/channel.h"
#include "collector/core/pace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum channel_kind {
	CHANNEL_LOG = 0,
	CHANNEL_WEBHOOK,
	CHANNEL_FEISHU,
	CHANNEL_WECOM,
	CHANNEL_DINGTALK,
	CHANNEL_SLACK,
	CHANNEL_EMAIL,
	CHANNEL_COMMAND,
	CHANNEL_PAGERDUTY,
	CHANNEL_ALERTMANAGER,
	CHANNEL_TELEGRAM,
	CHANNEL_DISCORD,
	CHANNEL_NTFY,
	CHANNEL_TEAMS,
	CHANNEL_KIND_COUNT
};

/* Settings that only some kinds have. */
enum channel_setting {
	CHANNEL_SET_URL = 0,
	CHANNEL_SET_SECRET,
	CHANNEL_SET_PATH,
	CHANNEL_SET_COMMAND,
	CHANNEL_SET_TO, /* mail addresses; a chat; a topic: see `to_name` */
	CHANNEL_SET_FROM,
	CHANNEL_SET_USER,
	CHANNEL_SET_KEYWORD,
	CHANNEL_SET_CA,
	CHANNEL_SET_TEXTS, /* language, link, title, text */
	CHANNEL_SET_BODY,
	CHANNEL_SETTING_COUNT
};

enum channel_need {
	CHANNEL_REFUSED = 0, /* means nothing for this kind */
	CHANNEL_OPTIONAL,
	CHANNEL_NEEDED
};

enum channel_way {
	CHANNEL_BY_FILE = 0, /* the frozen JSON as a line */
	CHANNEL_BY_HTTP,
	CHANNEL_BY_MAIL,
	CHANNEL_BY_COMMAND
};

enum {
	CHANNEL_RECIPIENTS_MAX = 16,
	CHANNEL_ARGUMENTS_MAX = 16
};

/* One channel as configured; texts borrowed, "" or NULL = not set. */
struct channel_conf {
	const char *name;
	enum channel_kind kind;
	const char *url_reference; /* "env:", "file:", "credential:" or a plain URL */
	const char *secret_reference; /* key of a signature, token, password */
	const char *path;             /* log: file, "" = stderr */
	enum language language;
	const char *to[CHANNEL_RECIPIENTS_MAX]; /* addresses; or one chat, topic */
	size_t to_len;
	const char *from;
	const char *user;
	const char *keyword; /* a word the robot wants to see in every message */
	const char *ca;      /* file of certificates to trust, "" = the system's */
	const char *link;    /* template of an address to look at */
	const char *title;   /* templates, see template.h */
	const char *text;
	const char *body;
	const char *command[CHANNEL_ARGUMENTS_MAX + 1]; /* NULL ends it */
	const char
	    *fallback; /* name of the channel that is told what this one refuses */
	uint32_t timeout_ms; /* 0 = the default of the way */
};

struct facts;
struct channel_work;
struct reply;

/* A channel with its secrets; borrowed for the call. */
struct channel_setup {
	const struct channel_conf *conf;
	const char *url;
	const char *secret; /* "" = none */
};

/* What is new with every attempt. */
struct channel_attempt {
	uint64_t key[4];  /* of the message: the same for all its attempts */
	struct wall at;   /* now: signatures are fresh */
	const char *json; /* the frozen message */
	size_t json_len;
};

/* What a kind is. */
struct channel_kind_row {
	const char *name;
	enum channel_way way;
	const char *secret_name; /* how the configuration calls it */
	const char *to_name;
	const char *url_default; /* NULL = there is none */
	size_t body_bytes_max;   /* of a request */
	struct pace_rule pace[PACE_RULES];
	/* Writes the request into `work`; false when it cannot be made to fit. */
	bool (*encode)(const struct channel_setup *setup,
	    const struct channel_attempt *attempt, struct channel_work *work);
	/* What an answer with status 2xx to 5xx means; NULL: the status says it all. */
	void (*classify)(
	    unsigned status, const struct reply *reply, struct message_answer *answer);
	enum channel_need need[CHANNEL_SETTING_COUNT];
};

/* The row of a kind; never NULL. */
const struct channel_kind_row *channel_kind_row(enum channel_kind kind);

bool channel_kind_find(const char *name, enum channel_kind *out_kind);

#endif
