/* judge - runs one recorded or made-up answer through a check
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_JUDGE_H
#define TESTS_SUPPORT_JUDGE_H

#include "agent/core/check.h"

#include <stdio.h>
#include <string.h>

/* A probe of `kind` with nothing special about it. */
static inline struct plan_probe
judge_probe(enum probe_kind kind)
{
	return (struct plan_probe){
	    .series = "target/probe",
	    .kind = kind,
	    .url = kind == PROBE_GCLOUD_STATUS
		       ? "https://status.cloud.google.com/incidents.json"
		       : "https://api.example",
	    .model = "model",
	    .key = "",
	    .prompt = "a banana",
	    .size = "",
	    .products = "",
	};
}

/* A body, and the size of the pieces it comes in. */
struct judge_body {
	const char *bytes;
	size_t len;
	size_t step;
};

static inline struct judge_body
judge_body(const void *bytes, size_t len, size_t step)
{
	return (struct judge_body){bytes, len, step};
}

/* An answer that comes whole; content type "" = none. */
static inline struct result
judge_answer(struct check *check, const struct plan_probe *probe, unsigned http,
    const char *type, struct judge_body body)
{
	const struct transport done = {
	    .end = TRANSPORT_DONE, .phase = PHASE_DONE, .timing = {.total_us = 1000}};
	char line[128];
	struct result result;

	check_begin(check, probe, NULL);
	int line_len = snprintf(line, sizeof(line), "HTTP/1.1 %u X\r\n", http);
	check_header(check, line, (size_t)line_len);
	if (type[0] != '\0') {
		line_len = snprintf(line, sizeof(line), "Content-Type: %s\r\n", type);
		check_header(check, line, (size_t)line_len);
	}
	for (size_t at = 0; at < body.len;) {
		size_t step = body.step < body.len - at ? body.step : body.len - at;
		(void)check_body(check, body.bytes + at, step);
		at += step;
	}
	check_finish(check, &done, &result);
	return result;
}

#endif
