/* test_recorded - recorded answers of the real services get the outcome they deserve
 *
 * Skipped when PARALLAX_DATA does not lead to them. */
#include "tests/support/judge.h"
#include "tests/support/test.h"

enum {
	EXIT_SKIPPED = 77,
	STEP = 16384
};

static struct check check;

static const struct {
	const char *path;
	enum probe_kind kind;
	unsigned http;
	const char *products;
	enum outcome outcome;
	uint32_t flags;
	const char *says; /* in the detail */
} rows[] = {
    {"gemini/ok-200-image-gemini-3-pro-image-preview.body.json", PROBE_GEMINI_IMAGE,
	200, "", OUTCOME_OK, 0, ""},
    {"gemini/ok-200-vertex-gemini-2.5-flash-image-jpeg.body.json", PROBE_GEMINI_IMAGE,
	200, "", OUTCOME_OK, 0, ""},
    {"gemini/noimage-200-text-only-gemini-2.5-flash-image.body.json",
	PROBE_GEMINI_IMAGE, 200, "", OUTCOME_UPSTREAM_ERROR, FLAG_NO_IMAGE,
	"no image, STOP: In a hidden cave"},
    {"gemini/blocked-200-finishreason-safety.body.json", PROBE_GEMINI_IMAGE, 200, "",
	OUTCOME_CONTENT_BLOCKED, 0, "SAFETY"},
    {"gemini/quoted/blocked-200-image-prohibited-content.body.json", PROBE_GEMINI_IMAGE,
	200, "", OUTCOME_CONTENT_BLOCKED, 0,
	"IMAGE_PROHIBITED_CONTENT: The model output"},
    {"gemini/error-404-model-not-found.body.json", PROBE_GEMINI_IMAGE, 404, "",
	OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, "NOT_FOUND"},
    {"gemini/error-400-vertex-invalid-argument-url.body.json", PROBE_GEMINI_IMAGE, 400,
	"", OUTCOME_BAD_REQUEST, 0, "INVALID_ARGUMENT"},
    {"gemini/error-429-per-minute-retryinfo-fixture.body.json", PROBE_GEMINI_IMAGE, 429,
	"", OUTCOME_RATE_LIMITED, 0, "RESOURCE_EXHAUSTED"},
    {"gemini/quoted/error-503-overloaded.body.json", PROBE_GEMINI_IMAGE, 503, "",
	OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, "overloaded"},
    {"gemini/quoted/error-503-deadline-expired.body.json", PROBE_GEMINI_IMAGE, 503, "",
	OUTCOME_UPSTREAM_ERROR, FLAG_DEADLINE, "Deadline"},
    {"gemini/quoted/error-500-internal.body.json", PROBE_GEMINI_IMAGE, 500, "",
	OUTCOME_UPSTREAM_ERROR, 0, "INTERNAL"},
    {"gemini/quoted/error-400-api-key-invalid.body.json", PROBE_GEMINI_IMAGE, 400, "",
	OUTCOME_AUTH_ERROR, 0, "API_KEY_INVALID"},
    {"gemini/quoted/error-400-location-not-supported-array-wrapped.body.json",
	PROBE_GEMINI_IMAGE, 400, "", OUTCOME_BAD_REQUEST, FLAG_REGION_BLOCK,
	"location"},
    {"gemini/quoted/error-402-prepay-credits-depleted.body.json", PROBE_GEMINI_IMAGE,
	402, "", OUTCOME_QUOTA_EXHAUSTED, 0, "depleted"},
    {"gemini/quoted/error-403-key-reported-leaked.body.json", PROBE_GEMINI_MODEL, 403,
	"", OUTCOME_AUTH_ERROR, 0, "leaked"},
    {"gemini/quoted/error-429-free-tier-limit-0-day-and-minute.body.json",
	PROBE_GEMINI_IMAGE, 429, "", OUTCOME_QUOTA_EXHAUSTED, 0, "quota"},
    {"gemini/quoted/error-429-resource-exhausted-array-wrapped.body.json",
	PROBE_GEMINI_IMAGE, 429, "", OUTCOME_RATE_LIMITED, FLAG_CAPACITY, "exhausted"},
    {"openai/error-400-invalid-request.body.json", PROBE_OPENAI_IMAGE, 400, "",
	OUTCOME_BAD_REQUEST, 0, "decimal_below_min_value"},
    {"openai/error-400-unknown-parameter.body.json", PROBE_OPENAI_IMAGE, 400, "",
	OUTCOME_BAD_REQUEST, 0, "unknown_parameter"},
    {"openai/error-429-insufficient-quota.body.json", PROBE_OPENAI_IMAGE, 429, "",
	OUTCOME_QUOTA_EXHAUSTED, 0, "insufficient_quota"},
    {"openai/quoted/error-400-moderation-blocked.body.json", PROBE_OPENAI_IMAGE, 400,
	"", OUTCOME_CONTENT_BLOCKED, 0, "moderation_blocked"},
    {"openai/ok-200-images-generations-dalle-two-images-b64-truncated.body.json",
	PROBE_OPENAI_IMAGE, 200, "", OUTCOME_MALFORMED, FLAG_BAD_IMAGE,
	"png image cut short"},
    {"openrouter/error-404-no-endpoints.body.json", PROBE_OPENAI_IMAGE, 404, "",
	OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, "No endpoints"},
    {"openrouter/error-429-provider-rate-limited-upstream.body.json",
	PROBE_OPENAI_IMAGE, 429, "", OUTCOME_RATE_LIMITED, FLAG_CAPACITY,
	"rate-limited upstream"},
    {"openrouter/quoted/error-429-limit-source-upstream.body.json", PROBE_OPENAI_IMAGE,
	429, "", OUTCOME_RATE_LIMITED, FLAG_CAPACITY, "rate-limited upstream"},
    {"openrouter/quoted/error-400-nested-raw-openai.body.json", PROBE_OPENAI_IMAGE, 400,
	"", OUTCOME_BAD_REQUEST, 0, "json"},
    {"gemini/ok-200-stream-image-gemini-2.0-flash.body.sse", PROBE_GEMINI_STREAM, 200,
	"", OUTCOME_OK, 0, ""},
    {"gemini/ok-200-image-gemini-3-pro-image-preview.body.json", PROBE_GEMINI_STREAM,
	200, "", OUTCOME_OK, 0, ""},
    {"gemini/quoted/error-429-resource-exhausted-array-wrapped.body.json",
	PROBE_GEMINI_STREAM, 429, "", OUTCOME_RATE_LIMITED, FLAG_CAPACITY, "exhausted"},
    {"gemini/quoted/error-503-overloaded.body.json", PROBE_GEMINI_STREAM, 200, "",
	OUTCOME_UPSTREAM_ERROR, FLAG_OVERLOADED, "overloaded"},
    {"gemini/ok-200-counttokens.body.json", PROBE_GEMINI_TOKENS, 200, "", OUTCOME_OK, 0,
	""},
    {"gemini/ok-200-counttokens.body.json", PROBE_VERTEX_TOKENS, 200, "", OUTCOME_OK, 0,
	""},
    {"gemini/ok-200-vertex-gemini-2.5-flash-image-jpeg.body.json", PROBE_VERTEX_IMAGE,
	200, "", OUTCOME_OK, 0, ""},
    {"gemini/error-400-vertex-invalid-argument-url.body.json", PROBE_VERTEX_IMAGE, 400,
	"", OUTCOME_BAD_REQUEST, 0, "INVALID_ARGUMENT"},
    {"gemini/ok-200-vertex-imagen-predict.body.json", PROBE_VERTEX_IMAGEN, 200, "",
	OUTCOME_OK, 0, ""},
    {"openrouter/error-404-no-endpoints.body.json", PROBE_OPENROUTER_CHAT, 404, "",
	OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, "No endpoints"},
    {"openrouter/error-429-provider-rate-limited-upstream.body.json",
	PROBE_OPENROUTER_CHAT, 429, "", OUTCOME_RATE_LIMITED, FLAG_CAPACITY,
	"rate-limited upstream"},
    {"openrouter/error-429-provider-rate-limited-upstream.body.json",
	PROBE_OPENROUTER_IMAGE, 200, "", OUTCOME_RATE_LIMITED, FLAG_CAPACITY,
	"rate-limited upstream"},
    {"openrouter/quoted/error-429-limit-source-upstream.body.json",
	PROBE_OPENROUTER_CHAT, 429, "", OUTCOME_RATE_LIMITED, FLAG_CAPACITY,
	"rate-limited upstream"},
    {"openrouter/quoted/error-400-nested-raw-openai.body.json", PROBE_OPENROUTER_CHAT,
	400, "", OUTCOME_BAD_REQUEST, 0, "json"},
    {"openrouter/models-2026-07-31.json", PROBE_OPENAI_MODELS, 200, "",
	OUTCOME_BAD_REQUEST, FLAG_MODEL_GONE, "not among those"},
    {"google-cloud/incidents-2026-07-30.json", PROBE_GCLOUD_STATUS, 200, "", OUTCOME_OK,
	0, ""},
    {"google-cloud/incidents-2022-07-03-part.json", PROBE_GCLOUD_STATUS, 200, "",
	OUTCOME_OK, 0, ""},
    {"google-cloud/incidents-empty.json", PROBE_GCLOUD_STATUS, 200, "", OUTCOME_OK, 0,
	""},
    {"google-cloud/derived/asof-2022-06-02T2100Z-open-vertex-outage.json",
	PROBE_GCLOUD_STATUS, 200, "sdXM79fz1FS6ekNpu37K", OUTCOME_OK, 0, "1 open of 4"},
    {"google-cloud/derived/asof-2022-06-02T2100Z-open-vertex-outage.json",
	PROBE_GCLOUD_STATUS, 200, "UwaYoXQ5bHYHG6EdiPB8", OUTCOME_OK, 0, ""},
    {"google-cloud/derived/asof-2022-06-02T2230Z-closed-vertex-outage.json",
	PROBE_GCLOUD_STATUS, 200, "sdXM79fz1FS6ekNpu37K", OUTCOME_OK, 0, ""},
    {"google-cloud/derived/asof-2022-06-04T1830Z-open-lb-run-us-east1.json",
	PROBE_GCLOUD_STATUS, 200, "9D7d2iNBQWN24zc1VamE", OUTCOME_OK, 0, "1 open of 4"},
    {"google-cloud/derived/asof-2022-06-05T0015Z-closed-lb-run-us-east1.json",
	PROBE_GCLOUD_STATUS, 200, "9D7d2iNBQWN24zc1VamE", OUTCOME_OK, 0, ""},
    {"google-cloud/incidents.schema-2026-09.json", PROBE_GCLOUD_STATUS, 200, "",
	OUTCOME_MALFORMED, 0, ""},
    {"statuspage/openai-summary-2026-09-29-degraded.json", PROBE_STATUSPAGE, 200,
	"Images\nImage Generation", OUTCOME_OK, 0, "2 open of 27 entries, 2 kept"},
    {"statuspage/openai-summary-2026-09-29-degraded.json", PROBE_STATUSPAGE, 200,
	"Ads API", OUTCOME_OK, 0, ""},
    {"statuspage/openai-summary-2026-09-29-degraded.json", PROBE_STATUSPAGE, 200,
	"~and the api", OUTCOME_OK, 0, "1 open of 27"},
    {"statuspage/openai-summary-2026-09-29-degraded.json", PROBE_STATUSPAGE, 200,
	"Imagery", OUTCOME_MALFORMED, 0, "1 of 28 entries not understood"},
    {"statuspage/openai-summary-2026-09-29-degraded.json", PROBE_STATUSPAGE, 200, "",
	OUTCOME_OK, 0, "24 open of 27 entries, 8 kept"},
    {"statuspage/cloudflare-summary-2026-09-03-trimmed.json", PROBE_STATUSPAGE, 200,
	"WARP", OUTCOME_OK, 0, "2 open of"},
    {"statuspage/cloudflare-summary-2026-09-03-trimmed.json", PROBE_STATUSPAGE, 200,
	"Accra, Ghana - (ACC)", OUTCOME_OK, 0, ""},
    {"statuspage/cloudflare-summary-2026-09-03-trimmed.json", PROBE_STATUSPAGE, 200,
	"Africa", OUTCOME_MALFORMED, 0, "1 of"},
    {"statuspage/cloudflare-summary-2026-09-03-trimmed.json", PROBE_STATUSPAGE, 200,
	"Algiers, Algeria - (ALG)", OUTCOME_OK, 0, "1 open of"},
    {"aistudio/list-incidents-history-2026-04-17.json", PROBE_AISTUDIO_STATUS, 200, "",
	OUTCOME_OK, 0, "2 open of 50 entries, 2 kept"},
    {"aistudio/list-incidents-history-2026-04-17.json", PROBE_AISTUDIO_STATUS, 200,
	"Gemini API", OUTCOME_OK, 0, "1 open of 50 entries"},
    {"aistudio/list-incidents-history-2026-04-17.json", PROBE_AISTUDIO_STATUS, 200,
	"AI Studio", OUTCOME_OK, 0, "1 open of 50 entries"},
    {"aistudio/list-incidents-history-2026-04-17.json", PROBE_AISTUDIO_STATUS, 200,
	"Multimodal Live API\n~banana", OUTCOME_OK, 0, ""},
    {"google-cloud/feed-2022-04-01-one-entry.atom.xml", PROBE_GCLOUD_STATUS, 200, "",
	OUTCOME_MALFORMED, FLAG_PORTAL, ""},
    {"google-cloud/feed-2022-04-01-one-entry.atom.xml", PROBE_GCLOUD_FEED, 200, "",
	OUTCOME_OK, 0, ""},
    {"google-cloud/feed-2022-04-01-one-entry.atom.xml", PROBE_FEED, 200, "", OUTCOME_OK,
	0, ""},
    {"google-cloud/incidents-empty.json", PROBE_FEED, 200, "", OUTCOME_MALFORMED, 0,
	"no whole feed"},
    {"openrouter/models-2026-07-31.json", PROBE_OPENROUTER_MODELS, 200,
	"google/gemini-3-pro-image-preview\ngoogle/gemini-3.1-flash-image", OUTCOME_OK,
	0, ""},
    {"openrouter/models-2026-07-31.json", PROBE_OPENROUTER_MODELS, 200,
	"google/gemini-3-pro-image-preview\ngoogle/gemini-9", OUTCOME_OK, 0,
	"1 open of 365 entries, 1 kept"},
    {"openrouter/error-404-no-endpoints.body.json", PROBE_OPENROUTER_MODELS, 404, "a/b",
	OUTCOME_BAD_REQUEST, 0, ""},
    {"openrouter/status-page-datadog-2026-09-15-trimmed.json", PROBE_DATADOG_STATUS,
	200, "", OUTCOME_OK, 0, ""},
    {"openrouter/status-page-datadog-2026-09-15-trimmed.json", PROBE_DATADOG_STATUS,
	200, "Image (/api/v1/image)\nAPI - Gateway\n~video", OUTCOME_OK, 0, ""},
    {"openrouter/status-page-datadog-2026-09-15-trimmed.json", PROBE_DATADOG_STATUS,
	200, "Images", OUTCOME_MALFORMED, 0, "1 of 12 entries not understood"},
};

static char *
read_all(const char *root, const char *path, size_t *out_len)
{
	char name[1024];

	(void)snprintf(name, sizeof(name), "%s/%s", root, path);
	FILE *file = fopen(name, "rb");
	if (file == NULL) {
		fail_msg("%s is not there", name);
		return NULL;
	}
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	long size = ftell(file);
	assert_true(size > 0);
	assert_int_equal(fseek(file, 0, SEEK_SET), 0);
	char *bytes = malloc((size_t)size);
	assert_non_null(bytes);
	*out_len = fread(bytes, 1, (size_t)size, file);
	assert_int_equal(*out_len, (size_t)size);
	assert_int_equal(fclose(file), 0);
	return bytes;
}

static void
test_outcomes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan_probe probe = judge_probe(rows[i].kind);
		size_t len = 0;
		char *body = read_all(getenv("PARALLAX_DATA"), rows[i].path, &len);
		probe.products = rows[i].products;
		struct result result = judge_answer(&check, &probe, rows[i].http,
		    "application/json", judge_body(body, len, STEP));
		if (result.outcome != rows[i].outcome ||
		    result.flags != rows[i].flags ||
		    strstr(result.detail, rows[i].says) == NULL) {
			fail_msg("%s: %s %x, %s", rows[i].path,
			    outcome_name(result.outcome), result.flags, result.detail);
		}
		free(body);
	}
}

/* The big one again: its picture, its id, and cut at many places it is never good. */
static void
test_big_one(void **state)
{
	struct plan_probe probe = judge_probe(PROBE_GEMINI_IMAGE);
	size_t len = 0;
	char *body = read_all(getenv("PARALLAX_DATA"), rows[0].path, &len);
	struct result result =
	    judge_answer(&check, &probe, 200, "", judge_body(body, len, STEP));

	(void)state;
	assert_int_equal(result.outcome, OUTCOME_OK);
	assert_string_equal(result.request_id, "cmIoaZ6pJYXRz7IPs4ia-Ag");
	assert_int_equal(check_image(&check)->format, IMAGE_JPEG);
	assert_int_equal(check_image(&check)->width, 1408);
	assert_int_equal(check_image(&check)->height, 768);
	assert_int_equal(check_image(&check)->bytes, 683947);
	/* 33 tokens in, 1780 and 529 out. */
	probe.price_in_microusd = 2000000;
	probe.price_out_microusd = 120000000;
	result = judge_answer(&check, &probe, 200, "", judge_body(body, len, STEP));
	assert_int_equal(result.cost_microusd, 277146);
	for (size_t cut = 1; cut + 2 < len; cut += len / 50) {
		result =
		    judge_answer(&check, &probe, 200, "", judge_body(body, cut, STEP));
		assert_int_equal(result.outcome, OUTCOME_MALFORMED);
		assert_int_equal(result.flags, FLAG_PARTIAL_BODY);
	}
	free(body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_outcomes),
	    cmocka_unit_test(test_big_one),
	};
	const char *root = getenv("PARALLAX_DATA");

	if (root == NULL || root[0] == '\0') {
		printf("skipped: PARALLAX_DATA is not set\n");
		return EXIT_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
