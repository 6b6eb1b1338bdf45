#include "agent/core/reach.h"

#include <stddef.h>
#include <string.h>

struct block {
	unsigned char prefix[16];
	uint8_t bits;
};

/* https://www.iana.org/assignments/iana-ipv4-special-registry, less what is global. */
static const struct block closed_v4[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* carriers' own */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local: clouds' metadata */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocols */
    {{192, 0, 2}, 24},    /* examples */
    {{192, 88, 99}, 24},  /* 6to4 relays, withdrawn */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* examples */
    {{203, 0, 113}, 24},  /* examples */
    {{224}, 3},           /* multicast, reserved, broadcast */
};

/* The same for IPv6: global unicast is 2000::/3 (RFC 4291), less these. */
static const struct block closed_v6[] = {
    {{0x20, 0x01}, 23},             /* protocols, Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* examples */
    {{0x3f, 0xff}, 20},             /* examples */
};

static bool
is_in(const unsigned char *bytes, const struct block *block)
{
	size_t whole = block->bits / 8;
	unsigned rest = block->bits % 8;

	if (memcmp(bytes, block->prefix, whole) != 0) {
		return false;
	}
	return rest == 0 ||
	       ((unsigned)(bytes[whole] ^ block->prefix[whole]) >> (8 - rest)) == 0;
}

static bool
is_in_any(const unsigned char *bytes, const struct block *block, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_in(bytes, &block[i])) {
			return true;
		}
	}
	return false;
}

static bool
is_public_v4(const unsigned char *bytes)
{
	return !is_in_any(bytes, closed_v4, sizeof(closed_v4) / sizeof(closed_v4[0]));
}

bool
reach_is_public(uint8_t version, const unsigned char *bytes)
{
	static const struct block mapped = {{[10] = 0xff, [11] = 0xff}, 96};
	static const struct block nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
	static const struct block six_to_four = {{0x20, 0x02}, 16};
	static const struct block global = {{0x20}, 3};

	if (version == 4) {
		return is_public_v4(bytes);
	}
	if (version != 6) {
		return false;
	}
	if (is_in(bytes, &mapped) || is_in(bytes, &nat64)) {
		return is_public_v4(bytes + 12);
	}
	if (is_in(bytes, &six_to_four)) {
		return is_public_v4(bytes + 2);
	}
	return is_in(bytes, &global) &&
	       !is_in_any(bytes, closed_v6, sizeof(closed_v6) / sizeof(closed_v6[0]));
}
