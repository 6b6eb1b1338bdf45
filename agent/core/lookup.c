#include "agent/core/lookup.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Words for people, written one after the other; what does not fit is cut. */
struct words {
	char *at;
	size_t cap;
	size_t len;
};

static void
say(struct words *words, const char *text)
{
	int len = snprintf(words->at + words->len, words->cap - words->len, "%s", text);

	if (len > 0) {
		words->len += (size_t)len;
	}
	if (words->len >= words->cap) {
		words->len = words->cap - 1;
	}
}

static void
say_number(struct words *words, const char *before, uint32_t number, const char *after)
{
	char text[64];

	(void)snprintf(
	    text, sizeof(text), "%s%lu%s", before, (unsigned long)number, after);
	say(words, text);
}

void
lookup_init(struct lookup *lookup)
{
	memset(lookup, 0, sizeof(*lookup));
}

void
lookup_add(struct lookup *lookup, const struct lookup_address *address, uint32_t ttl_s)
{
	const struct lookup_address *expected = &lookup->expected;
	size_t len = address->version == 4 ? 4 : 16;

	if (lookup->found < LOOKUP_SHOWN) {
		lookup->address[lookup->found] = *address;
	}
	if (lookup->found == 0 || ttl_s < lookup->ttl_s) {
		lookup->ttl_s = ttl_s;
	}
	lookup->found++;
	if (expected->version == address->version &&
	    memcmp(expected->bytes, address->bytes, len) == 0) {
		lookup->met = true;
	}
}

bool
lookup_is_over(const struct lookup *lookup)
{
	return lookup->v4 != LOOKUP_WAITING && lookup->v6 != LOOKUP_WAITING;
}

/* What is said of a question that brought no address; NULL = it is not that simple. */
static const char *
status_words(enum lookup_status status)
{
	switch (status) {
	case LOOKUP_NODATA:
		return "no address";
	case LOOKUP_NXDOMAIN:
		return "NXDOMAIN";
	case LOOKUP_SERVFAIL:
		return "SERVFAIL";
	case LOOKUP_REFUSED:
		return "REFUSED";
	case LOOKUP_RCODE:
		return "question not understood";
	case LOOKUP_GARBAGE:
		return "unreadable answer";
	case LOOKUP_WAITING:
		return "no answer in time";
	case LOOKUP_UNREACHABLE:
		return "no such resolver";
	case LOOKUP_LOCAL:
		return "not asked";
	case LOOKUP_UNASKED:
	case LOOKUP_FOUND:
	case LOOKUP_STATUS_COUNT:
		break;
	}
	return "";
}

static void
say_addresses(struct words *words, const struct lookup *lookup)
{
	uint32_t shown = lookup->found < LOOKUP_SHOWN ? lookup->found : LOOKUP_SHOWN;

	for (uint32_t i = 0; i < shown; i++) {
		say(words, i > 0 ? ", " : "");
		say(words, lookup->address[i].text);
	}
	if (lookup->found > shown) {
		say_number(words, " and ", lookup->found - shown, " more");
	}
	say_number(words, ", ttl ", lookup->ttl_s, " s");
}

/* The other family's failure beside addresses of one: no reason to call the name bad, but
 * worth a word. */
static void
say_other(struct words *words, const char *type, enum lookup_status status)
{
	if (status > LOOKUP_NODATA) {
		say(words, "; ");
		say(words, type);
		say(words, ": ");
		say(words, status_words(status));
	}
}

static enum transport_end
judge_found(const struct lookup *lookup, struct words *words)
{
	if (lookup->expected.version != 0 && !lookup->met) {
		say(words, lookup->expected.text);
		say(words, " expected, found ");
		say_addresses(words, lookup);
		return TRANSPORT_MISMATCH;
	}
	say_addresses(words, lookup);
	say_other(words, "A", lookup->v4);
	say_other(words, "AAAA", lookup->v6);
	return TRANSPORT_DONE;
}

/* What stands in the way, of which type, and who says so. */
static void
say_failure(struct words *words, const struct lookup *lookup, enum lookup_status worst)
{
	bool both = lookup->v4 == lookup->v6;
	const char *type = lookup->v4 == worst ? " (A)" : " (AAAA)";

	say(words, status_words(worst));
	if (worst == LOOKUP_NODATA) {
		say(words, both ? " (A, AAAA)" : type);
	} else if (worst == LOOKUP_WAITING && !both) {
		say(words, type);
	}
	if (lookup->resolver[0] != '\0') {
		say(words, worst == LOOKUP_UNREACHABLE ? ": " : " from ");
		say(words, lookup->resolver);
	}
}

enum transport_end
lookup_judge(const struct lookup *lookup, char *out, size_t cap)
{
	struct words words = {.at = out, .cap = cap};
	enum lookup_status worst = lookup->v4 > lookup->v6 ? lookup->v4 : lookup->v6;

	assert(cap > 0);
	out[0] = '\0';
	if (worst == LOOKUP_LOCAL) {
		say(&words, lookup->why);
		return TRANSPORT_LOCAL;
	}
	if (lookup->found > 0 && lookup_is_over(lookup)) {
		return judge_found(lookup, &words);
	}
	say_failure(&words, lookup, worst);
	return TRANSPORT_DNS;
}
