/* classify - what an HTTP answer means, by the protocol that was spoken
 * Room: agent/core (pure).
 *
 * The body streams through here: into the fields a model API's answer is judged by
 * (answer.h), or into the open entries of a status page (classify_gcloud.h, page.h). What is
 * done follows the family of the probe's kind: classify_api.c, classify_source.c; the
 * tables are in classify_gemini.c, classify_openai.c, classify_http.c. Shapes come first: a redirect or
 * a page where JSON is due is no answer of the API. An image answer is good only when a
 * whole picture is in it; a status page is "clear" only when every entry was understood. */
#ifndef AGENT_CORE_CLASSIFY_H
#define AGENT_CORE_CLASSIFY_H

#include "agent/core/answer.h"
#include "agent/core/capture.h"
#include "agent/core/classify_aistudio.h"
#include "agent/core/classify_datadog.h"
#include "agent/core/classify_feed.h"
#include "agent/core/classify_gcloud.h"
#include "agent/core/classify_gcloud_feed.h"
#include "agent/core/classify_openrouter.h"
#include "agent/core/classify_openrouter_models.h"
#include "agent/core/classify_statuspage.h"
#include "agent/core/expect.h"
#include "agent/core/redact.h"
#include "agent/core/sse.h"
#include "common/core/outcome.h"
#include "common/core/plan.h"
#include "common/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CLASSIFY_HEAD_BYTES = 256, /* kept of a body, for when it is not JSON */
	CLASSIFY_RAW_BYTES =
	    ANSWER_MESSAGE_BYTES + 4 * ANSWER_WORD_BYTES /* a detail before redaction */
};

/* An answer that is streamed: many JSON values instead of one. */
struct classify_stream {
	struct sse sse;
	bool due;              /* this kind of probe asks for one */
	bool begun;            /* it is one, and not a plain JSON value: errors are */
	bool inside;           /* of an event */
	bool any;              /* event was there */
	uint8_t head_len;      /* of the event being read */
	char head[64];         /* its beginning */
	enum json_status json; /* of all events together */
};

struct classify {
	const struct plan_probe *probe; /* borrowed */
	const struct redact *redact;    /* borrowed */
	enum json_status json;
	bool json_due; /* the protocol speaks JSON */
	uint16_t head_len;
	uint64_t bytes;
	char head[CLASSIFY_HEAD_BYTES];
	struct capture capture;
	struct classify_stream stream;
	union {
		struct answer answer; /* FAMILY_GOOGLE, _OPENAI, _OPENROUTER */
		struct classify_gcloud gcloud;
		struct classify_statuspage statuspage;
		struct classify_aistudio aistudio;
		struct classify_openrouter openrouter;
		struct classify_openrouter_models models;
		struct classify_datadog datadog;
		struct classify_feed feed;
		struct classify_gcloud_feed gcloud_feed;
		struct expect expect; /* FAMILY_PLAIN */
	} u;
};

/* What is known beside the body. */
struct classify_http {
	uint16_t status;
	bool whole;     /* the body came to its proper end */
	bool html;      /* the head says it is a page */
	struct wall at; /* the agent's time; feeds are read by it */
};

/* What classify_finish() found. Texts point into the classifier. */
struct classify_verdict {
	struct finding finding;
	uint32_t retry_ms; /* asked for in the body, 0 = not */
	const struct observation *observation;
	uint32_t observation_len;
	const struct figure *figure;
	uint32_t figure_len;
};

/* A detail being made: text for people that nobody has looked through yet. */
struct classify_raw {
	char text[CLASSIFY_RAW_BYTES];
	bool cut; /* its end is not the end of what it quotes */
};

/* Starts an answer to `probe`; both arguments are borrowed until classify_finish(). */
void classify_begin(struct classify *classify, const struct plan_probe *probe,
    const struct redact *redact);

/* A piece of the body. */
void classify_body(struct classify *classify, const void *data, size_t len);

/* Judges the answer. `detail` (`cap` bytes) gets a redacted text for people, "" when there
 * is nothing to say. To be called once. */
void classify_finish(struct classify *classify, const struct classify_http *http,
    struct classify_verdict *out, char *detail, size_t cap);

/* Theirs, from the body, "" = none; not yet redacted. */
const char *classify_request_id(const struct classify *classify);

/* What the answer says was consumed; all zero where answers do not say. */
const struct usage *classify_usage(const struct classify *classify);

/* Where the picture is that a good answer only links to, "" = there is none to fetch
 * (classify_fetch.h). */
const char *classify_link(const struct classify *classify);

/* The first whole picture of the answer, else the last thing in a picture's place. */
const struct image_info *classify_image(const struct classify *classify);

/* True when that is a whole picture. */
bool classify_has_image(const struct classify *classify);

/* For the parts of this module (classify_api.h, classify_fetch.h, classify_source.h): */

/* Keeps what may have to be quoted of a body. */
void classify_head(struct classify *classify, const void *data, size_t len);

/* JSON as far as it goes. */
bool classify_is_json(const struct classify *classify);

/* A page: it begins like one, or says it is one and is not JSON. */
bool classify_is_page(
    const struct classify *classify, const struct classify_http *http);

/* Not JSON, or not all of it. Cut short where nobody cut it is their mistake too. */
struct finding classify_broken(const struct classify *classify);

/* The title of a page, or its beginning. */
void classify_quote_page(const struct classify *classify, struct classify_raw *raw);

/* A picture that is none, or not all of one. */
void classify_quote_bad_image(const struct answer *answer, struct classify_raw *raw);

/* Where it stopped being JSON, and its beginning. */
void classify_quote_broken(const struct classify *classify, struct classify_raw *raw);

#endif
