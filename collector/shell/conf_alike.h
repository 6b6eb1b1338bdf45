/* conf_alike - says which causes the configured fleet could not tell apart
 * Room: collector/shell.
 *
 * The pairs that identify.h finds, in words, the gravest first, each with what would tell them
 * apart, at the line of what should be added to. */
#ifndef COLLECTOR_SHELL_CONF_ALIKE_H
#define COLLECTOR_SHELL_CONF_ALIKE_H

#include "collector/core/collector_conf.h"
#include "common/shell/settings.h"

/* Adds a warning for each, at most ten and the number of the rest. True when one of them is
 * that there are no controls. Takes and frees memory; without any it says nothing. */
bool conf_alike_add(struct settings *settings, const struct collector_conf *conf);

#endif
