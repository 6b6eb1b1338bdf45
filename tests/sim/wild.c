#include "tests/sim/wild.h"

#include "common/core/rng.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

enum where {
	EVERYWHERE = 0,
	A_REGION,
	A_DOMAIN,
	AN_AGENT,
	A_KEY,
	A_SERVING
};

/* A trouble with its one right name; `also` is right, too. */
struct trouble {
	const char *kind;
	enum where where;
	const char *verdict;
	const char *also;
	unsigned within_s; /* when everything is hit */
	unsigned partly;   /* whether it may hit a part of the runs only */
};

static const struct trouble troubles[] = {
    {"app", EVERYWHERE, "upstream_outage", "upstream_partial", 240, 1},
    {"api", EVERYWHERE, "upstream_outage", "upstream_partial", 180, 1},
    {"edge", EVERYWHERE, "upstream_edge", NULL, 240, 0},
    {"dns", EVERYWHERE, "upstream_dns", NULL, 240, 0},
    {"bad", EVERYWHERE, "upstream_bad_answers", NULL, 360, 1},
    {"forbidden", EVERYWHERE, "upstream_auth", NULL, 240, 0},
    {"rate", EVERYWHERE, "rate_limited", NULL, 400, 0},
    {"refusals", EVERYWHERE, "refusals", NULL, 500, 0},
    {"model", EVERYWHERE, "model_gone", NULL, 300, 0},
    {"controls", EVERYWHERE, "control_fault", NULL, 400, 0},
    {"network", A_REGION, "region_network", NULL, 360, 1},
    {"resolver", A_REGION, "region_network", NULL, 360, 0},
    {"path", A_REGION, "path", NULL, 500, 0},
    {"place", A_REGION, "location_blocked", NULL, 400, 0},
    {"network", A_DOMAIN, "shared_path", NULL, 300, 0},
    {"local", AN_AGENT, "agent_fault", NULL, 600, 0},
    {"key", A_KEY, "credential", NULL, 240, 0},
    {"api", A_SERVING, "upstream_regional", NULL, 360, 1},
};

enum {
	TROUBLES = sizeof(troubles) / sizeof(troubles[0])
};

static unsigned
draw(struct rng *rng, unsigned low, unsigned high)
{
	return low + (unsigned)rng_below(rng, high - low + 1);
}

static void
write_where(const struct trouble *trouble, unsigned place, FILE *out)
{
	switch (trouble->where) {
	case EVERYWHERE:
		break;
	case A_REGION:
		(void)fprintf(out, " region r%u", place % 5);
		break;
	case A_DOMAIN:
		(void)fprintf(out, " domain d%u", place % 2);
		break;
	case AN_AGENT:
		(void)fprintf(out, " agent a%u", place % 10);
		break;
	case A_KEY:
		(void)fprintf(out, " key k%u", place % 2);
		break;
	case A_SERVING:
		(void)fprintf(out, " serving gemini s%u", place % 2);
		break;
	}
}

static void
write_name(
    const struct trouble *trouble, const char *verdict, unsigned place, FILE *out)
{
	(void)fprintf(out, " %s", verdict);
	if (trouble->where == EVERYWHERE) {
		(void)fputs(trouble->kind[0] == 'c' ? " fleet" : " target gemini", out);
	} else {
		write_where(trouble, place, out);
	}
}

static void
write_trouble(const struct trouble *trouble, unsigned at_s, unsigned for_s,
    struct rng *rng, FILE *out)
{
	static const unsigned rates[] = {100, 95, 60, 45};
	unsigned rate = rates[draw(rng, 0, trouble->partly ? 3 : 1)];
	unsigned place = draw(rng, 0, 9);
	unsigned within_s = trouble->within_s * (rate < 90 ? 4 : 1);

	(void)fprintf(
	    out, "fault %s at %us for %us rate %u%%", trouble->kind, at_s, for_s, rate);
	write_where(trouble, place, out);
	(void)fputs("\nexpect", out);
	write_name(trouble, trouble->verdict, place, out);
	if (trouble->also != NULL) {
		(void)fputs(" or", out);
		write_name(trouble, trouble->also, place, out);
	}
	(void)fprintf(out, " within %us after %us\n", within_s, at_s);
}

static void
write_disturbance(struct rng *rng, FILE *out)
{
	switch (draw(rng, 0, 6)) {
	case 0:
		(void)fprintf(
		    out, "clock a%u offset -%us\n", draw(rng, 0, 9), draw(rng, 1, 900));
		break;
	case 1:
		(void)fprintf(
		    out, "clock a%u offset %us\n", draw(rng, 0, 9), draw(rng, 1, 900));
		break;
	case 2:
		(void)fprintf(out, "line everybody delay %ums loss %u%% repeat %u%%\n",
		    draw(rng, 10, 900), draw(rng, 0, 20), draw(rng, 0, 40));
		break;
	case 3:
		(void)fprintf(out, "collector restart at %us for %us\n",
		    draw(rng, 0, 1500), draw(rng, 1, 20));
		break;
	case 4:
		(void)fprintf(out, "collector reload at %us\n", draw(rng, 0, 1500));
		break;
	case 5:
		(void)fprintf(out, "stop agent a%u at %us for %us\n", draw(rng, 0, 9),
		    draw(rng, 0, 1500), draw(rng, 1, 30));
		break;
	default:
		break;
	}
}

/* Two that can be told apart: one of everybody's, one of a place of ours; the second comes
 * when the first is known. */
static void
write_two(struct rng *rng, FILE *out)
{
	const struct trouble *upstream = &troubles[draw(rng, 0, 1)];
	const struct trouble *ours = &troubles[draw(rng, 10, 11)];
	bool is_ours_first = draw(rng, 0, 1) == 1;

	write_trouble(is_ours_first ? ours : upstream, 0, 3600, rng, out);
	write_trouble(is_ours_first ? upstream : ours, 1200, 2400, rng, out);
}

void
wild_write(uint64_t seed, FILE *out)
{
	static const char *const noise[] = {"iid", "iid", "double", "bursty"};
	unsigned pick;
	struct rng rng;

	rng_init(&rng, seed ^ UINT64_C(0x77696c64));
	pick = draw(&rng, 0, 99);
	(void)fprintf(out,
	    "title drawn from seed %" PRIu64 "\nfleet standard\nnoise %s\n", seed,
	    noise[draw(&rng, 0, 3)]);
	for (unsigned i = draw(&rng, 0, 3); i > 0; i--) {
		write_disturbance(&rng, out);
	}
	if (pick < 10) {
		(void)fputs("end 1h30m\npages 0\n", out);
	} else if (pick < 75) {
		write_trouble(&troubles[draw(&rng, 0, TROUBLES - 1)], 0,
		    draw(&rng, 40, 70) * 60, &rng, out);
	} else {
		write_two(&rng, out);
	}
}
