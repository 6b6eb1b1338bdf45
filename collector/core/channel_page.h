/* channel_page - PagerDuty, Alertmanager, and the generic webhook
 * Room: collector/core (pure).
 *
 * Vendors' pages: developer.pagerduty.com Events API v2, and the OpenAPI of Alertmanager v2.
 * Both know an incident by a key of ours, so a repeat does no harm. */
#ifndef COLLECTOR_CORE_CHANNEL_PAGE_H
#define COLLECTOR_CORE_CHANNEL_PAGE_H

#include "collector/core/channel_work.h"
#include "collector/core/reply.h"

enum {
	CHANNEL_PAGE_REFRESH_S = 300, /* Alertmanager is told again so often */
	CHANNEL_PAGE_EXPIRE_S = 1200  /* and forgets what it was not told for so long */
};

/* For the table in channel_kind.c. */
bool channel_page_webhook(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
/* The frozen message as it is, for commands. */
bool channel_page_frozen(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
bool channel_page_pagerduty(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
bool channel_page_alertmanager(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
void channel_page_answer_pagerduty(
    unsigned status, const struct reply *reply, struct message_answer *answer);

#endif
