#include "collector/cli/width.h"
#include "collector/cli/writer.h"
#include "common/core/text.h"

#include <stdlib.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6" /* U+2026 */

enum {
	COLUMN_MIN = 12 /* columns are not made narrower than that */
};

static const char *
code_of(enum writer_style style)
{
	switch (style) {
	case WRITER_STRONG:
		return "\033[1m";
	case WRITER_DIM:
		return "\033[2m";
	case WRITER_GOOD:
		return "\033[32m";
	case WRITER_WARN:
		return "\033[33m";
	case WRITER_BAD:
		return "\033[1;31m";
	case WRITER_PLAIN:
		break;
	}
	return "";
}

/* `text` is clean already. */
static void
styled(struct writer *writer, enum writer_style style, const char *text)
{
	if (writer->colour && style != WRITER_PLAIN) {
		(void)fprintf(writer->out, "%s%s\033[0m", code_of(style), text);
	} else {
		(void)fputs(text, writer->out);
	}
}

static void
document(struct writer *writer, const json_t *json, bool compact)
{
	(void)writer;
	(void)json;
	(void)compact;
}

static void
line(struct writer *writer, enum writer_style style, const char *foreign)
{
	char data[WRITER_LINE_BYTES];
	struct text text;

	text_init(&text, data, sizeof(data));
	text_add(&text, foreign);
	styled(writer, style, data);
	(void)fputc('\n', writer->out);
}

static void
begin(struct writer *writer)
{
	(void)writer;
}

static void
cell(struct writer *writer, enum writer_style style, const char *shown, const char *raw)
{
	char data[WRITER_LINE_BYTES];
	struct text text;
	char *copy;

	(void)raw;
	text_init(&text, data, sizeof(data));
	text_add(&text, shown);
	copy = strdup(data);
	if (writer->kept_len == writer->kept_cap) {
		size_t cap = writer->kept_cap > 0 ? 2 * writer->kept_cap : 64;
		struct writer_cell_kept *kept =
		    realloc(writer->kept, cap * sizeof(writer->kept[0]));

		if (kept == NULL) {
			free(copy);
			writer->failed = true;
			return;
		}
		writer->kept = kept;
		writer->kept_cap = cap;
	}
	writer->failed = writer->failed || copy == NULL;
	writer->kept[writer->kept_len++] = (struct writer_cell_kept){copy, style};
}

static size_t
column_width(const struct writer *writer, size_t column)
{
	size_t widest = width_of(writer->column[column].title);

	for (size_t i = column; i < writer->kept_len; i += writer->column_len) {
		const char *text = writer->kept[i].text;
		size_t width = text != NULL ? width_of(text) : 0;

		if (width > widest) {
			widest = width;
		}
	}
	return widest;
}

/* The left-aligned column that can best spare something, or column_len when none can: what
 * is aligned to the right are numbers, and half a number is another one. */
static size_t
shrinkable(const struct writer *writer, const size_t *width)
{
	size_t found = writer->column_len;

	for (size_t i = 0; i < writer->column_len; i++) {
		size_t title = width_of(writer->column[i].title);
		size_t least = title > COLUMN_MIN ? title : COLUMN_MIN;

		if (!writer->column[i].right && width[i] > least &&
		    (found == writer->column_len || width[i] > width[found])) {
			found = i;
		}
	}
	return found;
}

/* Takes from the widest columns what the terminal does not have. */
static void
narrow(const struct writer *writer, size_t *width)
{
	size_t all = 2 * (writer->column_len - 1);
	size_t column;

	for (size_t i = 0; i < writer->column_len; i++) {
		all += width[i];
	}
	while (writer->width > 0 && all > writer->width) {
		column = shrinkable(writer, width);
		if (column == writer->column_len) {
			return;
		}
		width[column]--;
		all--;
	}
}

/* One cell with the room after it; the last of a row gets none. */
static void
padded(struct writer *writer, size_t column, size_t width, enum writer_style style,
    const char *text)
{
	bool right = writer->column[column].right;
	bool last = column + 1 == writer->column_len;
	char cut[WRITER_LINE_BYTES + sizeof(ELLIPSIS)];
	size_t room;

	if (width_of(text) > width) {
		(void)snprintf(cut, sizeof(cut), "%.*s" ELLIPSIS,
		    (int)width_fit(text, width - 1), text);
		text = cut;
	}
	room = width - width_of(text);
	(void)fprintf(writer->out, "%*s", right ? (int)room : 0, "");
	styled(writer, style, text);
	if (!last) {
		(void)fprintf(writer->out, "%*s", (right ? 0 : (int)room) + 2, "");
	}
}

static void
drop(struct writer *writer)
{
	for (size_t i = 0; i < writer->kept_len; i++) {
		free(writer->kept[i].text);
	}
	free(writer->kept);
	writer->kept = NULL;
	writer->kept_len = 0;
	writer->kept_cap = 0;
}

static void
end(struct writer *writer)
{
	size_t *width = calloc(writer->column_len, sizeof(*width));

	if (width == NULL || writer->failed) {
		writer->failed = true;
		free(width);
		drop(writer);
		return;
	}
	for (size_t i = 0; i < writer->column_len; i++) {
		width[i] = column_width(writer, i);
	}
	narrow(writer, width);
	for (size_t i = 0; i < writer->column_len; i++) {
		padded(writer, i, width[i], WRITER_DIM, writer->column[i].title);
	}
	for (size_t i = 0; i < writer->kept_len; i++) {
		size_t column = i % writer->column_len;

		if (column == 0) {
			(void)fputc('\n', writer->out);
		}
		padded(writer, column, width[column], writer->kept[i].style,
		    writer->kept[i].text);
	}
	(void)fputc('\n', writer->out);
	free(width);
	drop(writer);
}

const struct writer_ops writer_text_ops = {document, line, begin, cell, end};
