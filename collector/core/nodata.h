/* nodata - findings about silence
 * Room: collector/core (pure). Private to the correlation.
 *
 * One finding per silent agent, region or fleet; it grows when more falls silent and ends
 * an interval after the last of its agents is back, so that what they had kept is weighed
 * first and may explain the silence. Silence that a known network or agent fault explains
 * is not told. */
#ifndef COLLECTOR_CORE_NODATA_H
#define COLLECTOR_CORE_NODATA_H

#include "collector/core/engine.h"

/* After silence_update() and after the faults of this step are known. */
void nodata_step(struct correlate *engine, struct mono now);

#endif
