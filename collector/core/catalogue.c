#include "collector/core/catalogue.h"

#include <string.h>

/* One text in every language, in the order of the enum. */
struct words {
	const char *in[LANGUAGE_COUNT];
};

static const struct words text_table[CATALOGUE_KEY_COUNT] = {
    [CATALOGUE_TEST] = {{"[TEST] ", "[测试] ", "[測試] "}},
    [CATALOGUE_RESOLVED] = {{"[resolved] ", "[已恢复] ", "[已恢復] "}},
    [CATALOGUE_UPDATE] = {{"update", "更新", "更新"}},
    [CATALOGUE_INFO] = {{"info", "提示", "提示"}},
    [CATALOGUE_WARNING] = {{"WARNING", "警告", "警告"}},
    [CATALOGUE_CRITICAL] = {{"CRITICAL", "严重", "嚴重"}},
    [CATALOGUE_WHAT] = {{"What", "问题", "問題"}},
    [CATALOGUE_WHERE] = {{"Where", "范围", "範圍"}},
    [CATALOGUE_WHO] = {{"Who must act", "责任方", "責任方"}},
    [CATALOGUE_SINCE] = {{"Since", "开始时间", "開始時間"}},
    [CATALOGUE_LASTED] = {{"Lasted", "持续时间", "持續時間"}},
    [CATALOGUE_SURE] = {{"How sure", "把握", "把握"}},
    [CATALOGUE_HOW_BAD] = {{"How bad", "影响", "影響"}},
    [CATALOGUE_WHY] = {{"Why", "依据", "依據"}},
    [CATALOGUE_CAUSE] = {{"Cause", "原因", "原因"}},
    [CATALOGUE_RIVAL] = {{"Runner-up", "次可能原因", "次可能原因"}},
    [CATALOGUE_SOURCES] = {{"They say", "官方状态", "官方狀態"}},
    [CATALOGUE_BOOKS] = {{"Our books say", "我方账目", "我方帳目"}},
    [CATALOGUE_NEXT] = {{"What to do", "下一步", "下一步"}},
    [CATALOGUE_LINK] = {{"Details", "详情", "詳情"}},
    [CATALOGUE_COMMA] = {{", ", "，", "，"}},
    [CATALOGUE_COLON] = {{": ", "：", "："}},
    [CATALOGUE_REOPENED] = {{"it is back", "再次发生", "再次發生"}},
    [CATALOGUE_FLAPPING] = {{"it comes and goes", "时好时坏", "時好時壞"}},
    [CATALOGUE_PERHAPS] = {{"perhaps ", "可能是", "可能是"}},
    [CATALOGUE_SECONDS] = {{" s", " 秒", " 秒"}},
    [CATALOGUE_MINUTES] = {{" min", " 分钟", " 分鐘"}},
    [CATALOGUE_HOURS] = {{" h", " 小时", " 小時"}},
    [CATALOGUE_DAYS] = {{" d", " 天", " 天"}},
    [CATALOGUE_AFFECTED] = {{" of requests affected", " 的请求受影响",
	" 的請求受影響"}},
    [CATALOGUE_FAILED] = {{" results failed", " 个结果失败", " 個結果失敗"}},
    [CATALOGUE_AGENTS] = {{" agents reporting", " 个探针在线", " 個探針在線"}},
    [CATALOGUE_BAD] = {{"bad: ", "异常：", "異常："}},
    [CATALOGUE_GOOD] = {{"good: ", "正常：", "正常："}},
    [CATALOGUE_REQUESTS] = {{" requests", " 请求", " 請求"}},
    [CATALOGUE_FREE_CALLS] = {{" free calls", " 免费调用", " 免費呼叫"}},
    [CATALOGUE_CONTROLS] = {{"control requests", "对照请求", "對照請求"}},
    [CATALOGUE_STATUS_PAGES] = {{"status pages", "状态页", "狀態頁"}},
    [CATALOGUE_FROM] = {{" from ", "，来自 ", "，來自 "}},
    [CATALOGUE_NEVER_SAID] = {{"no source ever admitted it", "官方从未承认",
	"官方從未承認"}},
    [CATALOGUE_INCIDENT] = {{"Incident ", "事件 ", "事件 "}},
    [CATALOGUE_MESSAGE] = {{", message ", "，消息 ", "，訊息 "}},
    [CATALOGUE_UNDO] = {{"Undo the workaround if you made one.",
	"如果做过临时处置，请撤销。", "如果做過臨時處置，請復原。"}},
    [CATALOGUE_INCIDENTS] = {{" incidents, ", " 个事件，", " 個事件，"}},
    [CATALOGUE_FIRING] = {{" firing", " 个仍在持续", " 個仍在持續"}},
    [CATALOGUE_ITEM_OVER] = {{"resolved: ", "已恢复：", "已恢復："}},
    [CATALOGUE_MORE_BEFORE] = {{"and ", "另有 ", "另有 "}},
    [CATALOGUE_MORE_AFTER] = {{" more", " 个", " 個"}},
    [CATALOGUE_GROUP] = {{"Group ", "组 ", "組 "}},
    [CATALOGUE_TEST_TITLE] = {{"test of this channel", "通道测试", "通道測試"}},
    [CATALOGUE_TEST_TEXT] =
	{{"This is a test. Nothing is wrong, nothing has to be done.",
	    "这是一条测试消息。没有故障，无需处理。",
	    "這是一則測試訊息。沒有故障，無須處理。"}},
};

/* The English titles stand in verdict.c, where the API has them from. */
static const struct words verdict_table[VERDICT_COUNT] = {
    [VERDICT_HEALTHY] = {{NULL, "一切正常", "一切正常"}},
    [VERDICT_UPSTREAM_OUTAGE] = {{NULL, "上游服务中断", "上游服務中斷"}},
    [VERDICT_UPSTREAM_PARTIAL] = {{NULL, "上游部分请求失败", "上游部分請求失敗"}},
    [VERDICT_UPSTREAM_REGIONAL] = {{NULL, "上游单一区域中断", "上游單一區域中斷"}},
    [VERDICT_UPSTREAM_EDGE] = {{NULL, "上游接入层故障", "上游接入層故障"}},
    [VERDICT_UPSTREAM_DNS] = {{NULL, "上游域名无法解析", "上游網域無法解析"}},
    [VERDICT_UPSTREAM_LATENCY] = {{NULL, "上游变慢", "上游變慢"}},
    [VERDICT_UPSTREAM_BAD_ANSWERS] = {{NULL, "上游应答中没有图片",
	"上游回應中沒有圖片"}},
    [VERDICT_UPSTREAM_AUTH] = {{NULL, "上游拒绝所有密钥", "上游拒絕所有金鑰"}},
    [VERDICT_REGION_NETWORK] = {{NULL, "我方区域网络故障", "我方區域網路故障"}},
    [VERDICT_SHARED_PATH] = {{NULL, "多个区域的共同网络故障",
	"多個區域的共同網路故障"}},
    [VERDICT_PATH] = {{NULL, "单一区域到上游的线路故障", "單一區域到上游的線路故障"}},
    [VERDICT_AGENT_FAULT] = {{NULL, "探针故障", "探針故障"}},
    [VERDICT_CONTROL_FAULT] = {{NULL, "对照端点故障", "對照端點故障"}},
    [VERDICT_CREDENTIAL] = {{NULL, "密钥被拒绝", "金鑰被拒絕"}},
    [VERDICT_QUOTA] = {{NULL, "配额或余额用尽", "配額或餘額用盡"}},
    [VERDICT_LOCATION_BLOCKED] = {{NULL, "所在地区不受支持", "所在地區不受支援"}},
    [VERDICT_MODEL_GONE] = {{NULL, "模型不存在", "模型不存在"}},
    [VERDICT_RATE_LIMITED] = {{NULL, "被限流", "被限流"}},
    [VERDICT_REFUSALS] = {{NULL, "安全过滤拒绝", "安全過濾拒絕"}},
    [VERDICT_REGION_SLOW] = {{NULL, "区域整体变慢", "區域整體變慢"}},
    [VERDICT_NO_DATA] = {{NULL, "没有数据", "沒有資料"}},
    [VERDICT_UNKNOWN] = {{NULL, "原因不明", "原因不明"}},
    [VERDICT_BUDGET] = {{NULL, "预算即将用尽", "預算即將用盡"}},
};

static const struct words blame_table[] = {
    [BLAME_NOBODY] = {{"Nobody is at fault; for information.", "没有责任方，仅供参考。",
	"沒有責任方，僅供參考。"}},
    [BLAME_THEM] = {{"It is them, not us.", "是上游的问题，不是我们的。",
	"是上游的問題，不是我們的。"}},
    [BLAME_NETWORK] = {{"It is the network, neither them nor our product.",
	"是网络的问题，不是上游，也不是我们的产品。",
	"是網路的問題，不是上游，也不是我們的產品。"}},
    [BLAME_US] = {{"It is us: something on our side has to be changed.",
	"是我们自己的问题，需要我方处理。", "是我們自己的問題，需要我方處理。"}},
    [BLAME_UNSURE] = {{"Not clear yet whether it is them, the network or us.",
	"尚不清楚是上游、网络还是我们的问题。",
	"尚不清楚是上游、網路還是我們的問題。"}},
};

/* The response flow: whom to look at first, what to do while it lasts. Bounds of a step and
 * their number keep render_json() inside RENDER_JSON_BYTES. */
static const struct words step_table[VERDICT_COUNT][CATALOGUE_STEPS] = {
    [VERDICT_HEALTHY] = {{{"Nothing to do.", "无需处理。", "無須處理。"}}},
    [VERDICT_UPSTREAM_OUTAGE] = {{{"Switch to another target of the group, or queue "
				   "requests.",
				     "切换到同组的其他目标，或将请求排队。",
				     "切換到同組的其他目標，或將請求排隊。"}},
	{{"Compare with the provider's status page; open a ticket if it shows nothing.",
	    "对照供应商状态页；若无公告，请提交工单。",
	    "對照供應商狀態頁；若無公告，請提交工單。"}},
	{{"Change neither keys nor network: they are fine.",
	    "不要更换密钥或网络：它们正常。", "不要更換金鑰或網路：它們正常。"}}},
    [VERDICT_UPSTREAM_PARTIAL] =
	{{{"Retry failed requests with backoff; expect a share to fail.",
	     "失败的请求退避重试；预计仍有一部分会失败。",
	     "失敗的請求退避重試；預計仍有一部分會失敗。"}},
	    {{"Move what cannot wait to another target of the group.",
		"将不能等待的请求切换到同组的其他目标。",
		"將不能等待的請求切換到同組的其他目標。"}},
	    {{"Compare with the provider's status page.", "对照供应商状态页。",
		"對照供應商狀態頁。"}}},
    [VERDICT_UPSTREAM_REGIONAL] =
	{{{"Route the regions named here to another serving region or target.",
	     "将所列区域切换到其他服务区域或目标。",
	     "將所列區域切換到其他服務區域或目標。"}},
	    {{"Compare with the provider's status page for that location.",
		"对照供应商状态页中该地区的状态。",
		"對照供應商狀態頁中該地區的狀態。"}}},
    [VERDICT_UPSTREAM_EDGE] = {{{"Switch to another endpoint or target of the group.",
				   "切换到其他端点或同组的其他目标。",
				   "切換到其他端點或同組的其他目標。"}},
	{{"Retries are of little use until connections stand again.",
	    "连接恢复之前重试意义不大。", "連線恢復之前重試意義不大。"}},
	{{"Compare with the provider's status page.", "对照供应商状态页。",
	    "對照供應商狀態頁。"}}},
    [VERDICT_UPSTREAM_DNS] = {{{"Check the provider's name in a public resolver.",
				  "在公共解析器中检查供应商域名。",
				  "在公共解析器中檢查供應商網域。"}},
	{{"Switch to an endpoint under another name if there is one.",
	    "如有其他域名的端点，请切换。", "如有其他網域的端點，請切換。"}}},
    [VERDICT_UPSTREAM_LATENCY] = {{{"Raise client timeouts or lower concurrency.",
				      "提高客户端超时或降低并发。",
				      "提高用戶端逾時或降低並行數。"}},
	{{"Move interactive users to a faster target of the group.",
	    "将交互用户切换到同组更快的目标。", "將互動使用者切換到同組更快的目標。"}}},
    [VERDICT_UPSTREAM_BAD_ANSWERS] =
	{{{"Treat answers without an image as failures and switch target.",
	     "将没有图片的应答视为失败并切换目标。",
	     "將沒有圖片的回應視為失敗並切換目標。"}},
	    {{"Check the provider's change log for a changed answer format.",
		"查看供应商更新日志，应答格式可能已改变。",
		"查看供應商更新日誌，回應格式可能已改變。"}}},
    [VERDICT_UPSTREAM_AUTH] =
	{{{"Do not rotate keys yet: all of them are refused at once.",
	     "先不要更换密钥：所有密钥同时被拒绝。",
	     "先不要更換金鑰：所有金鑰同時被拒絕。"}},
	    {{"Check the provider's status page and the account's billing state.",
		"检查供应商状态页和账户的计费状态。",
		"檢查供應商狀態頁和帳戶的計費狀態。"}},
	    {{"Open a ticket with one request id.", "附上一个请求编号提交工单。",
		"附上一個請求編號提交工單。"}}},
    [VERDICT_REGION_NETWORK] = {{{"Route users of this region through another region.",
				    "将该区域用户切换到其他区域。",
				    "將該區域使用者切換到其他區域。"}},
	{{"Check the region's cloud status, egress, firewall and DNS.",
	    "检查该区域的云状态、出口、防火墙和 DNS。",
	    "檢查該區域的雲端狀態、出口、防火牆和 DNS。"}}},
    [VERDICT_SHARED_PATH] = {{{"Route users of these regions through others.",
				 "将这些区域的用户切换到其他区域。",
				 "將這些區域的使用者切換到其他區域。"}},
	{{"Check the status of the network provider they share.",
	    "检查它们共用的网络供应商的状态。", "檢查它們共用的網路供應商的狀態。"}}},
    [VERDICT_PATH] =
	{{{"Route this target's traffic of the region through another region.",
	     "将该区域到此目标的流量改走其他区域。",
	     "將該區域到此目標的流量改走其他區域。"}},
	    {{"Trace the route from there; report it to the network provider.",
		"从该区域跟踪路由，并报告网络供应商。",
		"從該區域追蹤路由，並回報網路供應商。"}}},
    [VERDICT_AGENT_FAULT] = {{{"Look at the agent's machine: clock, DNS, disk, load.",
				 "检查探针所在机器：时钟、DNS、磁盘、负载。",
				 "檢查探針所在機器：時鐘、DNS、磁碟、負載。"}},
	{{"The product is not affected as far as the other agents see.",
	    "从其他探针看，产品未受影响。", "從其他探針看，產品未受影響。"}}},
    [VERDICT_CONTROL_FAULT] = {{{"Nothing to do for the product.", "产品无需处理。",
				   "產品無須處理。"}},
	{{"Replace the control endpoint if it stays down.",
	    "若持续故障，请更换对照端点。", "若持續故障，請更換對照端點。"}}},
    [VERDICT_CREDENTIAL] =
	{{{"Check the key in the provider's console: revoked, restricted?",
	     "在供应商控制台检查密钥：是否被吊销或受限？",
	     "在供應商主控台檢查金鑰：是否被撤銷或受限？"}},
	    {{"Rotate it, or move traffic to another key.",
		"更换密钥，或将流量切换到其他密钥。",
		"更換金鑰，或將流量切換到其他金鑰。"}}},
    [VERDICT_QUOTA] =
	{{{"Check quota, spend limit and credit in the provider's console.",
	     "在供应商控制台检查配额、消费上限和余额。",
	     "在供應商主控台檢查配額、消費上限和餘額。"}},
	    {{"Raise the limit or top up; until then move traffic to another key.",
		"提高上限或充值；在此之前将流量切换到其他密钥。",
		"提高上限或儲值；在此之前將流量切換到其他金鑰。"}}},
    [VERDICT_LOCATION_BLOCKED] =
	{{{"Route this region's traffic through an allowed location.",
	     "将该区域流量改走受支持的地区。", "將該區域流量改走受支援的地區。"}},
	    {{"Check the provider's list of supported locations.",
		"查看供应商支持的地区列表。", "查看供應商支援的地區清單。"}}},
    [VERDICT_MODEL_GONE] =
	{{{"Check the model's name and the provider's deprecation notes.",
	     "检查模型名称和供应商的下线公告。", "檢查模型名稱和供應商的下線公告。"}},
	    {{"Configure the successor model.", "配置后继模型。", "設定後繼模型。"}}},
    [VERDICT_RATE_LIMITED] =
	{{{"Lower the request rate or spread it over keys.",
	     "降低请求速率，或分散到多个密钥。", "降低請求速率，或分散到多個金鑰。"}},
	    {{"Ask for a higher limit if this is normal load.",
		"若这是正常负载，请申请更高的限额。",
		"若這是正常負載，請申請更高的限額。"}}},
    [VERDICT_REFUSALS] =
	{{{"Look at the refused prompt; the safety filter may have changed.",
	     "查看被拒绝的提示词；安全过滤可能已改变。",
	     "查看被拒絕的提示詞；安全過濾可能已改變。"}},
	    {{"No failover needed unless users are refused too.",
		"除非用户也被拒绝，否则无需切换。",
		"除非使用者也被拒絕，否則無須切換。"}}},
    [VERDICT_REGION_SLOW] = {{{"Check load and network of the region named here.",
	"检查所列区域的负载和网络。", "檢查所列區域的負載和網路。"}}},
    [VERDICT_NO_DATA] = {{{"Check that the agents run and reach the collector.",
			     "检查探针是否在运行并能连到收集端。",
			     "檢查探針是否在執行並能連到收集端。"}},
	{{"Until they do, nothing is known: neither good nor bad.",
	    "在此之前情况未知：既非正常也非异常。",
	    "在此之前情況未知：既非正常也非異常。"}}},
    [VERDICT_BUDGET] =
	{{{"Raise the budget of the key, or lengthen the intervals of its paid probes.",
	     "提高该密钥的预算，或延长其付费探测的间隔。",
	     "提高該金鑰的預算，或延長其付費探測的間隔。"}},
	    {{"Once it is spent they are not run until the next day or month; free "
	      "ones go on.",
		"用尽后付费探测暂停到次日或次月；免费探测继续。",
		"用盡後付費探測暫停到次日或次月；免費探測繼續。"}}},
    [VERDICT_UNKNOWN] =
	{{{"Compare regions and controls below; no cause is sure enough.",
	     "对比各区域和对照；没有足够确定的原因。",
	     "對比各區域和對照；沒有足夠確定的原因。"}},
	    {{"Check the provider's status page, the key and the region's network, in "
	      "this order.",
		"依次检查供应商状态页、密钥和区域网络。",
		"依次檢查供應商狀態頁、金鑰和區域網路。"}}},
};

/* "{target} from region {name}". */
static const struct {
	struct words between; /* target and name */
	struct words alone;   /* before the name when no target is meant */
	struct words after;
} scope_table[] = {
    [SCOPE_TARGET] = {{{"", "", ""}}, {{"", "", ""}},
	{{" everywhere", " 所有区域", " 所有區域"}}},
    [SCOPE_SERVING] = {{{" as served to ", "，服务于 ", "，服務於 "}},
	{{"as served to ", "服务于 ", "服務於 "}}, {{"", "", ""}}},
    [SCOPE_REGION] = {{{" from region ", "，我方区域 ", "，我方區域 "}},
	{{"region ", "我方区域 ", "我方區域 "}}, {{"", "", ""}}},
    [SCOPE_DOMAIN] = {{{" from regions on ", "，共用网络的区域 ", "，共用網路的區域 "}},
	{{"regions on ", "共用网络的区域 ", "共用網路的區域 "}}, {{"", "", ""}}},
    [SCOPE_AGENT] = {{{" from agent ", "，探针 ", "，探針 "}},
	{{"agent ", "探针 ", "探針 "}}, {{"", "", ""}}},
    [SCOPE_KEY] = {{{" with key ", "，密钥 ", "，金鑰 "}}, {{"key ", "密钥 ", "金鑰 "}},
	{{"", "", ""}}},
    [SCOPE_FLEET] = {{{" from ", "，", "，"}}, {{"", "", ""}},
	{{"all agents", "所有探针", "所有探針"}}},
    [SCOPE_PROVIDER] = {{{"", "", ""}}, {{"", "", ""}},
	{{": several targets", "：多个目标", "：多個目標"}}},
};

static const char *const language_table[LANGUAGE_COUNT] = {"en", "zh-CN", "zh-TW"};

const char *
language_name(enum language language)
{
	return language < LANGUAGE_COUNT ? language_table[language] : "en";
}

bool
language_find(const char *name, enum language *out_language)
{
	for (int i = 0; i < LANGUAGE_COUNT; i++) {
		if (strcmp(language_table[i], name) == 0) {
			*out_language = (enum language)i;
			return true;
		}
	}
	return false;
}

const char *
catalogue_text(enum language language, enum catalogue_key key)
{
	return text_table[key].in[language];
}

const char *
catalogue_verdict(enum language language, enum verdict verdict)
{
	return language == LANGUAGE_EN ? verdict_title(verdict)
				       : verdict_table[verdict].in[language];
}

const char *
catalogue_blame(enum language language, enum blame blame)
{
	return blame_table[blame].in[language];
}

const char *
catalogue_step(enum language language, enum verdict verdict, size_t i)
{
	return i < CATALOGUE_STEPS ? step_table[verdict][i].in[language] : NULL;
}

struct catalogue_scope
catalogue_scope(enum language language, enum scope_kind kind, bool has_target)
{
	struct catalogue_scope scope = {
	    .between = has_target ? scope_table[kind].between.in[language]
				  : scope_table[kind].alone.in[language],
	    .after = scope_table[kind].after.in[language],
	};

	return scope;
}
