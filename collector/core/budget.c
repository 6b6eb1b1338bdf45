#include "collector/core/budget.h"

#include "collector/core/collector_conf.h"
#include "common/core/text.h"
#include "common/core/utcday.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	BUDGET_VERSION = 2,
	BUDGET_VERSION_OLD = 1, /* knew of no first spending */
	NEARLY_PERCENT = 75,    /* of what an agent may spend: then it gets more */
	STEP_OF_DAY = 4,        /* a part of its share */
	STEP_OF_MONTH = 16,
	PACE_FROM_PERCENT = 10, /* of a day or month: earlier a pace means nothing */
	PACE_CLEAR_PERCENT = 90 /* of the limit: below it the pace is well again */
};

/* What one agent spends under one name. */
struct cell {
	uint64_t day_spent;
	uint64_t day_extra;
	uint64_t month_spent;
	uint64_t month_extra; /* of the days before this one */
};

/* A real key. */
struct ledger_key {
	uint64_t day_spent;
	uint64_t month_spent;
	uint64_t day_granted;
	uint64_t month_granted; /* of the days before this one */
	uint64_t total;         /* ever */
	uint64_t finding;       /* id, 0 = none open */
	struct mono opened_at;
	struct wall first_at; /* spending began, ever; 0 = it did not, or who knows */
	bool is_over;         /* told that it is spent, not only about to be */
};

struct budgets {
	const struct collector_conf *conf;
	struct shares *shares;
	struct cell *cell;      /* [agents * names] */
	struct ledger_key *key; /* [keys] */
	uint64_t *target;       /* [targets], ever */
	uint16_t *name_of;      /* [probes] */
	uint32_t day;
	uint64_t next_id;
};

static size_t
cells(const struct collector_conf *conf)
{
	return (size_t)conf->topology.agent_len * conf->money.name_len;
}

size_t
budgets_bytes(const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;

	return arena_bytes(1, sizeof(struct budgets)) + shares_bytes(conf) +
	       arena_bytes(cells(conf) + 1, sizeof(struct cell)) +
	       arena_bytes(topology->key_len + 1U, sizeof(struct ledger_key)) +
	       arena_bytes(topology->target_len + 1U, sizeof(uint64_t)) +
	       arena_bytes(topology->probe_len + 1U, sizeof(uint16_t));
}

struct budgets *
budgets_init(struct arena *arena, const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;
	struct budgets *budgets = arena_take(arena, 1, sizeof(*budgets));
	struct shares *shares = shares_init(arena, conf);
	struct cell *cell = arena_take(arena, cells(conf) + 1, sizeof(*cell));
	struct ledger_key *key =
	    arena_take(arena, topology->key_len + 1U, sizeof(*key));
	uint64_t *target =
	    arena_take(arena, topology->target_len + 1U, sizeof(*target));
	uint16_t *name_of =
	    arena_take(arena, topology->probe_len + 1U, sizeof(*name_of));

	if (budgets == NULL || arena_failed(arena)) {
		return NULL;
	}
	*budgets = (struct budgets){.conf = conf,
	    .shares = shares,
	    .cell = cell,
	    .key = key,
	    .target = target,
	    .name_of = name_of,
	    .next_id = BUDGET_FINDING_FIRST};
	for (uint16_t i = 0; i < topology->probe_len; i++) {
		name_of[i] =
		    conf->money.name_len == 0
			? TOPOLOGY_NONE
			: shares_name(shares, plan_text(conf->probe[i].plan.key));
	}
	return budgets;
}

static struct cell *
cell_at(const struct budgets *budgets, uint16_t agent, uint16_t name)
{
	return &budgets->cell[(size_t)agent * budgets->conf->money.name_len + name];
}

/* A new day begins; perhaps a month with it. */
static void
roll(struct budgets *budgets, uint32_t today)
{
	bool new_month = utcday_month(today) != utcday_month(budgets->day);

	for (size_t i = 0; i < cells(budgets->conf); i++) {
		struct cell *cell = &budgets->cell[i];

		cell->month_extra += cell->day_extra;
		cell->day_spent = 0;
		cell->day_extra = 0;
		if (new_month) {
			cell->month_spent = 0;
			cell->month_extra = 0;
		}
	}
	for (uint16_t i = 0; i < budgets->conf->topology.key_len; i++) {
		struct ledger_key *key = &budgets->key[i];

		key->month_granted += key->day_granted;
		key->day_spent = 0;
		key->day_granted = 0;
		if (new_month) {
			key->month_spent = 0;
			key->month_granted = 0;
		}
	}
	budgets->day = today;
}

static void
go_on(struct budgets *budgets, struct wall now)
{
	uint32_t today = utcday_of(now);

	if (today > budgets->day) {
		roll(budgets, today);
	}
}

static uint64_t
lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What is left of the reserve today. */
static uint64_t
reserve_left(const struct budget_conf *budget, const struct ledger_key *key)
{
	uint64_t day = budget->day_microusd - shares_room(budget, budget->day_microusd);
	uint64_t month =
	    budget->month_microusd - shares_room(budget, budget->month_microusd);
	uint64_t granted = key->month_granted + key->day_granted;
	uint64_t left = UINT64_MAX;

	if (budget->day_microusd != 0) {
		left = day > key->day_granted ? day - key->day_granted : 0;
	}
	if (budget->month_microusd != 0) {
		left = lesser(left, month > granted ? month - granted : 0);
	}
	return left;
}

static bool
is_nearly(uint64_t spent, uint64_t share, uint64_t extra)
{
	return share != 0 && spent * 100 >= (share + extra) * NEARLY_PERCENT;
}

/* An agent that has nearly spent its share gets more, while the reserve lasts. */
static void
grant(struct budgets *budgets, uint16_t agent, uint16_t name)
{
	struct cell *cell = cell_at(budgets, agent, name);
	uint16_t real = shares_real(budgets->shares, agent, name);
	struct plan_budget share;
	uint64_t step;

	if (!shares_of(budgets->shares, agent, name, &share) ||
	    (!is_nearly(cell->day_spent, share.day_microusd, cell->day_extra) &&
		!is_nearly(cell->month_spent, share.month_microusd,
		    cell->month_extra + cell->day_extra))) {
		return;
	}
	step = share.day_microusd != 0 ? share.day_microusd / STEP_OF_DAY
				       : share.month_microusd / STEP_OF_MONTH;
	step = lesser(step + 1,
	    reserve_left(shares_budget(budgets->shares, real), &budgets->key[real]));
	cell->day_extra += step;
	budgets->key[real].day_granted += step;
}

bool
budgets_confirm(
    struct budgets *budgets, uint16_t agent, uint16_t probe, struct wall now)
{
	uint64_t cost = budgets->conf->probe[probe].plan.cost_microusd;
	uint16_t name = budgets->name_of[probe];
	uint16_t real = shares_real(budgets->shares, agent, name);
	const struct budget_conf *budget;

	go_on(budgets, now);
	budget = real == TOPOLOGY_NONE ? NULL : shares_budget(budgets->shares, real);
	if (cost == 0 || budget == NULL) {
		return true;
	}
	if (reserve_left(budget, &budgets->key[real]) < cost) {
		return false;
	}
	cell_at(budgets, agent, name)->day_extra += cost;
	budgets->key[real].day_granted += cost;
	return true;
}

/* What comes late may have been first. */
static void
begin_spending(struct ledger_key *key, struct wall ended)
{
	if (key->total == 0 || ended.ns < key->first_at.ns) {
		key->first_at = ended;
	}
}

void
budgets_result(struct budgets *budgets, uint16_t agent, uint16_t probe,
    uint32_t cost_microusd, struct wall ended, struct wall now)
{
	uint16_t target = budgets->conf->topology.probe[probe].target;
	uint16_t name = budgets->name_of[probe];
	uint16_t real = shares_real(budgets->shares, agent, name);
	uint32_t day = utcday_of(ended);
	struct cell *cell;

	go_on(budgets, now);
	if (cost_microusd == 0) {
		return;
	}
	if (target != TOPOLOGY_NONE) {
		budgets->target[target] += cost_microusd;
	}
	if (real == TOPOLOGY_NONE) {
		return;
	}
	cell = cell_at(budgets, agent, name);
	begin_spending(&budgets->key[real], ended);
	budgets->key[real].total += cost_microusd;
	if (day >= budgets->day) {
		cell->day_spent += cost_microusd;
		budgets->key[real].day_spent += cost_microusd;
	}
	if (day >= utcday_month(budgets->day)) {
		cell->month_spent += cost_microusd;
		budgets->key[real].month_spent += cost_microusd;
	}
	grant(budgets, agent, name);
}

size_t
budgets_grants(
    const struct budgets *budgets, uint16_t agent, struct budget_grant *out, size_t cap)
{
	size_t len = 0;

	for (uint16_t i = 0; i < budgets->conf->money.name_len && len < cap; i++) {
		const struct cell *cell = cell_at(budgets, agent, i);

		if (cell->day_extra > 0) {
			out[len++] = (struct budget_grant){budgets->conf->money.name[i],
			    budgets->day, cell->day_extra};
		}
	}
	return len;
}

/* ---- how long it lasts ---- */

/* A day or a month of one budget. */
struct period {
	uint64_t limit; /* 0 = none */
	uint64_t spent;
	struct wall begin;
	int64_t length_s;
	int64_t gone_s;
	int64_t seen_s; /* of what is gone, since the first spending ever */
};

static struct period
period_of(const struct budgets *budgets, uint16_t key, bool is_month, struct wall now)
{
	const struct budget_conf *budget = shares_budget(budgets->shares, key);
	uint32_t first = is_month ? utcday_month(budgets->day) : budgets->day;
	uint32_t next = is_month ? utcday_next_month(budgets->day) : budgets->day + 1;
	struct period period = {.begin = utcday_begin(first),
	    .spent =
		is_month ? budgets->key[key].month_spent : budgets->key[key].day_spent};

	if (budget != NULL) {
		period.limit = is_month ? budget->month_microusd : budget->day_microusd;
	}
	period.length_s = (int64_t)(next - first) * 86400;
	period.gone_s = wall_since(now, period.begin) / CLOCK_NS_PER_S;
	period.gone_s = period.gone_s < 0 ? 0 : period.gone_s;
	period.gone_s =
	    period.gone_s < period.length_s ? period.gone_s : period.length_s;
	period.seen_s = wall_since(now, budgets->key[key].first_at) / CLOCK_NS_PER_S;
	period.seen_s = period.seen_s < 0 ? 0 : period.seen_s;
	period.seen_s = period.seen_s < period.gone_s ? period.seen_s : period.gone_s;
	return period;
}

/* What will have been spent at the end at this pace; 0 while that means nothing. A fleet that
 * began at noon has its pace of the afternoon, and no need to make up for the morning.
 * Amounts are below 2^41 and a month has fewer than 2^22 seconds. */
static uint64_t
projected(const struct period *period)
{
	uint64_t spent = lesser(period->spent, UINT64_C(1) << 41);
	uint64_t left_s = (uint64_t)(period->length_s - period->gone_s);

	if (period->seen_s == 0 ||
	    period->seen_s * 100 < period->length_s * PACE_FROM_PERCENT) {
		return 0;
	}
	return spent + spent * left_s / (uint64_t)period->seen_s;
}

static bool
is_tight(const struct period *period, uint8_t warn_percent, bool was_tight)
{
	uint64_t pace = projected(period);

	if (period->limit == 0) {
		return false;
	}
	if (period->spent * 100 >= period->limit * warn_percent) {
		return true;
	}
	return was_tight ? pace * 100 > period->limit * PACE_CLEAR_PERCENT
			 : pace > period->limit;
}

static struct finding
finding_of(const struct budgets *budgets, uint16_t index)
{
	const struct ledger_key *key = &budgets->key[index];

	return (struct finding){.id = key->finding,
	    .verdict = VERDICT_BUDGET,
	    .suspect = VERDICT_BUDGET,
	    .scope = {SCOPE_KEY, index, TOPOLOGY_NONE},
	    .confidence_ppm = 1000000,
	    .rate_ppm = key->is_over ? 1000000 : 0,
	    .onset_at = key->opened_at,
	    .opened_at = key->opened_at,
	    .changed_at = key->opened_at,
	    .agents_reporting = budgets->conf->topology.agent_len,
	    .agents_total = budgets->conf->topology.agent_len,
	    .open = true};
}

/* Opens, updates (once, when all is spent) and closes the finding of one key. */
static bool
judge(
    struct budgets *budgets, uint16_t index, struct now now, struct finding_change *out)
{
	const struct budget_conf *budget = shares_budget(budgets->shares, index);
	struct ledger_key *key = &budgets->key[index];
	struct period day = period_of(budgets, index, false, now.wall);
	struct period month = period_of(budgets, index, true, now.wall);
	bool was = key->finding != 0;
	bool tight = is_tight(&day, budget->warn_percent, was) ||
		     is_tight(&month, budget->warn_percent, was);
	bool over = (day.limit != 0 && day.spent >= day.limit) ||
		    (month.limit != 0 && month.spent >= month.limit);

	if (!was && !tight) {
		return false;
	}
	if (!was) {
		key->finding = budgets->next_id++;
		key->opened_at = now.mono;
		key->is_over = over;
		out->event = FINDING_OPENED;
	} else if (!tight) {
		out->event = FINDING_CLOSED;
	} else if (over && !key->is_over) {
		key->is_over = true;
		out->event = FINDING_UPDATED;
	} else {
		return false;
	}
	out->finding = finding_of(budgets, index);
	out->finding.changed_at = now.mono;
	if (!tight) {
		out->finding.open = false;
		key->finding = 0;
		key->is_over = false;
	}
	return true;
}

size_t
budgets_step(
    struct budgets *budgets, struct now now, struct finding_change out[BUDGET_CHANGES])
{
	const struct money_conf *money = &budgets->conf->money;
	size_t len = 0;

	go_on(budgets, now.wall);
	for (uint16_t i = 0; i < money->budget_len && len < BUDGET_CHANGES; i++) {
		len += judge(budgets, money->budget[i].key, now, &out[len]) ? 1 : 0;
	}
	return len;
}

size_t
budgets_findings(const struct budgets *budgets, struct finding *out, size_t cap)
{
	size_t len = 0;

	for (uint16_t i = 0; i < budgets->conf->topology.key_len && len < cap; i++) {
		if (budgets->key[i].finding != 0 &&
		    shares_budget(budgets->shares, i) != NULL) {
			out[len++] = finding_of(budgets, i);
		}
	}
	return len;
}

/* ---- for people ---- */

/* "4.12", to the cent. */
static void
add_dollars(struct text *text, uint64_t microusd)
{
	uint64_t cents = microusd / 10000;

	text_uint(text, cents / 100);
	text_char(text, '.');
	text_char(text, (char)('0' + cents / 10 % 10));
	text_char(text, (char)('0' + cents % 10));
}

static void
add_period(struct text *text, uint64_t spent, uint64_t limit, const char *when)
{
	if (limit == 0) {
		return;
	}
	if (text->len > 0) {
		text_add(text, "; ");
	}
	add_dollars(text, spent);
	text_add(text, " of ");
	add_dollars(text, limit);
	text_add(text, " US dollars are spent ");
	text_add(text, when);
}

void
budgets_text(const struct budgets *budgets, uint16_t key, char *out, size_t cap)
{
	const struct budget_conf *budget = shares_budget(budgets->shares, key);
	struct text text;

	text_init(&text, out, cap);
	if (budget == NULL) {
		return;
	}
	add_period(&text, budgets->key[key].day_spent, budget->day_microusd, "today");
	add_period(
	    &text, budgets->key[key].month_spent, budget->month_microusd, "this month");
}

bool
budgets_view(const struct budgets *budgets, uint16_t key, struct wall now,
    struct view_budget *out)
{
	const struct ledger_key *from = &budgets->key[key];
	const struct budget_conf *budget = shares_budget(budgets->shares, key);
	struct period day = period_of(budgets, key, false, now);
	struct period month = period_of(budgets, key, true, now);

	if (budget == NULL && from->total == 0) {
		return false;
	}
	*out = (struct view_budget){.day = budgets->day,
	    .planned_microusd = shares_planned_key(budgets->shares, key),
	    .day_microusd = day.limit,
	    .month_microusd = month.limit,
	    .day_spent = from->day_spent,
	    .month_spent = from->month_spent,
	    .day_granted = from->day_granted,
	    .month_granted = from->month_granted + from->day_granted,
	    .day_projected = projected(&day),
	    .month_projected = projected(&month),
	    .total = from->total,
	    .is_tight = from->finding != 0};
	(void)snprintf(
	    out->key, sizeof(out->key), "%s", budgets->conf->topology.key[key].name);
	return true;
}

uint64_t
budgets_target_spent(const struct budgets *budgets, uint16_t target)
{
	return budgets->target[target];
}

/* ---- snapshot ---- */

size_t
budgets_save_bytes(const struct collector_conf *conf)
{
	const struct topology *topology = &conf->topology;

	return 64 + cells(conf) * (2 * (LIMIT_NAME_BYTES + 4) + 40) +
	       (size_t)topology->key_len * (LIMIT_NAME_BYTES + 94) +
	       (size_t)topology->target_len * (LIMIT_NAME_BYTES + 14);
}

static void
save_key(const struct budgets *budgets, uint16_t index, struct buf *buf)
{
	const struct ledger_key *key = &budgets->key[index];

	buf_put_text(buf, budgets->conf->topology.key[index].name);
	buf_put_varint(buf, key->day_spent);
	buf_put_varint(buf, key->month_spent);
	buf_put_varint(buf, key->day_granted);
	buf_put_varint(buf, key->month_granted);
	buf_put_varint(buf, key->total);
	buf_put_varint(buf, key->finding);
	buf_put_signed(buf, key->opened_at.ns);
	buf_put_varint(buf, key->is_over ? 1 : 0);
	buf_put_signed(buf, key->first_at.ns);
}

static bool
is_empty(const struct cell *cell)
{
	return cell->day_spent == 0 && cell->day_extra == 0 && cell->month_spent == 0 &&
	       cell->month_extra == 0;
}

static void
save_cells(const struct budgets *budgets, struct buf *buf)
{
	uint16_t names = budgets->conf->money.name_len;
	uint64_t len = 0;

	for (size_t i = 0; i < cells(budgets->conf); i++) {
		len += is_empty(&budgets->cell[i]) ? 0 : 1;
	}
	buf_put_varint(buf, len);
	for (size_t i = 0; i < cells(budgets->conf); i++) {
		const struct cell *cell = &budgets->cell[i];

		if (is_empty(cell)) {
			continue;
		}
		buf_put_text(buf, budgets->conf->topology.agent[i / names].name);
		buf_put_text(buf, budgets->conf->money.name[i % names]);
		buf_put_varint(buf, cell->day_spent);
		buf_put_varint(buf, cell->day_extra);
		buf_put_varint(buf, cell->month_spent);
		buf_put_varint(buf, cell->month_extra);
	}
}

void
budgets_save(const struct budgets *budgets, struct buf *buf)
{
	const struct topology *topology = &budgets->conf->topology;

	buf_put_varint(buf, BUDGET_VERSION);
	buf_put_varint(buf, budgets->day);
	buf_put_varint(buf, budgets->next_id);
	buf_put_varint(buf, topology->key_len);
	for (uint16_t i = 0; i < topology->key_len; i++) {
		save_key(budgets, i, buf);
	}
	save_cells(budgets, buf);
	buf_put_varint(buf, topology->target_len);
	for (uint16_t i = 0; i < topology->target_len; i++) {
		buf_put_text(buf, topology->target[i].name);
		buf_put_varint(buf, budgets->target[i]);
	}
}

static void
load_key(struct budgets *budgets, uint64_t version, struct buf *buf)
{
	const struct topology *topology = &budgets->conf->topology;
	char name[LIMIT_NAME_BYTES];
	struct ledger_key key = {0};

	buf_get_text(buf, name, sizeof(name));
	key.day_spent = buf_get_varint(buf);
	key.month_spent = buf_get_varint(buf);
	key.day_granted = buf_get_varint(buf);
	key.month_granted = buf_get_varint(buf);
	key.total = buf_get_varint(buf);
	key.finding = buf_get_varint(buf);
	key.opened_at.ns = buf_get_signed(buf);
	key.is_over = buf_get_varint(buf) != 0;
	if (version != BUDGET_VERSION_OLD) {
		key.first_at.ns = buf_get_signed(buf);
	}
	for (uint16_t i = 0; i < topology->key_len && buf_ok(buf); i++) {
		if (strcmp(topology->key[i].name, name) == 0) {
			if (shares_budget(budgets->shares, i) == NULL) {
				key.finding = 0; /* its incident is a stray now */
			}
			budgets->key[i] = key;
		}
	}
}

static void
load_cell(struct budgets *budgets, struct buf *buf)
{
	char agent_name[LIMIT_NAME_BYTES];
	char key_name[LIMIT_NAME_BYTES];
	struct cell cell;
	uint16_t agent;
	uint16_t name;

	buf_get_text(buf, agent_name, sizeof(agent_name));
	buf_get_text(buf, key_name, sizeof(key_name));
	cell.day_spent = buf_get_varint(buf);
	cell.day_extra = buf_get_varint(buf);
	cell.month_spent = buf_get_varint(buf);
	cell.month_extra = buf_get_varint(buf);
	if (!buf_ok(buf)) {
		return;
	}
	agent = topology_agent_find(&budgets->conf->topology, agent_name);
	name = shares_name(budgets->shares, key_name);
	if (agent != TOPOLOGY_NONE && name != TOPOLOGY_NONE) {
		*cell_at(budgets, agent, name) = cell;
	}
}

static void
load_target(struct budgets *budgets, struct buf *buf)
{
	char name[LIMIT_NAME_BYTES];
	uint64_t spent;
	uint16_t target;

	buf_get_text(buf, name, sizeof(name));
	spent = buf_get_varint(buf);
	if (!buf_ok(buf)) {
		return;
	}
	target = topology_target_find(&budgets->conf->topology, name);
	if (target != TOPOLOGY_NONE) {
		budgets->target[target] = spent;
	}
}

enum err
budgets_load(struct budgets *budgets, struct buf *buf)
{
	uint64_t version = buf_get_varint(buf);
	uint64_t day = buf_get_varint(buf);
	uint64_t next_id = buf_get_varint(buf);
	uint64_t len;

	if (!buf_ok(buf)) {
		return ERR_FORMAT;
	}
	if (version != BUDGET_VERSION && version != BUDGET_VERSION_OLD) {
		return ERR_VERSION;
	}
	if (day > UINT32_MAX || next_id < BUDGET_FINDING_FIRST) {
		return ERR_FORMAT;
	}
	budgets->day = (uint32_t)day;
	budgets->next_id = next_id;
	len = buf_get_varint(buf);
	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		load_key(budgets, version, buf);
	}
	len = buf_get_varint(buf);
	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		load_cell(budgets, buf);
	}
	len = buf_get_varint(buf);
	for (uint64_t i = 0; i < len && buf_ok(buf); i++) {
		load_target(budgets, buf);
	}
	return buf_ok(buf) ? ERR_OK : ERR_FORMAT;
}
