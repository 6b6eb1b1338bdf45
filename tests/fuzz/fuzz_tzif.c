/* fuzz_tzif - any bytes as the file of a zone, as a zone in a journal, and as a rule
 *
 * What is read has rising changes and small offsets, comes back the same from its bytes, and
 * turns local times into instants and back without leaving the neighbourhood. */
#include "collector/core/recur.h"
#include "collector/core/tzif.h"

#include <assert.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_zone(const struct zone *zone)
{
	unsigned char bytes[ZONE_ROW_BYTES];
	struct zone again;
	struct buf buf;

	for (size_t i = 1; i < zone->len; i++) {
		assert(zone->change[i - 1].at_s < zone->change[i].at_s);
	}
	buf_write(&buf, bytes, sizeof(bytes));
	zone_encode(zone, &buf);
	assert(buf_ok(&buf));
	buf_read(&buf, bytes, buf.at);
	assert(zone_decode(&buf, &again) == ERR_OK);
	assert(again.len == zone->len && again.first_s == zone->first_s);
	for (int64_t at_s = 0; at_s < INT64_C(4000000000); at_s += 77777777) {
		int32_t offset_s = zone_offset(zone, at_s);
		int64_t instant_s = zone_instant(zone, at_s);

		assert(offset_s > -26 * 3600 && offset_s < 27 * 3600);
		assert(offset_s == zone_offset(&again, at_s));
		assert(instant_s > at_s - 2 * 86400 && instant_s < at_s + 2 * 86400);
	}
}

static void
try_rule(const uint8_t *data, size_t size)
{
	char text[RECUR_TEXT_BYTES];
	char why[RECUR_WHY_BYTES];
	struct zone zone;
	struct recur recur;
	struct wall next;
	struct wall last;

	if (size >= sizeof(text)) {
		return;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	zone_utc(&zone);
	if (zone_set_rule(&zone, text)) {
		check_zone(&zone);
	}
	zone_utc(&zone);
	if (recur_read(text, 1796090400, &recur, why) &&
	    recur_next(&recur, &zone, (struct wall){0}, &next)) {
		assert(recur_last(&recur, &zone, next, &last));
		assert(last.ns == next.ns);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zone zone;
	struct buf buf;

	if (tzif_read(data, size, "Some/Where", 0, &zone) == ERR_OK) {
		check_zone(&zone);
	}
	buf_read(&buf, data, size);
	if (zone_decode(&buf, &zone) == ERR_OK) {
		check_zone(&zone);
	}
	try_rule(data, size);
	return 0;
}
