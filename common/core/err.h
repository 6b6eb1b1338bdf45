/* err - the one list of ways an operation of ours can fail
 * Room: common/core (pure).
 *
 * How a probe ended is an outcome (outcome.h), never an error. A bug of ours is an
 * assert. Everything else is one of these. Library codes (curl, nng, LMDB, errno) are
 * translated into them in one function per shell file and go no further; the cause is
 * kept, so a full disk is ERR_FULL and not ERR_IO. */
#ifndef COMMON_CORE_ERR_H
#define COMMON_CORE_ERR_H

#define WARN_UNUSED __attribute__((warn_unused_result))

enum err {
	ERR_OK = 0,
	ERR_LIMIT,    /* a maximum of limits.h is reached */
	ERR_FORMAT,   /* bytes that do not follow their format */
	ERR_VERSION,  /* well formed, but of a version we do not know */
	ERR_NOTFOUND, /* no such row, file, agent, ... */
	ERR_EXISTS,   /* is there already */
	ERR_REFUSED,  /* the other side said no, or we must */
	ERR_AGAIN,    /* not now; nothing was changed, try later */
	ERR_FULL,     /* no space left where it should be stored */
	ERR_IO,       /* the operating system or the medium failed */
	ERR_DENIED,   /* no permission */
	ERR_INUSE,    /* address or file is held by somebody else */
	ERR_NOMEM,    /* memory */
	ERR_INVALID,  /* an argument of the user is out of its range */
	ERR_COUNT
};

/* The stable lower-case name of `err`, for logs and tests. Never NULL. */
const char *err_name(enum err err);

#endif
