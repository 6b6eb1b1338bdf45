/* api_desk - silences, maintenance, acknowledgements, reviews and what was told, as documents
 * Room: collector/shell.
 *
 *   GET  /api/v1/silences              {"at","silences":[mute]}
 *   GET  /api/v1/maintenance           {"at","maintenance":[mute]}
 *   GET  /api/v1/alerts                {"at","alerts":[row],"acks":[ack],"more"};
 *                                      since= until= limit=
 *   GET  /api/v1/reviews               {"at","reviews":[review],"rules":[rule]}
 *   POST /api/v1/silences              {"matcher","for"|"until","begin"?,"reason"?,"author"?}
 *   POST /api/v1/maintenance           the same; both also with "starts","zone","repeat"?
 *                                      instead of "begin" and "until"
 *   POST /api/v1/silences/{id}/expire  no body; also maintenance/{id}/expire
 *   POST /api/v1/incidents/{id}/ack    {"for"?,"reason"?,"author"?}
 *   POST /api/v1/incidents/{id}/unack  no body
 *   POST /api/v1/incidents/{id}/review {"verdict","reason"?,"author"?}
 *
 *   mute    id kind matcher begin_at end_at active made_at author reason; those with a zone
 *           name (null: not of the configuration) zone starts for repeat (null: once) next,
 *           which are up to five of {begin_at end_at begin_local end_local}; begin_at and
 *           end_at are those of the first of them
 *   row     id incident channel kind level verdict seq status attempts queued_at changed_at
 *   ack     incident level author reason made_at
 *   review  incident rule verdict author reason made_at
 *   rule    rule reviewed worth precision low high (null below 20 reviews), see review.h
 *
 * `for` is a duration like 2h, `until` and `begin` are RFC 3339, `starts` is a local time of
 * `zone`, `repeat` a rule of recur.h. What is known here of the zone becomes a part of the
 * order: done again, it does not depend on what is known then. All POSTs answer {"text",
 * "id"?} and stand in the audit. Unknown members of a body are refused. */
#ifndef COLLECTOR_SHELL_API_DESK_H
#define COLLECTOR_SHELL_API_DESK_H

#include "collector/shell/api.h"

#include <jansson.h>

/* True for the orders above. */
bool api_desk_takes(enum api_endpoint endpoint);

/* Carries one out. Blocks until the engine has done it. */
void api_desk_answer(struct api_source *source, const struct api_route *route,
    const struct api_post *post, struct api_reply *out_reply);

/* The documents. ERR_NOMEM, ERR_IO; for alerts only `query` matters. */
enum err api_desk_list(struct api_source *source, const struct view *view,
    enum api_endpoint endpoint, const struct api_query *query,
    json_t **out_json) WARN_UNUSED;

#endif
