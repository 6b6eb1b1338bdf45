#include "collector/shell/conf_sources.h"

#include "collector/shell/conf_kinds.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	ITEM_BYTES_MAX = 90, /* what an agent keeps of a name is a little longer */
	TITLE_LETTERS_MIN = 3
};

/* The lists an entry may have; in the end all of them are one text. */
struct list {
	const char *key;
	char *const *item;
	uint32_t len;
};

enum list_kind {
	LIST_PRODUCTS = 0,
	LIST_COMPONENTS,
	LIST_PROVIDERS,
	LIST_MODELS,
	LIST_MATCH,
	LIST_COUNT
};

bool
conf_sources_is_kind(enum probe_kind kind)
{
	return probe_traits(kind)->family == FAMILY_PAGE;
}

/* Whether entries of `kind` may have such a list. */
static bool
has_list(enum probe_kind kind, enum list_kind list)
{
	if (kind == PROBE_GCLOUD_STATUS) {
		return list == LIST_PRODUCTS;
	}
	if (kind == PROBE_OPENROUTER_ENDPOINTS) {
		return list == LIST_PROVIDERS;
	}
	if (kind == PROBE_OPENROUTER_MODELS) {
		return list == LIST_MODELS;
	}
	if (kind == PROBE_FEED) {
		return list == LIST_MATCH; /* entries of a feed name no components */
	}
	return list == LIST_COMPONENTS || list == LIST_MATCH;
}

/* Only these pages ask who wants to know. */
const char *
conf_sources_key(
    const struct conf_fleet *fleet, const struct raw_source *raw, enum probe_kind kind)
{
	if (kind != PROBE_OPENROUTER_ENDPOINTS && kind != PROBE_OPENROUTER_MODELS) {
		conf_kinds_refuse(&fleet->settings, "key", raw->key, kind);
	} else if (raw->key != NULL &&
		   settings_name(&fleet->settings, "key", raw->key)) {
		return raw->key;
	}
	return "";
}

static void
lists_of(const struct raw_source *raw, struct list out[LIST_COUNT])
{
	out[LIST_PRODUCTS] =
	    (struct list){"products", raw->products, raw->products_count};
	out[LIST_COMPONENTS] =
	    (struct list){"components", raw->components, raw->components_count};
	out[LIST_PROVIDERS] =
	    (struct list){"providers", raw->providers, raw->providers_count};
	out[LIST_MODELS] = (struct list){"models", raw->models, raw->models_count};
	out[LIST_MATCH] = (struct list){"match", raw->match, raw->match_count};
}

size_t
conf_sources_bytes(const struct raw_source *raw)
{
	struct list list[LIST_COUNT];
	size_t bytes = 1;

	lists_of(raw, list);
	for (int i = 0; i < LIST_COUNT; i++) {
		for (uint32_t k = 0; k < list[i].len; k++) {
			bytes += strlen(list[i].item[k]) + 2;
		}
	}
	return arena_bytes(bytes, 1);
}

static void
check_product(const struct settings *settings, const char *entry, const char *id)
{
	if (id[0] == '\0' || strpbrk(id, ", ") != NULL) {
		settings_error(settings, entry,
		    "is '%s', expected a product id of the status page",
		    settings_quote(id).text);
	}
}

static void
check_item(const struct settings *settings, const char *entry, const char *item,
    enum list_kind kind)
{
	size_t len = strlen(item);

	if (len > ITEM_BYTES_MAX || strpbrk(item, "\r\n") != NULL) {
		settings_error(settings, entry,
		    "is '%s', expected one line of at most %d bytes",
		    settings_quote(item).text, ITEM_BYTES_MAX);
	} else if (kind == LIST_MATCH && len < TITLE_LETTERS_MIN) {
		settings_error(settings, entry,
		    "is '%s', expected at least %d letters of a title",
		    settings_quote(item).text, TITLE_LETTERS_MIN);
	} else if (kind != LIST_MATCH && (len == 0 || item[0] == '~')) {
		settings_error(settings, entry,
		    "is '%s', expected the name or id of a %s",
		    settings_quote(item).text,
		    kind == LIST_PROVIDERS ? "provider"
		    : kind == LIST_MODELS  ? "model"
					   : "component");
	}
}

static void
check_list(const struct settings *settings, const struct list *list,
    enum list_kind list_kind, enum probe_kind kind)
{
	if (!has_list(kind, list_kind)) {
		if (list->len > 0) {
			settings_error(settings, list->key,
			    "means nothing for kind %s, expected no %s",
			    probe_kind_name(kind), list->key);
		}
		return;
	}
	for (uint32_t i = 0; i < list->len; i++) {
		char entry[32];

		(void)snprintf(entry, sizeof(entry), "%s[%u]", list->key, i);
		if (list_kind == LIST_PRODUCTS) {
			check_product(settings, entry, list->item[i]);
		} else {
			check_item(settings, entry, list->item[i], list_kind);
		}
	}
}

/* Appends the items, each behind `mark`, with `separator` between them. */
static size_t
join(const struct list *list, const char *mark, char separator, char *joined,
    size_t len, size_t cap)
{
	for (uint32_t i = 0; i < list->len; i++) {
		const char between[] = {separator, '\0'};
		int more = snprintf(joined + len, cap - len, "%s%s%s",
		    len > 0 ? between : "", mark, list->item[i]);

		assert(more >= 0 && (size_t)more < cap - len);
		len += (size_t)more;
	}
	return len;
}

/* A page about many things says nothing of ours unless it is told what that is. */
static void
check_needed(const struct settings *settings, const struct list list[LIST_COUNT],
    enum probe_kind kind)
{
	uint32_t named = list[LIST_COMPONENTS].len + list[LIST_MATCH].len;

	if (kind == PROBE_GCLOUD_STATUS && list[LIST_PRODUCTS].len == 0) {
		settings_error(settings, "",
		    "has no products, expected those of the status page to watch");
	} else if (kind == PROBE_OPENROUTER_MODELS && list[LIST_MODELS].len == 0) {
		settings_error(
		    settings, "", "has no models, expected the ids of those to watch");
	} else if (kind == PROBE_FEED && named == 0) {
		settings_error(settings, "",
		    "has no match, expected parts of the titles to watch for");
	} else if ((kind == PROBE_STATUSPAGE || kind == PROBE_DATADOG_STATUS ||
		       kind == PROBE_GCLOUD_FEED) &&
		   named == 0) {
		settings_error(settings, "",
		    "has no components and no match, expected one of them");
	}
}

const char *
conf_sources_filter(
    const struct conf_fleet *fleet, const struct raw_source *raw, enum probe_kind kind)
{
	struct list list[LIST_COUNT];
	size_t cap = conf_sources_bytes(raw);
	char *joined = arena_take(fleet->arena, cap, 1);
	size_t len;

	assert(joined != NULL);
	lists_of(raw, list);
	for (int i = 0; i < LIST_COUNT; i++) {
		check_list(&fleet->settings, &list[i], (enum list_kind)i, kind);
	}
	check_needed(&fleet->settings, list, kind);
	joined[0] = '\0';
	len = join(&list[LIST_PRODUCTS], "", ',', joined, 0, cap);
	len = join(&list[LIST_COMPONENTS], "", '\n', joined, len, cap);
	len = join(&list[LIST_PROVIDERS], "", '\n', joined, len, cap);
	len = join(&list[LIST_MODELS], "", '\n', joined, len, cap);
	len = join(&list[LIST_MATCH], "~", '\n', joined, len, cap);
	if (len >= LIMIT_URL_BYTES) {
		settings_error(&fleet->settings,
		    kind == PROBE_GCLOUD_STATUS ? "products" : "components",
		    "is too long, expected at most %d bytes in all",
		    LIMIT_URL_BYTES - 1);
	}
	return joined;
}
