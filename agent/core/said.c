#include "agent/core/said.h"

#include "agent/core/digest.h"

#include <stddef.h>
#include <string.h>

static uint64_t
add_observation(uint64_t digest, const struct observation *observation)
{
	digest = digest_number(digest, (int64_t)observation->claim);
	digest = digest_number(digest, observation->begin_at.ns);
	digest = digest_number(digest, observation->created_at.ns);
	digest = digest_number(digest, observation->modified_at.ns);
	digest = digest_text(digest, observation->id);
	digest = digest_text(digest, observation->title);
	digest = digest_text(digest, observation->scope);
	return digest_text(digest, observation->url);
}

static uint64_t
add_figure(uint64_t digest, const struct figure *figure)
{
	digest = digest_text(digest, figure->model);
	digest = digest_text(digest, figure->provider);
	digest = digest_number(digest, figure->status);
	digest = digest_number(digest, figure->uptime_5m_ppm);
	digest = digest_number(digest, figure->uptime_30m_ppm);
	digest = digest_number(digest, figure->uptime_1d_ppm);
	for (size_t i = 0; i < FIGURE_QUANTILES; i++) {
		digest = digest_number(digest, figure->latency_ms[i]);
		digest = digest_number(digest, figure->throughput_mtps[i]);
	}
	digest = digest_number(digest, figure->price_in_nanousd);
	digest = digest_number(digest, figure->price_out_nanousd);
	digest = digest_number(digest, figure->price_image_nanousd);
	return digest_number(digest, figure->context_tokens);
}

uint64_t
said_digest(const struct result *result)
{
	uint64_t digest = digest_number(DIGEST_START, result->observation_len);

	for (uint32_t i = 0; i < result->observation_len; i++) {
		digest = add_observation(digest, &result->observation[i]);
	}
	for (uint32_t i = 0; i < result->figure_len; i++) {
		digest = add_figure(digest, &result->figure[i]);
	}
	return digest != 0 ? digest : 1;
}

void
said_forget(struct said *said)
{
	memset(said, 0, sizeof(*said));
}

/* The entry of the series, made anew when it is not there. */
static struct said_entry *
find(struct said *said, const char *series)
{
	uint64_t name = digest_text(DIGEST_START, series);
	struct said_entry *oldest = &said->entry[0];

	name = name != 0 ? name : 1;
	for (size_t i = 0; i < SAID_SERIES; i++) {
		struct said_entry *entry = &said->entry[i];

		if (entry->series == name) {
			entry->used = ++said->clock;
			return entry;
		}
		if (entry->used < oldest->used) {
			oldest = entry; /* a free one was never used */
		}
	}
	*oldest = (struct said_entry){.series = name, .used = ++said->clock};
	return oldest;
}

/* "Not modified": what was said before stands, if it is known and not due again. */
static bool
not_modified(struct said_entry *entry, struct result *result)
{
	result->digest = entry->digest;
	entry->repeats++;
	if (entry->repeats >= SAID_WHOLE_EVERY) {
		entry->digest = 0;
	}
	return entry->digest == 0;
}

bool
said_result(struct said *said, struct result *result)
{
	bool unchanged = (result->flags & FLAG_UNCHANGED) != 0;
	struct said_entry *entry;
	uint64_t digest;

	if (result->outcome != OUTCOME_OK ||
	    (result->observation_len == 0 && !unchanged)) {
		return false;
	}
	entry = find(said, result->series);
	if (unchanged && result->observation_len == 0) {
		return not_modified(entry, result);
	}
	digest = said_digest(result);
	result->digest = digest;
	if (entry->digest == digest && entry->repeats + 1 < SAID_WHOLE_EVERY) {
		entry->repeats++;
		result->flags |= FLAG_UNCHANGED;
		result->observation = NULL;
		result->observation_len = 0;
		result->figure = NULL;
		result->figure_len = 0;
		return false;
	}
	entry->digest = digest;
	entry->repeats = 0;
	return false;
}
