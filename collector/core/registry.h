/* registry - which agents were let in, by what certificate, until when
 * Room: collector/core (pure).
 *
 * An operator invites an agent by name; the invitation is a token that is good once and for
 * a short time, of which only the SHA-256 is kept. Whoever shows it gets a certificate; from
 * then on each greeting shows one that is listed here. Certificates overlap while one
 * replaces the other, at most REGISTRY_CERTS at a time. Revoking a name ends all of them at
 * once; a new invitation is the way back.
 *
 * Agents that only stand in the configuration, with certificates made elsewhere, are not
 * listed: of them the authority's signature is all that is asked, until they are revoked.
 * Rows are written through (one row a member); the registry is what was read back. Wall
 * time, because it must hold over years and on other machines.
 * Owner: the engine's thread. */
#ifndef COLLECTOR_CORE_REGISTRY_H
#define COLLECTOR_CORE_REGISTRY_H

#include "common/core/arena.h"
#include "common/core/buf.h"
#include "common/core/clock.h"
#include "common/core/err.h"
#include "common/core/limits.h"
#include "common/core/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REGISTRY_CERTS = 4,
	REGISTRY_SERIAL_BYTES = 41,
	REGISTRY_ROW_BYTES = 1024 /* registry_row() never needs more */
};

/* Values are fixed: they stand in the store. */
enum registry_state {
	REGISTRY_INVITED = 1, /* a token is out, nobody came yet */
	REGISTRY_ENROLLED,
	REGISTRY_REVOKED,
	REGISTRY_STATE_END
};

struct registry_cert {
	char serial[REGISTRY_SERIAL_BYTES];
	struct wall ends_at;
};

struct registry_member {
	char name[LIMIT_NAME_BYTES];
	char region[LIMIT_NAME_BYTES];
	char domain[LIMIT_NAME_BYTES]; /* "" = the region's own */
	enum registry_state state;
	bool has_token; /* not redeemed yet */
	unsigned char token[SHA256_BYTES];
	struct wall token_ends_at;
	struct wall changed_at;
	struct registry_cert cert[REGISTRY_CERTS];
	uint32_t cert_len;
};

/* How a certificate that the authority signed is judged. */
enum registry_verdict {
	REGISTRY_GOOD = 0,
	REGISTRY_UNLISTED, /* not enrolled here: the configuration decides */
	REGISTRY_BARRED,   /* revoked */
	REGISTRY_REPLACED  /* not, or no more, one of this member's certificates */
};

struct registry;

size_t registry_bytes(size_t members_max);
/* NULL when the arena is too small. */
struct registry *registry_init(struct arena *arena, size_t members_max);

/* The members, sorted by nothing; borrowed until the next change. */
size_t registry_len(const struct registry *registry);
const struct registry_member *registry_member(
    const struct registry *registry, size_t index);
/* NULL when there is none of that name. */
const struct registry_member *registry_find(
    const struct registry *registry, const char *name);

/* Invites `name`, anew if need be: an enrolled member keeps its certificates until the token
 * is redeemed. `token` is the SHA-256 of the secret. ERR_LIMIT: too many members;
 * ERR_INVALID: a name, region or domain that is none. */
struct registry_invitation {
	const char *name;
	const char *region;
	const char *domain; /* "" */
	unsigned char token[SHA256_BYTES];
	struct wall ends_at;
};
enum err registry_invite(struct registry *registry,
    const struct registry_invitation *invitation, struct wall now) WARN_UNUSED;

/* Somebody shows a token: the member it is for is enrolled, without a certificate yet, and
 * the token is spent. ERR_NOTFOUND: no such token, or spent; ERR_REFUSED: too late (it is
 * spent then, too). */
enum err registry_redeem(struct registry *registry,
    const unsigned char token[SHA256_BYTES], struct wall now,
    const struct registry_member **out_member) WARN_UNUSED;

/* A certificate was signed for the member. The ones that have ended go; when there are too
 * many, so does the one that ends first. ERR_NOTFOUND: not enrolled. */
enum err registry_certify(struct registry *registry, const char *name,
    const struct registry_cert *cert, struct wall now) WARN_UNUSED;

/* Bars `name` for good, listed before or not. ERR_LIMIT, ERR_INVALID as above; ERR_EXISTS:
 * it was already. */
enum err registry_revoke(
    struct registry *registry, const char *name, struct wall now) WARN_UNUSED;

enum registry_verdict registry_judge(
    const struct registry *registry, const char *name, const char *serial);

/* One member as a row, and back; reading replaces a member of that name. ERR_FORMAT,
 * ERR_VERSION, ERR_LIMIT. */
void registry_row(const struct registry_member *member, struct buf *buf);
enum err registry_load(struct registry *registry, struct buf *buf) WARN_UNUSED;

#endif
