#include "agent/core/classify_openrouter.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum tag {
	TAG_LIST = 0,
	TAG_ENDPOINT,
	TAG_MODEL,
	TAG_NAME,
	TAG_PROVIDER,
	TAG_STATUS,
	TAG_UPTIME_5M,
	TAG_UPTIME_30M,
	TAG_UPTIME_1D,
	TAG_CONTEXT,
	TAG_PRICE_IN,
	TAG_PRICE_OUT,
	TAG_PRICE_IMAGE,
	TAG_LATENCY, /* and the other quantiles behind it */
	TAG_THROUGHPUT = TAG_LATENCY + FIGURE_QUANTILES
};

enum {
	STATUS_DISABLED = -10,
	STATUS_ODD = INT16_MAX, /* no whole number */
	PPM_OF_ONE = 10000,     /* one percent */
	SHARES_BYTES = 40
};

#define ENDPOINT "data", "endpoints", "[]"

static const struct capture_path paths[] = {
    {{"data", "id"}, TAG_MODEL},
    {{"data", "endpoints"}, TAG_LIST},
    {{ENDPOINT}, TAG_ENDPOINT},
    {{ENDPOINT, "tag"}, TAG_NAME},
    {{ENDPOINT, "provider_name"}, TAG_PROVIDER},
    {{ENDPOINT, "status"}, TAG_STATUS},
    {{ENDPOINT, "uptime_last_5m"}, TAG_UPTIME_5M},
    {{ENDPOINT, "uptime_last_30m"}, TAG_UPTIME_30M},
    {{ENDPOINT, "uptime_last_1d"}, TAG_UPTIME_1D},
    {{ENDPOINT, "context_length"}, TAG_CONTEXT},
    {{ENDPOINT, "pricing", "prompt"}, TAG_PRICE_IN},
    {{ENDPOINT, "pricing", "completion"}, TAG_PRICE_OUT},
    {{ENDPOINT, "pricing", "image_output"}, TAG_PRICE_IMAGE},
    {{ENDPOINT, "latency_last_30m", "p50"}, TAG_LATENCY},
    {{ENDPOINT, "latency_last_30m", "p75"}, TAG_LATENCY + 1},
    {{ENDPOINT, "latency_last_30m", "p90"}, TAG_LATENCY + 2},
    {{ENDPOINT, "latency_last_30m", "p99"}, TAG_LATENCY + 3},
    {{ENDPOINT, "throughput_last_30m", "p50"}, TAG_THROUGHPUT},
    {{ENDPOINT, "throughput_last_30m", "p75"}, TAG_THROUGHPUT + 1},
    {{ENDPOINT, "throughput_last_30m", "p90"}, TAG_THROUGHPUT + 2},
    {{ENDPOINT, "throughput_last_30m", "p99"}, TAG_THROUGHPUT + 3},
};

#undef ENDPOINT

static int32_t
read_status(const struct json_event *event)
{
	bool minus = event->len > 0 && event->text[0] == '-';
	int32_t value = 0;

	for (size_t i = minus ? 1 : 0; i < event->len; i++) {
		char c = event->text[i];

		if (c < '0' || c > '9') {
			return STATUS_ODD;
		}
		value = value < 1000 ? value * 10 + (c - '0') : value;
	}
	return minus ? -value : value;
}

static void
endpoint_begin(struct classify_openrouter *openrouter)
{
	memset(&openrouter->page.entry, 0, sizeof(openrouter->page.entry));
	figures_begin(&openrouter->figures);
	openrouter->is_odd = false;
	openrouter->provider[0] = '\0';
}

/* "99.6/100.0/?", of the three windows. */
static void
write_shares(const struct figure *figure, char out[SHARES_BYTES])
{
	const int32_t ppm[] = {
	    figure->uptime_5m_ppm, figure->uptime_30m_ppm, figure->uptime_1d_ppm};
	size_t len = 0;

	for (size_t i = 0; i < LENGTH(ppm); i++) {
		const char *mark = i > 0 ? "/" : "";
		int milli = (int)((ppm[i] + 5) / 10); /* of a percent */
		int more = ppm[i] < 0
			       ? snprintf(out + len, SHARES_BYTES - len, "%s?", mark)
			       : snprintf(out + len, SHARES_BYTES - len, "%s%d.%d",
				     mark, milli / 1000, milli % 1000 / 100);

		len += more > 0 ? (size_t)more : 0;
	}
}

/* Beside those of the other providers, while there is room. */
static void
add_shares(struct classify_openrouter *openrouter, const char *name)
{
	char shares[SHARES_BYTES];
	size_t used = strlen(openrouter->shares);
	size_t room = sizeof(openrouter->shares) - used;

	write_shares(&openrouter->figures.next, shares);
	if (strlen(name) + strlen(shares) + sizeof(", x x %") < room) {
		(void)snprintf(openrouter->shares + used, room, "%s%s %s %%",
		    used > 0 ? ", " : "", name, shares);
	}
}

static enum claim
claim_of(const struct figure *figure)
{
	int32_t worked = figure->uptime_5m_ppm;
	int32_t status = figure->status;
	enum claim claim = CLAIM_CLEAR;

	if (worked >= 0 && worked < CLASSIFY_OPENROUTER_INFORMATION) {
		claim = CLAIM_INFORMATION;
	}
	if (status < 0 || (worked >= 0 && worked < CLASSIFY_OPENROUTER_DISRUPTION)) {
		claim = CLAIM_DISRUPTION;
	}
	if (status <= STATUS_DISABLED ||
	    (worked >= 0 && worked < CLASSIFY_OPENROUTER_OUTAGE)) {
		claim = CLAIM_OUTAGE;
	}
	return claim;
}

/* The title does not change with the figures: they do at every reading. */
static void
keep_endpoint(struct classify_openrouter *openrouter)
{
	struct page *page = &openrouter->page;
	struct page_title *title = &page->entry.title;
	int32_t status = openrouter->figures.next.status;
	const char *word = status <= STATUS_DISABLED ? "disabled" : "deranked";
	int len;

	if (status < 0) {
		len = snprintf(title->text, sizeof(title->text), "%s: %s, status %d",
		    page->entry.id, word, (int)status);
	} else {
		len = snprintf(title->text, sizeof(title->text),
		    "%s: too few requests work", page->entry.id);
	}
	title->len = (uint16_t)(len > 0 ? len : 0);
	page_keep(page);
}

static void
endpoint_end(struct classify_openrouter *openrouter)
{
	struct page *page = &openrouter->page;
	struct page_entry *entry = &page->entry;
	const struct figure *figure = &openrouter->figures.next;
	uint64_t found =
	    page_names(page, entry->id) | page_names(page, openrouter->provider);
	bool nameless = entry->id[0] == '\0' && openrouter->provider[0] == '\0';

	page->entries++;
	page->found |= found;
	if (nameless) {
		page->odd++; /* it may be ours */
		return;
	}
	if (page_is_narrow(page) && found == 0) {
		return;
	}
	if (entry->id[0] == '\0') {
		(void)snprintf(
		    entry->id, sizeof(entry->id), "%s", openrouter->provider);
	}
	add_shares(openrouter, entry->id);
	figures_keep(&openrouter->figures, page->redact, "", entry->id);
	openrouter->oddities += openrouter->is_odd ? 1 : 0;
	entry->claim = claim_of(figure);
	if (entry->claim != CLAIM_CLEAR) {
		keep_endpoint(openrouter);
	} else if (figure->uptime_5m_ppm < 0 || figure->status > 0) {
		page->odd++;
	}
}

static void
on_endpoint(struct classify_openrouter *openrouter, const struct json_event *event)
{
	if (event->kind == JSON_OBJECT_BEGIN) {
		endpoint_begin(openrouter);
	} else if (event->kind == JSON_OBJECT_END) {
		endpoint_end(openrouter);
	} else if (event->kind != JSON_ARRAY_END &&
		   (event->kind != JSON_TEXT || event->last)) {
		openrouter->page.entries++;
		openrouter->page.odd++;
	}
}

/* Above nothing and up to one, and not one: perhaps a share of one. */
static int32_t
percent(struct classify_openrouter *openrouter, const char *text, size_t len)
{
	int32_t ppm = figures_percent(text, len);

	openrouter->is_odd |= ppm > 0 && ppm < PPM_OF_ONE;
	return ppm;
}

static void
on_number(struct classify_openrouter *openrouter, int tag, const char *text, size_t len)
{
	struct figure *figure = &openrouter->figures.next;

	if (tag >= TAG_THROUGHPUT) {
		figure->throughput_mtps[tag - TAG_THROUGHPUT] =
		    figures_milli(text, len);
	} else if (tag >= TAG_LATENCY) {
		figure->latency_ms[tag - TAG_LATENCY] = figures_count(text, len);
	} else if (tag == TAG_UPTIME_5M) {
		figure->uptime_5m_ppm = percent(openrouter, text, len);
	} else if (tag == TAG_UPTIME_30M) {
		figure->uptime_30m_ppm = percent(openrouter, text, len);
	} else if (tag == TAG_UPTIME_1D) {
		figure->uptime_1d_ppm = percent(openrouter, text, len);
	} else if (tag == TAG_CONTEXT) {
		figure->context_tokens = figures_count(text, len);
	} else if (tag == TAG_PRICE_IN) {
		figure->price_in_nanousd = figures_price(text, len);
	} else if (tag == TAG_PRICE_OUT) {
		figure->price_out_nanousd = figures_price(text, len);
	} else if (tag == TAG_PRICE_IMAGE) {
		figure->price_image_nanousd = figures_price(text, len);
	}
}

/* A text is there as a whole: a name, or a price, which are written as texts. */
static void
on_word(struct classify_openrouter *openrouter, int tag)
{
	struct page *page = &openrouter->page;
	const char *word = page->word.text;

	if (tag == TAG_NAME) {
		(void)snprintf(page->entry.id, PAGE_WORD_BYTES, "%s", word);
	} else if (tag == TAG_PROVIDER) {
		(void)snprintf(openrouter->provider, PAGE_WORD_BYTES, "%s", word);
	} else if (tag == TAG_MODEL) {
		(void)snprintf(openrouter->model, PAGE_WORD_BYTES, "%s", word);
	} else if (tag >= TAG_PRICE_IN && tag <= TAG_PRICE_IMAGE) {
		on_number(openrouter, tag, word, strlen(word));
	}
}

static void
on_value(void *context, int tag, const struct json_event *event)
{
	struct classify_openrouter *openrouter = context;
	struct page *page = &openrouter->page;

	if (tag == TAG_LIST) {
		openrouter->is_page |= event->kind == JSON_ARRAY_BEGIN;
	} else if (tag == TAG_ENDPOINT) {
		on_endpoint(openrouter, event);
	} else if (event->kind == JSON_NUMBER && tag == TAG_STATUS) {
		openrouter->figures.next.status = read_status(event);
	} else if (event->kind == JSON_NUMBER && !event->cut) {
		on_number(openrouter, tag, event->text, event->len);
	} else if (event->kind == JSON_TEXT && page_word(&page->word, event)) {
		on_word(openrouter, tag);
	}
}

void
classify_openrouter_begin(struct capture *capture,
    struct classify_openrouter *openrouter, const struct plan_probe *probe,
    const struct redact *redact)
{
	page_init(&openrouter->page, probe, redact);
	figures_init(&openrouter->figures);
	openrouter->is_page = false;
	openrouter->oddities = 0;
	openrouter->model[0] = '\0';
	openrouter->shares[0] = '\0';
	capture_init(capture, paths, LENGTH(paths), false, on_value, openrouter);
}

bool
classify_openrouter_done(struct classify_openrouter *openrouter)
{
	struct page *page = &openrouter->page;

	/* No endpoint at all is nothing that works. */
	if (!openrouter->is_page || page->entries == 0) {
		return false;
	}
	/* The figures of a model that is found out at its end. */
	figures_name(&openrouter->figures, page->redact, openrouter->model);
	if (!page_done(page, true)) {
		return false;
	}
	(void)redact_text(page->redact, openrouter->shares, strlen(openrouter->shares),
	    false, openrouter->summary, sizeof(openrouter->summary));
	for (uint32_t k = 0; k < page->kept; k++) {
		page->observation[k].scope = openrouter->summary;
	}
	return true;
}
