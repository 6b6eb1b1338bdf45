#include "agent/shell/probe_legs.h"

#include "agent/core/keyring.h"

#include <stdio.h>
#include <string.h>

static enum probe_turn
turn_of(enum err err)
{
	return err == ERR_OK ? PROBE_TURN_SEND : PROBE_TURN_OVER;
}

static uint32_t
us_since(struct now now, int64_t from_ns)
{
	int64_t us = mono_since(now.mono, (struct mono){from_ns}) / CLOCK_NS_PER_US;

	return us < 1 ? 1 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

/* Ends a run whose next request could not be tried. */
static enum probe_turn
end_untried(struct probe_run *run, const char *text, struct now now, struct result *out)
{
	struct transport transport = {.end = TRANSPORT_LOCAL,
	    .phase = PHASE_LOCAL,
	    .timing.total_us = us_since(now, run->started_ns),
	    .started_at = run->started_at,
	    .text = text};

	check_begin(&run->check, &run->probe, run->redact);
	check_finish(&run->check, &transport, out);
	return PROBE_TURN_OVER;
}

/* ---- the page with a public key ---- */

/* Decides whether the run asks with a public key, or reads the page that holds it. */
static void
choose_page(struct probe_legs *legs, struct probe_run *run, struct mono now)
{
	struct harvest *harvest = &legs->harvest;
	const char *url = run->probe.url;

	if (run->kind != PROBE_AISTUDIO_STATUS) {
		return;
	}
	if (strcmp(legs->harvest_url, url) != 0) {
		if (harvest->reading || strlen(url) >= LIMIT_URL_BYTES) {
			return; /* a key is for those whose page it is from */
		}
		harvest_init(harvest);
		memcpy(legs->harvest_url, url, strlen(url) + 1);
	}
	if (harvest_wants_page(harvest, now)) {
		harvest_page_begin(harvest, now);
		run->page = harvest;
		return;
	}
	run->public_key = harvest_key(harvest);
	run->public_turn = harvest->turn;
}

static enum probe_turn
end_page(struct probe_run *run, const struct transport *transport, struct now now,
    struct result *out)
{
	struct harvest *harvest = run->page;
	bool whole;

	check_finish(&run->check, transport, out);
	whole = out->outcome == OUTCOME_OK;
	run->page = NULL;
	if (harvest_page_end(harvest, whole)) {
		run->public_key = harvest_key(harvest);
		run->public_turn = harvest->turn;
		return probe_run_main(run, NULL, run->public_key, now) == ERR_OK
			   ? PROBE_TURN_SEND
			   : end_untried(run, run->why, now, out);
	}
	if (whole) {
		/* Of the status nothing is known thereby. */
		out->outcome = OUTCOME_AUTH_ERROR;
		out->detail = "no public key on the page";
	}
	return PROBE_TURN_OVER;
}

/* ---- the token ---- */

/* What a run does that needs a token, by what is known of it now. */
static enum probe_turn
step_token(struct probe_run *run, struct now now)
{
	struct oauth *oauth = &run->grant->oauth;

	switch (oauth_step(oauth, now.mono)) {
	case OAUTH_USE:
		run->grant_turn = oauth->turn;
		return turn_of(
		    probe_run_main(run, run->grant->conf, oauth_token(oauth), now));
	case OAUTH_ASK:
		oauth_begin(oauth);
		run->asking = true;
		oauth_answer_begin(&run->grant->answer);
		return turn_of(probe_run_token(run, now));
	case OAUTH_WAIT:
		run->at.leg = PROBE_LEG_TOKEN;
		run->deadline_ns = clock_add_ns(
		    run->started_ns, (int64_t)run->probe.timeout_ms * CLOCK_NS_PER_MS);
		return PROBE_TURN_WAIT;
	case OAUTH_FAILED:
		break;
	}
	run->at.leg = PROBE_LEG_TOKEN;
	run->fault = oauth->fault;
	return PROBE_TURN_OVER;
}

/* Ends a run that has no token. */
static enum probe_turn
end_tokenless(struct probe_run *run, struct now now, struct result *out)
{
	(void)end_untried(run, run->fault.text, now, out);
	out->outcome = run->fault.outcome;
	out->phase = PHASE_TOKEN;
	out->flags |= run->fault.flags;
	out->http_status = run->fault.http_status;
	return PROBE_TURN_OVER;
}

/* What came of asking, in words that may leave this machine. */
static void
judge_token(struct probe_run *run, const struct transport *transport)
{
	struct oauth_fault *fault = &run->fault;
	struct transport end = *transport;
	struct result found;

	if (end.end == TRANSPORT_DONE) {
		oauth_answer_end(&run->grant->answer, end.http_status, fault);
		if (fault->outcome == OUTCOME_OK) {
			return;
		}
		end.end = TRANSPORT_LOCAL;
		end.text = fault->text;
	} else {
		*fault = (struct oauth_fault){.http_status = end.http_status};
		end.http_status = 0; /* there is no answer of the API to read */
	}
	check_finish(&run->check, &end, &found);
	if (fault->outcome == OUTCOME_OK) {
		fault->outcome = found.outcome;
		fault->flags = found.flags;
		/* The check has not seen the body of this answer. */
		if (end.end == TRANSPORT_TIMEOUT && run->grant->answer.bytes > 0) {
			fault->flags |= FLAG_PARTIAL_BODY;
		}
	}
	(void)snprintf(fault->text, sizeof(fault->text), "%s", found.detail);
}

/* The run's own request for a token is over. */
static void
settle_token(struct probe_run *run, const struct transport *transport, struct now now)
{
	judge_token(run, transport);
	run->asking = false;
	if (run->fault.outcome == OUTCOME_OK) {
		grant_got(run->grant, now.mono);
		return;
	}
	oauth_failed(&run->grant->oauth, &run->fault, now.mono);
	oauth_answer_wipe(&run->grant->answer);
	run->fault.outcome = OUTCOME_OK; /* there may be an older token to use */
}

static enum probe_turn
end_token(struct probe_run *run, const struct transport *transport, struct now now,
    struct result *out)
{
	enum probe_turn turn;

	if (run->waited_out) {
		run->fault = (struct oauth_fault){
		    .outcome = OUTCOME_TIMEOUT, .text = "no access token in time"};
	}
	if (run->fault.outcome != OUTCOME_OK) {
		return end_tokenless(run, now, out);
	}
	settle_token(run, transport, now);
	turn = step_token(run, now);
	if (turn != PROBE_TURN_OVER) {
		return turn;
	}
	return run->fault.outcome != OUTCOME_OK ? end_tokenless(run, now, out)
						: end_untried(run, run->why, now, out);
}

/* ---- the main request, and the picture ---- */

/* Whether its answer's validators are worth keeping: a call has none. */
static bool
is_kept(const struct probe_run *run)
{
	return run->probe.role == ROLE_SOURCE && run->kind != PROBE_AISTUDIO_STATUS;
}

/* Takes over what the result means for later runs. "Not modified" leaves the validators
 * that are there. */
static void
remember(struct probe_legs *legs, const struct probe_run *run, struct result *out)
{
	if (out->outcome != OUTCOME_OK) {
		return;
	}
	if (is_kept(run) && out->http_status == 200) {
		validators_keep(&legs->validators, run->probe.series, run->probe.url,
		    check_etag(&run->check), check_last_modified(&run->check));
	}
	if (pictures_seen(
		&legs->pictures, run->probe.series, check_image_digest(&run->check))) {
		out->flags |= FLAG_REPEATED;
	}
}

static void
finish(struct probe_legs *legs, struct probe_run *run,
    const struct transport *transport, struct result *out)
{
	check_finish(&run->check, transport, out);
	if (probe_traits(run->kind)->makes_image) {
		int64_t us = run->decode_ns / CLOCK_NS_PER_US;

		out->decode_us = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	}
	remember(legs, run, out);
}

static enum probe_turn
end_main(struct probe_legs *legs, struct probe_run *run,
    const struct transport *transport, struct now now, struct result *out)
{
	if (run->grant != NULL) {
		oauth_answered(
		    &run->grant->oauth, run->grant_turn, transport->http_status);
	}
	if (transport->end == TRANSPORT_DONE && check_link(&run->check)[0] != '\0') {
		struct transport refused = *transport;

		run->main_timing = transport->timing;
		run->main_timing.answered_us = transport->timing.total_us;
		if (probe_run_fetch(run, now) == ERR_OK) {
			return PROBE_TURN_SEND;
		}
		refused.end = TRANSPORT_MISMATCH;
		refused.timing = run->main_timing;
		refused.text = run->why;
		finish(legs, run, &refused, out);
		return PROBE_TURN_OVER;
	}
	finish(legs, run, transport, out);
	if (run->public_key != NULL) {
		harvest_answered(&legs->harvest, run->public_turn, out->http_status);
	}
	return PROBE_TURN_OVER;
}

/* Both requests are one to whoever waits for a picture, so the times go on. */
static void
end_fetch(struct probe_legs *legs, struct probe_run *run,
    const struct transport *transport, struct now now, struct result *out)
{
	struct transport both = *transport;

	both.timing = run->main_timing;
	both.timing.total_us = UINT32_MAX;
	if (transport->timing.total_us < UINT32_MAX - run->main_timing.total_us) {
		both.timing.total_us =
		    run->main_timing.total_us + transport->timing.total_us;
	}
	both.started_at = run->started_at;
	if (both.end != TRANSPORT_DONE && now.mono.ns >= run->deadline_ns) {
		/* What was going on when the time ran out says nothing of the way. */
		both.end = TRANSPORT_TIMEOUT;
		both.phase = PHASE_BODY;
	}
	finish(legs, run, &both, out);
}

/* ---- */

enum probe_turn
probe_legs_first(struct probe_legs *legs, struct probe_run *run,
    const struct probe_key *key, struct now now)
{
	bool keyed = key != NULL && run->probe.key[0] != '\0';

	choose_page(legs, run, now.mono);
	if (run->page != NULL) {
		return turn_of(probe_run_page(run, now));
	}
	if (keyed && key->grant != NULL) {
		run->grant = key->grant;
		return step_token(run, now);
	}
	return turn_of(keyed ? probe_run_main(run, key->conf, key->secret, now)
			     : probe_run_main(run, NULL, run->public_key, now));
}

enum probe_turn
probe_legs_again(struct probe_run *run, struct now now)
{
	enum probe_turn turn;

	run->waiting = false;
	turn = step_token(run, now);
	run->waiting = turn == PROBE_TURN_WAIT;
	return turn;
}

enum probe_turn
probe_legs_next(struct probe_legs *legs, struct probe_run *run,
    const struct transport *transport, struct now now, struct result *out)
{
	probe_run_wipe(run);
	switch (run->at.leg) {
	case PROBE_LEG_PAGE:
		return end_page(run, transport, now, out);
	case PROBE_LEG_TOKEN:
		return end_token(run, transport, now, out);
	case PROBE_LEG_MAIN:
		return end_main(legs, run, transport, now, out);
	case PROBE_LEG_FETCH:
		break;
	}
	end_fetch(legs, run, transport, now, out);
	return PROBE_TURN_OVER;
}

void
probe_legs_drop(struct probe_run *run, struct now now)
{
	if (run->page != NULL) {
		(void)harvest_page_end(run->page, false);
		run->page = NULL;
	}
	if (run->asking) {
		struct oauth_fault fault = {.outcome = OUTCOME_LOCAL_ERROR,
		    .text = "asking for an access token was given up"};

		oauth_failed(&run->grant->oauth, &fault, now.mono);
		run->asking = false;
	}
}

const struct validator *
probe_legs_known(struct probe_legs *legs, const struct probe_run *run)
{
	if (!is_kept(run) || run->at.leg != PROBE_LEG_MAIN) {
		return NULL;
	}
	return validators_find(&legs->validators, run->probe.series, run->probe.url);
}
