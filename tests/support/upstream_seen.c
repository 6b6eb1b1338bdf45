#include "tests/support/upstream_seen.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/upstream_glob.h"
#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_wait.h"

#define COUNTERS_MAX 4096U /* a power of two */
#define RECENT_MAX   1024U

struct counter {
	char path[UPSTREAM_SEEN_PATH_MAX];
	char client[UPSTREAM_NET_TEXT_MAX];
	int status;
	uint64_t count;
};

struct recent {
	char method[16];
	char path[UPSTREAM_SEEN_PATH_MAX];
	char rule[64];
	char headers[UPSTREAM_SEEN_HEADERS_MAX];
	char client[UPSTREAM_NET_TEXT_MAX];
	char server[UPSTREAM_NET_TEXT_MAX + 8];
	int status;
	uint64_t body_bytes;
	int64_t at_ms; /* wall clock */
};

struct upstream_seen {
	struct upstream_wait wait; /* its lock guards everything below */
	uint64_t added;
	unsigned counters_n;
	struct counter counters[COUNTERS_MAX];
	struct recent recent[RECENT_MAX];
};

struct upstream_seen *
upstream_seen_new(void)
{
	struct upstream_seen *seen = upstream_mem_zalloc(sizeof(*seen));

	upstream_wait_init(&seen->wait);
	return seen;
}

void
upstream_seen_free(struct upstream_seen *seen)
{
	if (!seen)
		return;
	upstream_wait_done(&seen->wait);
	free(seen);
}

/* FNV-1a over what tells counters apart. */
static uint32_t
seen_hash(const char *path, const char *client, int status)
{
	uint32_t hash = 2166136261U ^ (uint32_t)status;

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 16777619U;
	for (; *client; client++)
		hash = (hash ^ (unsigned char)*client) * 16777619U;
	return hash;
}

/* The counter, made if there is room; beyond three quarters all new ones share one. */
static struct counter *
seen_counter(
    struct upstream_seen *seen, const char *path, const char *client, int status)
{
	struct counter *counter;
	uint32_t i = seen_hash(path, client, status);

	for (;; i++) {
		counter = &seen->counters[i & (COUNTERS_MAX - 1)];
		if (!counter->count)
			break;
		if (counter->status == status && strcmp(counter->path, path) == 0 &&
		    strcmp(counter->client, client) == 0)
			return counter;
	}
	if (seen->counters_n >= COUNTERS_MAX / 4 * 3 && strcmp(path, "(others)") != 0)
		return seen_counter(seen, "(others)", "", 0);
	seen->counters_n++;
	(void)snprintf(counter->path, sizeof(counter->path), "%s", path);
	(void)snprintf(counter->client, sizeof(counter->client), "%s", client);
	counter->status = status;
	return counter;
}

static int64_t
seen_wall_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
recent_fill(struct recent *recent, const struct upstream_seen_entry *entry)
{
	char server[UPSTREAM_NET_TEXT_MAX];

	upstream_net_text(entry->client, recent->client);
	upstream_net_text(entry->server, server);
	(void)snprintf(recent->method, sizeof(recent->method), "%s", entry->method);
	(void)snprintf(recent->path, sizeof(recent->path), "%s", entry->path);
	(void)snprintf(recent->rule, sizeof(recent->rule), "%s", entry->rule);
	(void)snprintf(recent->headers, sizeof(recent->headers), "%s", entry->headers);
	(void)snprintf(recent->server, sizeof(recent->server), "%s:%u", server,
	    (unsigned)entry->server->port);
	recent->status = entry->status;
	recent->body_bytes = entry->body_bytes;
	recent->at_ms = seen_wall_ms();
}

void
upstream_seen_add(struct upstream_seen *seen, const struct upstream_seen_entry *entry)
{
	struct recent *recent;

	upstream_wait_lock(&seen->wait);
	recent = &seen->recent[seen->added % RECENT_MAX];
	recent_fill(recent, entry);
	seen_counter(seen, recent->path, recent->client, recent->status)->count++;
	seen->added++;
	upstream_wait_wake(&seen->wait);
	upstream_wait_unlock(&seen->wait);
}

void
upstream_seen_clear(struct upstream_seen *seen)
{
	upstream_wait_lock(&seen->wait);
	memset(seen->counters, 0, sizeof(seen->counters));
	seen->counters_n = 0;
	seen->added = 0;
	upstream_wait_unlock(&seen->wait);
}

static bool
filter_matches(const struct upstream_seen_filter *filter, const char *path,
    const char *client, int status)
{
	if (filter->path && !upstream_glob_match(filter->path, path))
		return false;
	if (filter->client && strcmp(filter->client, client) != 0)
		return false;
	return filter->status < 0 || filter->status == status;
}

static uint64_t
seen_count(const struct upstream_seen *seen, const struct upstream_seen_filter *filter)
{
	const struct counter *counter;
	uint64_t count = 0;

	for (counter = seen->counters; counter < seen->counters + COUNTERS_MAX;
	     counter++) {
		if (counter->count && filter_matches(filter, counter->path,
					  counter->client, counter->status))
			count += counter->count;
	}
	return count;
}

bool
upstream_seen_wait(struct upstream_seen *seen,
    const struct upstream_seen_filter *filter, uint64_t wait, int64_t timeout_ms)
{
	int64_t until_ms = upstream_net_now_ms() + timeout_ms;
	bool done;

	upstream_wait_lock(&seen->wait);
	for (;;) {
		done = seen_count(seen, filter) >= wait;
		if (done || !upstream_wait_until(&seen->wait, until_ms))
			break;
	}
	upstream_wait_unlock(&seen->wait);
	return done;
}

static json_t *
recent_json(const struct recent *recent)
{
	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:i,s:s,s:I,s:s}", "at_ms",
	    (json_int_t)recent->at_ms, "method", recent->method, "path", recent->path,
	    "client", recent->client, "server", recent->server, "status",
	    recent->status, "rule", recent->rule, "body_bytes",
	    (json_int_t)recent->body_bytes, "headers", recent->headers);
}

static json_t *
seen_recent(const struct upstream_seen *seen, const struct upstream_seen_filter *filter)
{
	json_t *list = json_array();
	uint64_t kept = seen->added < RECENT_MAX ? seen->added : RECENT_MAX;
	uint64_t i;

	for (i = 1; i <= kept && json_array_size(list) < (size_t)filter->last; i++) {
		const struct recent *recent =
		    &seen->recent[(seen->added - i) % RECENT_MAX];
		if (filter_matches(
			filter, recent->path, recent->client, recent->status))
			(void)json_array_insert_new(list, 0, recent_json(recent));
	}
	return list;
}

json_t *
upstream_seen_report(
    struct upstream_seen *seen, const struct upstream_seen_filter *filter)
{
	json_t *counters = json_array();
	const struct counter *counter;
	json_t *report;

	upstream_wait_lock(&seen->wait);
	for (counter = seen->counters; counter < seen->counters + COUNTERS_MAX;
	     counter++) {
		if (!counter->count || !filter_matches(filter, counter->path,
					   counter->client, counter->status))
			continue;
		(void)json_array_append_new(
		    counters, json_pack("{s:s,s:s,s:i,s:I}", "path", counter->path,
				  "client", counter->client, "status", counter->status,
				  "count", (json_int_t)counter->count));
	}
	report =
	    json_pack("{s:I,s:o,s:o}", "count", (json_int_t)seen_count(seen, filter),
		"counters", counters, "recent", seen_recent(seen, filter));
	upstream_wait_unlock(&seen->wait);
	return report;
}

void
upstream_seen_stop(struct upstream_seen *seen)
{
	upstream_wait_stop(&seen->wait);
}
