/* bench_baseline_curl - HTTP probes as bare libcurl would do them
 * Room: tests/bench.
 *
 * The measure for what the agent adds to a probe: one curl_multi loop, one handle a
 * slot, nothing scheduled, nothing classified, nothing stored. */
#ifndef TESTS_BENCH_BENCH_BASELINE_CURL_H
#define TESTS_BENCH_BENCH_BASELINE_CURL_H

struct bench_baseline_curl {
	const char *url;   /* borrowed */
	unsigned requests; /* how many GETs, each on a connection of its own */
	unsigned parallel; /* how many at once, 1..256 */
};

/* Does the requests and returns this process's CPU time per request in nanoseconds.
 * Ends the process when a request does not bring a 200. */
double bench_baseline_curl(const struct bench_baseline_curl *work);

#endif
