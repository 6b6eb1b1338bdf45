/* channel_robot - the group robots of Feishu (Lark), WeCom and DingTalk
 * Room: collector/core (pure).
 *
 * Vendors' pages: open.feishu.cn custom bot, developer.work.weixin.qq.com 99110, and
 * open.dingtalk.com custom robot. All three answer 200 to what they did not take. */
#ifndef COLLECTOR_CORE_CHANNEL_ROBOT_H
#define COLLECTOR_CORE_CHANNEL_ROBOT_H

#include "collector/core/channel_work.h"
#include "collector/core/reply.h"

enum {
	CHANNEL_ROBOT_SIGN_BYTES = 48 /* base64 of a SHA-256, with its NUL */
};

/* Feishu: the key is timestamp LF secret, the message is empty; seconds. */
void channel_robot_sign_feishu(
    const char *secret, int64_t at_s, char out[CHANNEL_ROBOT_SIGN_BYTES]);

/* DingTalk: the key is the secret, the message timestamp LF secret; milliseconds. */
void channel_robot_sign_dingtalk(
    const char *secret, int64_t at_ms, char out[CHANNEL_ROBOT_SIGN_BYTES]);

/* For the table in channel_kind.c. */
bool channel_robot_feishu(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
bool channel_robot_wecom(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
bool channel_robot_dingtalk(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);
void channel_robot_answer_feishu(
    unsigned status, const struct reply *reply, struct message_answer *answer);
void channel_robot_answer_wecom(
    unsigned status, const struct reply *reply, struct message_answer *answer);
void channel_robot_answer_dingtalk(
    unsigned status, const struct reply *reply, struct message_answer *answer);

#endif
