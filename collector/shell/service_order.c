#include "collector/shell/service_internal.h"

/* An order lives on the stack of whoever waits for it, which is as long as it takes: the
 * engine answers every one, if only because it ends. */
struct service_order {
	struct api_order *order;   /* of the list of agents, or NULL: */
	const struct order *other; /* of the machine alone */
	struct order_outcome *out;
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

/* Has the machine do it and stores what follows, in a transaction of its own: whoever gave it
 * waits to hear that it is on the disk. ERR_AGAIN: it is not, and nothing was done. */
static enum err
carry_out(struct service *service, const struct order *order, struct order_outcome *out)
{
	struct now now = service_now(service);

	service_group_end(service); /* what came before */
	if (mono_before(now.mono, service->retry_at)) {
		return ERR_AGAIN;
	}
	collector_order(service->machine.collector, order, now, &service->effects, out);
	service_group_add(service);
	service_group_end(service);
	return service->store_err == ERR_OK ? ERR_OK : ERR_AGAIN;
}

enum err
service_keep_order(void *context, const struct order *order)
{
	struct order_outcome outcome;

	return carry_out(context, order, &outcome);
}

static void
order_members(struct service *service, struct service_order *waiting)
{
	bool changed;
	enum err err = members_order(
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
service_order(struct service *service, struct service_order *waiting)
{
	enum err err;

	if (waiting->order != NULL) {
		order_members(service, waiting);
		return;
	}
	err = carry_out(service, waiting->other, waiting->out);
	if (err != ERR_OK) {
		*waiting->out = (struct order_outcome){
		    .err = err, .text = "the store takes nothing now"};
	}
	/* who ordered it and then looks finds it done */
	service_publish(service, service_now(service));
	finish(service, waiting, waiting->out->err);
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

/* Hands it to the engine and waits for its answer. */
static enum err
wait_for(struct service *service, struct service_order *waiting)
{
	struct service_event event = {.kind = SERVICE_ORDER, .order = waiting};

	(void)pthread_mutex_lock(&service->mutex);
	if (service->orders_closed || queue_push(service->queue, &event) != ERR_OK) {
		(void)pthread_mutex_unlock(&service->mutex);
		return ERR_AGAIN;
	}
	while (!waiting->is_done) {
		(void)pthread_cond_wait(&service->order_done, &service->mutex);
	}
	(void)pthread_mutex_unlock(&service->mutex);
	return waiting->err;
}

enum err
api_order(struct api_source *source, struct api_order *order)
{
	struct service_order waiting = {.order = order};

	return wait_for(service_of(source), &waiting);
}

enum err
api_order_give(
    struct api_source *source, const struct order *order, struct order_outcome *out)
{
	struct service_order waiting = {.other = order, .out = out};
	enum err err;

	*out = (struct order_outcome){
	    .err = ERR_AGAIN, .text = "the collector is busy, or ending"};
	err = wait_for(service_of(source), &waiting);
	out->err = err;
	return err;
}
