/* Messages that only try a channel: rows of the outbox without an incident. */
#include "collector/core/alert_internal.h"
#include "common/core/text.h"

#include <string.h>

enum err
alerts_test(struct alerts *alerts, const char *channel, struct now now,
    struct effects *effects, uint64_t *out_row)
{
	struct outbox_row *row;
	struct text name;
	uint16_t at = 0;

	while (at < alerts->conf.channel_len &&
	       strcmp(alerts->conf.channel[at].name, channel) != 0) {
		at++;
	}
	if (at == alerts->conf.channel_len) {
		return ERR_NOTFOUND;
	}
	for (size_t i = 0; i < LIMIT_OUTBOX_LIVE; i++) {
		const struct outbox_row *other = &alerts->outbox.row[i];

		if (other->id != 0 && other->incident == ALERT_TEST &&
		    other->channel == at) {
			return ERR_AGAIN;
		}
	}
	row = outbox_new(&alerts->outbox);
	if (row == NULL) {
		return ERR_LIMIT;
	}
	row->incident = ALERT_TEST;
	row->channel = at;
	text_init(&name, row->channel_name, sizeof(row->channel_name));
	text_add(&name, alerts->conf.channel[at].name);
	row->message.kind = MESSAGE_FIRING;
	row->message.level = LEVEL_INFO;
	row->not_before = now.mono;
	row->queued_at = now.wall;
	outbox_key(row, now.wall);
	row->json_len =
	    render_test(row->channel_name, now.wall, row->json, sizeof(row->json));
	outbox_put(&alerts->outbox, row, now, effects);
	alerts->channel[at].live++;
	alerts->deadline = mono_min(alerts->deadline, now.mono);
	*out_row = row->id;
	return ERR_OK;
}

void
alerts_channel(const struct alerts *alerts, uint16_t channel, struct now now,
    struct alerts_channel *out)
{
	const struct alert_channel_state *state = &alerts->channel[channel];
	int64_t waits_ns = mono_since(state->not_before, now.mono);

	*out = (struct alerts_channel){.live = state->live,
	    .is_busy = state->in_flight != 0,
	    .waits_ns = waits_ns > 0 ? waits_ns : 0};
}
