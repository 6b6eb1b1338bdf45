/* channel_chat - Slack, Telegram, Discord, ntfy and Teams
 * Room: collector/core (pure).
 *
 * Vendors' pages: docs.slack.dev incoming webhooks, core.telegram.org/bots/api#sendmessage,
 * discord.com/developers execute webhook, docs.ntfy.sh/publish, and the workflow "post to a
 * channel when a webhook request is received" of Teams. */
#ifndef COLLECTOR_CORE_CHANNEL_CHAT_H
#define COLLECTOR_CORE_CHANNEL_CHAT_H

#include "collector/core/channel_work.h"
#include "collector/core/reply.h"

/* For the table in channel_kind.c. */
bool channel_chat_slack(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
bool channel_chat_telegram(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
bool channel_chat_discord(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
bool channel_chat_ntfy(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
bool channel_chat_teams(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
void channel_chat_answer_slack(
    unsigned status, const struct reply *reply, struct message_answer *answer);
void channel_chat_answer_telegram(
    unsigned status, const struct reply *reply, struct message_answer *answer);
/* Discord and ntfy: the message comes back with its id. */
void channel_chat_answer_id(
    unsigned status, const struct reply *reply, struct message_answer *answer);
void channel_chat_answer_teams(
    unsigned status, const struct reply *reply, struct message_answer *answer);

#endif
