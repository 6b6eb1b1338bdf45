#include "tests/support/pager.h"

#include "tests/support/test.h"

json_t *
pager_deliveries(const struct fleet_process *fleet)
{
	char *text =
	    upstream_process_control(&fleet->upstream, "GET", "/hooks/pager", NULL);
	json_t *report = json_loads(text, 0, NULL);
	json_t *deliveries = json_incref(json_object_get(report, "deliveries"));

	free(text);
	json_decref(report);
	assert_non_null(deliveries);
	return deliveries;
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	return text;
}

static bool
is_on(const json_t *body, json_int_t incident)
{
	return json_integer_value(json_object_get(body, "incident")) == incident;
}

/* Those of `kind`, or all when it is NULL. */
static unsigned
count(const json_t *deliveries, json_int_t incident, const char *kind,
    unsigned *out_repeats)
{
	json_t *bodies = json_object();
	unsigned different = 0;
	const json_t *each;
	size_t i;

	*out_repeats = 0;
	json_array_foreach(deliveries, i, each)
	{
		const char *key = text_of(each, "idempotency_key");
		json_t *body = json_object_get(each, "json");
		json_t *known = json_object_get(bodies, key);

		if (known != NULL) {
			assert_true(json_equal(known, body));
			*out_repeats += is_on(body, incident) ? 1 : 0;
			continue;
		}
		assert_int_equal(json_object_set(bodies, key, body), 0);
		if (is_on(body, incident) &&
		    (kind == NULL || strcmp(text_of(body, "kind"), kind) == 0)) {
			different++;
		}
	}
	json_decref(bodies);
	return different;
}

unsigned
pager_count(const json_t *deliveries, json_int_t incident, const char *kind)
{
	unsigned repeats;

	return count(deliveries, incident, kind, &repeats);
}

unsigned
pager_repeats(const json_t *deliveries, json_int_t incident)
{
	unsigned repeats;

	(void)count(deliveries, incident, NULL, &repeats);
	return repeats;
}

json_t *
pager_await_end(const struct fleet_process *fleet, json_int_t incident)
{
	json_t *deliveries = pager_deliveries(fleet);

	while (pager_count(deliveries, incident, "resolved") == 0) {
		char query[96];

		(void)snprintf(query, sizeof(query),
		    "/hooks/pager?wait=%zu&timeout_ms=%d",
		    json_array_size(deliveries) + 1, PROCESS_PATIENCE_MS);
		free(upstream_process_control(&fleet->upstream, "GET", query, NULL));
		json_decref(deliveries);
		deliveries = pager_deliveries(fleet);
	}
	return deliveries;
}
