#include "collector/cli/width.h"

#include "common/core/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct range {
	uint32_t first;
	uint32_t last;
};

static const struct range none[] = {{0x0300, 0x036f}, {0x0483, 0x0489},
    {0x0591, 0x05bd}, {0x064b, 0x065f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    {0xe0100, 0xe01ef}};

static const struct range twice[] = {{0x1100, 0x115f}, {0x231a, 0x231b},
    {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff},
    {0xa000, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
    {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

static bool
holds(const struct range *ranges, size_t len, uint32_t code)
{
	for (size_t i = 0; i < len; i++) {
		if (code >= ranges[i].first && code <= ranges[i].last) {
			return true;
		}
	}
	return false;
}

/* The number of the well-formed character of `len` bytes. */
static uint32_t
code_of(const char *text, size_t len)
{
	static const unsigned char first_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = (unsigned char)text[0] & first_mask[len];

	for (size_t i = 1; i < len; i++) {
		code = code << 6 | ((unsigned char)text[i] & 0x3fU);
	}
	return code;
}

size_t
width_of(const char *text)
{
	const char *end = text + strlen(text);
	size_t columns = 0;

	while (text < end) {
		size_t len = utf8_char(text, (size_t)(end - text));
		uint32_t code = len > 0 ? code_of(text, len) : 0;

		text += len > 0 ? len : 1;
		if (holds(twice, sizeof(twice) / sizeof(twice[0]), code)) {
			columns += 2;
		} else if (!holds(none, sizeof(none) / sizeof(none[0]), code)) {
			columns += 1;
		}
	}
	return columns;
}
