/* coarse - durations in a few thousand codes, never off by more than 1 in 256
 * Room: proto.
 *
 * Nobody needs the last microsecond of a call that took ten seconds, and its bits are
 * noise that no compressor removes. A code keeps the eight highest bits of a duration:
 * below 256 us it is the duration itself. parallax.proto states the formula; it is part
 * of the protocol and never changes. */
#ifndef PROTO_COARSE_H
#define PROTO_COARSE_H

#include <stdint.h>

enum {
	COARSE_EXACT = 256, /* values below are their own code */
	COARSE_STEPS = 128, /* codes to a doubling */
	COARSE_CODES = COARSE_EXACT + 24 * COARSE_STEPS /* codes are below it */
};

/* The code of `value`; grows with it. */
uint32_t coarse_code(uint32_t value);

/* The middle of what `code` (below COARSE_CODES) stands for; has the same code. */
uint32_t coarse_value(uint32_t code);

#endif
