/* words - values of the API in words and short numbers
 * Room: collector/cli. */
#ifndef COLLECTOR_CLI_WORDS_H
#define COLLECTOR_CLI_WORDS_H

#include "collector/cli/writer.h"

#include <stdint.h>

enum {
	WORDS_BYTES = 48
};

/* A field of an object: "" or 0 when it is null, absent or of another type. */
const char *words_text(const json_t *object, const char *key);
int64_t words_int(const json_t *object, const char *key);
double words_real(const json_t *object, const char *key);
bool words_is_null(const json_t *object, const char *key);

/* The texts of an array, separated by ", "; "" for none. Returns `out`. */
const char *words_list(const json_t *array, char *out, size_t cap);

/* "12 s ago", "4 min ago", "in 3 s", "never": `at` as seen from `now`, both as the API
 * writes them. Returns `out`. */
const char *words_age(const char *at, const char *now, char out[WORDS_BYTES]);

/* How long from `from` to `to`: "37 s", "4 min", "2 h 5 min", "3 d 4 h". */
const char *words_span(const char *from, const char *to, char out[WORDS_BYTES]);

/* A share of 1 as "0 %", "0.4 %", "97 %"; only 0 is "0 %" and only 1 is "100 %". */
const char *words_share(double share, char out[WORDS_BYTES]);

/* Microseconds as "850 us", "12 ms", "8.3 s"; "-" for 0. */
const char *words_duration(int64_t duration_us, char out[WORDS_BYTES]);

const char *words_integer(int64_t value, char out[WORDS_BYTES]);

/* Nats with two decimals and a sign. */
const char *words_nats(double nats, char out[WORDS_BYTES]);

/* The raw form of a field for CSV: numbers and booleans as in JSON, "" for null. */
const char *words_raw(const json_t *object, const char *key, char out[WORDS_BYTES]);

/* "DOWN" "degraded" "ok" "no data" for a state of the API, and how to print it. */
const char *words_state(const char *state);
enum writer_style words_state_style(const char *state);
enum writer_style words_level_style(const char *level);

#endif
