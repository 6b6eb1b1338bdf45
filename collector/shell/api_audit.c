#include "collector/shell/api_audit.h"

#include "collector/shell/api_json.h"

struct listing {
	const struct api_query *query;
	json_t *array;
	bool failed;
	bool more;
};

static json_t *
row_json(const struct audit_row *row)
{
	return json_pack("{sI so ss so so so ss so so}", "seq", (json_int_t)row->seq,
	    "at", api_json_time(row->at), "order", orders_name(row->kind), "author",
	    api_json_text(row->author), "subject", api_json_name(row->subject),
	    "comment", api_json_name(row->comment), "outcome", err_name(row->err),
	    "text", api_json_name(row->text), "made", api_json_some(row->made));
}

static bool
list_one(void *context, const struct audit_row *row)
{
	struct listing *listing = context;

	if (row->at.ns > listing->query->until.ns) {
		return true;
	}
	if (row->at.ns < listing->query->since.ns) {
		return true; /* the wall clock may have been set back meanwhile */
	}
	if (json_array_size(listing->array) == listing->query->limit) {
		listing->more = true;
		return false;
	}
	listing->failed = json_array_append_new(listing->array, row_json(row)) != 0;
	return !listing->failed;
}

enum err
api_audit_list(struct api_source *source, const struct view *view,
    const struct api_query *query, json_t **out_json)
{
	struct listing listing = {.query = query, .array = json_array()};
	json_t *json;
	enum err err;

	if (listing.array == NULL) {
		return ERR_NOMEM;
	}
	err = api_audit(source, list_one, &listing);
	if (err != ERR_OK || listing.failed) {
		json_decref(listing.array);
		return err != ERR_OK ? err : ERR_NOMEM;
	}
	json = json_pack("{so so sb}", "at", api_json_time(view->at), "audit",
	    listing.array, "more", (int)listing.more);
	if (json == NULL) {
		return ERR_NOMEM;
	}
	*out_json = json;
	return ERR_OK;
}
