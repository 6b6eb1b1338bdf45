#include "collector/shell/api_store.h"

#include "common/core/utf8.h"

#include <jansson.h>
#include <string.h>

/* NULL when `json` does not hold an absolute path and nothing else. */
static const char *
read_path(const json_t *json)
{
	const json_t *member = json_object_get(json, "path");
	const char *path = json_string_value(member);

	if (path == NULL || json_object_size(json) != 1 || path[0] != '/' ||
	    strlen(path) != json_string_length(member) ||
	    !utf8_printable(path, strlen(path))) {
		return NULL;
	}
	return path;
}

static void
refuse_copy(enum err err, struct api_reply *reply)
{
	switch (err) {
	case ERR_EXISTS:
		api_refuse(409, "exists",
		    "path: is there already, expected a new folder", reply);
		return;
	case ERR_NOTFOUND:
		api_refuse(404, "not_found",
		    "path: its parent is not there, on the collector's machine", reply);
		return;
	case ERR_DENIED:
		api_refuse(403, "refused",
		    "path: the collector may not write there, which is its own user's "
		    "right",
		    reply);
		return;
	case ERR_FULL:
		api_refuse(507, "full", "path: no space left there", reply);
		return;
	case ERR_OK:
	case ERR_LIMIT:
	case ERR_FORMAT:
	case ERR_VERSION:
	case ERR_REFUSED:
	case ERR_AGAIN:
	case ERR_IO:
	case ERR_INUSE:
	case ERR_NOMEM:
	case ERR_INVALID:
	case ERR_COUNT:
		break;
	}
	api_refuse(500, err_name(err), "the store could not be copied", reply);
}

void
api_store_answer(struct api_source *source, const char *body, size_t len,
    struct api_reply *out_reply)
{
	json_t *json = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	const char *path = read_path(json);
	uint64_t bytes = 0;
	enum err err;

	*out_reply = (struct api_reply){.status = 500};
	if (path == NULL) {
		api_refuse(400, "bad_parameter",
		    "path: expected an absolute path of a new folder, and nothing else",
		    out_reply);
	} else {
		err = api_store_copy(source, path, &bytes);
		if (err == ERR_OK) {
			api_give(200,
			    json_pack(
				"{ss sI}", "path", path, "bytes", (json_int_t)bytes),
			    out_reply);
		} else {
			refuse_copy(err, out_reply);
		}
	}
	json_decref(json);
}
