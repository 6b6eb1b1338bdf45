#include "collector/cli/writer.h"
#include "common/core/text.h"

#include <string.h>

/* RFC 4180, with line feeds alone at the end of lines, as other programs here expect, and
 * without control characters inside fields, because CSV is looked at on terminals too. */
static void
field(struct writer *writer, const char *foreign, bool last)
{
	char text[WRITER_LINE_BYTES];
	struct text clean;

	text_init(&clean, text, sizeof(text));
	text_add(&clean, foreign);
	if (strpbrk(text, ",\"\r\n") == NULL) {
		(void)fputs(text, writer->out);
	} else {
		(void)fputc('"', writer->out);
		for (const char *at = text; *at != '\0'; at++) {
			if (*at == '"') {
				(void)fputc('"', writer->out);
			}
			(void)fputc(*at, writer->out);
		}
		(void)fputc('"', writer->out);
	}
	(void)fputc(last ? '\n' : ',', writer->out);
}

static void
document(struct writer *writer, const json_t *json, bool compact)
{
	(void)writer;
	(void)json;
	(void)compact;
}

static void
line(struct writer *writer, enum writer_style style, const char *text)
{
	(void)writer;
	(void)style;
	(void)text;
}

static void
begin(struct writer *writer)
{
	for (size_t i = 0; i < writer->column_len; i++) {
		field(writer, writer->column[i].key, i + 1 == writer->column_len);
	}
}

static void
cell(struct writer *writer, enum writer_style style, const char *shown, const char *raw)
{
	(void)style;
	(void)shown;
	field(writer, raw, writer->at + 1 == writer->column_len);
}

static void
end(struct writer *writer)
{
	(void)writer;
}

const struct writer_ops writer_csv_ops = {document, line, begin, cell, end};
