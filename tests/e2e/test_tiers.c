/* Whose trouble is told to whom: of a core target the pager hears, of a test target nobody
 * but the log. */
#include "tests/support/test.h"

#include "tests/support/fleet_process.h"

enum {
	AGENTS = 3,
	LOG_BYTES = 1 << 18
};

static struct fleet_process fleet;
static char targets[512];

static int
enter(void **state)
{
	const struct fleet_spec spec = {.agents = AGENTS};

	(void)state;
	fleet_process_open(&fleet, &spec);
	(void)snprintf(targets, sizeof(targets),
	    "  - name: toy\n    provider: toyland\n    tier: test\n    probes:\n"
	    "      - { name: page, kind: http, role: target, interval: 200ms,\n"
	    "          url: 'https://127.0.0.1:%u/hotspot-detect.txt', timeout: 2s }\n",
	    (unsigned)fleet.upstream.https);
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
	return 0;
}

static void
break_path(const char *id, const char *path)
{
	char rule[256];

	(void)snprintf(rule, sizeof(rule),
	    "{\"id\":\"%s\",\"path\":\"%s\",\"action\":{\"status\":503}}", id, path);
	free(upstream_process_control(&fleet.upstream, "PUT", "/rules", rule));
}

/* What the log channel was told so far. */
static bool
log_has(const char *word)
{
	static char text[LOG_BYTES];
	FILE *file = fopen("alerts.log", "re");
	size_t len;

	if (file == NULL) {
		return false;
	}
	len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[len] = '\0';
	return strstr(text, word) != NULL;
}

static void
await_in_log(const char *word)
{
	while (!log_has(word)) {
		fleet_process_requests(&fleet, "*", AGENTS);
	}
}

static void
test_targets_page_nobody(void **state)
{
	char *told;

	(void)state;
	break_path("toy", "/hotspot-detect.txt");
	(void)fleet_process_event(&fleet, "verdict", "opened", NULL);
	await_in_log("toy");
	break_path("banana", "/v1beta/*");
	await_in_log("banana");
	told = upstream_process_control(
	    &fleet.upstream, "GET", "/hooks/pager?wait=1&timeout_ms=60000", NULL);
	assert_non_null(strstr(told, "banana"));
	if (strstr(told, "toy") != NULL) {
		fail_msg("the pager heard of the test target: %s", told);
	}
	free(told);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_targets_page_nobody),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
