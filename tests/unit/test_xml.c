/* test_xml - what is XML, what is too much of it, and that pieces do not matter */
#include "tests/support/test.h"

#include "agent/core/xml.h"

#include <stdio.h>
#include <string.h>

static struct xml xml;

struct heard {
	char text[512];
	size_t len;
};

static void
hear(void *context, const struct xml_event *event)
{
	struct heard *heard = context;
	size_t room = sizeof(heard->text) - heard->len;
	int len = 0;

	switch (event->kind) {
	case XML_ELEMENT:
		len = snprintf(heard->text + heard->len, room, "<%s%s%s>", event->name,
		    event->attribute[0] != NULL ? " " : "",
		    event->attribute[0] != NULL ? event->attribute[1] : "");
		break;
	case XML_ELEMENT_END:
		len = snprintf(heard->text + heard->len, room, "</%u>", event->depth);
		break;
	case XML_TEXT:
		len = snprintf(heard->text + heard->len, room, "%.*s", (int)event->len,
		    event->text);
		break;
	}
	if (len > 0 && (size_t)len < room) {
		heard->len += (size_t)len;
	}
}

static enum xml_status
read_pieces(const char *text, size_t len, size_t step, struct heard *heard)
{
	memset(heard, 0, sizeof(*heard));
	xml_init(&xml, hear, heard);
	for (size_t at = 0; at < len; at += step) {
		(void)xml_push(&xml, text + at, len - at < step ? len - at : step);
	}
	return xml_end(&xml);
}

static void
expect_pieces(
    const char *text, size_t step, enum xml_status want, const char *want_heard)
{
	struct heard heard;
	enum xml_status status = read_pieces(text, strlen(text), step, &heard);

	if (status != want || strcmp(heard.text, want_heard) != 0) {
		fail_msg("%s by %zu: %d, %s", text, step, status, heard.text);
	}
}

static void
test_documents(void **state)
{
	static const struct {
		const char *text;
		enum xml_status status;
		const char *heard;
	} row[] = {
	    {"<a>x</a>", XML_WHOLE, "<a>x</1>"},
	    {"<?xml version='1.0'?><a b='c'><d/>&lt;&#65;</a>", XML_WHOLE,
		"<a c><d></2><A</1>"},
	    {"<a><![CDATA[<b>]]></a> ", XML_WHOLE, "<a><b></1>"},
	    {"<a xmlns:c='u'><c:d>1</c:d></a>", XML_WHOLE, "<a u><c:d>1</2></1>"},
	    {"<a>x", XML_BROKEN, "<a>x"},
	    {"<a></b>", XML_BROKEN, "<a>"},
	    {"<a/><b/>", XML_BROKEN, "<a></1>"},
	    {"", XML_BROKEN, ""},
	    {"{\"x\":1}", XML_BROKEN, ""},
	    {"<a>&nbsp;</a>", XML_BROKEN, "<a>"},
	    {"<!DOCTYPE a><a/>", XML_BROKEN, ""},
	    {"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", XML_BROKEN, ""},
	    {"<!DOCTYPE a SYSTEM 'http://127.0.0.1/x'><a/>", XML_BROKEN, ""},
	    {"<a>\xff</a>", XML_BROKEN, "<a>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		for (size_t step = 1; step < 64; step = step * 2 + 1) {
			expect_pieces(row[i].text, step, row[i].status, row[i].heard);
		}
	}
}

static void
ignore(void *context, const struct xml_event *event)
{
	(void)context;
	(void)event;
}

/* A document of `len` bytes: `open`, `count` times `middle`, `close`. */
static enum xml_status
read_repeated(const char *open, const char *middle, size_t count, const char *close)
{
	xml_init(&xml, ignore, NULL);
	(void)xml_push(&xml, open, strlen(open));
	for (size_t i = 0; i < count; i++) {
		(void)xml_push(&xml, middle, strlen(middle));
	}
	(void)xml_push(&xml, close, strlen(close));
	return xml_end(&xml);
}

static void
test_limits(void **state)
{
	char names[16384];
	size_t len = 0;

	(void)state;
	/* Texts of any length pass; what has to be held as a whole does not. */
	assert_int_equal(read_repeated("<a>", "0123456789", 700000, "</a>"), XML_WHOLE);
	assert_int_equal(
	    read_repeated("<a>", "0123456789", 900000, "</a>"), XML_BROKEN);
	assert_int_equal(read_repeated("<a><!--", "x", 4000, "--></a>"), XML_WHOLE);
	assert_int_equal(read_repeated("<a><!--", "x", 40000, "--></a>"), XML_BROKEN);
	assert_int_equal(read_repeated("<a b='", "x", 4000, "'/>"), XML_WHOLE);
	assert_int_equal(read_repeated("<a b='", "x", 40000, "'/>"), XML_BROKEN);
	assert_int_equal(read_repeated("<", "x", 40000, "/>"), XML_BROKEN);
	assert_int_equal(read_repeated("<a>", "<b/>", 100000, "</a>"), XML_WHOLE);
	assert_int_equal(read_repeated("", "<a>", 33, ""), XML_BROKEN);
	for (int i = 0; i < 1000; i++) {
		len += (size_t)snprintf(names + len, sizeof(names) - len, "<n%d/>", i);
	}
	assert_int_equal(read_repeated("<a>", names, 1, "</a>"), XML_BROKEN);
}

static void
test_depth(void **state)
{
	char text[1024] = "";
	size_t len = 0;

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		struct heard heard;
		int depth = XML_DEPTH_MAX + extra;

		len = 0;
		for (int i = 0; i < depth; i++) {
			len += (size_t)snprintf(text + len, sizeof(text) - len, "<a>");
		}
		for (int i = 0; i < depth; i++) {
			len += (size_t)snprintf(text + len, sizeof(text) - len, "</a>");
		}
		assert_int_equal(read_pieces(text, len, 7, &heard),
		    extra == 0 ? XML_WHOLE : XML_BROKEN);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_documents),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
