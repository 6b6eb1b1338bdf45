#include "agent/core/sse.h"

#include <string.h>

enum state {
	STATE_MARK = 0, /* at the very beginning */
	STATE_NAME,     /* in the name of a field, at its first byte perhaps */
	STATE_SPACE,    /* behind "data:", where one space may be */
	STATE_DATA,
	STATE_SKIP /* in a line that is passed over */
};

static const char field[] = "data";
static const unsigned char mark[] = {0xEF, 0xBB, 0xBF};

enum {
	FIELD_LEN = sizeof(field) - 1
};

void
sse_init(struct sse *sse, sse_handler *handler, void *context)
{
	memset(sse, 0, sizeof(*sse));
	sse->handler = handler;
	sse->context = context;
	sse->state = STATE_MARK;
}

/* A line with data begins. */
static void
data_begin(struct sse *sse)
{
	if (sse->open) {
		sse->handler(sse->context, "\n", 1);
	}
	sse->open = true;
}

static void
event_end(struct sse *sse)
{
	if (sse->open) {
		sse->open = false;
		sse->handler(sse->context, NULL, 0);
	}
}

static void
line_end(struct sse *sse)
{
	if (sse->state == STATE_NAME && sse->name_len == 0) {
		event_end(sse);
	} else if (sse->state == STATE_NAME && sse->name_len == FIELD_LEN) {
		data_begin(sse); /* a field without a colon has no value */
	}
	sse->state = STATE_NAME;
	sse->name_len = 0;
}

static void
name_char(struct sse *sse, char c)
{
	if (c == ':' && sse->name_len == FIELD_LEN) {
		data_begin(sse);
		sse->state = STATE_SPACE;
	} else if (sse->name_len < FIELD_LEN && c == field[sse->name_len]) {
		sse->name_len++;
	} else {
		sse->state = STATE_SKIP;
	}
}

/* True when `c` is part of a byte order mark. Half a mark is the beginning of some field
 * that we do not know. */
static bool
mark_char(struct sse *sse, char c)
{
	if ((unsigned char)c == mark[sse->mark_len]) {
		sse->mark_len++;
		sse->state = sse->mark_len == sizeof(mark) ? STATE_NAME : STATE_MARK;
		return true;
	}
	sse->state = sse->mark_len == 0 ? STATE_NAME : STATE_SKIP;
	return false;
}

static bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/* Hands over what stands before the end of the line; returns how much that is. */
static size_t
data_run(struct sse *sse, const char *data, size_t len)
{
	size_t run = 0;

	while (run < len && !is_line_end(data[run])) {
		run++;
	}
	if (run > 0) {
		sse->handler(sse->context, data, run);
	}
	return run;
}

/* Takes one byte or more. */
static size_t
step(struct sse *sse, const char *data, size_t len)
{
	char c = *data;

	if (sse->state == STATE_MARK && mark_char(sse, c)) {
		return 1;
	}
	if (is_line_end(c)) {
		bool second = sse->was_cr && c == '\n';

		sse->was_cr = c == '\r';
		if (!second) {
			line_end(sse);
		}
		return 1;
	}
	sse->was_cr = false;
	if (sse->state == STATE_NAME) {
		name_char(sse, c);
		return 1;
	}
	if (sse->state == STATE_SPACE) {
		sse->state = STATE_DATA;
		return c == ' ' ? 1 : data_run(sse, data, len);
	}
	return sse->state == STATE_DATA ? data_run(sse, data, len) : 1;
}

void
sse_push(struct sse *sse, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		size_t taken = step(sse, at, len);

		at += taken;
		len -= taken;
	}
}

bool
sse_end(struct sse *sse)
{
	bool between = !sse->open && sse->name_len == 0 &&
		       (sse->state == STATE_NAME || sse->state == STATE_MARK);

	if (sse->state == STATE_NAME && sse->name_len == FIELD_LEN) {
		line_end(sse);
	}
	event_end(sse);
	return between;
}
