#include "common/core/base64.h"

enum {
	GOOD = 0x40, /* set in the table's entry of every character of an alphabet */
	GROUP = 4
};

/* Value of each character plus GOOD, 0 for those of no alphabet. */
static const uint8_t value_of[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 126, 0, 126, 0, 127, 116, 117, 118,
    119, 120, 121, 122, 123, 124, 125, 0, 0, 0, 0, 0, 0, 0, 64, 65, 66, 67, 68, 69, 70,
    71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 0, 0, 0,
    0, 127, 0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105,
    106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 0, 0, 0, 0, 0,
    /* from 128 on, none */
};

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

/* Four characters for 24 bits; those from `chars` on are padding. */
static void
put_group(char *out, size_t chars, uint32_t bits)
{
	for (size_t i = 0; i < GROUP; i++) {
		char c = alphabet[(bits >> (18 - 6 * i)) & 0x3F];
		out[i] = i < chars ? c : '=';
	}
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
	while (len >= 3) {
		put_group(
		    out + at, 4, (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2]);
		at += GROUP;
		in += 3;
		len -= 3;
	}
	if (len == 2) {
		put_group(out + at, 3, (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8);
		at += GROUP;
	} else if (len == 1) {
		put_group(out + at, 2, (uint32_t)in[0] << 16);
		at += GROUP;
	}
	out[at] = '\0';
	return at;
}
