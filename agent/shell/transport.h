/* transport - what curl says about a transfer, in our words
 * Room: agent/shell.
 *
 * The only place that knows curl's codes. An ended transfer is read into facts, the facts
 * go through one table. Curl's code alone does not say what was going on (its time-out is
 * the same for a name lookup and for half a body), so rows may ask how far it had come. */
#ifndef AGENT_SHELL_TRANSPORT_H
#define AGENT_SHELL_TRANSPORT_H

#include "agent/core/check.h"
#include "common/core/outcome.h"
#include "common/core/result.h"

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

struct transport_facts {
	CURLcode code;
	bool over_limit; /* we stopped it: head or body beyond its limit */
	bool stalled;    /* we stopped it: silence inside the answer */
	bool head_whole; /* the answer's head came to its empty line */
	bool https;
	int os_errno; /* of the socket call that failed, 0 = none known */
	uint16_t http_status;
	struct timing timing;
	const char *text; /* curl's own words, "" = none; borrowed */
};

/* Reads the facts of the transfer that `easy` ended with `code`; what only the caller
 * knows (`https`, `text`, why it was stopped) is left zero. */
void transport_facts_of(CURL *easy, CURLcode code, struct transport_facts *out);

/* How the transfer ended, by the table. Fills all of `out` but `started_at`; the text is
 * borrowed from `facts`. */
void transport_of_curl(const struct transport_facts *facts, struct transport *out);

/* True for the errors of socket calls that say something about this machine and nothing
 * about the way or the other side: out of descriptors, memory or local ports, a local
 * firewall, an address that is not ours. An unreachable network is not among them: on a
 * machine without IPv6 it is what the second address of a refusing host ends with. */
bool transport_is_local(int os_errno);

#endif
