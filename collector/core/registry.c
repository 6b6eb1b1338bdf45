#include "collector/core/registry.h"

#include "common/core/syntax.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	ROW_VERSION = 1
};

struct registry {
	struct registry_member *member;
	size_t len;
	size_t cap;
};

size_t
registry_bytes(size_t members_max)
{
	return arena_bytes(1, sizeof(struct registry)) +
	       arena_bytes(members_max, sizeof(struct registry_member)) +
	       arena_bytes(1, 1);
}

struct registry *
registry_init(struct arena *arena, size_t members_max)
{
	struct registry *registry = arena_take(arena, 1, sizeof(*registry));
	struct registry_member *member =
	    arena_take(arena, members_max, sizeof(*member));

	if (registry == NULL || member == NULL) {
		return NULL;
	}
	*registry = (struct registry){.member = member, .cap = members_max};
	return registry;
}

size_t
registry_len(const struct registry *registry)
{
	return registry->len;
}

const struct registry_member *
registry_member(const struct registry *registry, size_t index)
{
	assert(index < registry->len);
	return &registry->member[index];
}

static struct registry_member *
find(const struct registry *registry, const char *name)
{
	for (size_t i = 0; i < registry->len; i++) {
		if (strcmp(registry->member[i].name, name) == 0) {
			return &registry->member[i];
		}
	}
	return NULL;
}

const struct registry_member *
registry_find(const struct registry *registry, const char *name)
{
	return find(registry, name);
}

static void
copy_name(char out[LIMIT_NAME_BYTES], const char *name)
{
	(void)snprintf(out, LIMIT_NAME_BYTES, "%s", name);
}

/* The member of that name, made when there is none; NULL when there is no room. */
static struct registry_member *
take(struct registry *registry, const char *name)
{
	struct registry_member *member = find(registry, name);

	if (member == NULL && registry->len < registry->cap) {
		member = &registry->member[registry->len++];
		*member = (struct registry_member){.state = REGISTRY_INVITED};
		copy_name(member->name, name);
	}
	return member;
}

enum err
registry_invite(struct registry *registry, const struct registry_invitation *invitation,
    struct wall now)
{
	struct registry_member *member;

	if (!syntax_is_name(invitation->name) || !syntax_is_name(invitation->region) ||
	    (invitation->domain[0] != '\0' && !syntax_is_name(invitation->domain))) {
		return ERR_INVALID;
	}
	member = take(registry, invitation->name);
	if (member == NULL) {
		return ERR_LIMIT;
	}
	if (member->state == REGISTRY_REVOKED) {
		member->state = REGISTRY_INVITED;
		member->cert_len = 0;
	}
	copy_name(member->region, invitation->region);
	copy_name(member->domain, invitation->domain);
	memcpy(member->token, invitation->token, sizeof(member->token));
	member->has_token = true;
	member->token_ends_at = invitation->ends_at;
	member->changed_at = now;
	return ERR_OK;
}

static void
spend(struct registry_member *member)
{
	member->has_token = false;
	memset(member->token, 0, sizeof(member->token));
}

enum err
registry_redeem(struct registry *registry, const unsigned char token[SHA256_BYTES],
    struct wall now, const struct registry_member **out_member)
{
	for (size_t i = 0; i < registry->len; i++) {
		struct registry_member *member = &registry->member[i];

		/* Of a digest, the time a comparison takes tells nothing. */
		if (!member->has_token ||
		    memcmp(member->token, token, SHA256_BYTES) != 0) {
			continue;
		}
		spend(member);
		member->changed_at = now;
		*out_member = member;
		if (wall_since(now, member->token_ends_at) > 0) {
			return ERR_REFUSED;
		}
		member->state = REGISTRY_ENROLLED;
		member->cert_len = 0; /* whoever had the place before has it no more */
		return ERR_OK;
	}
	return ERR_NOTFOUND;
}

static void
forget_cert(struct registry_member *member, uint32_t at)
{
	member->cert_len--;
	memmove(&member->cert[at], &member->cert[at + 1],
	    (member->cert_len - at) * sizeof(member->cert[0]));
}

static void
forget_ended(struct registry_member *member, struct wall now)
{
	for (uint32_t i = member->cert_len; i > 0; i--) {
		if (wall_since(now, member->cert[i - 1].ends_at) > 0) {
			forget_cert(member, i - 1);
		}
	}
}

static uint32_t
first_to_end(const struct registry_member *member)
{
	uint32_t first = 0;

	for (uint32_t i = 1; i < member->cert_len; i++) {
		if (member->cert[i].ends_at.ns < member->cert[first].ends_at.ns) {
			first = i;
		}
	}
	return first;
}

enum err
registry_certify(struct registry *registry, const char *name,
    const struct registry_cert *cert, struct wall now)
{
	struct registry_member *member = find(registry, name);

	if (member == NULL || member->state != REGISTRY_ENROLLED) {
		return ERR_NOTFOUND;
	}
	forget_ended(member, now);
	if (member->cert_len == REGISTRY_CERTS) {
		forget_cert(member, first_to_end(member));
	}
	member->cert[member->cert_len++] = *cert;
	member->changed_at = now;
	return ERR_OK;
}

enum err
registry_revoke(struct registry *registry, const char *name, struct wall now)
{
	struct registry_member *member;

	if (!syntax_is_name(name)) {
		return ERR_INVALID;
	}
	member = take(registry, name);
	if (member == NULL) {
		return ERR_LIMIT;
	}
	if (member->state == REGISTRY_REVOKED) {
		return ERR_EXISTS;
	}
	member->state = REGISTRY_REVOKED;
	member->cert_len = 0;
	member->changed_at = now;
	spend(member);
	return ERR_OK;
}

enum registry_verdict
registry_judge(const struct registry *registry, const char *name, const char *serial)
{
	const struct registry_member *member = find(registry, name);

	/* Invited beside its place in the configuration: nothing changes until it comes. */
	if (member == NULL ||
	    (member->state == REGISTRY_INVITED && member->cert_len == 0)) {
		return REGISTRY_UNLISTED;
	}
	if (member->state == REGISTRY_REVOKED) {
		return REGISTRY_BARRED;
	}
	for (uint32_t i = 0; i < member->cert_len; i++) {
		if (strcmp(member->cert[i].serial, serial) == 0) {
			return REGISTRY_GOOD;
		}
	}
	return REGISTRY_REPLACED;
}

void
registry_row(const struct registry_member *member, struct buf *buf)
{
	buf_put_varint(buf, ROW_VERSION);
	buf_put_text(buf, member->name);
	buf_put_text(buf, member->region);
	buf_put_text(buf, member->domain);
	buf_put_varint(buf, (uint64_t)member->state);
	buf_put_varint(buf, member->has_token ? 1 : 0);
	buf_put_bytes(buf, member->token, sizeof(member->token));
	buf_put_signed(buf, member->token_ends_at.ns);
	buf_put_signed(buf, member->changed_at.ns);
	buf_put_varint(buf, member->cert_len);
	for (uint32_t i = 0; i < member->cert_len; i++) {
		buf_put_text(buf, member->cert[i].serial);
		buf_put_signed(buf, member->cert[i].ends_at.ns);
	}
}

static void
get_certs(struct buf *buf, struct registry_member *out)
{
	uint64_t len = buf_get_varint(buf);

	if (len > REGISTRY_CERTS) {
		buf->failed = true;
		return;
	}
	out->cert_len = (uint32_t)len;
	for (uint32_t i = 0; i < out->cert_len; i++) {
		buf_get_text(buf, out->cert[i].serial, sizeof(out->cert[i].serial));
		out->cert[i].ends_at.ns = buf_get_signed(buf);
	}
}

static bool
get_member(struct buf *buf, struct registry_member *out)
{
	uint64_t state;
	const void *token;
	size_t len;

	*out = (struct registry_member){.state = REGISTRY_INVITED};
	buf_get_text(buf, out->name, sizeof(out->name));
	buf_get_text(buf, out->region, sizeof(out->region));
	buf_get_text(buf, out->domain, sizeof(out->domain));
	state = buf_get_varint(buf);
	out->has_token = buf_get_varint(buf) != 0;
	token = buf_get_bytes(buf, &len);
	out->token_ends_at.ns = buf_get_signed(buf);
	out->changed_at.ns = buf_get_signed(buf);
	get_certs(buf, out);
	if (!buf_ok(buf) || len != SHA256_BYTES || !syntax_is_name(out->name) ||
	    state < REGISTRY_INVITED || state >= REGISTRY_STATE_END) {
		return false;
	}
	memcpy(out->token, token, SHA256_BYTES);
	out->state = (enum registry_state)state;
	return true;
}

enum err
registry_load(struct registry *registry, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	struct registry_member row;
	struct registry_member *member;

	if (buf_ok(buf) && version > ROW_VERSION) {
		return ERR_VERSION;
	}
	if (version == 0 || !get_member(buf, &row)) {
		return ERR_FORMAT;
	}
	member = take(registry, row.name);
	if (member == NULL) {
		return ERR_LIMIT;
	}
	*member = row;
	return ERR_OK;
}
