#include "common/core/base64.h"

enum {
	GOOD = 0x40, /* set in the table's entry of every character of an alphabet */
	GROUP = 4
};

/* Value of each character, with GOOD. */
#define B64(character, value) [character] = GOOD | (value)
static const uint8_t value_of[256] = {B64('A', 0), B64('B', 1), B64('C', 2),
    B64('D', 3), B64('E', 4), B64('F', 5), B64('G', 6), B64('H', 7), B64('I', 8),
    B64('J', 9), B64('K', 10), B64('L', 11), B64('M', 12), B64('N', 13), B64('O', 14),
    B64('P', 15), B64('Q', 16), B64('R', 17), B64('S', 18), B64('T', 19), B64('U', 20),
    B64('V', 21), B64('W', 22), B64('X', 23), B64('Y', 24), B64('Z', 25), B64('a', 26),
    B64('b', 27), B64('c', 28), B64('d', 29), B64('e', 30), B64('f', 31), B64('g', 32),
    B64('h', 33), B64('i', 34), B64('j', 35), B64('k', 36), B64('l', 37), B64('m', 38),
    B64('n', 39), B64('o', 40), B64('p', 41), B64('q', 42), B64('r', 43), B64('s', 44),
    B64('t', 45), B64('u', 46), B64('v', 47), B64('w', 48), B64('x', 49), B64('y', 50),
    B64('z', 51), B64('0', 52), B64('1', 53), B64('2', 54), B64('3', 55), B64('4', 56),
    B64('5', 57), B64('6', 58), B64('7', 59), B64('8', 60), B64('9', 61), B64('+', 62),
    B64('-', 62), B64('/', 63), B64('_', 63)};
#undef B64

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_decoded_max(size_t chars)
{
	/* Up to three characters may wait in the decoder. */
	return (chars / GROUP + 1) * 3;
}

void
base64_init(struct base64 *base64)
{
	*base64 = (struct base64){0};
}

/* Writes the bytes of a full group: three, less the padding. */
static size_t
group_end(struct base64 *base64, unsigned char *out)
{
	size_t len = 3U - base64->pad;

	for (size_t i = 0; i < len; i++) {
		out[i] = (unsigned char)(base64->bits >> (16 - 8 * i));
	}
	base64->ended = base64->pad > 0;
	base64->bits = 0;
	base64->have = 0;
	return len;
}

/* Takes one character the careful way; false when it may not stand here. */
static bool
take(struct base64 *base64, unsigned char c)
{
	uint8_t value = value_of[c];

	if (base64->ended) {
		return false;
	}
	if (c == '=') {
		if (base64->have < 2) {
			return false;
		}
		base64->pad++;
		value = 0;
	} else if ((value & GOOD) == 0 || base64->pad > 0) {
		return false;
	}
	base64->bits = base64->bits << 6 | (value & 0x3FU);
	base64->have++;
	base64->at++;
	return true;
}

/* Whole groups without padding, as long as they last. Returns the characters taken. */
static size_t
take_groups(const unsigned char *text, size_t len, unsigned char *out)
{
	size_t taken = 0;

	while (len - taken >= GROUP) {
		const unsigned char *at = text + taken;
		uint32_t a = value_of[at[0]];
		uint32_t b = value_of[at[1]];
		uint32_t c = value_of[at[2]];
		uint32_t d = value_of[at[3]];
		if ((a & b & c & d & GOOD) == 0) {
			break;
		}
		/* Four six-bit values side by side; the GOOD bits fall off or are masked. */
		out[0] = (unsigned char)(a << 2 | (b & 0x3F) >> 4);
		out[1] = (unsigned char)(b << 4 | (c & 0x3F) >> 2);
		out[2] = (unsigned char)(c << 6 | (d & 0x3F));
		out += 3;
		taken += GROUP;
	}
	return taken;
}

enum err
base64_decode(struct base64 *base64, const char *text, size_t len, unsigned char *out,
    size_t *out_len)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned char *end = at + len;
	size_t written = 0;

	while (at < end && !base64->failed) {
		if (base64->have == 0 && !base64->ended) {
			size_t taken =
			    take_groups(at, (size_t)(end - at), out + written);
			at += taken;
			written += taken / GROUP * 3;
			base64->at += taken;
			if (at == end) {
				break;
			}
		}
		if (!take(base64, *at)) {
			base64->failed = true;
			break;
		}
		at++;
		if (base64->have == GROUP) {
			written += group_end(base64, out + written);
		}
	}
	*out_len = written;
	return base64->failed ? ERR_FORMAT : ERR_OK;
}

enum err
base64_end(const struct base64 *base64)
{
	return !base64->failed && base64->have == 0 ? ERR_OK : ERR_FORMAT;
}

uint64_t
base64_at(const struct base64 *base64)
{
	return base64->at;
}

size_t
base64_encode(const void *data, size_t len, char *out, size_t cap)
{
	const unsigned char *in = data;
	size_t at = 0;

	if (cap == 0) {
		return 0;
	}
	if (len > SIZE_MAX / 4 || (len + 2) / 3 * GROUP >= cap) {
		out[0] = '\0';
		return 0;
	}
	for (size_t i = 0; i < len; i += 3) {
		size_t have = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)in[i] << 16;
		bits |= have > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		bits |= have > 2 ? in[i + 2] : 0;
		for (size_t j = 0; j < GROUP; j++) {
			char c = alphabet[(bits >> (18 - 6 * j)) & 0x3F];
			out[at++] = j <= have ? c : '=';
		}
	}
	out[at] = '\0';
	return at;
}
