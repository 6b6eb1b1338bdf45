#include "tests/bench/bench_baseline_curl.h"

#include "tests/bench/bench.h"

#include <stddef.h>

#include <curl/curl.h>

enum {
	PARALLEL_MAX = 256
};

static size_t
discard(const char *data, size_t size, size_t count, void *context)
{
	(void)data;
	(void)context;
	return size * count;
}

static CURL *
make_request(const char *url)
{
	CURL *request = curl_easy_init();

	if (request == NULL ||
	    curl_easy_setopt(request, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(request, CURLOPT_FRESH_CONNECT, 1L) != CURLE_OK ||
	    curl_easy_setopt(request, CURLOPT_FORBID_REUSE, 1L) != CURLE_OK ||
	    curl_easy_setopt(request, CURLOPT_NOSIGNAL, 1L) != CURLE_OK ||
	    curl_easy_setopt(request, CURLOPT_TIMEOUT_MS, 30000L) != CURLE_OK ||
	    curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, discard) != CURLE_OK) {
		bench_fail("curl", "cannot prepare a request");
	}
	return request;
}

/* Takes the finished requests out of `multi`; the first `*left` start anew. Returns how
 * many finished. */
static unsigned
collect(CURLM *multi, unsigned *left)
{
	unsigned finished = 0;
	struct CURLMsg *message;
	int queued;

	while ((message = curl_multi_info_read(multi, &queued)) != NULL) {
		CURL *request = message->easy_handle;
		CURLcode result = message->data.result;
		long status = 0;

		if (message->msg != CURLMSG_DONE) {
			continue;
		}
		(void)curl_easy_getinfo(request, CURLINFO_RESPONSE_CODE, &status);
		if (result != CURLE_OK || status != 200) {
			bench_fail("request", curl_easy_strerror(result));
		}
		(void)curl_multi_remove_handle(multi, request);
		finished++;
		if (*left > 0) {
			(*left)--;
			(void)curl_multi_add_handle(multi, request);
		}
	}
	return finished;
}

static void
run(CURLM *multi, unsigned running, unsigned left)
{
	while (running > 0) {
		int still_running;

		if (curl_multi_perform(multi, &still_running) != CURLM_OK) {
			bench_fail("curl", "curl_multi_perform failed");
		}
		unsigned before = left;
		running -= collect(multi, &left);
		running += before - left;
		if (running > 0 && before == left &&
		    curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK) {
			bench_fail("curl", "curl_multi_poll failed");
		}
	}
}

double
bench_baseline_curl(const struct bench_baseline_curl *work)
{
	CURL *requests[PARALLEL_MAX];
	unsigned slots =
	    work->parallel < work->requests ? work->parallel : work->requests;
	CURLM *multi = curl_multi_init();
	int64_t before_ns;
	int64_t used_ns;

	if (multi == NULL || slots == 0 || slots > PARALLEL_MAX) {
		bench_fail("curl", "cannot prepare");
	}
	for (unsigned i = 0; i < slots; i++) {
		requests[i] = make_request(work->url);
		(void)curl_multi_add_handle(multi, requests[i]);
	}
	before_ns = bench_cpu_ns();
	run(multi, slots, work->requests - slots);
	used_ns = bench_cpu_ns() - before_ns;
	for (unsigned i = 0; i < slots; i++) {
		curl_easy_cleanup(requests[i]);
	}
	(void)curl_multi_cleanup(multi);
	return (double)used_ns / work->requests;
}
