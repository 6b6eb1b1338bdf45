#include "tests/sim/score.h"

#include <inttypes.h>
#include <string.h>

static bool
serves(const struct scen *scen, const struct scen_place *place, const char *text)
{
	for (unsigned t = 0; t < scen->targets; t++) {
		const struct scen_target *target = &scen->target[t];

		for (unsigned r = 0; r < scen->regions; r++) {
			unsigned serving = target->serves[r];

			/* The core knows serving regions by whom they serve. */
			if (strcmp(target->name, place->target) == 0 &&
			    serving != SCEN_NONE &&
			    strcmp(target->serving[serving], place->name) == 0) {
				return strstr(text, scen->region[r].name) != NULL;
			}
		}
	}
	return false;
}

static bool
fits(const struct scen *scen, const struct scen_place *place,
    const struct play_saying *saying)
{
	if (place->verdict != saying->verdict || place->is_past != saying->is_past) {
		return false;
	}
	if (place->kind[0] == '\0') {
		return true;
	}
	if (strcmp(place->kind, saying->scope) != 0) {
		return false;
	}
	if (strcmp(place->kind, "fleet") == 0) {
		return true;
	}
	if (strcmp(place->kind, "target") == 0) {
		return strcmp(place->name, saying->target) == 0;
	}
	if (strcmp(place->kind, "serving") == 0) {
		return serves(scen, place, saying->text);
	}
	return strcmp(place->name, saying->name) == 0;
}

static bool
fits_any(const struct scen *scen, const struct scen_place *place, unsigned len,
    const struct play_saying *saying)
{
	for (unsigned i = 0; i < len; i++) {
		if (fits(scen, &place[i], saying)) {
			return true;
		}
	}
	return false;
}

/* Expected at some time, or allowed. */
static bool
is_right(const struct scen *scen, const struct play_saying *saying)
{
	for (unsigned i = 0; i < scen->expects; i++) {
		if (fits_any(
			scen, scen->expect[i].place, scen->expect[i].len, saying)) {
			return true;
		}
	}
	return fits_any(scen, scen->allow, scen->allows, saying);
}

static void
blame(struct score *score, const char *what, const struct play_saying *saying)
{
	if (!score->held) {
		return; /* the first reason is told */
	}
	score->held = false;
	if (saying == NULL) {
		(void)snprintf(score->why, sizeof(score->why), "%s", what);
		return;
	}
	(void)snprintf(score->why, sizeof(score->why), "%s: %s%s %.60s at %.0f s", what,
	    saying->is_past ? "past " : "", verdict_name(saying->verdict), saying->text,
	    (double)saying->at_ns / 1e9);
}

/* ---- expectations ---- */

static bool
is_open_or_past(const struct play_saying *saying)
{
	return saying->state == INCIDENT_OPEN || saying->is_past;
}

static const struct play_saying *
last_open(const struct play_story *story, uint64_t incident)
{
	const struct play_saying *last = NULL;

	for (size_t i = 0; i < story->sayings; i++) {
		if (story->saying[i].incident == incident &&
		    story->saying[i].state == INCIDENT_OPEN) {
			last = &story->saying[i];
		}
	}
	return last;
}

static const struct play_saying *
find_expected(const struct play *play, const struct scen_expect *expect)
{
	for (size_t i = 0; i < play->story.sayings; i++) {
		const struct play_saying *saying = &play->story.saying[i];

		if (saying->at_ns >= expect->after_ns && is_open_or_past(saying) &&
		    fits_any(play->scen, expect->place, expect->len, saying)) {
			return saying;
		}
	}
	return NULL;
}

static void
judge_details(const struct play *play, const struct scen_expect *expect,
    const struct play_saying *saying, struct score *score)
{
	const struct play_saying *last = last_open(&play->story, saying->incident);
	int64_t off_ns = saying->onset_ns - expect->after_ns;

	if (expect->rate_to > 0 && last != NULL &&
	    (last->rate_ppm < expect->rate_from * 1e6 ||
		last->rate_ppm > expect->rate_to * 1e6)) {
		char what[48];

		(void)snprintf(what, sizeof(what), "rate %u %% in the end",
		    last->rate_ppm / 10000);
		blame(score, what, last);
	}
	if (expect->onset_ns > 0 &&
	    (off_ns > expect->onset_ns || off_ns < -expect->onset_ns)) {
		char what[48];

		(void)snprintf(
		    what, sizeof(what), "onset off by %.0f s", (double)off_ns / 1e9);
		blame(score, what, saying);
	}
}

static void
judge_expect(const struct play *play, unsigned number, struct score *score)
{
	const struct scen_expect *expect = &play->scen->expect[number];
	const struct play_saying *saying = find_expected(play, expect);
	char what[SCORE_TEXT];
	char place[SCORE_TEXT / 2];
	double delay_s;

	scen_place_text(&expect->place[0], place, sizeof(place));
	if (saying == NULL) {
		(void)snprintf(what, sizeof(what), "never said: %s", place);
		blame(score, what, NULL);
		return;
	}
	delay_s = (double)(saying->at_ns - expect->after_ns) / 1e9;
	if (number == 0) {
		score->delay_s = delay_s;
	}
	if (saying->at_ns - expect->after_ns > expect->within_ns) {
		(void)snprintf(what, sizeof(what), "late, %.0f s instead of %.0f: %s",
		    delay_s, (double)expect->within_ns / 1e9, place);
		blame(score, what, NULL);
	}
	judge_details(play, expect, saying, score);
}

/* ---- what should not have been said ---- */

static bool
is_first(const struct play_story *story, size_t saying)
{
	for (size_t i = 0; i < saying; i++) {
		if (story->saying[i].incident == story->saying[saying].incident) {
			return false;
		}
	}
	return true;
}

static void
judge_sayings(const struct play *play, struct score *score)
{
	const struct play_story *story = &play->story;

	for (size_t i = 0; i < story->pages; i++) {
		const struct play_saying *saying =
		    &story->saying[story->page[i].saying];

		if (!is_right(play->scen, saying)) {
			score->wrong_pages++;
			blame(score, "wrong page", saying);
		}
	}
	for (size_t i = 0; i < story->sayings; i++) {
		const struct play_saying *saying = &story->saying[i];
		const struct play_saying *last = last_open(story, saying->incident);

		if (fits_any(
			play->scen, play->scen->never, play->scen->nevers, saying)) {
			blame(score, "never to be said", saying);
		}
		if (is_first(story, i) && !is_right(play->scen, saying)) {
			blame(score, "opened", saying);
		}
		if (last == saying && !is_right(play->scen, saying)) {
			blame(score, "called so in the end", saying);
		}
	}
}

static void
judge_pages(const struct play *play, struct score *score)
{
	const struct scen *scen = play->scen;
	char what[64];

	score->pages = (unsigned)play->story.pages;
	if (score->pages < scen->pages_min || score->pages > scen->pages_max) {
		(void)snprintf(what, sizeof(what), "%u pages instead of %u",
		    score->pages,
		    score->pages < scen->pages_min ? scen->pages_min : scen->pages_max);
		blame(score, what, NULL);
	}
}

/* ---- for the table ---- */

static void
describe(const struct play *play, struct score *score)
{
	const struct play_story *story = &play->story;
	size_t used = 0;

	for (size_t i = 0; i < story->sayings && used + 2 < SCORE_TEXT; i++) {
		const struct play_saying *saying = &story->saying[i];
		int n;

		if (!is_first(story, i)) {
			continue;
		}
		if (used == 0) {
			score->first = saying->verdict;
			score->final = last_open(story, saying->incident) != NULL
					   ? last_open(story, saying->incident)->verdict
					   : saying->verdict;
		}
		n = snprintf(score->observed + used, SCORE_TEXT - used, "%s%s%s %s",
		    used > 0 ? " + " : "", saying->is_past ? "past " : "",
		    verdict_name(saying->verdict), saying->text);
		used += n > 0 ? (size_t)n : 0;
	}
}

static void
describe_expected(const struct scen *scen, struct score *score)
{
	size_t used = 0;

	(void)snprintf(score->expected, SCORE_TEXT, "nothing");
	for (unsigned i = 0; i < scen->expects && used + 4 < SCORE_TEXT; i++) {
		char place[SCORE_TEXT / 2];
		int n;

		scen_place_text(&scen->expect[i].place[0], place, sizeof(place));
		n = snprintf(score->expected + used, SCORE_TEXT - used, "%s%s",
		    used > 0 ? " + " : "", place);
		used += n > 0 ? (size_t)n : 0;
	}
	if (scen->expects > 0) {
		const struct scen_place *place = &scen->expect[0].place[0];

		score->injected = place->verdict;
		score->is_local = strcmp(place->kind, "agent") == 0 ||
				  strcmp(place->kind, "region") == 0;
	}
}

void
score_play(struct play *play, double bound_s, struct score *out)
{
	unsigned char digest[SHA256_BYTES];

	out->held = true;
	out->delay_s = -1;
	out->bound_s = bound_s;
	out->first = VERDICT_HEALTHY;
	out->final = VERDICT_HEALTHY;
	out->injected = VERDICT_HEALTHY;
	out->paid = play->paid_runs;
	out->asked = play->asked_runs;
	out->results = play->results;
	out->world_s = (double)play->end_ns / 1e9;
	describe_expected(play->scen, out);
	describe(play, out);
	for (unsigned i = 0; i < play->scen->expects; i++) {
		judge_expect(play, i, out);
	}
	judge_sayings(play, out);
	judge_pages(play, out);
	sha256_end(&play->hash, digest);
	sha256_hex(digest, out->sha256);
}

static void
put_text(FILE *out, const char *name, const char *text)
{
	(void)fprintf(out, ",\"%s\":\"", name);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\') {
			(void)fprintf(out, "\\%c", c);
		} else if (c >= ' ') {
			(void)fputc(c, out);
		}
	}
	(void)fputc('"', out);
}

static void
put_seconds(FILE *out, const char *name, double seconds)
{
	if (seconds < 0) {
		(void)fprintf(out, ",\"%s\":null", name);
	} else {
		(void)fprintf(out, ",\"%s\":%.1f", name, seconds);
	}
}

void
score_json(const struct score *score, FILE *out)
{
	(void)fprintf(out, "{\"seed\":%" PRIu64 ",\"held\":%s", score->seed,
	    score->held ? "true" : "false");
	put_text(out, "scenario", score->scenario);
	put_text(out, "policy", plant_policy_name(score->policy));
	(void)fprintf(out, ",\"mismatch\":%s", score->is_mismatch ? "true" : "false");
	put_text(out, "expected", score->expected);
	put_text(out, "observed", score->observed);
	put_text(out, "why", score->why);
	put_seconds(out, "delay_s", score->delay_s);
	put_seconds(out, "bound_s", score->bound_s);
	(void)fprintf(out,
	    ",\"pages\":%u,\"wrong_pages\":%u,\"paid_probes\":%" PRIu64
	    ",\"asked_probes\":%" PRIu64 ",\"results\":%" PRIu64 ",\"world_s\":%.0f",
	    score->pages, score->wrong_pages, score->paid, score->asked, score->results,
	    score->world_s);
	put_text(out, "transcript_sha256", score->sha256);
	(void)fputs("}\n", out);
}
