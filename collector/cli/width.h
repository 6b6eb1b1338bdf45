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

#endif
