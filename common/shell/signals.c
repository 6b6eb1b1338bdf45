#include "common/shell/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
signals_open(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	if (sigemptyset(&set) != 0 || sigaddset(&set, SIGTERM) != 0 ||
	    sigaddset(&set, SIGINT) != 0 || sigaddset(&set, SIGHUP) != 0 ||
	    sigaction(SIGPIPE, &ignore, NULL) != 0 ||
	    pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) {
		return -1;
	}
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

enum signals_event
signals_take(int fd)
{
	struct signalfd_siginfo info;
	ssize_t n = read(fd, &info, sizeof(info));

	if (n != (ssize_t)sizeof(info)) {
		return SIGNALS_NONE;
	}
	return info.ssi_signo == SIGHUP ? SIGNALS_RELOAD : SIGNALS_STOP;
}
