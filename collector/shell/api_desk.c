#include "collector/shell/api_desk.h"

#include "collector/core/civil.h"
#include "collector/core/desk.h"
#include "collector/shell/api_json.h"
#include "collector/shell/zone_file.h"
#include "common/core/duration.h"
#include "common/core/rfc3339.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHOWN_BYTES = MATCHER_WHY_BYTES + 32,
	NEXT_MAX = 5 /* occurrences shown of each window */
};

/* ---- what there is ---- */

static json_t *
local_json(const struct mute *mute, struct wall at)
{
	int64_t at_s = at.ns / CLOCK_NS_PER_S;
	char text[CIVIL_BYTES];

	return json_string(civil_write(at_s + zone_offset(&mute->zone, at_s), text));
}

static json_t *
next_json(const struct mute *mute, struct wall now)
{
	json_t *array = json_array();
	struct wall begin_at;
	struct wall end_at;
	bool is_there = mute_occurrence(mute, now, &begin_at, &end_at);

	while (is_there && json_array_size(array) < NEXT_MAX) {
		end_at = wall_add(begin_at, mute->length_ns);
		(void)json_array_append_new(
		    array, json_pack("{so so so so}", "begin_at",
			       api_json_time(begin_at), "end_at", api_json_time(end_at),
			       "begin_local", local_json(mute, begin_at), "end_local",
			       local_json(mute, end_at)));
		is_there = recur_next(&mute->recur, &mute->zone, begin_at, &begin_at);
	}
	return array;
}

/* What one with a zone has beside. */
static void
add_calendar(json_t *json, const struct mute *mute, struct wall now)
{
	char text[CIVIL_BYTES + DURATION_TEXT_BYTES];

	(void)json_object_set_new(json, "name", api_json_name(mute->name));
	(void)json_object_set_new(json, "zone", json_string(mute->zone.name));
	(void)json_object_set_new(
	    json, "starts", json_string(civil_write(mute->recur.start_s, text)));
	(void)json_object_set_new(
	    json, "for", json_string(duration_text(mute->length_ns, text)));
	(void)json_object_set_new(json, "repeat", api_json_name(mute->recur.text));
	(void)json_object_set_new(json, "next", next_json(mute, now));
}

static json_t *
mute_json(const struct mute *mute, struct wall now)
{
	char text[MATCHER_TEXT_BYTES];
	struct wall begin_at = mute->begin_at;
	struct wall end_at = mute->end_at;
	bool is_active =
	    mute_occurrence(mute, now, &begin_at, &end_at) && begin_at.ns <= now.ns;
	json_t *json;

	json = json_pack("{sI ss ss so so sb so so so}", "id", (json_int_t)mute->id,
	    "kind", mute_kind_name(mute->kind), "matcher",
	    matcher_text(&mute->matcher, text), "begin_at", api_json_time(begin_at),
	    "end_at", api_json_time(end_at), "active", (int)is_active, "made_at",
	    mute->made_at.ns != 0 ? api_json_time(mute->made_at) : json_null(),
	    "author", api_json_text(mute->author), "reason",
	    api_json_name(mute->reason));
	if (mute->zone.name[0] != '\0') {
		add_calendar(json, mute, now);
	}
	return json;
}

static json_t *
mutes_json(const struct view *view, enum mute_kind kind)
{
	json_t *array = json_array();

	for (size_t i = 0; i < view->mute_len; i++) {
		if (view->mute[i].kind == kind) {
			(void)json_array_append_new(
			    array, mute_json(&view->mute[i], view->at));
		}
	}
	return array;
}

static json_t *
acks_json(const struct view *view)
{
	json_t *array = json_array();

	for (size_t i = 0; i < view->ack_len; i++) {
		const struct ack *ack = &view->ack[i];

		(void)json_array_append_new(array,
		    json_pack("{sI ss so so so}", "incident", (json_int_t)ack->incident,
			"level", level_name(ack->level), "author",
			api_json_text(ack->author), "reason",
			api_json_name(ack->reason), "made_at",
			api_json_time(ack->made_at)));
	}
	return array;
}

static json_t *
reviews_json(const struct view *view)
{
	json_t *array = json_array();

	for (size_t i = view->review_len; i-- > 0;) {
		const struct review *review = &view->review[i];

		(void)json_array_append_new(
		    array, json_pack("{sI ss ss so so so}", "incident",
			       (json_int_t)review->incident, "rule",
			       verdict_name(review->rule), "verdict",
			       review_kind_name(review->kind), "author",
			       api_json_text(review->author), "reason",
			       api_json_name(review->reason), "made_at",
			       api_json_time(review->made_at)));
	}
	return array;
}

static json_t *
rules_json(const struct view *view)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		const struct review_score *score = &view->score[i];
		bool is_enough = score->reviewed >= REVIEW_ENOUGH;

		if (score->reviewed == 0) {
			continue;
		}
		(void)json_array_append_new(array,
		    json_pack("{ss sI sI so so so}", "rule",
			verdict_name((enum verdict)i), "reviewed",
			(json_int_t)score->reviewed, "worth", (json_int_t)score->worth,
			"precision",
			is_enough ? api_json_share(score->precision_ppm) : json_null(),
			"low", is_enough ? api_json_share(score->low_ppm) : json_null(),
			"high",
			is_enough ? api_json_share(score->high_ppm) : json_null()));
	}
	return array;
}

/* ---- what was told ---- */

struct listing {
	const struct api_query *query;
	json_t *array;
	bool more;
};

static bool
list_row(void *context, const struct outbox_row *row)
{
	struct listing *listing = context;

	if (row->queued_at.ns > listing->query->until.ns ||
	    row->changed_at.ns < listing->query->since.ns) {
		return true;
	}
	if (json_array_size(listing->array) == listing->query->limit) {
		listing->more = true;
		return false;
	}
	(void)json_array_append_new(listing->array,
	    json_pack("{sI sI so ss ss ss sI ss sI so so}", "id", (json_int_t)row->id,
		"incident", (json_int_t)row->incident, "channel",
		api_json_text(row->channel_name), "kind",
		message_kind_name(row->message.kind), "level",
		level_name(row->message.level), "verdict",
		verdict_name(row->message.verdict), "seq", (json_int_t)row->seq,
		"status", outbox_status_name(row->status), "attempts",
		(json_int_t)row->attempts, "queued_at", api_json_time(row->queued_at),
		"changed_at", api_json_time(row->changed_at)));
	return true;
}

static enum err
list_alerts(struct api_source *source, const struct view *view,
    const struct api_query *query, json_t **out_json)
{
	struct listing listing = {.query = query, .array = json_array()};
	enum err err = api_outbox(source, list_row, &listing);

	if (err != ERR_OK) {
		json_decref(listing.array);
		return err;
	}
	*out_json = json_pack("{so so so sb}", "at", api_json_time(view->at), "alerts",
	    listing.array, "acks", acks_json(view), "more", (int)listing.more);
	return *out_json != NULL ? ERR_OK : ERR_NOMEM;
}

enum err
api_desk_list(struct api_source *source, const struct view *view,
    enum api_endpoint endpoint, const struct api_query *query, json_t **out_json)
{
	json_t *at;

	if (endpoint == API_ALERTS) {
		return list_alerts(source, view, query, out_json);
	}
	at = api_json_time(view->at);
	if (endpoint == API_SILENCES) {
		*out_json = json_pack(
		    "{so so}", "at", at, "silences", mutes_json(view, MUTE_SILENCE));
	} else if (endpoint == API_MAINTENANCE) {
		*out_json = json_pack("{so so}", "at", at, "maintenance",
		    mutes_json(view, MUTE_MAINTENANCE));
	} else {
		*out_json = json_pack("{so so so}", "at", at, "reviews",
		    reviews_json(view), "rules", rules_json(view));
	}
	return *out_json != NULL ? ERR_OK : ERR_NOMEM;
}

/* ---- orders ---- */

/* What one request is read into. */
struct request {
	struct order order;
	struct buf buf; /* of the arguments */
	unsigned char arguments[ORDERS_ARGUMENT_BYTES];
	char wrong[SHOWN_BYTES];
};

static const char *
text_of(const json_t *body, const char *key)
{
	const char *text = json_string_value(json_object_get(body, key));

	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* Every member is a text, one of `keys`. */
static bool
check_members(json_t *body, const char *const *keys, struct request *request)
{
	const char *key;
	json_t *member;

	json_object_foreach(body, key, member)
	{
		const char *const *known = keys;

		while (*known != NULL && strcmp(*known, key) != 0) {
			known++;
		}
		if (*known == NULL || !json_is_string(member)) {
			(void)snprintf(request->wrong, sizeof(request->wrong),
			    "%.40s: expected no such member, or a text", key);
			return false;
		}
	}
	return true;
}

static bool
wrong(struct request *request, const char *text)
{
	(void)snprintf(request->wrong, sizeof(request->wrong), "%s", text);
	return false;
}

static bool
read_for(const json_t *body, int64_t *out_ns, struct request *request)
{
	const char *text = text_of(body, "for");

	if (text == NULL) {
		return true;
	}
	if (duration_parse(text, out_ns) != ERR_OK || *out_ns <= 0) {
		return wrong(request, "for: expected a duration like 2h");
	}
	return true;
}

static bool
read_time(
    const json_t *body, const char *key, struct wall *out_at, struct request *request)
{
	const char *text = text_of(body, key);

	if (text != NULL && !rfc3339_read(text, out_at)) {
		(void)snprintf(request->wrong, sizeof(request->wrong),
		    "%s: expected a time like 2026-08-30T12:00:00Z", key);
		return false;
	}
	return true;
}

static bool
wrong_with(struct request *request, const char *key, const char *why)
{
	(void)snprintf(request->wrong, sizeof(request->wrong), "%s: %s", key, why);
	return false;
}

/* Local times: a beginning, its zone, and how it comes again. */
static bool
read_calendar(
    const json_t *body, int64_t for_ns, struct mute *mute, struct request *request)
{
	const char *starts = text_of(body, "starts");
	const char *zone = text_of(body, "zone");
	const char *repeat = text_of(body, "repeat");
	char why[RECUR_WHY_BYTES];
	int64_t start_s;
	enum err err;

	if (starts == NULL && zone == NULL && repeat == NULL) {
		return true;
	}
	if (starts == NULL || zone == NULL || for_ns == 0 || mute->begin_at.ns != 0) {
		return wrong(request, "expected starts, zone and for together, and no "
				      "begin or until with them");
	}
	if (!civil_read(starts, &start_s)) {
		return wrong(
		    request, "starts: expected a local time like 2026-12-01T02:00");
	}
	if (for_ns > MUTE_LENGTH_MAX_NS) {
		return wrong(request, "for: expected at most 31d");
	}
	if (!recur_read(repeat, start_s, &mute->recur, why)) {
		return wrong_with(request, "repeat", why);
	}
	err = zone_file_read(zone, ZONE_FILE_FROM_S, &mute->zone);
	if (err != ERR_OK) {
		return wrong_with(request, "zone", zone_file_expected(err));
	}
	return true;
}

static bool
read_mute(json_t *body, enum mute_kind kind, struct request *request)
{
	static const char *const keys[] = {"matcher", "for", "until", "begin", "reason",
	    "author", "starts", "zone", "repeat", NULL};
	struct mute mute = {.kind = kind};
	const char *text = text_of(body, "matcher");
	char why[MATCHER_WHY_BYTES];
	int64_t for_ns = 0;

	if (!check_members(body, keys, request)) {
		return false;
	}
	if (!matcher_parse(text != NULL ? text : "", &mute.matcher, why)) {
		(void)snprintf(
		    request->wrong, sizeof(request->wrong), "matcher: %s", why);
		return false;
	}
	if (!read_for(body, &for_ns, request) ||
	    !read_time(body, "until", &mute.end_at, request) ||
	    !read_time(body, "begin", &mute.begin_at, request)) {
		return false;
	}
	if ((for_ns == 0) == (mute.end_at.ns == 0)) {
		return wrong(request, "expected either for or until");
	}
	if (!read_calendar(body, for_ns, &mute, request)) {
		return false;
	}
	request->order.kind = ORDER_MUTE;
	(void)snprintf(
	    request->order.subject, sizeof(request->order.subject), "%.63s", text);
	mute_encode(&mute, &request->buf);
	buf_put_signed(&request->buf, for_ns);
	return true;
}

static bool
read_ack(json_t *body, uint64_t incident, struct request *request)
{
	static const char *const keys[] = {"for", "reason", "author", NULL};
	struct desk_ack ack = {.incident = incident};

	if (!check_members(body, keys, request) ||
	    !read_for(body, &ack.for_ns, request)) {
		return false;
	}
	request->order.kind = ORDER_ACK;
	desk_encode_ack(&ack, &request->buf);
	return true;
}

static bool
read_review(
    struct api_source *source, json_t *body, uint64_t id, struct request *request)
{
	static const char *const keys[] = {"verdict", "reason", "author", NULL};
	struct desk_review review = {.incident = id};
	const char *text = text_of(body, "verdict");
	struct incident *incident;
	enum err err;

	if (!check_members(body, keys, request)) {
		return false;
	}
	if (text == NULL || !review_kind_find(text, &review.kind)) {
		return wrong(request, "verdict: expected true, false-positive, "
				      "expected, duplicate or late");
	}
	incident = calloc(1, sizeof(*incident));
	err = incident != NULL ? api_incident(source, id, incident) : ERR_NOMEM;
	if (err == ERR_OK) {
		review.rule = incident->verdict;
	}
	free(incident);
	if (err != ERR_OK) {
		return wrong(request, "there is no such incident");
	}
	request->order.kind = ORDER_REVIEW;
	desk_encode_review(&review, &request->buf);
	return true;
}

/* The number in the path; 0 for none. */
static uint64_t
number_of(const struct api_route *route)
{
	size_t len = strlen(route->name);

	if (len == 0 || len > 18 || strspn(route->name, "0123456789") != len) {
		return 0;
	}
	return strtoull(route->name, NULL, 10);
}

static bool
read_unmute(uint64_t id, enum mute_kind kind, struct request *request)
{
	struct desk_unmute unmute = {.id = id, .kind = kind};

	request->order.kind = ORDER_UNMUTE;
	desk_encode_unmute(&unmute, &request->buf);
	return true;
}

static bool
read_order(struct api_source *source, const struct api_route *route, json_t *body,
    struct request *request)
{
	uint64_t id = number_of(route);
	bool is_plain = route->endpoint == API_SILENCE || route->endpoint == API_PLAN;

	if (!is_plain && id == 0) {
		return wrong(request, "expected a number from 1");
	}
	(void)snprintf(
	    request->order.subject, sizeof(request->order.subject), "%s", route->name);
	if (route->endpoint == API_SILENCE || route->endpoint == API_PLAN) {
		return read_mute(body,
		    route->endpoint == API_PLAN ? MUTE_MAINTENANCE : MUTE_SILENCE,
		    request);
	}
	if (route->endpoint == API_ACK) {
		return read_ack(body, id, request);
	}
	if (route->endpoint == API_REVIEW) {
		return read_review(source, body, id, request);
	}
	if (route->endpoint == API_UNACK) {
		request->order.kind = ORDER_UNACK;
		desk_encode_unack(id, &request->buf);
		return true;
	}
	return read_unmute(id,
	    route->endpoint == API_PLAN_END ? MUTE_MAINTENANCE : MUTE_SILENCE, request);
}

/* Who gave it: what the socket knows, and the name that was written, if any. */
static void
read_words(const json_t *body, const struct api_post *post, struct request *request)
{
	const char *author = text_of(body, "author");
	const char *reason = text_of(body, "reason");

	if (author != NULL && strcmp(author, post->author) != 0) {
		(void)snprintf(request->order.author, sizeof(request->order.author),
		    "%.40s (as %.40s)", author, post->author);
	} else {
		(void)snprintf(request->order.author, sizeof(request->order.author),
		    "%s", post->author);
	}
	(void)snprintf(request->order.comment, sizeof(request->order.comment), "%s",
	    reason != NULL ? reason : "");
}

static void
give(struct api_source *source, struct request *request, struct api_reply *reply)
{
	struct order_outcome outcome;
	enum err err;

	request->order.arguments = request->arguments;
	request->order.arguments_len = request->buf.at;
	err = api_order_give(source, &request->order, &outcome);
	if (err == ERR_OK) {
		api_give(200,
		    json_pack("{so so}", "text", api_json_text(outcome.text), "id",
			api_json_some(outcome.made)),
		    reply);
	} else if (err == ERR_NOTFOUND) {
		api_refuse(404, "not_found", outcome.text, reply);
	} else if (err == ERR_AGAIN) {
		api_refuse(503, "busy", outcome.text, reply);
	} else {
		api_refuse(400, "bad_parameter", outcome.text, reply);
	}
}

bool
api_desk_takes(enum api_endpoint endpoint)
{
	return endpoint >= API_SILENCE && endpoint <= API_REVIEW;
}

void
api_desk_answer(struct api_source *source, const struct api_route *route,
    const struct api_post *post, struct api_reply *out_reply)
{
	struct request *request = calloc(1, sizeof(*request));
	json_t *body = post->len > 0 ? json_loadb(post->body, post->len,
					   JSON_REJECT_DUPLICATES, NULL)
				     : json_object();

	*out_reply = (struct api_reply){.status = 500};
	if (request != NULL && !json_is_object(body)) {
		api_refuse(400, "bad_parameter", "expected a JSON object", out_reply);
	} else if (request != NULL) {
		buf_write(
		    &request->buf, request->arguments, sizeof(request->arguments));
		if (!read_order(source, route, body, request)) {
			api_refuse(400, "bad_parameter", request->wrong, out_reply);
		} else {
			read_words(body, post, request);
			give(source, request, out_reply);
		}
	}
	json_decref(body);
	free(request);
}
