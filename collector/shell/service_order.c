#include "collector/shell/service_internal.h"

/* An order lives on the stack of whoever waits for it, which is as long as it takes: the
 * engine answers every one, if only because it ends. */
struct service_order {
	struct api_order *order;
	enum err err;
	bool is_done;
};

static void
finish(struct service *service, struct service_order *waiting, enum err err)
{
	(void)pthread_mutex_lock(&service->mutex);
	waiting->err = err;
	waiting->is_done = true;
	(void)pthread_cond_broadcast(&service->order_done);
	(void)pthread_mutex_unlock(&service->mutex);
}

void
service_order(struct service *service, struct service_order *waiting)
{
	bool changed;
	enum err err;

	/* What came before is stored first, and the store has one writer. */
	service_group_end(service);
	err = members_order(
	    service->members, waiting->order, service_now(service).wall, &changed);
	if (changed) {
		/* Revoked, or another machine has the name now: who was it has to greet. */
		service_bar(service, waiting->order->name);
	}
	finish(service, waiting, err);
	if (changed && service->hooks.members_changed != NULL) {
		service->hooks.members_changed(service->hooks.context);
	}
}

void
service_orders_close(struct service *service)
{
	struct service_event event;

	(void)pthread_mutex_lock(&service->mutex);
	service->orders_closed = true;
	(void)pthread_mutex_unlock(&service->mutex);
	while (queue_pop(service->queue, &event)) {
		if (event.kind == SERVICE_REQUEST) {
			listener_free_data(event.data);
		} else if (event.kind == SERVICE_ORDER) {
			finish(service, event.order, ERR_AGAIN);
		}
	}
}

enum err
api_order(struct api_source *source, struct api_order *order)
{
	struct service *service = service_of(source);
	struct service_order waiting = {.order = order};
	struct service_event event = {.kind = SERVICE_ORDER, .order = &waiting};

	(void)pthread_mutex_lock(&service->mutex);
	if (service->orders_closed || queue_push(service->queue, &event) != ERR_OK) {
		(void)pthread_mutex_unlock(&service->mutex);
		return ERR_AGAIN;
	}
	while (!waiting.is_done) {
		(void)pthread_cond_wait(&service->order_done, &service->mutex);
	}
	(void)pthread_mutex_unlock(&service->mutex);
	return waiting.err;
}
