/* members - the authority, the list of who was let in, and its rows in the store
 * Room: collector/shell. Owner: the engine's thread; blocks on the store's medium.
 *
 * An order is carried out in a transaction of its own and answered when that is on disk. If
 * the store takes nothing, nothing happened. Without an authority agents bring certificates
 * made elsewhere: they can be barred, not let in. */
#ifndef COLLECTOR_SHELL_MEMBERS_H
#define COLLECTOR_SHELL_MEMBERS_H

#include "collector/core/collector_conf.h"
#include "collector/core/registry.h"
#include "collector/shell/api_source.h"
#include "collector/shell/store_lmdb.h"
#include "common/core/clock.h"
#include "common/core/err.h"

struct members;

/* Stores what follows from an order, or says that it cannot: ERR_AGAIN, nothing changed. */
struct members_keeper {
	enum err (*keep)(void *context, const struct order *order);
	void *context;
};

/* Where changes go; to be called before the first order. Without one there are none. */
void members_set_keeper(struct members *members, const struct members_keeper *keeper);

/* Opens the authority of `conf` (path "" = none), sees to the collector's own certificate,
 * reads whom `conf->tls_ca` vouches for ("" = nobody), and the list. `store` is borrowed
 * for life, texts of `conf` are not. On failure one line for people in `error`. */
enum err members_open(const struct collector_conf *conf, struct store *store,
    struct wall now, struct members **out, char *error, size_t cap) WARN_UNUSED;

/* NULL is legal. */
void members_free(struct members *members);

/* Carries out `order`, see api_order(). Logs what was done; secrets and certificates stay
 * in `order`. True in `*out_changed` when an agent came, moved or went. */
enum err members_order(struct members *members, struct api_order *order,
    struct wall now, bool *out_changed) WARN_UNUSED;

/* Judges who greets: is the certificate good, is it that agent's, does it hold the key, and
 * is it wanted? "" when it may come in, else why not, for a log; borrowed until the next
 * call. */
const char *members_refusal(
    struct members *members, const struct identity_shown *shown, struct wall now);

/* The list as it is stored, in memory of its own: `*out_memory` is to be freed. NULL when
 * it cannot be read. Any thread. */
struct registry *members_list(struct store *store, void **out_memory);

/* Signs the next certificate for an agent that is in, on the key in `request`, and stores
 * that it did. ERR_NOTFOUND: no authority here, or the agent did not enrol; ERR_FORMAT: not
 * a request; ERR_AGAIN: the store takes nothing now. */
enum err members_renew(struct members *members, const char *name, const char *request,
    struct wall now, char out_cert[IDENTITY_CERT_BYTES]) WARN_UNUSED;

/* Who is listed; borrowed until the next order. */
const struct registry *members_registry(const struct members *members);

#endif
