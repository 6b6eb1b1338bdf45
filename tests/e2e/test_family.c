/* The same name by IPv4 and by IPv6: two servers of one port, of which only one is well. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fleet_process fleet;
static struct upstream_process sixth; /* on ::1, and down */
static char targets[2048];
static char more[2048];
static bool has_v6;

/* A kind of every shape of request: a page, a picture, the list of models, the key. */
static const struct probe_line {
	const char *name;
	const char *yaml;
} probes[] = {
    {"page", "kind: http, url: 'http://localhost:%u/hotspot-detect.txt'"},
    {"image", "kind: gemini-image, model: gemini-3-pro-image-preview, key: local, "
	      "url: 'http://localhost:%u'"},
    {"listed", "kind: openai-models, model: gpt-image-1, key: local, "
	       "url: 'http://localhost:%u'"},
    {"credit", "kind: openrouter-key, key: local, url: 'http://localhost:%u/api/v1'"},
};

enum {
	PROBES = sizeof(probes) / sizeof(probes[0])
};

static bool
is_v6_there(void)
{
	const struct sockaddr_in6 at = {
	    .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool there = fd >= 0 && bind(fd, (const struct sockaddr *)(const void *)&at,
				    sizeof(at)) == 0;

	if (fd >= 0) {
		(void)close(fd);
	}
	return there;
}

static size_t
add_line(char *out, size_t cap, const struct probe_line *line, int version)
{
	char rest[256];
	int len;

	(void)snprintf(
	    rest, sizeof(rest), "%s", strchr(line->yaml, '%') + strlen("%u"));
	len = snprintf(out, cap,
	    "      - { name: %s-%d, family: ipv%d, role: target, interval: 300ms, "
	    "timeout: 10s, %.*s%u%s }\n",
	    line->name, version, version, (int)strcspn(line->yaml, "%"), line->yaml,
	    (unsigned)fleet.upstream.http, rest);
	assert_true(len > 0 && (size_t)len < cap);
	return (size_t)len;
}

static void
write_files(void)
{
	unsigned http = fleet.upstream.http;
	char key[128];
	size_t len = (size_t)snprintf(targets, sizeof(targets),
	    "  - name: banana\n    provider: google\n    tier: core\n    probes:\n");

	for (size_t i = 0; i < PROBES; i++) {
		for (int version = 4; version <= 6; version += 2) {
			len += add_line(
			    targets + len, sizeof(targets) - len, &probes[i], version);
		}
	}
	(void)snprintf(more, sizeof(more),
	    "sources:\n"
	    "  - { name: page-4, family: ipv4, kind: statuspage, components: "
	    "[Images],\n"
	    "      url: 'http://localhost:%u/api/v2/summary.json', interval: 300ms,\n"
	    "      targets: [banana] }\n"
	    "  - { name: page-6, family: ipv6, kind: statuspage, components: "
	    "[Images],\n"
	    "      url: 'http://localhost:%u/api/v2/summary.json', interval: 300ms,\n"
	    "      targets: [banana] }\n",
	    http, http);
	(void)snprintf(key, sizeof(key),
	    "  - { name: local, value: 'env:PX_KEY', hosts: ['localhost:%u'] }\n",
	    http);
	fleet.spec.targets = targets;
	fleet.spec.more = more;
	fleet_process_write(&fleet);
	fleet_process_write_agent(&fleet, 1, "a1", "r1", key);
}

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = 1, .has_no_banana = true};
	char http[32];

	(void)state;
	has_v6 = is_v6_there();
	if (!has_v6) {
		return 0;
	}
	fleet_process_open(&fleet, &spec);
	(void)snprintf(http, sizeof(http), "[::1]:%u", (unsigned)fleet.upstream.http);
	upstream_process_start_at(&sixth, UPSTREAM_PROGRAM, NULL,
	    &(struct upstream_place){.http = http, .https = "[::1]:0"});
	upstream_process_rule(&sixth, "/*", "{\"status\":503}");
	write_files();
	fleet_process_start(&fleet);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	if (has_v6) {
		fleet_process_close(&fleet);
		upstream_process_stop(&sixth);
	}
	return 0;
}

/* How many results there are of the series with that outcome, or of any other. */
static size_t
count(const char *target, const char *probe, const char *outcome, bool is_other)
{
	char words[128];
	json_t *answer;
	const json_t *each;
	size_t found = 0;
	size_t i;

	(void)snprintf(words, sizeof(words),
	    "results --limit 1000 --target %s --probe %s", target, probe);
	answer = fleet_process_ask(words);
	json_array_foreach(json_object_get(answer, "results"), i, each)
	{
		const char *is = json_string_value(json_object_get(each, "outcome"));

		found += (strcmp(is, outcome) == 0) != is_other;
	}
	json_decref(answer);
	return found;
}

static void
expect_only(const char *target, const char *name, int version)
{
	const char *outcome = version == 4 ? "ok" : "upstream_error";
	char probe[32];

	(void)snprintf(probe, sizeof(probe), "%s-%d", name, version);
	while (count(target, probe, outcome, false) < 2) {
		fleet_process_requests(&fleet, "*", 1);
		if (count(target, probe, outcome, true) > 0) {
			break;
		}
	}
	if (count(target, probe, outcome, true) > 0) {
		fail_msg("%s/%s is not always %s", target, probe, outcome);
	}
}

static void
every_run_keeps_to_its_family(void **state)
{
	(void)state;
	if (!has_v6) {
		print_message("skipped: this machine has no ::1\n");
		skip();
	}
	for (int version = 4; version <= 6; version += 2) {
		for (size_t i = 0; i < PROBES; i++) {
			expect_only("banana", probes[i].name, version);
		}
		expect_only("source", "page", version);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_run_keeps_to_its_family),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
