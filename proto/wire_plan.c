#include "proto/wire_internal.h"

/* The texts of a probe but its series, and how many bytes each may have, with the NUL. */
#define TEXTS(apply)                                                                   \
	apply(url, LIMIT_URL_BYTES) apply(model, LIMIT_NAME_BYTES * 2)                 \
	    apply(key, LIMIT_NAME_BYTES) apply(prompt, LIMIT_TEXT_BYTES)               \
		apply(size, LIMIT_NAME_BYTES) apply(products, LIMIT_URL_BYTES)         \
		    apply(project, LIMIT_SERIES_BYTES)                                 \
			apply(location, LIMIT_NAME_BYTES)                              \
			    apply(providers, LIMIT_URL_BYTES)                          \
				apply(parameters, LIMIT_TEXT_BYTES)                    \
				    apply(expect_text, LIMIT_TEXT_BYTES)               \
					apply(expect_pointer, LIMIT_URL_BYTES)         \
					    apply(expect_value, LIMIT_TEXT_BYTES)      \
						apply(resolver, LIMIT_URL_BYTES)

/* The numbers that are the same type on both sides. */
#define NUMBERS(apply)                                                                 \
	apply(interval_ms) apply(phase_ms) apply(timeout_ms) apply(connect_timeout_ms) \
	    apply(cost_microusd) apply(price_in_microusd) apply(price_out_microusd)

static void
encode_probe(const struct plan_probe *from, Parallax__V1__PlanProbe *out)
{
	parallax__v1__plan_probe__init(out);
	out->series = wire_text(from->series);
	out->kind = (uint32_t)from->kind;
	out->role = (uint32_t)from->role;
	out->expect_status = from->expect_status;
	out->expect_days = from->expect_days;
	out->family = from->family;
#define TEXT(field, cap) out->field = wire_text(plan_text(from->field));
	TEXTS(TEXT)
#undef TEXT
#define NUMBER(field) out->field = from->field;
	NUMBERS(NUMBER)
#undef NUMBER
}

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
		encode_probe(&from->probe[i], &probe[i]);
		list[i] = &probe[i];
	}
	plan->version = from->version;
	plan->n_probe = from->len;
	plan->probe = list;
	*out = plan;
	return wire_budgets_encode(from, scratch, plan);
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
	bool sound = wire_name_ok(from->series, LIMIT_SERIES_BYTES);

#define FITS(field, cap) sound = sound && strlen(from->field) < (cap);
	TEXTS(FITS)
#undef FITS
	return sound && from->interval_ms > 0 && from->timeout_ms > 0 &&
	       from->phase_ms < from->interval_ms && from->expect_status <= 999 &&
	       from->expect_days <= UINT16_MAX &&
	       (from->family == 0 || from->family == 4 || from->family == 6);
}

static struct plan_probe
probe_of(const Parallax__V1__PlanProbe *from)
{
	struct plan_probe probe = {.series = from->series,
	    .kind = (enum probe_kind)from->kind,
	    .role = (enum probe_role)from->role,
	    .expect_status = (uint16_t)from->expect_status,
	    .expect_days = (uint16_t)from->expect_days,
	    .family = (uint8_t)from->family};

#define TEXT(field, cap) probe.field = from->field;
	TEXTS(TEXT)
#undef TEXT
#define NUMBER(field) probe.field = from->field;
	NUMBERS(NUMBER)
#undef NUMBER
	return probe;
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
	return wire_budgets_decode(from, arena, out);
}
