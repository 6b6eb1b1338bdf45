#include "agent/core/classify_statuspage.h"

#include "common/core/rfc3339.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum tag {
	TAG_INDICATOR = 0,
	TAG_PART, /* a list of the page */
	TAG_COMPONENT,
	TAG_COMPONENT_ID,
	TAG_COMPONENT_NAME,
	TAG_COMPONENT_STATUS,
	TAG_COMPONENT_GROUP,
	TAG_INCIDENT,
	TAG_MAINTENANCE,
	TAG_ID,
	TAG_TITLE,
	TAG_STATUS,
	TAG_IMPACT,
	TAG_STARTED,
	TAG_CREATED,
	TAG_UPDATED,
	TAG_RESOLVED,
	TAG_AFFECTED, /* id or name of a component of an incident */
	TAG_AFFECTED_NAME
};

static const struct capture_path paths[] = {
    {{"status", "indicator"}, TAG_INDICATOR},
    {{"components"}, TAG_PART},
    {{"components", "[]"}, TAG_COMPONENT},
    {{"components", "[]", "id"}, TAG_COMPONENT_ID},
    {{"components", "[]", "name"}, TAG_COMPONENT_NAME},
    {{"components", "[]", "status"}, TAG_COMPONENT_STATUS},
    {{"components", "[]", "group"}, TAG_COMPONENT_GROUP},
    {{"incidents"}, TAG_PART},
    {{"incidents", "[]"}, TAG_INCIDENT},
    {{"incidents", "[]", "id"}, TAG_ID},
    {{"incidents", "[]", "name"}, TAG_TITLE},
    {{"incidents", "[]", "status"}, TAG_STATUS},
    {{"incidents", "[]", "impact"}, TAG_IMPACT},
    {{"incidents", "[]", "started_at"}, TAG_STARTED},
    {{"incidents", "[]", "created_at"}, TAG_CREATED},
    {{"incidents", "[]", "updated_at"}, TAG_UPDATED},
    {{"incidents", "[]", "resolved_at"}, TAG_RESOLVED},
    {{"incidents", "[]", "components", "[]", "id"}, TAG_AFFECTED},
    {{"incidents", "[]", "components", "[]", "name"}, TAG_AFFECTED_NAME},
    {{"scheduled_maintenances"}, TAG_PART},
    {{"scheduled_maintenances", "[]"}, TAG_MAINTENANCE},
    {{"scheduled_maintenances", "[]", "id"}, TAG_ID},
    {{"scheduled_maintenances", "[]", "name"}, TAG_TITLE},
    {{"scheduled_maintenances", "[]", "status"}, TAG_STATUS},
    {{"scheduled_maintenances", "[]", "scheduled_for"}, TAG_STARTED},
    {{"scheduled_maintenances", "[]", "created_at"}, TAG_CREATED},
    {{"scheduled_maintenances", "[]", "updated_at"}, TAG_UPDATED},
    {{"scheduled_maintenances", "[]", "components", "[]", "id"}, TAG_AFFECTED},
    {{"scheduled_maintenances", "[]", "components", "[]", "name"}, TAG_AFFECTED_NAME},
};

struct word_claim {
	const char *word;
	enum claim claim; /* CLAIM_CLEAR: not open */
};

static const struct word_claim component_claims[] = {
    {"operational", CLAIM_CLEAR},
    {"under_maintenance", CLAIM_INFORMATION},
    {"degraded_performance", CLAIM_DISRUPTION},
    {"partial_outage", CLAIM_OUTAGE},
    {"major_outage", CLAIM_OUTAGE},
};

static const struct word_claim impact_claims[] = {
    {"none", CLAIM_INFORMATION},
    {"maintenance", CLAIM_INFORMATION},
    {"minor", CLAIM_DISRUPTION},
    {"major", CLAIM_OUTAGE},
    {"critical", CLAIM_OUTAGE},
};

/* A word we do not know is taken for a disruption. */
static enum claim
claim_of(const struct word_claim *claims, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++) {
		if (strcmp(claims[i].word, word) == 0) {
			return claims[i].claim;
		}
	}
	return CLAIM_DISRUPTION;
}

static void
item_begin(struct classify_statuspage *statuspage)
{
	memset(&statuspage->page.entry, 0, sizeof(statuspage->page.entry));
	statuspage->is_group = false;
	statuspage->matched = false;
	statuspage->closed_at = false;
	statuspage->name[0] = '\0';
	statuspage->status[0] = '\0';
	statuspage->impact[0] = '\0';
}

static void
component_end(struct classify_statuspage *statuspage)
{
	struct page *page = &statuspage->page;
	struct page_entry *entry = &page->entry;
	uint64_t found =
	    page_names(page, entry->id) | page_names(page, statuspage->name);
	bool nameless = entry->id[0] == '\0' && statuspage->name[0] == '\0';

	page->entries++;
	if (statuspage->is_group) {
		return;
	}
	page->found |= found;
	if (page_is_narrow(page) && (nameless ? !page_has_names(page) : found == 0)) {
		return;
	}
	if (nameless || statuspage->status[0] == '\0') {
		page->odd++; /* it may be ours, or is, and says nothing */
		return;
	}
	entry->claim =
	    claim_of(component_claims, LENGTH(component_claims), statuspage->status);
	if (entry->claim == CLAIM_CLEAR) {
		return;
	}
	if (entry->id[0] == '\0') {
		(void)snprintf(entry->id, sizeof(entry->id), "%s", statuspage->name);
	}
	page_scope(entry, statuspage->name);
	page_component_title(&statuspage->page, statuspage->name, statuspage->status);
	page_link(page, "");
	page_keep(page);
}

static bool
is_over(const struct classify_statuspage *statuspage)
{
	const char *status = statuspage->status;

	return strcmp(status, "resolved") == 0 || strcmp(status, "postmortem") == 0 ||
	       strcmp(status, "completed") == 0 ||
	       (status[0] == '\0' && statuspage->closed_at);
}

static void
keep_incident(struct classify_statuspage *statuspage)
{
	struct page *page = &statuspage->page;
	struct page_entry *entry = &page->entry;
	char path[PAGE_WORD_BYTES + sizeof("incidents/")];

	if (entry->begin_at.ns == 0) {
		entry->begin_at = entry->created_at;
	}
	(void)snprintf(path, sizeof(path), "incidents/%s", entry->id);
	page_link(page, path);
	page_keep(page);
}

static void
incident_end(struct classify_statuspage *statuspage, bool maintenance)
{
	struct page *page = &statuspage->page;
	struct page_entry *entry = &page->entry;
	bool concerns = statuspage->matched || !page_is_narrow(page) ||
			page_titles(page, &entry->title);

	page->entries++;
	if (is_over(statuspage)) {
		return;
	}
	if (entry->id[0] == '\0') {
		page->odd++;
		return;
	}
	if (!concerns ||
	    (maintenance && strcmp(statuspage->status, "scheduled") == 0)) {
		return;
	}
	entry->claim = maintenance ? CLAIM_INFORMATION
				   : claim_of(impact_claims, LENGTH(impact_claims),
					 statuspage->impact);
	keep_incident(statuspage);
}

static void
keep_word(char *out, const char *word)
{
	(void)snprintf(out, PAGE_WORD_BYTES, "%s", word);
}

/* A text is there as a whole. */
static void
word_done(struct classify_statuspage *statuspage, enum tag tag)
{
	struct page *page = &statuspage->page;
	struct page_entry *entry = &page->entry;
	const char *word = page->word.text;
	struct wall at;

	switch (tag) {
	case TAG_COMPONENT_ID:
	case TAG_ID:
		keep_word(entry->id, word);
		break;
	case TAG_COMPONENT_NAME:
		keep_word(statuspage->name, word);
		break;
	case TAG_COMPONENT_STATUS:
	case TAG_STATUS:
		/* Too long to be kept is not the same as not said. */
		keep_word(statuspage->status, page->word.cut ? "?" : word);
		break;
	case TAG_IMPACT:
		keep_word(statuspage->impact, word);
		break;
	case TAG_STARTED:
		(void)rfc3339_read(word, &entry->begin_at);
		break;
	case TAG_CREATED:
		(void)rfc3339_read(word, &entry->created_at);
		break;
	case TAG_UPDATED:
		(void)rfc3339_read(word, &entry->modified_at);
		break;
	case TAG_RESOLVED:
		statuspage->closed_at = rfc3339_read(word, &at);
		break;
	case TAG_AFFECTED_NAME:
		page_scope(entry, word);
		statuspage->matched |= page_names(page, word) != 0;
		break;
	case TAG_AFFECTED:
		statuspage->matched |= page_names(page, word) != 0;
		break;
	case TAG_INDICATOR:
		statuspage->is_page = true;
		break;
	case TAG_PART:
	case TAG_COMPONENT:
	case TAG_COMPONENT_GROUP:
	case TAG_INCIDENT:
	case TAG_MAINTENANCE:
	case TAG_TITLE:
		break;
	}
}

/* An item of one of the lists begins, ends, or is no object. */
static void
on_item(struct classify_statuspage *statuspage, enum tag tag,
    const struct json_event *event)
{
	if (event->kind == JSON_OBJECT_BEGIN) {
		item_begin(statuspage);
	} else if (event->kind == JSON_OBJECT_END && tag == TAG_COMPONENT) {
		component_end(statuspage);
	} else if (event->kind == JSON_OBJECT_END) {
		incident_end(statuspage, tag == TAG_MAINTENANCE);
	} else if (event->kind != JSON_ARRAY_END &&
		   (event->kind != JSON_TEXT || event->last)) {
		statuspage->page.entries++;
		statuspage->page.odd++;
	}
}

static void
on_value(void *context, int number, const struct json_event *event)
{
	struct classify_statuspage *statuspage = context;
	struct page *page = &statuspage->page;
	enum tag tag = (enum tag)number;

	if (tag == TAG_COMPONENT || tag == TAG_INCIDENT || tag == TAG_MAINTENANCE) {
		on_item(statuspage, tag, event);
	} else if (tag == TAG_PART) {
		bool list = event->kind == JSON_ARRAY_BEGIN;
		statuspage->is_page |= list;
		/* null stands for an empty list */
		page->odd += !list && event->kind != JSON_ARRAY_END &&
			     event->kind != JSON_LITERAL_NULL &&
			     event->kind != JSON_OBJECT_END &&
			     (event->kind != JSON_TEXT || event->last);
	} else if (tag == TAG_COMPONENT_GROUP) {
		statuspage->is_group = event->kind == JSON_LITERAL_TRUE;
	} else if (event->kind == JSON_TEXT && tag == TAG_TITLE) {
		page_title(&page->entry.title, event);
	} else if (event->kind == JSON_TEXT && page_word(&page->word, event)) {
		word_done(statuspage, tag);
	}
}

void
classify_statuspage_begin(struct capture *capture,
    struct classify_statuspage *statuspage, const struct plan_probe *probe,
    const struct redact *redact)
{
	memset(statuspage, 0, sizeof(*statuspage));
	page_init(&statuspage->page, probe, redact);
	capture_init(capture, paths, LENGTH(paths), false, on_value, statuspage);
}

bool
classify_statuspage_done(struct classify_statuspage *statuspage)
{
	return statuspage->is_page && page_done(&statuspage->page, true);
}
