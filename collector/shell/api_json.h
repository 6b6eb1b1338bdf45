/* api_json - the small JSON values every answer is made of
 * Room: collector/shell.
 *
 * Each returns a new reference that the caller gives away, or NULL when memory is out;
 * json_pack() passes a NULL on, so a document is checked once, at its end. Texts come from
 * upstreams and may be cut anywhere: bytes that are not UTF-8 become U+FFFD. */
#ifndef COLLECTOR_SHELL_API_JSON_H
#define COLLECTOR_SHELL_API_JSON_H

#include "collector/core/view.h"

#include <jansson.h>
#include <stddef.h>

/* Keeps keys in the order they were written, and a ppm or a milli-nat exact without the
 * noise of seventeen digits. */
#define API_JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(10))

json_t *api_json_text(const char *text);

/* null instead of "". */
json_t *api_json_name(const char *name);

/* RFC 3339, or null for 0. */
json_t *api_json_time(struct wall at);

/* 0..1 from parts per million. */
json_t *api_json_share(uint32_t ppm);

/* Nats from milli-nats. */
json_t *api_json_nats(int32_t mnats);

/* A whole number, or null for 0: durations that were not reached, ids that are none. */
json_t *api_json_some(uint64_t value);

/* The parts of `text` between `separator`s, empty ones left out, as an array of texts. */
json_t *api_json_split(const char *text, char separator);

/* A window of results; the object documented as "counts" in http.h. */
json_t *api_json_counts(const struct view_counts *counts);

/* Came of due, 0..1, or null when nothing was due. */
json_t *api_json_coverage(uint64_t due, uint64_t came);

/* failed / (ok + failed) in ppm, or -1 when neither was seen. */
int32_t api_json_error_ppm(const struct view_counts *counts);

#endif
