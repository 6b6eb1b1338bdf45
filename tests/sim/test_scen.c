/* The language of scenarios: what is wrong is said with its line, and what the suite and the
 * draw write can be read. */
#include "tests/support/test.h"

#include "tests/sim/bound.h"
#include "tests/sim/nature.h"
#include "tests/sim/wild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scen scen;

static const struct {
	const char *text;
	const char *error; /* NULL: it is good */
} cases[] = {
    {"fleet standard\n", NULL},
    {"",
	"x:1: the file ends without a world, expected a fleet, or regions and targets"},
    {"fleet nowhere\n",
	"x:1: no such world, expected standard, trio, solo, pair, wide or fast"},
    {"# nothing\n\nflet standard\n", "x:3: 'flet' stands here, expected a statement "
				     "(see: parallax-sim help scenario)"},
    {"fleet standard now\n",
	"x:1: a fleet among others, expected one world, alone, and "
	"first"},
    {"fleet standard\nfleet pair\n",
	"x:2: a fleet among others, expected one world, alone, and first"},
    {"fleet standard\nfault app at 0s\n", "x:2: the line ends, expected for"},
    {"fleet standard\nfault nap at 0s for 1m\n",
	"x:2: no such kind of fault, expected one of those of: parallax-sim help "
	"scenario"},
    {"fleet standard\nfault app at 0 for 90 seconds\n",
	"x:2: '90' stands here, expected a time such as 90s or 15m, at most 400d"},
    {"fleet standard\nfault app at 0s for 1m rate 101%\n",
	"x:2: '101%' stands here, expected a share such as 40%, at most 100%"},
    {"fleet standard\nfault app at 0s for 1m rate 0.5\n",
	"x:2: '0.5' stands here, expected a share such as 40%, at most 100%"},
    {"fleet standard\nfault app at 0s for 1m region r9\n",
	"x:2: 'r9' stands here, expected a region declared before"},
    {"fleet standard\nfault app at 0s for 1m region r0 agent a9\n",
	"x:2: a fault that hits nobody, expected scopes that agree"},
    {"fleet standard\nfault app at 0s for 1m key gold\n",
	"x:2: 'gold' stands here, expected a key that an agent uses"},
    {"fleet standard\nfault app at 0s for 1m twice\n",
	"x:2: 'twice' stands here, expected the end of the line"},
    {"fleet standard\nfault app at 0s for 1m cycle 0s 0s\n",
	"x:2: a cycle of no time, expected times on and off"},
    {"fleet standard\nshows image ok 1\n",
	"x:2: 'shows' without a fault, expected a fault before it"},
    {"fleet standard\nfault app at 0s for 1m\nshows free empty 1\n",
	"x:3: no way for such a probe to end, expected a shape of tests/sim/shape.h"},
    {"fleet standard\nclock a10 offset 1s\n",
	"x:2: 'a10' stands here, expected an agent: a0, a1, ... of the regions before"},
    {"fleet standard\nclock a1 offset -7m at 5s\n", NULL},
    {"fleet standard\ncut at 0s for 1m\n",
	"x:2: nobody is meant, expected everybody, or region, agent, domain, key with "
	"names"},
    {"fleet standard\nsays page incident at 0s\n",
	"x:2: 'page' stands here, expected a source declared before"},
    {"fleet standard\nsource page page about gemini\nuptime page 10% at 0s\n",
	"x:3: a page has no uptime, expected a source of kind uptime"},
    {"fleet standard\ncollector sleeps at 0s\n",
	"x:2: the collector does no such thing, expected restart or reload"},
    {"fleet standard\nexpect doom within 1m\n",
	"x:2: no such verdict, expected one of collector/core/verdict.h"},
    {"fleet standard\nexpect path region r7 within 1m\n",
	"x:2: 'r7' stands here, expected a region declared before"},
    {"fleet standard\nexpect path region r1\n", "x:2: the line ends, expected within"},
    {"fleet standard\npages many\n", "x:2: 'many' stands here, expected a number, 0 to "
				     "1000"},
    {"fleet standard\npages 3 2\n",
	"x:2: '2' stands here, expected a number, 3 to 1000"},
    {"region r0 agents 65\n", "x:1: '65' stands here, expected a number, 1 to 64"},
    {"region a agents 40\nregion b agents 40\n",
	"x:2: too many agents, expected at most 64 in all"},
    {"region region agents 1\n",
	"x:1: 'region' stands here, expected a name: a letter, then a-z 0-9 . _ -, and "
	"no word of the language"},
    {"region r agents 1\nregion r agents 1\n",
	"x:2: this name is taken, expected another one"},
    {"region r agents 1\ntarget t keys own\n",
	"x:3: a target that nobody probes, expected a probe of it"},
    {"title \x01\n", "x:1: a byte that is no text, expected printable ASCII"},
    {"fleet standard\nend 400d\n", "x:3: the world is too long, expected 60d at most"},
};

static void
test_errors(void **state)
{
	char error[SCEN_ERROR];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_good =
		    scen_read(cases[i].text, strlen(cases[i].text), "x", &scen, error);

		assert_string_equal(
		    error, cases[i].error == NULL ? "" : cases[i].error);
		assert_int_equal(is_good, cases[i].error == NULL);
	}
}

static void
test_worlds(void **state)
{
	static const struct {
		const char *text;
		unsigned agents;
		unsigned targets;
	} worlds[] = {{"fleet standard", 10, 1}, {"fleet trio", 10, 3},
	    {"fleet solo", 5, 1}, {"fleet pair", 2, 1}, {"fleet wide", 30, 1},
	    {"fleet fast", 6, 1}};
	char error[SCEN_ERROR];
	char key[SCEN_NAME];

	(void)state;
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		assert_true(scen_read(
		    worlds[i].text, strlen(worlds[i].text), "x", &scen, error));
		assert_int_equal(scen.agents, worlds[i].agents);
		assert_int_equal(scen.targets, worlds[i].targets);
		assert_int_equal(scen.pages_max, 0);
	}
	assert_true(scen_read("fleet standard", 14, "x", &scen, error));
	assert_string_equal(scen_key(&scen, 4, 0, key), "k0");
	assert_string_equal(scen_key(&scen, 5, 0, key), "k1");
	assert_int_equal(scen_region_of(&scen, 5), 2);
}

/* The table of the method: 35 + 12 s for pictures alone, 13 + 4 s when free calls fail, too. */
static void
test_bounds(void **state)
{
	static const struct {
		const char *fault;
		double low;
		double high;
	} rows[] = {
	    {"fault app at 0s for 1h rate 99%", 40, 55},
	    {"fault api at 0s for 1h rate 99%", 12, 22},
	    {"fault app at 0s for 1h rate 30%", 160, 220},
	    {"fault app at 0s for 2h rate 10%", 700, 1000},
	    {"fault key at 0s for 1h key k0", 10, 20},
	    {"fault network at 0s for 1h region r3", 25, 50},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];
		char error[SCEN_ERROR];
		double bound_s;

		(void)snprintf(text, sizeof(text),
		    "fleet standard\n%s\nexpect unknown within 1m\n", rows[i].fault);
		assert_true(scen_read(text, strlen(text), "x", &scen, error));
		bound_s = bound_seconds(&scen, 0);
		if (bound_s < rows[i].low || bound_s > rows[i].high) {
			fail_msg("%s: %.1f s", rows[i].fault, bound_s);
		}
	}
}

static void
test_rates(void **state)
{
	struct scen_fault fault = {.at_ns = 10,
	    .for_ns = 100,
	    .ramp_ns = 50,
	    .on_ns = 20,
	    .off_ns = 10,
	    .rate = 0.5};

	(void)state;
	assert_true(nature_rate(&fault, 9) <= 0);
	assert_true(nature_rate(&fault, 110) <= 0);
	assert_true(nature_rate(&fault, 20) > 0.09 && nature_rate(&fault, 20) < 0.11);
	assert_true(nature_rate(&fault, 35) <= 0); /* off */
	assert_true(nature_rate(&fault, 75) > 0.49);
}

static void
test_drawn(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		char error[SCEN_ERROR];
		char *text = NULL;
		size_t len = 0;
		FILE *memory = open_memstream(&text, &len);

		assert_non_null(memory);
		wild_write(seed, memory);
		(void)fclose(memory);
		if (!scen_read(text, len, "drawn", &scen, error)) {
			fail_msg("seed %u: %s", (unsigned)seed, error);
		}
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_worlds),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_rates),
	    cmocka_unit_test(test_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
