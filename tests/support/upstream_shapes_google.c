#include "tests/support/upstream_shapes.h"

#define JSON_TYPE "application/json; charset=UTF-8"
#define HTML_TYPE "text/html; charset=UTF-8"

/* The texts that clients look at are the vendors' own; the rest is as short as may be. */
#define RPC "type.googleapis.com/google.rpc."
#define GOOGLE(c, m, s)                                                                \
	"{\"error\":{\"code\":" #c ",\"message\":\"" m "\",\"status\":\"" s "\"}}\n"
#define GOOGLE_DETAILS(c, m, s, d)                                                     \
	"{\"error\":{\"code\":" #c ",\"message\":\"" m "\",\"status\":\"" s            \
	"\",\"details\":[" d "]}}\n"
#define QUOTA(d)                                                                       \
	"{\"@type\":\"" RPC "QuotaFailure\",\"violations\":[{\"quotaMetric\":"         \
	"\"generativelanguage.googleapis.com/generate_content_free_tier_requests\","   \
	"\"quotaId\":\"GenerateRequestsPer" d "PerProjectPerModel-FreeTier\","         \
	"\"quotaDimensions\":{\"location\":\"global\","                                \
	"\"model\":\"gemini-3-pro-image\"}}]}"
#define RETRY(s) "{\"@type\":\"" RPC "RetryInfo\",\"retryDelay\":\"" s "\"}"
#define QUOTA_TEXT                                                                     \
	"You exceeded your current quota, please check your plan and billing details."
#define TOKEN(e, d) "{\"error\":\"" e "\",\"error_description\":\"" d "\"}\n"
#define EVENT_TYPE  "text/event-stream"

/* Pieces of an answer that comes as server-sent events. */
#define EVENT(content, more)                                                           \
	"data: {\"candidates\":[{\"content\":{" content "}" more "}]}\r\n\r\n"
#define WORDS_EVENT                                                                    \
	EVENT("\"parts\":[{\"text\":\"Here it is.\"}],\"role\":\"model\"",             \
	    ",\"index\":0")
#define PICTURE_EVENT                                                                  \
	EVENT(                                                                         \
	    "\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"%P\"}," \
	    "\"thoughtSignature\":\"%S\"}],\"role\":\"model\"",                        \
	    ",\"index\":0")
#define STOP_EVENT(reason)                                                             \
	EVENT("\"role\":\"model\"", ",\"finishReason\":\"" reason "\",\"index\":0")
#define ERROR_EVENT                                                                    \
	"data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded. "       \
	"Please "                                                                      \
	"try again later.\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n"

const struct upstream_shape upstream_shapes_google[] = {
    {"503-overloaded", 503, JSON_TYPE,
	GOOGLE(503, "The model is overloaded. Please try again later.", "UNAVAILABLE"),
	"gemini/quoted/error-503-overloaded.body.json", NULL},
    {"503-deadline", 503, JSON_TYPE,
	GOOGLE(503, "Deadline expired before operation could complete.", "UNAVAILABLE"),
	"gemini/quoted/error-503-deadline-expired.body.json", NULL},
    {"504-deadline", 504, JSON_TYPE,
	GOOGLE(504, "Deadline exceeded.", "DEADLINE_EXCEEDED"), NULL, NULL},
    {"500-internal", 500, JSON_TYPE,
	GOOGLE(500, "An internal error has occurred. Please retry.", "INTERNAL"),
	"gemini/quoted/error-500-internal.body.json", NULL},
    {"429-rate", 429, JSON_TYPE,
	GOOGLE_DETAILS(
	    429, QUOTA_TEXT, "RESOURCE_EXHAUSTED", QUOTA("Minute") "," RETRY("34.4s")),
	"gemini/error-429-per-minute-retryinfo-fixture.body.json", NULL},
    {"429-capacity", 429, JSON_TYPE,
	"[" GOOGLE(429, "Resource exhausted. Please try again later.",
	    "RESOURCE_EXHAUSTED") "]",
	"gemini/quoted/error-429-resource-exhausted-array-wrapped.body.json", NULL},
    {"429-quota-day", 429, JSON_TYPE,
	GOOGLE_DETAILS(429, QUOTA_TEXT " Quota exceeded, limit: 0",
	    "RESOURCE_EXHAUSTED", QUOTA("Day") "," QUOTA("Minute") "," RETRY("51s")),
	"gemini/quoted/error-429-free-tier-limit-0-day-and-minute.body.json", NULL},
    {"400-key-invalid", 400, JSON_TYPE,
	GOOGLE_DETAILS(400, "API key not valid. Please pass a valid API key.",
	    "INVALID_ARGUMENT",
	    "{\"@type\":\"" RPC "ErrorInfo\",\"reason\":\"API_KEY_INVALID\","
	    "\"domain\":\"googleapis.com\",\"metadata\":{\"service\":"
	    "\"generativelanguage.googleapis.com\"}}"),
	"gemini/quoted/error-400-api-key-invalid.body.json", NULL},
    {"400-location", 400, JSON_TYPE,
	"[" GOOGLE(400, "User location is not supported for the API use.",
	    "FAILED_PRECONDITION") "]",
	"gemini/quoted/error-400-location-not-supported-array-wrapped.body.json", NULL},
    {"402-credits", 402, JSON_TYPE,
	GOOGLE(402, "Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED"),
	"gemini/quoted/error-402-prepay-credits-depleted.body.json", NULL},
    {"403-leaked", 403, JSON_TYPE,
	GOOGLE(403, "Your API key was reported as leaked. Please use another API key.",
	    "PERMISSION_DENIED"),
	"gemini/quoted/error-403-key-reported-leaked.body.json", NULL},
    {"403-suspended-with-key", 403, JSON_TYPE,
	GOOGLE_DETAILS(403, "Consumer 'api_key:%K' has been suspended.",
	    "PERMISSION_DENIED",
	    "{\"@type\":\"" RPC "ErrorInfo\",\"reason\":\"CONSUMER_SUSPENDED\","
	    "\"domain\":\"googleapis.com\"}"),
	NULL, NULL},
    {"404-model", 404, JSON_TYPE,
	GOOGLE(404,
	    "models/gemini-0-image is not found for API version v1beta, or is not "
	    "supported for generateContent.",
	    "NOT_FOUND"),
	"gemini/error-404-model-not-found.body.json", NULL},
    {"200-no-image", 200, JSON_TYPE,
	"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Words only.\"}],"
	"\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}],"
	"\"modelVersion\":\"gemini-3-pro-image-preview\"}\n",
	"gemini/noimage-200-text-only-gemini-2.5-flash-image.body.json", NULL},
    {"200-blocked-safety", 200, JSON_TYPE,
	"{\"candidates\":[{\"content\":{},\"finishReason\":\"SAFETY\"}],"
	"\"modelVersion\":\"gemini-3-pro-image-preview\"}\n",
	"gemini/blocked-200-finishreason-safety.body.json", NULL},
    {"200-blocked-image", 200, JSON_TYPE,
	"{\"candidates\":[{\"content\":{\"role\":\"model\"},"
	"\"finishReason\":\"IMAGE_PROHIBITED_CONTENT\"}]}\n",
	"gemini/quoted/blocked-200-image-prohibited-content.body.json", NULL},
    {"200-blocked-prompt", 200, JSON_TYPE,
	"{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},"
	"\"usageMetadata\":{\"promptTokenCount\":8,\"totalTokenCount\":8}}\n",
	NULL, NULL},
    {"200-error-inside", 200, JSON_TYPE,
	GOOGLE(503, "The model is overloaded. Please try again later.", "UNAVAILABLE"),
	NULL, NULL},
    {"200-array-wrapped-error", 200, JSON_TYPE,
	"[" GOOGLE(
	    503, "The model is overloaded. Please try again later.", "UNAVAILABLE") "]",
	NULL, NULL},
    {"200-empty", 200, JSON_TYPE, "", NULL, NULL},
    {"200-html", 200, HTML_TYPE,
	"<!DOCTYPE html><html><body>Please sign in to use this "
	"network.</body></html>\n",
	NULL, NULL},
    {"html-502", 502, HTML_TYPE,
	"<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title>"
	"<p>The server encountered a temporary error.</html>\n",
	NULL, NULL},
    {"captive-portal-302", 302, HTML_TYPE,
	"<a href=\"http://login.invalid/\">Sign in</a>\n", NULL,
	"Location: http://login.invalid/?next=portal"},
    {"stream-200-error-first", 200, EVENT_TYPE, ERROR_EVENT, NULL, NULL},
    {"stream-200-error-inside", 200, EVENT_TYPE, WORDS_EVENT ERROR_EVENT, NULL, NULL},
    {"stream-200-error-after-image", 200, EVENT_TYPE, PICTURE_EVENT ERROR_EVENT, NULL,
	NULL},
    {"stream-200-unfinished", 200, EVENT_TYPE, WORDS_EVENT, NULL, NULL},
    {"stream-200-unfinished-image", 200, EVENT_TYPE, WORDS_EVENT PICTURE_EVENT, NULL,
	NULL},
    {"stream-200-no-image", 200, EVENT_TYPE, WORDS_EVENT STOP_EVENT("STOP"), NULL,
	NULL},
    {"stream-200-blocked", 200, EVENT_TYPE, STOP_EVENT("IMAGE_SAFETY"), NULL, NULL},
    {"stream-200-empty", 200, EVENT_TYPE, "", NULL, NULL},
    {"stream-200-not-json", 200, EVENT_TYPE, "data: soon\r\n\r\n", NULL, NULL},
    {"imagen-200-filtered", 200, JSON_TYPE,
	"{\"predictions\":[{\"raiFilteredReason\":\"The prompt could not be submitted. "
	"Support codes: 29578790\"}]}\n",
	NULL, NULL},
    {"imagen-200-none", 200, JSON_TYPE, "{}\n", NULL, NULL},
    {"token-400-invalid-grant", 400, JSON_TYPE,
	TOKEN("invalid_grant", "Invalid JWT Signature."), NULL, NULL},
    {"token-400-account-gone", 400, JSON_TYPE,
	TOKEN("invalid_grant", "Invalid grant: account not found"), NULL, NULL},
    {"token-401-client", 401, JSON_TYPE,
	TOKEN("invalid_client", "The OAuth client was not found."), NULL, NULL},
    {"token-403-disabled", 403, JSON_TYPE,
	TOKEN("access_denied", "Service account is disabled."), NULL, NULL},
    {"token-500-internal", 500, JSON_TYPE,
	"{\"error\":\"internal_failure\",\"error_description\":\"Backend Error\"}\n",
	NULL, NULL},
    {"token-200-empty", 200, JSON_TYPE, "{\"token_type\":\"Bearer\"}\n", NULL, NULL},
    {NULL, 0, NULL, NULL, NULL, NULL},
};
