#include "proto/wire_internal.h"

enum err
wire_plan_encode(
    const struct plan *from, struct arena *scratch, Parallax__V1__Plan **out)
{
	Parallax__V1__Plan *plan = arena_take(scratch, 1, sizeof(*plan));
	Parallax__V1__PlanProbe *probe =
	    arena_take(scratch, from->len, sizeof(Parallax__V1__PlanProbe));
	Parallax__V1__PlanProbe **list = arena_take(scratch, from->len, sizeof(*list));

	if (from->len > LIMIT_PLAN_PROBES || arena_failed(scratch)) {
		return ERR_LIMIT;
	}
	parallax__v1__plan__init(plan);
	for (size_t i = 0; i < from->len; i++) {
		const struct plan_probe *each = &from->probe[i];

		parallax__v1__plan_probe__init(&probe[i]);
		probe[i].series = wire_text(each->series);
		probe[i].kind = (uint32_t)each->kind;
		probe[i].role = (uint32_t)each->role;
		probe[i].url = wire_text(each->url);
		probe[i].model = wire_text(each->model);
		probe[i].key = wire_text(each->key);
		probe[i].prompt = wire_text(each->prompt);
		probe[i].size = wire_text(each->size);
		probe[i].products = wire_text(each->products);
		probe[i].interval_ms = each->interval_ms;
		probe[i].phase_ms = each->phase_ms;
		probe[i].timeout_ms = each->timeout_ms;
		probe[i].connect_timeout_ms = each->connect_timeout_ms;
		probe[i].expect_status = each->expect_status;
		list[i] = &probe[i];
	}
	plan->version = from->version;
	plan->n_probe = from->len;
	plan->probe = list;
	*out = plan;
	return ERR_OK;
}

/* A probe whose kind or role is newer than we are is left out by the caller. */
static bool
is_known(const Parallax__V1__PlanProbe *from)
{
	return from->kind < PROBE_KIND_COUNT && from->role < ROLE_COUNT;
}

static bool
is_sound(const Parallax__V1__PlanProbe *from)
{
	return wire_name_ok(from->series, LIMIT_SERIES_BYTES) &&
	       strlen(from->url) < LIMIT_URL_BYTES &&
	       strlen(from->model) < LIMIT_NAME_BYTES * 2 &&
	       strlen(from->key) < LIMIT_NAME_BYTES &&
	       strlen(from->prompt) < LIMIT_TEXT_BYTES &&
	       strlen(from->size) < LIMIT_NAME_BYTES &&
	       strlen(from->products) < LIMIT_URL_BYTES && from->interval_ms > 0 &&
	       from->timeout_ms > 0 && from->phase_ms < from->interval_ms &&
	       from->expect_status <= 999;
}

static struct plan_probe
probe_of(const Parallax__V1__PlanProbe *from)
{
	return (struct plan_probe){
	    .series = from->series,
	    .kind = (enum probe_kind)from->kind,
	    .role = (enum probe_role)from->role,
	    .url = from->url,
	    .model = from->model,
	    .key = from->key,
	    .prompt = from->prompt,
	    .size = from->size,
	    .products = from->products,
	    .interval_ms = from->interval_ms,
	    .phase_ms = from->phase_ms,
	    .timeout_ms = from->timeout_ms,
	    .connect_timeout_ms = from->connect_timeout_ms,
	    .expect_status = (uint16_t)from->expect_status,
	};
}

enum err
wire_plan_decode(const Parallax__V1__Plan *from, struct arena *arena, struct plan *out)
{
	struct plan_probe *probe;
	size_t len = 0;

	if (from->n_probe > LIMIT_PLAN_PROBES) {
		return ERR_LIMIT;
	}
	probe = arena_take(arena, from->n_probe, sizeof(*probe));
	if (probe == NULL) {
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < from->n_probe; i++) {
		if (!is_sound(from->probe[i])) {
			return ERR_FORMAT;
		}
		if (is_known(from->probe[i])) {
			probe[len++] = probe_of(from->probe[i]);
		}
	}
	*out = (struct plan){.version = from->version, .len = len, .probe = probe};
	return ERR_OK;
}
