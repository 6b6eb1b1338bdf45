#include "agent/shell/keys.h"

#include "agent/core/keyring.h"
#include "agent/shell/grant.h"
#include "common/shell/log.h"
#include "common/shell/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What tells one version of a file from the next. */
struct stamp {
	struct timespec modified;
	off_t bytes;
	ino_t node;
};

struct key {
	/* Two places: what an answer under way may still quote stays known. */
	char *secret[2];
	unsigned turn;
	struct grant *grant;
	struct stamp stamp; /* AGENT_KEY_TOKEN_FILE */
};

struct keys {
	const struct agent_conf *conf;
	struct redact *redact;
	struct key key[LIMIT_KEYS];
};

static void
forget(struct keys *keys, char **secret)
{
	if (*secret != NULL) {
		redact_forget(keys->redact, *secret);
		secret_wipe(*secret, strlen(*secret));
		free(*secret);
		*secret = NULL;
	}
}

/* Takes a copy of `text` as the key's secret. */
static void
take(struct keys *keys, struct key *key, const char *name, const char *text)
{
	const char *known = key->secret[key->turn];
	char **place = &key->secret[key->turn ^ 1U];

	if (known != NULL && strcmp(known, text) == 0) {
		return;
	}
	forget(keys, place);
	*place = malloc(strlen(text) + 1);
	if (*place == NULL) {
		log_error("key.no_memory", "key=%s", name);
		return;
	}
	memcpy(*place, text, strlen(text) + 1);
	key->turn ^= 1U;
	if (redact_add(keys->redact, *place) != ERR_OK) {
		log_warn("key.not_redactable",
		    "key=%s (too short to be recognised in answers)", name);
	}
}

static void
say_note(const char *name, const struct secret_note *note)
{
	if (note->text[0] != '\0') {
		log_warn("key.note", "key=%s note=\"%s\"", name, note->text);
	}
}

static void
resolve(struct keys *keys, struct key *key, const struct agent_key *conf)
{
	char text[SECRET_BYTES_MAX + 1];
	char error[96];
	struct secret_note note = {""};
	bool account = conf->kind == AGENT_KEY_SERVICE_ACCOUNT;
	enum err err =
	    account ? secret_document(conf->reference, text, sizeof(text), &note)
		    : secret_resolve(conf->reference, false, text, sizeof(text), &note);

	say_note(conf->name, &note);
	if (err == ERR_OK && account) {
		key->grant = grant_new(conf, text, keys->redact, error, sizeof(error));
		if (key->grant == NULL) {
			log_warn("key.note", "key=%s note=\"%s\"", conf->name, error);
		}
	} else if (err == ERR_OK) {
		take(keys, key, conf->name, text);
	}
	secret_wipe(text, sizeof(text));
}

/* Reads the token's file when it is another than the one that was read last. While it
 * cannot be read the token that is known is used: whoever renews it may be at it. */
static void
look_at_file(struct keys *keys, struct key *key, const struct agent_key *conf)
{
	const char *path = conf->reference + strlen("file:");
	struct stat status;
	struct stamp stamp;

	if (stat(path, &status) != 0) {
		return;
	}
	stamp = (struct stamp){
	    .modified = status.st_mtim, .bytes = status.st_size, .node = status.st_ino};
	if (stamp.modified.tv_sec == key->stamp.modified.tv_sec &&
	    stamp.modified.tv_nsec == key->stamp.modified.tv_nsec &&
	    stamp.bytes == key->stamp.bytes && stamp.node == key->stamp.node) {
		return;
	}
	key->stamp = stamp;
	resolve(keys, key, conf);
}

struct keys *
keys_new(const struct agent_conf *conf, struct redact *redact)
{
	struct keys *keys = calloc(1, sizeof(*keys));

	if (keys == NULL) {
		return NULL;
	}
	keys->conf = conf;
	keys->redact = redact;
	for (size_t i = 0; i < conf->key_len; i++) {
		resolve(keys, &keys->key[i], &conf->key[i]);
	}
	return keys;
}

bool
keys_find(struct keys *keys, const char *name, struct probe_key *out)
{
	const struct agent_key *conf =
	    keyring_find(keys->conf->key, keys->conf->key_len, name);
	struct key *key;

	if (conf == NULL) {
		return false;
	}
	key = &keys->key[conf - keys->conf->key];
	if (conf->kind == AGENT_KEY_TOKEN_FILE) {
		look_at_file(keys, key, conf);
	}
	*out = (struct probe_key){
	    .conf = conf, .secret = key->secret[key->turn], .grant = key->grant};
	return out->secret != NULL || out->grant != NULL;
}

void
keys_free(struct keys *keys)
{
	if (keys == NULL) {
		return;
	}
	for (size_t i = 0; i < LIMIT_KEYS; i++) {
		forget(keys, &keys->key[i].secret[0]);
		forget(keys, &keys->key[i].secret[1]);
		grant_free(keys->key[i].grant);
	}
	free(keys);
}
