/* upstream_process - a px-upstream of one's own, for the time of a test
 * Room: tests/support.
 *
 * Starts the server on free loopback ports and waits until it listens; programs it through
 * its control port. Everything that fails here ends the process with a line on standard
 * error: a test without its server has nothing to say. */
#ifndef TESTS_SUPPORT_UPSTREAM_PROCESS_H
#define TESTS_SUPPORT_UPSTREAM_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

struct upstream_process {
	pid_t pid;
	uint16_t http;
	uint16_t https;
	uint16_t control;
	char folder[32];  /* made for it, removed at stop */
	char ca_file[48]; /* of the CA that signed its certificate */
};

/* `program` is the path of px-upstream; `data` its --data folder, NULL or "" = none. */
void upstream_process_start(
    struct upstream_process *server, const char *program, const char *data);

/* Where the plain and the TLS listener are, as ADDR:PORT. */
struct upstream_place {
	const char *http;
	const char *https;
};

/* The same with listeners of the caller's choice. */
void upstream_process_start_at(struct upstream_process *server, const char *program,
    const char *data, const struct upstream_place *place);

void upstream_process_stop(struct upstream_process *server);

/* One request to the control port. Returns its answer, which the caller frees; any status
 * but 2xx ends the process. `body` may be NULL. */
char *upstream_process_control(const struct upstream_process *server,
    const char *method, const char *path, const char *body);

/* Replaces all rules by the rule {"path": `path`, "action": `action`}; `action` is the
 * text of a JSON object, NULL = no rule at all. */
void upstream_process_rule(
    const struct upstream_process *server, const char *path, const char *action);

#endif
