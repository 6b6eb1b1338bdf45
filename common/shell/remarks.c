#include "common/shell/remarks.h"

#include <stdio.h>
#include <string.h>

void
remarks_init(struct remarks *remarks)
{
	memset(remarks, 0, sizeof(*remarks));
}

const char *
remarks_severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_WARNING:
		return "warning";
	case SEVERITY_ERROR:
		return "error";
	}
	return "unknown";
}

/* A text cut in the middle of a UTF-8 character loses the character; control characters,
 * which could forge a line in a log, become question marks. */
static void
make_printable(char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
			text[i] = '?';
		}
	}
	if (len + 1 < REMARK_BYTES) {
		return;
	}
	while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80) {
		len--;
	}
	if (len > 0 && ((unsigned char)text[len - 1] & 0x80) != 0) {
		len--;
	}
	text[len] = '\0';
}

/* Where a full list has room for an error: a warning less. */
static bool
drop_a_warning(struct remarks *remarks)
{
	for (size_t i = remarks->len; i > 0; i--) {
		if (remarks->remark[i - 1].severity == SEVERITY_WARNING) {
			memmove(&remarks->remark[i - 1], &remarks->remark[i],
			    (remarks->len - i) * sizeof(remarks->remark[0]));
			remarks->len--;
			return true;
		}
	}
	return false;
}

/* Makes room behind the last remark of the same or an earlier line. */
static struct remark *
insert_at(struct remarks *remarks, size_t line)
{
	size_t i = remarks->len;

	while (i > 0 && remarks->remark[i - 1].line > line) {
		i--;
	}
	memmove(&remarks->remark[i + 1], &remarks->remark[i],
	    (remarks->len - i) * sizeof(remarks->remark[0]));
	remarks->len++;
	return &remarks->remark[i];
}

void
remarks_addv(struct remarks *remarks, enum severity severity, const char *file,
    size_t line, const char *format, va_list args)
{
	struct remark *remark;
	int len;

	if (severity == SEVERITY_ERROR) {
		remarks->errors++;
	} else {
		remarks->warnings++;
	}
	if (remarks->len == REMARKS_MAX &&
	    (severity == SEVERITY_WARNING || !drop_a_warning(remarks))) {
		return;
	}
	remark = insert_at(remarks, line);
	remark->severity = severity;
	remark->line = line;
	len = line == 0 ? snprintf(remark->text, REMARK_BYTES, "%s: ", file)
			: snprintf(remark->text, REMARK_BYTES, "%s:%zu: ", file, line);
	if (len > 0 && len < REMARK_BYTES) {
		(void)vsnprintf(
		    remark->text + len, REMARK_BYTES - (size_t)len, format, args);
	}
	make_printable(remark->text);
}

void
remarks_add(struct remarks *remarks, enum severity severity, const char *file,
    size_t line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	remarks_addv(remarks, severity, file, line, format, args);
	va_end(args);
}

bool
remarks_ok(const struct remarks *remarks)
{
	return remarks->errors == 0;
}

const char *
remarks_first(const struct remarks *remarks)
{
	for (size_t i = 0; i < remarks->len; i++) {
		if (remarks->remark[i].severity == SEVERITY_ERROR) {
			return remarks->remark[i].text;
		}
	}
	return remarks->len > 0 ? remarks->remark[0].text : "";
}
