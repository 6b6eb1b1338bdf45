/* backtest_command - `parallax-collector backtest`: what rules would have told
 * Room: collector/shell.
 *
 * A mode of parallax-collector, which `parallax backtest` and `parallax explain --replay`
 * execute: it needs the whole machine, the reader of the configuration and LMDB, of which
 * the `parallax` command has none, so that it stays small and never opens a store. It
 * prints one JSON document (backtest_json.h) on standard output; `parallax` shows it. */
#ifndef COLLECTOR_SHELL_BACKTEST_COMMAND_H
#define COLLECTOR_SHELL_BACKTEST_COMMAND_H

/* The words behind `backtest`, ended by NULL. Returns the exit status: 0 it was compared (and
 * with --incident: is the same), 1 something is missed, or not the same, 3 it could not be
 * read, 64 wrong usage, 78 bad configuration. */
int backtest_command(char *const words[]);

#endif
