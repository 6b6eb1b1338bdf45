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
#include "collector/shell/api_source.h"
#include "common/core/err.h"

#include <stddef.h>
#include <stdint.h>

struct service;

/* Opens the store, brings the machine to where it was, listens, starts the notifier. On
 * failure one line for people in `error`. `conf` is borrowed until the service is gone or
 * has taken another one. */
enum err service_new(const struct collector_conf *conf, struct service **out,
    char *error, size_t cap) WARN_UNUSED;

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
