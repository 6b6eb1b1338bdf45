#include "tests/sim/scen_internal.h"

#include <string.h>

enum {
	MIX = 4
};

#define I (1U << SCEN_IMAGE)
#define F (1U << SCEN_FREE)
#define C (1U << SCEN_CONTROL)

/* Weights by kind of fault: {whose probes, shape, weight}. */
static const struct {
	const char *name;
	struct {
		unsigned views;
		enum shape shape;
		double weight;
	} mix[MIX + 1];
} kinds[] = {
    {"none", {{0}}},
    {"app", {{I, SHAPE_OVERLOAD, 40}, {I, SHAPE_ERROR, 20}, {I, SHAPE_TIMEOUT, 25},
		{I, SHAPE_GATEWAY, 15}}},
    {"api", {{I | F, SHAPE_OVERLOAD, 30}, {I | F, SHAPE_ERROR, 20},
		{I | F, SHAPE_GATEWAY, 35}, {I | F, SHAPE_TIMEOUT, 15}}},
    {"network", {{I | F | C, SHAPE_CONNECT, 70}, {I | F | C, SHAPE_DNS, 20},
		    {I | F | C, SHAPE_TIMEOUT, 10}}},
    {"path", {{I | F, SHAPE_CONNECT, 80}, {I | F, SHAPE_TIMEOUT, 20}}},
    {"edge", {{I | F, SHAPE_CONNECT, 40}, {I | F, SHAPE_REFUSED, 30},
		 {I | F, SHAPE_GATEWAY, 15}, {I | F, SHAPE_HTML, 15}}},
    {"dns", {{I | F, SHAPE_DNS, 100}}},
    {"slow", {{I, SHAPE_SLOW, 95}, {I, SHAPE_TIMEOUT, 5}}},
    {"region-slow", {{I | F | C, SHAPE_SLOW, 100}}},
    {"bad", {{I, SHAPE_EMPTY, 80}, {I, SHAPE_BROKEN, 20}}},
    {"key", {{I | F, SHAPE_KEY, 100}}},
    {"forbidden", {{I | F, SHAPE_FORBIDDEN, 100}}},
    {"rate", {{I | F, SHAPE_RATE, 100}}},
    {"quota", {{I | F, SHAPE_QUOTA, 100}}},
    {"refusals", {{I, SHAPE_BLOCKED, 100}}},
    {"model", {{I, SHAPE_MODEL, 100}}},
    {"place", {{I | F, SHAPE_PLACE, 100}}},
    {"local", {{I | F | C, SHAPE_LOCAL, 60}, {I | F | C, SHAPE_CONNECT, 25},
		  {I | F | C, SHAPE_DNS, 15}}},
    {"resolver", {{I | F | C, SHAPE_DNS, 100}}},
    {"controls", {{C, SHAPE_CONNECT, 70}, {C, SHAPE_TIMEOUT, 30}}},
    {"stall", {{I, SHAPE_STALL, 100}}},
    {"tls", {{I | F, SHAPE_TLS, 100}}},
    {"portal", {{I | F | C, SHAPE_PORTAL, 100}}},
    {"ipv6", {{I | F, SHAPE_REFUSED, 60}, {I | F, SHAPE_CONNECT, 40}}},
};

static void
add_weight(struct scen_fault *fault, unsigned views, enum shape shape, double weight)
{
	for (unsigned v = 0; v < SCEN_VIEWS; v++) {
		if ((views >> v & 1U) != 0) {
			fault->weight[v][shape] = weight;
		}
	}
}

bool
scen_kind(const char *kind, struct scen_fault *out)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, kind) != 0) {
			continue;
		}
		for (unsigned k = 0; kinds[i].mix[k].views != 0; k++) {
			add_weight(out, kinds[i].mix[k].views, kinds[i].mix[k].shape,
			    kinds[i].mix[k].weight);
		}
		memcpy(out->kind, kind, strlen(kind) + 1);
		return true;
	}
	return false;
}

/* ---- who and what is hit ---- */

static unsigned
find_control(struct scen_reader *reader)
{
	const char *word = scen_next(reader, "a control");
	unsigned number = 0;

	for (unsigned i = 0; i < reader->scen->probes && !reader->has_failed; i++) {
		const struct scen_probe *probe = &reader->scen->probe[i];

		if (probe->target != SCEN_NONE) {
			continue;
		}
		if (strcmp(probe->name, word) == 0) {
			return number;
		}
		number++;
	}
	scen_fail(reader, "no such control", "one declared before");
	return 0;
}

static uint32_t
of_provider(struct scen_reader *reader)
{
	const char *word = scen_next(reader, "a provider");
	uint32_t targets = 0;

	for (unsigned i = 0; i < reader->scen->targets; i++) {
		bool is_it = strcmp(reader->scen->target[i].provider, word) == 0;

		targets |= is_it ? UINT32_C(1) << i : 0;
	}
	if (targets == 0) {
		scen_fail(reader, "no such provider", "that of a target before");
	}
	return targets;
}

static bool
read_scope(struct scen_reader *reader, struct scen_fault *fault)
{
	if (scen_is(reader, "target")) {
		fault->targets = 0;
		do {
			fault->targets |= UINT32_C(1) << scen_find_target(reader);
		} while (scen_names_follow(reader));
	} else if (scen_is(reader, "provider")) {
		fault->targets = of_provider(reader);
	} else if (scen_is(reader, "control")) {
		fault->controls = 0;
		do {
			fault->controls |= UINT32_C(1) << find_control(reader);
		} while (scen_names_follow(reader));
	} else if (scen_is(reader, "serving")) {
		fault->agents &= scen_served(reader);
	} else {
		return scen_agents(reader, &fault->agents);
	}
	return true;
}

static bool
read_option(struct scen_reader *reader, struct scen_fault *fault)
{
	if (scen_is(reader, "rate")) {
		fault->rate = scen_share(reader);
	} else if (scen_is(reader, "ramp")) {
		fault->ramp_ns = scen_time(reader);
	} else if (scen_is(reader, "cycle")) {
		fault->on_ns = scen_time(reader);
		fault->off_ns = scen_time(reader);
		if (fault->on_ns + fault->off_ns <= 0) {
			scen_fail(reader, "a cycle of no time", "times on and off");
		}
	} else {
		return read_scope(reader, fault);
	}
	return true;
}

static void
read_fault(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;
	struct scen_fault *fault = &scen->fault[scen->faults];

	if (scen->faults == SCEN_FAULTS) {
		scen_fail(reader, "too many faults", "at most 32");
		return;
	}
	memset(fault, 0, sizeof(*fault));
	fault->rate = 1;
	fault->agents = UINT64_MAX;
	fault->targets = UINT32_MAX;
	fault->controls = UINT32_MAX;
	if (!scen_kind(scen_next(reader, "a kind of fault"), fault)) {
		scen_fail(reader, "no such kind of fault",
		    "one of those of: parallax-sim help scenario");
	}
	scen_must(reader, "at");
	fault->at_ns = scen_time(reader);
	scen_must(reader, "for");
	fault->for_ns = scen_time(reader);
	while (scen_more(reader) && read_option(reader, fault)) {
	}
	if (fault->agents == 0) {
		scen_fail(reader, "a fault that hits nobody", "scopes that agree");
	}
	scen->faults++;
}

static enum scen_view
read_view(struct scen_reader *reader)
{
	if (scen_is(reader, "image")) {
		return SCEN_IMAGE;
	}
	if (scen_is(reader, "free")) {
		return SCEN_FREE;
	}
	scen_must(reader, "control");
	return SCEN_CONTROL;
}

static void
read_shows(struct scen_reader *reader)
{
	struct scen *scen = reader->scen;
	struct scen_fault *fault;
	enum scen_view view;

	if (scen->faults == 0) {
		scen_fail(reader, "'shows' without a fault", "a fault before it");
		return;
	}
	fault = &scen->fault[scen->faults - 1];
	view = read_view(reader);
	memset(fault->weight[view], 0, sizeof(fault->weight[view]));
	do {
		enum shape shape = SHAPE_OK;

		if (!shape_find(scen_next(reader, "a shape"), &shape) ||
		    !shape_fits(shape, scen_role(view))) {
			scen_fail(reader, "no way for such a probe to end",
			    "a shape of tests/sim/shape.h");
			return;
		}
		fault->weight[view][shape] = scen_number(reader, 0, 1000000);
	} while (scen_more(reader));
}

bool
scen_fault_line(struct scen_reader *reader, const char *word)
{
	if (strcmp(word, "fault") == 0) {
		read_fault(reader);
		return true;
	}
	if (strcmp(word, "shows") == 0) {
		read_shows(reader);
		return true;
	}
	return false;
}
