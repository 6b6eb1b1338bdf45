#include "agent/core/classify_openrouter_models.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum tag {
	TAG_LIST = 0,
	TAG_MODEL,
	TAG_ID,
	TAG_CONTEXT,
	TAG_PRICE_IN,
	TAG_PRICE_OUT,
	TAG_PRICE_IMAGE,
	TAG_NEXT
};

static const struct capture_path paths[] = {
    {{"data"}, TAG_LIST},
    {{"data", "[]"}, TAG_MODEL},
    {{"data", "[]", "id"}, TAG_ID},
    {{"data", "[]", "context_length"}, TAG_CONTEXT},
    {{"data", "[]", "pricing", "prompt"}, TAG_PRICE_IN},
    {{"data", "[]", "pricing", "completion"}, TAG_PRICE_OUT},
    {{"data", "[]", "pricing", "image_output"}, TAG_PRICE_IMAGE},
    {{"links", "next"}, TAG_NEXT},
};

static void
model_end(struct classify_openrouter_models *models)
{
	struct page *page = &models->page;
	uint64_t found = page_names(page, page->entry.id);

	page->entries++;
	if (page->entry.id[0] == '\0') {
		page->odd++; /* it may be ours */
	} else if (found != 0 && (page->found & found) != found) {
		page->found |= found;
		figures_keep(&models->figures, page->redact, page->entry.id, "");
	}
}

static void
on_model(struct classify_openrouter_models *models, const struct json_event *event)
{
	struct page *page = &models->page;

	if (event->kind == JSON_OBJECT_BEGIN) {
		memset(&page->entry, 0, sizeof(page->entry));
		figures_begin(&models->figures);
	} else if (event->kind == JSON_OBJECT_END) {
		model_end(models);
	} else if (event->kind != JSON_ARRAY_END &&
		   (event->kind != JSON_TEXT || event->last)) {
		page->entries++;
		page->odd++;
	}
}

static void
on_number(
    struct classify_openrouter_models *models, int tag, const char *text, size_t len)
{
	struct figure *figure = &models->figures.next;

	if (tag == TAG_CONTEXT) {
		figure->context_tokens = figures_count(text, len);
	} else if (tag == TAG_PRICE_IN) {
		figure->price_in_nanousd = figures_price(text, len);
	} else if (tag == TAG_PRICE_OUT) {
		figure->price_out_nanousd = figures_price(text, len);
	} else if (tag == TAG_PRICE_IMAGE) {
		figure->price_image_nanousd = figures_price(text, len);
	}
}

static void
on_value(void *context, int tag, const struct json_event *event)
{
	struct classify_openrouter_models *models = context;
	struct page *page = &models->page;

	if (tag == TAG_LIST) {
		models->is_page |= event->kind == JSON_ARRAY_BEGIN;
	} else if (tag == TAG_MODEL) {
		on_model(models, event);
	} else if (tag == TAG_NEXT) {
		models->is_part |= event->kind != JSON_LITERAL_NULL;
	} else if (event->kind == JSON_NUMBER && !event->cut) {
		on_number(models, tag, event->text, event->len);
	} else if (event->kind == JSON_TEXT && page_word(&page->word, event)) {
		if (tag == TAG_ID) {
			(void)snprintf(page->entry.id, sizeof(page->entry.id), "%s",
			    page->word.text);
		} else {
			on_number(
			    models, tag, page->word.text, strlen(page->word.text));
		}
	}
}

void
classify_openrouter_models_begin(struct capture *capture,
    struct classify_openrouter_models *models, const struct plan_probe *probe,
    const struct redact *redact)
{
	page_init(&models->page, probe, redact);
	figures_init(&models->figures);
	models->is_page = false;
	models->is_part = false;
	capture_init(capture, paths, LENGTH(paths), false, on_value, models);
}

/* Says of a model that is asked for and not there that it is not. */
static void
keep_missing(struct page *page, const char *name)
{
	struct page_entry *entry = &page->entry;
	int len;

	memset(entry, 0, sizeof(*entry));
	entry->claim = CLAIM_DISRUPTION;
	(void)snprintf(entry->id, sizeof(entry->id), "%s", name);
	len = snprintf(
	    entry->title.text, sizeof(entry->title.text), "%s: not listed", name);
	entry->title.len = (uint16_t)(len > 0 ? len : 0);
	page_keep(page);
}

bool
classify_openrouter_models_done(struct classify_openrouter_models *models)
{
	struct page *page = &models->page;
	bool knows_all = !models->is_part && page->odd == 0;
	char name[PAGE_WORD_BYTES];

	/* A list of nothing, or of things that are no models, says nothing about ours. */
	if (!models->is_page || page->entries == page->odd) {
		return false;
	}
	for (unsigned i = 0; page_item(page, i, name); i++) {
		if (name[0] == '\0' || (page->found >> i & 1) != 0) {
			continue;
		}
		if (!knows_all) {
			return false;
		}
		keep_missing(page, name);
	}
	page->odd = 0; /* what was not understood is none of ours */
	return page_done(page, false);
}
