#include "collector/cli/writer.h"

static void
document(struct writer *writer, const json_t *json, bool compact)
{
	size_t flags =
	    JSON_REAL_PRECISION(10) | (compact ? JSON_COMPACT : JSON_INDENT(2));

	if (json_dumpf(json, writer->out, flags) != 0) {
		writer->failed = true;
	}
	(void)fputc('\n', writer->out);
}

static void
line(struct writer *writer, enum writer_style style, const char *text)
{
	(void)writer;
	(void)style;
	(void)text;
}

static void
cell(struct writer *writer, enum writer_style style, const char *shown, const char *raw)
{
	(void)writer;
	(void)style;
	(void)shown;
	(void)raw;
}

static void
edge(struct writer *writer)
{
	(void)writer;
}

const struct writer_ops writer_json_ops = {document, line, edge, cell, edge};
