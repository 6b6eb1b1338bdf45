#include "tests/support/upstream_front.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/support/upstream_mem.h"
#include "tests/support/upstream_rules.h"
#include "tests/support/upstream_seen.h"
#include "tests/support/upstream_tls.h"

#define HELD_MAX    1024
#define EVENTS_MAX  64
#define ACCEPTS_MAX 64
#define WAKE_TAG    UINT32_MAX
#define HELD_TAG    1000U

/* Why the front still has a connection. */
enum held_kind {
	HELD_FREE,
	HELD_SILENT,  /* until the client leaves */
	HELD_GARBAGE, /* until the client has spoken */
	HELD_DELAYED, /* until `until_ms`, then it goes on */
};

struct held {
	enum held_kind kind;
	int fd;
	bool tls;
	int64_t until_ms;
	struct sockaddr_storage address;
	socklen_t address_len;
};

struct upstream_front {
	const struct upstream *up;
	struct upstream_http *http;
	struct upstream_front_listener *listeners;
	int listeners_n;
	int epoll_fd;
	int wake_fd;
	pthread_t thread;
	int delayed_n; /* from here on the thread's own */
	struct held held[HELD_MAX];
};

static void
front_watch(struct upstream_front *front, int fd, uint32_t what, uint32_t tag)
{
	struct epoll_event event = {.events = what, .data.u32 = tag};

	(void)epoll_ctl(front->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void
front_release(struct upstream_front *front, struct held *held)
{
	(void)epoll_ctl(front->epoll_fd, EPOLL_CTL_DEL, held->fd, NULL);
	if (held->kind == HELD_DELAYED)
		front->delayed_n--;
	held->kind = HELD_FREE;
}

static void
front_hold(struct upstream_front *front, const struct held *connection)
{
	uint32_t what = EPOLLRDHUP;
	uint32_t i = 0;

	while (i < HELD_MAX && front->held[i].kind != HELD_FREE)
		i++;
	if (i == HELD_MAX) {
		(void)close(connection->fd);
		return;
	}
	if (connection->kind == HELD_GARBAGE)
		what |= EPOLLIN;
	if (connection->kind == HELD_DELAYED)
		front->delayed_n++;
	front->held[i] = *connection;
	front_watch(front, connection->fd, what, HELD_TAG + i);
}

static void
front_pass(struct upstream_front *front, const struct held *connection)
{
	upstream_http_add(front->http, connection->fd, connection->tls,
	    (const struct sockaddr *)&connection->address, connection->address_len);
}

static void
front_act(struct upstream_front *front, struct held *connection,
    const struct upstream_action *action)
{
	connection->kind = HELD_FREE;
	if (connection->tls && action->tls != UPSTREAM_ACTION_TLS_GARBAGE_HELLO)
		upstream_tls_choose(front->up->tls, connection->fd, action->tls);
	if (action->refuse) {
		upstream_net_reset(connection->fd);
		(void)close(connection->fd);
		return;
	}
	if (action->accept_hang) {
		connection->kind = HELD_SILENT;
	} else if (action->tls == UPSTREAM_ACTION_TLS_GARBAGE_HELLO) {
		connection->kind = HELD_GARBAGE;
	} else if (action->delay_ms > 0) {
		connection->kind = HELD_DELAYED;
		connection->until_ms = upstream_net_now_ms() + action->delay_ms;
	}
	if (connection->kind == HELD_FREE) {
		front_pass(front, connection);
	} else {
		front_hold(front, connection);
	}
}

/* The action that applies to a new connection, held by the caller, or NULL. */
static struct upstream_action *
front_rule(struct upstream_front *front, const struct held *connection)
{
	struct upstream_net_addr client;
	struct upstream_net_addr server = {{0}, 0};
	struct sockaddr_storage storage;
	socklen_t len = sizeof(storage);
	struct upstream_rules_subject subject = {.path = "tls",
	    .method = "",
	    .key = "",
	    .client = &client,
	    .server = &server};
	struct upstream_seen_entry entry = {
	    .method = "", .headers = "", .client = &client, .server = &server};
	struct upstream_action *action = NULL;
	char rule[UPSTREAM_RULES_ID_MAX];

	upstream_net_from_sockaddr(
	    (const struct sockaddr *)&connection->address, &client);
	memset(&storage, 0, sizeof(storage));
	if (getsockname(connection->fd, (struct sockaddr *)&storage, &len) == 0)
		upstream_net_from_sockaddr((struct sockaddr *)&storage, &server);
	if (connection->tls)
		action = upstream_rules_take(front->up->rules, &subject, rule);
	if (!action) {
		subject.path = "connect";
		action = upstream_rules_take(front->up->rules, &subject, rule);
	}
	if (action) {
		entry.path = subject.path;
		entry.rule = rule;
		upstream_seen_add(front->up->seen, &entry);
	}
	return action;
}

static void
front_decide(struct upstream_front *front, struct held *connection)
{
	struct upstream_action *action = front_rule(front, connection);

	if (action) {
		front_act(front, connection, action);
	} else {
		front_pass(front, connection);
	}
	upstream_action_drop(action);
}

static void
front_accept(
    struct upstream_front *front, const struct upstream_front_listener *listener)
{
	struct held connection;
	int i;

	for (i = 0; i < ACCEPTS_MAX; i++) {
		memset(&connection, 0, sizeof(connection));
		connection.tls = listener->tls;
		connection.address_len = sizeof(connection.address);
		connection.fd =
		    accept4(listener->fd, (struct sockaddr *)&connection.address,
			&connection.address_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (connection.fd < 0)
			return;
		(void)upstream_net_flush(connection.fd);
		if (connection.tls) {
			upstream_tls_choose(
			    front->up->tls, connection.fd, UPSTREAM_ACTION_TLS_GOOD);
		}
		front_decide(front, &connection);
	}
}

static void
front_held_event(struct upstream_front *front, struct held *held, uint32_t what)
{
	static const char noise[] = "\x80\x02\x00 this is no handshake\r\n";

	if (held->kind == HELD_FREE)
		return;
	if (held->kind == HELD_GARBAGE &&
	    !(what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) {
		char spoken[4096];

		(void)recv(held->fd, spoken, sizeof(spoken), 0);
		(void)send(held->fd, noise, sizeof(noise) - 1, MSG_NOSIGNAL);
		(void)shutdown(held->fd, SHUT_WR);
		front_release(front, held);
		held->kind = HELD_SILENT;
		front_watch(front, held->fd, EPOLLRDHUP,
		    HELD_TAG + (uint32_t)(held - front->held));
		return;
	}
	front_release(front, held);
	(void)close(held->fd);
}

/* Passes on who waited long enough; returns the time until the next one, -1 for none. */
static int
front_due(struct upstream_front *front)
{
	int64_t now_ms = upstream_net_now_ms();
	int64_t next_ms = -1;
	struct held *held = front->held;

	for (; front->delayed_n && held < front->held + HELD_MAX; held++) {
		if (held->kind != HELD_DELAYED)
			continue;
		if (held->until_ms <= now_ms) {
			front_release(front, held);
			front_pass(front, held);
		} else if (next_ms < 0 || held->until_ms - now_ms < next_ms) {
			next_ms = held->until_ms - now_ms;
		}
	}
	return (int)next_ms;
}

static void *
front_run(void *argument)
{
	struct upstream_front *front = argument;
	struct epoll_event events[EVENTS_MAX];
	uint32_t tag;
	int i;

	for (;;) {
		int n =
		    epoll_wait(front->epoll_fd, events, EVENTS_MAX, front_due(front));
		for (i = 0; i < n; i++) {
			tag = events[i].data.u32;
			if (tag == WAKE_TAG)
				return NULL;
			if (tag >= HELD_TAG) {
				front_held_event(front, &front->held[tag - HELD_TAG],
				    events[i].events);
			} else {
				front_accept(front, &front->listeners[tag]);
			}
		}
	}
}

static bool
front_bind(struct upstream_front *front)
{
	struct upstream_front_listener *listener;
	char text[UPSTREAM_NET_TEXT_MAX];
	int i;

	for (i = 0; i < front->listeners_n; i++) {
		listener = &front->listeners[i];
		listener->fd = upstream_net_bind(&listener->addr, true);
		if (listener->fd < 0) {
			int why = errno;

			upstream_net_text(&listener->addr, text);
			(void)fprintf(stderr,
			    "upstream.bind_failed address=%s port=%u errno=%d\n", text,
			    (unsigned)listener->addr.port, why);
			return false;
		}
		front_watch(front, listener->fd, EPOLLIN, (uint32_t)i);
	}
	return true;
}

static void
front_close(struct upstream_front *front)
{
	struct held *held;
	int i;

	for (i = 0; i < front->listeners_n; i++) {
		if (front->listeners[i].fd >= 0)
			(void)close(front->listeners[i].fd);
	}
	for (held = front->held; held < front->held + HELD_MAX; held++) {
		if (held->kind != HELD_FREE)
			(void)close(held->fd);
	}
	(void)close(front->epoll_fd);
	(void)close(front->wake_fd);
	free(front);
}

struct upstream_front *
upstream_front_new(const struct upstream *up, struct upstream_http *http,
    struct upstream_front_listener *listeners, int n)
{
	struct upstream_front *front = upstream_mem_zalloc(sizeof(*front));
	int i;

	front->up = up;
	front->http = http;
	front->listeners = listeners;
	front->listeners_n = n;
	for (i = 0; i < n; i++)
		listeners[i].fd = -1;
	front->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	front->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	front_watch(front, front->wake_fd, EPOLLIN, WAKE_TAG);
	if (front_bind(front) &&
	    pthread_create(&front->thread, NULL, front_run, front) == 0)
		return front;
	front_close(front);
	return NULL;
}

void
upstream_front_free(struct upstream_front *front)
{
	if (!front)
		return;
	(void)eventfd_write(front->wake_fd, 1);
	(void)pthread_join(front->thread, NULL);
	front_close(front);
}
