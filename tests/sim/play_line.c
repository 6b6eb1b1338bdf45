#include "tests/sim/play.h"

#include "tests/sim/chance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_NS  (40 * CLOCK_NS_PER_MS)
#define RESEND_NS (300 * CLOCK_NS_PER_MS)
#define REPEAT_S  90

static void
link_parcel(struct play *play, struct play_parcel *parcel)
{
	parcel->play = play;
	parcel->next = play->parcels;
	parcel->before = &play->parcels;
	if (play->parcels != NULL) {
		play->parcels->before = &parcel->next;
	}
	play->parcels = parcel;
}

struct play_parcel *
play_line_parcel(struct play *play)
{
	struct play_parcel *parcel = calloc(1, sizeof(*parcel));

	if (parcel == NULL) {
		abort();
	}
	link_parcel(play, parcel);
	return parcel;
}

struct play_parcel *
play_line_copy(const struct play_parcel *parcel)
{
	struct play_parcel *copy = malloc(sizeof(*copy));

	if (copy == NULL) {
		abort();
	}
	*copy = *parcel;
	copy->result = malloc((parcel->len + 1) * sizeof(*copy->result));
	if (copy->result == NULL) {
		abort();
	}
	memcpy(copy->result, parcel->result, parcel->len * sizeof(*copy->result));
	link_parcel(parcel->play, copy);
	return copy;
}

static void
free_parcel(struct play_parcel *parcel)
{
	*parcel->before = parcel->next;
	if (parcel->next != NULL) {
		parcel->next->before = parcel->before;
	}
	free(parcel->result);
	free(parcel);
}

/* One way, with what is lost sent again by the line itself. */
static int64_t
travel_ns(struct play *play, const struct play_line *line)
{
	double exponential = -log(1 - nature_uniform(&play->rng));
	int64_t travel_ns =
	    DELAY_NS + line->delay_ns + (int64_t)(exponential * (double)DELAY_NS);
	int64_t wait_ns = RESEND_NS;

	for (int i = 0; i < 6 && nature_uniform(&play->rng) < line->loss; i++) {
		travel_ns += wait_ns;
		wait_ns *= 2;
	}
	return travel_ns;
}

/* When it arrives: not before what left before it, and not while the line is cut. */
static int64_t
arrival(struct play *play, struct play_line *line, int64_t *last_ns)
{
	int64_t from_ns =
	    line->cut_until_ns > chance_now() ? line->cut_until_ns : chance_now();
	int64_t at_ns = from_ns + travel_ns(play, line);

	*last_ns = at_ns > *last_ns ? at_ns : *last_ns;
	return *last_ns;
}

static void
arrive_up(void *what, uint64_t number)
{
	struct play_parcel *parcel = what;
	struct play *play = parcel->play;

	(void)number;
	if (!play->collector.is_down &&
	    play->agent[parcel->agent].pipe == parcel->pipe && parcel->pipe != 0) {
		play_collector_take(play, parcel);
	}
	free_parcel(parcel);
}

static void
arrive_down(void *what, uint64_t number)
{
	struct play_parcel *parcel = what;

	(void)number;
	play_agent_take(&parcel->play->agent[parcel->agent], parcel);
	free_parcel(parcel);
}

static void
repeat_later(struct play *play, const struct play_parcel *parcel, int64_t at_ns)
{
	double later_s = REPEAT_S * nature_uniform(&play->rng);

	/* Its stamp is that of the moment it was sent, but what arrives is old. */
	chance_add(
	    at_ns + (int64_t)(later_s * 1e9), arrive_up, play_line_copy(parcel), 0);
}

void
play_line_up(struct play_parcel *parcel)
{
	struct play *play = parcel->play;
	struct play_line *line = &play->line[parcel->agent];
	int64_t at_ns = arrival(play, line, &line->up_at_ns);

	if (parcel->kind == PLAY_BATCH && line->repeat > 0 &&
	    nature_uniform(&play->rng) < line->repeat) {
		repeat_later(play, parcel, at_ns);
	}
	chance_add(at_ns, arrive_up, parcel, 0);
}

void
play_line_down(struct play_parcel *parcel)
{
	struct play *play = parcel->play;
	struct play_line *line = &play->line[parcel->agent];

	chance_add(arrival(play, line, &line->down_at_ns), arrive_down, parcel, 0);
}

static void
connected(void *what, uint64_t number)
{
	struct play_agent *agent = what;

	if (agent->play->collector.is_down) {
		play_agent_lost(agent, (uint32_t)number);
	} else {
		play_agent_connected(agent, (uint32_t)number);
	}
}

void
play_line_connect(struct play *play, uint16_t agent)
{
	struct play_line *line = &play->line[agent];

	play_line_break(play, agent);
	play->agent[agent].pipe = ++play->pipes;
	line->up_at_ns = 0;
	line->down_at_ns = 0;
	chance_add(arrival(play, line, &line->down_at_ns), connected,
	    &play->agent[agent], play->agent[agent].pipe);
}

static void
gone(void *what, uint64_t number)
{
	play_collector_gone(what, (uint32_t)number);
}

void
play_line_break(struct play *play, uint16_t agent)
{
	struct play_line *line = &play->line[agent];

	if (play->agent[agent].pipe != 0) {
		chance_add(arrival(play, line, &line->up_at_ns), gone, play,
		    play->agent[agent].pipe);
	}
}

void
play_line_cut(struct play *play, uint64_t agents, int64_t until_ns)
{
	for (unsigned i = 0; i < play->scen->agents; i++) {
		struct play_line *line = &play->line[i];

		if ((agents >> i & 1) != 0 && line->cut_until_ns < until_ns) {
			line->cut_until_ns = until_ns;
		}
	}
}

void
play_line_close(struct play *play)
{
	struct play_parcel *parcel = play->parcels;

	play->parcels = NULL;
	while (parcel != NULL) {
		struct play_parcel *next = parcel->next;

		free(parcel->result);
		free(parcel);
		parcel = next;
	}
}
