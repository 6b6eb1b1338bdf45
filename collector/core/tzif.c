#include "collector/core/tzif.h"

#include <stdio.h>
#include <string.h>

enum {
	HEAD_BYTES = 44,
	TYPE_BYTES = 6,
	TYPES_MAX = 256,
	CHANGES_MAX = 8192,
	OFFSET_S_MAX = 25 * 3600 /* and a little, in the format: none comes near */
};

struct counts {
	uint64_t is_ut;
	uint64_t is_standard;
	uint64_t leap;
	uint64_t time;
	uint64_t type;
	uint64_t letters;
};

struct block {
	const unsigned char *time;  /* 8 bytes each */
	const unsigned char *index; /* of the type */
	const unsigned char *type;
	struct counts counts;
};

static uint32_t
get_u32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	       at[3];
}

static int64_t
get_time(const unsigned char *at)
{
	return (int64_t)((uint64_t)get_u32(at) << 32 | get_u32(at + 4));
}

static int32_t
offset_of(const struct block *block, size_t type)
{
	return (int32_t)get_u32(block->type + type * TYPE_BYTES);
}

/* The bytes of a block behind its header, or 0. */
static size_t
read_counts(
    const unsigned char *bytes, size_t len, size_t time_bytes, struct counts *out)
{
	if (len < HEAD_BYTES || memcmp(bytes, "TZif", 4) != 0) {
		return 0;
	}
	out->is_ut = get_u32(bytes + 20);
	out->is_standard = get_u32(bytes + 24);
	out->leap = get_u32(bytes + 28);
	out->time = get_u32(bytes + 32);
	out->type = get_u32(bytes + 36);
	out->letters = get_u32(bytes + 40);
	return HEAD_BYTES + out->time * (time_bytes + 1) + out->type * TYPE_BYTES +
	       out->letters + out->leap * (time_bytes + 4) + out->is_standard +
	       out->is_ut;
}

static bool
check_block(const struct block *block)
{
	for (uint64_t i = 0; i < block->counts.type; i++) {
		int32_t offset_s = offset_of(block, i);

		if (offset_s <= -OFFSET_S_MAX || offset_s >= OFFSET_S_MAX) {
			return false;
		}
	}
	for (uint64_t i = 0; i < block->counts.time; i++) {
		if (block->index[i] >= block->counts.type ||
		    (i > 0 && get_time(block->time + 8 * i) <=
				  get_time(block->time + 8 * (i - 1)))) {
			return false;
		}
	}
	return true;
}

/* "\nTZ string\n", to the end of the file. */
static bool
read_footer(const unsigned char *bytes, size_t len, struct zone *zone)
{
	char rule[ZONE_RULE_BYTES];

	if (len < 2 || len - 2 >= sizeof(rule) || bytes[0] != '\n' ||
	    bytes[len - 1] != '\n' || memchr(bytes + 1, '\0', len - 2) != NULL) {
		return false;
	}
	memcpy(rule, bytes + 1, len - 2);
	rule[len - 2] = '\0';
	return zone_set_rule(zone, rule);
}

static void
fill(const struct block *block, int64_t from_s, struct zone *out)
{
	int32_t offset_s = offset_of(block, 0);

	out->first_s = offset_s;
	for (uint64_t i = 0; i < block->counts.time && out->len < ZONE_CHANGES; i++) {
		int64_t at_s = get_time(block->time + 8 * i);
		int32_t next_s = offset_of(block, block->index[i]);

		if (at_s <= from_s) {
			out->first_s = next_s;
		} else if (next_s != offset_s && at_s <= ZONE_AT_S_MAX) {
			/* else only the letters change */
			out->change[out->len].at_s = at_s;
			out->change[out->len].offset_s = next_s;
			out->len++;
		}
		offset_s = next_s;
	}
	zone_trim(out);
}

enum err
tzif_read(
    const void *bytes, size_t len, const char *name, int64_t from_s, struct zone *out)
{
	const unsigned char *at = bytes;
	struct block block = {0};
	size_t first;
	size_t second;

	memset(out, 0, sizeof(*out));
	if (len > TZIF_BYTES_MAX || !zone_is_name(name)) {
		return ERR_FORMAT;
	}
	first = read_counts(at, len, 4, &block.counts);
	if (first == 0 || first > len) {
		return ERR_FORMAT;
	}
	if (at[4] < '2') {
		return ERR_VERSION;
	}
	second = read_counts(at + first, len - first, 8, &block.counts);
	if (second == 0 || second > len - first || block.counts.leap != 0 ||
	    block.counts.type == 0 || block.counts.type > TYPES_MAX ||
	    block.counts.time > CHANGES_MAX) {
		return ERR_FORMAT;
	}
	block.time = at + first + HEAD_BYTES;
	block.index = block.time + 8 * block.counts.time;
	block.type = block.index + block.counts.time;
	(void)snprintf(out->name, sizeof(out->name), "%s", name);
	if (!check_block(&block) ||
	    !read_footer(at + first + second, len - first - second, out)) {
		return ERR_FORMAT;
	}
	fill(&block, from_s, out);
	return ERR_OK;
}
