#include "agent/shell/validators.h"

#include <stddef.h>
#include <string.h>

/* FNV-1a. A collision would only make a request conditional that a server then answers in
 * full, or with "not modified" about the same entity tag. */
static uint64_t
hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++) {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	}
	return hash;
}

static struct validator *
find_series(struct validators *validators, const char *series)
{
	for (size_t i = 0; i < VALIDATORS_MAX; i++) {
		if (strcmp(validators->entry[i].series, series) == 0) {
			return &validators->entry[i];
		}
	}
	return NULL;
}

/* A free entry, or the one not used for longest: a free one was never used. */
static struct validator *
oldest(struct validators *validators)
{
	struct validator *found = &validators->entry[0];

	for (size_t i = 1; i < VALIDATORS_MAX; i++) {
		if (validators->entry[i].used < found->used) {
			found = &validators->entry[i];
		}
	}
	return found;
}

const struct validator *
validators_find(struct validators *validators, const char *series, const char *url)
{
	struct validator *found = find_series(validators, series);

	if (series[0] == '\0' || found == NULL || found->url_hash != hash_of(url)) {
		return NULL;
	}
	found->used = ++validators->clock;
	return found;
}

void
validators_keep(struct validators *validators, const char *series, const char *url,
    const char *etag, const char *last_modified)
{
	struct validator *entry = find_series(validators, series);

	if (strlen(series) >= sizeof(entry->series) || series[0] == '\0' ||
	    strlen(etag) >= sizeof(entry->etag) ||
	    strlen(last_modified) >= sizeof(entry->last_modified)) {
		return;
	}
	if (etag[0] == '\0' && last_modified[0] == '\0') {
		if (entry != NULL) {
			memset(entry, 0, sizeof(*entry));
		}
		return;
	}
	if (entry == NULL) {
		entry = oldest(validators);
	}
	memset(entry, 0, sizeof(*entry));
	memcpy(entry->series, series, strlen(series));
	memcpy(entry->etag, etag, strlen(etag));
	memcpy(entry->last_modified, last_modified, strlen(last_modified));
	entry->url_hash = hash_of(url);
	entry->used = ++validators->clock;
}
