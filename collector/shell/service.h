/* service - the collector's engine: one thread that owns the machine and all writing
 * Room: collector/shell.
 *
 * It takes what came (requests of agents, answers of channels, time), steps the machine
 * with the journal's time, commits what follows in one transaction for as many inputs as
 * are waiting, and only then answers agents and hands messages to channels. Other threads
 * meet it in its queue and in the published view. It implements api_source.h.
 *
 * When the store takes nothing (full disk), nothing is acknowledged: the machine is taken
 * back to what is stored, agents are told to wait, and the store is tried again. */
#ifndef COLLECTOR_SHELL_SERVICE_H
#define COLLECTOR_SHELL_SERVICE_H

#include "collector/core/collector_conf.h"
#include "collector/core/registry.h"
#include "collector/shell/api_source.h"
#include "common/core/err.h"

#include <stddef.h>
#include <stdint.h>

struct service;

/* What the owner of the configuration is asked and told; from the engine's thread. */
struct service_hooks {
	/* The configuration with these agents in it, asked for once, while the service is
	 * made; NULL with one line in `error` when there is none. */
	const struct collector_conf *(*with_members)(
	    void *context, const struct registry *members, char *error, size_t cap);
	/* An agent came or went: the configuration should be made again, and service_reload()
	 * called, soon. Must not wait for the engine. */
	void (*members_changed)(void *context);
	/* A configuration handed over was taken, or refused. The same. */
	void (*reloaded)(void *context);
	void *context;
};

/* Who is in, as stored, in memory of its own: `*out_memory` is to be freed. NULL when the
 * store cannot be read. Any thread. */
struct registry *service_members(struct service *service, void **out_memory);

/* Opens the store, brings the machine to where it was, listens, starts the notifier. On
 * failure one line for people in `error`. `conf` is borrowed until the service is gone or
 * has taken another one; `hooks` is copied, NULL = nobody enrols. */
enum err service_new(const struct collector_conf *conf,
    const struct service_hooks *hooks, struct service **out, char *error,
    size_t cap) WARN_UNUSED;

/* Runs in the calling thread until service_stop(). */
void service_run(struct service *service);

/* Asks it to end. Any thread. */
void service_stop(struct service *service);

/* Asks it to go on with `conf`: targets, probes, agents, channels, policy. What cannot
 * change while running (listeners, store, socket) stays, and is said. Any thread; `conf` is
 * borrowed from here on, the one before until service_reloaded() says so. */
void service_reload(struct service *service, const struct collector_conf *conf);

/* The configuration in use: when it is no more the old one, that may be freed. */
const struct collector_conf *service_conf(struct service *service);

/* The configuration that was refused last, or NULL: that may be freed, too. */
const struct collector_conf *service_conf_refused(struct service *service);

/* For the HTTP side. */
struct api_source *service_api(struct service *service);

/* The port agents reach on url `i`. */
uint16_t service_port(const struct service *service, size_t i);

/* Writes a snapshot, closes everything. NULL is fine. */
void service_free(struct service *service);

#endif
