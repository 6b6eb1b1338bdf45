/* figures - what a third party measured, while it is being read
 * Room: agent/core (pure).
 *
 * A bounded list of struct figure with the texts it points to. Numbers are taken as they
 * are written: null, a word, or what cannot be is "not said". */
#ifndef AGENT_CORE_FIGURES_H
#define AGENT_CORE_FIGURES_H

#include "agent/core/redact.h"
#include "common/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FIGURES_MAX = 32, /* of one answer, below LIMIT_BATCH_FIGURES */
	FIGURES_NAME_BYTES = 96
};

struct figures {
	uint32_t len;
	uint32_t dropped;   /* that found no room */
	struct figure next; /* being read */
	struct figure figure[FIGURES_MAX];
	char model[FIGURES_MAX][FIGURES_NAME_BYTES];
	char provider[FIGURES_MAX][FIGURES_NAME_BYTES];
};

/* Empty. */
void figures_init(struct figures *figures);

/* Starts `next`, of which nothing is said yet. */
void figures_begin(struct figures *figures);

/* Keeps `next` under these names, which are redacted. */
void figures_keep(struct figures *figures, const struct redact *redact,
    const char *model, const char *provider);

/* Gives all that are kept this model: a list may say at its end what it was about. */
void figures_name(
    struct figures *figures, const struct redact *redact, const char *model);

/* Readers of single numbers, as JSON writes them, perhaps as a text. A percentage becomes
 * parts of a million, -1 when it is none between 0 and 100; US dollars nanodollars, -1 when
 * not said or less than nothing; the rest whole units or thousandths, 0 when not said. */
int32_t figures_percent(const char *text, size_t len);
int64_t figures_price(const char *text, size_t len);
uint32_t figures_count(const char *text, size_t len);
uint32_t figures_milli(const char *text, size_t len);

#endif
