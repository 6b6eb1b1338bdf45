/* enrolment - what a collector answers to a token, and the configuration made of it
 * Room: agent/core (pure).
 *
 * The answer is JSON (collector/shell/api_members.h). It comes from whom the token names, by
 * a certificate that was checked; even so nothing of it gets into a file before it is known
 * to be what it should: names are names, addresses are addresses. */
#ifndef AGENT_CORE_ENROLMENT_H
#define AGENT_CORE_ENROLMENT_H

#include "agent/core/agent_conf.h"
#include "agent/core/capture.h"
#include "common/core/err.h"
#include "common/core/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ENROLMENT_PEM_BYTES = 4096,
	ENROLMENT_MESSAGE_BYTES = 192,
	ENROLMENT_NAME_BYTES = 256,
	ENROLMENT_YAML_BYTES = 12288 /* enrolment_yaml() never needs more */
};

/* Texts are "" until they came whole. */
struct enrolment {
	char name[LIMIT_NAME_BYTES];
	char region[LIMIT_NAME_BYTES];
	char domain[LIMIT_NAME_BYTES];
	char certificate[ENROLMENT_PEM_BYTES];
	char authority[ENROLMENT_PEM_BYTES];
	char collectors[AGENT_CONF_COLLECTORS][LIMIT_URL_BYTES];
	size_t collectors_len;
	char server_name[ENROLMENT_NAME_BYTES];
	char message[ENROLMENT_MESSAGE_BYTES]; /* of an error */
	struct capture capture;
	size_t len; /* of the text being read */
	bool failed;
};

/* Starts reading an answer; pieces of it; its end. True when it came whole. */
void enrolment_begin(struct enrolment *enrolment);
void enrolment_body(struct enrolment *enrolment, const void *data, size_t len);
bool enrolment_end(struct enrolment *enrolment);

/* True when everything is there that an agent needs, and is what it should be. */
bool enrolment_is_good(const struct enrolment *enrolment);

/* The authority's certificate alone: the answer to the question before. */
bool enrolment_has_authority(const struct enrolment *enrolment);

/* Writes an agent.yaml: who it is, whom it reports to, its files in `folder`. ERR_LIMIT. */
enum err enrolment_yaml(const struct enrolment *enrolment, const char *folder,
    char out[ENROLMENT_YAML_BYTES]) WARN_UNUSED;

#endif
