/* zone_file - the zones this machine knows, by their names
 * Room: collector/shell.
 *
 * Reads /usr/share/zoneinfo (Debian: package tzdata), once for every window and route that
 * is configured or ordered; what is read is kept with it and never read again. */
#ifndef COLLECTOR_SHELL_ZONE_FILE_H
#define COLLECTOR_SHELL_ZONE_FILE_H

#include "collector/core/zone.h"

#define ZONE_FILE_FOLDER "/usr/share/zoneinfo"

/* 2025-01-01: no window of today needs to know of changes before. */
#define ZONE_FILE_FROM_S INT64_C(1735689600)

/* The zone from `from_s` on, see tzif.h. Blocks for a file. "UTC" is always there. ERR_INVALID:
 * that is no name of a zone; ERR_NOTFOUND: there is none of it here; ERR_FORMAT, ERR_IO. */
enum err zone_file_read(const char *name, int64_t from_s, struct zone *out) WARN_UNUSED;

/* "expected ..." for what it returned. */
const char *zone_file_expected(enum err err);

#endif
