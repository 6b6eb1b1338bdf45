/* robots - the far side of every HTTP channel, on loopback
 * Room: tests/support.
 *
 * One server, a path for each kind: /feishu /wecom /dingtalk /slack /pagerduty /alertmanager
 * /telegram /discord /ntfy /teams /webhook, and /beat for heartbeats. A robot checks what comes as its vendor does
 * (form, size, signature, word, token) and says yes or no in the vendor's words, a no under
 * HTTP 200 where that is the custom. It can be told what to do with the next request. */
#ifndef TESTS_SUPPORT_ROBOTS_H
#define TESTS_SUPPORT_ROBOTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* How the next request ends. */
enum robots_way {
	ROBOTS_ANSWER = 0, /* with `status` and `body` */
	ROBOTS_LOSE,       /* taken, then the connection is closed without a word */
	ROBOTS_HALF        /* the head and half of the body, then closed */
};

struct robots_next {
	const char *path;
	enum robots_way way;
	unsigned status;
	const char *body;
	const char *retry_after; /* header, NULL = none */
};

struct robots;

/* The secrets that robots know. */
#define ROBOTS_SECRET "demo-secret"
#define ROBOTS_TOKEN  "12345:token"

struct robots *robots_start(void);
void robots_stop(struct robots *robots);

/* "http://127.0.0.1:PORT" */
const char *robots_url(const struct robots *robots);

/* What the next request to that path gets instead of a true answer. Texts are borrowed. */
void robots_program(struct robots *robots, const struct robots_next *next);

/* How many requests came to that path, however they ended. */
unsigned robots_count(struct robots *robots, const char *path);

/* The last body that came to that path, as JSON to be released; NULL when it is none. */
json_t *robots_last(struct robots *robots, const char *path);

/* What the robot did not like of it, "" = nothing. */
const char *robots_complaint(struct robots *robots, const char *path);

#endif
