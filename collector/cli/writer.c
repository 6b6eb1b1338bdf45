#include "collector/cli/writer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

static const struct writer_ops *
ops_of(enum writer_format format)
{
	switch (format) {
	case WRITER_TABLE:
		return &writer_text_ops;
	case WRITER_JSON:
		return &writer_json_ops;
	case WRITER_CSV:
		break;
	}
	return &writer_csv_ops;
}

void
writer_init(struct writer *writer, enum writer_format format, FILE *out, bool colour)
{
	*writer = (struct writer){
	    .ops = ops_of(format), .format = format, .out = out, .colour = colour};
}

void
writer_document(struct writer *writer, const json_t *json, bool compact)
{
	writer->ops->document(writer, json, compact);
}

void
writer_line(struct writer *writer, enum writer_style style, const char *format, ...)
{
	char text[WRITER_LINE_BYTES];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	writer->ops->line(writer, style, text);
}

void
writer_begin(
    struct writer *writer, const struct writer_column *columns, size_t column_len)
{
	assert(column_len > 0);
	writer->column = columns;
	writer->column_len = column_len;
	writer->at = 0;
	writer->ops->begin(writer);
}

void
writer_cell(
    struct writer *writer, enum writer_style style, const char *shown, const char *raw)
{
	writer->ops->cell(writer, style, shown, raw != NULL ? raw : shown);
	writer->at = (writer->at + 1) % writer->column_len;
}

void
writer_end(struct writer *writer)
{
	assert(writer->at == 0);
	writer->ops->end(writer);
}

bool
writer_finish(struct writer *writer)
{
	return fflush(writer->out) == 0 && ferror(writer->out) == 0 && !writer->failed;
}
