#include "collector/shell/members.h"

#include "collector/shell/authority.h"
#include "common/shell/log.h"
#include "common/shell/secret.h"
#include "common/shell/tls_nng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct members {
	struct store *store;
	struct members_keeper keeper;
	struct authority *authority; /* NULL = certificates are made elsewhere */
	struct registry *registry;
	void *memory;
	char ca[TLS_NNG_FILE_BYTES]; /* PEM, "" = TLS is not used */
	char why[160];
	char url[TOKEN_URL_BYTES];
	char collectors[API_ORDER_COLLECTORS][LIMIT_URL_BYTES];
	size_t collectors_len;
	char server_name[LIMIT_NAME_BYTES * 4];
};

/* ---- rows ---- */

static struct registry *
make_registry(void *memory)
{
	struct arena arena;

	if (memory == NULL) {
		return NULL;
	}
	arena_init(&arena, memory, registry_bytes(LIMIT_AGENTS) + 64);
	return registry_init(&arena, LIMIT_AGENTS);
}

static enum err
load_rows(struct store *store, struct registry *registry)
{
	struct db_cursor cursor;
	struct db_txn txn;
	enum err err = ERR_OK;

	db_begin(&store->db, false, &txn);
	db_cursor_open(&cursor, &txn, TABLE_MEMBER);
	db_cursor_first(&cursor);
	while (cursor.is_valid && err == ERR_OK) {
		struct buf buf;

		buf_read(&buf, cursor.value.data, cursor.value.len);
		err = registry_load(registry, &buf);
		db_cursor_next(&cursor);
	}
	db_cursor_close(&cursor);
	if (err == ERR_OK) {
		err = txn.err;
	}
	db_abort(&txn);
	return err;
}

struct registry *
members_list(struct store *store, void **out_memory)
{
	void *memory = malloc(registry_bytes(LIMIT_AGENTS) + 64);
	struct registry *registry = make_registry(memory);

	if (registry == NULL || load_rows(store, registry) != ERR_OK) {
		free(memory);
		return NULL;
	}
	*out_memory = memory;
	return registry;
}

/* Brings the list to what is stored. */
static enum err
read_rows(struct members *members)
{
	if (members->memory == NULL) {
		members->memory = malloc(registry_bytes(LIMIT_AGENTS) + 64);
	}
	members->registry = make_registry(members->memory);
	return members->registry != NULL ? load_rows(members->store, members->registry)
					 : ERR_NOMEM;
}

void
members_set_keeper(struct members *members, const struct members_keeper *keeper)
{
	members->keeper = *keeper;
}

/* Has the order written down, with the member as it is now. When that fails the list is
 * what it was. */
static enum err
keep(struct members *members, struct order *order)
{
	const struct registry_member *member =
	    registry_find(members->registry, order->subject);
	unsigned char row[REGISTRY_ROW_BYTES];
	struct buf buf;
	enum err err = ERR_AGAIN;

	buf_write(&buf, row, sizeof(row));
	if (member != NULL) {
		registry_row(member, &buf);
		order->arguments = row;
		order->arguments_len = buf.at;
	}
	if (members->keeper.keep != NULL) {
		err = members->keeper.keep(members->keeper.context, order);
	}
	order->arguments = NULL;
	if (err != ERR_OK && read_rows(members) != ERR_OK) {
		log_error("agent.list_unread", "agent=%s", order->subject);
	}
	return err;
}

/* ---- opening ---- */

/* The first that is no address: nng compares no addresses. */
static void
copy_server_name(struct members *members, const struct authority_conf *conf)
{
	for (size_t i = 0; i < conf->names_len; i++) {
		if (strspn(conf->names[i], "0123456789.") != strlen(conf->names[i])) {
			(void)snprintf(members->server_name,
			    sizeof(members->server_name), "%s", conf->names[i]);
			return;
		}
	}
}

static enum err
copy_conf(struct members *members, const struct authority_conf *conf)
{
	if (strlen(conf->url) >= sizeof(members->url) ||
	    conf->collectors_len > API_ORDER_COLLECTORS) {
		return ERR_LIMIT;
	}
	memcpy(members->url, conf->url, strlen(conf->url) + 1);
	for (size_t i = 0; i < conf->collectors_len; i++) {
		if (strlen(conf->collectors[i]) >= LIMIT_URL_BYTES) {
			return ERR_LIMIT;
		}
		memcpy(members->collectors[i], conf->collectors[i],
		    strlen(conf->collectors[i]) + 1);
	}
	members->collectors_len = conf->collectors_len;
	copy_server_name(members, conf);
	return ERR_OK;
}

enum err
members_open(const struct collector_conf *conf, struct store *store, struct wall now,
    struct members **out, char *error, size_t cap)
{
	const struct authority_conf *own = &conf->authority;
	struct members *members = calloc(1, sizeof(*members));
	enum err err = ERR_NOMEM;

	(void)snprintf(error, cap, "the list of agents cannot be read");
	if (members != NULL) {
		members->store = store;
		err = copy_conf(members, own);
	}
	if (err == ERR_OK) {
		err = read_rows(members);
	}
	if (err == ERR_OK && own->path[0] != '\0') {
		err = authority_open(own, now, &members->authority, error, cap);
	}
	if (err == ERR_OK && members->authority != NULL) {
		err = authority_serve(
		    members->authority, own->names, own->names_len, now, error, cap);
	}
	if (err == ERR_OK && conf->tls_ca[0] != '\0') {
		err = tls_nng_file(conf->tls_ca, members->ca);
		if (err != ERR_OK) {
			(void)snprintf(
			    error, cap, "%s: %s", conf->tls_ca, err_name(err));
		}
	}
	if (err != ERR_OK) {
		members_free(members);
		return err;
	}
	*out = members;
	return ERR_OK;
}

void
members_free(struct members *members)
{
	if (members == NULL) {
		return;
	}
	authority_free(members->authority);
	free(members->memory);
	free(members);
}

const struct registry *
members_registry(const struct members *members)
{
	return members->registry;
}

/* ---- greetings ---- */

static const char *
listing_text(enum registry_verdict verdict)
{
	switch (verdict) {
	case REGISTRY_GOOD:
	case REGISTRY_UNLISTED:
		return "";
	case REGISTRY_BARRED:
		return "it was revoked";
	case REGISTRY_REPLACED:
		return "its certificate is not one that was given to it last";
	}
	return "";
}

const char *
members_refusal(
    struct members *members, const struct identity_shown *shown, struct wall now)
{
	struct identity_facts facts;
	enum identity_verdict verdict = identity_check(members->ca, shown, now, &facts);

	if (verdict != IDENTITY_GOOD) {
		(void)snprintf(members->why, sizeof(members->why), "%s",
		    identity_verdict_text(verdict));
		return members->why;
	}
	return listing_text(
	    registry_judge(members->registry, shown->name, facts.serial));
}

/* ---- orders ---- */

static enum err
refuse(struct api_order *order, enum err err, const char *why)
{
	(void)snprintf(order->why, sizeof(order->why), "%s", why);
	return err;
}

static enum err
invite(struct members *members, struct api_order *order, struct wall now)
{
	struct registry_invitation invitation = {.name = order->name,
	    .region = order->region,
	    .domain = order->domain,
	    .ends_at = wall_add(now, order->ttl_ns)};
	struct token token = {.url = ""};
	enum err err;

	if (getrandom(token.secret, sizeof(token.secret), 0) !=
	    (ssize_t)sizeof(token.secret)) {
		return refuse(order, ERR_IO, "the system gives no randomness");
	}
	memcpy(token.url, members->url, sizeof(token.url));
	memcpy(token.authority, authority_print(members->authority),
	    sizeof(token.authority));
	token_hash(token.secret, invitation.token);
	err = token_text(&token, order->token);
	if (err == ERR_OK) {
		err = registry_invite(members->registry, &invitation, now);
	}
	secret_wipe(&token, sizeof(token));
	order->ends_at = invitation.ends_at;
	if (err == ERR_LIMIT) {
		return refuse(order, err, "no more agents fit in");
	}
	return err == ERR_OK ? ERR_OK
			     : refuse(order, ERR_INVALID,
				   "name, region and domain: expected 1 to 63 of a-z "
				   "0-9 . _ -");
}

static void
tell_enrolled(const struct members *members, const struct identity_facts *facts,
    struct api_order *order)
{
	(void)snprintf(order->authority, sizeof(order->authority), "%s",
	    authority_cert(members->authority));
	memcpy(order->collectors, members->collectors, sizeof(order->collectors));
	order->collectors_len = members->collectors_len;
	memcpy(order->server_name, members->server_name, sizeof(order->server_name));
	order->ends_at = facts->ends_at;
}

/* The token is spent whatever comes of it: whoever holds a copy has had the one try. But a
 * request that is none is told first, so that a slip of the pen costs nothing. */
static enum err
enrol(struct members *members, struct api_order *order, struct wall now)
{
	unsigned char hash[SHA256_BYTES];
	const struct registry_member *member;
	struct identity_facts facts;
	struct registry_cert cert = {.serial = ""};
	enum err err = authority_sign(
	    members->authority, order->request, "check", now, order->cert, &facts);

	order->cert[0] = '\0';
	if (err != ERR_OK) {
		return refuse(order, ERR_FORMAT,
		    "request: expected a PKCS #10 request of an EC P-256 key");
	}
	token_hash(order->secret, hash);
	err = registry_redeem(members->registry, hash, now, &member);
	if (err == ERR_NOTFOUND) {
		return refuse(
		    order, ERR_REFUSED, "the token is not known, or was used before");
	}
	(void)snprintf(order->name, sizeof(order->name), "%s", member->name);
	(void)snprintf(order->region, sizeof(order->region), "%s", member->region);
	(void)snprintf(order->domain, sizeof(order->domain), "%s", member->domain);
	if (err == ERR_REFUSED) {
		return refuse(order, err, "the token is too old, ask for another");
	}
	err = authority_sign(
	    members->authority, order->request, order->name, now, order->cert, &facts);
	if (err == ERR_OK) {
		memcpy(cert.serial, facts.serial, sizeof(cert.serial));
		cert.ends_at = facts.ends_at;
		err = registry_certify(members->registry, order->name, &cert, now);
	}
	if (err != ERR_OK) {
		return refuse(order, ERR_IO, "the certificate could not be made");
	}
	tell_enrolled(members, &facts, order);
	return ERR_OK;
}

static enum err
revoke(struct members *members, struct api_order *order, struct wall now)
{
	enum err err = registry_revoke(members->registry, order->name, now);

	if (err == ERR_EXISTS) {
		return refuse(order, err, "it is revoked already");
	}
	return err == ERR_OK ? ERR_OK
			     : refuse(order, err, "no agent can have this name");
}

static enum err
perform(struct members *members, struct api_order *order, struct wall now)
{
	switch (order->kind) {
	case API_ORDER_AUTHORITY:
		(void)snprintf(order->authority, sizeof(order->authority), "%s",
		    authority_cert(members->authority));
		(void)snprintf(order->authority_print, sizeof(order->authority_print),
		    "%s", authority_print(members->authority));
		return ERR_OK;
	case API_ORDER_INVITE:
		return invite(members, order, now);
	case API_ORDER_ENROL:
		return enrol(members, order, now);
	case API_ORDER_REVOKE:
		return revoke(members, order, now);
	}
	return ERR_INVALID;
}

static void
tell(const struct api_order *order, enum err err)
{
	static const char *const names[] = {[API_ORDER_AUTHORITY] = "agent.authority",
	    [API_ORDER_INVITE] = "agent.invited",
	    [API_ORDER_ENROL] = "agent.enrolled",
	    [API_ORDER_REVOKE] = "agent.revoked"};

	if (err != ERR_OK) {
		log_warn("agent.order_refused", "order=%s agent=%s text=\"%s\"",
		    names[order->kind], order->name, order->why);
	} else if (order->kind != API_ORDER_AUTHORITY) {
		log_info(names[order->kind], "agent=%s region=%s", order->name,
		    order->region);
	}
}

static enum order_kind
kind_of(const struct api_order *order)
{
	switch (order->kind) {
	case API_ORDER_INVITE:
		return ORDER_INVITE;
	case API_ORDER_ENROL:
		return ORDER_ENROL;
	case API_ORDER_REVOKE:
		return ORDER_REVOKE;
	case API_ORDER_AUTHORITY:
		break;
	}
	return ORDER_KIND_END;
}

/* A token nobody knows names no agent: it is logged, but strangers do not fill the disk. */
static enum err
write_down(struct members *members, const struct api_order *order, enum err done)
{
	struct order record = {.kind = kind_of(order), .refused = done};

	if (record.kind == ORDER_KIND_END || order->name[0] == '\0') {
		return ERR_OK;
	}
	(void)snprintf(record.author, sizeof(record.author), "%s", order->author);
	memcpy(record.subject, order->name, sizeof(record.subject));
	if (record.kind == ORDER_ENROL) {
		(void)snprintf(
		    record.author, sizeof(record.author), "agent %s", order->name);
	}
	if (done != ERR_OK) {
		(void)snprintf(record.text, sizeof(record.text), "%s", order->why);
	} else if (order->region[0] != '\0') {
		(void)snprintf(
		    record.text, sizeof(record.text), "region %s", order->region);
	}
	return keep(members, &record);
}

enum err
members_order(struct members *members, struct api_order *order, struct wall now,
    bool *out_changed)
{
	enum err err;

	*out_changed = false;
	if (members->authority == NULL && order->kind != API_ORDER_REVOKE) {
		err = refuse(order, ERR_NOTFOUND,
		    "this collector makes no certificates: `authority` is not "
		    "configured");
		tell(order, err);
		return err;
	}
	err = perform(members, order, now);
	if (write_down(members, order, err) != ERR_OK) {
		err = refuse(order, ERR_AGAIN, "the store takes nothing now");
	}
	*out_changed = err == ERR_OK && order->kind != API_ORDER_AUTHORITY &&
		       order->kind != API_ORDER_INVITE;
	tell(order, err);
	return err;
}

enum err
members_renew(struct members *members, const char *name, const char *request,
    struct wall now, char out_cert[IDENTITY_CERT_BYTES])
{
	const struct registry_member *member = registry_find(members->registry, name);
	struct registry_cert cert = {.serial = ""};
	struct identity_facts facts = {.serial = ""};
	struct order record = {.kind = ORDER_RENEW};
	enum err err = ERR_NOTFOUND;

	if (members->authority != NULL && member != NULL &&
	    member->state == REGISTRY_ENROLLED) {
		err = authority_sign(
		    members->authority, request, name, now, out_cert, &facts);
	}
	if (err == ERR_OK) {
		memcpy(cert.serial, facts.serial, sizeof(cert.serial));
		cert.ends_at = facts.ends_at;
		err = registry_certify(members->registry, name, &cert, now);
	}
	if (err == ERR_OK) {
		(void)snprintf(record.author, sizeof(record.author), "agent %s", name);
		(void)snprintf(record.subject, sizeof(record.subject), "%s", name);
		err = keep(members, &record) == ERR_OK ? ERR_OK : ERR_AGAIN;
	}
	if (err != ERR_OK) {
		out_cert[0] = '\0';
		return err;
	}
	log_info("agent.renewed", "agent=%s", name);
	return ERR_OK;
}
