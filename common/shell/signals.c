#include "common/shell/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static atomic_bool stop_wanted;
static atomic_bool reload_wanted;
static struct {
	sigset_t set;
	void (*wake)(void *context);
	void *context;
} watch;

static void *
run(void *unused)
{
	int number;

	(void)unused;
	while (sigwait(&watch.set, &number) == 0) {
		atomic_store(number == SIGHUP ? &reload_wanted : &stop_wanted, true);
		watch.wake(watch.context);
	}
	return NULL;
}

enum err
signals_watch(void (*wake)(void *context), void *context)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	pthread_t thread;

	watch.wake = wake;
	watch.context = context;
	if (sigemptyset(&watch.set) != 0 || sigaddset(&watch.set, SIGTERM) != 0 ||
	    sigaddset(&watch.set, SIGINT) != 0 || sigaddset(&watch.set, SIGHUP) != 0 ||
	    sigaction(SIGPIPE, &ignore, NULL) != 0 ||
	    pthread_sigmask(SIG_BLOCK, &watch.set, NULL) != 0 ||
	    pthread_create(&thread, NULL, run, NULL) != 0) {
		return ERR_IO;
	}
	(void)pthread_detach(thread);
	return ERR_OK;
}

enum signals_event
signals_take(void)
{
	if (atomic_exchange(&stop_wanted, false)) {
		return SIGNALS_STOP;
	}
	return atomic_exchange(&reload_wanted, false) ? SIGNALS_RELOAD : SIGNALS_NONE;
}
