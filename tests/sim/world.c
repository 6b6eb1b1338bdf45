#include "tests/sim/world.h"

#include "agent/shell/agent_loop.h"
#include "collector/shell/service_internal.h"
#include "common/core/clock.h"
#include "tests/sim/chance.h"
#include "tests/sim/fleet.h"
#include "tests/sim/judge.h"
#include "tests/sim/net.h"
#include "tests/sim/node.h"
#include "tests/sim/pager.h"
#include "tests/sim/trace.h"
#include "tests/sim/truth.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_NS (60 * CLOCK_NS_PER_S)

enum {
	QUIET_MINUTES = 30, /* within which everything must be well again */
	SETTLED_MINUTES = 8 /* before that it is not even looked */
};

static struct {
	uint16_t agents;
	struct node agent[FLEET_MAX];
	struct agent_conf conf[FLEET_MAX];
	struct node collector;
	const struct collector_conf *collector_conf;
	bool is_healed;
	bool is_over; /* nothing is started any more */
	bool loses_disk[FLEET_MAX];
} world;

/* ---- the programs ---- */

static void
run_agent(struct node *node)
{
	struct agent *agent;
	char error[256];

	if (agent_new(&world.conf[node->number], &agent, error, sizeof(error)) !=
	    ERR_OK) {
		trace_line(node->name, "cannot start: %s", error);
		return;
	}
	node->program = agent;
	agent_run(agent);
	node->program = NULL;
	agent_free(agent);
}

static void
done_agent(struct node *node)
{
	agent_free(node->program);
	if (world.loses_disk[node->number]) {
		world.loses_disk[node->number] = false;
		trace_line(node->name, "loses its disk");
		disk_wipe(node->disk);
		judge_disk_lost(node->number);
	}
}

static void
run_collector(struct node *node)
{
	struct service *service;
	char error[256];

	pager_sender_began();
	if (service_new(world.collector_conf, NULL, &service, error, sizeof(error)) !=
	    ERR_OK) {
		trace_line(node->name, "cannot start: %s", error);
		return;
	}
	node->program = service;
	judge_restored(service);
	service_run(service);
	node->program = NULL;
	judge_forget();
	service_free(service);
}

static void
done_collector(struct node *node)
{
	if (node->program != NULL) {
		judge_died(node->program);
		service_free(node->program);
	}
}

static void
stop_collector(struct node *node)
{
	if (node->program != NULL) {
		service_stop(node->program);
	}
}

static void
start_again(void *what, uint64_t number)
{
	struct node *node = what;

	(void)number;
	if (node->fiber == NULL && !world.is_over) {
		node_start(node);
	}
}

/* Whoever keeps the program alive starts it again, soon or when somebody looks. */
static void
died(struct node *node)
{
	int64_t wait_ns = world.is_healed || chance_percent(70)
			      ? chance_between(50 * CLOCK_NS_PER_MS, 5 * CLOCK_NS_PER_S)
			      : chance_between(CLOCK_NS_PER_S, 2 * MINUTE_NS);

	chance_add(chance_now() + wait_ns, start_again, node, 0);
}

/* ---- faults ---- */

static struct node *
some_agent(void)
{
	return &world.agent[chance_below(world.agents)];
}

static void
heal_path(void *what, uint64_t number)
{
	(void)what;
	net_cut((uint16_t)number, false, false);
}

static void
cut_path(uint16_t agent, int64_t until_ns)
{
	bool up = chance_percent(60);

	net_cut(agent, up, !up || chance_percent(50));
	if (chance_percent(30)) {
		net_break(agent);
	}
	chance_add(until_ns, heal_path, NULL, agent);
}

static void
heal_disk(void *what, uint64_t number)
{
	struct node *node = what;

	(void)number;
	trace_line(node->name, "its disk is well again");
	disk_set_full(node->disk, false);
	disk_set_broken(node->disk, 0);
}

static void
break_disk(struct node *node, int64_t until_ns)
{
	if (chance_percent(50)) {
		trace_line(node->name, "its disk is full");
		disk_set_full(node->disk, true);
	} else {
		trace_line(node->name, "its disk is broken");
		disk_set_broken(node->disk, 10 + (unsigned)chance_below(91));
	}
	chance_add(until_ns, heal_disk, node, 0);
}

static void
end_outage(void *what, uint64_t number)
{
	(void)what;
	trace_line("true", "all is well with %llu", (unsigned long long)number);
	switch (number) {
	case 0:
		truth_set_outage(false);
		break;
	case 1:
		truth_set_limited(false);
		break;
	case 2:
		pager_set_fault(0);
		break;
	default:
		truth_set_region((uint16_t)(number - 3), false);
		break;
	}
}

static void
begin_outage(int64_t until_ns)
{
	uint64_t which = chance_below(3 + TRUTH_REGIONS);

	trace_line("true", "trouble with %llu", (unsigned long long)which);
	switch (which) {
	case 0:
		truth_set_outage(true);
		break;
	case 1:
		truth_set_limited(true);
		break;
	case 2:
		pager_set_fault(20 + (unsigned)chance_below(80));
		break;
	default:
		truth_set_region((uint16_t)(which - 3), true);
		break;
	}
	chance_add(until_ns, end_outage, NULL, which);
}

static void
step_clock(struct node *node)
{
	int64_t most_ns = chance_percent(50) ? 5 * CLOCK_NS_PER_S : 90 * MINUTE_NS;

	node->skew_ns += chance_between(-most_ns, most_ns);
	trace_line(node->name, "its wall clock is off by %lld ms",
	    (long long)(node->skew_ns / CLOCK_NS_PER_MS));
}

static void
crash(struct node *node)
{
	if (chance_percent(30)) {
		node_kill(node);
	} else {
		node->fuse = 1 + (unsigned)chance_below(12);
	}
}

static void
fault(void *what, uint64_t number)
{
	int64_t until_ns =
	    chance_now() + chance_between(CLOCK_NS_PER_S,
			       chance_percent(70) ? MINUTE_NS : 4 * MINUTE_NS);
	struct node *agent = some_agent();

	(void)what;
	(void)number;
	switch (chance_below(15)) {
	case 0:
	case 1:
		crash(agent);
		break;
	case 2:
		node_stop(chance_percent(70) ? agent : &world.collector);
		break;
	case 3:
		world.loses_disk[agent->number] = agent->fiber != NULL;
		node_kill(agent);
		break;
	case 4:
		break_disk(agent, until_ns);
		break;
	case 5:
		break_disk(&world.collector, until_ns);
		break;
	case 6:
	case 7:
		cut_path(agent->number, until_ns);
		break;
	case 8:
		for (uint16_t i = 0; i < world.agents; i++) {
			cut_path(i, until_ns);
		}
		break;
	case 9:
		net_break(agent->number);
		break;
	case 10:
		step_clock(chance_percent(70) ? agent : &world.collector);
		break;
	case 11:
		begin_outage(until_ns);
		break;
	case 12:
		if (world.collector.program != NULL) {
			trace_line(world.collector.name, "reads its file again");
			service_reload(world.collector.program, world.collector_conf);
		}
		break;
	default:
		crash(&world.collector);
		break;
	}
}

static void
look_into(void *what, uint64_t number)
{
	(void)what;
	(void)number;
	if (world.collector.program != NULL && world.collector.is_waiting) {
		judge_replay(world.collector.program);
	}
}

/* ---- beginning and end ---- */

static void
make_node(struct node *node, const char *name, uint16_t number)
{
	*node = (struct node){.number = number,
	    .region = (uint16_t)(number % FLEET_REGIONS),
	    .started_ns = chance_between(CLOCK_NS_PER_S, 1000 * MINUTE_NS),
	    .skew_ns = chance_percent(80)
			   ? chance_between(-CLOCK_NS_PER_S, CLOCK_NS_PER_S)
			   : chance_between(-60 * MINUTE_NS, 60 * MINUTE_NS),
	    .run = run_agent,
	    .done = done_agent,
	    .died = died};
	(void)snprintf(node->name, sizeof(node->name), "%s", name);
	node->disk = disk_new(node, judge_agent);
}

static void
make_agent(uint16_t number)
{
	char name[8];

	(void)snprintf(name, sizeof(name), "a%u", number);
	make_node(&world.agent[number], name, number);
	world.conf[number] = fleet_agent(number);
	/* Some have little room. */
	if (chance_percent(25)) {
		world.conf[number].spool_bytes_max =
		    (uint64_t)chance_between(2000, 20000);
	}
	if (chance_percent(10)) {
		world.conf[number].spool_age_max_s = (uint32_t)chance_between(20, 300);
	}
}

static void
begin(uint64_t seed)
{
	memset(&world, 0, sizeof(world));
	chance_begin(seed);
	net_begin();
	truth_begin();
	pager_begin();
	world.agents = (uint16_t)chance_between(FLEET_REGIONS, FLEET_MAX);
	world.collector_conf = fleet_collector(world.agents);
	make_node(&world.collector, "coll", 0);
	disk_free(world.collector.disk);
	world.collector.disk = disk_new(&world.collector, judge_collector);
	world.collector.is_collector = true;
	world.collector.run = run_collector;
	world.collector.done = done_collector;
	world.collector.stop = stop_collector;
	judge_begin(&world.collector);
	truth_set_noise((unsigned)chance_below(4));
	node_start(&world.collector);
	for (uint16_t i = 0; i < world.agents; i++) {
		make_agent(i);
		chance_add(chance_between(0, 5 * CLOCK_NS_PER_S), start_again,
		    &world.agent[i], 0);
	}
}

/* Draws when what goes wrong; what exactly is drawn then. */
static void
plan_faults(int64_t until_ns)
{
	int64_t minutes = until_ns / MINUTE_NS;
	int64_t faults = minutes * (chance_percent(80) ? chance_between(1, 6)
						       : chance_between(10, 30));

	for (int64_t i = 0; i < faults; i++) {
		chance_add(chance_between(0, until_ns), fault, NULL, 0);
	}
	for (int64_t i = 0; i <= minutes / 2; i++) {
		chance_add(
		    chance_between(0, until_ns + 10 * MINUTE_NS), look_into, NULL, 0);
	}
}

static void
heal(void)
{
	trace_line("true", "all faults end");
	world.is_healed = true;
	net_heal();
	truth_set_outage(false);
	truth_set_limited(false);
	truth_set_noise(0);
	pager_set_fault(0);
	for (uint16_t i = 0; i < world.agents; i++) {
		truth_set_region((uint16_t)(i % TRUTH_REGIONS), false);
		net_cut(i, false, false);
		heal_disk(&world.agent[i], 0);
		world.agent[i].fuse = 0;
		start_again(&world.agent[i], 0);
	}
	heal_disk(&world.collector, 0);
	world.collector.fuse = 0;
	start_again(&world.collector, 0);
}

static void
run_until(int64_t until_ns)
{
	while (chance_step(until_ns)) {
		;
	}
}

static uint64_t
missing(void)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < world.agents; i++) {
		sum += judge_missing(i);
	}
	return sum;
}

static bool
is_open(uint64_t incident)
{
	const struct service *service = world.collector.program;
	const struct view *view = service->view->view;

	for (uint16_t i = 0; i < view->incident_len; i++) {
		if (view->incident[i].id == incident &&
		    view->incident[i].state == INCIDENT_OPEN) {
			return true;
		}
	}
	return false;
}

static void
check_end(void)
{
	const struct service *service = world.collector.program;

	if (service == NULL) {
		trace_fail("the collector does not run, though nothing is wrong");
		return;
	}
	if (missing() != 0) {
		trace_fail("%llu numbers are neither stored nor declared lost",
		    (unsigned long long)missing());
	}
	for (uint16_t i = 0; i < service->view->view->incident_len; i++) {
		const struct incident *incident = &service->view->view->incident[i];

		if (incident->state == INCIDENT_OPEN) {
			trace_fail("incident %llu (%s) is still open",
			    (unsigned long long)incident->id,
			    verdict_name(incident->verdict));
		}
	}
	pager_check_end(is_open);
	judge_books(world.collector.program, world.agents);
}

/* Lets time pass until there is nothing under way, or for too long. */
static void
settle(void)
{
	int64_t last_ns = chance_now() + QUIET_MINUTES * MINUTE_NS;

	run_until(chance_now() + SETTLED_MINUTES * MINUTE_NS);
	while (chance_now() < last_ns && missing() != 0) {
		run_until(chance_now() + CLOCK_NS_PER_S / 4);
	}
}

static void
end(void)
{
	world.is_over = true;
	for (uint16_t i = 0; i < world.agents; i++) {
		node_kill(&world.agent[i]);
		disk_free(world.agent[i].disk);
	}
	node_kill(&world.collector);
	disk_free(world.collector.disk);
	net_end();
	judge_end();
	pager_end();
	chance_end();
}

void
world_run(uint64_t seed, int64_t trouble_s)
{
	int64_t trouble_ns;

	begin(seed);
	trouble_ns = trouble_s > 0 ? trouble_s * CLOCK_NS_PER_S
				   : chance_between(3, 10) * MINUTE_NS;
	plan_faults(trouble_ns);
	run_until(trouble_ns);
	heal();
	settle();
	check_end();
	end();
}
