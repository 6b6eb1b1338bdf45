/* classify_aistudio - what Google AI Studio says about its API
 * Room: agent/core (pure).
 *
 * The answer to the call ListIncidentsHistory that the page https://aistudio.google.com/status
 * makes: positional JSON, undocumented, without a version. A list of incidents,
 *   [id, title, severity, [[code, "date", ["unix seconds"], text], ...], number, [number, ...]]
 * inside one to four arrays of one. Severity 2 is an outage, 1 less, 0 information; the
 * numbers name components: 1 Gemini API, 2 Multimodal Live API, 3 AI Studio.
 *
 * An incident is over only when its newest update, by its time, has code 4. Codes we do not
 * know never end one. A row that is not understood is left out, and keeps the page from
 * being clear. */
#ifndef AGENT_CORE_CLASSIFY_AISTUDIO_H
#define AGENT_CORE_CLASSIFY_AISTUDIO_H

#include "agent/core/capture.h"
#include "agent/core/page.h"

struct classify_aistudio {
	struct page page;
	uint32_t index[CAPTURE_DEPTH_MAX + 2]; /* of the next value at each depth */
	uint8_t base;    /* depth of an incident's fields, 0 = not known yet */
	bool text_open;  /* a text has begun and not ended */
	bool in_row;     /* inside an incident */
	bool matched;    /* a watched component is affected */
	bool has_number; /* any component is named */
	uint32_t severity;
	uint32_t code;      /* of the update being read, 0 = none */
	int64_t at_s;       /* its time, 0 = none that can be */
	uint32_t last_code; /* of the newest update */
	int64_t last_s;     /* 0 = no update was understood */
	int64_t first_s;
};

/* Starts reading; all arguments are kept until classify_aistudio_done(). */
void classify_aistudio_begin(struct capture *capture,
    struct classify_aistudio *aistudio, const struct plan_probe *probe,
    const struct redact *redact);

/* The answer came whole and is an array. True when something can be said, see page_done(). */
bool classify_aistudio_done(struct classify_aistudio *aistudio);

#endif
