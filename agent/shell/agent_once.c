#include "agent/core/redact_result.h"
#include "agent/shell/agent_internal.h"
#include "common/core/utf8.h"
#include "common/shell/clock_sys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	NAME_MAX_WIDTH = 28,
	NAME_NARROW_WIDTH = 14,
	REST_WIDTH = 124, /* of a row, without the names */
	LINE_BYTES = 768
};

/* The table. Rows come as runs end and are shown in the order of the plan, each as soon as
 * all before it are there. */
struct once {
	char **line; /* by probe, NULL = not yet */
	size_t len;
	size_t shown;
	size_t done;
	size_t good;
	size_t unpaid; /* not run, because it costs money */
	bool with_paid;
	int target_width;
	int probe_width;
	size_t width; /* of the terminal, 0 = there is none */
	bool narrow;  /* too narrow for all phases side by side: they go below */
	bool coloured;
};

/* A line being made. */
struct row {
	char text[LINE_BYTES];
	size_t len;
};

static void add(struct row *row, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct row *row, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len =
	    vsnprintf(row->text + row->len, sizeof(row->text) - row->len, format, args);
	va_end(args);
	if (len > 0) {
		row->len += (size_t)len;
	}
	if (row->len >= sizeof(row->text)) {
		row->len = sizeof(row->text) - 1;
	}
}

/* The parts of "target/probe"; the second is "" when there is none. */
static int
target_len(const char *series)
{
	return (int)strcspn(series, "/");
}

static const char *
probe_of(const char *series)
{
	const char *slash = strchr(series, '/');

	return slash == NULL ? "" : slash + 1;
}

static int
wider(int width, size_t len)
{
	int other = len > NAME_MAX_WIDTH ? NAME_MAX_WIDTH : (int)len;

	return other > width ? other : width;
}

static void
add_name(struct row *row, const char *text, int len, int width)
{
	add(row, "%-*.*s  ", width, len < width ? len : width, text);
}

/* The phases that were reached, by name. */
static void
add_phases(struct row *row, const struct result *result)
{
	const struct timing *timing = &result->timing;
	bool answered = timing->answered_us != 0;
	const struct {
		const char *name;
		uint32_t until;
	} phases[] = {{"DNS", timing->dns_us}, {"TCP", timing->connect_us},
	    {"TLS", timing->tls_us}, {"SENT", timing->sent_us},
	    {"WAIT", timing->first_byte_us},
	    {"BODY", answered                     ? timing->answered_us
		     : timing->first_byte_us != 0 ? timing->total_us
						  : 0},
	    {"FETCH", answered ? timing->total_us : 0}};
	const char *before = "\n    ";
	uint32_t at = 0;

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		uint32_t until = phases[i].until;

		if (until == 0) {
			continue;
		}
		add(row, "%s%s %.1f", before, phases[i].name,
		    until > at ? (until - at) / 1000.0 : 0.0);
		at = until > at ? until : at;
		before = "  ";
	}
}

/* One phase in milliseconds: from `from` to `to`, both since the start; "-" when it was not
 * reached. Returns where the next begins. */
static uint32_t
add_phase(struct row *row, uint32_t from, uint32_t to)
{
	if (to == 0) {
		add(row, " %7s", "-");
		return from;
	}
	add(row, " %7.1f", to > from ? (to - from) / 1000.0 : 0.0);
	return to > from ? to : from;
}

static void
add_timing(struct row *row, const struct result *result)
{
	const struct timing *timing = &result->timing;
	bool answered = timing->answered_us != 0;
	uint32_t at = add_phase(row, 0, timing->dns_us);

	at = add_phase(row, at, timing->connect_us);
	at = add_phase(row, at, timing->tls_us);
	at = add_phase(row, at, timing->sent_us);
	at = add_phase(row, at, timing->first_byte_us);
	at = add_phase(row, at,
	    answered                     ? timing->answered_us
	    : timing->first_byte_us != 0 ? timing->total_us
					 : 0);
	(void)add_phase(row, at, answered ? timing->total_us : 0);
}

static void
add_size(struct row *row, uint32_t bytes)
{
	if (bytes < 10000) {
		add(row, " %6uB", (unsigned)bytes);
	} else if (bytes < 10000000) {
		add(row, " %6.1fk", bytes / 1000.0);
	} else {
		add(row, " %6.1fM", bytes / 1000000.0);
	}
}

static void
add_image(const struct once *once, struct row *row, const struct image_info *image)
{
	char text[40] = "-";

	if (once->narrow && image == NULL) {
		return;
	}
	if (image != NULL && image->format != IMAGE_UNKNOWN) {
		(void)snprintf(text, sizeof(text), "%s %ux%u",
		    image_format_name(image->format), (unsigned)image->width,
		    (unsigned)image->height);
	}
	add(row, "  %-*s", once->narrow ? 0 : 15, text);
}

/* As much of `text` as `room` bytes hold, at a character's border. */
static void
add_cut(struct row *row, const char *text, size_t room)
{
	size_t len = strlen(text);
	size_t at = 0;

	while (at < len) {
		size_t step = utf8_char(text + at, len - at);

		if (step == 0 || at + step > room) {
			break;
		}
		at += step;
	}
	add(row, "%.*s", (int)at, text);
}

/* What there is to say besides: behind the rest of the row, or below it where the terminal
 * is too narrow for both. */
static void
add_detail(const struct once *once, struct row *row, const struct result *result)
{
	char flags[128];
	char detail[LIMIT_DETAIL_BYTES + sizeof(flags) + 8];
	size_t room = sizeof(detail);

	(void)flags_text(result->flags, flags, sizeof(flags));
	(void)snprintf(detail, sizeof(detail), "%s%s%s%s", flags[0] != '\0' ? "[" : "",
	    flags, flags[0] != '\0' ? "] " : "", result->detail);
	if (once->width == 0 || detail[0] == '\0' ||
	    (!once->narrow && row->len + strlen(detail) + 2 <= once->width)) {
		add(row, "  ");
	} else {
		add(row, "\n    ");
		room = once->width > 8 ? once->width - 4 : 4;
	}
	add_cut(row, detail, room);
	while (row->len > 0 && row->text[row->len - 1] == ' ') {
		row->text[--row->len] = '\0';
	}
}

static const char *
colour_of(const struct result *result)
{
	if (result->outcome == OUTCOME_OK) {
		return "\033[32m";
	}
	return outcome_is_failure(result->outcome) ? "\033[31m" : "\033[33m";
}

static void
make_row(const struct once *once, const struct result *result,
    const struct image_info *image, struct row *row)
{
	*row = (struct row){.len = 0};
	add_name(row, result->series, target_len(result->series), once->target_width);
	add_name(row, probe_of(result->series), (int)strlen(probe_of(result->series)),
	    once->probe_width);
	add(row, "%-15s  %-7s", outcome_name(result->outcome),
	    phase_name(result->phase));
	if (result->http_status != 0) {
		add(row, " %4u", (unsigned)result->http_status);
	} else {
		add(row, " %4s", "-");
	}
	if (!once->narrow) {
		add_timing(row, result);
	}
	add(row, " %9.1f", result->timing.total_us / 1000.0);
	add_size(row, result->body_bytes);
	if (once->narrow) {
		add_phases(row, result);
	}
	add_image(once, row, image);
	add_detail(once, row, result);
}

/* The outcome is what the eye looks for: it alone is coloured, once the row is made and no
 * width depends on it any more. */
static char *
finish_row(const struct once *once, const struct result *result, const struct row *row)
{
	size_t at = (size_t)once->target_width + (size_t)once->probe_width + 4;
	size_t len = strlen(outcome_name(result->outcome));
	char *line = malloc(sizeof(row->text) + 16);

	if (line == NULL || !once->coloured || at + len > row->len) {
		if (line != NULL) {
			memcpy(line, row->text, row->len + 1);
		}
		return line;
	}
	(void)snprintf(line, sizeof(row->text) + 16, "%.*s%s%.*s\033[0m%s", (int)at,
	    row->text, colour_of(result), (int)len, row->text + at,
	    row->text + at + len);
	return line;
}

static void
show(struct once *once, size_t probe, const struct result *result,
    const struct image_info *image)
{
	struct row row;

	make_row(once, result, image, &row);
	free(once->line[probe]);
	once->line[probe] = finish_row(once, result, &row);
	once->done++;
	once->good += result->outcome == OUTCOME_OK;
	while (once->shown < once->len && once->line[once->shown] != NULL) {
		(void)puts(once->line[once->shown]);
		once->shown++;
	}
	(void)fflush(stdout);
}

static void
show_head(const struct once *once)
{
	if (once->narrow) {
		(void)printf("%-*s  %-*s  %-15s  %-7s HTTP %9s %7s\n",
		    once->target_width, "TARGET", once->probe_width, "PROBE", "OUTCOME",
		    "PHASE", "TOTAL ms", "BYTES");
		(void)fflush(stdout);
		return;
	}
	(void)printf("%-*s  %-*s  %-15s  %-7s HTTP %7s %7s %7s %7s %7s %7s %7s %9s "
		     "%7s  %-15s%s\n",
	    once->target_width, "TARGET", once->probe_width, "PROBE", "OUTCOME",
	    "PHASE", "DNS ms", "TCP", "TLS", "SENT", "WAIT", "BODY", "FETCH",
	    "TOTAL ms", "BYTES", "IMAGE", once->width == 0 ? "  DETAIL" : "");
	(void)fflush(stdout);
}

static void
look_at_terminal(struct once *once)
{
	struct winsize size = {0};

	if (isatty(STDOUT_FILENO) == 0) {
		return;
	}
	once->coloured = getenv("NO_COLOR") == NULL;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
		once->width = size.ws_col;
	}
}

static int
lesser(int a, int b)
{
	return a < b ? a : b;
}

static void
make_narrow(struct once *once)
{
	size_t names = (size_t)once->target_width + (size_t)once->probe_width;

	once->narrow = once->width != 0 && once->width < names + REST_WIDTH;
	if (once->narrow) {
		once->target_width = lesser(once->target_width, NAME_NARROW_WIDTH);
		once->probe_width = lesser(once->probe_width, NAME_NARROW_WIDTH);
	}
}

static enum err
begin(struct once *once, const struct plan *plan)
{
	*once = (struct once){.len = plan->len,
	    .target_width = (int)strlen("TARGET"),
	    .probe_width = (int)strlen("PROBE")};
	once->line = calloc(plan->len + 1, sizeof(*once->line));
	if (once->line == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < plan->len; i++) {
		const char *series = plan->probe[i].series;

		once->target_width =
		    wider(once->target_width, (size_t)target_len(series));
		once->probe_width = wider(once->probe_width, strlen(probe_of(series)));
	}
	look_at_terminal(once);
	make_narrow(once);
	show_head(once);
	return ERR_OK;
}

/* The running agent alone knows what may be spent. */
static bool
is_too_dear(
    const struct agent *agent, const struct once *once, const struct plan_probe *probe)
{
	return agent->is_guest && !once->with_paid &&
	       (probe->cost_microusd > 0 || probe_traits(probe->kind)->makes_image);
}

static void
show_unpaid(struct once *once, const struct plan_probe *probe, size_t index)
{
	const struct result result = {.series = probe->series,
	    .outcome = OUTCOME_SKIPPED,
	    .phase = PHASE_LOCAL,
	    .detail = "costs money, and the agent that runs here keeps the account: "
		      "--paid runs it beside the budget",
	    .request_id = ""};

	once->unpaid++;
	show(once, index, &result, NULL);
}

/* Starts as many runs as there are places for; what the budget does not allow is shown at
 * once. */
static enum err
start_some(struct agent *agent, struct once *once, size_t *at, struct now now)
{
	enum err err = ERR_OK;

	while (*at < once->len && err == ERR_OK &&
	       prober_in_flight(agent->prober) < LIMIT_IN_FLIGHT_PROBES) {
		struct sched_due due = {
		    .probe = (uint32_t)*at, .run = {.slot = (uint32_t)*at}};
		struct result skipped;

		(*at)++;
		if (is_too_dear(agent, once, &agent->plan.probe[due.probe])) {
			show_unpaid(once, &agent->plan.probe[due.probe], due.probe);
			continue;
		}
		if (!agent->is_guest && !agent_money_take(agent, &due, now, &skipped)) {
			show(once, due.probe, &skipped, NULL);
			continue;
		}
		err = agent_probe_start(agent, &due, now);
	}
	return err;
}

static void
take_results(struct agent *agent, struct once *once)
{
	struct probe_tag tag;
	struct result result;

	while (prober_done(agent->prober, &tag, &result)) {
		agent_money_settle(agent, &tag, &result);
		arena_reset(&agent->arena);
		redact_result(&agent->redact, &agent->arena, &result);
		show(once, tag.slot, &result, prober_image(agent->prober));
	}
}

/* A guest lets go of the spool as soon as it has the plan: whoever owns it may stop and
 * start again. */
static void
take_plan(struct agent *agent)
{
	agent_plan_restore(agent, clock_sys_boot());
	if (agent->is_guest) {
		spool_close(agent->spool);
		agent->spool = NULL;
	}
}

static enum agent_once_status
status_of(const struct once *once)
{
	if (once->good + once->unpaid == once->len) {
		return AGENT_ONCE_GOOD;
	}
	return once->good > 0 ? AGENT_ONCE_SOME_FAILED : AGENT_ONCE_ALL_FAILED;
}

enum err
agent_once(struct agent *agent, bool with_paid, enum agent_once_status *out_status)
{
	struct once once;
	size_t started = 0;
	enum err err;

	take_plan(agent);
	if (agent->plan.version == 0) {
		return ERR_NOTFOUND;
	}
	err = begin(&once, &agent->plan);
	once.with_paid = with_paid;
	while (err == ERR_OK && once.done < once.len) {
		err = start_some(agent, &once, &started, clock_sys_boot());
		if (err == ERR_OK && prober_in_flight(agent->prober) > 0) {
			err = prober_wait(agent->prober, -1);
		}
		take_results(agent, &once);
	}
	if (!agent->is_guest) {
		agent_money_flush(agent);
	}
	*out_status = status_of(&once);
	for (size_t i = 0; once.line != NULL && i < once.len; i++) {
		free(once.line[i]);
	}
	free(once.line);
	return err;
}
