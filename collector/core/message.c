#include "collector/core/message.h"

const char *
message_kind_name(enum message_kind kind)
{
	switch (kind) {
	case MESSAGE_FIRING:
		return "firing";
	case MESSAGE_UPDATE:
		return "update";
	case MESSAGE_RESOLVED:
		return "resolved";
	case MESSAGE_KIND_COUNT:
		break;
	}
	return "unknown";
}

const char *
delivery_name(enum delivery delivery)
{
	switch (delivery) {
	case DELIVERY_DONE:
		return "done";
	case DELIVERY_REJECTED_RETRY:
		return "rejected_retry";
	case DELIVERY_REJECTED:
		return "rejected";
	case DELIVERY_UNKNOWN:
	case DELIVERY_COUNT:
		break;
	}
	return "unknown";
}
