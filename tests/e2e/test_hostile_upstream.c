/* Upstreams that try to use up an agent: real agent, real wire, and what it makes of them. */
#include "tests/support/test.h"

#include "common/core/limits.h"
#include "tests/support/fleet_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILLER "X-Filler: 0123456789abcdef0123456789abcdef0123456789abcdef\r\n"

/* Says `head`, and `again` for as long as somebody listens; to one client after the other. */
struct talker {
	const char *head;
	const char *again;
	int listener;
	unsigned port;
	pthread_t thread;
};

static struct talker endless_head = {.head = "HTTP/1.1 200 OK\r\n", .again = FILLER};
static struct talker endless_body = {.head = "HTTP/1.1 200 OK\r\n\r\n"};
static char filler[65536];

static struct fleet_process fleet;
static char targets[4096];
static int silent = -1; /* a name server that never answers */
static unsigned silent_port;

static bool
say(int fd, const char *text)
{
	size_t len = strlen(text);

	return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void *
talk(void *context)
{
	const struct talker *talker = context;
	int fd;

	while ((fd = accept(talker->listener, NULL, NULL)) >= 0) {
		bool heard = say(fd, talker->head);

		while (heard) {
			heard = say(fd, talker->again);
		}
		(void)close(fd);
	}
	return NULL;
}

static int
bound(int type, unsigned *out_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)(const void *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&at, &len), 0);
	*out_port = ntohs(at.sin_port);
	return fd;
}

static void
start_talker(struct talker *talker)
{
	talker->listener = bound(SOCK_STREAM, &talker->port);
	assert_int_equal(listen(talker->listener, 4), 0);
	assert_int_equal(pthread_create(&talker->thread, NULL, talk, talker), 0);
}

static void
stop_talker(struct talker *talker)
{
	(void)shutdown(talker->listener, SHUT_RDWR);
	assert_int_equal(pthread_join(talker->thread, NULL), 0);
	(void)close(talker->listener);
}

/* What is done to the agent, and what it has to call it. */
static const struct trick {
	const char *name;
	const char *action; /* of px-upstream, NULL = by other means */
	const char *timeout;
	const char *outcome;
	const char *phase;
} tricks[] = {
    {"bomb", "{\"status\":200,\"content_encoding_bomb\":256}", "20s", "malformed",
	"body"},
    {"drip", "{\"status\":200,\"body\":{\"a\":[]},\"drip_bytes_per_s\":2}", "4s",
	"timeout", "body"},
    {"silence", "{\"status\":200,\"body\":{\"a\":[]},\"stall_after_bytes\":3}", "4s",
	"timeout", "body"},
    {"redirect", "{\"status\":307,\"headers\":{\"Location\":\"http://127.0.0.1:1/x\"}}",
	"10s", "malformed", "done"},
    {"head", NULL, "20s", "malformed", NULL},
    {"body", NULL, "20s", "malformed", "body"},
    {"lookup", NULL, "4s", "net_dns", "dns"},
};

enum {
	TRICKS = sizeof(tricks) / sizeof(tricks[0])
};

static void
address_of(const struct trick *trick, char out[128])
{
	if (trick->action != NULL) {
		(void)snprintf(out, 128, "kind: http, url: 'http://127.0.0.1:%u/%s'",
		    (unsigned)fleet.upstream.http, trick->name);
	} else if (strcmp(trick->name, "lookup") == 0) {
		(void)snprintf(out, 128,
		    "kind: dns, url: 'dns://api.example.com', resolver: '127.0.0.1:%u'",
		    silent_port);
	} else {
		(void)snprintf(out, 128, "kind: http, url: 'http://127.0.0.1:%u/'",
		    strcmp(trick->name, "head") == 0 ? endless_head.port
						     : endless_body.port);
	}
}

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1};
	size_t len;

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	endless_body.again = filler;
	start_talker(&endless_head);
	start_talker(&endless_body);
	silent = bound(SOCK_DGRAM, &silent_port);
	fleet_process_open(&fleet, &spec);
	len = (size_t)snprintf(targets, sizeof(targets),
	    "  - name: trap\n    provider: nobody\n    tier: test\n    probes:\n");
	for (size_t i = 0; i < TRICKS; i++) {
		char address[128];

		address_of(&tricks[i], address);
		len += (size_t)snprintf(targets + len, sizeof(targets) - len,
		    "      - { name: %s, role: target, %s, interval: 5s, timeout: %s "
		    "}\n",
		    tricks[i].name, address, tricks[i].timeout);
		if (tricks[i].action != NULL) {
			char rule[256];

			(void)snprintf(rule, sizeof(rule),
			    "{\"id\":\"%s\",\"path\":\"/%s\",\"action\":%s}",
			    tricks[i].name, tricks[i].name, tricks[i].action);
			free(upstream_process_control(
			    &fleet.upstream, "PUT", "/rules", rule));
		}
	}
	assert_true(len < sizeof(targets));
	fleet.spec.targets = targets;
	fleet_process_write(&fleet);
	fleet_process_start(&fleet);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	fleet_process_close(&fleet);
	stop_talker(&endless_head);
	stop_talker(&endless_body);
	(void)close(silent);
	return 0;
}

static const char *
text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL ? text : "";
}

/* The first result of the trick, to be released. */
static json_t *
result_of(const struct trick *trick)
{
	char words[96];
	json_t *found = NULL;

	(void)snprintf(words, sizeof(words),
	    "results --limit 1 --target trap --probe %s", trick->name);
	while (found == NULL) {
		json_t *answer = fleet_process_ask(words);

		found =
		    json_incref(json_array_get(json_object_get(answer, "results"), 0));
		json_decref(answer);
		if (found == NULL) {
			fleet_process_requests(&fleet, "/v1beta/*", 2);
		}
	}
	return found;
}

static void
every_trick_has_an_end(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < TRICKS; i++) {
		const struct trick *trick = &tricks[i];
		json_t *result = result_of(trick);

		if (strcmp(text_of(result, "outcome"), trick->outcome) != 0 ||
		    (trick->phase != NULL &&
			strcmp(text_of(result, "phase"), trick->phase) != 0) ||
		    json_integer_value(json_object_get(result, "body_bytes")) >
			LIMIT_BODY_BYTES) {
			char *text = json_dumps(result, 0);

			print_error("%s: %s\n", trick->name, text);
			free(text);
			wrong++;
		}
		json_decref(result);
	}
	assert_int_equal(wrong, 0);
	/* And the agent goes on. */
	fleet_process_requests(&fleet, "/v1beta/*", 5);
	assert_int_equal(process_stop(&fleet.agent[0]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_trick_has_an_end),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
