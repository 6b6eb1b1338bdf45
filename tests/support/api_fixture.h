/* api_fixture - a collector that never was: made-up state behind collector/shell/api_source.h
 * Room: tests/support.
 *
 * The HTTP side and the command are tested against it. Its clock stands still at
 * API_FIXTURE_AT, so that what is printed can be compared byte by byte. */
#ifndef TESTS_SUPPORT_API_FIXTURE_H
#define TESTS_SUPPORT_API_FIXTURE_H

#include "collector/shell/api_source.h"

#define API_FIXTURE_AT "2026-08-30T12:07:00.000Z"

enum api_fixture_world {
	API_FIXTURE_OUTAGE = 0, /* one upstream down, one region with a bad network */
	API_FIXTURE_HEALTHY,
	API_FIXTURE_SILENT,      /* no results, no agents heard */
	API_FIXTURE_DEGRADED,    /* some failures, no incident */
	API_FIXTURE_FULL_DISK,   /* healthy, and the store takes nothing */
	API_FIXTURE_UNBORN,      /* nothing published yet */
	API_FIXTURE_BROKEN_STORE /* every read of the store fails */
};

enum {
	API_FIXTURE_EVENTS = 6, /* rows of the timeline at first */
	API_FIXTURE_RESULTS = 8
};

/* NULL when memory is out. */
struct api_source *api_fixture_new(enum api_fixture_world world);

/* Asserts that every view was given back. */
void api_fixture_free(struct api_source *source);

/* Appends a row to the timeline, as the engine would, and wakes who waits for it. Returns
 * its sequence number. Any thread. */
uint64_t api_fixture_event(struct api_source *source, const char *text);

#endif
