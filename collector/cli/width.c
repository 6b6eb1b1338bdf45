#include "collector/cli/width.h"

#include "common/core/utf8.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

/* Columns of the first character of `text`, of which `left` bytes are left; its bytes go to
 * `*out_len`. */
static size_t
columns_of(const char *text, size_t left, size_t *out_len)
{
	size_t len = utf8_char(text, left);
	uint32_t code = len > 0 ? code_of(text, len) : 0;

	*out_len = len > 0 ? len : 1;
	if (holds(twice, sizeof(twice) / sizeof(twice[0]), code)) {
		return 2;
	}
	return holds(none, sizeof(none) / sizeof(none[0]), code) ? 0 : 1;
}

size_t
width_fit(const char *text, size_t columns)
{
	size_t left = strlen(text);
	size_t at = 0;

	while (left > 0) {
		size_t len;
		size_t more = columns_of(text + at, left, &len);

		if (more > columns) {
			break;
		}
		columns -= more;
		at += len;
		left -= len;
	}
	return at;
}

size_t
width_of(const char *text)
{
	size_t left = strlen(text);
	size_t columns = 0;

	while (left > 0) {
		size_t len;

		columns += columns_of(text, left, &len);
		text += len;
		left -= len;
	}
	return columns;
}

size_t
width_terminal(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};
	char *end;

	if (isatty(fd) == 0) {
		return 0;
	}
	if (columns != NULL && isdigit((unsigned char)columns[0])) {
		unsigned long number = strtoul(columns, &end, 10);

		if (*end == '\0' && number > 0 && number <= UINT16_MAX) {
			return number;
		}
	}
	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
