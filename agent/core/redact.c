#include "agent/core/redact.h"

#include "agent/core/escape.h"
#include "agent/core/known.h"
#include "common/core/chars.h"
#include "common/core/utf8.h"

#include <assert.h>
#include <string.h>

enum {
	LONG_RUN_BYTES = 40,   /* a longer run of base64 or hex is taken for a secret */
	PLAIN_HUMP_BYTES = 20, /* longest word, or part of a CamelCase word */
	PLAIN_MIXED_BYTES = 8, /* "v1beta", "error2" */
	PLAIN_MIXED_MAX = 2,
	NAMED_BYTES_MIN = 8,
	BEARER_BYTES_MIN = 8,
	MASK_STARS_MIN = 3
};

/* Cleaned text that is being searched. */
struct window {
	char text[REDACT_WINDOW_BYTES];
	size_t len;
	size_t begin; /* what lies before it is gone: words and runs begin here */
	bool in_url;
};

/* What to do at a position: copy `keep` bytes, then replace `drop` bytes by the mark. */
struct span {
	size_t keep;
	size_t drop;
};

struct sink {
	char *data;
	size_t cap;
	size_t len;
	bool full;
};

void
redact_init(struct redact *redact)
{
	memset(redact, 0, sizeof(*redact));
}

enum err
redact_add(struct redact *redact, const char *secret)
{
	size_t len = strlen(secret);

	if (len < REDACT_SECRET_BYTES_MIN || len > LIMIT_TEXT_BYTES) {
		return ERR_INVALID;
	}
	for (size_t i = 0; i < len; i++) {
		if (secret[i] <= ' ' || secret[i] > '~') {
			return ERR_INVALID;
		}
	}
	for (uint32_t i = 0; i < redact->len; i++) {
		if (strcmp(redact->secret[i], secret) == 0) {
			return ERR_OK;
		}
	}
	if (redact->len == REDACT_SECRETS_MAX) {
		return ERR_LIMIT;
	}
	redact->secret[redact->len] = secret;
	redact->secret_bytes[redact->len] = (uint16_t)len;
	redact->len++;
	return ERR_OK;
}

void
redact_forget(struct redact *redact, const char *secret)
{
	for (uint32_t i = 0; i < redact->len; i++) {
		if (redact->secret[i] == secret) {
			redact->len--;
			redact->secret[i] = redact->secret[redact->len];
			redact->secret_bytes[i] = redact->secret_bytes[redact->len];
			return;
		}
	}
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char
lower(char c)
{
	return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

static bool
is_alnum(char c)
{
	return chars_is_digit(c) || is_lower(lower(c));
}

static bool
is_among(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Characters that show nothing, or that turn the writing direction. They become spaces:
 * dropping them could join the halves of a secret. */
static bool
is_blank(const char *at, size_t len)
{
	const unsigned char *byte = (const unsigned char *)at;

	if (len == 1) {
		return byte[0] <= ' ' || byte[0] == 0x7F;
	}
	if (len == 2) {
		return byte[0] == 0xC2 && byte[1] <= 0xA0; /* C1, no-break space */
	}
	if (len != 3) {
		return false;
	}
	if (byte[0] == 0xEF) {
		return byte[1] == 0xBB && byte[2] == 0xBF; /* U+FEFF */
	}
	return byte[0] == 0xE2 &&
	       ((byte[1] == 0x80 && byte[2] >= 0x8B && byte[2] <= 0xAE) ||
		   (byte[1] == 0x81 && byte[2] >= 0xA0));
}

/* Fills the window with clean text. Returns the bytes of `text` that were used. */
static size_t
clean(struct window *window, const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const char *from = text + at;
		size_t step = utf8_char(from, len - at);
		size_t add = step;
		if (step == 0) {
			step = 1;
			add = 1;
			from = *from == '\0' ? " " : "?";
		}
		bool blank = is_blank(from, add);
		if (blank) {
			from = " ";
			add = 1;
		}
		bool again = window->len == 0 || window->text[window->len - 1] == ' ';
		if (!blank || !again) {
			if (add > sizeof(window->text) - window->len) {
				break;
			}
			memcpy(window->text + window->len, from, add);
			window->len += add;
		}
		at += step;
	}
	return at;
}

/* The byte at `at`, NUL behind the end. */
static char
peek(const struct window *window, size_t at)
{
	return at < window->len ? window->text[at] : '\0';
}

/* The byte before `at`, a space before the first that is left. */
static char
before(const struct window *window, size_t at)
{
	return at > window->begin ? window->text[at - 1] : ' ';
}

static bool
starts(const struct window *window, size_t at, const char *word)
{
	for (size_t i = 0; word[i] != '\0'; i++) {
		if (lower(peek(window, at + i)) != word[i]) {
			return false;
		}
	}
	return true;
}

static bool
is_run_char(char c)
{
	return is_alnum(c) || is_among(c, "+/=_-");
}

static bool
is_token_char(char c)
{
	return is_alnum(c) || is_among(c, "-._~+/=*");
}

static bool
is_local_char(char c)
{
	return is_alnum(c) || is_among(c, "._%+-");
}

static bool
is_value_char(char c)
{
	return c > ' ' && c < 0x7F && !is_among(c, "&\"'<>;,)`");
}

static bool
is_url_char(char c)
{
	return c > ' ' && c < 0x7F && !is_among(c, "\"'<>`");
}

/* Length of the run of such characters from `at` on. */
static size_t
run(const struct window *window, size_t at, bool (*is_in)(char))
{
	size_t len = 0;

	while (is_in(peek(window, at + len))) {
		len++;
	}
	return len;
}

/* The longest part of a registered secret that begins here, however it is written; 0 when
 * it is no secret. */
static size_t
registered(const struct redact *redact, const struct window *window, size_t at)
{
	size_t plain = known_at(redact, window->text, window->len, at);
	size_t coded = known_run(redact, window->text + window->begin,
	    window->len - window->begin, at - window->begin);

	return plain > coded ? plain : coded;
}

/* The character at `at`, escapes undone; returns its length, 0 behind the end. */
static size_t
read_at(const struct window *window, size_t at, char *out)
{
	if (at >= window->len) {
		*out = '\0';
		return 0;
	}
	return escape_read(window->text + at, window->len - at, out);
}

/* How many bytes of such characters begin at `at`, escaped ones among them. */
static size_t
run_of(const struct window *window, size_t at, const char *set)
{
	size_t len = 0;

	for (;;) {
		char c;
		size_t step = read_at(window, at + len, &c);

		if (step == 0 || !is_among(c, set)) {
			return len;
		}
		len += step;
	}
}

/* True for what people write: "models", "PerMinutePerProject", "429", "API". */
static bool
is_plain_word(const char *word, size_t len)
{
	size_t hump = 0;
	bool digits = true;
	bool capitals = true;

	for (size_t i = 0; i < len; i++) {
		digits = digits && chars_is_digit(word[i]);
		capitals = capitals && is_upper(word[i]);
	}
	if (digits || capitals) {
		return len <= PLAIN_MIXED_BYTES;
	}
	for (size_t i = 0; i < len; i++) {
		bool hump_begins =
		    is_upper(word[i]) && i + 1 < len && is_lower(word[i + 1]);
		if (!is_lower(word[i]) && !hump_begins) {
			return false;
		}
		hump = hump_begins ? 1 : hump + 1;
		if (hump > PLAIN_HUMP_BYTES) {
			return false;
		}
	}
	return true;
}

/* Paths and identifiers are long runs too; a random one of this length does not consist
 * of words. */
static bool
is_readable(const char *text, size_t len)
{
	size_t mixed = 0;

	for (size_t at = 0; at < len;) {
		size_t word = 0;
		while (at + word < len && is_alnum(text[at + word])) {
			word++;
		}
		if (word > 0 && !is_plain_word(text + at, word)) {
			mixed++;
			if (word > PLAIN_MIXED_BYTES || mixed > PLAIN_MIXED_MAX) {
				return false;
			}
		}
		at += word + 1;
	}
	return true;
}

static bool
find_long_run(const struct window *window, size_t at, struct span *span)
{
	if (is_run_char(before(window, at))) {
		return false;
	}
	span->keep = 0;
	span->drop = run(window, at, is_run_char);
	return span->drop > LONG_RUN_BYTES &&
	       !is_readable(window->text + at, span->drop);
}

static bool
find_email(const struct window *window, size_t at, struct span *span)
{
	if (is_local_char(before(window, at))) {
		return false;
	}
	size_t local = 0;
	size_t sign = 0;
	/* An escaped sign begins with what may be a local character. */
	while (sign == 0 && is_local_char(peek(window, at + local))) {
		sign = run_of(window, at + local, "@");
		local += sign == 0 ? 1 : 0;
	}
	if (sign == 0) {
		sign = run_of(window, at + local, "@");
	}
	if (local == 0 || sign == 0) {
		return false;
	}
	size_t begin = at + local + sign;
	size_t domain = run(window, begin, is_local_char);
	span->keep = 0;
	span->drop = local + sign + domain;
	return domain > 2 && memchr(window->text + begin, '.', domain) != NULL;
}

/* Beginnings that vendors give their keys. */
static bool
find_prefix(const struct window *window, size_t at, struct span *span)
{
	static const struct {
		const char *text; /* in lower case */
		size_t more;      /* characters that must follow */
		bool anywhere;    /* else only where a word begins */
	} prefixes[] = {
	    {"aiza", 8, true},         /* Google API key */
	    {"ya29.", 8, true},        /* Google OAuth access token */
	    {"sk-", 8, false},         /* OpenAI and many of its followers */
	    {"sk_", 8, false},         /* Stripe's, used by gateways */
	    {"ghp_", 8, false},        /* GitHub */
	    {"xox", 10, false},        /* Slack */
	    {"akia", 12, false},       /* AWS */
	    {"asia", 16, false},       /* AWS, for a session */
	    {"gocspx-", 8, true},      /* Google OAuth client */
	    {"1//0", 16, false},       /* Google OAuth refresh token */
	    {"aq.ab", 12, false},      /* Google, bound to a service account */
	    {"github_pat_", 8, false}, /* GitHub */
	    {"glpat-", 8, false},      /* GitLab */
	    {"hf_", 20, false},        /* Hugging Face */
	    {"gsk_", 20, false},       /* Groq */
	    {"xai-", 20, false},       /* xAI */
	    {"eyj", 12, false},        /* JWT: the base64 of {" */
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i].text);
		if (!starts(window, at, prefixes[i].text) ||
		    (!prefixes[i].anywhere && is_alnum(before(window, at)))) {
			continue;
		}
		size_t more = run(window, at + len, is_token_char);
		if (more >= prefixes[i].more) {
			span->keep = 0;
			span->drop = len + more;
			return true;
		}
	}
	return false;
}

/* What a vendor shows of a key: its ends, and stars between them. */
static bool
find_masked(const struct window *window, size_t at, struct span *span)
{
	size_t stars = 0;

	if (is_token_char(before(window, at))) {
		return false;
	}
	span->keep = 0;
	span->drop = run(window, at, is_token_char);
	for (size_t i = at; i < at + span->drop && stars < MASK_STARS_MIN; i++) {
		stars = window->text[i] == '*' ? stars + 1 : 0;
	}
	while (span->drop > 0 && peek(window, at + span->drop - 1) == '.') {
		span->drop--; /* the end of the sentence */
	}
	return stars >= MASK_STARS_MIN;
}

/* "Bearer x" and "Basic x" (RFC 9110, 11.4). */
static bool
find_bearer(const struct window *window, size_t at, struct span *span)
{
	size_t word = 0;

	if (is_alnum(before(window, at))) {
		return false;
	}
	if (starts(window, at, "bearer")) {
		word = strlen("bearer");
	} else if (starts(window, at, "basic")) {
		word = strlen("basic");
	}
	if (word == 0 || run_of(window, at + word, " +:=") == 0) {
		return false;
	}
	word += run_of(window, at + word, " +:=\"'");
	span->keep = word;
	span->drop = run(window, at + word, is_token_char);
	return span->drop >= BEARER_BYTES_MIN;
}

/* Does one of the words end just before `end`? */
static bool
ends_in(const struct window *window, size_t end, const char *const *word, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t bytes = strlen(word[i]);
		if (end >= bytes && starts(window, end - bytes, word[i])) {
			return true;
		}
	}
	return false;
}

/* Does a name that ends just before `end` say that a secret follows? */
static bool
is_secret_name(const struct window *window, size_t end)
{
	static const char *const names[] = {"key", "token", "secret", "signature",
	    "sig", "password", "passwd", "pwd", "passphrase", "credential",
	    "credentials", "authorization", "cookie", "assertion", "googleaccessid"};
	/* OpenAI's: what follows is a sentence about the key. */
	static const char *const codes[] = {
	    "invalid_api_key", "incorrect_api_key", "missing_api_key"};

	return ends_in(window, end, names, sizeof(names) / sizeof(names[0])) &&
	       !ends_in(window, end, codes, sizeof(codes) / sizeof(codes[0]));
}

/* Steps back over what may stand between a name and its sign: quotes, escaped or not, and
 * white space. */
static size_t
name_end_before(const struct window *window, size_t at)
{
	static const char *const quotes[] = {
	    "&quot;", "&#34;", "&#39;", "&apos;", "\\u0022", "\\x22", "%22", "%5c"};

	for (bool moved = true; moved && at > 0;) {
		moved = is_among(window->text[at - 1], " \"'\\");
		at -= moved ? 1 : 0;
		for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
			size_t len = strlen(quotes[i]);
			if (at >= len && starts(window, at - len, quotes[i])) {
				at -= len;
				moved = true;
			}
		}
	}
	return at;
}

/* `key=x`, `"api_key": "x"`, `x-api-key: x`; `at` is at the sign between them. */
static bool
find_named(const struct window *window, size_t at, struct span *span)
{
	char sign;
	size_t keep = read_at(window, at, &sign);

	if (keep == 0 || (sign != '=' && sign != ':') ||
	    !is_secret_name(window, name_end_before(window, at))) {
		return false;
	}
	keep += run_of(window, at + keep, " \"'\\");
	if (find_bearer(window, at + keep, span)) {
		span->keep += keep; /* `authorization: Bearer x`: x is the secret */
		return true;
	}
	span->keep = keep;
	span->drop = run(window, at + keep, is_value_char);
	return span->drop >= (sign == '=' ? 1 : NAMED_BYTES_MIN);
}

/* A private key in PEM (RFC 7468), to its end or to where the text ends. */
static bool
find_private_key(const struct window *window, size_t at, struct span *span)
{
	size_t end;
	bool is_private = false;

	if (!starts(window, at, "-----begin")) {
		return false;
	}
	end = at + strlen("-----begin");
	while (end < window->len && !starts(window, end, "-----")) {
		is_private = is_private || starts(window, end, "private");
		end++;
	}
	while (end < window->len && !starts(window, end, "-----end")) {
		end++;
	}
	end += end < window->len ? strlen("-----end") : 0;
	while (end < window->len && !starts(window, end, "-----")) {
		end++;
	}
	span->keep = 0;
	span->drop = (end < window->len ? end + strlen("-----") : end) - at;
	return is_private;
}

/* Inside a URL: user information and the query. Follows where URLs begin and end. */
static bool
find_url_part(struct window *window, size_t at, struct span *span)
{
	if (window->in_url && !is_url_char(peek(window, at))) {
		window->in_url = false;
	}
	if (starts(window, at, "://") && is_alnum(before(window, at))) {
		window->in_url = true;
		size_t user = 0;
		while (is_url_char(peek(window, at + 3 + user)) &&
		       !is_among(peek(window, at + 3 + user), "/?#@")) {
			user++;
		}
		span->keep = 3;
		span->drop = user;
		return user > 0 && peek(window, at + 3 + user) == '@';
	}
	if (window->in_url && is_among(peek(window, at), "?#")) {
		span->keep = 1;
		span->drop = run(window, at + 1, is_url_char);
		return span->drop > 0;
	}
	return false;
}

/* A registered secret may begin inside what a shape keeps or drops, and end behind it. */
static void
extend(const struct redact *redact, const struct window *window, size_t at,
    struct span *span)
{
	for (size_t i = 0; i < span->keep + span->drop; i++) {
		size_t end = i + registered(redact, window, at + i);
		if (end > i && i < span->keep) {
			span->drop += span->keep - i;
			span->keep = i;
		}
		if (end > span->keep + span->drop) {
			span->drop = end - span->keep;
		}
	}
}

static bool
find_shape(struct window *window, size_t at, struct span *span)
{
	return find_url_part(window, at, span) || find_private_key(window, at, span) ||
	       find_long_run(window, at, span) || find_email(window, at, span) ||
	       find_masked(window, at, span) || find_prefix(window, at, span) ||
	       find_bearer(window, at, span) || find_named(window, at, span);
}

static bool
find(const struct redact *redact, struct window *window, size_t at, struct span *span)
{
	size_t len = registered(redact, window, at);
	bool found = find_shape(window, at, span);

	if (len > 0 && (!found || span->keep > 0 || span->drop < len)) {
		*span = (struct span){0, len};
		found = true;
	}
	if (found) {
		extend(redact, window, at, span);
	}
	return found;
}

static void
sink_put(struct sink *sink, const char *text, size_t len)
{
	if (sink->full || len >= sink->cap - sink->len) {
		sink->full = true;
		return;
	}
	memcpy(sink->data + sink->len, text, len);
	sink->len += len;
}

/* Copies whole characters. */
static size_t
copy_char(struct sink *sink, const struct window *window, size_t at)
{
	size_t len = utf8_char(window->text + at, window->len - at);

	assert(len > 0);
	sink_put(sink, window->text + at, len);
	return len;
}

/* The end of something longer may be half a secret: back to where a word ended. Secrets
 * are ASCII, so other characters end a word, too. */
static void
drop_last_word(struct window *window)
{
	while (window->len > 0) {
		unsigned char last = (unsigned char)window->text[window->len - 1];
		if (last <= ' ' || last >= 0x80) {
			break;
		}
		window->len--;
	}
}

size_t
redact_text(const struct redact *redact, const char *text, size_t len, bool cut,
    char *out, size_t cap)
{
	struct window window;
	struct sink sink = {.cap = cap};
	struct span span;

	sink.data = out;
	window.len = 0;
	window.begin = 0;
	window.in_url = false;
	if (clean(&window, text, len) < len || cut) {
		drop_last_word(&window);
	}
	for (size_t at = 0; at < window.len && !sink.full;) {
		if (!find(redact, &window, at, &span)) {
			at += copy_char(&sink, &window, at);
			continue;
		}
		for (size_t end = at + span.keep; at < end;) {
			at += copy_char(&sink, &window, at);
		}
		sink_put(&sink, REDACT_MARK, strlen(REDACT_MARK));
		at += span.drop;
		window.begin = at;
	}
	while (sink.len > 0 && sink.data[sink.len - 1] == ' ') {
		sink.len--;
	}
	sink.data[sink.len] = '\0';
	return sink.len;
}
