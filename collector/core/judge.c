#include "collector/core/judge.h"

#include <stddef.h>

/* Exactly one of the two is there. */
struct judge {
	enum judge_kind kind;
	struct correlate *correlate;
	struct rule *rule;
};

const char *
judge_kind_name(enum judge_kind kind)
{
	switch (kind) {
	case JUDGE_CORRELATION:
		break;
	case JUDGE_THRESHOLD:
		return "threshold";
	case JUDGE_QUORUM:
		return "quorum";
	}
	return "correlation";
}

size_t
judge_bytes(const struct topology *topology, const struct judge_conf *conf)
{
	return arena_bytes(1, sizeof(struct judge)) +
	       (conf->kind == JUDGE_CORRELATION ? correlate_bytes(topology)
						: rule_bytes(topology, &conf->rule));
}

struct judge *
judge_init(struct arena *arena, const struct topology *topology,
    const struct correlate_conf *correlate_conf, const struct judge_conf *conf,
    const struct probe_conf *probe)
{
	struct judge *judge = arena_take(arena, 1, sizeof(*judge));

	if (judge == NULL) {
		return NULL;
	}
	judge->kind = conf->kind;
	if (conf->kind == JUDGE_CORRELATION) {
		judge->correlate = correlate_init(arena, topology, correlate_conf);
	} else {
		judge->rule =
		    rule_init(arena, topology, correlate_conf, &conf->rule, probe);
	}
	return judge->correlate == NULL && judge->rule == NULL ? NULL : judge;
}

void
judge_result(struct judge *judge, const struct evidence *evidence, struct mono now)
{
	if (judge->rule != NULL) {
		rule_result(judge->rule, evidence, now);
	} else {
		correlate_result(judge->correlate, evidence, now);
	}
}

void
judge_heard(struct judge *judge, uint16_t agent, struct mono now)
{
	if (judge->rule != NULL) {
		rule_heard(judge->rule, agent, now);
	} else {
		correlate_heard(judge->correlate, agent, now);
	}
}

void
judge_left(struct judge *judge, uint16_t agent, struct mono now)
{
	if (judge->rule != NULL) {
		rule_left(judge->rule, agent, now);
	} else {
		correlate_left(judge->correlate, agent, now);
	}
}

void
judge_shift(struct judge *judge, uint16_t target, int32_t shift_mnats)
{
	if (judge->correlate != NULL) {
		correlate_shift(judge->correlate, target, shift_mnats);
	}
}

size_t
judge_step(
    struct judge *judge, struct mono now, struct finding_change out[CORRELATE_CHANGES])
{
	return judge->rule != NULL ? rule_step(judge->rule, now, out)
				   : correlate_step(judge->correlate, now, out);
}

struct mono
judge_deadline(const struct judge *judge)
{
	return judge->rule != NULL ? rule_deadline(judge->rule)
				   : correlate_deadline(judge->correlate);
}

size_t
judge_findings(const struct judge *judge, struct finding *out, size_t cap)
{
	return judge->rule != NULL ? rule_findings(judge->rule, out, cap)
				   : correlate_findings(judge->correlate, out, cap);
}

bool
judge_is_silent(const struct judge *judge, uint16_t agent)
{
	return judge->rule != NULL ? rule_is_silent(judge->rule, agent)
				   : correlate_is_silent(judge->correlate, agent);
}

void
judge_number_above(struct judge *judge, uint64_t id)
{
	if (judge->rule != NULL) {
		rule_number_above(judge->rule, id);
	} else {
		correlate_number_above(judge->correlate, id);
	}
}

void
judge_resume(struct judge *judge, struct mono now)
{
	if (judge->rule != NULL) {
		rule_resume(judge->rule, now);
	} else {
		correlate_resume(judge->correlate, now);
	}
}

uint64_t
judge_late(const struct judge *judge)
{
	return judge->rule != NULL ? rule_late(judge->rule)
				   : correlate_late(judge->correlate);
}

size_t
judge_save_bytes(const struct judge *judge)
{
	return 16 + (judge->rule != NULL ? rule_save_bytes(judge->rule)
					 : correlate_save_bytes(judge->correlate));
}

void
judge_save(const struct judge *judge, struct buf *buf)
{
	buf_put_varint(buf, (uint64_t)judge->kind);
	if (judge->rule != NULL) {
		rule_save(judge->rule, buf);
	} else {
		correlate_save(judge->correlate, buf);
	}
}

enum err
judge_load(struct judge *judge, struct buf *buf)
{
	uint64_t kind = buf_get_varint(buf);

	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	if (kind != (uint64_t)judge->kind) {
		return ERR_VERSION;
	}
	return judge->rule != NULL ? rule_load(judge->rule, buf)
				   : correlate_load(judge->correlate, buf);
}

enum err
judge_load_unmarked(struct judge *judge, struct buf *buf)
{
	return judge->rule != NULL ? ERR_VERSION
				   : correlate_load(judge->correlate, buf);
}

size_t
judge_asks(const struct judge *judge, struct ask out[CORRELATE_ASKS])
{
	return judge->correlate == NULL ? 0 : correlate_asks(judge->correlate, out);
}

struct asked
judge_asked(const struct judge *judge, uint16_t target)
{
	struct asked none = {0};

	return judge->correlate == NULL ? none
					: correlate_asked(judge->correlate, target);
}

void
judge_may_ask(struct judge *judge, uint16_t probe, uint64_t regions, bool is_paid)
{
	if (judge->correlate != NULL) {
		correlate_may_ask(judge->correlate, probe, regions, is_paid);
	}
}
