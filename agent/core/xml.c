#include "agent/core/xml.h"

#include <assert.h>
#include <expat.h>
#include <string.h>

/* Memory is a row of blocks, each behind its head, from one end to the other. */
struct block {
	_Alignas(max_align_t) uint32_t bytes; /* behind the head */
	uint32_t used;
};

/* Whose memory expat is asking for. Its allocator has no argument for that, so it is said
 * here, for the time of each call of expat and no longer: no decision depends on it. */
static _Thread_local struct xml *turn __attribute__((tls_model("initial-exec")));

static struct block *
block_at(struct xml *xml, size_t at)
{
	return (struct block *)(void *)(xml->memory + at);
}

/* Joins the free blocks behind `block`, which is at `at`, to it. */
static void
join(struct xml *xml, struct block *block, size_t at)
{
	for (;;) {
		size_t next = at + sizeof(*block) + block->bytes;

		if (next >= XML_MEMORY_BYTES || block_at(xml, next)->used != 0) {
			return;
		}
		block->bytes += (uint32_t)sizeof(*block) + block_at(xml, next)->bytes;
	}
}

static void
split(struct xml *xml, struct block *block, size_t at, uint32_t bytes)
{
	uint32_t left = block->bytes - bytes;

	if (left >= 2 * sizeof(*block)) {
		*block_at(xml, at + sizeof(*block) + bytes) =
		    (struct block){.bytes = left - (uint32_t)sizeof(*block), .used = 0};
		block->bytes = bytes;
	}
	block->used = 1;
}

static void *
take(size_t size)
{
	struct xml *xml = turn;
	size_t bytes = (size + sizeof(struct block) - 1) & ~(sizeof(struct block) - 1);

	assert(xml != NULL);
	if (size > XML_MEMORY_BYTES) {
		return NULL;
	}
	for (size_t at = 0; at < XML_MEMORY_BYTES;) {
		struct block *block = block_at(xml, at);

		if (block->used == 0) {
			join(xml, block, at);
			if (block->bytes >= bytes) {
				split(xml, block, at, (uint32_t)bytes);
				return block + 1;
			}
		}
		at += sizeof(*block) + block->bytes;
	}
	return NULL;
}

static void
give_back(void *memory)
{
	if (memory != NULL) {
		((struct block *)memory - 1)->used = 0;
	}
}

static void *
take_more(void *memory, size_t size)
{
	void *more;
	size_t had;

	if (memory == NULL) {
		return take(size);
	}
	had = ((struct block *)memory - 1)->bytes;
	if (size <= had) {
		return memory;
	}
	more = take(size);
	if (more != NULL) {
		memcpy(more, memory, had);
		give_back(memory);
	}
	return more;
}

static void
stop(struct xml *xml)
{
	xml->status = XML_BROKEN;
	(void)XML_StopParser(xml->parser, XML_FALSE);
}

static void XMLCALL
on_begin(void *context, const char *name, const char **attribute)
{
	struct xml *xml = context;
	struct xml_event event = {.kind = XML_ELEMENT, .name = name, .text = ""};

	if (xml->status == XML_BROKEN) {
		return; /* expat ends the tag it is in */
	}
	if (++xml->depth > XML_DEPTH_MAX) {
		stop(xml);
		return;
	}
	event.depth = xml->depth;
	event.attribute = (const char *const *)attribute;
	xml->handler(xml->context, &event);
}

static void XMLCALL
on_end(void *context, const char *name)
{
	struct xml *xml = context;
	struct xml_event event = {.kind = XML_ELEMENT_END, .name = name, .text = ""};

	if (xml->status == XML_BROKEN) {
		return;
	}
	event.depth = xml->depth--;
	xml->handler(xml->context, &event);
}

static void XMLCALL
on_text(void *context, const char *text, int len)
{
	struct xml *xml = context;
	struct xml_event event = {.kind = XML_TEXT, .name = "", .text = text};

	if (xml->status == XML_BROKEN) {
		return;
	}
	event.depth = xml->depth;
	event.len = (size_t)len;
	xml->handler(xml->context, &event);
}

static void XMLCALL
on_document_type(void *context, const char *name, const char *system,
    const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(context);
}

void
xml_init(struct xml *xml, xml_handler *handler, void *context)
{
	static const XML_Memory_Handling_Suite suite = {take, take_more, give_back};
	XML_Parser parser;

	xml->handler = handler;
	xml->context = context;
	xml->bytes = 0;
	xml->depth = 0;
	xml->held = 0;
	*block_at(xml, 0) =
	    (struct block){.bytes = XML_MEMORY_BYTES - sizeof(struct block), .used = 0};
	turn = xml;
	parser = XML_ParserCreate_MM(NULL, &suite, NULL);
	turn = NULL;
	xml->parser = parser;
	xml->status = parser != NULL ? XML_GOING : XML_BROKEN;
	if (parser != NULL) {
		XML_SetUserData(parser, xml);
		XML_SetElementHandler(parser, on_begin, on_end);
		XML_SetCharacterDataHandler(parser, on_text);
		XML_SetStartDoctypeDeclHandler(parser, on_document_type);
	}
}

/* Hands over what is held: expat makes room for that much behind a token that is not whole
 * yet. */
static void
parse(struct xml *xml, bool last)
{
	turn = xml;
	if (XML_Parse(xml->parser, xml->hold, (int)xml->held,
		last ? XML_TRUE : XML_FALSE) != XML_STATUS_OK) {
		xml->status = XML_BROKEN;
	}
	turn = NULL;
	xml->held = 0;
}

enum xml_status
xml_push(struct xml *xml, const void *data, size_t len)
{
	const char *at = data;

	if (len > XML_BYTES_MAX - xml->bytes) {
		xml->status = XML_BROKEN;
	}
	for (size_t left = len; left > 0 && xml->status == XML_GOING;) {
		size_t room = XML_SLICE_BYTES - xml->held;
		size_t more = left < room ? left : room;

		memcpy(xml->hold + xml->held, at, more);
		xml->held += (uint32_t)more;
		xml->bytes += more;
		at += more;
		left -= more;
		if (xml->held == XML_SLICE_BYTES) {
			parse(xml, false);
		}
	}
	return xml->status;
}

enum xml_status
xml_end(struct xml *xml)
{
	if (xml->status == XML_GOING) {
		parse(xml, true);
		xml->status = xml->status == XML_GOING ? XML_WHOLE : XML_BROKEN;
	}
	return xml->status;
}
