#include "agent/core/oauth.h"

#include "common/core/base64.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void
wipe(void *bytes, size_t len)
{
	volatile unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++) {
		at[i] = 0;
	}
}

/* ---- the account ---- */

enum {
	ACCOUNT_TYPE,
	ACCOUNT_EMAIL,
	ACCOUNT_KEY_ID,
	ACCOUNT_TOKEN_URI,
	ACCOUNT_PRIVATE_KEY
};

static const struct capture_path account_paths[] = {
    {{"type"}, ACCOUNT_TYPE},
    {{"client_email"}, ACCOUNT_EMAIL},
    {{"private_key_id"}, ACCOUNT_KEY_ID},
    {{"token_uri"}, ACCOUNT_TOKEN_URI},
    {{"private_key"}, ACCOUNT_PRIVATE_KEY},
};

struct reading {
	struct oauth_account *account;
	char type[32];
	bool too_long;
};

/* Appends a piece of a text; false when it does not fit. */
static bool
append(char *out, size_t cap, const struct json_event *event)
{
	size_t len = strlen(out);

	if (event->len >= cap - len) {
		return false;
	}
	memcpy(out + len, event->text, event->len);
	out[len + event->len] = '\0';
	return true;
}

static void
take_account(void *context, int tag, const struct json_event *event)
{
	struct reading *reading = context;
	struct oauth_account *account = reading->account;
	const struct {
		char *out;
		size_t cap;
	} member[] = {
	    [ACCOUNT_TYPE] = {reading->type, sizeof(reading->type)},
	    [ACCOUNT_EMAIL] = {account->email, sizeof(account->email)},
	    [ACCOUNT_KEY_ID] = {account->key_id, sizeof(account->key_id)},
	    [ACCOUNT_TOKEN_URI] = {account->token_uri, sizeof(account->token_uri)},
	    [ACCOUNT_PRIVATE_KEY] = {account->private_key,
		sizeof(account->private_key)},
	};

	if (event->kind == JSON_TEXT &&
	    !append(member[tag].out, member[tag].cap, event)) {
		reading->too_long = true;
	}
}

/* Printable ASCII that can stand in a JSON string as it is. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\') {
			return false;
		}
	}
	return true;
}

static enum err
judge_account(const struct reading *reading)
{
	const struct oauth_account *account = reading->account;

	if (reading->too_long) {
		return ERR_LIMIT;
	}
	if (strcmp(reading->type, "service_account") != 0 ||
	    account->email[0] == '\0' || account->private_key[0] == '\0' ||
	    account->token_uri[0] == '\0' || !is_plain(account->email) ||
	    !is_plain(account->key_id) || !is_plain(account->token_uri)) {
		return ERR_INVALID;
	}
	return ERR_OK;
}

enum err
oauth_account_parse(const char *json, size_t len, struct oauth_account *out)
{
	struct reading reading = {.account = out};
	struct capture capture;
	enum err err;

	memset(out, 0, sizeof(*out));
	capture_init(&capture, account_paths,
	    sizeof(account_paths) / sizeof(account_paths[0]), false, take_account,
	    &reading);
	(void)capture_push(&capture, json, len);
	err = capture_end(&capture) == JSON_COMPLETE ? judge_account(&reading)
						     : ERR_FORMAT;
	wipe(&capture, sizeof(capture));
	if (err != ERR_OK) {
		oauth_account_wipe(out);
	}
	return err;
}

void
oauth_account_wipe(struct oauth_account *account)
{
	wipe(account, sizeof(*account));
}

/* ---- the assertion ---- */

/* Appends `len` bytes in base64url (RFC 4648, section 5) without padding. */
static enum err
append_base64url(const void *data, size_t len, char *out, size_t cap)
{
	size_t at = strlen(out);
	size_t end = at + base64_encode(data, len, out + at, cap - at);

	if (end == at) {
		return ERR_LIMIT;
	}
	for (; at < end && out[at] != '='; at++) {
		if (out[at] == '+') {
			out[at] = '-';
		} else if (out[at] == '/') {
			out[at] = '_';
		}
	}
	out[at] = '\0';
	return ERR_OK;
}

/* The same for a text that snprintf() made, of the length it returned. */
static enum err
append_json(const char *json, size_t json_cap, int len, char *out, size_t cap)
{
	if (len < 0 || (size_t)len >= json_cap) {
		return ERR_LIMIT;
	}
	return append_base64url(json, (size_t)len, out, cap);
}

enum err
oauth_claims(
    const struct oauth_account *account, struct wall now, char *out, size_t cap)
{
	static const char scope[] = "https://www.googleapis.com/auth/cloud-platform";
	char json[OAUTH_EMAIL_BYTES + LIMIT_URL_BYTES + 256];
	long long now_s = (long long)(now.ns / CLOCK_NS_PER_S);
	enum err err;
	int len;

	assert(cap > 0);
	out[0] = '\0';
	len = account->key_id[0] == '\0'
		  ? snprintf(json, sizeof(json), "{\"alg\":\"RS256\",\"typ\":\"JWT\"}")
		  : snprintf(json, sizeof(json),
			"{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
			account->key_id);
	err = append_json(json, sizeof(json), len, out, cap);
	if (err != ERR_OK || strlen(out) + 2 > cap) {
		return ERR_LIMIT;
	}
	memcpy(out + strlen(out), ".", 2);
	len = snprintf(json, sizeof(json),
	    "{\"iss\":\"%s\",\"scope\":\"%s\",\"aud\":\"%s\",\"iat\":%lld,"
	    "\"exp\":%lld}",
	    account->email, scope, account->token_uri, now_s, now_s + OAUTH_LIFE_S);
	return append_json(json, sizeof(json), len, out, cap);
}

enum err
oauth_request(const struct oauth_account *account, const char *claims,
    const void *signature, size_t len, struct request *out)
{
	static const char header[] = "Content-Type: application/x-www-form-urlencoded\0"
				     "Accept: application/json";
	int used;
	enum err err;

	memset(out, 0, sizeof(*out));
	out->method = "POST";
	memcpy(out->url, account->token_uri, strlen(account->token_uri) + 1);
	memcpy(out->header, header, sizeof(header));
	out->header_bytes = sizeof(header);
	used = snprintf(out->body, sizeof(out->body),
	    "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer"
	    "&assertion=%s.",
	    claims);
	if (used < 0 || (size_t)used >= sizeof(out->body)) {
		return ERR_LIMIT;
	}
	err = append_base64url(signature, len, out->body, sizeof(out->body));
	out->body_bytes = (uint32_t)strlen(out->body);
	return err;
}

/* ---- the answer ---- */

enum {
	ANSWER_TOKEN,
	ANSWER_EXPIRES,
	ANSWER_ERROR,
	ANSWER_WHY
};

static const struct capture_path answer_paths[] = {
    {{"access_token"}, ANSWER_TOKEN},
    {{"expires_in"}, ANSWER_EXPIRES},
    {{"error"}, ANSWER_ERROR},
    {{"error_description"}, ANSWER_WHY},
};

static void
take_token(struct oauth_answer *answer, const struct json_event *event)
{
	for (size_t i = 0; i < event->len; i++) {
		answer->bad_token |= event->text[i] <= ' ' || event->text[i] > '~';
	}
	answer->bad_token |= !append(answer->token, sizeof(answer->token), event);
}

/* Their texts are for people: what does not fit is left out. */
static void
take_part(char *out, size_t cap, const struct json_event *event)
{
	struct json_event part = *event;
	size_t room = cap - 1 - strlen(out);

	part.len = part.len < room ? part.len : room;
	(void)append(out, cap, &part);
}

static uint64_t
number_of(const struct json_event *event)
{
	uint64_t number = 0;

	for (size_t i = 0; i < event->len && number < UINT32_MAX; i++) {
		if (event->text[i] < '0' || event->text[i] > '9') {
			break; /* a fraction of a second does not matter */
		}
		number = number * 10 + (uint64_t)(event->text[i] - '0');
	}
	return number;
}

static void
take_answer(void *context, int tag, const struct json_event *event)
{
	struct oauth_answer *answer = context;

	if (tag == ANSWER_EXPIRES && event->kind == JSON_NUMBER) {
		answer->expires_in_s = number_of(event);
	}
	if (event->kind != JSON_TEXT) {
		return;
	}
	if (tag == ANSWER_TOKEN) {
		take_token(answer, event);
	} else if (tag == ANSWER_ERROR) {
		take_part(answer->error, sizeof(answer->error), event);
	} else if (tag == ANSWER_WHY) {
		take_part(answer->why, sizeof(answer->why), event);
	}
}

void
oauth_answer_begin(struct oauth_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	capture_init(&answer->capture, answer_paths,
	    sizeof(answer_paths) / sizeof(answer_paths[0]), false, take_answer, answer);
}

bool
oauth_answer_body(struct oauth_answer *answer, const void *data, size_t len)
{
	if (len > OAUTH_ANSWER_BYTES - answer->bytes) {
		return false;
	}
	answer->bytes += (uint32_t)len;
	(void)capture_push(&answer->capture, data, len);
	return true;
}

/* RFC 6749, 5.2: what is wrong with the account, and not with how we ask. */
static bool
is_about_account(const char *error)
{
	static const char *const errors[] = {"invalid_grant", "invalid_client",
	    "unauthorized_client", "access_denied", "invalid_scope", "account_disabled",
	    "disabled_client", "deleted_client"};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(error, errors[i]) == 0) {
			return true;
		}
	}
	return false;
}

static enum outcome
outcome_of(const struct oauth_answer *answer, uint16_t http_status)
{
	if (http_status >= 500) {
		return OUTCOME_UPSTREAM_ERROR;
	}
	if (http_status == 401 || http_status == 403 ||
	    (http_status >= 400 && is_about_account(answer->error))) {
		return OUTCOME_AUTH_ERROR;
	}
	if (http_status == 429) {
		return OUTCOME_RATE_LIMITED;
	}
	return http_status >= 400 ? OUTCOME_BAD_REQUEST : OUTCOME_MALFORMED;
}

void
oauth_answer_end(
    struct oauth_answer *answer, uint16_t http_status, struct oauth_fault *out)
{
	bool json = capture_end(&answer->capture) == JSON_COMPLETE;

	*out = (struct oauth_fault){.outcome = OUTCOME_OK, .http_status = http_status};
	if (http_status >= 200 && http_status <= 299 && json &&
	    answer->token[0] != '\0' && !answer->bad_token) {
		return;
	}
	out->outcome = outcome_of(answer, http_status);
	if (http_status >= 300 && http_status <= 399) {
		out->flags = FLAG_PORTAL;
	}
	if (answer->error[0] != '\0') {
		(void)snprintf(out->text, sizeof(out->text),
		    "the token endpoint says %s%s%s", answer->error,
		    answer->why[0] != '\0' ? ": " : "", answer->why);
	} else {
		(void)snprintf(out->text, sizeof(out->text),
		    "the token endpoint answered %u%s", (unsigned)http_status,
		    json ? "" : " without JSON");
	}
}

void
oauth_answer_wipe(struct oauth_answer *answer)
{
	wipe(answer, sizeof(*answer));
}

/* ---- the token's life ---- */

void
oauth_init(struct oauth *oauth)
{
	memset(oauth, 0, sizeof(*oauth));
}

const char *
oauth_token(const struct oauth *oauth)
{
	return oauth->token[oauth->turn & 1U];
}

const char *
oauth_next_buffer(const struct oauth *oauth)
{
	return oauth->token[(oauth->turn & 1U) ^ 1U];
}

bool
oauth_has_token(const struct oauth *oauth, struct mono now)
{
	return oauth_token(oauth)[0] != '\0' && mono_before(now, oauth->expires_at);
}

enum oauth_step
oauth_step(const struct oauth *oauth, struct mono now)
{
	bool alive = oauth_has_token(oauth, now);
	bool good = alive && !oauth->refused;

	if (good && mono_before(now, oauth->refresh_at)) {
		return OAUTH_USE;
	}
	if (oauth->asking) {
		return good ? OAUTH_USE : OAUTH_WAIT;
	}
	if (mono_before(now, oauth->retry_at)) {
		return alive ? OAUTH_USE : OAUTH_FAILED;
	}
	return OAUTH_ASK;
}

void
oauth_begin(struct oauth *oauth)
{
	assert(!oauth->asking);
	oauth->asking = true;
}

/* How long before its end a token is replaced. */
static int64_t
ahead_ns(int64_t life_ns)
{
	int64_t part_ns = life_ns / OAUTH_AHEAD_PART;

	return part_ns < OAUTH_AHEAD_NS ? part_ns : OAUTH_AHEAD_NS;
}

bool
oauth_got(struct oauth *oauth, const struct oauth_answer *answer, struct mono now)
{
	uint64_t life_s =
	    answer->expires_in_s == 0 ? OAUTH_LIFE_S / 2 : answer->expires_in_s;
	bool other = strcmp(oauth_token(oauth), answer->token) != 0;
	int64_t life_ns;

	assert(oauth->asking);
	life_ns = (int64_t)(life_s < 86400 ? life_s : 86400) * CLOCK_NS_PER_S;
	if (other) {
		oauth->turn++;
		memcpy(oauth->token[oauth->turn & 1U], answer->token,
		    sizeof(answer->token));
	}
	oauth->asking = false;
	oauth->refused = false;
	oauth->failures = 0;
	oauth->got_at = now;
	oauth->expires_at = mono_add(now, life_ns);
	oauth->refresh_at = mono_add(now, life_ns - ahead_ns(life_ns));
	oauth->retry_at = now;
	memset(&oauth->fault, 0, sizeof(oauth->fault));
	return other;
}

void
oauth_failed(struct oauth *oauth, const struct oauth_fault *fault, struct mono now)
{
	int64_t pause_ns = OAUTH_RETRY_NS_MAX;

	assert(oauth->asking);
	assert(fault->outcome != OUTCOME_OK);
	if (oauth->failures < 6 &&
	    (OAUTH_RETRY_NS << oauth->failures) < OAUTH_RETRY_NS_MAX) {
		pause_ns = OAUTH_RETRY_NS << oauth->failures;
	}
	oauth->failures++;
	oauth->asking = false;
	oauth->retry_at = mono_add(now, pause_ns);
	oauth->fault = *fault;
}

void
oauth_answered(struct oauth *oauth, uint32_t turn, uint16_t http_status)
{
	if (turn != oauth->turn || http_status != 401) {
		return;
	}
	/* One refused while new says something about the account, and asking for the
	 * next one at every run would only tell the token endpoint, too. */
	if (!oauth->refused) {
		oauth->refused = true;
		oauth->retry_at = mono_add(oauth->got_at, OAUTH_FRESH_NS);
	}
}

void
oauth_wipe(struct oauth *oauth)
{
	wipe(oauth, sizeof(*oauth));
}
