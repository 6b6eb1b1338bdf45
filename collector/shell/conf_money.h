/* conf_money - budgets of collector.yaml, and whether the schedule fits into them
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_CONF_MONEY_H
#define COLLECTOR_SHELL_CONF_MONEY_H

#include "collector/shell/conf_fleet.h"

/* Bytes of arena that conf_money_read() takes. */
size_t conf_money_bytes(const struct raw_collector *raw);

/* Reads `budgets:` into `fleet->money`, after conf_fleet_link(). */
void conf_money_read(struct conf_fleet *fleet);

/* Compares the budgets with what the schedule of `conf`, without an error so far, costs:
 * errors for those that are too small, warnings for those that would be told of on an
 * ordinary day. With `is_grown`, of a fleet with agents that enrolled, there are warnings
 * only: a budget holds also when it is too small. False when there is no memory for it. */
bool conf_money_check(
    struct settings *settings, const struct collector_conf *conf, bool is_grown);

#endif
