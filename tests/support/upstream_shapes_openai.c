#include "tests/support/upstream_shapes.h"

#define JSON_TYPE "application/json; charset=UTF-8"
#define XML_TYPE  "application/xml"

#define OPENAI(m, t, c)                                                                \
	"{\"error\":{\"message\":\"" m "\",\"type\":\"" t                              \
	"\",\"param\":null,\"code\":" c "}}\n"
#define OPENROUTER(c, m, meta)                                                         \
	"{\"error\":{\"code\":" #c ",\"message\":\"" m "\",\"metadata\":{" meta "}}}"  \
	"\n"
#define QUOTA_TEXT                                                                     \
	"You exceeded your current quota, please check your plan and billing details."
#define BLOB(c, m)                                                                     \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>" c                    \
	"</Code><Message>" m "</Message></Error>"

/* OpenAI, who speak like it, and where their pictures are. */
const struct upstream_shape upstream_shapes_openai[] = {
    {"openai-401", 401, JSON_TYPE,
	OPENAI("Incorrect API key provided: %K.", "invalid_request_error",
	    "\"invalid_api_key\""),
	NULL, NULL},
    {"openai-429-quota", 429, JSON_TYPE,
	OPENAI(QUOTA_TEXT, "insufficient_quota", "\"insufficient_quota\""),
	"openai/error-429-insufficient-quota.body.json", NULL},
    {"openai-429-rate", 429, JSON_TYPE,
	OPENAI("Rate limit reached for images per minute. Please try again in 12s.",
	    "requests", "\"rate_limit_exceeded\""),
	NULL, "Retry-After: 12"},
    {"openai-400-moderation", 400, JSON_TYPE,
	"{\"error\":{\"message\":\"Your request was rejected by the safety system.\","
	"\"type\":\"image_generation_user_error\",\"param\":null,"
	"\"code\":\"moderation_blocked\",\"moderation_details\":"
	"{\"moderation_stage\":\"output\",\"categories\":[\"sexual\"]}}}\n",
	"openai/quoted/error-400-moderation-blocked.body.json", NULL},
    {"openai-500", 500, JSON_TYPE,
	OPENAI("The server had an error while processing your request.", "server_error",
	    "null"),
	NULL, NULL},
    {"openai-503-overloaded", 503, JSON_TYPE,
	OPENAI("The engine is currently overloaded, please try again later.",
	    "server_error", "\"server_is_overloaded\""),
	NULL, NULL},
    {"openai-200-no-data", 200, JSON_TYPE, "{\"created\":1770935200,\"data\":[]}\n",
	NULL, NULL},
    {"openrouter-402", 402, JSON_TYPE,
	OPENROUTER(402, "Insufficient credits.", "\"error_type\":\"payment_required\""),
	NULL, NULL},
    {"openrouter-429-upstream", 429, JSON_TYPE,
	OPENROUTER(429, "Provider returned error",
	    "\"provider_name\":\"Google\",\"limit_source\":"
	    "\"upstream_provider_shared_pool\",\"raw\":"
	    "\"google/gemini-3-pro-image-preview is temporarily rate-limited "
	    "upstream.\""),
	"openrouter/error-429-provider-rate-limited-upstream.body.json", NULL},
    {"openrouter-503-no-provider", 503, JSON_TYPE,
	OPENROUTER(503, "No allowed providers are available for the selected model.",
	    "\"error_type\":\"provider_unavailable\""),
	NULL, NULL},
    {"openrouter-200-error-inside", 200, JSON_TYPE,
	"{\"id\":\"gen-1\",\"choices\":[{\"error\":{\"code\":502,\"message\":"
	"\"Upstream error from Google\"},\"finish_reason\":\"error\"}]}\n",
	NULL, NULL},
    {"openai-200-two-pictures", 200, JSON_TYPE,
	"{\"created\":1770935200,\"data\":[{\"b64_json\":\"%P\"},{\"b64_json\":\"%P\"}]"
	"}"
	"\n",
	NULL, NULL},
    {"openai-200-null-picture", 200, JSON_TYPE,
	"{\"created\":1770935200,\"data\":[{\"b64_json\":null}]}\n", NULL, NULL},
    {"openai-200-link-odd", 200, JSON_TYPE,
	"{\"created\":1770935200,\"data\":[{\"url\":\"file:///etc/hostname\"}]}\n",
	NULL, NULL},
    {"picture-403-expired", 403, XML_TYPE,
	BLOB("AuthenticationFailed",
	    "Server failed to authenticate the request. Make sure the value of "
	    "Authorization header is formed correctly including the signature."),
	NULL, NULL},
    {"picture-404", 404, XML_TYPE,
	BLOB("BlobNotFound", "The specified blob does not exist."), NULL, NULL},
    {"openrouter-401", 401, JSON_TYPE, OPENROUTER(401, "User not found.", ""), NULL,
	NULL},
    {"openrouter-402-in-flight", 402, JSON_TYPE,
	OPENROUTER(402, "Too many requests in flight for your remaining credits.",
	    "\"limit_source\":\"openrouter_in_flight_budget\""),
	NULL, "Retry-After: 3"},
    {"openrouter-403-moderation", 403, JSON_TYPE,
	OPENROUTER(403,
	    "openai/gpt-5-image requires moderation. Your input was flagged",
	    "\"reasons\":[\"violence\"],\"flagged_input\":\"a lighthouse\","
	    "\"provider_name\":\"OpenAI\",\"model_slug\":\"openai/gpt-5-image\""),
	NULL, NULL},
    {"openrouter-404-no-endpoints", 404, JSON_TYPE,
	"{\"error\":{\"message\":\"No endpoints found for google/gemini-0.\",\"code\":"
	"404}}\n",
	"openrouter/error-404-no-endpoints.body.json", NULL},
    {"openrouter-408", 408, JSON_TYPE, OPENROUTER(408, "Request timed out", ""), NULL,
	NULL},
    {"openrouter-400-raw-openai", 400, JSON_TYPE,
	OPENROUTER(400, "Provider returned error",
	    "\"raw\":\"{\\n  \\\"error\\\": {\\n    \\\"message\\\": \\\"Unknown "
	    "parameter"
	    "\\\",\\n    \\\"type\\\": \\\"invalid_request_error\\\",\\n    "
	    "\\\"param\\\": "
	    "\\\"input\\\",\\n    \\\"code\\\": null\\n  }\\n}\",\"provider_name\":"
	    "\"OpenAI\""),
	"openrouter/quoted/error-400-nested-raw-openai.body.json", NULL},
    {"openrouter-400-raw-location", 400, JSON_TYPE,
	OPENROUTER(400, "Provider returned error",
	    "\"raw\":\"{\\n  \\\"error\\\": {\\n    \\\"code\\\": 400,\\n    "
	    "\\\"message\\\": \\\"User location is not supported for the API use."
	    "\\\",\\n    \\\"status\\\": \\\"FAILED_PRECONDITION\\\"\\n  }\\n}\\n\","
	    "\"provider_name\":\"Google AI Studio\""),
	NULL, NULL},
    {"openrouter-429-limit-source", 429, JSON_TYPE,
	OPENROUTER(429, "Provider returned error",
	    "\"raw\":\"temporarily rate-limited "
	    "upstream\",\"provider_name\":\"Google\","
	    "\"limit_source\":\"upstream_provider_shared_pool\""),
	"openrouter/quoted/error-429-limit-source-upstream.body.json", NULL},
    {"openrouter-502", 502, JSON_TYPE,
	OPENROUTER(502, "Provider returned error",
	    "\"provider_name\":\"Google\",\"error_type\":\"provider_unavailable\""),
	NULL, NULL},
    {"openrouter-200-top-error", 200, JSON_TYPE,
	OPENROUTER(429, "Provider returned error",
	    "\"provider_name\":\"Google\",\"limit_source\":"
	    "\"upstream_provider_shared_pool\""),
	NULL, NULL},
    {"openrouter-200-no-image", 200, JSON_TYPE,
	"{\"id\":\"gen-1\",\"choices\":[{\"finish_reason\":\"stop\","
	"\"native_finish_reason\":\"STOP\",\"message\":{\"role\":\"assistant\","
	"\"content\":\"Only words.\"}}],\"usage\":{\"cost\":0.001}}\n",
	NULL, NULL},
    {"openrouter-200-filtered", 200, JSON_TYPE,
	"{\"id\":\"gen-1\",\"choices\":[{\"finish_reason\":\"content_filter\","
	"\"native_finish_reason\":\"PROHIBITED_CONTENT\",\"message\":{\"role\":"
	"\"assistant\",\"content\":\"\"}}]}\n",
	NULL, NULL},
    {NULL, 0, NULL, NULL, NULL, NULL},
};
