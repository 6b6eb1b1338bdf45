#include "collector/shell/api_story.h"

#include "collector/core/render.h"
#include "collector/shell/api_json.h"
#include "collector/shell/api_state.h"

#include <string.h>

static json_t *
scope_json(const struct incident *incident)
{
	return json_pack("{ss so so so so}", "kind",
	    scope_kind_name(incident->scope_kind), "name",
	    api_json_name(incident->scope_name), "target",
	    api_json_name(incident->target), "targets",
	    api_json_split(incident->targets, ','), "text",
	    api_json_text(incident->scope_text));
}

json_t *
api_story_short(const struct incident *incident)
{
	char headline[RENDER_HEADLINE_BYTES];

	(void)render_headline(incident, headline, sizeof(headline));
	return json_pack("{sI ss ss ss ss ss ss so so so so so so so so sI sI sb}",
	    "id", (json_int_t)incident->id, "state",
	    incident_state_name(incident->state), "verdict",
	    verdict_name(incident->verdict), "title", verdict_title(incident->verdict),
	    "first_verdict", verdict_name(incident->first_verdict), "blame",
	    blame_name(verdict_blame(incident->verdict)), "level",
	    level_name(incident->level), "scope", scope_json(incident), "headline",
	    api_json_text(headline), "confidence",
	    api_json_share(incident->confidence_ppm), "rate",
	    api_json_share(incident->rate_ppm), "onset_at",
	    api_json_time(incident->onset_at), "opened_at",
	    api_json_time(incident->opened_at), "changed_at",
	    api_json_time(incident->changed_at), "resolved_at",
	    api_json_time(incident->resolved_at), "updates",
	    (json_int_t)incident->updates, "reopened", (json_int_t)incident->reopened,
	    "past", (int)incident->is_past);
}

static json_t *
evidence_json(const struct incident *incident)
{
	json_t *array = json_array();

	for (size_t i = 0; array != NULL && i < incident->evidence_len; i++) {
		const struct incident_evidence *line = &incident->evidence[i];
		json_t *item = json_pack("{ss so ss ss sI so so so}", "role",
		    probe_role_name(line->role), "target", api_json_name(line->target),
		    "outcome", outcome_name(line->outcome), "phase",
		    phase_name(line->phase), "count", (json_int_t)line->count,
		    "regions", api_json_split(line->regions, ','), "nats",
		    api_json_nats(line->mnats), "rival_nats",
		    api_json_nats(line->rival_mnats));

		if (json_array_append_new(array, item) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* How sure it was of what, over time. */
static json_t *
course_json(const struct incident *incident)
{
	json_t *array = json_array();

	for (uint32_t i = 0; array != NULL && i < incident->course.len; i++) {
		const struct course_point *point = &incident->course.point[i];
		json_t *item = json_pack("{so ss so ss so so}", "at",
		    api_json_time(wall_add(incident->course_from, point->at.ns)),
		    "verdict", verdict_name(point->verdict), "confidence",
		    api_json_share(point->confidence_ppm), "rival",
		    verdict_name(point->rival), "rival_confidence",
		    api_json_share(point->rival_ppm), "rate",
		    api_json_share(point->rate_ppm));

		if (json_array_append_new(array, item) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *
rival_json(const struct incident *incident)
{
	return json_pack("{ss ss so so}", "verdict", verdict_name(incident->rival),
	    "title", verdict_title(incident->rival), "scope",
	    api_json_text(incident->rival_text), "confidence",
	    api_json_share(incident->rival_ppm));
}

json_t *
api_story_whole(const struct incident *incident, const struct view *view)
{
	json_t *whole = api_story_short(incident);
	json_t *sources = api_state_sources(view);
	json_t *rest;
	char why[RENDER_WHY_BYTES];
	char next[RENDER_NEXT_BYTES];

	(void)render_why(incident, why, sizeof(why));
	(void)render_next(incident, next, sizeof(next));
	rest = json_pack("{so so so so so so so so so si si so so sO?}", "at",
	    api_json_time(view->at), "rival", rival_json(incident), "statistic_nats",
	    api_json_nats(incident->statistic_mnats), "threshold_nats",
	    api_json_nats(incident->threshold_mnats), "evidence",
	    evidence_json(incident), "course", course_json(incident), "why",
	    api_json_split(why, '\n'), "next", api_json_split(next, '\n'), "external",
	    api_json_name(incident->external), "agents_reporting",
	    (int)incident->agents_reporting, "agents_total",
	    (int)incident->agents_total, "regions_bad",
	    api_json_split(incident->regions_bad, ','), "regions_good",
	    api_json_split(incident->regions_good, ','), "sources_now",
	    json_object_get(sources, "sources"));
	json_decref(sources);
	if (whole == NULL || rest == NULL || json_object_update(whole, rest) != 0) {
		json_decref(whole);
		whole = NULL;
	}
	json_decref(rest);
	return whole;
}

struct listing {
	const struct api_query *query;
	json_t *array;
	bool failed;
	bool more;
};

static bool
is_wanted(const struct incident *incident, const struct api_query *query)
{
	bool open = incident->state == INCIDENT_OPEN;

	if (query->open_only && !open) {
		return false;
	}
	return incident->opened_at.ns <= query->until.ns &&
	       (open || incident->resolved_at.ns >= query->since.ns);
}

static bool
list_one(void *context, const struct incident *incident)
{
	struct listing *listing = context;

	if (!is_wanted(incident, listing->query)) {
		return true;
	}
	if (json_array_size(listing->array) == listing->query->limit) {
		listing->more = true;
		return false;
	}
	if (json_array_append_new(listing->array, api_story_short(incident)) != 0) {
		listing->failed = true;
		return false;
	}
	return true;
}

enum err
api_story_list(struct api_source *source, const struct view *view,
    const struct api_query *query, json_t **out_json)
{
	struct listing listing = {.query = query, .array = json_array()};
	json_t *json;
	enum err err;

	if (listing.array == NULL) {
		return ERR_NOMEM;
	}
	err = api_incidents(source, list_one, &listing);
	if (err != ERR_OK || listing.failed) {
		json_decref(listing.array);
		return err != ERR_OK ? err : ERR_NOMEM;
	}
	json = json_pack("{so so sb}", "at", api_json_time(view->at), "incidents",
	    listing.array, "more", (int)listing.more);
	if (json == NULL) {
		return ERR_NOMEM;
	}
	*out_json = json;
	return ERR_OK;
}
