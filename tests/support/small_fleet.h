/* small_fleet - a topology of three regions, and findings about it
 * Room: tests/support.
 *
 * What tests of incidents and alerts share: names on the one side, a finding with evidence
 * on the other. */
#ifndef TESTS_SUPPORT_SMALL_FLEET_H
#define TESTS_SUPPORT_SMALL_FLEET_H

#include "collector/core/correlate.h"
#include "collector/core/topology.h"

enum {
	FLEET_TARGET_IMAGE = 0, /* "nano-banana-pro", tier core */
	FLEET_TARGET_OTHER,     /* "vertex-image" */
	FLEET_TARGET_TEST       /* "trial", tier test */
};

const struct topology *small_fleet(void);

/* An open finding: `id`, `verdict` for everybody, 97 % sure, two lines of evidence, begun
 * a minute before `now`. */
struct finding small_fleet_finding(uint64_t id, enum verdict verdict, struct mono now);

#endif
