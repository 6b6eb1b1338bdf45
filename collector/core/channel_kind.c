#include "collector/core/channel_kind.h"

#include "collector/core/channel_chat.h"
#include "collector/core/channel_mail.h"
#include "collector/core/channel_page.h"
#include "collector/core/channel_robot.h"

#include <stdio.h>
#include <string.h>

#define EVERY_MS(ms) ((ms)*CLOCK_NS_PER_MS)

/* Settings: what most kinds have in common. */
#define NEED_POST                                                                      \
	.need[CHANNEL_SET_CA] = CHANNEL_OPTIONAL,                                      \
	.need[CHANNEL_SET_TEXTS] = CHANNEL_OPTIONAL
#define NEED_URL     .need[CHANNEL_SET_URL] = CHANNEL_NEEDED, NEED_POST
#define MAY_HAVE(x)  .need[CHANNEL_SET_##x] = CHANNEL_OPTIONAL
#define MUST_HAVE(x) .need[CHANNEL_SET_##x] = CHANNEL_NEEDED

/* Every kind, and everything that is special about it. Paces stay below what the vendors
 * say (in a window W at most burst + W / every): Feishu 5 in a second and 100 in a minute;
 * WeCom and DingTalk 20 in a minute, DingTalk is deaf for ten minutes after more; Slack one
 * a second; Telegram one a second and 20 a minute in a group; Discord 5 in two seconds and
 * 30 a minute; ntfy 60 at once and then one in 5 s, on ntfy.sh 250 a day. */
static const struct channel_kind_row table[CHANNEL_KIND_COUNT] = {
    [CHANNEL_LOG] = {.name = "log", .way = CHANNEL_BY_FILE, MAY_HAVE(PATH)},
    [CHANNEL_WEBHOOK] = {.name = "webhook",
	.way = CHANNEL_BY_HTTP,
	.secret_name = "secret",
	.body_bytes_max = CHANNEL_BODY_BYTES - 1,
	.encode = channel_page_webhook,
	NEED_URL,
	MAY_HAVE(SECRET),
	MAY_HAVE(BODY)},
    [CHANNEL_FEISHU] = {.name = "feishu",
	.way = CHANNEL_BY_HTTP,
	.secret_name = "secret",
	.body_bytes_max = 19985,
	.pace = {{3, 0, EVERY_MS(500)}, {20, 5, EVERY_MS(1000)}},
	.encode = channel_robot_feishu,
	.classify = channel_robot_answer_feishu,
	NEED_URL,
	MAY_HAVE(SECRET),
	MAY_HAVE(KEYWORD)},
    [CHANNEL_WECOM] = {.name = "wecom",
	.way = CHANNEL_BY_HTTP,
	.body_bytes_max = 20000,
	.pace = {{8, 5, EVERY_MS(6000)}},
	.encode = channel_robot_wecom,
	.classify = channel_robot_answer_wecom,
	NEED_URL,
	MAY_HAVE(KEYWORD)},
    [CHANNEL_DINGTALK] = {.name = "dingtalk",
	.way = CHANNEL_BY_HTTP,
	.secret_name = "secret",
	.body_bytes_max = 19900,
	.pace = {{8, 5, EVERY_MS(6000)}},
	.encode = channel_robot_dingtalk,
	.classify = channel_robot_answer_dingtalk,
	NEED_URL,
	MAY_HAVE(SECRET),
	MAY_HAVE(KEYWORD)},
    [CHANNEL_SLACK] = {.name = "slack",
	.way = CHANNEL_BY_HTTP,
	.body_bytes_max = 13000,
	.pace = {{1, 0, EVERY_MS(1000)}},
	.encode = channel_chat_slack,
	.classify = channel_chat_answer_slack,
	NEED_URL},
    [CHANNEL_EMAIL] = {.name = "email",
	.way = CHANNEL_BY_MAIL,
	.secret_name = "password",
	.to_name = "to",
	.body_bytes_max = CHANNEL_BODY_BYTES - 1,
	.pace = {{10, 3, EVERY_MS(6000)}},
	.encode = channel_mail_write,
	NEED_URL,
	MUST_HAVE(TO),
	MUST_HAVE(FROM),
	MAY_HAVE(USER),
	MAY_HAVE(SECRET)},
    [CHANNEL_COMMAND] = {.name = "command",
	.way = CHANNEL_BY_COMMAND,
	.body_bytes_max = CHANNEL_BODY_BYTES - 1,
	.encode = channel_page_frozen,
	MUST_HAVE(COMMAND)},
    [CHANNEL_PAGERDUTY] = {.name = "pagerduty",
	.way = CHANNEL_BY_HTTP,
	.secret_name = "routing_key",
	.url_default = "https://events.pagerduty.com/v2/enqueue",
	.body_bytes_max = CHANNEL_BODY_BYTES - 1,
	.pace = {{10, 3, EVERY_MS(1000)}},
	.encode = channel_page_pagerduty,
	.classify = channel_page_answer_pagerduty,
	NEED_POST,
	MAY_HAVE(URL),
	MUST_HAVE(SECRET)},
    [CHANNEL_ALERTMANAGER] = {.name = "alertmanager",
	.way = CHANNEL_BY_HTTP,
	.body_bytes_max = CHANNEL_BODY_BYTES - 1,
	.encode = channel_page_alertmanager,
	NEED_URL},
    [CHANNEL_TELEGRAM] = {.name = "telegram",
	.way = CHANNEL_BY_HTTP,
	.secret_name = "token",
	.to_name = "chat",
	.url_default = "https://api.telegram.org",
	.body_bytes_max = 16000,
	.pace = {{1, 0, EVERY_MS(1000)}, {8, 4, EVERY_MS(6000)}},
	.encode = channel_chat_telegram,
	.classify = channel_chat_answer_telegram,
	NEED_POST,
	MAY_HAVE(URL),
	MUST_HAVE(SECRET),
	MUST_HAVE(TO)},
    [CHANNEL_DISCORD] = {.name = "discord",
	.way = CHANNEL_BY_HTTP,
	.body_bytes_max = 16000,
	.pace = {{3, 0, EVERY_MS(1000)}, {10, 4, EVERY_MS(3000)}},
	.encode = channel_chat_discord,
	.classify = channel_chat_answer_id,
	NEED_URL},
    [CHANNEL_NTFY] = {.name = "ntfy",
	.way = CHANNEL_BY_HTTP,
	.secret_name = "token",
	.to_name = "topic",
	.url_default = "https://ntfy.sh",
	.body_bytes_max = 16000,
	.pace = {{20, 5, EVERY_MS(6000)}, {100, 40, EVERY_MS(576000)}},
	.encode = channel_chat_ntfy,
	.classify = channel_chat_answer_id,
	NEED_POST,
	MAY_HAVE(URL),
	MAY_HAVE(SECRET),
	MUST_HAVE(TO)},
    [CHANNEL_TEAMS] = {.name = "teams",
	.way = CHANNEL_BY_HTTP,
	.body_bytes_max = 24000,
	.pace = {{2, 0, EVERY_MS(1000)}},
	.encode = channel_chat_teams,
	.classify = channel_chat_answer_teams,
	NEED_URL},
};

const struct channel_kind_row *
channel_kind_row(enum channel_kind kind)
{
	return &table[kind < CHANNEL_KIND_COUNT ? kind : CHANNEL_LOG];
}

bool
channel_kind_find(const char *name, enum channel_kind *out_kind)
{
	for (int i = 0; i < CHANNEL_KIND_COUNT; i++) {
		if (strcmp(table[i].name, name) == 0) {
			*out_kind = (enum channel_kind)i;
			return true;
		}
	}
	return false;
}
