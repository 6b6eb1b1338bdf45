/* tzif - the files in which machines keep their zones
 * Room: collector/core (pure).
 *
 * RFC 9636, versions 2 and later: the second block, with 64-bit times, and the footer. The
 * bytes are trusted in nothing. Files with leap seconds are refused: our time has none. */
#ifndef COLLECTOR_CORE_TZIF_H
#define COLLECTOR_CORE_TZIF_H

#include "collector/core/zone.h"

enum {
	TZIF_BYTES_MAX = 64 << 10 /* no file of a zone has a tenth of it */
};

/* The zone called `name`, as it is from `from_s` (0 or later) on: what was before is as then.
 * Of more changes than fit the later ones are left to the rule. ERR_FORMAT, ERR_VERSION;
 * `out` is then undefined. */
enum err tzif_read(const void *bytes, size_t len, const char *name, int64_t from_s,
    struct zone *out) WARN_UNUSED;

#endif
