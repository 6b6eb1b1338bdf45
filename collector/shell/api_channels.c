#include "collector/shell/api_channels.h"

#include "collector/shell/api_json.h"

#include <stdio.h>
#include <string.h>

json_t *
api_channels_list(const struct view *view)
{
	json_t *array = json_array();

	for (size_t i = 0; i < view->channel_len; i++) {
		const struct view_channel *channel = &view->channel[i];

		(void)json_array_append_new(
		    array, json_pack("{so ss ss ss so sI sb sI}", "name",
			       api_json_text(channel->name), "kind", channel->kind,
			       "level_min", level_name(channel->level_min), "language",
			       channel->language, "fallback",
			       api_json_name(channel->fallback), "live",
			       (json_int_t)channel->live, "busy", (int)channel->is_busy,
			       "waits_ns", (json_int_t)channel->waits_ns));
	}
	return json_pack("{so so}", "at", api_json_time(view->at), "channels", array);
}

void
api_channels_test(struct api_source *source, const struct api_route *route,
    const struct api_post *post, struct api_reply *out_reply)
{
	struct order order = {.kind = ORDER_TEST};
	struct order_outcome outcome;
	enum err err;

	(void)snprintf(order.author, sizeof(order.author), "%s", post->author);
	(void)snprintf(order.subject, sizeof(order.subject), "%s", route->name);
	err = api_order_give(source, &order, &outcome);
	if (err == ERR_OK) {
		api_give(200,
		    json_pack(
			"{ss so}", "text", "queued", "id", api_json_some(outcome.made)),
		    out_reply);
	} else if (err == ERR_NOTFOUND) {
		api_refuse(404, "not_found", "there is no such channel", out_reply);
	} else if (err == ERR_AGAIN) {
		api_refuse(503, "busy",
		    "a test of it is on its way, or the store is busy", out_reply);
	} else {
		api_refuse(503, "busy", "there is no room in the outbox", out_reply);
	}
}
