/* writer - one answer as a table for people, as JSON, or as CSV
 * Room: collector/cli.
 *
 * A command offers what it has in every shape, and the writer takes the one it is for: JSON
 * takes documents, CSV takes tables, the text writer takes lines and tables. What is
 * printed for people is cleaned first: upstreams' texts must not steer a terminal. */
#ifndef COLLECTOR_CLI_WRITER_H
#define COLLECTOR_CLI_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum writer_format {
	WRITER_TABLE = 0,
	WRITER_JSON,
	WRITER_CSV
};

enum writer_style {
	WRITER_PLAIN = 0,
	WRITER_STRONG,
	WRITER_DIM,
	WRITER_GOOD,
	WRITER_WARN,
	WRITER_BAD
};

enum {
	WRITER_LINE_BYTES = 4096
};

struct writer_column {
	const char *key;   /* in CSV */
	const char *title; /* for people */
	bool right;        /* aligned to the right: numbers */
};

struct writer;

/* What one format does; the three are writer_text.c, writer_json.c, writer_csv.c. */
struct writer_ops {
	void (*document)(struct writer *writer, const json_t *json, bool compact);
	void (*line)(struct writer *writer, enum writer_style style, const char *text);
	void (*begin)(struct writer *writer);
	void (*cell)(struct writer *writer, enum writer_style style, const char *shown,
	    const char *raw);
	void (*end)(struct writer *writer);
};

extern const struct writer_ops writer_text_ops;
extern const struct writer_ops writer_json_ops;
extern const struct writer_ops writer_csv_ops;

struct writer_cell_kept {
	char *text;
	enum writer_style style;
};

struct writer {
	const struct writer_ops *ops;
	enum writer_format format;
	FILE *out; /* borrowed */
	bool colour;
	size_t width; /* tables: columns of the terminal, 0 = as wide as it takes */
	const struct writer_column *column; /* of the table at hand */
	size_t column_len;
	size_t at; /* column of the next cell */
	struct writer_cell_kept
	    *kept; /* text: cells wait for the width of their column */
	size_t kept_len;
	size_t kept_cap;
	bool failed; /* out of memory; see writer_finish() */
};

/* Writes to `out`, borrowed; `colour` counts for tables only. Where `width` is set, the
 * long texts of a table that is wider are cut, with an ellipsis. */
void writer_init(
    struct writer *writer, enum writer_format format, FILE *out, bool colour);

/* A whole document of the API; `compact` puts it on one line. JSON only. */
void writer_document(struct writer *writer, const json_t *json, bool compact);

/* A line for people, cut at WRITER_LINE_BYTES. */
__attribute__((format(printf, 3, 4))) void writer_line(
    struct writer *writer, enum writer_style style, const char *format, ...);

/* Begins a table; `columns` is borrowed until writer_end(). */
void writer_begin(
    struct writer *writer, const struct writer_column *columns, size_t column_len);

/* The next cell of the row; rows end by themselves. `shown` is for people, `raw` for
 * programs, NULL when it is the same. */
void writer_cell(
    struct writer *writer, enum writer_style style, const char *shown, const char *raw);

/* Prints what is left of the table. */
void writer_end(struct writer *writer);

/* False when something could not be written (or kept for want of memory). */
bool writer_finish(struct writer *writer);

#endif
