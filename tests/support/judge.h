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

/* An answer that comes whole: status, content type ("" = none), body in pieces of `step`. */
static inline struct result
judge_answer(struct check *check, const struct plan_probe *probe, unsigned http,
    const char *type, const void *body, size_t len, size_t step)
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
	for (size_t at = 0; at < len; at += step) {
		(void)check_body(
		    check, (const char *)body + at, len - at < step ? len - at : step);
	}
	check_finish(check, &done, &result);
	return result;
}

#endif
