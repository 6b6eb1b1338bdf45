/* api_external - what others say and measure, as JSON
 * Room: collector/shell.
 *
 * Parts of the documents of api_state.h; fields are documented in http.h. Each returns a
 * new reference, or NULL when memory is out. */
#ifndef COLLECTOR_SHELL_API_EXTERNAL_H
#define COLLECTOR_SHELL_API_EXTERNAL_H

#include "collector/core/view.h"

#include <jansson.h>

enum {
	API_EXTERNAL_TEXT_BYTES = 160
};

/* Source number `i` of the view. */
json_t *api_external_source(const struct view *view, size_t i);

/* The figures that belong to target number `i`: those of the sources that name it and are
 * known now. */
json_t *api_external_figures(const struct view *view, size_t i);

/* "admitted 3 of 4, median 41 min later, 1 claim unconfirmed"; "no incident yet". */
void api_external_trust(
    const struct view_trust *trust, char out[API_EXTERNAL_TEXT_BYTES]);

/* Why a source is unknown, "" when it is not: "last reading failed: bad_request, HTTP 404". */
void api_external_why(
    const struct view_source *source, char out[API_EXTERNAL_TEXT_BYTES]);

#endif
