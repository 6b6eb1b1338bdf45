/* status - `parallax-agent status`: what the agent on this machine thinks of itself
 * Room: agent/shell.
 *
 * The running agent writes its outlook (outlook.h) into the folder of its spool when it has
 * changed, at most every STATUS_NS; the command reads it. So it can be asked with nobody
 * listening, and also when the agent hangs: the file then grows old, which is said. */
#ifndef AGENT_SHELL_STATUS_H
#define AGENT_SHELL_STATUS_H

#include "agent/core/agent_conf.h"
#include "agent/core/outlook.h"

#define STATUS_NS (2 * CLOCK_NS_PER_S)

/* Writes `text` for the spool in `folder`; in place of the last one, whole. ERR_FULL,
 * ERR_DENIED, ERR_IO, ERR_LIMIT. Does not wait for the medium: it is for now. */
enum err status_write(const char *folder, const char *text, size_t len) WARN_UNUSED;

/* The command line behind the word `status`; returns the exit status. */
int status_main(int argc, char **argv);

#endif
