/* upstream_bomb - a small gzip body that unpacks to a very large one
 * Room: tests/support. */
#ifndef TESTS_SUPPORT_UPSTREAM_BOMB_H
#define TESTS_SUPPORT_UPSTREAM_BOMB_H

#include "tests/support/upstream_blob.h"

/* A valid gzip stream (RFC 1952) of `mib` MiB of zeroes, about 1 KiB for each MiB; the
 * caller holds it. One MiB is compressed once and its blocks are repeated, so that the
 * cost is in copying the result and not in deflating its content. */
struct upstream_blob *upstream_bomb_new(unsigned mib);

#endif
