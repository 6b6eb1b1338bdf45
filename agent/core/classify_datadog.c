#include "agent/core/classify_datadog.h"

#include "common/core/rfc3339.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum tag {
	TAG_PART = 0, /* a list of the page */
	TAG_COMPONENT,
	TAG_CHILD, /* of a group */
	TAG_COMPONENT_ID,
	TAG_COMPONENT_NAME,
	TAG_COMPONENT_STATUS,
	TAG_CHILDREN,
	TAG_INCIDENT,
	TAG_MAINTENANCE,
	TAG_ID,
	TAG_TITLE,
	TAG_STATUS,
	TAG_IS_RESOLVED,
	TAG_PUBLISHED,
	TAG_RESOLVED,
	TAG_MODIFIED,
	TAG_AFFECTED,
	TAG_AFFECTED_NAME,
	TAG_AFFECTED_STATUS
};

static const struct capture_path paths[] = {
    {{"components"}, TAG_PART},
    {{"components", "[]"}, TAG_COMPONENT},
    {{"components", "[]", "id"}, TAG_COMPONENT_ID},
    {{"components", "[]", "name"}, TAG_COMPONENT_NAME},
    {{"components", "[]", "status"}, TAG_COMPONENT_STATUS},
    {{"components", "[]", "components"}, TAG_CHILDREN},
    {{"components", "[]", "components", "[]"}, TAG_CHILD},
    {{"components", "[]", "components", "[]", "id"}, TAG_COMPONENT_ID},
    {{"components", "[]", "components", "[]", "name"}, TAG_COMPONENT_NAME},
    {{"components", "[]", "components", "[]", "status"}, TAG_COMPONENT_STATUS},
    {{"incidents"}, TAG_PART},
    {{"incidents", "[]"}, TAG_INCIDENT},
    {{"incidents", "[]", "id"}, TAG_ID},
    {{"incidents", "[]", "title"}, TAG_TITLE},
    {{"incidents", "[]", "currentStatus"}, TAG_STATUS},
    {{"incidents", "[]", "resolved"}, TAG_IS_RESOLVED},
    {{"incidents", "[]", "publishedDate"}, TAG_PUBLISHED},
    {{"incidents", "[]", "resolvedDate"}, TAG_RESOLVED},
    {{"incidents", "[]", "lastModifiedAt"}, TAG_MODIFIED},
    {{"incidents", "[]", "componentsAffected", "[]", "id"}, TAG_AFFECTED},
    {{"incidents", "[]", "componentsAffected", "[]", "name"}, TAG_AFFECTED_NAME},
    {{"incidents", "[]", "componentsAffected", "[]", "status"}, TAG_AFFECTED_STATUS},
    {{"maintenances"}, TAG_PART},
    {{"maintenances", "[]"}, TAG_MAINTENANCE},
    {{"maintenances", "[]", "id"}, TAG_ID},
    {{"maintenances", "[]", "title"}, TAG_TITLE},
    {{"maintenances", "[]", "currentStatus"}, TAG_STATUS},
    {{"maintenances", "[]", "lastModifiedAt"}, TAG_MODIFIED},
    {{"maintenances", "[]", "componentsAffected", "[]", "id"}, TAG_AFFECTED},
    {{"maintenances", "[]", "componentsAffected", "[]", "name"}, TAG_AFFECTED_NAME},
};

_Static_assert(LENGTH(paths) <= CAPTURE_PATHS_MAX, "one bit a path");

/* A word we do not know is taken for a disruption. */
static enum claim
claim_of(const char *status)
{
	static const struct {
		const char *word;
		enum claim claim;
	} claims[] = {
	    {"operational", CLAIM_CLEAR},
	    {"maintenance", CLAIM_INFORMATION},
	    {"under_maintenance", CLAIM_INFORMATION},
	    {"degraded", CLAIM_DISRUPTION},
	    {"degraded_performance", CLAIM_DISRUPTION},
	    {"partial_outage", CLAIM_OUTAGE},
	    {"major_outage", CLAIM_OUTAGE},
	    {"outage", CLAIM_OUTAGE},
	};

	for (size_t i = 0; i < LENGTH(claims); i++) {
		if (strcmp(claims[i].word, status) == 0) {
			return claims[i].claim;
		}
	}
	return CLAIM_DISRUPTION;
}

static void
item_begin(struct classify_datadog *datadog)
{
	memset(&datadog->page.entry, 0, sizeof(datadog->page.entry));
	datadog->matched = false;
	datadog->resolved = false;
	datadog->closed_at = false;
	datadog->has_part = false;
	datadog->worst = CLAIM_CLEAR;
	datadog->name[0] = '\0';
	datadog->status[0] = '\0';
}

static void
component_end(struct classify_datadog *datadog)
{
	struct page *page = &datadog->page;
	struct page_entry *entry = &page->entry;
	uint64_t found = page_names(page, entry->id) | page_names(page, datadog->name) |
			 datadog->group_found;
	bool nameless = entry->id[0] == '\0' && datadog->name[0] == '\0';

	page->entries++;
	page->found |= found;
	if (page_is_narrow(page) && (nameless ? !page_has_names(page) : found == 0)) {
		return;
	}
	if (nameless || datadog->status[0] == '\0') {
		page->odd++; /* it may be ours, or is, and says nothing */
		return;
	}
	entry->claim = claim_of(datadog->status);
	if (entry->claim == CLAIM_CLEAR) {
		return;
	}
	if (entry->id[0] == '\0') {
		(void)snprintf(entry->id, sizeof(entry->id), "%s", datadog->name);
	}
	page_scope(entry, datadog->name);
	page_component_title(&datadog->page, datadog->name, datadog->status);
	page_link(page, "");
	page_keep(page);
}

static bool
is_over(const struct classify_datadog *datadog)
{
	static const char *const over[] = {
	    "resolved", "completed", "postmortem", "canceled", "cancelled"};

	for (size_t i = 0; i < LENGTH(over); i++) {
		if (strcmp(over[i], datadog->status) == 0) {
			return true;
		}
	}
	return datadog->resolved || (datadog->status[0] == '\0' && datadog->closed_at);
}

static void
incident_end(struct classify_datadog *datadog, bool maintenance)
{
	struct page *page = &datadog->page;
	struct page_entry *entry = &page->entry;
	bool concerns = datadog->matched || !page_is_narrow(page) ||
			page_titles(page, &entry->title);

	page->entries++;
	if (is_over(datadog)) {
		return;
	}
	if (entry->id[0] == '\0') {
		page->odd++;
		return;
	}
	if (!concerns || (maintenance && strcmp(datadog->status, "scheduled") == 0)) {
		return;
	}
	entry->claim = CLAIM_DISRUPTION;
	if (maintenance || (datadog->has_part && datadog->worst <= CLAIM_INFORMATION)) {
		entry->claim = CLAIM_INFORMATION;
	} else if (datadog->worst == CLAIM_OUTAGE) {
		entry->claim = CLAIM_OUTAGE;
	}
	page_link(page, "");
	page_keep(page);
}

static void
keep_word(char *out, const char *word)
{
	(void)snprintf(out, PAGE_WORD_BYTES, "%s", word);
}

/* A state of one of the incident's components. */
static void
affected(struct classify_datadog *datadog, const char *status)
{
	enum claim claim = claim_of(status);

	datadog->has_part = true;
	datadog->worst = claim > datadog->worst ? claim : datadog->worst;
}

/* A text is there as a whole. */
static void
word_done(struct classify_datadog *datadog, enum tag tag)
{
	struct page *page = &datadog->page;
	struct page_entry *entry = &page->entry;
	const char *word = page->word.text;
	struct wall at;

	switch (tag) {
	case TAG_COMPONENT_ID:
	case TAG_ID:
		keep_word(entry->id, word);
		break;
	case TAG_COMPONENT_NAME:
		keep_word(datadog->name, word);
		break;
	case TAG_COMPONENT_STATUS:
	case TAG_STATUS:
		/* Too long to be kept is not the same as not said. */
		keep_word(datadog->status, page->word.cut ? "?" : word);
		break;
	case TAG_PUBLISHED:
		(void)rfc3339_read(word, &entry->begin_at);
		break;
	case TAG_MODIFIED:
		(void)rfc3339_read(word, &entry->modified_at);
		break;
	case TAG_RESOLVED:
		datadog->closed_at = rfc3339_read(word, &at);
		break;
	case TAG_AFFECTED_NAME:
		page_scope(entry, word);
		datadog->matched |= page_names(page, word) != 0;
		break;
	case TAG_AFFECTED:
		datadog->matched |= page_names(page, word) != 0;
		break;
	case TAG_AFFECTED_STATUS:
		affected(datadog, word);
		break;
	case TAG_PART:
	case TAG_COMPONENT:
	case TAG_CHILD:
	case TAG_CHILDREN:
	case TAG_INCIDENT:
	case TAG_MAINTENANCE:
	case TAG_TITLE:
	case TAG_IS_RESOLVED:
		break;
	}
}

/* A component of the first level ends, or begins: it may turn out to be a group. */
static void
on_component(struct classify_datadog *datadog, bool begins)
{
	if (begins) {
		datadog->is_group = false;
		datadog->group_found = 0;
		item_begin(datadog);
	} else if (!datadog->is_group) {
		component_end(datadog);
	}
}

/* An item of one of the lists begins, ends, or is no object. */
static void
on_item(struct classify_datadog *datadog, enum tag tag, const struct json_event *event)
{
	bool begins = event->kind == JSON_OBJECT_BEGIN;

	if (!begins && event->kind != JSON_OBJECT_END) {
		bool ends = event->kind == JSON_ARRAY_END ||
			    (event->kind == JSON_TEXT && !event->last);

		datadog->page.entries += ends ? 0 : 1;
		datadog->page.odd += ends ? 0 : 1;
	} else if (tag == TAG_COMPONENT) {
		on_component(datadog, begins);
	} else if (begins) {
		item_begin(datadog);
	} else if (tag == TAG_CHILD) {
		component_end(datadog);
	} else {
		incident_end(datadog, tag == TAG_MAINTENANCE);
	}
}

static void
on_part(struct classify_datadog *datadog, const struct json_event *event)
{
	bool list = event->kind == JSON_ARRAY_BEGIN;

	datadog->is_page |= list;
	/* null stands for an empty list */
	datadog->page.odd += !list && event->kind != JSON_ARRAY_END &&
			     event->kind != JSON_LITERAL_NULL &&
			     event->kind != JSON_OBJECT_END &&
			     (event->kind != JSON_TEXT || event->last);
}

/* The components of a group come: what was read so far is the group's. */
static void
on_children(struct classify_datadog *datadog, const struct json_event *event)
{
	struct page *page = &datadog->page;

	if (event->kind == JSON_ARRAY_BEGIN) {
		datadog->is_group = true;
		datadog->group_found =
		    page_names(page, page->entry.id) | page_names(page, datadog->name);
	} else if (event->kind == JSON_ARRAY_END) {
		page->found |= datadog->group_found;
		datadog->group_found = 0;
	}
}

static void
on_value(void *context, int number, const struct json_event *event)
{
	struct classify_datadog *datadog = context;
	struct page *page = &datadog->page;
	enum tag tag = (enum tag)number;

	if (tag == TAG_COMPONENT || tag == TAG_CHILD || tag == TAG_INCIDENT ||
	    tag == TAG_MAINTENANCE) {
		on_item(datadog, tag, event);
	} else if (tag == TAG_PART) {
		on_part(datadog, event);
	} else if (tag == TAG_CHILDREN) {
		on_children(datadog, event);
	} else if (tag == TAG_IS_RESOLVED) {
		datadog->resolved = event->kind == JSON_LITERAL_TRUE;
	} else if (event->kind == JSON_TEXT && tag == TAG_TITLE) {
		page_title(&page->entry.title, event);
	} else if (event->kind == JSON_TEXT && page_word(&page->word, event)) {
		word_done(datadog, tag);
	}
}

void
classify_datadog_begin(struct capture *capture, struct classify_datadog *datadog,
    const struct plan_probe *probe, const struct redact *redact)
{
	memset(datadog, 0, sizeof(*datadog));
	page_init(&datadog->page, probe, redact);
	capture_init(capture, paths, LENGTH(paths), false, on_value, datadog);
}

bool
classify_datadog_done(struct classify_datadog *datadog)
{
	return datadog->is_page && page_done(&datadog->page, true);
}
