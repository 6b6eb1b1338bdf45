#include "agent/core/harvest.h"

#include <assert.h>
#include <string.h>

enum {
	KEY_LETTERS = HARVEST_KEY_BYTES - 1, /* "AIza" and 35 more */
	NAME_NEAR = 8 /* bytes there may be between the name and its key */
};

static const char name[] = "WIu0Nc";
static const char prefix[] = "AIza";

void
harvest_init(struct harvest *harvest)
{
	memset(harvest, 0, sizeof(*harvest));
}

bool
harvest_wants_page(const struct harvest *harvest, struct mono now)
{
	bool needed = harvest->keys.len == 0 || harvest->exhausted;

	return needed && !harvest->reading &&
	       (!harvest->was_tried || !mono_before(now, harvest->next_at));
}

const char *
harvest_key(const struct harvest *harvest)
{
	return harvest->keys.len == 0 ? "" : harvest->keys.key[harvest->at];
}

void
harvest_page_begin(struct harvest *harvest, struct mono now)
{
	assert(!harvest->reading);
	harvest->reading = true;
	harvest->was_tried = true;
	harvest->next_at.ns = clock_add_ns(now.ns, HARVEST_AGAIN_NS);
	memset(&harvest->found, 0, sizeof(harvest->found));
	harvest->name_len = 0;
	harvest->name_since = UINT8_MAX;
	harvest->key_len = 0;
	harvest->is_named = false;
}

static bool
is_letter(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* A named key goes before the others, the last of which may have to go. */
static void
add_key(struct harvest *harvest)
{
	struct harvest_keys *found = &harvest->found;
	uint32_t at = 0;

	while (at < found->len && strcmp(found->key[at], harvest->key) != 0) {
		at++;
	}
	if (at == found->len && found->len < HARVEST_KEYS) {
		found->len++;
	} else if (at == found->len && harvest->is_named) {
		at--; /* full: the last one goes */
	} else if (at == found->len) {
		return;
	}
	for (; harvest->is_named && at > 0; at--) {
		memcpy(found->key[at], found->key[at - 1], HARVEST_KEY_BYTES);
	}
	memcpy(found->key[at], harvest->key, HARVEST_KEY_BYTES);
}

/* What was being read ends in front of a byte that cannot be part of a key. */
static void
end_key(struct harvest *harvest)
{
	if (harvest->key_len == KEY_LETTERS) {
		harvest->key[KEY_LETTERS] = '\0';
		add_key(harvest);
	}
	harvest->key_len = 0;
}

static void
take_key(struct harvest *harvest, char c)
{
	uint8_t len = harvest->key_len;

	if (!is_letter(c)) {
		end_key(harvest);
		return;
	}
	if (len >= KEY_LETTERS) {
		harvest->key_len = KEY_LETTERS + 1; /* longer than a key */
		return;
	}
	if (len < sizeof(prefix) - 1 && c != prefix[len]) {
		len = 0;
		harvest->key_len = 0;
		if (c != prefix[0]) {
			return;
		}
	}
	if (len == 0) {
		harvest->is_named = harvest->name_since <= NAME_NEAR;
	}
	harvest->key[len] = c;
	harvest->key_len = (uint8_t)(len + 1);
}

static void
take_name(struct harvest *harvest, char c)
{
	uint8_t len = harvest->name_len;

	if (harvest->name_since < UINT8_MAX) {
		harvest->name_since++;
	}
	if (c == name[len]) {
		len++;
	} else {
		len = c == name[0] ? 1 : 0;
	}
	if (len == sizeof(name) - 1) {
		harvest->name_since = 0;
		len = 0;
	}
	harvest->name_len = len;
}

void
harvest_page(struct harvest *harvest, const void *data, size_t len)
{
	const char *text = data;

	for (size_t i = 0; i < len; i++) {
		take_key(harvest, text[i]);
		take_name(harvest, text[i]);
	}
}

bool
harvest_page_end(struct harvest *harvest, bool whole)
{
	assert(harvest->reading);
	harvest->reading = false;
	end_key(harvest);
	if (!whole) {
		harvest->next_at.ns -= HARVEST_AGAIN_NS - HARVEST_RETRY_NS;
		return false;
	}
	if (harvest->found.len == 0) {
		return false;
	}
	harvest->keys = harvest->found;
	harvest->at = 0;
	harvest->turn++;
	harvest->exhausted = false;
	return true;
}

void
harvest_answered(struct harvest *harvest, uint32_t turn, uint16_t http)
{
	if (turn != harvest->turn) {
		return;
	}
	if (http >= 200 && http <= 299) {
		harvest->exhausted = false;
	}
	if (http != 401 && http != 403) {
		return;
	}
	harvest->turn++;
	if (harvest->at + 1 < harvest->keys.len) {
		harvest->at++;
	} else {
		harvest->at = 0;
		harvest->exhausted = true;
	}
}
