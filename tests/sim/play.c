#include "tests/sim/play.h"

#include "tests/sim/chance.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WALL_NS (INT64_C(1767571200) * CLOCK_NS_PER_S) /* 2026-01-05, a Monday */
#define MONO_NS (3600 * CLOCK_NS_PER_S)

struct now
play_now(void)
{
	return (struct now){{MONO_NS + chance_now()}, {WALL_NS + chance_now()}};
}

void
play_say(struct play *play, const char *who, const char *format, ...)
{
	char line[512];
	double at_s = (double)(chance_now() - play->t0_ns) / 1e9;
	int n = snprintf(line, sizeof(line), "%.3f %s ", at_s, who);
	va_list arguments;
	int m;

	va_start(arguments, format);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n, format, arguments);
	va_end(arguments);
	n = n + m < (int)sizeof(line) - 2 ? n + m : (int)sizeof(line) - 2;
	line[n++] = '\n';
	sha256_add(&play->hash, line, (size_t)n);
	if (play->transcript != NULL) {
		(void)fwrite(line, 1, (size_t)n, play->transcript);
	}
}

/* ---- events ---- */

static void
begin_one(void *what, uint64_t number)
{
	play_agent_start(&((struct play *)what)->agent[number]);
}

static void
stop_them(struct play *play, const struct scen_event *event)
{
	for (unsigned i = 0; i < play->scen->agents; i++) {
		if ((event->agents >> i & 1) == 0) {
			continue;
		}
		play_say(play, play->plant->conf->topology.agent[i].name, "stops%s",
		    event->wipe ? ", and forgets everything" : "");
		play_agent_stop(&play->agent[i], event->wipe);
		chance_add(chance_now() + event->for_ns, begin_one, play, i);
	}
}

static void
collector_up(void *what, uint64_t number)
{
	(void)number;
	play_collector_up(what);
}

static void
step_clocks(struct play *play, const struct scen_event *event)
{
	for (unsigned i = 0; i < play->scen->agents; i++) {
		if ((event->agents >> i & 1) != 0) {
			play->agent[i].offset_ns = event->value_ns;
		}
	}
	play_say(
	    play, "clock", "%lld s off", (long long)(event->value_ns / 1000000000));
}

static void
happen(void *what, uint64_t number)
{
	struct play *play = what;
	const struct scen_event *event = &play->scen->event[number];
	struct play_source *source = &play->source[event->index];

	switch (event->kind) {
	case SCEN_CLOCK:
		step_clocks(play, event);
		break;
	case SCEN_CUT:
		play_say(play, "line", "agents %llx are cut off",
		    (unsigned long long)event->agents);
		play_line_cut(play, event->agents, chance_now() + event->for_ns);
		break;
	case SCEN_STOP:
		stop_them(play, event);
		break;
	case SCEN_RESTART:
		play_collector_down(play);
		chance_add(chance_now() + event->for_ns, collector_up, play, 0);
		break;
	case SCEN_RELOAD:
		play_collector_reload(play);
		break;
	case SCEN_SAYS:
		source->claim = event->claim;
		play_say(play, "source", "%u says %d", event->index, (int)event->claim);
		break;
	case SCEN_UPTIME:
		source->uptime = event->share;
		play_say(
		    play, "source", "%u has %.1f %%", event->index, event->share * 100);
		break;
	case SCEN_MAINTENANCE:
		play_collector_maintain(play, event);
		break;
	case SCEN_LINE:
	case SCEN_ONLY_FAILURES:
	case SCEN_EVENT_KINDS:
		break;
	}
}

/* From the start. */
static void
arrange(struct play *play, const struct scen_event *event)
{
	for (unsigned i = 0; i < play->scen->agents; i++) {
		if ((event->agents >> i & 1) == 0) {
			continue;
		}
		if (event->kind == SCEN_LINE) {
			play->line[i].delay_ns = event->value_ns;
			play->line[i].loss = event->loss;
			play->line[i].repeat = event->repeat;
		} else if (event->kind == SCEN_ONLY_FAILURES) {
			play->agent[i].only_failures = true;
		} else if (event->kind == SCEN_CLOCK) {
			play->agent[i].offset_ns = event->value_ns;
		}
	}
}

static void
announce(void *what, uint64_t number)
{
	struct play *play = what;
	const struct scen_fault *fault = &play->scen->fault[number];

	play_say(play, "fault", "%s begins, for %lld s", fault->kind,
	    (long long)(fault->for_ns / 1000000000));
}

static void
arrange_all(struct play *play)
{
	for (unsigned i = 0; i < play->scen->sources; i++) {
		play->source[i].uptime = 0.995;
	}
	for (unsigned i = 0; i < play->scen->events; i++) {
		const struct scen_event *event = &play->scen->event[i];

		if (event->at_ns < 0) {
			arrange(play, event);
		} else {
			chance_add(play->t0_ns + event->at_ns, happen, play, i);
		}
	}
	for (unsigned i = 0; i < play->scen->faults; i++) {
		chance_add(play->t0_ns + play->scen->fault[i].at_ns, announce, play, i);
	}
}

/* The zero is anywhere within the longest interval, so that no schedule knows it. */
static int64_t
zero(struct play *play)
{
	int64_t longest_ns = 0;

	for (unsigned i = 0; i < play->scen->probes; i++) {
		const struct scen_probe *probe = &play->scen->probe[i];

		longest_ns =
		    probe->every_ns > longest_ns ? probe->every_ns : longest_ns;
	}
	return play->scen->warmup_ns +
	       (int64_t)((double)longest_ns * nature_uniform(&play->rng));
}

struct play *
play_run(struct plant *plant, const struct play_order *order)
{
	struct play *play = calloc(1, sizeof(*play));

	if (play == NULL) {
		abort();
	}
	play->plant = plant;
	play->scen = plant->scen;
	play->transcript = order->transcript;
	play->is_terse = order->is_terse;
	sha256_init(&play->hash);
	chance_begin(order->seed);
	rng_init(&play->rng, order->seed ^ UINT64_C(0x706c6179));
	play->t0_ns = zero(play);
	play->end_ns = play->t0_ns + play->scen->end_ns;
	nature_init(
	    &play->nature, play->scen, order->seed, play->t0_ns, order->is_mismatch);
	play_collector_open(play, order->seed);
	for (unsigned i = 0; i < play->scen->agents; i++) {
		play_agent_open(play, (uint16_t)i, order->seed + i);
	}
	arrange_all(play);
	for (unsigned i = 0; i < play->scen->agents; i++) {
		chance_add(
		    (int64_t)(nature_uniform(&play->rng) * 1e9), begin_one, play, i);
	}
	while (chance_step(play->end_ns)) {
	}
	return play;
}

void
play_free(struct play *play)
{
	for (unsigned i = 0; i < play->scen->agents; i++) {
		play_agent_close(&play->agent[i]);
	}
	play_collector_close(play);
	play_line_close(play);
	free(play->story.saying);
	free(play->story.page);
	free(play);
	chance_end(); /* what was on its way is forgotten */
}
