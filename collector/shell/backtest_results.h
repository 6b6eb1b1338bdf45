/* backtest_results - results that were printed, as input of a backtest
 * Room: collector/shell.
 *
 * Reads what `parallax results -o json` prints: documents with `results`, or single results,
 * one after the other, in any order. Of a result these count:
 *   agent, started_at, outcome, phase           needed
 *   series, or target and probe                 needed
 *   received_at                                 else when it ended
 *   timing.total_us, http_status, flags, seq    0, none
 * Its time is `started_at` by the agent's clock, which is taken to be right, and when the
 * machine heard of it is `received_at`. Results of agents and probes that the configuration
 * does not name are passed over and counted; so are those of sources, whose statements are
 * not printed. */
#ifndef COLLECTOR_SHELL_BACKTEST_RESULTS_H
#define COLLECTOR_SHELL_BACKTEST_RESULTS_H

#include "collector/shell/backtest.h"

#include <stdio.h>

struct backtest_heard {
	size_t taken;
	size_t
	    unknown; /* agents or probes the configuration does not name, or sources */
};

/* Plays all of `file`. ERR_FORMAT, with one line in `error`: what is wrong, and where. */
enum err backtest_results(struct backtest *backtest, const struct collector_conf *conf,
    FILE *file, struct backtest_heard *out, char *error, size_t cap) WARN_UNUSED;

#endif
