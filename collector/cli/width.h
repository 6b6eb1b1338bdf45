/* width - how many columns a text takes on a terminal
 * Room: collector/cli.
 *
 * Independent of the locale, so that tables look the same everywhere. East Asian wide and
 * fullwidth characters and emoji take two columns, combining marks none (Unicode Standard
 * Annex 11, by block and not by character: exact for what people write in names). */
#ifndef COLLECTOR_CLI_WIDTH_H
#define COLLECTOR_CLI_WIDTH_H

#include <stddef.h>

/* Columns of `text`, which is UTF-8 without control characters. */
size_t width_of(const char *text);

/* How many bytes of `text` take at most `columns`, whole characters only. */
size_t width_fit(const char *text, size_t columns);

/* Columns of the terminal behind `fd`: $COLUMNS, or what it says itself; 0 when there is no
 * terminal, or nothing is known of it. */
size_t width_terminal(int fd);

#endif
